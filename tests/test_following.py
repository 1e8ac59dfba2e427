"""Between the daily syncs: what a source's events tell of is here within minutes."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from roster_dash import clock, following, jobs, sync
from roster_dash.extensions import db
from roster_dash.sources import clever as clever_source
from roster_dash.store import holds, mails, pulls, runs
from roster_dash.store import schools as schools_store
from roster_dash.store.tables import District, PersonRow, Run, School
from roster_dash.store.transactions import commit
from tests.builders import ALL, Builder
from tests.clever import Clever
from tests.planned import left_to_do

NOW = datetime.now(UTC)


@pytest.fixture
def schools(make: Builder, clever: Clever) -> Iterator[list[School]]:
    """Two schools that have been synced, in a district whose events have been read so far."""
    clever.reset(schools=2, size=20)
    linked = make.linked(clever, **ALL, notify__emails="owner@school.example")
    for school in linked:
        sync_now(school)
    assert look(linked) == []
    yield linked
    clever.mend()


def sync_now(school: School, trigger: runs.Trigger = runs.Trigger.MANUAL) -> Run:
    run = runs.request_run(school.id, trigger)
    commit()
    return sync.sync_run(run.id).run


def look(schools: Sequence[School], at: datetime = NOW) -> list[int]:
    """The schools for which a look at the events asked for runs."""
    made = following.look(schools[0].district_id, at)
    return [runs.find_run(run_id).school_id for run_id in made]


def look_and_sync(schools: Sequence[School], at: datetime = NOW) -> list[Run]:
    return [sync.sync_run(run_id).run for run_id in following.look(schools[0].district_id, at)]


def names(school: School) -> set[str]:
    of_school = select(PersonRow.first_name).where(PersonRow.school_id == school.id)
    return set(db.session.scalars(of_school))


def a_student_of(school: School, clever: Clever) -> str:
    """One who is a student of this school only."""
    raw = clever.raw()["users"]
    return next(
        str(user["id"])
        for user in raw
        if user["roles"].get("student", {}).get("schools") == [school.clever_id]
    )


def test_a_change_is_here_after_one_look_and_one_run_of_the_school_it_concerns(
    schools: list[School], clever: Clever
) -> None:
    first, _ = schools
    clever.change(a_student_of(first, clever), {"name.first": "Renamed"})
    done = look_and_sync(schools)
    assert [(run.school_id, run.trigger, run.status) for run in done] == [
        (first.id, "events", "succeeded")
    ]
    assert "Renamed" in names(first)


def test_a_look_without_news_costs_one_request_and_makes_no_run(
    schools: list[School], clever: Clever
) -> None:
    clever.forget_requests()
    assert look(schools) == []
    assert len(clever.requested()) == 1


def test_what_was_read_is_read_once(schools: list[School], clever: Clever) -> None:
    clever.change(a_student_of(schools[0], clever), {"name.first": "Renamed"})
    assert look(schools) == [schools[0].id]
    assert look(schools) == []


def test_the_first_look_only_remembers_where_the_events_are(make: Builder, clever: Clever) -> None:
    clever.reset(schools=1, size=20)
    (school,) = make.linked(clever, **ALL)
    sync_now(school)
    clever.act("rename")
    assert look([school]) == []


def test_somebody_who_moves_is_looked_for_at_both_schools(
    schools: list[School], clever: Clever
) -> None:
    clever.act("move", id=a_student_of(schools[0], clever))
    assert look(schools) == sorted(school.id for school in schools)


def test_a_contacts_change_comes_with_a_fresh_district_wide_part(
    schools: list[School], clever: Clever
) -> None:
    contact = next(user for user in clever.raw()["users"] if "contact" in user["roles"])
    (student,) = {
        relation["student"] for relation in contact["roles"]["contact"]["student_relationships"]
    }
    clever.change(contact["id"], {"roles.contact.phone": "555-0199"})
    assert {run.status for run in look_and_sync(schools)} == {"succeeded"}
    row = db.session.scalars(select(PersonRow).where(PersonRow.source_id == student)).first()
    assert row is not None
    assert row.contact_phone == "555-0199"


def test_a_term_concerns_every_school(schools: list[School], clever: Clever) -> None:
    term = clever.raw()["terms"][0]
    clever.change(term["id"], {"name": "A term of another name"})
    assert look(schools) == [school.id for school in schools]


@pytest.mark.parametrize(
    "changes",
    [{"schedule__events": "off"}, {"schedule__enabled": "off"}, {"pause__until": "2099-01-01"}],
)
def test_a_school_that_wants_no_syncs_by_themselves_gets_none(
    schools: list[School], clever: Clever, make: Builder, changes: dict[str, str]
) -> None:
    make.settings(schools[0], **(ALL | changes))
    clever.change(a_student_of(schools[0], clever), {"name.first": "Renamed"})
    assert look(schools) == []


def test_a_school_that_was_never_synced_waits_for_its_first_sync(
    make: Builder, clever: Clever
) -> None:
    clever.reset(schools=1, size=20)
    (school,) = make.linked(clever, **ALL)
    look([school])
    clever.act("rename")
    assert look([school]) == []


def test_of_a_place_that_may_be_lost_every_school_is_looked_at(schools: list[School]) -> None:
    later = NOW + following.KEPT_FOR + timedelta(hours=1)
    assert look(schools, later) == [school.id for school in schools]


def test_a_district_without_events_is_asked_again_a_day_later_and_looked_at_whole(
    schools: list[School], clever: Clever
) -> None:
    clever.fault("status", path="/events", times=0, status=403)
    assert look(schools) == []
    commit()
    assert following.claim_due(NOW + timedelta(hours=23)) == []
    clever.mend()
    assert following.claim_due(NOW + timedelta(hours=25)) == [schools[0].district_id]
    assert look(schools, NOW + timedelta(hours=25)) == [school.id for school in schools]


def test_a_source_that_is_down_for_a_moment_loses_no_news(
    schools: list[School], clever: Clever
) -> None:
    clever.change(a_student_of(schools[0], clever), {"name.first": "Renamed"})
    clever.fault("rate-limited", path="/events", times=0, retry_after=300)
    assert look(schools) == []
    clever.mend()
    jobs.queue("sync").connection.flushdb()  # what was asked of us, to slow down, is over
    assert look(schools) == [schools[0].id]


def test_one_scheduler_looks_at_a_district_every_few_minutes(schools: list[School]) -> None:
    district_id = schools[0].district_id
    assert following.claim_due(NOW) == [district_id]
    assert following.claim_due(NOW) == []
    assert following.claim_due(NOW + following.EVERY) == [district_id]


def test_the_scheduler_has_workers_look(schools: list[School]) -> None:
    jobs.look_for_news(NOW)
    assert jobs.queue("events").job_ids == [f"events-{schools[0].district_id}"]


def test_during_the_day_only_what_needs_somebody_is_mailed(
    schools: list[School], clever: Clever
) -> None:
    clever.change(a_student_of(schools[0], clever), {"name.first": "Renamed"})
    (run,) = look_and_sync(schools)
    assert run.status == "succeeded"
    assert run.mails == []


def test_the_daily_mail_says_how_much_has_followed_during_the_day(
    schools: list[School], clever: Clever, make: Builder
) -> None:
    first = schools[0]
    make.settings(
        first, **(ALL | {"notify__emails": "o@school.example", "notify__when": "changes"})
    )
    sync_now(first, runs.Trigger.SCHEDULE)
    clever.change(a_student_of(first, clever), {"name.first": "Renamed"})
    look_and_sync(schools)
    daily = sync_now(first, runs.Trigger.SCHEDULE)
    assert daily.size == 0
    (mail,) = daily.mails
    assert mail.status == mails.MailStatus.DUE
    jobs.send_mail(mail.id)
    assert "1 change followed the roster during the day" in clever.raw_mail(clever.inbox()[0]["id"])


def test_a_daily_run_that_events_have_told_of_stays_the_days_run(
    schools: list[School], clever: Clever
) -> None:
    clever.change(a_student_of(schools[0], clever), {"name.first": "Renamed"})
    (asked,) = following.look(schools[0].district_id, NOW)
    daily = runs.request_scheduled_run(schools[0].id, NOW.date())
    commit()
    assert daily is not None
    assert (daily.id, daily.trigger) == (asked, "schedule")


def test_what_a_daily_sync_finds_without_news_of_it_is_reported(
    schools: list[School], clever: Clever
) -> None:
    first = schools[0]
    moment = datetime.now(UTC)
    look(schools, moment)
    quietly_rename(first)
    sync_now(first, runs.Trigger.SCHEDULE)
    assert look(schools, moment + timedelta(hours=1)) == []
    daily = runs.last_finished(first.id)
    assert daily is not None
    assert daily.warnings[-1] == following.DRIFT


def test_what_news_tell_of_a_moment_later_is_not_reported(
    schools: list[School], clever: Clever
) -> None:
    first = schools[0]
    moment = datetime.now(UTC)
    look(schools, moment)
    clever.change(a_student_of(first, clever), {"name.first": "Renamed"})
    daily = sync_now(first, runs.Trigger.SCHEDULE)
    assert look(schools, moment + timedelta(hours=1)) == [first.id]
    assert following.DRIFT not in runs.reloaded(daily).warnings


def quietly_rename(school: School) -> None:
    """Somebody here has another name than the source says, and no event tells of it."""
    row = db.session.scalars(
        select(PersonRow).where(PersonRow.school_id == school.id, PersonRow.grade != "")
    ).first()
    assert row is not None
    row.first_name = "Forgotten"
    school.content_version += 1
    commit()


def test_a_run_of_events_takes_no_part_of_an_older_pull(
    schools: list[School], clever: Clever, make: Builder
) -> None:
    """Nor may the daily run that comes later."""
    first = schools[0]
    old = pulls.StoredAnswer("old", {}, None)
    pulls.keep(first.id, old, datetime.now(UTC))
    commit()
    clever.change(a_student_of(first, clever), {"name.first": "Renamed"})
    look_and_sync(schools)
    assert pulls.take(first.id, datetime.now(UTC) - timedelta(days=1)) is None


@pytest.mark.slow
@settings(max_examples=3, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(1, 10_000), days=st.just(30))
def test_after_thirty_days_of_following_a_whole_sync_finds_nothing_to_do(
    make: Builder, clever: Clever, seed: int, days: int
) -> None:
    clever.reset(seed=seed, schools=2, size=15)
    for district in db.session.scalars(select(District)):
        district.disconnected_at = NOW
    everything = ALL | {"admins": "on", "grace__students": "0", "grace__adults": "0"}
    unlimited = {"guard__removals__percent": "100", "guard__removals_7_days__percent": "100"}
    schools = make.linked(clever, **everything, **unlimited, guard__removals__people="1000")
    for school in schools:
        sync_now(school)
    look(schools)
    for _ in range(days):
        clever.advance(1)
        assert {run.status for run in look_and_sync(schools)} <= {"succeeded", "held"}
    assert {left_to_do(school) - waiting(school) for school in schools} == {0}


def waiting(school: School) -> int:
    """How many changes wait for somebody."""
    return holds.count_waiting([school.id]).get(school.id, 0)


def test_what_somebody_has_asked_for_is_not_taken_back_by_a_part_of_an_older_pull(
    schools: list[School],
) -> None:
    first = schools[0]
    pulls.keep(first.id, pulls.StoredAnswer("old", {}, None), datetime.now(UTC))
    commit()
    sync_now(first)
    assert pulls.take(first.id, datetime.now(UTC) - timedelta(days=1)) is None


def test_news_that_join_a_waiting_run_keep_it_from_older_answers(schools: list[School]) -> None:
    """A part of a pull that was begun before the change lacks it."""
    first = schools[0]
    daily = runs.request_scheduled_run(first.id, NOW.date())
    assert daily is not None
    pulls.keep(first.id, pulls.StoredAnswer("old", {}, b"older than the change"), clock.now())
    commit()
    runs.request_run(first.id, runs.Trigger.EVENTS)
    commit()
    assert sync.sync_run(daily.id).run.status == "succeeded"  # it would stumble over that part


def test_news_told_of_while_a_run_is_at_work_are_told_to_the_one_behind_it(
    schools: list[School],
) -> None:
    first = schools[0]
    at_work = runs.request_run(first.id, runs.Trigger.MANUAL)
    token = runs.claim_run(at_work.id)
    commit()
    runs.request_run(first.id, runs.Trigger.EVENTS)
    runs.request_scheduled_run(first.id, NOW.date())
    assert token is not None
    waiting = runs.finish_run(at_work.id, token, runs.Ending(runs.RunStatus.FAILED, "Odd."))
    assert waiting is not None
    assert (waiting.trigger, waiting.told_at is not None) == ("schedule", True)


def test_a_place_that_the_source_does_not_know_is_looked_for_anew_at_the_next_look(
    schools: list[School], clever: Clever
) -> None:
    clever.fault("status", path="/events", status=404)
    assert look(schools) == []
    assert look(schools) == [school.id for school in schools]
    assert look(schools) == []


def test_an_answer_that_is_no_good_loses_no_news(schools: list[School], clever: Clever) -> None:
    clever.change(a_student_of(schools[0], clever), {"name.first": "Renamed"})
    clever.fault("no-links", path="/events")
    assert look(schools) == []
    assert look(schools) == [schools[0].id]


def test_a_look_reads_so_many_events_and_the_next_one_goes_on(
    schools: list[School], clever: Clever, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clever_source, "EVENTS_PAGE", 1)
    monkeypatch.setattr(clever_source, "MOST_EVENT_PAGES", 1)
    for school in schools:
        clever.change(a_student_of(school, clever), {"name.first": "Renamed"})
    assert [look(schools) for _ in range(3)] == [[schools[0].id], [schools[1].id], []]


def test_somebody_missing_waits_for_daily_syncs_however_many_looks_there_are(
    schools: list[School], clever: Clever, make: Builder
) -> None:
    first = schools[0]
    make.settings(first, **ALL, grace__students="1")
    gone = a_student_of(first, clever)
    clever.remove(gone)
    for _ in range(4):
        sync_now(first, runs.Trigger.EVENTS)
    row = db.session.scalars(select(PersonRow).where(PersonRow.source_id == gone)).one()
    assert (row.status, row.leaving_since is not None, row.leaving_runs) == ("active", True, 0)
    sync_now(first, runs.Trigger.SCHEDULE)
    db.session.refresh(row)
    assert row.leaving_runs == 1


def test_a_school_that_is_unlinked_meanwhile_is_left_alone(
    schools: list[School], clever: Clever
) -> None:
    for school in schools:
        clever.change(a_student_of(school, clever), {"name.first": "Renamed"})
    waiting = following.look(schools[0].district_id, NOW)
    schools_store.unlink_school(schools[0])
    commit()
    ends = [sync.sync_run(run_id).run.status for run_id in waiting]
    assert ends == ["cancelled", "succeeded"]
    assert "Renamed" not in names(schools[0])


def test_a_part_of_a_pull_that_began_before_the_last_good_run_is_not_taken(
    schools: list[School],
) -> None:
    """It may have been handed out late; the school would go back to what it was."""
    first = schools[0]
    begun = clock.now() - timedelta(minutes=10)
    pulls.keep(first.id, pulls.StoredAnswer("old", {}, b"older than the last run"), begun)
    commit()
    assert sync_now(first, runs.Trigger.SCHEDULE).status == "succeeded"  # it would stumble over it
