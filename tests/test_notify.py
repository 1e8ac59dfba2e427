"""After a run: its mail, over real SMTP, and what happens when that doesn't work."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from roster_dash import jobs, notify
from roster_dash.store import mails, runs
from roster_dash.store.settings import load_settings
from roster_dash.store.tables import MailRow, Run, School
from roster_dash.store.transactions import commit
from roster_dash.sync import abandon, sync_run
from tests.builders import Builder, a_section, a_snapshot, a_student, a_teacher
from tests.clever import Clever
from tests.visitor import Visitor


@pytest.fixture
def school(make: Builder, clever: Clever) -> School:
    district = make.district(clever.district.name, clever.district.id, clever.district.token)
    return make.school(district, "Lincoln High", clever.schools[0].id)


def sync(school: School) -> Run:
    run = runs.request_run(school.id, runs.Trigger.MANUAL)
    commit()
    result = sync_run(run.id)
    for mail_id in result.mail_ids:
        notify.deliver(mail_id)
    return runs.find_run(run.id)


def subjects(clever: Clever) -> list[str]:
    return [mail["subject"] for mail in clever.inbox()]


def test_the_mail_says_the_verdict_first_and_everything_in_it(
    make: Builder, school: School, clever: Clever
) -> None:
    """Counts of every outcome, the first ten of each kind by name, warnings, and a link."""
    students = [a_student(first_name="Ana", last_name=f"Ruiz{n}") for n in range(12)]
    students.append(a_student(first_name="", last_name="", email=""))
    teacher = a_teacher()
    section = a_section(teachers=(teacher.source_id,), students=(students[0].source_id,))
    run = make.synced(school, a_snapshot([*students, teacher], [section]))
    run.warnings = ["2 people have no e-mail. Fix: correct it in the student information system."]
    (mail_id,) = mails.add_mails(run.id, "run_result", ["owner@school.example"])
    commit()
    assert notify.deliver(mail_id)
    (mail,) = clever.inbox()
    assert mail["to"] == ["owner@school.example"]
    assert mail["subject"] == (
        "Lincoln High: 13 joined, 1 unreadable, 1 list made, please look at it"
    )
    for body in (mail["text"], mail["html"]):
        assert body.count("Ana Ruiz") == 10
        assert "and 3 more" in body
        assert "The record has no name at all." in body
        assert "2 people have no e-mail." in body
        assert f"/runs/{run.id}" in body
        for outcome in ("created", "unchanged", "skipped", "archived", "invalid"):
            assert outcome in body.lower()
    assert "<script" not in mail["html"]


def test_a_failed_run_says_so_in_the_subject_with_the_fix(
    make: Builder, school: School, clever: Clever
) -> None:
    make.settings(school, students="on", notify__emails="owner@school.example")
    clever.share(schools=[clever.schools[1].id])
    sync(school)
    (mail,) = clever.inbox()
    assert mail["subject"] == "Lincoln High: the sync failed, nothing was changed"
    assert "can share this school with Roster Dash" in " ".join(mail["text"].split())


def test_names_from_the_roster_do_no_harm_in_the_mail(
    make: Builder, school: School, clever: Clever
) -> None:
    school.name = "Lincoln\r\nBcc: x@evil.example"
    run = make.synced(school, a_snapshot([a_student(first_name="<b>Ana</b>", last_name="Ruiz")]))
    (mail_id,) = mails.add_mails(run.id, "run_result", ["owner@school.example"])
    commit()
    assert notify.deliver(mail_id)
    (mail,) = clever.inbox()
    assert mail["to"] == ["owner@school.example"]
    assert mail["subject"].startswith("Lincoln Bcc: x@evil.example:")
    assert "<b>Ana" not in mail["html"]


@pytest.mark.parametrize(
    ("when", "wanted"),
    [("always", [1, 1]), ("changes", [1, 0]), ("problems", [0, 0]), ("never", [0, 0])],
)
def test_mails_come_when_the_owner_wants_them(
    when: str, wanted: list[int], make: Builder, school: School, clever: Clever
) -> None:
    make.settings(school, students="on", notify__emails="owner@school.example", notify__when=when)
    assert [len(sync(school).mails) for _ in wanted] == wanted


def test_a_failure_is_mailed_to_who_wants_problems_only(
    make: Builder, school: School, clever: Clever
) -> None:
    make.settings(
        school, students="on", notify__emails="owner@school.example", notify__when="problems"
    )
    clever.revoke_token()
    assert sync(school).status == "failed"
    assert len(clever.inbox()) == 1


def test_nobody_is_mailed_until_an_address_is_there(
    make: Builder, school: School, clever: Clever
) -> None:
    make.settings(school, students="on")
    assert sync(school).mails == []
    assert clever.inbox() == []


def test_each_address_gets_a_mail_of_its_own(make: Builder, school: School, clever: Clever) -> None:
    make.settings(school, students="on", notify__emails="a@x.example,b@x.example")
    sync(school)
    assert sorted(mail["to"][0] for mail in clever.inbox()) == ["a@x.example", "b@x.example"]


@pytest.mark.parametrize("fault", ["smtp-refuse", "smtp-busy", "smtp-drop"])
def test_a_mail_server_in_trouble_never_fails_a_run_and_is_tried_again(
    fault: str, make: Builder, school: School, clever: Clever
) -> None:
    make.settings(school, students="on", notify__emails="owner@school.example")
    clever.fault(fault)
    run = sync(school)
    assert run.status == "succeeded"
    (mail,) = run.mails
    assert (mail.status, mail.attempts) == (mails.MailStatus.DUE, 1)
    assert mail.error.startswith("The mail server")
    assert mail.due_at > datetime.now(UTC)
    _make_due(mail)
    assert notify.deliver(mail.id)
    assert (mail.status, mail.error) == (mails.MailStatus.SENT, "")
    assert len(clever.inbox()) == 1


def test_a_mail_that_never_goes_out_is_given_up_at_last(
    make: Builder, school: School, clever: Clever
) -> None:
    make.settings(school, students="on", notify__emails="owner@school.example")
    clever.fault("smtp-refuse", times=0)
    (mail,) = sync(school).mails
    while mail.status == mails.MailStatus.DUE:
        _make_due(mail)
        notify.deliver(mail.id)
    assert (mail.status, mail.attempts) == (mails.MailStatus.FAILED, 7)
    assert clever.inbox() == []


def test_the_same_mail_is_never_sent_twice(make: Builder, school: School, clever: Clever) -> None:
    make.settings(school, students="on", notify__emails="owner@school.example")
    (mail,) = sync(school).mails
    assert not notify.deliver(mail.id)
    jobs.tick(datetime.now(UTC) + timedelta(days=1))
    jobs.send_mail(mail.id)
    assert len(clever.inbox()) == 1


def test_without_a_mail_server_the_mail_stays_due_and_says_why(
    make: Builder, monkeypatch: pytest.MonkeyPatch
) -> None:
    school = make.school()
    run = make.synced(school, a_snapshot([a_student()]))
    (mail_id,) = mails.add_mails(run.id, "run_result", ["owner@school.example"])
    commit()
    assert not notify.deliver(mail_id)
    (mail,) = run.mails
    assert mail.error == "No mail server is set up: MAIL_SERVER is empty."
    assert mail.status == mails.MailStatus.DUE


def _make_due(mail: MailRow) -> None:
    mail.due_at = datetime.now(UTC) - timedelta(seconds=1)
    commit()


def test_a_run_whose_worker_is_gone_is_mailed_too(
    make: Builder, school: School, clever: Clever
) -> None:
    make.settings(school, students="on", notify__emails="owner@school.example")
    run = make.run(school, "running", attempts=runs.MOST_ATTEMPTS)
    result = abandon(run.id, run.token)
    for mail_id in result.mail_ids:
        notify.deliver(mail_id)
    assert subjects(clever) == ["Lincoln High: the sync failed, nothing was changed"]


def test_a_failure_that_goes_on_is_mailed_once_a_week_to_who_wants_problems(
    make: Builder, school: School, clever: Clever
) -> None:
    make.settings(
        school, students="on", notify__emails="owner@school.example", notify__when="problems"
    )
    clever.share(schools=[])
    mailed = [len(sync(school).mails) for _ in range(9)]
    assert mailed == [1, 0, 0, 0, 0, 0, 0, 1, 0]
    clever.share(schools=None)
    assert len(sync(school).mails) == 0
    clever.share(schools=[])
    assert len(sync(school).mails) == 1


def test_an_address_leaves_the_list_by_the_link_in_its_mail(
    make: Builder, school: School, clever: Clever, visitor: Visitor
) -> None:
    make.settings(school, students="on", notify__emails="a@x.example,b@x.example")
    sync(school)
    mail = next(mail for mail in clever.inbox() if mail["to"] == ["a@x.example"])
    link = re.search(r"(/unsubscribe/\S+)", mail["text"])
    assert link
    assert "a@x.example" not in link[1]
    assert "List-Unsubscribe: <http://" in " ".join(clever.raw_mail(mail["id"]).split())
    page = visitor.get(link[1])
    assert "Leave the list?" in page.text
    assert load_settings(school.id).notify_emails == ("a@x.example", "b@x.example")
    commit()
    visitor.post(link[1], page=link[1])
    assert load_settings(school.id).notify_emails == ("b@x.example",)
    commit()
    assert visitor.get("/unsubscribe/forged").status_code == 404


def test_a_mail_programs_own_button_takes_its_address_off_the_list(
    make: Builder, school: School, clever: Clever, visitor: Visitor
) -> None:
    """RFC 8058: it posts to the address of the header, and knows no cookie and no form."""
    make.settings(school, students="on", notify__emails="a@x.example,b@x.example")
    sync(school)
    [mail] = [mail for mail in clever.inbox() if mail["to"] == ["a@x.example"]]
    link = re.search(r"(/unsubscribe/\S+)", mail["text"])
    assert link
    one_click = {"List-Unsubscribe": "One-Click"}
    for _ in range(2):  # a second time changes nothing
        assert visitor.ask("POST", link[1], data=one_click).status_code == 200
        assert load_settings(school.id).notify_emails == ("b@x.example",)
    commit()
    assert visitor.ask("POST", link[1] + "x", data=one_click).status_code == 404
    assert load_settings(school.id).notify_emails == ("b@x.example",)


def test_the_weekly_digest_sums_up_the_week_on_monday_morning(
    make: Builder, school: School, clever: Clever
) -> None:
    make.settings(
        school,
        students="on",
        notify__emails="owner@school.example",
        notify__when="never",
        notify__digest="on",
    )
    sync(school)
    clever.share(schools=[])
    sync(school)
    due = school.next_digest_at
    assert due is not None
    local = due.astimezone(ZoneInfo(school.timezone))
    assert (local.weekday(), f"{local:%H:%M}") == (0, "07:00")
    jobs.tick(due - timedelta(seconds=1))
    assert clever.inbox() == []
    for _ in range(2):
        jobs.tick(due)
    for mail_id in mails.due_mail_ids():
        notify.deliver(mail_id)
    (mail,) = clever.inbox()
    assert mail["subject"] == "Lincoln High, this week: 31 joined; 2 syncs, 1 failed"
    assert school.next_digest_at == due + timedelta(days=7)
