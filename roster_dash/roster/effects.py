"""What a plan means for each role: for the preview, beside the role's own switches."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from roster_dash.roster.operations import Operation
from roster_dash.roster.plan import Plan
from roster_dash.roster.records import Kept, Snapshot
from roster_dash.roster.report import KINDS
from roster_dash.roster.roles import PRECEDENCE, Role
from roster_dash.roster.settings import SyncSettings

NAMED = 50


@dataclass(frozen=True, slots=True)
class Effect:
    """One kind of operation: how many there would be, and the first names."""

    title: str
    number: int
    names: tuple[str, ...]

    @property
    def more(self) -> int:
        return self.number - len(self.names)


def outcomes_by_role(
    plan: Plan, snapshot: Snapshot, kept: Kept, settings: SyncSettings
) -> Mapping[Role, Counter[str]]:
    """Role -> how many of its people end in each outcome.

    Somebody with several roles counts where their switches are: under the first enabled one, or
    the first one if none is enabled.
    """
    roles = {person.source_id: person.roles for person in snapshot.people}
    roles_here = {row.id: row.person.roles for row in kept.people}
    counted: dict[Role, Counter[str]] = defaultdict(Counter)
    for outcome, _reason, source_id, kept_id, _name in plan.outcomes:
        held = roles.get(source_id) or roles_here.get(kept_id or 0, ())
        role = settings.deciding_role(held) or next((r for r in PRECEDENCE if r in held), None)
        if role is not None:
            counted[role][str(outcome)] += 1
    return counted


def effects_of(operations: Iterable[Operation]) -> list[Effect]:
    """Every kind of change that the operations make, in the order people read them."""
    labels: dict[tuple[str, str], list[str]] = defaultdict(list)
    for operation in operations:
        labels[operation.entity, operation.action].append(operation.label)
    return [
        Effect(title, len(labels[kind]), tuple(labels[kind][:NAMED]))
        for kind, title in KINDS.items()
        if kind in labels
    ]
