"""The way of a school's data, link by link: from the source to here, and on to a mail. Each link
says how it is; the first one that is broken says whose move it is.

What is judged here was judged elsewhere: health (roster/health.py), outages, the run, its mails.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from roster_dash import clock
from roster_dash.roster.health import OWNER, Health, State, health_of
from roster_dash.roster.settings import SyncSettings
from roster_dash.store import runs
from roster_dash.store import settings as settings_store
from roster_dash.store.glance import facts_of
from roster_dash.store.tables import MailRow, Run, School
from roster_dash.web.show import freshness

_AT_THE_SOURCE = frozenset(("source", "not_approved", "not_shared", "access_refused"))
"""Errors of runs that met nothing, or nothing usable, at the source."""
_SERVER = "Whoever runs this server"


@dataclass(frozen=True, slots=True)
class Link:
    """`tone`: good, warn, bad, busy or calm; `at` follows the word, `note` comes below it."""

    title: str
    tone: str
    word: str
    at: datetime | None = None
    note: str = ""
    move: str = ""

    @property
    def is_broken(self) -> bool:
        return self.tone in ("warn", "bad")


@dataclass(frozen=True, slots=True)
class Chain:
    links: Sequence[Link]

    @property
    def broken(self) -> Link | None:
        return next((link for link in self.links if link.is_broken), None)


@dataclass(frozen=True, slots=True)
class _Known:
    """What the links go by. `active` is at work or waits for that, `last` is over."""

    school: School
    settings: SyncSettings
    health: Health
    active: Run | None
    last: Run | None
    source_at: datetime | None
    here_at: datetime | None
    now: datetime

    @property
    def failed_at_source(self) -> bool:
        last = self.last
        return last is not None and last.status == "failed" and last.error in _AT_THE_SOURCE


def chain_of(school: School, run: Run | None) -> Chain:
    """`run`: the newest one of the school, if any."""
    now, fresh = clock.now(), freshness(school)
    active = run if run is not None and run.status in runs.ACTIVE else None
    facts = facts_of(
        school.glance,
        is_linked=school.unlinked_at is None,
        next_at=school.next_due_at,
        missed=school.missed_since,
        now=now,
    )
    known = _Known(
        school=school,
        settings=settings_store.load_settings(school.id),
        health=health_of(facts, now, school.origin),
        active=active,
        last=runs.last_finished(school.id) if active else run,
        source_at=fresh["clever"],
        here_at=fresh["here"],
        now=now,
    )
    return Chain((_source(known), _here(known), _next(known), _mail(known)))


def _source(known: _Known) -> Link:
    school = known.school
    title = school.origin.start
    if school.unlinked_at is not None:
        return Link(title, "calm", "Not linked")
    if school.district.outage_since is not None:
        since = school.district.outage_since
        return Link(
            title, "bad", "No answer since", since, "", "Nobody: it is tried again by itself"
        )
    if known.failed_at_source and known.last is not None:
        at = known.last.finished_at
        return Link(title, "bad", "Gave nothing", at, "", known.health.move)
    if known.source_at is not None:
        return Link(title, "good", "Has data as of", known.source_at)
    if known.here_at is not None:
        return Link(title, "good", "Answered", known.here_at)
    return Link(title, "calm", "Not asked yet")


def _here(known: _Known) -> Link:
    health, last = known.health, known.last
    if known.active is not None:
        word = "A sync is at work" if known.active.status == "running" else "A sync is coming"
        return Link("Here", "busy", word)
    if known.here_at is None and health.state is not State.FAILING:
        return Link("Here", "calm", "Nothing synced yet")
    if known.failed_at_source:
        return Link("Here", "calm", *_as_of(known))
    if health.state is State.FAILING and last is not None:
        return Link("Here", "bad", "Didn’t work", last.finished_at, health.why, health.move)
    if health.state is State.NEEDS_YOU:
        return Link("Here", "warn", "Synced", known.here_at, health.why, health.move)
    if health.state is State.STALE:
        return Link("Here", "warn", "Old, synced", known.here_at, health.why, health.move)
    return Link("Here", "good", "Synced", known.here_at)


def _as_of(known: _Known) -> tuple[str, datetime | None]:
    return ("Still as of", known.here_at) if known.here_at else ("Nothing synced yet", None)


def _next(known: _Known) -> Link:
    title, due = "Next sync", known.school.next_due_at
    if known.school.unlinked_at is not None:
        return Link(title, "calm", "None: not linked")
    if due is None:
        return Link(title, "calm", "Off" if known.settings.syncs_anything else "Not planned yet")
    pause = known.settings.pause_until
    if pause is not None and pause > known.now.date():
        return Link(title, "calm", "Paused until", due)
    if due <= known.now and known.active is None:
        return Link(title, "warn", "Late: was due", due, "", _SERVER)
    return Link(title, "good", "Planned", due)


def _mail(known: _Known) -> Link:
    last = known.last
    mails = [mail for mail in last.mails if mail.kind == "run_result"] if last else []
    if mails:
        return _of_mails(mails)
    if known.settings.notify_when == "never":
        return Link("Mail", "calm", "Switched off")
    if not known.settings.notify_emails:
        return Link("Mail", "calm", "Nobody is mailed")
    return Link("Mail", "calm", "Nothing to tell" if last else "None yet")


def _of_mails(mails: Sequence[MailRow]) -> Link:
    failed = [mail for mail in mails if mail.status == "failed"]
    sent = [mail.sent_at for mail in mails if mail.status == "sent" and mail.sent_at]
    if failed:
        note = f"{_people(len(failed))} of {len(mails)} couldn’t be reached."
        return Link("Mail", "bad", "Not delivered", None, note, OWNER)
    if len(sent) < len(mails):
        tries = max(mail.attempts for mail in mails if mail.status != "sent")
        if tries:
            note = "The mail server didn’t take it."
            return Link("Mail", "warn", "Tried again", None, note, _SERVER)
        return Link("Mail", "busy", f"On its way to {len(mails)}")
    return Link("Mail", "good", f"Sent to {_people(len(mails))}", max(sent))


def _people(number: int) -> str:
    return f"{number:,} {'address' if number == 1 else 'addresses'}"
