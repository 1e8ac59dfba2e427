"""Each fault does on the wire what its description says."""

import json
import smtplib
import time
from collections.abc import Callable
from typing import Any

import pytest
import requests

from roster_dash.sandbox.faults import KINDS
from tests.clever import Clever
from tests.sandbox.asking import Json, ask, ids, link, page, users

STUDENTS = "/v3.1/users?role=student&limit=20"
LAST_PAGE = "/v3.1/users?role=student&limit=10000"
BODY = {name for name, kind in KINDS.items() if kind.stage == "body"}
MAIL = {name for name, kind in KINDS.items() if kind.stage.startswith("smtp")}

CHECKS: dict[str, Callable[[Clever, Json], None]] = {}
"""Fault -> what is looked at; `usual` is the page without it."""

Check = Callable[[Clever, Json], None]


def of(name: str) -> Callable[[Check], Check]:
    def note(check: Check) -> Check:
        CHECKS[name] = check
        return check

    return note


@pytest.mark.parametrize("name", KINDS)
def test_a_fault_does_what_it_says_and_then_is_over(name: str, clever: Clever) -> None:
    usual = page(clever, STUDENTS)
    CHECKS[name](clever, usual)


def test_every_check_is_of_a_fault() -> None:
    assert CHECKS.keys() == KINDS.keys()


def spoilt(clever: Clever, name: str, path: str = STUDENTS, **values: Any) -> Json:
    """The page with the fault on it; the same page is whole again afterwards."""
    usual = page(clever, path)
    clever.fault(name, **values)
    body = page(clever, path)
    assert body != usual
    assert page(clever, path) == usual
    return body


@of("rate-limited")
def _(clever: Clever, usual: Json) -> None:
    clever.fault("rate-limited", seconds=5)
    answer = ask(clever, STUDENTS)
    assert (answer.status_code, answer.content) == (429, b"")
    assert 3 < int(answer.headers["X-RateLimit-Reset"]) - time.time() <= 5
    assert answer.headers["X-RateLimit-Remaining"] == "0"
    assert "Retry-After" not in answer.headers
    clever.fault("rate-limited", retry_after=7)
    assert ask(clever, STUDENTS).headers["Retry-After"] == "7"
    assert page(clever, STUDENTS) == usual


@of("status")
def _(clever: Clever, usual: Json) -> None:
    for status in (500, 502, 503, 403):
        clever.fault("status", **({} if status == 500 else {"status": status}))
        answer = ask(clever, STUDENTS)
        assert answer.status_code == status
        assert list(answer.json()) == ["message"]
    assert page(clever, STUDENTS) == usual


@of("timeout")
def _(clever: Clever, usual: Json) -> None:
    clever.fault("timeout", seconds=0.05)
    begun = time.monotonic()
    with pytest.raises(requests.ConnectionError):
        ask(clever, STUDENTS)
    assert time.monotonic() - begun >= 0.05
    assert page(clever, STUDENTS) == usual


@of("dropped")
def _(clever: Clever, usual: Json) -> None:
    clever.fault("dropped")
    with pytest.raises(requests.ConnectionError):
        ask(clever, STUDENTS)
    assert page(clever, STUDENTS) == usual


@of("slow")
def _(clever: Clever, usual: Json) -> None:
    clever.fault("slow", seconds=0.05)
    begun = time.monotonic()
    assert page(clever, STUDENTS) == usual
    assert time.monotonic() - begun >= 0.05


@of("html")
def _(clever: Clever, usual: Json) -> None:
    clever.fault("html")
    answer = ask(clever, STUDENTS)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/html")
    assert page(clever, STUDENTS) == usual


@of("html-404")
def _(clever: Clever, usual: Json) -> None:
    clever.fault("html-404")
    answer = ask(clever, STUDENTS)
    assert answer.status_code == 404
    assert answer.headers["Content-Type"].startswith("text/html")
    assert page(clever, STUDENTS) == usual


@of("revoked-mid-walk")
def _(clever: Clever, usual: Json) -> None:
    old = clever.district.token
    clever.fault("revoked-mid-walk", page=2, rotate=True)
    assert [ask(clever, STUDENTS, old).status_code for _ in range(3)] == [200, 401, 401]
    new = clever.district.token
    assert new not in ("", old)
    assert ask(clever, STUDENTS, new).status_code == 200
    clever.fault("revoked-mid-walk")
    assert ask(clever, STUDENTS, new).status_code == 401
    assert clever.district.token == ""


@of("mutate-mid-walk")
def _(clever: Clever, usual: Json) -> None:
    before = [user["id"] for user in users(clever, "student")]
    clever.fault("mutate-mid-walk", page=2)
    first = page(clever, STUDENTS)
    assert first == usual
    walked, onward = ids(first), link(first, "next")
    while onward:
        body = page(clever, onward)
        walked, onward = [*walked, *ids(body)], link(body, "next")
    assert walked == before[:-1]
    (event,) = page(clever, "/v3.1/events?record_type=users")["data"]
    assert event["data"]["type"] == "users.deleted"


