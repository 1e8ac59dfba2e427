"""What a run holds, as its page tells it: guard by guard, each change in words."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from roster_dash.language import translated
from roster_dash.roster.guard import GUARDS, Guard
from roster_dash.roster.origin import Origin
from roster_dash.roster.report import would_happen
from roster_dash.store import holds, rosters
from roster_dash.store.holds import HoldState
from roster_dash.store.tables import HoldRow, Run
from roster_dash.web.show import column, value

SHOWN = 500
"""So many of what waits have a tick of their own."""
_NAMED = 20


@dataclass(frozen=True, slots=True)
class HeldChange:
    """One operation that waits or waited. `candidates`: (id, words) of whom an arrival may be."""

    row: HoldRow
    what: str
    rows: Sequence[tuple[str, str, str]]
    candidates: Sequence[tuple[int, str]] = ()


@dataclass(frozen=True, slots=True)
class HeldGroup:
    """What one guard holds."""

    title: str
    changes: Sequence[HeldChange]


@dataclass(frozen=True, slots=True)
class Held:
    """`more`: how many wait that are not shown. `decided`: what has become of the others."""

    groups: Sequence[HeldGroup]
    waiting: int
    more: int
    decided: Sequence[HeldChange]


@dataclass(frozen=True, slots=True)
class Names:
    """Of members by source_id, of candidates by id."""

    of_member: Mapping[str, str]
    of_candidate: Mapping[int, str]


def held_of(run: Run) -> Held:
    """Everything that a run held."""
    rows = holds.holds_of(run, limit=2 * SHOWN)
    numbers = holds.count_holds(run)
    total = sum(n for (_, state), n in numbers.items() if state == HoldState.WAITING)
    names = _names(run.school_id, rows)
    shown = [row for row in rows if row.state == HoldState.WAITING][:SHOWN]
    groups: dict[str, list[HeldChange]] = defaultdict(list)
    for row in shown:
        groups[row.guard].append(_change(row, names, run.school.origin))
    decided = [
        _change(row, names, run.school.origin) for row in rows if row.state != HoldState.WAITING
    ]
    return Held(
        groups=[
            HeldGroup(GUARDS[Guard(guard)], changes) for guard, changes in sorted(groups.items())
        ],
        waiting=total,
        more=total - len(shown),
        decided=decided,
    )


def shown_ids(run: Run) -> frozenset[int]:
    """Of the holds that the page shows with a tick."""
    rows = holds.holds_of(run, limit=2 * SHOWN)
    return frozenset([row.id for row in rows if row.state == HoldState.WAITING][:SHOWN])


def _change(row: HoldRow, names: Names, origin: Origin) -> HeldChange:
    rows: list[tuple[str, str, str]] = []
    if row.entity == "members":
        rows = [
            (
                translated(side.capitalize()),
                _told(row.before[side], names),
                _told(row.after[side], names),
            )
            for side in row.after
            if row.before.get(side) or row.after.get(side)
        ]
    elif row.action in ("update", "link"):
        rows = [
            (column(name, origin), value(row.before.get(name), name), value(after, name))
            for name, after in row.after.items()
            if column(name)
        ]
    candidates = [(person, names.of_candidate.get(person, "?")) for person in row.candidates]
    return HeldChange(row, would_happen(row.entity, row.action, origin), rows, candidates)


def _told(source_ids: Sequence[str], names: Names) -> str:
    label = ", ".join(
        names.of_member.get(source_id, source_id) for source_id in source_ids[:_NAMED]
    )
    more = len(source_ids) - _NAMED
    if more > 0:
        return translated(f"{label} and {more:,} more")
    return label or translated("nobody")


def _names(school_id: int, rows: Sequence[HoldRow]) -> Names:
    members = [row for row in rows if row.entity == "members"]
    wanted = {
        source_id
        for row in members
        for sides in (row.before, row.after)
        for people in sides.values()
        for source_id in people[:_NAMED]
    }
    people = {person for row in rows for person in row.candidates}
    return Names(rosters.names_by_source(school_id, wanted), rosters.described(people))
