"""A run's operations as its page tells them: kind by kind, each change in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from roster_dash.language import translated
from roster_dash.roster.origin import Origin
from roster_dash.roster.outcomes import REASONS
from roster_dash.roster.report import KINDS
from roster_dash.store import rosters, runs
from roster_dash.store.tables import OperationRow, Run
from roster_dash.web.show import column, value

FIRST = 24
MORE = 200


@dataclass(frozen=True, slots=True)
class Change:
    """One applied operation: whom or what it is about, why, and (column, before, after) rows."""

    id: int
    label: str
    reason: str
    rows: Sequence[tuple[str, str, str]] = ()


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of change. `last` is where the next page goes on, None at the end.

    `reason` is the reason of all of these changes, "" if they differ.
    """

    entity: str
    action: str
    title: str
    number: int
    changes: Sequence[Change]
    last: int | None
    reason: str

    @property
    def is_plain(self) -> bool:
        """Whether there is nothing to tell but names."""
        return bool(self.reason) and not any(change.rows for change in self.changes)


def kinds_of(run: Run) -> list[Kind]:
    """Every kind that the run has, with its first changes."""
    numbers = runs.count_operations(run.id)
    return [
        kind_of(run, entity, action, number=numbers[entity, action], limit=FIRST)
        for entity, action in KINDS
        if numbers.get((entity, action))
    ]


def kind_of(
    run: Run, entity: str, action: str, *, after: int = 0, number: int = 0, limit: int = MORE
) -> Kind:
    """One page of a kind's changes."""
    found = runs.operations_of(run.id, entity=entity, action=action, after=after, limit=limit + 1)
    shown = found[:limit]
    last = shown[-1].id if len(found) > limit else None
    names = _names(shown) if entity == "members" else {}
    changes = [_change(row, names, run.school.origin) for row in shown]
    reasons = {change.reason for change in changes}
    common = reasons.pop() if len(reasons) == 1 else ""
    return Kind(entity, action, KINDS[entity, action], number, changes, last, common)


def _change(row: OperationRow, names: Mapping[int, str], origin: Origin) -> Change:
    rows: list[tuple[str, str, str]] = []
    if row.entity == "members":
        rows = _membership_rows(row, names)
    elif row.action in ("update", "restore", "link"):
        rows = [
            (column(name, origin), value(row.before.get(name), name), value(after, name))
            for name, after in row.after.items()
            if column(name)
        ]
    return Change(row.id, row.label, REASONS.get(row.reason, ""), rows)


def _membership_rows(row: OperationRow, names: Mapping[int, str]) -> list[tuple[str, str, str]]:
    def named(ids: Any) -> str:
        return ", ".join(names.get(key, "?") for key in ids) or translated("nobody")

    return [
        (
            translated(side.capitalize()),
            named(row.before.get(side, ())),
            named(row.after.get(side, ())),
        )
        for side in ("managers", "members")
        if row.before.get(side) or row.after.get(side)
    ]


def _names(rows: Sequence[OperationRow]) -> dict[int, str]:
    """Person id -> name of everybody whose membership the rows change."""
    return rosters.names_of(
        person
        for row in rows
        for ids in (*row.before.values(), *row.after.values())
        for person in ids
    )
