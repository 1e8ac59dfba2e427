"""Who is told when runs end, and every telling: a delivery is due until it is taken, or too late.

At least once: whoever receives one knows it again by its `webhook-id`.
"""

import secrets
from base64 import b64encode
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import urlsplit

from sqlalchemy import ColumnElement, select, update

from roster_dash import clock
from roster_dash.extensions import db
from roster_dash.roster.errors import BadInput
from roster_dash.store import audit
from roster_dash.store.audit import Did
from roster_dash.store.tables import Run, School, Webhook, WebhookDelivery

SECRET_PREFIX = "whsec_"  # noqa: S105 - how Standard Webhooks marks secrets
MOST = 10
"""Webhooks that a school may have at a time."""
_RETRY_AFTER = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 300, 600, 840, 1200))
_SENDING_FOR = timedelta(minutes=5)


class Event(StrEnum):
    """How a run may end; a run that held and is decided ends again."""

    SUCCEEDED = "run.succeeded"
    HELD = "run.held"
    FAILED = "run.failed"
    CANCELLED = "run.cancelled"


class DeliveryStatus(StrEnum):
    DUE = "due"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"


def new_secret() -> str:
    return SECRET_PREFIX + b64encode(secrets.token_bytes(32)).decode()


def add_webhook(
    school: School, url: str, locked: bytes, events: Collection[str], user_id: int | None
) -> Webhook:
    """`locked` is the secret, encrypted. Errors: BadInput."""
    if not events or not set(events) <= set(Event):
        raise BadInput("Choose what the webhook is told of.")
    if len(webhooks_of(school.id)) >= MOST:
        raise BadInput(f"A school has at most {MOST} webhooks; remove one first.")
    row = Webhook(
        school_id=school.id,
        url=url,
        secret=locked,
        events=sorted(set(events)),
        made_by_id=user_id,
        created_at=clock.now(),
    )
    db.session.add(row)
    db.session.flush()
    told = {"events": ", ".join(row.events)}
    audit.record(Did.WEBHOOK_ADDED, school=school, about=host_of(row), after=told)
    return row


def webhooks_of(school_id: int) -> Sequence[Webhook]:
    query = select(Webhook).where(Webhook.school_id == school_id, Webhook.removed_at.is_(None))
    return db.session.scalars(query.order_by(Webhook.id)).all()


def get_webhook(webhook_id: int) -> Webhook | None:
    return db.session.get(Webhook, webhook_id)


def host_of(row: Webhook) -> str:
    """Where a webhook leads, without its path, which may be a secret of its own."""
    return urlsplit(row.url).hostname or ""


def remove(row: Webhook) -> None:
    """What is still due to it is sent no more."""
    if row.removed_at is None:
        row.removed_at = clock.now()
        audit.record(Did.WEBHOOK_REMOVED, school=row.school, about=host_of(row))


def add_deliveries(run: Run) -> Sequence[int]:
    """Tells the school's webhooks that a run has ended as it has; ids of what is due now."""
    event, now = f"run.{run.status}", clock.now()
    hooks = [hook for hook in webhooks_of(run.school_id) if event in hook.events]
    told = set(
        db.session.scalars(
            select(WebhookDelivery.webhook_id).where(
                WebhookDelivery.run_id == run.id, WebhookDelivery.event == event
            )
        )
    )
    rows = [
        WebhookDelivery(
            webhook_id=hook.id,
            run_id=run.id,
            event=event,
            status=DeliveryStatus.DUE,
            created_at=now,
            due_at=now,
        )
        for hook in hooks
        if hook.id not in told
    ]
    db.session.add_all(rows)
    db.session.flush()
    return [row.id for row in rows]


def claim(delivery_id: int) -> WebhookDelivery | None:
    """Takes a due delivery; None if it isn't due or somebody else has it."""
    now = clock.now()
    claimed = db.session.execute(
        update(WebhookDelivery)
        .where(WebhookDelivery.id == delivery_id, *_due(now))
        .values(status=DeliveryStatus.SENDING, due_at=clock.lease(_SENDING_FOR))
        .execution_options(synchronize_session=False)
    )
    if not claimed.rowcount:  # type: ignore[attr-defined]
        return None
    return db.session.get(WebhookDelivery, delivery_id, populate_existing=True)


def mark_sent(delivery_id: int, answer: str) -> None:
    row = db.session.get_one(WebhookDelivery, delivery_id)
    row.status, row.sent_at, row.answer = DeliveryStatus.SENT, clock.now(), answer
    row.attempts += 1


def mark_unsent(delivery_id: int, answer: str, *, for_good: bool = False) -> None:
    """Notes why, and plans the next attempt; after the last one the delivery has failed."""
    row = db.session.get_one(WebhookDelivery, delivery_id)
    row.answer = answer
    row.attempts += 1
    if for_good or row.attempts > len(_RETRY_AFTER):
        row.status = DeliveryStatus.FAILED
    else:
        row.status = DeliveryStatus.DUE
        row.due_at = clock.now() + _RETRY_AFTER[row.attempts - 1]


def send_again(row: WebhookDelivery) -> None:
    """Makes a delivery due now, whatever has become of it, with all its attempts."""
    row.status, row.due_at, row.attempts = DeliveryStatus.DUE, clock.now(), 0


def get_delivery(delivery_id: int) -> WebhookDelivery | None:
    return db.session.get(WebhookDelivery, delivery_id)


def deliveries_of(school_id: int, limit: int = 50) -> Sequence[WebhookDelivery]:
    """Newest first."""
    return db.session.scalars(
        select(WebhookDelivery)
        .join(Webhook)
        .where(Webhook.school_id == school_id)
        .order_by(WebhookDelivery.id.desc())
        .limit(limit)
    ).all()


def due_ids(run_id: int | None = None, limit: int = 500) -> Sequence[int]:
    """Deliveries to send now, about one run or any."""
    query = select(WebhookDelivery.id).where(*_due(clock.now()))
    if run_id is not None:
        query = query.where(WebhookDelivery.run_id == run_id)
    return db.session.scalars(query.order_by(WebhookDelivery.id).limit(limit)).all()


def _due(now: datetime) -> tuple[ColumnElement[bool], ...]:
    waiting = (DeliveryStatus.DUE, DeliveryStatus.SENDING)
    return WebhookDelivery.status.in_(waiting), WebhookDelivery.due_at <= now
