"""Webhooks over real HTTP: signed, told once per ending, tried again, logged."""

import hashlib
import hmac
import json
import threading
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from roster_dash import approval, hooks, jobs, revert
from roster_dash.config import current_config
from roster_dash.store import holds, webhooks
from roster_dash.store.secrets import Vault
from roster_dash.store.tables import School, Webhook, WebhookDelivery
from roster_dash.store.transactions import commit
from tests.builders import Builder, a_snapshot, a_student
from tests.visitor import Visitor

VisitAs = Callable[..., Visitor]


@dataclass
class Receiver:
    """A server that keeps what it is sent; `status` is what it answers."""

    url: str = ""
    status: int = 204
    came: list[tuple[dict[str, str], bytes]] = field(default_factory=list)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    found = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.came.append(({name.lower(): text for name, text in self.headers.items()}, body))
            self.send_response(found.status)
            self.send_header("Location", found.url)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.url = f"http://127.0.0.1:{server.server_address[1]}/hook"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield found
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def environment(environment: dict[str, str], receiver: Receiver) -> dict[str, str]:
    return environment | {"OUTBOUND_ALLOW": receiver.url.split("/")[2]}


def a_webhook(school: School, receiver: Receiver, *events: str) -> str:
    secret = webhooks.new_secret()
    locked = Vault(current_config().credentials_keys).lock(secret)
    webhooks.add_webhook(school, receiver.url, locked, events or tuple(webhooks.Event), None)
    commit()
    return secret


def deliver_due() -> list[bool]:
    ids = webhooks.due_ids()
    commit()
    return [hooks.deliver(each) for each in ids]


def due_again(row: WebhookDelivery) -> None:
    row.due_at = datetime.now(UTC) - timedelta(seconds=1)
    commit()


def the_delivery(school: School) -> WebhookDelivery:
    [row] = webhooks.deliveries_of(school.id)
    return row


def test_a_sync_that_ends_is_told_signed_and_in_numbers(make: Builder, receiver: Receiver) -> None:
    school = make.school()
    secret = a_webhook(school, receiver)
    run = make.synced(school, a_snapshot([a_student(last_name="Secretperson")]))
    number = run.id
    assert deliver_due() == [True]
    [(headers, body)] = receiver.came
    told = json.loads(body)
    assert told["type"] == "run.succeeded"
    assert told["data"]["run"] == number
    assert told["data"]["counts"]["people"]["created"] == 1
    assert b"Secretperson" not in body
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    key = b64decode(secret.removeprefix("whsec_"))
    expected = b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert the_delivery(school).status == "sent"
    assert deliver_due() == []


def test_only_the_chosen_events_are_told(make: Builder, receiver: Receiver) -> None:
    school = make.school()
    a_webhook(school, receiver, "run.failed")
    make.synced(school, a_snapshot([a_student()]))
    assert webhooks.due_ids() == []


def test_a_decision_and_a_revert_are_told_too(make: Builder, receiver: Receiver) -> None:
    school = make.school()
    people = [a_student() for _ in range(8)]
    archiving = {"students": "on", "students__archive": "on", "grace__students": "0"}
    make.settings(school, **archiving)
    make.synced(school, a_snapshot(people))
    a_webhook(school, receiver)
    run = make.synced(school, a_snapshot(people[:4]), **archiving)
    number = run.id
    assert holds.count_waiting([school.id]) == {school.id: 4}
    approval.approve(number, user_id=None)
    revert.revert(number, user_id=None)
    deliver_due()
    types = [json.loads(body)["type"] for _, body in receiver.came]
    assert types == ["run.held", "run.succeeded", "run.succeeded"]


def test_who_doesn_t_take_it_is_tried_again_until_it_is_given_up(
    make: Builder, receiver: Receiver
) -> None:
    school = make.school()
    a_webhook(school, receiver)
    receiver.status = 503
    make.synced(school, a_snapshot([a_student()]))
    assert deliver_due() == [False]
    row = the_delivery(school)
    assert (row.status, row.attempts, row.answer) == ("due", 1, "503")
    assert row.due_at > datetime.now(UTC)
    for _ in range(8):
        due_again(the_delivery(school))
        deliver_due()
    assert the_delivery(school).status == "failed"
    assert len(receiver.came) == 9
    assert len({headers["webhook-id"] for headers, _ in receiver.came}) == 1


@pytest.mark.parametrize(("status", "after"), [(410, "failed"), (302, "due")])
def test_who_is_gone_is_not_asked_again_and_nobody_is_followed_elsewhere(
    status: int, after: str, make: Builder, receiver: Receiver
) -> None:
    school = make.school()
    a_webhook(school, receiver)
    receiver.status = status
    make.synced(school, a_snapshot([a_student()]))
    assert deliver_due() == [False]
    assert the_delivery(school).status == after
    assert len(receiver.came) == 1


def test_a_removed_webhook_is_told_nothing_more(make: Builder, receiver: Receiver) -> None:
    school = make.school()
    a_webhook(school, receiver)
    make.synced(school, a_snapshot([a_student()]))
    webhooks.remove(webhooks.webhooks_of(school.id)[0])
    commit()
    assert deliver_due() == [False]
    assert receiver.came == []


def test_the_secret_is_encrypted_and_shown_once(
    make: Builder, visit_as: VisitAs, receiver: Receiver
) -> None:
    school = make.school()
    visitor, page = visit_as(make.owner(school)), f"/schools/{school.id}/api"
    form = {"url": receiver.url, "event": ["run.held"]}
    shown = visitor.post(f"{page}/webhooks", form, page=page).text
    secret = shown.split('class="secret">')[1].split("<")[0]
    assert secret.startswith("whsec_")
    assert secret not in visitor.get(page).text
    row: Webhook = webhooks.webhooks_of(school.id)[0]
    assert secret.encode() not in row.secret
    assert Vault(current_config().credentials_keys).unlock(row.secret) == secret


def test_an_address_inside_our_network_can_t_be_entered(make: Builder, visit_as: VisitAs) -> None:
    school = make.school()
    visitor, page = visit_as(make.owner(school)), f"/schools/{school.id}/api"
    form = {"url": "https://127.0.0.1:9/x", "event": "run.held"}
    answer = visitor.post(f"{page}/webhooks", form, page=page)
    assert answer.status_code == 422
    assert "not on the internet" in answer.text
    assert webhooks.webhooks_of(school.id) == []


def test_a_failed_delivery_can_be_sent_again_by_hand(
    make: Builder, visit_as: VisitAs, receiver: Receiver
) -> None:
    school = make.school()
    a_webhook(school, receiver)
    receiver.status = 410
    make.synced(school, a_snapshot([a_student()]))
    deliver_due()
    receiver.status = 200
    visitor, page = visit_as(make.owner(school)), f"/schools/{school.id}/api"
    assert "Given up" in visitor.get(page).text
    visitor.post(f"{page}/deliveries/{the_delivery(school).id}/again", page=page)
    assert deliver_due() == [True]
    assert "Taken" in visitor.get(page).text


def test_the_scheduler_hands_over_what_is_due(make: Builder, receiver: Receiver) -> None:
    school = make.school()
    a_webhook(school, receiver)
    make.synced(school, a_snapshot([a_student()]))
    number = the_delivery(school).id
    jobs.hand_over()
    assert f"delivery-{number}" in jobs.queue("mail").job_ids
