"""How a school is doing: one state, why in a sentence, and whose move it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from roster_dash.roster.origin import CLEVER, Origin, capital

STALE_AFTER = timedelta(hours=26)
"""A daily sync may be some hours late; a day without a good one is told."""

OWNER = "Owner or District Manager"
NOBODY = "Nobody"


class State(Enum):
    """(word, tone), the one that needs a person most first."""

    FAILING = ("Failing", "bad")
    NEEDS_YOU = ("Needs you", "warn")
    STALE = ("Stale", "warn")
    NEVER = ("Never synced", "calm")
    NOT_LINKED = ("Not linked", "calm")
    PAUSED = ("Paused", "calm")
    HEALTHY = ("Healthy", "good")

    @property
    def key(self) -> str:
        return self.name.casefold()

    @property
    def word(self) -> str:
        return self.value[0]

    @property
    def tone(self) -> str:
        return self.value[1]

    @property
    def rank(self) -> int:
        return list(State).index(self)


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a school without looking into its people.

    `status` is the last finished run's, "" before the first; `error` its code; `fails` how many
    in a row have failed; `held` how many operations wait; `asks` whether that run's verdict asks
    somebody to look. `next_at` is None where no daily sync is planned. `is_behind`: a daily moment
    has passed since the last good sync.
    """

    is_linked: bool
    status: str = ""
    error: str = ""
    fails: int = 0
    held: int = 0
    asks: bool = False
    last_good: datetime | None = None
    next_at: datetime | None = None
    is_behind: bool = False
    paused: bool = False


@dataclass(frozen=True, slots=True)
class Health:
    state: State
    why: str
    move: str


_SHARERS = ("not_approved", "not_shared")
"""Errors that whoever shares can end."""
_MOVES: Mapping[str, str] = {
    "access_refused": "Integration specialist",
    "unforeseen": "Whoever runs this server",
}


def health_of(facts: Facts, now: datetime, origin: Origin = CLEVER) -> Health:
    """The state that matters most."""
    if not facts.is_linked:
        return Health(State.NOT_LINKED, "Its syncs have stopped; its people stay.", OWNER)
    if facts.status == "failed":
        times = f"{facts.fails:,} syncs in a row" if facts.fails > 1 else "The last sync"
        again = "Nobody: it is tried again with the next sync"
        shared = facts.error in _SHARERS
        move = capital(origin.sharer) if shared else _MOVES.get(facts.error, again)
        return Health(State.FAILING, f"{times} failed.", move)
    if facts.held:
        what = "1 change waits" if facts.held == 1 else f"{facts.held:,} changes wait"
        return Health(State.NEEDS_YOU, f"{what} for a decision.", OWNER)
    if facts.asks:
        return Health(State.NEEDS_YOU, "The last sync left something to look at.", OWNER)
    return _quiet(facts, now, origin)


def is_behind(next_at: datetime | None, missed: datetime | None, now: datetime) -> bool:
    """Whether a sync should have been by now: one was missed, or is due and hasn't begun."""
    return missed is not None or (next_at is not None and next_at <= now)


def staleness(last_good: datetime, now: datetime) -> str:
    """For how long there was no good sync, in a sentence; "" if that isn't long."""
    age = now - last_good
    if age <= STALE_AFTER:
        return ""
    hours = round(age.total_seconds() / 3600)
    told = f"{hours} hours" if hours < 72 else f"{hours // 24} days"
    return f"No good sync for {told}."


def _quiet(facts: Facts, now: datetime, origin: Origin) -> Health:
    """Nothing went wrong; but is anything happening at all?"""
    if facts.paused:
        return Health(State.PAUSED, "Its daily sync is paused.", OWNER)
    if facts.last_good is None:
        why = "Nothing is synced yet: settings say what."
        return Health(State.NEVER, "Its first sync is planned." if facts.next_at else why, OWNER)
    if facts.next_at is None:
        return Health(State.PAUSED, "Its daily sync is off.", OWNER)
    if facts.is_behind and (told := staleness(facts.last_good, now)):
        return Health(State.STALE, told, "Whoever runs this server")
    return Health(State.HEALTHY, f"In step with {origin.name}.", NOBODY)
