"""What is mailed about holds and about the school's calendar: to whom, how often, and when."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from roster_dash import jobs, notify
from roster_dash.extensions import db
from roster_dash.store import settings as settings_store
from roster_dash.store.tables import MailRow, Run, School
from roster_dash.store.transactions import commit
from tests.builders import Builder, a_snapshot, a_student, some_settings
from tests.clever import Clever

PUPILS = [a_student(f"p{n}", first_name="Ana", last_name=f"Pupil{n}") for n in range(40)]
NOW = datetime.now(UTC)


def follow(make: Builder, school: School, gone: int, days: float, when: str = "problems") -> Run:
    return make.synced(
        school,
        a_snapshot(PUPILS[gone:]),
        now=NOW + timedelta(days=days),
        students__archive="on",
        notify__emails="owner@school.example",
        notify__when=when,
    )


def mailed(run: Run) -> int:
    number = len(run.mails)
    commit()
    return number


@pytest.fixture
def school(make: Builder) -> School:
    return make.school_with(PUPILS, now=NOW - timedelta(days=30))


def test_the_mail_about_a_held_run_names_everybody_who_is_withheld(
    make: Builder, school: School, clever: Clever
) -> None:
    run = follow(make, school, 12, 0)
    (mail_id,) = [mail.id for mail in run.mails]
    commit()
    assert notify.deliver(mail_id)
    (mail,) = clever.inbox()
    assert "12 changes wait for you" in mail["subject"]
    for part in ("text", "html"):
        assert "12 of 40 students (30 %) would be archived; the limit is 10 %." in mail[part]
        assert all(f"Ana Pupil{n}" in mail[part] for n in range(12))
        assert f"/runs/{run.id}#held-title" in mail[part]


def test_what_waits_already_is_mailed_once_and_again_after_a_week(
    make: Builder, school: School
) -> None:
    mails = [mailed(follow(make, school, 12, day - 9)) for day in range(3)]
    assert mails == [1, 0, 0]
    assert mailed(follow(make, school, 12, 0)) == 1, "a week later"


def test_something_new_that_waits_is_mailed_at_once(make: Builder, school: School) -> None:
    assert mailed(follow(make, school, 12, 0)) == 1
    assert mailed(follow(make, school, 13, 0.1)) == 1


def test_who_wants_every_result_gets_it_though_nothing_new_waits(
    make: Builder, school: School
) -> None:
    assert [mailed(follow(make, school, 12, day / 10, "always")) for day in range(2)] == [1, 1]


def calendar(start: datetime, kind: str) -> str:
    day = start.date()
    return f"{day}..{day + timedelta(days=10)} {kind}"


def notices() -> list[tuple[str, str]]:
    rows = db.session.scalars(select(MailRow).where(MailRow.kind == "calendar")).all()
    found = [(row.recipient, str(row.day)) for row in rows]
    commit()
    return found


def test_the_mail_goes_out_on_the_day_before_a_pause_and_once(
    make: Builder, school: School, clever: Clever
) -> None:
    begins = NOW + timedelta(days=3)
    settings = some_settings(
        students="on", notify__emails="a@x.example", calendar=calendar(begins, "pause")
    )
    settings_store.save_settings(school, settings, None)
    commit()
    eve = begins.date() - timedelta(days=1)
    for hours in range(0, 24 * 5, 2):
        jobs.send_notices(NOW + timedelta(hours=hours))
    assert notices() == [("a@x.example", str(eve))]
    mail_id = db.session.scalars(select(MailRow.id).where(MailRow.kind == "calendar")).one()
    commit()
    assert notify.deliver(mail_id)
    (mail,) = clever.inbox()
    assert "from tomorrow the daily sync pauses" in mail["subject"]
    assert "/rostering#safety-title" in mail["text"]


def test_the_end_of_a_rollover_is_told_too(make: Builder, school: School, clever: Clever) -> None:
    began = NOW - timedelta(days=8)
    settings = some_settings(
        students="on", notify__emails="a@x.example", calendar=calendar(began, "rollover 60")
    )
    settings_store.save_settings(school, settings, None)
    commit()
    for hours in range(0, 24 * 5, 2):
        jobs.send_notices(NOW + timedelta(hours=hours))
    mail_id = db.session.scalars(select(MailRow.id).where(MailRow.kind == "calendar")).one()
    commit()
    assert notify.deliver(mail_id)
    (mail,) = clever.inbox()
    assert "the usual limits for people are back" in mail["subject"]


def test_nobody_is_told_a_day_late(make: Builder, school: School) -> None:
    settings = some_settings(
        students="on",
        notify__emails="a@x.example",
        calendar=calendar(NOW + timedelta(days=3), "pause"),
    )
    settings_store.save_settings(school, settings, None)
    commit()
    jobs.send_notices(NOW + timedelta(days=5))
    assert notices() == []


def test_no_daily_sync_is_planned_on_a_paused_day(make: Builder, school: School) -> None:
    pause = f"{(NOW - timedelta(days=2)).date()}..{(NOW + timedelta(days=6)).date()} pause"
    settings = some_settings(students="on", calendar=pause)
    settings_store.save_settings(school, settings, None)
    commit()
    assert school.next_due_day == (NOW + timedelta(days=7)).date()
    commit()


def test_a_rollover_lets_so_many_leave_as_it_says_and_no_more(
    make: Builder, school: School
) -> None:
    rollover = {
        "students__archive": "on",
        "calendar": calendar(NOW - timedelta(days=2), "rollover 30"),
    }
    within = make.synced(school, a_snapshot(PUPILS[12:]), now=NOW, **rollover)
    assert (within.status, within.counts["people"]["archived"]) == ("succeeded", 12)
    beyond = make.synced(school, a_snapshot(PUPILS[24:]), now=NOW + timedelta(days=1), **rollover)
    assert (beyond.status, beyond.counts["people"]["archived"]) == ("held", 0)
