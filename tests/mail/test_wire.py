"""Every mail as it goes over the wire, into the sandbox's inbox."""

from flask import Flask

from roster_dash.mail.message import send_mail
from roster_dash.sandbox.samples import samples
from tests.clever import Clever

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
        assert ("List-Unsubscribe: <https://" in " ".join(raw.split())) == (
            sample.kind in TO_A_SCHOOLS_LIST
        )


def test_only_mails_to_a_schools_list_can_be_unsubscribed_from() -> None:
    for sample in samples():
        assert bool(sample.mail.unsubscribe_url) == (sample.kind in TO_A_SCHOOLS_LIST), sample.name
