"""What a test of the connection found, in words: each with its fix and who can do it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from roster_dash.roster.origin import CLEVER, Origin
from roster_dash.roster.records import SharedSchool, Snapshot
from roster_dash.roster.roles import FORM_ORDER, Role

CLEVER_ADMIN = CLEVER.sharer
OPERATOR = "whoever runs this server"
NOBODY = "nobody; it passes by itself"


class Tone(StrEnum):
    GOOD = "good"
    WARN = "warn"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Finding:
    """`fix` and `whose` are blank where nothing is to be done."""

    tone: Tone
    what: str
    fix: str = ""
    whose: str = ""


_OF_ERROR = {
    "not_approved": (
        "The district has not approved Roster Dash in Clever.",
        "In Clever, find Roster Dash under Applications and accept its request.",
        CLEVER_ADMIN,
    ),
    "access_refused": (
        "Clever refuses our access: the token was revoked, or the app was disconnected.",
        "Check in Clever that Roster Dash is still approved, then connect the district again.",
        CLEVER_ADMIN,
    ),
    "not_shared": (
        "Clever doesn’t share this school with us.",
        "In Clever, open Roster Dash, Sharing, and share this school.",
        CLEVER_ADMIN,
    ),
}


def for_source(found: Iterable[Finding], origin: Origin) -> list[Finding]:
    """Findings with what can be done about them where this source is."""
    return [
        replace(each, fix=origin.fix, whose=origin.sharer)
        if origin is not CLEVER and each.whose == CLEVER_ADMIN
        else each
        for each in found
    ]


def finding_of_error(code: str, message: str, origin: Origin) -> Finding:
    """A failure as a finding; one that isn't known is told as it came, with what can be done."""
    if origin is not CLEVER:
        return Finding(Tone.BAD, message)
    if code in _OF_ERROR:
        what, fix, whose = _OF_ERROR[code]
        return Finding(Tone.BAD, what, fix, whose)
    return Finding(Tone.BAD, message, "Try again in a few minutes.", NOBODY)


def no_school_shared() -> Finding:
    return Finding(
        Tone.BAD,
        "The district has let Roster Dash in, but shares no school with it yet.",
        "In Clever, open Roster Dash, Sharing, and choose the schools to share.",
        CLEVER_ADMIN,
    )


def school_not_shared(name: str, shared: Sequence[SharedSchool]) -> Finding:
    others = ", ".join(school.name for school in shared[:3])
    return Finding(
        Tone.BAD,
        f"{name} is not shared with us; {len(shared):,} other schools are ({others}).",
        f"In Clever, open Roster Dash, Sharing, and share {name}.",
        CLEVER_ADMIN,
    )


def findings_of_district(about: Mapping[str, str]) -> list[Finding]:
    """From what the district record says of itself: state, pause, last sync."""
    name = about.get("district_name", "The district")
    since, until = _day(about.get("last_sync", "")), _day(about.get("pause_end", ""))
    pause = f" until {until}" if until else ""
    states = {
        "paused": Finding(
            Tone.WARN,
            f"{name} has paused its sync in Clever{pause}; what we get is as it was before.",
            "Nothing, if it is a holiday. Else end the pause in Clever.",
            CLEVER_ADMIN,
        ),
        "pending": Finding(
            Tone.WARN,
            f"{name}’s data is held in Clever by an error that the district can fix.",
            "Look at the sync’s errors in Clever’s district dashboard.",
            CLEVER_ADMIN,
        ),
        "error": Finding(
            Tone.WARN,
            f"{name}’s data is held in Clever by an error that Clever must fix.",
            "Ask Clever’s support.",
            CLEVER_ADMIN,
        ),
    }
    fresh = f" Its data is of {since}." if since else ""
    found = [Finding(Tone.GOOD, f"{name} answers.{fresh}")]
    state = about.get("district_state", "")
    return found + ([states[state]] if state in states else [])


def _day(text: str) -> str:
    """ "20 Nov 2026" of a moment as the source writes it; "" if it is none."""
    try:
        day = date.fromisoformat(text[:10])
    except ValueError:
        return ""
    return f"{day.day} {day:%b %Y}"


def findings_of_school(snapshot: Snapshot) -> list[Finding]:
    """People per role, classes, terms and contacts; what is missing with what to do."""
    people = ", ".join(role.counted(snapshot.count(role)) for role in FORM_ORDER)
    found = [Finding(Tone.GOOD, f"{snapshot.school_name} is shared: {people}.")]
    found += [_missing_role(role) for role in FORM_ORDER if not snapshot.count(role)]
    contacts = sum(1 for person in snapshot.people if person.contact.name)
    if contacts:
        who = "1 student has" if contacts == 1 else f"{contacts:,} students have"
        found.append(Finding(Tone.GOOD, f"{who} a primary contact."))
    else:
        found.append(_missing("parent contacts", "Student contacts"))
    if snapshot.sections:
        terms = len(snapshot.terms)
        words = (
            f"{len(snapshot.sections):,} classes in {terms:,} {'term' if terms == 1 else 'terms'}"
        )
        found.append(Finding(Tone.GOOD, f"{words}."))
    else:
        found.append(_missing("classes", "Sections"))
    return found


def _missing_role(role: Role) -> Finding:
    return _missing(role.label.lower(), role.label)


def _missing(what: str, field: str) -> Finding:
    return Finding(
        Tone.WARN,
        f"No {what} are shared.",
        f"If there should be some: in Clever, open Roster Dash, Sharing, and switch on {field}.",
        CLEVER_ADMIN,
    )
