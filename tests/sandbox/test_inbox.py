"""The sandbox's mail server and its pages, and its commands."""

import json
import smtplib
from email.message import EmailMessage
from typing import Any

import pytest
import requests
from click.testing import CliRunner, Result

from roster_dash.sandbox.__main__ import main
from roster_dash.sandbox.server import Server
from tests.clever import Clever

RECIPIENT = "office@school.example"


def mail(subject: str = "Grüße – 3 new students", html: str = "") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "app@example.org", RECIPIENT, subject
    message.set_content("Ångström has joined.\n")
    if html:
        message.add_alternative(html, subtype="html")
    return message


def send(clever: Clever, *messages: EmailMessage) -> None:
    with smtplib.SMTP("127.0.0.1", clever.smtp_port, timeout=5) as sender:
        for message in messages:
            sender.send_message(message)


def get(clever: Clever, path: str) -> requests.Response:
    return requests.get(f"{clever.url}{path}", timeout=10)


# Mail.


def test_a_mail_arrives_with_subject_text_and_html(clever: Clever) -> None:
    send(clever, mail(html="<p>Ångström has <b>joined</b>.</p>"))
    (arrived,) = clever.inbox()
    assert arrived["from"] == "app@example.org"
    assert arrived["to"] == [RECIPIENT]
    assert arrived["subject"] == "Grüße – 3 new students"
    assert arrived["text"].strip() == "Ångström has joined."
    assert arrived["html"].strip() == "<p>Ångström has <b>joined</b>.</p>"


def test_a_mail_of_text_alone_has_no_html(clever: Clever) -> None:
    send(clever, mail())
    (arrived,) = clever.inbox()
    assert arrived["html"] == ""


def test_the_newest_mail_is_first_and_the_oldest_are_dropped(
    clever: Clever, sandbox_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox_server.sandbox.inbox, "kept", 2)
    send(clever, mail("first"), mail("second"), mail("third"))
    assert [arrived["subject"] for arrived in clever.inbox()] == ["third", "second"]


def test_the_inbox_lists_mails_and_a_page_shows_each(clever: Clever) -> None:
    assert "No mail yet" in get(clever, "/inbox").text
    send(clever, mail("A <b>bold</b> subject", html="<p>Hello</p>"))
    number = clever.inbox()[0]["id"]
    listed = get(clever, "/inbox").text
    assert "A &lt;b&gt;bold&lt;/b&gt; subject" in listed
    assert f"/inbox/{number}" in listed
    shown = get(clever, f"/inbox/{number}")
    assert shown.status_code == 200
    assert "A &lt;b&gt;bold&lt;/b&gt; subject" in shown.text
    assert RECIPIENT in shown.text


def test_the_html_part_is_served_so_that_no_script_runs(clever: Clever) -> None:
    send(clever, mail(html="<p>Hello</p><script>alert(1)</script>"))
    served = get(clever, f"/inbox/{clever.inbox()[0]['id']}/html")
    assert served.headers["Content-Type"].startswith("text/html")
    assert served.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert "<p>Hello</p>" in served.text


def test_the_raw_mail_has_its_headers(clever: Clever) -> None:
    send(clever, mail())
    raw = get(clever, f"/inbox/{clever.inbox()[0]['id']}/raw")
    assert raw.headers["Content-Type"].startswith("text/plain")
    assert f"To: {RECIPIENT}" in raw.text


@pytest.mark.parametrize("path", ["/inbox/7777", "/inbox/7777/html", "/inbox/7777/raw"])
def test_a_mail_that_never_came_is_404(path: str, clever: Clever) -> None:
    assert get(clever, path).status_code == 404


def test_the_inbox_can_be_emptied(clever: Clever) -> None:
    send(clever, mail())
    requests.delete(f"{clever.url}/inbox.json", timeout=10)
    assert clever.inbox() == []


@pytest.mark.parametrize(("fault", "code"), [("smtp-refuse", 550), ("smtp-busy", 451)])
def test_a_refused_recipient_gets_nothing_and_the_next_mail_does(
    fault: str, code: int, clever: Clever
) -> None:
    clever.fault(fault)
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        send(clever, mail("lost"))
    assert refused.value.recipients[RECIPIENT][0] == code
    send(clever, mail("kept"))
    assert [arrived["subject"] for arrived in clever.inbox()] == ["kept"]


