"""The mails about a set-up request: to support, to who asked, and when settings can be made."""

from dataclasses import dataclass

from flask import render_template

from roster_dash.mail.message import Mail
from roster_dash.roster.origin import CLEVER, Origin


@dataclass(frozen=True, slots=True)
class RequestFacts:
    school: str
    district: str
    contact: str
    sis: str
    asked_by: str
    url: str
    settings_url: str
    origin: Origin = CLEVER


_WORDS = {
    "request_received": (
        "Set-up request: {school}, {district}",
        "{asked_by} asks for {school} of {district} to be linked to {origin.name}.",
        "Work on the request",
        "url",
    ),
    "request_confirmed": (
        "We have your request for {school}",
        "Thank you. We link {school} as soon as its district {origin.has_shared}. "
        "You will get a mail when you can choose what is synced.",
        "See how far it is",
        "url",
    ),
    "request_ready": (
        "{school} is ready: choose what is synced",
        "{school} is linked to {origin.name} and its first sync has succeeded. Nothing is rostered "
        "until you choose it: switch on roles, look at the preview, and save.",
        "Choose what is synced",
        "settings_url",
    ),
}
"""Kind of mail -> (subject, first paragraph, what its link says, which address it leads to)."""


def compose_request(kind: str, facts: RequestFacts) -> Mail:
    subject, text, label, address = _WORDS[kind]
    values = {name: getattr(facts, name) for name in ("school", "district", "asked_by", "origin")}
    about = {
        "facts": facts,
        "lead": text.format(**values),
        "label": label,
        "link": getattr(facts, address),
        "with_facts": kind != "request_ready",
    }
    return Mail(
        subject=" ".join(subject.format(**values).split()),
        text=render_template("mail/note.txt", **about),
        html=render_template("mail/note.html", **about),
    )
