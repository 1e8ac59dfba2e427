"""Schools without a good sync for long: every page says so, and one mail after two days."""

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import select

from roster_dash import clock, jobs
from roster_dash.extensions import db
from roster_dash.store import glance, mails, runs, staleness
from roster_dash.store.tables import MailRow, School, User
from roster_dash.store.transactions import commit
from tests.builders import Builder, a_snapshot, a_student
from tests.clever import Clever
from tests.visitor import Visitor

LetPass = Callable[[timedelta], None]


def synced_school(make: Builder, **settings: str) -> School:
    """A school whose last good sync is now; nothing will sync it: it has no worker."""
    school = make.school()
    make.settings(school, students="on", notify__emails="owner@school.example", **settings)
    make.synced(school, a_snapshot([a_student()]), clock.now())
    glance.refresh(school.id)
    commit()
    return school


def tick() -> list[str]:
    """One step of the scheduler; who was told that the school is stale."""
    jobs.tick(clock.now())
    return list(db.session.scalars(select(MailRow.recipient).where(MailRow.kind == "stale")))


def test_a_day_without_a_good_sync_is_said_on_every_page_of_the_school(
    make: Builder, let_pass: LetPass, visit_as: Callable[[User], Visitor]
) -> None:
    school = synced_school(make)
    visitor = visit_as(make.owner(school))
    pages = [f"/schools/{school.id}/{name}" for name in ("rostering", "history", "people", "lists")]
    assert all("No good sync" not in visitor.get(page).text for page in pages)
    let_pass(timedelta(hours=27))
    visitor = visit_as(make.owner(school, email="other@school.example"))
    assert all("No good sync for 27 hours." in visitor.get(page).text for page in pages)


def test_two_days_without_one_are_mailed_once(make: Builder, let_pass: LetPass) -> None:
    synced_school(make)
    let_pass(timedelta(hours=47))
    assert tick() == []
    let_pass(timedelta(hours=2))
    assert tick() == ["owner@school.example"]
    let_pass(timedelta(hours=30))
    assert tick() == ["owner@school.example"]


def test_the_next_time_is_told_again(make: Builder, let_pass: LetPass) -> None:
    school = synced_school(make)
    let_pass(timedelta(hours=49))
    tick()
    again = db.session.get_one(School, school.id)
    again.glance = again.glance | {"good": clock.now().isoformat()}
    commit()
    let_pass(timedelta(hours=49))
    assert tick() == ["owner@school.example"] * 2


def test_who_wants_no_mail_and_schools_without_a_daily_sync_are_left_alone(
    make: Builder, let_pass: LetPass
) -> None:
    synced_school(make, notify__when="never")
    synced_school(make, schedule__enabled="off")
    let_pass(timedelta(hours=60))
    assert tick() == []


def test_the_mail_says_since_when_and_where_to_look(
    make: Builder, let_pass: LetPass, clever: Clever
) -> None:
    school = synced_school(make)
    let_pass(timedelta(hours=49))
    staleness.tell(school.id)
    commit()
    for mail_id in mails.due_mail_ids():
        jobs.send_mail(mail_id)
    (mail,) = clever.inbox()
    assert mail["subject"].startswith("Lincoln High: no good sync since ")
    assert f"/schools/{school.id}/rostering" in mail["text"]


def test_a_pause_is_no_reason_to_worry(make: Builder, let_pass: LetPass) -> None:
    until = (clock.now() + timedelta(days=60)).date().isoformat()
    school = synced_school(make, pause__until=until)
    let_pass(timedelta(days=5))
    assert tick() == []
    assert db.session.get_one(School, school.id).missed_since is None


def test_a_missed_day_is_missed_until_a_sync_is_good(make: Builder, let_pass: LetPass) -> None:
    school = synced_school(make)
    let_pass(timedelta(hours=25))
    jobs.tick(clock.now())
    assert db.session.get_one(School, school.id, populate_existing=True).missed_since is not None
    (run,) = [run for run in runs.list_runs([school.id]) if run.status == "queued"]
    token = runs.claim_run(run.id)
    commit()
    assert token
    runs.finish_run(run.id, token, runs.Ending(runs.RunStatus.SUCCEEDED, "Done."))
    commit()
    assert db.session.get_one(School, school.id, populate_existing=True).missed_since is None


def test_thirty_failures_do_not_hide_when_the_last_good_sync_was(make: Builder) -> None:
    school = synced_school(make)
    good = staleness.last_good(school)
    for _ in range(31):
        make.run(school, "failed")
    glance.refresh(school.id)
    commit()
    assert good is not None
    assert staleness.last_good(school) == good
