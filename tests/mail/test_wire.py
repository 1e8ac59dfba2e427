"""Every mail as it goes over the wire, into the sandbox's inbox."""

from dataclasses import replace

from flask import Flask

from roster_dash.mail.message import send_mail
from roster_dash.sandbox.samples import samples
from tests.clever import Clever

ONE_CLICK = "List-Unsubscribe-Post: List-Unsubscribe=One-Click"
TO_A_SCHOOLS_LIST = {"run_result", "digest", "calendar", "stale"}


def test_every_mail_arrives_whole_in_short_lines(app: Flask, clever: Clever) -> None:
    for sample in samples():
        assert send_mail("owner@school.example", sample.mail) == ""
    for sample, arrived in zip(reversed(samples()), clever.inbox(), strict=True):
        assert arrived["subject"] == sample.mail.subject
        assert arrived["text"].splitlines() == sample.mail.text.splitlines()
        assert arrived["html"].splitlines() == sample.mail.html.splitlines()
        raw = clever.raw_mail(arrived["id"])
        assert raw.isascii()
        assert max(map(len, raw.splitlines())) <= 998
        headers = " ".join(raw.split())
        for leaving in ("List-Unsubscribe: <https://", ONE_CLICK):
            assert (leaving in headers) == (sample.kind in TO_A_SCHOOLS_LIST)


def test_a_mail_programs_own_button_needs_https(app: Flask, clever: Clever) -> None:
    """RFC 8058, section 3.1."""
    sample = next(each for each in samples() if each.mail.unsubscribe_url)
    address = sample.mail.unsubscribe_url.replace("https:", "http:")
    assert send_mail("a@x.example", replace(sample.mail, unsubscribe_url=address)) == ""
    raw = clever.raw_mail(clever.inbox()[0]["id"])
    assert "List-Unsubscribe: <http://" in " ".join(raw.split())
    assert ONE_CLICK not in raw


def test_only_mails_to_a_schools_list_can_be_unsubscribed_from() -> None:
    for sample in samples():
        assert bool(sample.mail.unsubscribe_url) == (sample.kind in TO_A_SCHOOLS_LIST), sample.name
