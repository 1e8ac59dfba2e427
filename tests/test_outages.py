"""A district whose source is down: its syncs wait, one of them tries, people are told once."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from roster_dash import clock, connection, jobs, sync
from roster_dash.extensions import db
from roster_dash.store import mails, outages, runs
from roster_dash.store import schools as schools_store
from roster_dash.store.tables import District, MailRow, Run, School, User
from roster_dash.store.transactions import commit
from tests.builders import Builder
from tests.clever import Clever
from tests.visitor import Visitor

LetPass = Callable[[timedelta], None]


@pytest.fixture
def schools(make: Builder, clever: Clever) -> list[School]:
    """Both schools of a district; each mails whom it writes to, and somebody of both.

    No run is due but those that a test makes, whatever the time of day."""
    district = make.district(clever.district.name, clever.district.id, clever.district.token)
    linked = []
    for number, shared in enumerate(clever.schools):
        school = make.school(district, shared.name, shared.id)
        to = f"owner{number}@school.example, office@school.example"
        make.settings(school, students="on", notify__emails=to, schedule__enabled="off")
        linked.append(school)
    return linked


def tonight(*linked: School) -> list[int]:
    """The scheduled runs of a day."""
    made = [runs.request_scheduled_run(each.id, clock.now().date()) for each in linked]
    commit()
    return [run.id for run in made if run is not None]


def break_down(clever: Clever) -> None:
    """Clever asks to come back later than anybody waits for."""
    clever.fault("rate-limited", times=0, retry_after=300)


def mend(clever: Clever) -> None:
    clever.mend()
    jobs.queue("sync").connection.flushdb()


def the_district() -> District:
    return db.session.scalars(select(District).execution_options(populate_existing=True)).one()


def statuses() -> list[str]:
    found = db.session.scalars(select(Run.status).order_by(Run.id)).all()
    commit()
    return list(found)


def told(kind: str) -> list[str]:
    query = select(MailRow.recipient).where(MailRow.kind == kind)
    return list(db.session.scalars(query.order_by(MailRow.recipient)))


def test_a_scheduled_run_waits_for_a_source_that_is_down_and_counts_no_attempt(
    schools: list[School], clever: Clever
) -> None:
    break_down(clever)
    first, second = tonight(*schools)
    result = sync.sync_run(first)
    assert (result.run.status, result.run.attempts, result.waiting_run_id) == ("queued", 0, None)
    assert the_district().outage_attempts == 1
    assert list(runs.queued_run_ids()) == []
    clever.forget_requests()
    sync.sync_run(second)
    assert clever.requested() == [], "one school's trouble is known to the other one"
    assert statuses() == ["queued", "queued"]
    assert told("run_result") == []


def test_what_somebody_asks_for_is_tried_at_once_and_says_how_it_went(
    schools: list[School], clever: Clever
) -> None:
    break_down(clever)
    sync.sync_run(tonight(schools[0])[0])
    run = runs.request_run(schools[1].id, runs.Trigger.MANUAL)
    commit()
    ended = sync.sync_run(run.id).run
    assert ended.status == "failed"
    assert "Nothing was changed" in ended.message


def test_a_waiting_scheduled_run_that_somebody_asks_for_is_theirs(
    schools: list[School], clever: Clever
) -> None:
    break_down(clever)
    (run_id,) = tonight(schools[0])
    sync.sync_run(run_id)
    mend(clever)
    asked = runs.request_run(schools[0].id, runs.Trigger.MANUAL)
    commit()
    assert asked.id == run_id
    assert sync.sync_run(run_id).run.status == "succeeded"


def test_when_its_time_has_come_one_tries_and_all_go_on_once_the_source_answers(
    schools: list[School], clever: Clever, let_pass: LetPass
) -> None:
    break_down(clever)
    first, second = tonight(*schools)
    sync.sync_run(first)
    mend(clever)
    let_pass(outages.BACK_OFF[0])
    assert set(runs.queued_run_ids()) == {first, second}
    token = runs.claim_run(first)
    commit()
    assert token
    assert runs.claim_run(second) is None, "the one that tries has the district to itself"
    assert runs.give_back(first, token, counted=False)
    commit()
    let_pass(outages.TURN)
    assert sync.sync_run(first).run.status == "succeeded"
    assert the_district().outage_since is None
    assert sync.sync_run(second).run.status == "succeeded"


def test_many_that_fail_at_the_same_time_are_one_failed_try(schools: list[School]) -> None:
    district_id = schools[0].district_id
    for _ in range(3):
        outages.note_failure(district_id, 0)
        commit()
    assert outages.failures(district_id) == 1
    outages.note_failure(district_id, 1)
    commit()
    district = the_district()
    assert district.retry_at is not None
    assert timedelta(minutes=1) < district.retry_at - clock.now() <= outages.BACK_OFF[1]


def test_an_answer_that_says_no_is_an_answer(schools: list[School], clever: Clever) -> None:
    outages.note_failure(schools[0].district_id, 0)
    clever.share(schools=[])
    run = runs.request_run(schools[0].id, runs.Trigger.MANUAL)
    commit()
    assert sync.sync_run(run.id).run.error == "not_shared"
    assert the_district().outage_since is None


def test_a_long_outage_is_one_mail_for_each_address_and_its_end_another_one(
    schools: list[School], clever: Clever, let_pass: LetPass, make: Builder
) -> None:
    manager = make.manager(schools[0].district).email
    break_down(clever)
    ids = tonight(*schools)
    sync.sync_run(ids[0])
    jobs.tick(clock.now())
    assert told("outage") == []
    let_pass(outages.TOLD_AFTER)
    for _ in range(2):
        jobs.tick(clock.now())
    everybody = [manager, "office@school.example", "owner0@school.example", "owner1@school.example"]
    assert told("outage") == everybody
    for mail_id in mails.due_mail_ids():
        jobs.send_mail(mail_id)
    mend(clever)
    for run_id in ids:
        assert sync.sync_run(run_id).run.status == "succeeded"
    assert told("outage_over") == everybody


def test_the_mails_say_what_is_down_since_when_and_that_nothing_is_to_be_done(
    schools: list[School], clever: Clever, let_pass: LetPass
) -> None:
    break_down(clever)
    sync.sync_run(tonight(*schools)[0])
    let_pass(outages.TOLD_AFTER)
    outages.tell(schools[0].district_id)
    commit()
    for mail_id in mails.due_mail_ids():
        jobs.send_mail(mail_id)
    subjects = {mail["subject"] for mail in clever.inbox()}
    assert len(subjects) == 1
    assert subjects.pop().startswith(f"Clever doesn’t answer for {clever.district.name} since ")
    assert "2 schools’ syncs wait and nothing was changed" in " ".join(
        clever.inbox()[0]["text"].split()
    )


def test_pages_say_that_clever_is_down_and_why_the_sync_waits(
    schools: list[School],
    clever: Clever,
    make: Builder,
    visit_as: Callable[[User], Visitor],
) -> None:
    break_down(clever)
    sync.sync_run(tonight(schools[0])[0])
    school_id, district_id = schools[0].id, schools[0].district_id
    visitor = visit_as(make.manager(schools[0].district))
    for path in (f"/schools/{school_id}/history", f"/districts/{district_id}"):
        assert "Clever hasn’t answered for" in visitor.get(path).text
    assert "Waiting for Clever" in visitor.get(f"/schools/{school_id}/rostering").text
    mend(clever)
    outages.end(district_id)
    commit()
    assert "Clever hasn’t answered for" not in visitor.get(f"/districts/{district_id}").text


def test_pages_say_that_the_queue_is_away(
    schools: list[School],
    make: Builder,
    visit_as: Callable[[User], Visitor],
    without_redis: None,
) -> None:
    runs.request_run(schools[0].id, runs.Trigger.MANUAL)
    commit()
    visitor = visit_as(make.owner(schools[0]))
    shown = visitor.get(f"/schools/{schools[0].id}/rostering").text
    assert "The queue is away; the sync starts by itself as soon as it is back." in shown


def test_what_somebody_asked_for_in_vain_is_no_outage(
    schools: list[School], clever: Clever
) -> None:
    break_down(clever)
    run = runs.request_run(schools[0].id, runs.Trigger.MANUAL)
    commit()
    assert sync.sync_run(run.id).run.status == "failed"
    assert the_district().outage_since is None


def test_a_test_of_the_connection_that_goes_well_ends_an_outage(
    schools: list[School], clever: Clever
) -> None:
    outages.note_failure(schools[0].district_id, 0)
    commit()
    connection.check_school(schools[0])
    assert the_district().outage_since is None


def test_nobody_is_told_of_an_outage_for_which_nothing_waits(
    schools: list[School], clever: Clever, let_pass: LetPass, make: Builder
) -> None:
    make.manager(schools[0].district)
    break_down(clever)
    (run_id,) = tonight(schools[0])
    sync.sync_run(run_id)
    runs.request_cancel(runs.find_run(run_id))
    commit()
    let_pass(outages.TOLD_AFTER)
    jobs.tick(clock.now())
    assert told("outage") == []


def test_a_second_outage_of_a_day_is_told_too_each_with_its_own_time(
    schools: list[School], clever: Clever, let_pass: LetPass
) -> None:
    district_id = schools[0].district_id
    tonight(*schools)
    for _ in range(2):
        outages.note_failure(district_id, 0)
        commit()
        let_pass(outages.TOLD_AFTER)
        jobs.tick(clock.now())
        for mail_id in mails.due_mail_ids():
            jobs.send_mail(mail_id)
        outages.end(district_id)
        commit()
    assert len(told("outage")) == len(told("outage_over")) == 2 * 3
    moments = set(db.session.scalars(select(MailRow.about_at)))
    assert len(moments) == 2


def test_what_somebody_asks_for_during_a_scheduled_run_does_not_wait_with_it(
    schools: list[School], clever: Clever
) -> None:
    (run_id,) = tonight(schools[0])
    token = runs.claim_run(run_id)
    commit()
    assert token
    runs.request_run(schools[0].id, runs.Trigger.MANUAL)
    commit()
    assert runs.give_back(run_id, token, counted=False)
    commit()
    run = runs.find_run(run_id)
    assert (run.status, run.trigger) == ("queued", "manual")


def test_a_district_that_is_disconnected_is_not_down_any_more(
    schools: list[School], clever: Clever
) -> None:
    outages.note_failure(schools[0].district_id, 0)
    schools_store.disconnect_district(schools[0].district)
    commit()
    assert the_district().outage_since is None
