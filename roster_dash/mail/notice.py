"""Mails that are about no single run: a source that is down, a school that has gone stale."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from flask import render_template

from roster_dash.mail.message import Mail
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


_WORDS = {
    "outage": (
        "{Source} doesn’t answer for {about} since {short}",
        "{Source} has not answered for {about} since {since}. {waiting} and nothing was changed: "
        "people and lists stay as they are. The syncs are tried again all the time and go on by "
        "themselves as soon as {source} answers. You need not do anything, and you get one more "
        "mail when it is over.",
        "See the schools",
    ),
    "outage_over": (
        "{Source} answers again for {about}",
        "{Source} answers again for {about}; it had not since {since}. The syncs that waited are "
        "being done now.",
        "See the schools",
    ),
    "file_refused": (
        "A file of {about} was refused",
        "A zip of OneRoster files that came into the folder of {about} on {since} can’t be used. "
        "Nothing was changed, and the syncs go on by what was accepted before. The page Files says "
        "why, and so does the text file beside the zip in the folder “refused”.",
        "See why it was refused",
    ),
    "file_waits": (
        "A file of {about} waits for you",
        "A zip of OneRoster files that came into the folder of {about} was read on {since}. The "
        "page Files shows what it would do; nothing is changed before somebody accepts it.",
        "Look at it",
    ),
    "stale": (
        "{about}: no good sync since {short}",
        "The last good sync of {about} was on {since}. Its people and lists are as they were "
        "then; who came or left since isn’t known here. The page of the school says what stands "
        "in the way.",
        "See what stands in the way",
    ),
}
"""Kind of mail -> (subject, text, what its link says)."""


def compose_notice(kind: str, notice: Notice) -> Mail:
    subject, text, label = _WORDS[kind]
    local = notice.since.astimezone(ZoneInfo(notice.zone))
    values = {
        "about": notice.about,
        "since": f"{local:%A} {local.day} {local:%B}, {local:%H:%M}",
        "short": f"{local:%a %H:%M}",
        "source": notice.origin.name,
        "Source": notice.origin.start,
        "waiting": _waiting(notice.waiting),
    }
    about = {"lead": text.format(**values), "label": label, "link": notice.url}
    return Mail(
        subject=" ".join(subject.format(**values).split()),
        text=render_template("mail/note.txt", **about),
        html=render_template("mail/note.html", **about),
    )


def _waiting(number: int) -> str:
    return "1 school’s sync waits" if number == 1 else f"{number:,} schools’ syncs wait"
