"""The mails about a set-up request: to support, to who asked, and when settings can be made."""

from dataclasses import dataclass

from roster_dash.mail.letter import Letter, Link, Mail, Part, Tone, write
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

    @property
    def rows(self) -> list[tuple[str, str]]:
        sis = [("Student information system", self.sis)] if self.sis else []
        return [
            ("School", self.school),
            ("District", self.district),
            ("IT contact", self.contact),
            *sis,
        ]


@dataclass(frozen=True, slots=True)
class _Words:
    """`leads_to`: the field of RequestFacts that the button's address is in."""

    subject: str
    lead: tuple[str, ...]
    button: str
    leads_to: str
    why: str
    tone: Tone


_ASKED = "You get this mail because you asked for the school to be set up."
_WORDS = {
    "request_received": _Words(
        "Set-up request: {school}, {district}",
        (
            "It is your move: {asked_by} asks for {school} of {district} to be linked to "
            "{origin.name}.",
        ),
        "Work on the request",
        "url",
        "You get this mail because set-up requests of this Roster Dash go to your address.",
        Tone.YOUR_MOVE,
    ),
    "request_confirmed": _Words(
        "We have your request for {school}",
        (
            "Thank you. You will get a mail when you can choose what is synced.",
            "We link {school} as soon as its district {origin.has_shared}.",
        ),
        "See how far it is",
        "url",
        _ASKED,
        Tone.CALM,
    ),
    "request_ready": _Words(
        "{school} is ready: choose what is synced",
        (
            "It is your move: switch on roles, look at the preview, and save.",
            "{school} is linked to {origin.name} and its first sync has succeeded. Nothing is "
            "rostered until you choose it.",
        ),
        "Choose what is synced",
        "settings_url",
        _ASKED,
        Tone.GOOD,
    ),
}
REQUEST_KINDS = tuple(_WORDS)


def compose_request(kind: str, facts: RequestFacts) -> Mail:
    words = _WORDS[kind]
    values = {name: getattr(facts, name) for name in ("school", "district", "asked_by", "origin")}
    subject = words.subject.format(**values)
    parts = [Part("The request", rows=facts.rows)] if words.leads_to == "url" else []
    return write(
        Letter(
            subject=subject,
            about=facts.school,
            verdict=subject,
            lead=[paragraph.format(**values) for paragraph in words.lead],
            button=Link(words.button, getattr(facts, words.leads_to)),
            tone=words.tone,
            parts=parts,
            small_print=[words.why],
        )
    )
