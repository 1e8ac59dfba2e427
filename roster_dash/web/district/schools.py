"""A district's schools as its page shows them: state, reason, whose move, numbers, a trend."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from roster_dash.roster.health import Health, State, health_of
from roster_dash.roster.origin import Origin
from roster_dash.roster.roles import FORM_ORDER, Role
from roster_dash.roster.searching import is_found
from roster_dash.store import schools
from roster_dash.store.glance import facts_of
from roster_dash.store.paging import Place
from roster_dash.web.pictures.drawn import Strips, strips_of

PAGE = 50
SORTS = {
    "need": "What needs somebody first",
    "name": "Name",
    "last": "Last good sync, oldest first",
    "people": "People, most first",
    "held": "Waiting, most first",
}
_WIDTH, _HEIGHT = 84, 20


@dataclass(frozen=True, slots=True)
class Shown:
    """One school's line. `trend`: points of a line 84 × 20 units large."""

    id: int
    name: str
    timezone: str
    is_linked: bool
    health: Health
    next_at: datetime | None
    last_good: datetime | None
    run_id: int
    held: int
    people: Mapping[Role, int]
    trend: str
    trend_words: str

    @property
    def total(self) -> int:
        return sum(self.people.values())


@dataclass(frozen=True, slots=True)
class Wanted:
    text: str = ""
    state: str = ""
    sort: str = "need"
    page: int = 1


@dataclass(frozen=True, slots=True)
class Seen:
    """`numbers`: state -> how many schools, whatever the filter; `place` goes on by page."""

    rows: Sequence[Shown]
    place: Place
    numbers: Mapping[State, int]
    held: int
    strips: Strips


def look(district_id: int, wanted: Wanted, now: datetime) -> Seen:
    """A few queries, however many schools: everything else is kept with each."""
    every = _every(district_id, now)
    found = [row for row in every if _fits(row, wanted)]
    found.sort(key=lambda row: _order(row, wanted.sort))
    start = (wanted.page - 1) * PAGE
    rows = found[start : start + PAGE]
    back = wanted.page - 1 if start else None
    following = wanted.page + 1 if len(found) > start + PAGE else None
    return Seen(
        rows=rows,
        place=Place(start + 1 if rows else 0, start + len(rows), len(found), back, following),
        numbers=Counter(row.health.state for row in every),
        held=sum(row.held for row in every),
        strips=strips_of({row.id: row.timezone for row in rows}),
    )


def fitting(district_id: int, wanted: Wanted, now: datetime) -> list[Shown]:
    """All schools that a filter shows, on whatever page."""
    every = _every(district_id, now)
    return [row for row in every if _fits(row, wanted)]


def _every(district_id: int, now: datetime) -> list[Shown]:
    origin = schools.origin_of(district_id)
    return [_shown(row, now, origin) for row in schools.schools_of(district_id)]


def _shown(row: Any, now: datetime, origin: Origin) -> Shown:
    school_id, name, zone, unlinked_at, next_at, missed, glance = row
    linked = unlinked_at is None
    facts = facts_of(glance, is_linked=linked, next_at=next_at, missed=missed, now=now)
    people, trend = glance.get("people", {}), glance.get("trend", [])
    return Shown(
        id=school_id,
        name=name,
        timezone=zone,
        is_linked=unlinked_at is None,
        health=health_of(facts, now, origin),
        next_at=next_at,
        last_good=facts.last_good,
        run_id=glance.get("run", 0),
        held=facts.held,
        people={role: people[role.value] for role in FORM_ORDER if people.get(role.value)},
        trend=_points(trend),
        trend_words=f"{trend[0]:,} → {trend[-1]:,} people" if len(trend) > 1 else "",
    )


def _fits(row: Shown, wanted: Wanted) -> bool:
    is_in_state = wanted.state in ("", row.health.state.key)
    return is_in_state and is_found(wanted.text, (row.name,))


def _order(row: Shown, sort: str) -> tuple[Any, ...]:
    last = row.last_good.timestamp() if row.last_good else 0.0
    by_sort: dict[str, Any] = {"last": last, "people": -row.total, "held": -row.held, "name": 0}
    return by_sort.get(sort, row.health.state.rank), row.name.casefold(), row.id


def _points(trend: Sequence[int]) -> str:
    """The trend as points of a polyline; "" for fewer than two."""
    if len(trend) < 2:
        return ""
    low, high = min(trend), max(trend)
    step, span = _WIDTH / (len(trend) - 1), (high - low) or 1
    return " ".join(
        f"{index * step:.1f},{_HEIGHT - 2 - (value - low) / span * (_HEIGHT - 4):.1f}"
        for index, value in enumerate(trend)
    )
