"""What each day of a school came to, as it is kept for the pictures of weeks."""

import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import delete, select

from roster_dash import approval, clock, jobs
from roster_dash.extensions import db
from roster_dash.roster.days import DayState
from roster_dash.store import days, glance
from roster_dash.store.days import Day, DistrictDay
from roster_dash.store.tables import School, SchoolDay
from roster_dash.store.transactions import commit
from tests.builders import Builder, a_snapshot, a_student, a_teacher

NOW = datetime(2026, 11, 10, 18, tzinfo=UTC)
LONG_AGO = date(2026, 1, 1)
FIRM = {"students__archive": "on", "grace__students": "0"}


@pytest.fixture(autouse=True)
def _november(app: Flask) -> Iterator[None]:
    clock.use(clock.Clock(time.time(), NOW.timestamp()))
    yield
    clock.use(clock.MACHINE)


def ended(make: Builder, school: School, moment: datetime, status: str = "succeeded") -> int:
    run = make.run(school, status, finished_at=moment, size=3)
    glance.refresh(school.id)
    commit()
    return run.id


def kept(school: School) -> list[Day]:
    return list(days.of_school(school.id, LONG_AGO))


def test_the_day_is_that_of_the_schools_clock(make: Builder) -> None:
    district = make.district()
    east = make.school(district, timezone="America/New_York")
    west = make.school(district, timezone="America/Los_Angeles")
    moment = datetime(2026, 11, 5, 6, 30, tzinfo=UTC)
    for school in (east, west):
        ended(make, school, moment)
    assert [day.day for day in kept(east)] == [date(2026, 11, 5)]
    assert [day.day for day in kept(west)] == [date(2026, 11, 4)]


def test_a_day_of_25_hours_is_one_day(make: Builder) -> None:
    """On 1 November 2026 the clocks of Chicago went back."""
    school = make.school(timezone="America/Chicago")
    first = ended(make, school, datetime(2026, 11, 1, 5, 1, tzinfo=UTC))  # 00:01 CDT
    last = ended(make, school, datetime(2026, 11, 2, 5, 59, tzinfo=UTC))  # 23:59 CST
    assert kept(school) == [Day(date(2026, 11, 1), DayState.SUCCEEDED, 2, 6, last)]
    assert first < last


def test_a_day_has_the_worst_state_of_its_runs_and_all_that_they_changed(make: Builder) -> None:
    school = make.school()
    ended(make, school, NOW - timedelta(hours=3))
    failed = ended(make, school, NOW - timedelta(hours=2), "failed")
    ended(make, school, NOW - timedelta(hours=1))
    ended(make, school, NOW - timedelta(minutes=1), "cancelled")
    assert kept(school) == [Day(NOW.date(), DayState.FAILED, 4, 12, failed)]


def test_a_sync_that_asks_for_a_look_is_not_one_that_went_well(make: Builder) -> None:
    school = make.school()
    nameless = a_student("nobody", first_name="", last_name="")
    run = make.synced(school, a_snapshot([nameless, a_student()]), NOW)
    assert kept(school) == [Day(NOW.date(), DayState.LOOK, 1, run.size, run.id)]


def test_what_waited_is_told_anew_once_it_is_decided(make: Builder) -> None:
    """Also where other days have come since."""
    school = make.school()
    make.settings(school, students="on", **FIRM)
    people = [a_student() for _ in range(8)]
    make.synced(school, a_snapshot(people), NOW - timedelta(days=5))
    held = make.synced(school, a_snapshot(people[:4]), NOW - timedelta(days=4), **FIRM)
    make.synced(school, a_snapshot(people), NOW - timedelta(days=2), **FIRM)
    states = [day.state for day in kept(school)]
    assert states == [DayState.SUCCEEDED, DayState.SUCCEEDED, DayState.SUCCEEDED]  # it cleared
    again = make.synced(school, a_snapshot(people[:4]), NOW - timedelta(days=1), **FIRM)
    assert kept(school)[-1].state is DayState.HELD
    approval.approve(again.id, user_id=None)
    last = kept(school)[-1]
    assert (last.state, last.size, last.run_id) == (DayState.SUCCEEDED, 4, again.id)
    assert held.status == "succeeded"


def test_days_from_before_they_were_kept_are_filled_in_by_the_scheduler(make: Builder) -> None:
    school = make.school()
    for back in (70, 40, 3):
        make.run(school, "succeeded", finished_at=NOW - timedelta(days=back))
    glance.refresh(school.id)
    db.session.execute(delete(SchoolDay))  # as after the migration that made the table
    commit()
    jobs.look_at_schools()
    assert [(NOW.date() - day.day).days for day in kept(school)] == [40, 3]
    assert glance.late_school_ids() == []


def test_a_look_that_was_cut_short_loses_no_day(make: Builder) -> None:
    school = make.school()
    ended(make, school, NOW - timedelta(days=5))
    make.run(school, "failed", finished_at=NOW - timedelta(days=3))
    make.run(school, "succeeded", finished_at=NOW - timedelta(days=1))
    glance.refresh(school.id)
    states = [((NOW.date() - day.day).days, day.state) for day in kept(school)]
    assert states == [(5, "succeeded"), (3, "failed"), (1, "succeeded")]


def test_people_are_counted_by_role_after_each_run(make: Builder) -> None:
    school, people = make.school(), [a_student() for _ in range(5)]
    make.synced(school, a_snapshot(people[:2]), NOW - timedelta(days=9))
    make.synced(school, a_snapshot([*people, a_teacher()]), NOW - timedelta(days=4))
    told = [
        ((NOW.date() - day).days, people) for day, people in days.people_of(school.id, LONG_AGO)
    ]
    assert told == [(9, {"student": 2}), (4, {"student": 5, "teacher": 1})]


def test_the_number_with_which_a_span_begins_is_that_of_the_day_before_it(make: Builder) -> None:
    school, people = make.school(), [a_student() for _ in range(5)]
    for back in (30, 20, 10):
        make.synced(school, a_snapshot(people[: back // 10]), NOW - timedelta(days=back))
    since = NOW.date() - timedelta(days=15)
    told = [(NOW.date() - day).days for day, _ in days.people_of(school.id, since)]
    assert told == [20, 10]


def test_a_save_keeps_no_day_on_which_a_run_ended(make: Builder) -> None:
    school = make.school()
    make.settings(school, students="on")
    assert kept(school) == []
    assert db.session.scalars(select(SchoolDay.runs)).all() == [0]


def test_the_days_of_a_district_say_in_how_many_schools(make: Builder) -> None:
    district = make.district()
    for status in ("succeeded", "succeeded", "failed"):
        ended(make, make.school(district), NOW, status)
    ended(make, make.school(make.district("Far USD")), NOW, "failed")
    states = {DayState.SUCCEEDED: 2, DayState.FAILED: 1}
    assert days.of_district(district.id, LONG_AGO) == [DistrictDay(NOW.date(), states, 9)]
