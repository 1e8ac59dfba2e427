"""The audit log's page: who did what, filtered, paged, taken away."""

import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from roster_dash.extensions import db
from roster_dash.store import audit
from roster_dash.store.audit import Did
from roster_dash.store.tables import AuditEntry
from tests.builders import Builder, a_snapshot, a_student
from tests.statements import statements
from tests.visitor import Visitor

VisitAs = Callable[..., Visitor]


def test_a_save_is_in_the_log_with_who_from_where_before_and_after(
    make: Builder, visit_as: VisitAs
) -> None:
    school = make.school()
    visitor = visit_as(make.owner(school))
    page = f"/schools/{school.id}/rostering"
    visitor.post(page, {"students": "on", "base": "0"}, page=page)
    log = visitor.get("/audit").text
    assert "alice@school.example" in log
    assert "127.0.0.1" in log
    assert "Saved the settings" in log
    assert "Students: sync: off → on" in log


def test_an_owner_of_another_school_sees_nothing_of_it(make: Builder, visit_as: VisitAs) -> None:
    make.settings(make.school(name="Far High"), students="on")
    visitor = visit_as(make.owner(make.school()))
    assert "Far High" not in visitor.get("/audit").text
    assert "Far High" not in visitor.get("/audit.csv").text


def test_log_ins_good_and_bad_and_log_outs_are_recorded_without_what_was_typed(
    make: Builder, visitor: Visitor
) -> None:
    owner = make.owner(make.school())
    assert visitor.log_in(owner, "a wrong password").status_code == 422
    assert visitor.log_in(owner).status_code == 303
    visitor.post("/logout", page="/schools")
    found = db.session.query(AuditEntry).filter(AuditEntry.action.startswith("login."))
    assert [(entry.action, entry.who) for entry in found.order_by(AuditEntry.id)] == [
        (Did.LOG_IN_FAILED, "nobody"),
        (Did.LOGGED_IN, owner.email),
        (Did.LOGGED_OUT, owner.email),
    ]
    assert all(entry.address == "127.0.0.1" and not entry.about for entry in found)


def test_the_filter_stays_in_the_links(make: Builder, visit_as: VisitAs) -> None:
    school = make.school()
    for _ in range(audit.PAGE + 1):
        audit.record(Did.EXPORTED, school=school, about="people")
    visitor = visit_as(make.specialist())
    page = visitor.get("/audit?kind=export&who=sys").text
    assert "kind=export&amp;who=sys" in page
    assert "before=" in page
    assert "Linked a school" not in page
    assert "Newer" not in page
    found = re.search(r'rel="next" href="([^"]*)"', page)
    assert found is not None
    second = visitor.get(found[1].replace("&amp;", "&")).text
    assert 'rel="prev" href="/audit?kind=export&amp;who=sys"' in second


def test_an_export_is_safe_for_spreadsheets_and_is_itself_recorded(
    make: Builder, visit_as: VisitAs
) -> None:
    audit.record(Did.LOG_IN_FAILED, by=audit.Actor(None, "=cmd()", "192.0.2.1"))
    visitor = visit_as(make.specialist())
    answer = visitor.get("/audit.csv")
    assert answer.mimetype == "text/csv"
    assert "'=cmd()" in answer.text
    newest = db.session.query(AuditEntry).order_by(AuditEntry.id.desc()).first()
    assert newest is not None
    assert (newest.action, newest.about) == (Did.EXPORTED, "audit.csv")


@pytest.mark.parametrize("path", ["people.csv", "past.csv?at=2030-01-01&what=lists"])
def test_whoever_takes_peoples_data_away_is_in_the_log(
    path: str, make: Builder, visit_as: VisitAs
) -> None:
    school = make.school()
    make.synced(school, a_snapshot([a_student("ana")]))
    visitor = visit_as(make.owner(school))
    assert visitor.get(f"/schools/{school.id}/{path}").status_code == 200
    assert "Exported data" in visitor.get("/audit?kind=export").text


def test_an_export_begins_as_a_writer_so_that_nobody_gets_in_between(
    make: Builder, visit_as: VisitAs
) -> None:
    if db.engine.dialect.name != "sqlite":
        pytest.skip("only SQLite has one writer at a time")
    visitor = visit_as(make.owner(make.school()))
    with statements() as begun:
        visitor.get("/audit.csv")
    assert any(each.startswith("INSERT INTO audit") for each in begun)
    assert "BEGIN" not in begun  # that of who only reads
    assert "BEGIN" not in begun


def test_days_of_the_filter_are_days_on_the_schools_clock(make: Builder, visit_as: VisitAs) -> None:
    school = make.school(name="Late High")  # in Chicago, six hours behind
    visitor = visit_as(make.owner(school))
    late = AuditEntry(
        at=datetime(2026, 1, 16, 3, tzinfo=UTC),
        who="somebody late",
        action=Did.EXPORTED,
        school_id=school.id,
        district_id=school.district_id,
    )
    db.session.add(late)
    assert "somebody late" in visitor.get("/audit?since=2026-01-15&until=2026-01-15").text
    assert "somebody late" not in visitor.get("/audit?since=2026-01-16&until=2026-01-16").text


@pytest.mark.parametrize(
    "query",
    [
        "since=9999-12-31",
        "since=0001-01-01",
        "until=9999-12-31",
        "since=x",
        "before=x",
        "school=x",
        "kind=%",
    ],
)
def test_odd_filters_are_no_trouble(query: str, make: Builder, visit_as: VisitAs) -> None:
    make.school()
    assert visit_as(make.specialist()).get(f"/audit?{query}").status_code == 200
