"""A school at two moments, and how the later one differs.

Only who and what is active counts: somebody archived is nowhere, an archived list has nobody. So
what one direction calls joined, made and added, the other calls left, retired and removed.
"""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

from roster_dash.roster.operations import Values
from roster_dash.roster.records import TEXT_FIELDS, Person, Status

SIDES = ("managers", "members")


@dataclass(frozen=True, slots=True)
class State:
    """A school at one moment, archived people and lists too, in order of id.

    `people` and `lists`: id -> values by column, with source_id "" for none. `members`: (list id,
    side) -> ids of people.
    """

    people: Mapping[int, Values]
    lists: Mapping[int, Values]
    members: Mapping[tuple[int, str], Set[int]]

    def active_people(self) -> dict[int, Values]:
        return {key: row for key, row in self.people.items() if is_active(row)}

    def active_lists(self) -> dict[int, Values]:
        return {key: row for key, row in self.lists.items() if is_active(row)}

    def on_list(self, list_id: int, side: str) -> list[int]:
        """The active people of a list by source_id, those without one last."""
        rows = {key: self.people.get(key) for key in self.members.get((list_id, side), ())}
        ids = {key: row["source_id"] for key, row in rows.items() if row and is_active(row)}
        return sorted(ids, key=lambda key: (not ids[key], ids[key], key))

    def person(self, person_id: int) -> "Thing":
        row = self.people[person_id]
        return Thing(person_id, row["source_id"], name_of(person_id, row))

    def user_list(self, list_id: int) -> "Thing":
        row = self.lists[list_id]
        return Thing(list_id, row["source_id"], row["title"] or f"List {list_id}")


@dataclass(frozen=True, slots=True)
class Thing:
    """A person or a list: our id, the source_id ("" for none) and how it is called."""

    id: int
    source_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Change:
    column: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class ChangedPerson:
    person: Thing
    changes: Sequence[Change]


@dataclass(frozen=True, slots=True)
class ChangedList:
    """A list that is otherwise, new or gone. `added` and `removed`: side -> people, by name."""

    list: Thing
    changes: Sequence[Change]
    added: Mapping[str, Sequence[Thing]]
    removed: Mapping[str, Sequence[Thing]]


@dataclass(frozen=True, slots=True)
class Difference:
    """From one moment to another, everything in order of our ids.

    `changed` are people, and `changed_lists` lists, that are active at both moments. Somebody who
    came back has joined, a list brought back is made.
    """

    joined: Sequence[Thing]
    left: Sequence[Thing]
    changed: Sequence[ChangedPerson]
    made: Sequence[ChangedList]
    retired: Sequence[ChangedList]
    changed_lists: Sequence[ChangedList]

    @property
    def summary(self) -> str:
        """A clause: "3 joined, 1 changed, 2 lists made"; "nothing differs"."""
        people = (("joined", self.joined), ("left", self.left), ("changed", self.changed))
        lists = (
            ("made", self.made),
            ("retired", self.retired),
            ("changed", self.changed_lists),
        )
        parts = [f"{len(found):,} {word}" for word, found in people if found]
        parts += [
            f"{len(found):,} {'list' if len(found) == 1 else 'lists'} {word}"
            for word, found in lists
            if found
        ]
        return ", ".join(parts) or "nothing differs"


def is_active(row: Values) -> bool:
    return bool(row["status"] == Status.ACTIVE)


def name_of(person_id: int, row: Values) -> str:
    """How people call somebody whose values these are."""
    person = Person(row["source_id"], **{name: row[name] for name in TEXT_FIELDS})
    return person.name or f"Person {person_id}"


def compare(before: State, after: State) -> Difference:
    """What is different in `after`."""
    people, people_then = after.active_people(), before.active_people()
    lists, lists_then = after.active_lists(), before.active_lists()
    both = [(key, _changes(people_then[key], people[key])) for key in people if key in people_then]
    stayed = [_list(before, after, key) for key in lists if key in lists_then]
    return Difference(
        joined=tuple(after.person(key) for key in people if key not in people_then),
        left=tuple(before.person(key) for key in people_then if key not in people),
        changed=tuple(ChangedPerson(after.person(key), found) for key, found in both if found),
        made=tuple(_list(before, after, key) for key in lists if key not in lists_then),
        retired=tuple(_list(before, after, key) for key in lists_then if key not in lists),
        changed_lists=tuple(row for row in stayed if row.changes or row.added or row.removed),
    )


def _changes(before: Values, after: Values) -> tuple[Change, ...]:
    return tuple(
        Change(name, before[name], after[name]) for name in after if before[name] != after[name]
    )


def _list(before: State, after: State, list_id: int) -> ChangedList:
    now, then = _active_list(after, list_id), _active_list(before, list_id)
    added: dict[str, Sequence[Thing]] = {}
    removed: dict[str, Sequence[Thing]] = {}
    for side in SIDES:
        here = set(after.on_list(list_id, side)) if now else set()
        there = set(before.on_list(list_id, side)) if then else set()
        if here - there:
            added[side] = _by_name(map(after.person, here - there))
        if there - here:
            removed[side] = _by_name(map(before.person, there - here))
    changes = _changes(then, now) if now and then else ()
    return ChangedList((after if now else before).user_list(list_id), changes, added, removed)


def _active_list(state: State, list_id: int) -> Values | None:
    row = state.lists.get(list_id)
    return row if row and is_active(row) else None


def _by_name(people: Iterable[Thing]) -> tuple[Thing, ...]:
    return tuple(sorted(people, key=lambda person: (person.name.casefold(), person.id)))
