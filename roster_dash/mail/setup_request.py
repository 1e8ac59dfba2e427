"""The mails about a set-up request: to support, to who asked, and when settings can be made."""

from dataclasses import dataclass, replace

from roster_dash.language import translated
from roster_dash.mail.letter import Mail, Part, Tone, Words, write
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
        rows = {
            "School": self.school,
            "District": self.district,
            "IT contact": self.contact,
            "Student information system": self.sis,
        }
        return [(translated(name), value) for name, value in rows.items() if value]


_ASKED = "You get this mail because you asked for the school to be set up."
_WORDS = {
    "request_received": Words(
        "Set-up request: {school}, {district}",
        (
            "It is your move: {asked_by} asks for {school} of {district} to be linked to "
            "{origin.name}.",
        ),
        "Work on the request",
        "You get this mail because set-up requests of this Roster Dash go to your address.",
        Tone.YOUR_MOVE,
    ),
    "request_confirmed": Words(
        "We have your request for {school}",
        (
            "Thank you. You will get a mail when you can choose what is synced.",
            "We link {school} as soon as its district {origin.has_shared}.",
        ),
        "See how far it is",
        _ASKED,
        Tone.CALM,
    ),
    "request_ready": Words(
        "{school} is ready: choose what is synced",
        (
            "It is your move: switch on roles, look at the preview, and save.",
            "{school} is linked to {origin.name} and its first sync has succeeded. Nothing is "
            "rostered until you choose it.",
        ),
        "Choose what is synced",
        _ASKED,
        Tone.GOOD,
    ),
}
REQUEST_KINDS = tuple(_WORDS)


_TO_THE_SETTINGS = "request_ready"
"""The others lead to the request, and say what is in it."""


def compose_request(kind: str, facts: RequestFacts) -> Mail:
    values = {name: getattr(facts, name) for name in ("school", "district", "asked_by", "origin")}
    if kind == _TO_THE_SETTINGS:
        return write(_WORDS[kind].letter(facts.school, facts.settings_url, **values))
    letter = _WORDS[kind].letter(facts.school, facts.url, **values)
    return write(replace(letter, parts=[Part("The request", rows=facts.rows)]))