@of("empty")
def _(clever: Clever, usual: Json) -> None:
    body = spoilt(clever, "empty")
    assert body == {"data": [], "links": [{"rel": "self", "uri": STUDENTS}]}


@of("empty-page")
def _(clever: Clever, usual: Json) -> None:
    body = spoilt(clever, "empty-page", LAST_PAGE)
    assert body["data"] == page(clever, LAST_PAGE)["data"]
    last = page(clever, link(body, "next"))
    assert (last["data"], link(last, "next")) == ([], "")
    clever.fault("empty-page")
    assert page(clever, STUDENTS) == usual, "a page with a next one stays as it is"


@of("no-data")
def _(clever: Clever, usual: Json) -> None:
    assert spoilt(clever, "no-data") == {"links": usual["links"]}


@of("no-links")
def _(clever: Clever, usual: Json) -> None:
    assert spoilt(clever, "no-links") == {"data": usual["data"]}


@of("data-null")
def _(clever: Clever, usual: Json) -> None:
    assert spoilt(clever, "data-null") == usual | {"data": None}


@of("next-loop")
def _(clever: Clever, usual: Json) -> None:
    for path in (STUDENTS, LAST_PAGE):
        assert link(spoilt(clever, "next-loop", path), "next") == path


@of("next-foreign")
def _(clever: Clever, usual: Json) -> None:
    assert link(spoilt(clever, "next-foreign"), "next") == "http://evil.example/v3.1/users"
    elsewhere = "http://other.example/v3.1"
    assert link(spoilt(clever, "next-foreign", host=elsewhere), "next") == elsewhere


@of("next-empty")
def _(clever: Clever, usual: Json) -> None:
    assert {"rel": "next", "uri": ""} in spoilt(clever, "next-empty")["links"]


@of("duplicate-ids")
def _(clever: Clever, usual: Json) -> None:
    first, *_ = ids(usual)
    assert ids(spoilt(clever, "duplicate-ids")) == [*ids(usual), first]


@of("item-not-object")
def _(clever: Clever, usual: Json) -> None:
    assert spoilt(clever, "item-not-object")["data"] == [*usual["data"], {"data": 7}]


@of("no-id")
def _(clever: Clever, usual: Json) -> None:
    first, *rest = spoilt(clever, "no-id")["data"]
    assert "id" not in first["data"]
    assert first["data"] == {k: v for k, v in usual["data"][0]["data"].items() if k != "id"}
    assert rest == usual["data"][1:]


@of("no-roles")
def _(clever: Clever, usual: Json) -> None:
    for item, whole in zip(spoilt(clever, "no-roles")["data"], usual["data"], strict=True):
        assert item["data"] == whole["data"] | {"roles": {}}


@of("not-wrapped")
def _(clever: Clever, usual: Json) -> None:
    assert spoilt(clever, "not-wrapped")["data"] == [item["data"] for item in usual["data"]]


@of("reordered")
def _(clever: Clever, usual: Json) -> None:
    clever.fault("reordered")
    text = ask(clever, STUDENTS).text
    assert json.loads(text) == usual
    assert text != json.dumps(usual)
    assert list(json.loads(text)) == ["links", "data"]
    name, whole = json.loads(text)["data"][0]["data"], usual["data"][0]["data"]
    assert list(name) == list(reversed(whole))


@of("unknown-fields")
def _(clever: Clever, usual: Json) -> None:
    for item in spoilt(clever, "unknown-fields")["data"]:
        assert item["data"]["zodiac"] == "Leo"


def _optional_values(clever: Clever, name: str) -> list[Any]:
    """What the optional fields of students and classes hold; `...` where they are absent."""
    student = spoilt(clever, name)["data"][0]["data"]
    section = spoilt(clever, name, "/v3.1/sections")["data"][0]["data"]
    assert student["id"]
    assert section["students"]
    assert student["roles"]["student"]["sis_id"]
    held = [student.get("email", ...), section.get("term_id", ...), section.get("course", ...)]
    inner = ("grade", "student_number", "dob", "gender", "preferred_name")
    return held + [student["roles"]["student"].get(field, ...) for field in inner]


@of("nulls")
def _(clever: Clever, usual: Json) -> None:
    assert set(_optional_values(clever, "nulls")) == {None}


@of("blanks")
def _(clever: Clever, usual: Json) -> None:
    assert set(_optional_values(clever, "blanks")) == {""}


@of("absent")
def _(clever: Clever, usual: Json) -> None:
    assert set(_optional_values(clever, "absent")) == {...}


@of("cut-json")
def _(clever: Clever, usual: Json) -> None:
    clever.fault("cut-json")
    answer = ask(clever, STUDENTS)
    assert answer.status_code == 200
    assert int(answer.headers["Content-Length"]) == len(answer.content)
    with pytest.raises(requests.JSONDecodeError):
        answer.json()
    assert page(clever, STUDENTS) == usual


