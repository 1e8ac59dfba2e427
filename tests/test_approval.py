"""Deciding what waits: an approval does what was listed, and no more."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from roster_dash import approval
from roster_dash.extensions import db
from roster_dash.roster.errors import BadInput, NotWaiting
from roster_dash.roster.records import Person
from roster_dash.roster.roles import Role
from roster_dash.store import edits, holds, runs
from roster_dash.store.tables import HoldRow, OperationRow, PersonRow, Run, School
from roster_dash.store.transactions import commit
from tests.builders import Builder, a_snapshot, a_student

PUPILS = [a_student(f"p{n}", last_name=f"Pupil{n}") for n in range(40)]
ON = {
    "students": "on",
    "students__auto_update": "on",
    "students__archive": "on",
    "staff": "on",
    "staff__auto_update": "on",
    "grace__students": "0",
}


@pytest.fixture
def school(make: Builder) -> School:
    made: School = make.school()
    make.settings(made, **ON)
    follow(make, made, PUPILS, -20)
    return made


def follow(make: Builder, school: School, people: list[Person], days: float = 0) -> Run:
    now = datetime.now(UTC) + timedelta(days=days)
    return make.synced(school, a_snapshot(people), now=now, **ON)


def waiting(run: Run) -> list[int]:
    ids = [row.id for row in holds.holds_of(runs.find_run(run.id), state="waiting")]
    commit()
    return ids


def status_of(source_id: str) -> str:
    row = db.session.scalars(select(PersonRow).where(PersonRow.source_id == source_id)).one()
    commit()
    return row.status


def test_it_is_recorded_who_approved_what_and_when(make: Builder, school: School) -> None:
    run = follow(make, school, PUPILS[10:])
    done = approval.approve(run.id, user_id=make.owner(school).id)
    logged = db.session.scalars(select(OperationRow).where(OperationRow.user_id.is_not(None))).all()
    assert {(row.run_id, row.action) for row in logged} == {(run.id, "archive")}
    assert all(row.at and row.user and row.user.email == "alice@school.example" for row in logged)
    rows = holds.holds_of(done)
    assert {(row.state, row.decided_run_id) for row in rows} == {("approved", run.id)}
    assert (done.status, done.counts["people"]["held"]) == ("succeeded", 0)
    assert done.counts["people"]["archived"] == 10
    commit()


def test_what_is_new_when_it_is_approved_waits_again(make: Builder, school: School) -> None:
    first = follow(make, school, PUPILS[10:])
    listed = waiting(first)
    second = follow(make, school, PUPILS[14:], 0.1)
    approval.approve(first.id, user_id=None, only=listed)
    assert status_of("p9") == "archived"
    assert {status_of(f"p{n}") for n in range(10, 14)} == {"active"}
    assert len(waiting(second)) == 4
    assert runs.find_run(second.id).status == "held"
    commit()


def test_who_was_changed_here_meanwhile_is_left_alone(make: Builder, school: School) -> None:
    odd = replace(PUPILS[0], roles=(Role.STAFF,))
    run = follow(make, school, [odd, *PUPILS[1:]])
    row = db.session.scalars(select(PersonRow).where(PersonRow.source_id == "p0")).one()
    edits.archive_person(row, make.owner(school).id)
    commit()
    done = approval.approve(run.id, user_id=None)
    assert {hold.state for hold in holds.holds_of(done)} == {"cleared"}
    assert (done.status, done.counts["people"]["held"]) == ("succeeded", 0)
    commit()
    row = db.session.scalars(select(PersonRow).where(PersonRow.source_id == "p0")).one()
    assert (row.roles, row.status) == (["student"], "archived")
    commit()


def test_what_goes_on_waiting_is_one_row_over_its_runs(make: Builder, school: School) -> None:
    made = [follow(make, school, PUPILS[10:], day / 10) for day in range(3)]
    rows = db.session.scalars(select(HoldRow)).all()
    assert len(rows) == 10
    assert {(row.first_run_id, row.last_run_id) for row in rows} == {(made[0].id, made[2].id)}
    commit()
    assert [len(waiting(run)) for run in made] == [10, 10, 10]


def test_any_of_its_runs_may_be_approved_and_all_have_succeeded_then(
    make: Builder, school: School
) -> None:
    made = [follow(make, school, PUPILS[10:], day / 10).id for day in range(3)]
    approval.approve(made[0], user_id=None)
    assert [runs.find_run(number).status for number in made] == ["succeeded"] * 3
    commit()
    with pytest.raises(NotWaiting):
        approval.approve(made[2], user_id=None)


def test_what_the_roster_asks_for_no_more_clears_itself(make: Builder, school: School) -> None:
    run = follow(make, school, PUPILS[10:])
    follow(make, school, PUPILS[5:], 0.1)
    assert runs.find_run(run.id).status == "held"
    assert len(waiting(run)) == 5
    follow(make, school, PUPILS, 0.2)
    assert runs.find_run(run.id).status == "succeeded"
    commit()


def test_a_doubted_answer_clears_nothing_and_nothing_is_approved_on_it(
    make: Builder, school: School
) -> None:
    run = follow(make, school, PUPILS[10:])
    staff = [a_student("s", roles=(Role.STAFF,))]
    doubted = follow(make, school, staff, 0.1)
    assert doubted.counts["people"]["archived"] == 0
    assert len(waiting(run)) == 10
    with pytest.raises(BadInput, match="doubted"):
        approval.approve(run.id, user_id=None)
    assert status_of("p0") == "active"


def test_a_rejection_lasts_until_they_are_back_and_not_longer(
    make: Builder, school: School
) -> None:
    run = follow(make, school, PUPILS[10:])
    approval.reject(run.id, user_id=make.owner(school).id, note="trip")
    assert follow(make, school, PUPILS[10:], 0.1).status == "succeeded"
    assert status_of("p0") == "active"
    follow(make, school, PUPILS, 0.2)
    assert follow(make, school, PUPILS[10:], 0.3).status == "held", "gone once more: asked anew"


def test_one_person_is_not_two_arrivals(make: Builder, school: School) -> None:
    old = [a_student(f"old{n}", first_name="Jo", last_name="Same") for n in range(3)]
    new = [a_student(f"new{n}", first_name="Jo", last_name="Same") for n in range(3)]
    follow(make, school, [*PUPILS, *old], -1)
    run = follow(make, school, [*PUPILS, *new])
    first, second, _ = waiting(run)
    someone = db.session.scalars(select(PersonRow.id).where(PersonRow.source_id == "old1")).one()
    commit()
    with pytest.raises(BadInput, match="two arrivals"):
        approval.approve(run.id, user_id=None, same_as={first: someone, second: someone})
    stranger = db.session.scalars(select(PersonRow.id).where(PersonRow.source_id == "p5")).one()
    commit()
    with pytest.raises(BadInput, match="choose one of those offered"):
        approval.approve(run.id, user_id=None, only=[first], same_as={first: stranger})
    approval.approve(run.id, user_id=None, only=[first], same_as={first: someone})
    row = db.session.get_one(PersonRow, someone)
    assert row.source_id == "new0"
    commit()


def test_a_run_that_holds_nothing_cannot_be_decided(make: Builder, school: School) -> None:
    run = follow(make, school, PUPILS)
    for decide in (approval.approve, lambda n, user_id: approval.reject(n, user_id=None, note="")):
        with pytest.raises(NotWaiting):
            decide(run.id, user_id=None)


def test_rejected_names_do_not_come_by_night(make: Builder, school: School) -> None:
    """What else the roster says of the same people does."""
    run = feed(make, school, renamed(30), days=-3)
    approval.reject(run.id, user_id=None, note="wrong file")
    for day in (-2, -1):
        again = feed(make, school, renamed(30), days=day)
        assert again.status == "succeeded"
        assert [person(f"p{n}").last_name for n in range(30)] == [p.last_name for p in PUPILS[:30]]
    assert person("p0").grade == "10"


def test_a_few_rejected_names_of_many_do_not_come_as_few(make: Builder, school: School) -> None:
    run = feed(make, school, renamed(30), days=-3)
    rejected = [row.id for row in waiting(run)[:4]]
    approval.reject(run.id, user_id=None, note="", only=rejected)
    approval.approve(run.id, user_id=None)
    again = feed(make, school, renamed(30), days=-1)
    assert again.status == "succeeded"
    assert [person(f"p{n}").last_name for n in (0, 3, 4)] == ["Pupil0", "Pupil3", "Other4"]


def test_rejected_new_ids_do_not_come_though_they_are_few_now(
    make: Builder, school: School
) -> None:
    there = [replace(p, source_id=f"n{n}") if n < 8 else p for n, p in enumerate(PUPILS)]
    run = feed(make, school, there, days=-3)
    assert {row.guard for row in waiting(run)} == {Guard.REKEY}
    rejected = [row.id for row in waiting(run)[:2]]
    approval.reject(run.id, user_id=None, note="", only=rejected)
    approval.approve(run.id, user_id=None)
    feed(make, school, there, days=-1)
    assert {"p0", "p1"} | {f"n{n}" for n in range(2, 8)} <= active(school)
    assert not {"n0", "n1"} & active(school)


def test_a_rejected_role_never_comes(make: Builder, school: School) -> None:
    odd = replace(PUPILS[0], roles=(Role.TEACHER,))
    run = feed(make, school, [odd, *PUPILS[1:]], days=-3)
    approval.reject(run.id, user_id=None, note="")
    for day in (-2, -1):
        again = feed(make, school, [odd, *PUPILS[1:]], days=day)
        assert (again.status, person("p0").roles) == ("succeeded", ["student"])


def test_numbers_whose_exchange_was_rejected_stay(make: Builder, school: School) -> None:
    there = [
        replace(PUPILS[0], sis_id=PUPILS[1].sis_id),
        replace(PUPILS[1], sis_id=PUPILS[0].sis_id),
        *PUPILS[2:],
    ]
    run = feed(make, school, there, days=-3)
    assert {row.guard for row in waiting(run)} == {Guard.HANDED_OVER}
    approval.reject(run.id, user_id=None, note="")
    again = feed(make, school, there, days=-1)
    assert (again.status, person("p0").sis_id) == ("succeeded", PUPILS[0].sis_id)
