"""Mails that are about no single run: a source that is down, a school that has gone stale."""

from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from roster_dash.mail.letter import ON_THE_LIST, Mail, Tone, Words, write
from roster_dash.roster.origin import CLEVER, Origin


@dataclass(frozen=True, slots=True)
class Notice:
    """`about`: the district's or the school's name. `since` is shown on the clock of `zone`."""

    about: str
    since: datetime
    zone: str
    url: str
    waiting: int = 0
    origin: Origin = CLEVER
    unsubscribe_url: str = ""


_OF_THE_DISTRICT = (
    "You get this mail because you look after the district in Roster Dash, or because a school "
    "whose syncs waited writes to you."
)
_MANAGES = "You get this mail because you look after the district in Roster Dash."
_WORDS = {
    "outage": Words(
        "{Source} doesn’t answer for {about} since {short}",
        (
            "You need not do anything, and you get one more mail when it is over.",
            "{Source} has not answered for {about} since {since}. {waiting} and nothing was "
            "changed: people and lists stay as they are. The syncs are tried again all the time "
            "and go on by themselves as soon as {source} answers.",
        ),
        "See the schools",
        _OF_THE_DISTRICT,
        Tone.BAD,
    ),
    "outage_over": Words(
        "{Source} answers again for {about}",
        (
            "You need not do anything.",
            "{Source} answers again for {about}; it had not since {since}. The syncs that waited "
            "are being done now.",
        ),
        "See the schools",
        _OF_THE_DISTRICT,
        Tone.GOOD,
    ),
    "file_refused": Words(
        "A file of {about} was refused",
        (
            "A zip of OneRoster files that came into the folder of {about} on {since} can’t be "
            "used. Nothing was changed, and the syncs go on by what was accepted before.",
            "The page Files says why, and so does the text file beside the zip in the folder "
            "“refused”.",
        ),
        "See why it was refused",
        _MANAGES,
        Tone.BAD,
    ),
    "file_waits": Words(
        "A file of {about} waits for you",
        (
            "It is your move: nothing is changed before somebody accepts it.",
            "A zip of OneRoster files that came into the folder of {about} was read on {since}. "
            "The page Files shows what it would do.",
        ),
        "Look at it",
        _MANAGES,
        Tone.YOUR_MOVE,
    ),
    "stale": Words(
        "{about}: no good sync since {short}",
        (
            "The page of the school says what stands in the way.",
            "The last good sync of {about} was on {since}. Its people and lists are as they were "
            "then; who came or left since isn’t known here.",
        ),
        "See what stands in the way",
        ON_THE_LIST,
        Tone.BAD,
    ),
}
NOTICE_KINDS = tuple(_WORDS)


def compose_notice(kind: str, notice: Notice) -> Mail:
    local = notice.since.astimezone(ZoneInfo(notice.zone))
    values = {
        "about": notice.about,
        "since": f"{local:%A} {local.day} {local:%B}, {local:%H:%M}",
        "short": f"{local:%a %H:%M}",
        "source": notice.origin.name,
        "Source": notice.origin.start,
        "waiting": _waiting(notice.waiting),
    }
    letter = _WORDS[kind].letter(url=notice.url, **values)
    return write(replace(letter, unsubscribe_url=notice.unsubscribe_url))


def _waiting(number: int) -> str:
    return "1 school’s sync waits" if number == 1 else f"{number:,} schools’ syncs wait"
