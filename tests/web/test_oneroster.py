"""The OneRoster provider: who gets at what, and that a change is served at once."""

import io
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from roster_dash.extensions import db
from roster_dash.provider.collections import COLLECTIONS
from roster_dash.store import audit, edits, people, privacy, tokens
from roster_dash.store.tables import AuditEntry, PersonRow, School
from roster_dash.store.transactions import commit
from tests.builders import Builder, a_snapshot
from tests.provider.served import STUDENTS, TOKEN, V1P2, a_key, a_school, ask, minor_of
from tests.visitor import Visitor
from tests.web.world import path_of, routes

CORE = "https://purl.imsglobal.org/spec/or/v1p2/scope/roster-core.readonly"
VisitAs = Callable[..., Visitor]


@pytest.fixture
def school(make: Builder) -> School:
    return a_school(make, "Lincoln High", "s-1")


def access_token(app: Flask, key: str, **form: str) -> TestResponse:
    sent = {"grant_type": "client_credentials", "client_id": key[:8], "client_secret": key} | form
    return ask(app, TOKEN, method="POST", data=sent)


def the_row(key: str) -> Any:
    row = tokens.find_token(key, datetime.now(UTC))
    assert row is not None
    return row


def rules(app: Flask) -> Iterator[Rule]:
    for rule, method in routes(app):
        if rule.endpoint.startswith("oneroster.") and method == "GET":
            yield rule


VALUES = {
    "collection": "users",
    "sourced_id": "s-1-student-01",
    "part": "classes",
    "school": "s-1",
    "class_part": "students",
}


def test_only_a_good_key_with_the_scope_opens_it(app: Flask, make: Builder, school: School) -> None:
    expired, revoked = a_key(school), a_key(school)
    keys = {
        "": 401,
        "rd_wrong": 401,
        "not.a-token": 401,
        expired: 401,
        revoked: 401,
        a_key(school, "people:read", "lists:read", "runs:read"): 403,
    }
    the_row(expired).expires_at = datetime.now(UTC) - timedelta(seconds=1)
    tokens.revoke(the_row(revoked))
    commit()
    for rule in rules(app):
        for key, status in keys.items():
            answer = ask(app, path_of(rule, VALUES), key)
            assert answer.status_code == status, (rule.rule, key)
            assert minor_of(answer) == ("unauthorisedrequest" if status == 401 else "forbidden")


def test_a_key_of_another_school_finds_nothing_of_this_one(
    app: Flask, make: Builder, school: School
) -> None:
    key = a_key(a_school(make, "Elsewhere High", "s-2"))
    for name in COLLECTIONS:
        assert "s-1" not in ask(app, f"{V1P2}/{name}?limit=10000", key).text
    for path in ("users/s-1-student-01", "classes/s-1-bio/students", "schools/s-1/students"):
        answer = ask(app, f"{V1P2}/{path}", key)
        assert (answer.status_code, minor_of(answer)) == (404, "unknownobject")


def test_a_browsers_log_in_opens_nothing(make: Builder, school: School, visit_as: VisitAs) -> None:
    answer = visit_as(make.owner(school)).get(f"{V1P2}/users")
    assert (answer.status_code, minor_of(answer)) == (401, "unauthorisedrequest")


@pytest.mark.parametrize("way", ["form", "basic"])
def test_a_key_is_good_for_a_token_of_an_hour(
    way: str, app: Flask, school: School, let_pass: Callable[[timedelta], None]
) -> None:
    key = a_key(school)
    answer = (
        access_token(app, key, scope=f"{CORE} other")
        if way == "form"
        else ask(
            app,
            TOKEN,
            method="POST",
            data={"grant_type": "client_credentials", "scope": CORE},
            auth=(key[:8], key),
        )
    )
    assert answer.status_code == 200, answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    told = answer.json
    assert (told["token_type"], told["expires_in"], told["scope"]) == ("Bearer", 3600, CORE)
    assert "Set-Cookie" not in answer.headers
    token = told["access_token"]
    assert key not in token
    assert ask(app, f"{V1P2}/orgs", token).status_code == 200
    assert ask(app, f"{V1P2}/orgs", token[:-2]).status_code == 401
    let_pass(timedelta(minutes=61))
    assert ask(app, f"{V1P2}/orgs", token).status_code == 401


