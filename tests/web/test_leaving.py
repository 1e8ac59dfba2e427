"""Leaving soon: who is missing is shown with a countdown, and can be kept, snoozed or archived."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from roster_dash.extensions import db
from roster_dash.store.tables import PersonRow, School
from tests.builders import Builder, a_snapshot, a_student
from tests.visitor import Visitor

VisitAs = Callable[..., Visitor]

NOW = datetime.now(UTC)
GONE, STAYS = a_student("gone", last_name="Goneaway"), a_student("stays")
GRACE = {"students__archive": "on", "grace__students": "3"}


@pytest.fixture
def school(make: Builder) -> School:
    made: School = make.school()
    make.settings(made, students="on", **GRACE)
    make.synced(made, a_snapshot([GONE, STAYS]), now=NOW - timedelta(days=2))
    make.synced(made, a_snapshot([STAYS]), now=NOW - timedelta(days=1), **GRACE)
    return made


def gone() -> PersonRow:
    row = db.session.scalars(select(PersonRow).where(PersonRow.source_id == "gone")).one()
    db.session.commit()
    return row


def test_who_is_leaving_is_found_with_what_is_wanting(
    make: Builder, visit_as: VisitAs, school: School
) -> None:
    visitor = visit_as(make.owner(school))
    page = visitor.get(f"/schools/{school.id}/people?status=leaving").text
    assert "1 person" in page
    assert "Goneaway" in page
    assert "They are archived after 2 more healthy syncs, in 2 days at the earliest." in page


def test_somebody_kept_is_not_archived_however_often_the_roster_lacks_them(
    make: Builder, visit_as: VisitAs, school: School
) -> None:
    visitor = visit_as(make.owner(school))
    path = f"/people/{gone().id}"
    visitor.post(f"{path}/keep", page=path)
    assert "Kept here" in visitor.get(path).text
    for days in range(1, 9):
        make.synced(school, a_snapshot([STAYS]), now=NOW + timedelta(days=days), **GRACE)
    assert gone().status == "active"
    make.synced(school, a_snapshot([GONE, STAYS]), now=NOW + timedelta(days=9), **GRACE)
    assert gone().stays_until is None


def test_somebody_snoozed_stays_until_that_day_and_no_longer(
    make: Builder, visit_as: VisitAs, school: School
) -> None:
    visitor = visit_as(make.owner(school))
    path = f"/people/{gone().id}"
    until = (NOW + timedelta(days=5)).date()
    visitor.post(f"{path}/stay", {"until": until.isoformat()}, page=path)
    states = []
    for days in range(1, 10):
        make.synced(school, a_snapshot([STAYS]), now=NOW + timedelta(days=days), **GRACE)
        states.append(gone().status)
    assert states[:4] == ["active"] * 4
    assert states[-1] == "archived"


@pytest.mark.parametrize("until", ["yesterday", "2020-01-01", "9999-12-31"])
def test_a_day_that_cannot_be_is_refused_in_words(
    until: str, make: Builder, visit_as: VisitAs, school: School
) -> None:
    visitor = visit_as(make.owner(school))
    path = f"/people/{gone().id}"
    visitor.post(f"{path}/stay", {"until": until}, page=path)
    assert "is no day from tomorrow to a year ahead" in visitor.get(path).text
    assert gone().stays_until is None


def test_archiving_now_lets_them_come_back_with_their_record(
    make: Builder, visit_as: VisitAs, school: School
) -> None:
    visitor = visit_as(make.owner(school))
    path = f"/people/{gone().id}"
    visitor.post(f"{path}/archive", page=path)
    assert (gone().status, gone().included_in_sync) == ("archived", True)
    make.synced(school, a_snapshot([GONE, STAYS]), **GRACE)
    assert gone().status == "active"


def test_somebody_who_is_not_missing_cannot_be_let_stay(
    make: Builder, visit_as: VisitAs, school: School
) -> None:
    row = db.session.scalars(select(PersonRow).where(PersonRow.source_id == "stays")).one().id
    visitor = visit_as(make.owner(school))
    visitor.post(f"/people/{row}/stay", {"until": ""}, page=f"/people/{row}")
    assert "not missing from Clever" in visitor.get(f"/people/{row}").text


def test_moved_people_are_shown_with_their_new_school(
    make: Builder, visit_as: VisitAs, school: School
) -> None:
    """One event: gone here because they are new there."""
    there: School = make.school(school.district, name="Lincoln North")
    make.synced(there, a_snapshot([GONE]), now=NOW - timedelta(hours=1))
    run = make.synced(school, a_snapshot([STAYS]), now=NOW, **GRACE)
    assert run.counts["people"]["moved"] == 1
    assert (gone_at(school).status, gone_at(school).moved_to) == ("archived", "Lincoln North")
    page = visit_as(make.owner(school)).get(f"/people/{gone_at(school).id}").text
    assert "Moved to Lincoln North" in page
    make.synced(school, a_snapshot([GONE, STAYS]), now=NOW + timedelta(days=1), **GRACE)
    assert (gone_at(school).status, gone_at(school).moved_to) == ("active", "")


def gone_at(school: School) -> PersonRow:
    row = db.session.scalars(
        select(PersonRow).where(PersonRow.source_id == "gone", PersonRow.school_id == school.id)
    ).one()
    db.session.commit()
    return row
