"""Taking a run back: the operations that undo what it did, as far as nobody has changed it since.

Nothing is ever deleted: who was created is archived, who was archived comes back.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any

from roster_dash.roster.guard import is_over, share
from roster_dash.roster.operations import Action, Entity, Operation
from roster_dash.roster.records import Status
from roster_dash.roster.roles import PRECEDENCE, Role
from roster_dash.roster.settings import Limits

Thing = tuple[Entity, int]
"""What an operation is about: the row of a person or list; for members the list's."""


@dataclass(frozen=True, slots=True)
class Logged:
    """An operation of the log. Members are ids of people."""

    id: int
    entity: Entity
    entity_id: int
    action: Action
    label: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]

    @property
    def thing(self) -> Thing:
        return self.entity, self.entity_id


@dataclass(frozen=True, slots=True)
class Touch:
    """Who changed something later: a person's e-mail, or "run 12"."""

    by: str
    by_hand: bool


@dataclass(frozen=True, slots=True)
class Now:
    """How things are now, for everything that a run touched.

    `values`: by column; for members {"managers": ids, "members": ids}, without those put on by
    hand. `touched`: what was changed later, by column; for members by "side:id".
    """

    values: Mapping[Thing, Mapping[str, Any]]
    touched: Mapping[Thing, Mapping[str, Touch]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Skipped:
    """What stays as it is. `why` is a sentence."""

    label: str
    columns: tuple[str, ...]
    why: str


@dataclass(frozen=True, slots=True)
class Reversal:
    operations: tuple[Operation, ...]
    skipped: tuple[Skipped, ...]


def reverse(logged: Sequence[Logged], now: Now, *, stays: Set[int] = frozenset()) -> Reversal:
    """What takes these operations back. `stays`: ids of people who must not be archived."""
    by_thing: dict[Thing, list[Logged]] = defaultdict(list)
    for operation in logged:
        by_thing[operation.thing].append(operation)
    operations: list[Operation] = []
    skipped: list[Skipped] = []
    for thing, done in by_thing.items():
        one = _Members(now, thing) if thing[0] is Entity.MEMBERS else _Row(now, thing, stays)
        for operation in reversed(done):
            one.take_back(operation)
        operation_ = one.operation(done[-1].label)
        operations += [operation_] if operation_ else []
        skipped += one.skipped
    return Reversal(tuple(operations), tuple(skipped))


class _Row:
    """A person or list whose columns go back, the newest change first."""

    def __init__(self, now: Now, thing: Thing, stays: Set[int]) -> None:
        self._thing = thing
        self._now = now.values.get(thing, {})
        self._touched = now.touched.get(thing, {})
        self._stays = thing[0] is Entity.PERSON and thing[1] in stays
        self._wanted = dict(self._now)
        self.skipped: list[Skipped] = []

    def take_back(self, done: Logged) -> None:
        before = dict(done.before)
        if done.action is Action.CREATE:
            before = {"status": Status.ARCHIVED.value}
            hands = [touch.by for touch in self._touched.values() if touch.by_hand]
            if hands:
                self._skip(done, ["status"], f"Edited since by {hands[0]}, so they stay.")
                return
        late = {name: self._touched[name].by for name in before if name in self._touched}
        if late:
            self._skip(done, list(late), f"Changed since by {next(iter(late.values()))}.")
        for name, value in before.items():
            if name not in late:
                self._wanted[name] = value

    def _skip(self, done: Logged, columns: list[str], why: str) -> None:
        self.skipped.append(Skipped(done.label, tuple(columns), why))

    def operation(self, label: str) -> Operation | None:
        if self._stays and self._wanted.get("status") == Status.ARCHIVED != self._now.get("status"):
            why = "The last Owner of this school is never archived this way."
            self.skipped.append(Skipped(label, ("status",), why))
            self._wanted["status"] = self._now["status"]
        changed = [name for name, value in self._wanted.items() if value != self._now.get(name)]
        if not changed:
            return None
        return Operation(
            entity=self._thing[0],
            action=self._action(changed),
            reason="reverted",
            source_id=str(self._now.get("source_id") or ""),
            kept_id=self._thing[1],
            label=label,
            before={name: self._now.get(name) for name in changed},
            after={name: self._wanted[name] for name in changed},
        )

    def _action(self, changed: Iterable[str]) -> Action:
        if "status" not in changed:
            return Action.UPDATE
        return Action.ARCHIVE if self._wanted["status"] == Status.ARCHIVED else Action.RESTORE


class _Members:
    """A list whose people go back on it and off it."""

    def __init__(self, now: Now, thing: Thing) -> None:
        self._thing = thing
        self._now = {side: set(ids) for side, ids in now.values.get(thing, {}).items()}
        self._wanted = {side: set(ids) for side, ids in self._now.items()}
        self._touched = now.touched.get(thing, {})
        self.skipped: list[Skipped] = []

    def take_back(self, done: Logged) -> None:
        for ids_of, act in ((done.after, set.discard), (done.before, set.add)):
            for side, ids in ids_of.items():
                late = [person for person in ids if f"{side}:{person}" in self._touched]
                if late:
                    by = self._touched[f"{side}:{late[0]}"].by
                    why = f"{len(late):,} {side} changed since by {by}."
                    self.skipped.append(Skipped(done.label, (side,), why))
                for person in ids:
                    if person not in late:
                        act(self._wanted.setdefault(side, set()), person)

    def operation(self, label: str) -> Operation | None:
        before: dict[str, list[int]] = {}
        after: dict[str, list[int]] = {}
        for side, wanted in self._wanted.items():
            now = self._now.get(side, set())
            if wanted != now:
                before[side], after[side] = sorted(now - wanted), sorted(wanted - now)
        if not after:
            return None
        return Operation(
            Entity.MEMBERS,
            Action.UPDATE,
            "reverted",
            "",
            self._thing[1],
            label,
            before,
            after,
        )


def would_trip(
    operations: Iterable[Operation],
    role_of: Mapping[int, Role],
    people: Mapping[Role, int],
    limits: Limits,
) -> list[str]:
    """What the guards would say of a reversal: it is somebody's order, so they only say it.

    `role_of`: id of a person -> their role; `people`: role -> how many are active.
    """
    archived: dict[Role, int] = defaultdict(int)
    for operation in operations:
        if operation.entity is Entity.PERSON and operation.action is Action.ARCHIVE:
            role = role_of.get(operation.kept_id or 0)
            if role is not None:
                archived[role] += 1
    return [
        f"{archived[role]:,} of {role.counted(people[role])} "
        f"({share(archived[role], people[role], limits.removals)}) are archived by this; a sync "
        f"would have to ask above {limits.removals} %."
        for role in PRECEDENCE
        if archived[role] and is_over(archived[role], people[role], limits.removals, limits.people)
    ]