def test_a_token_opens_nothing_once_its_key_is_revoked(app: Flask, school: School) -> None:
    key = a_key(school)
    token = access_token(app, key).json["access_token"]
    tokens.revoke(the_row(key))
    commit()
    assert ask(app, f"{V1P2}/orgs", token).status_code == 401
    assert access_token(app, key).status_code == 401


def test_a_token_ends_with_its_key(
    app: Flask, school: School, let_pass: Callable[[timedelta], None]
) -> None:
    key = a_key(school, days=1)
    let_pass(timedelta(hours=23, minutes=30))
    answer = access_token(app, key).json
    assert 1700 < answer["expires_in"] <= 1800
    let_pass(timedelta(minutes=31))
    assert ask(app, f"{V1P2}/orgs", answer["access_token"]).status_code == 401


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"grant_type": ""}, 400, "invalid_request"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"client_secret": "rd_wrong"}, 401, "invalid_client"),
        ({"client_secret": ""}, 401, "invalid_client"),
        ({"client_id": "rd_other"}, 401, "invalid_client"),
        ({"scope": "https://purl.imsglobal.org/spec/or/v1p2/scope/other"}, 400, "invalid_scope"),
    ],
)
def test_no_token_is_given_for_what_will_not_do(
    changes: dict[str, str], status: int, error: str, app: Flask, school: School
) -> None:
    answer = access_token(app, a_key(school), **changes)
    assert (answer.status_code, answer.json["error"]) == (status, error)


def test_a_key_without_the_scope_gets_no_token(app: Flask, school: School) -> None:
    answer = access_token(app, a_key(school, "people:read"))
    assert (answer.status_code, answer.json["error"]) == (400, "unauthorized_client")


def test_a_change_is_served_at_once_and_who_is_archived_or_erased_no_more(
    app: Flask, make: Builder, school: School
) -> None:
    key, user = a_key(school), make.owner(school)
    before = ask(app, f"{V1P2}/users/{STUDENTS[0]}", key).json["user"]
    person = db.session.scalars(select(PersonRow).where(PersonRow.source_id == STUDENTS[0])).one()
    edits.edit_person(person, {"first_name": "Zoë"}, user.id)
    commit()
    after = ask(app, f"{V1P2}/users/{STUDENTS[0]}", key).json["user"]
    assert after["givenName"] == "Zoë"
    assert after["dateLastModified"] > before["dateLastModified"]
    edits.archive_person(person, user.id)
    commit()
    assert ask(app, f"{V1P2}/users/{STUDENTS[0]}", key).status_code == 404
    assert STUDENTS[0] not in ask(app, f"{V1P2}/enrollments?limit=10000", key).text
    again = people.get_person(person.id)
    assert again is not None
    version = school.content_version
    make.snapshot(school, a_snapshot())
    privacy.erase(school, [again])
    commit()
    assert school.content_version > version


def test_the_page_says_what_to_type_where_and_offers_the_files(
    app: Flask, make: Builder, school: School, visit_as: VisitAs
) -> None:
    visitor = visit_as(make.owner(school))
    page = visitor.get(f"/schools/{school.id}/api").text
    assert f"127.0.0.1:8000{V1P2}<" in page
    assert f"127.0.0.1:8000{TOKEN}<" in page
    answer = visitor.get(f"/schools/{school.id}/oneroster.zip")
    assert "attachment" in answer.headers["Content-Disposition"]
    with zipfile.ZipFile(io.BytesIO(answer.data)) as zipped:
        assert b"file.users,bulk" in zipped.read("manifest.csv")
        assert STUDENTS[0].encode() in zipped.read("users.csv")
    entry = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()[-1]
    assert (entry.action, entry.after) == (audit.Did.EXPORTED, {"people": 16, "lists": 2})
