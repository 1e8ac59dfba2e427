"""What is odd about a snapshot though nobody is refused for it. Each has its fix."""

from collections import Counter
from collections.abc import Iterable

from roster_dash.roster.outcomes import PersonOutcome
from roster_dash.roster.records import Person, Snapshot
from roster_dash.roster.settings import SyncSettings

_NAMED = 3


def snapshot_warnings(snapshot: Snapshot, settings: SyncSettings) -> list[str]:
    """Sentences about the e-mails of the people whose role is on."""
    people = [person for person in snapshot.people if settings.deciding_role(person.roles)]
    addresses = Counter(person.email.casefold() for person in people if person.email)
    return [
        *_sentence("no e-mail", [p for p in people if not p.email]),
        *_sentence("a malformed e-mail", [p for p in people if _is_malformed(p.email)]),
        *_sentence(
            "an e-mail that somebody else has too",
            [p for p in people if addresses.get(p.email.casefold(), 0) > 1],
        ),
    ]


def gone_warnings(outcomes: Iterable[PersonOutcome]) -> list[str]:
    """Who has left the roster and stays, since nothing may archive them."""
    number = sum(1 for end in outcomes if end.reason == "archive_off")
    if not number:
        return []
    who = "1 person is" if number == 1 else f"{number:,} people are"
    return [
        f"{who} no longer in the roster; Archive is off for their role, so they stay. Fix: "
        "archive them under People, State: Leaving, or switch Archive on."
    ]


def _is_malformed(email: str) -> bool:
    local, at, domain = email.partition("@")
    return bool(email) and not (local and at and domain and " " not in email)


def _sentence(what: str, people: list[Person]) -> list[str]:
    if not people:
        return []
    names = ", ".join(person.name for person in people[:_NAMED])
    more = f" and {len(people) - _NAMED:,} more" if len(people) > _NAMED else ""
    return [
        f"{len(people):,} {'person has' if len(people) == 1 else 'people have'} {what} "
        f"({names}{more}); they are rostered all the same. "
        "Fix: correct it in the student information system."
    ]
