"""Sending what is due to webhooks, signed as Standard Webhooks says (standardwebhooks.com)."""

import hashlib
import hmac
import json
from base64 import b64decode, b64encode
from datetime import datetime

from roster_dash import clock, outbound
from roster_dash.config import current_config
from roster_dash.store import era, webhooks
from roster_dash.store.export import run_document
from roster_dash.store.secrets import Vault
from roster_dash.store.tables import Run, WebhookDelivery
from roster_dash.store.transactions import commit

GONE = 410


def deliver(delivery_id: int) -> bool:
    """Sends one delivery; whether it was taken. A failure is tried again later."""
    row = webhooks.claim(delivery_id)
    if row is None:
        commit()
        return False
    if row.webhook.removed_at is not None:
        webhooks.mark_unsent(row.id, "The webhook was removed.", for_good=True)
        commit()
        return False
    url, body = row.webhook.url, payload(row)
    secret = Vault(current_config().credentials_keys).unlock(row.webhook.secret)
    headers = headers_of(row.id, clock.now(), body, secret)
    commit()  # no lock is held while the other server answers
    answer = outbound.post(url, body, headers, current_config().outbound_allow)
    told = f"{answer.status}" if answer.status else answer.text[:300]
    if answer.is_good:
        webhooks.mark_sent(delivery_id, told)
    else:
        webhooks.mark_unsent(delivery_id, told, for_good=answer.status == GONE)
    commit()
    return answer.is_good


def payload(row: WebhookDelivery) -> bytes:
    """What happened, in numbers; nobody of the roster is named."""
    told = {
        "type": row.event,
        "timestamp": row.created_at.isoformat(),
        "data": _told(row.run) | {"status": row.event.removeprefix("run.")},
    }
    return json.dumps(told, separators=(",", ":")).encode()


def _told(run: Run) -> dict[str, object]:
    document = {key: value for key, value in run_document(run).items() if key != "message"}
    return document | {"url": f"{current_config().public_url}/runs/{run.id}"}


def headers_of(delivery_id: int, now: datetime, body: bytes, secret: str) -> dict[str, str]:
    """The signature covers the id, the time and the body."""
    name, moment = f"msg_{delivery_id}{era.mark()}", str(int(now.timestamp()))
    key = b64decode(secret.removeprefix(webhooks.SECRET_PREFIX))
    signed = hmac.new(key, f"{name}.{moment}.".encode() + body, hashlib.sha256).digest()
    return {
        "Content-Type": "application/json",
        "User-Agent": "RosterDash",
        "webhook-id": name,
        "webhook-timestamp": moment,
        "webhook-signature": f"v1,{b64encode(signed).decode()}",
    }