def test_a_dropped_connection_loses_the_mail_and_the_next_one_is_good(clever: Clever) -> None:
    clever.fault("smtp-drop")
    with pytest.raises((smtplib.SMTPServerDisconnected, smtplib.SMTPRecipientsRefused)):
        send(clever, mail("lost"))
    send(clever, mail("kept"))
    assert [arrived["subject"] for arrived in clever.inbox()] == ["kept"]


def test_a_mail_fault_spoils_no_request_and_the_other_way_round(clever: Clever) -> None:
    clever.fault("smtp-refuse")
    clever.fault("status")
    headers = {"Authorization": f"Bearer {clever.district.token}"}
    url = f"{clever.url}/v3.1/districts"
    assert [requests.get(url, headers=headers, timeout=10).status_code for _ in "ab"] == [500, 200]
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        send(clever, mail())


# The command line.


def run(clever: Clever, *words: str) -> Result:
    return CliRunner().invoke(main, [*words, "--url", clever.url])


def told(clever: Clever, *words: str) -> Any:
    result = run(clever, *words)
    assert result.exit_code == 0, result.output
    return json.loads(result.output)


def test_state_tells_the_districts_with_tokens_and_schools(clever: Clever) -> None:
    (district,) = told(clever, "state")["districts"]
    assert (district["id"], district["token"]) == (clever.district.id, clever.district.token)
    assert [school["name"] for school in district["schools"]] == [s.name for s in clever.schools]


def test_faults_are_listed_switched_on_and_off(clever: Clever) -> None:
    assert "next-loop" in told(clever, "fault", "list")["known"]
    on = told(clever, "fault", "on", "status", "status=503", "path=users", "times=0")
    assert (on["name"], on["path"], on["times"], on["values"]) == (
        "status",
        "users",
        0,
        {"status": 503},
    )
    assert [fault["name"] for fault in told(clever, "fault", "list")["on"]] == ["status"]
    told(clever, "fault", "off", "status")
    assert told(clever, "fault", "list")["on"] == []


def test_time_passes_by_days_and_years(clever: Clever) -> None:
    before = clever.today
    passed = told(clever, "time", "--days", "3")
    assert passed["today"] == clever.today > before
    assert told(clever, "time", "--next-year")["today"].endswith("-08-20")


def test_an_act_is_done_with_its_values(clever: Clever) -> None:
    student = next(u["id"] for u in clever.raw()["users"] if "student" in u["roles"])
    done = told(clever, "time", "rename", f"id={student}", "last=Newname")
    assert done["happened"] == [{"act": "rename", "id": student}]
    renamed = next(u for u in clever.raw()["users"] if u["id"] == student)
    assert renamed["name"]["last"] == "Newname"


def test_a_grade_of_digits_stays_text(clever: Clever) -> None:
    student = next(u["id"] for u in clever.raw()["users"] if "student" in u["roles"])
    told(clever, "time", "change_grade", f"id={student}", "grade=5")
    changed = next(u for u in clever.raw()["users"] if u["id"] == student)
    assert changed["roles"]["student"]["grade"] == "5"


def test_sharing_takes_lists_and_yes_or_no(clever: Clever) -> None:
    school = clever.schools[0].id
    told(clever, "share", f'schools=["{school}"]', "contacts=false")
    assert [shared.id for shared in clever.schools] == [school]
    assert not [u for u in clever.raw()["users"] if "contact" in u["roles"]]
    told(clever, "share", "schools=null", "contacts=true")
    assert len(clever.schools) == 2


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("fault", "on", "plague"), "no fault is called plague"),
        (("time", "conquer"), "no act is called conquer"),
        (("time", "rename", "last"), "last is not KEY=VALUE"),
        (("time", "leave", "id=nobody"), "nobody"),
        (("share", "lunch=true"), "lunch can't be shared"),
    ],
)
def test_what_cannot_be_done_is_said(words: tuple[str, ...], message: str, clever: Clever) -> None:
    result = run(clever, *words)
    assert result.exit_code != 0
    assert message in result.output


def test_without_a_sandbox_its_absence_is_said() -> None:
    result = CliRunner().invoke(main, ["state", "--url", "http://127.0.0.1:9"])
    assert result.exit_code == 1
    assert "no sandbox answers at http://127.0.0.1:9" in result.output