@of("cut-body")
def _(clever: Clever, usual: Json) -> None:
    clever.fault("cut-body")
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        ask(clever, STUDENTS)
    assert page(clever, STUDENTS) == usual


def _refusal(clever: Clever, name: str) -> tuple[int, bytes]:
    """How the recipient is refused under a fault; the next mail is taken."""
    clever.fault(name)
    with smtplib.SMTP("127.0.0.1", clever.smtp_port, timeout=5) as sender:
        sender.ehlo()
        sender.mail("a@school.example")
        code, text = sender.rcpt("b@school.example")
        if code != 421:
            sender.rset()
            assert sender.mail("a@school.example")[0] == 250
            assert sender.rcpt("b@school.example")[0] == 250
        else:
            with pytest.raises(smtplib.SMTPServerDisconnected):
                sender.noop()
    assert clever.inbox() == []
    return code, text


@of("smtp-refuse")
def _(clever: Clever, usual: Json) -> None:
    assert _refusal(clever, "smtp-refuse")[0] == 550


@of("smtp-busy")
def _(clever: Clever, usual: Json) -> None:
    assert _refusal(clever, "smtp-busy")[0] == 451


@of("smtp-drop")
def _(clever: Clever, usual: Json) -> None:
    assert _refusal(clever, "smtp-drop")[0] == 421


@of("smtp-hang")
def _(clever: Clever, usual: Json) -> None:
    clever.fault("smtp-hang", seconds=0.3)
    began = time.monotonic()
    with smtplib.SMTP("127.0.0.1", clever.smtp_port, timeout=5) as sender:
        sender.ehlo()
        sender.mail("a@school.example")
        assert sender.rcpt("b@school.example")[0] == 421
    assert time.monotonic() - began >= 0.3


@of("smtp-drop-after")
def _(clever: Clever, usual: Json) -> None:
    clever.fault("smtp-drop-after")
    sender = smtplib.SMTP("127.0.0.1", clever.smtp_port, timeout=5)
    sender.sendmail("a@school.example", ["b@school.example"], "Subject: Hello\n\nText")
    with pytest.raises(smtplib.SMTPServerDisconnected):
        sender.quit()
    assert [mail["subject"] for mail in clever.inbox()] == ["Hello"]


# Which requests a fault comes to.


def statuses(clever: Clever, count: int, path: str = STUDENTS) -> list[int]:
    return [ask(clever, path).status_code for _ in range(count)]


def test_a_fault_comes_to_the_requests_of_its_path_only(clever: Clever) -> None:
    clever.fault("status", path="sections", times=0)
    assert statuses(clever, 2) == [200, 200]
    assert statuses(clever, 2, "/v3.1/sections?limit=1") == [500, 500]
    clever.mend()
    assert statuses(clever, 1, "/v3.1/sections?limit=1") == [200]


def test_a_path_may_be_of_the_query(clever: Clever) -> None:
    clever.fault("status", path="role=teacher")
    assert statuses(clever, 1) == [200]
    assert statuses(clever, 1, "/v3.1/users?role=teacher") == [500]


def test_a_fault_begins_with_its_page_and_lasts_for_its_times(clever: Clever) -> None:
    clever.fault("status", page=2, times=2)
    assert statuses(clever, 5) == [200, 500, 500, 200, 200]


def test_two_faults_are_counted_each_by_itself(clever: Clever) -> None:
    clever.fault("status", status=503)
    clever.fault("status", page=2)
    assert statuses(clever, 3) == [503, 500, 200]


def test_one_of_two_faults_can_be_switched_off(clever: Clever) -> None:
    clever.fault("status", times=0)
    clever.fault("next-empty", times=0)
    requests.delete(f"{clever.url}/_sandbox/faults?name=status", timeout=10)
    assert link(page(clever, STUDENTS), "next") == ""


def test_an_unknown_fault_is_refused_with_the_known_ones(clever: Clever) -> None:
    answer = requests.post(f"{clever.url}/_sandbox/faults", json={"name": "plague"}, timeout=10)
    assert answer.status_code == 400
    assert all(name in answer.json()["message"] for name in KINDS)


def test_the_list_tells_every_fault_and_those_that_are_on(clever: Clever) -> None:
    clever.fault("status", status=502, path="users")
    told = requests.get(f"{clever.url}/_sandbox/faults", timeout=10).json()
    assert told["known"] == {name: kind.about for name, kind in KINDS.items()}
    (on,) = told["on"]
    assert (on["name"], on["path"], on["values"]) == ("status", "users", {"status": 502})


@pytest.mark.parametrize("name", sorted(BODY))
@pytest.mark.parametrize("path", ["one object", "an empty list"])
def test_a_pages_fault_breaks_nothing_where_there_is_no_page(
    path: str, name: str, clever: Clever
) -> None:
    clever.fault(name)
    one = f"/v3.1/districts/{clever.district.id}"
    assert statuses(clever, 1, one if path == "one object" else "/v3.1/resources") == [200]
