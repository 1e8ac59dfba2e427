"""The scheduled runs of a district share one pull of it, over all workers."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from roster_dash import clock, jobs, sync
from roster_dash.extensions import db
from roster_dash.sources.clever import CleverSource
from roster_dash.store import beats, edits, outages, runs
from roster_dash.store.tables import PersonRow, PulledAnswer, School
from roster_dash.store.transactions import commit
from roster_dash.sync import sync_run
from tests.builders import MOST, Builder
from tests.clever import Clever
from tests.planned import left_to_do


@pytest.fixture
def schools(make: Builder, clever: Clever) -> list[School]:
    """Five schools of one district; no run is due but those that a test makes."""
    clever.reset(schools=5, size=12)
    return make.linked(clever, **MOST, students__archive="on", schedule__enabled="off")


def tonight(schools: list[School], days: int = 0) -> list[int]:
    day = (clock.now() + timedelta(days=days)).date()
    made = [runs.request_scheduled_run(school.id, day) for school in schools]
    commit()
    return [run.id for run in made if run is not None]


def work(run_ids: list[int]) -> set[tuple[str, str]]:
    """The runs one after the other, as workers take them; how they ended."""
    for run_id in run_ids:
        sync_run(run_id)
    return {(run.status, run.error) for run in map(runs.find_run, run_ids)}


def nights(schools: list[School], number: int) -> None:
    for day in range(number):
        assert work(tonight(schools, -10 + day)) == {("succeeded", "")}


def collections(clever: Clever) -> list[str]:
    """What was asked for of Clever since the last look, without version and query."""
    paths = [path.split("?")[0].split("/", 2)[-1] for path in clever.requested()]
    clever.forget_requests()
    return sorted(paths)


WHOLE = sorted(["districts", "schools", "users", "sections", "terms", "courses"])


def test_one_pull_serves_every_school_and_each_gets_all_of_its_own(
    schools: list[School], clever: Clever
) -> None:
    clever.forget_requests()
    assert work(tonight(schools)) == {("succeeded", "")}
    assert collections(clever) == WHOLE
    for school in schools:
        here = (PersonRow.school_id == school.id, PersonRow.status == "active")
        assert len(db.session.scalars(select(PersonRow.id).where(*here)).all()) > 12
        assert left_to_do(school) == 0


def test_nothing_of_a_pull_stays_once_the_runs_are_over(schools: list[School]) -> None:
    work(tonight(schools))
    assert db.session.scalars(select(PulledAnswer)).all() == []


def test_what_no_run_takes_is_deleted_with_the_rest_of_what_is_too_old(
    schools: list[School],
) -> None:
    first, *_ = tonight(schools)
    sync_run(first)
    assert len(db.session.scalars(select(PulledAnswer)).all()) == len(schools) - 1
    commit()
    jobs.delete_what_is_too_old(clock.now() + timedelta(days=2))
    assert db.session.scalars(select(PulledAnswer)).all() == []


def test_of_a_school_where_nothing_changed_no_answer_is_kept(
    schools: list[School], clever: Clever
) -> None:
    nights(schools, 2)
    changed, *_ = schools
    students = select(PersonRow.source_id).where(
        PersonRow.school_id == changed.id, PersonRow.student_number != ""
    )
    moved = set(db.session.scalars(students)) - {
        each
        for school in schools[1:]
        for each in db.session.scalars(
            select(PersonRow.source_id).where(PersonRow.school_id == school.id)
        )
    }
    clever.act("rename", id=min(str(each) for each in moved))
    last, *others = tonight([schools[-1], *schools[:-1]])
    clever.forget_requests()
    sync_run(last)
    kept = db.session.scalars(select(PulledAnswer).order_by(PulledAnswer.school_id)).all()
    assert {row.school_id: row.payload is not None for row in kept} == {
        school.id: school is changed for school in schools[:-1]
    }
    commit()
    assert work(others) == {("succeeded", "")}
    assert collections(clever) == WHOLE
    assert left_to_do(changed) == 0


def test_a_school_that_was_changed_meanwhile_is_asked_for_by_itself(
    schools: list[School], clever: Clever, make: Builder
) -> None:
    nights(schools, 2)
    first, *others = tonight(schools)
    sync_run(first)
    row = db.session.scalars(
        select(PersonRow).where(PersonRow.school_id == schools[1].id).limit(1)
    ).one()
    edits.include_person(row, False, make.owner(schools[1]).id)
    commit()
    assert work(others) == {("queued", "")} | {("succeeded", "")}
    clever.forget_requests()
    assert work(others) == {("succeeded", "")}
    assert f"schools/{schools[1].clever_id}/users" in collections(clever)


def test_what_somebody_asks_for_is_asked_for_now(schools: list[School], clever: Clever) -> None:
    first, *_ = tonight(schools)
    sync_run(first)
    clever.forget_requests()
    asked = runs.request_run(schools[1].id, runs.Trigger.MANUAL)
    commit()
    assert work([asked.id]) == {("succeeded", "")}
    assert f"schools/{schools[1].clever_id}/users" in collections(clever)


def test_the_others_wait_while_a_district_is_pulled_but_not_whom_somebody_asked_for(
    schools: list[School],
) -> None:
    run_ids = tonight(schools)
    asked = runs.request_run(schools[-1].id, runs.Trigger.MANUAL)
    assert asked.id == run_ids[-1]
    assert beats.take(beats.of_pull(schools[0].district_id))
    commit()
    assert runs.queued_run_ids() == [asked.id]
    assert work(run_ids[:-1]) == {("queued", "")}
    assert work([asked.id]) == {("succeeded", "")}
    beats.stop(beats.of_pull(schools[0].district_id))
    commit()
    assert runs.queued_run_ids() == run_ids[:-1]
    assert work(run_ids[:-1]) == {("succeeded", "")}


def test_when_who_pulled_was_killed_another_one_pulls(
    schools: list[School], clever: Clever
) -> None:
    run_ids = tonight(schools)
    name = beats.of_pull(schools[0].district_id)
    assert beats.take(name)
    assert not beats.take(name)
    last = beats.last_beat(name)
    assert last is not None
    beats.beat(name, last - beats.LOST_AFTER)
    commit()
    clever.forget_requests()
    assert work(run_ids) == {("succeeded", "")}
    assert collections(clever) == WHOLE


def test_when_a_run_is_found_abandoned_its_district_may_be_pulled_at_once(
    schools: list[School],
) -> None:
    first, *others = tonight(schools)
    token = runs.claim_run(first)
    assert token
    assert beats.take(beats.of_pull(schools[0].district_id))
    commit()
    sync.abandon(first, token)
    assert runs.queued_run_ids() == [first, *others]
    assert work([first, *others]) == {("succeeded", "")}


def test_a_pull_of_which_something_is_unclear_is_not_tried_again_that_night(
    schools: list[School], clever: Clever
) -> None:
    clever.fault("duplicate-ids", path="v3.1/users?limit", times=0)
    clever.forget_requests()
    assert work(tonight(schools)) == {("succeeded", "")}
    asked = collections(clever)
    assert asked.count("users") <= 1 + 2  # the pull; contacts and admins, once for all
    assert len([path for path in asked if path.endswith("/users")]) == len(schools)


def test_a_few_schools_are_asked_for_one_by_one(schools: list[School], clever: Clever) -> None:
    clever.forget_requests()
    assert work(tonight(schools[: CleverSource.fewest_for_pull - 1])) == {("succeeded", "")}
    assert "sections" not in collections(clever)


def test_clever_that_is_down_has_all_wait_and_the_pull_is_made_when_it_is_back(
    schools: list[School], clever: Clever
) -> None:
    run_ids = tonight(schools)
    clever.fault("rate-limited", times=0, retry_after=300)
    assert work(run_ids) == {("queued", "")}
    clever.mend()
    jobs.queue("sync").connection.flushdb()
    outages.end(schools[0].district_id)
    commit()
    clever.forget_requests()
    assert work(run_ids) == {("succeeded", "")}
    assert collections(clever) == WHOLE


def test_a_large_district_keeps_a_small_one_waiting_for_one_run_only(
    schools: list[School], make: Builder
) -> None:
    large = tonight(schools)
    small = tonight([make.school(make.district("Small USD", "65b-small", "t"), "S", "65b-s")])
    assert runs.queued_run_ids() == [large[0], small[0], *large[1:]]
