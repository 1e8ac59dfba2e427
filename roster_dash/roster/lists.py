"""Class lists: sections of the chosen terms and grades become user lists with their people."""

from collections import Counter
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from roster_dash.roster.operations import Action, Entity, Operation, Values
from roster_dash.roster.records import (
    LIST_FIELDS,
    Kept,
    KeptList,
    Section,
    Snapshot,
    Status,
    Term,
    UserList,
)
from roster_dash.roster.settings import SyncSettings
from roster_dash.roster.terms import Choice


@dataclass(slots=True)
class ListPlan:
    operations: list[Operation] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


LIST_COUNTS = ("created", "updated", "archived", "restored", "unchanged", "held")
_ENDS = {
    Action.CREATE: "created",
    Action.UPDATE: "updated",
    Action.RESTORE: "restored",
    Action.ARCHIVE: "archived",
}


@dataclass(frozen=True, slots=True)
class Here:
    """Who is here once the plan for people is applied. Only active people are on lists."""

    active: Set[str]
    """The source_ids of everyone active."""
    source_of: Mapping[int, str]
    """Row id -> source_id, of all."""
    known_as: Mapping[str, str]
    """A record's source_id -> another one that its person is still known by."""


def plan_lists(
    snapshot: Snapshot,
    kept: Kept,
    people: Here,
    settings: SyncSettings,
    today: date,
    *,
    may_remove: bool,
) -> ListPlan:
    """What the user lists need. Without chosen terms and grades: nothing."""
    if not settings.lists_chosen:
        return ListPlan(counts=dict.fromkeys(LIST_COUNTS, 0))
    remembered = {row.list.term_id: Term(row.list.term_id, row.list.term) for row in kept.lists}
    there = {term.source_id: term for term in snapshot.terms}
    terms = remembered | there
    renewed = [  # Clever makes terms anew with other ids: a chosen one is known by its name, too
        remembered[chosen].name
        for chosen in settings.class_list_terms
        if chosen in remembered and chosen not in there and remembered[chosen].name
    ]
    chosen_terms = (*settings.class_list_terms, *renewed)
    choice = Choice(chosen_terms, settings.class_list_grades, terms, today)
    planner = _ListPlanner(kept, people, terms, may_remove=may_remove)
    planner.run(snapshot.sections, choice)
    return ListPlan(planner.operations, planner.counts(), planner.warnings())


class _ListPlanner:
    def __init__(
        self,
        kept: Kept,
        people: Here,
        terms: Mapping[str, Term],
        *,
        may_remove: bool,
    ) -> None:
        self._kept = {row.list.source_id: row for row in kept.lists if row.list.source_id}
        self._people = people
        self._terms = terms
        self._may_remove = may_remove
        self._ends: Counter[str] = Counter()
        self._unreadable = 0
        self.operations: list[Operation] = []

    def run(self, sections: Iterable[Section], choice: Choice) -> None:
        there = {
            section.source_id: _completed(section, self._kept.get(section.source_id))
            for section in sections
            if section.source_id
        }
        chosen = {source for source, section in there.items() if section in choice}
        for source in sorted(chosen):
            row = self._kept.get(source)
            if row is None or row.included:
                self._follow(there[source], row)
            elif row.is_active:
                self._ends["unchanged"] += 1
        for source, row in self._kept.items():
            if source not in chosen and row.is_active and row.included:
                self._retire(row, "section_not_chosen" if source in there else "section_gone")

    def counts(self) -> dict[str, int]:
        return {name: self._ends.get(name, 0) for name in LIST_COUNTS}

    def warnings(self) -> list[str]:
        if not self._unreadable:
            return []
        if self._unreadable == 1:
            what = "1 class membership is of somebody who is not among the people here; it was"
        else:
            what = (
                f"{self._unreadable:,} class memberships are of somebody who is not among the "
                "people here; they were"
            )
        return [
            f"{what} left out. Fix: switch their role on, or ask the district’s Clever admin to "
            "share them."
        ]

    def _follow(self, section: Section, row: KeptList | None) -> None:
        wanted = wanted_list(section, self._terms.get(section.term_id))
        if row is not None and not section.name:
            wanted = replace(wanted, title="", synced_title="")  # a blank never wipes
        if row is None:
            end = self._operate(Action.CREATE, "section_chosen", wanted, None, {}, _filled(wanted))
        else:
            before, after = _changes(row.list, wanted)
            if not row.is_active:
                before = {"status": row.status} | before
                after = {"status": Status.ACTIVE} | after
                end = self._operate(Action.RESTORE, "back", wanted, row, before, after)
            elif after:
                end = self._operate(Action.UPDATE, "changed", wanted, row, before, after)
            else:
                end = "unchanged"
        self._ends[end] += 1
        self._follow_members(section, wanted, row)

    def _follow_members(self, section: Section, wanted: UserList, row: KeptList | None) -> None:
        before: dict[str, Any] = {}
        after: dict[str, Any] = {}
        sides = (
            ("managers", section.teachers, row.managers if row else frozenset()),
            ("members", section.students, row.members if row else frozenset()),
        )
        for side, source_ids, kept_ids in sides:
            there = {self._people.known_as.get(source, source) for source in source_ids}
            by_hand = {row_id for row_id in kept_ids if row and (side, row_id) in row.by_hand}
            now = there & self._people.active - self._sources(by_hand)
            self._unreadable += len(there - self._people.active)
            was = self._sources(kept_ids - by_hand)
            if side in section.unsure or not self._may_remove:
                now |= was
            if now != was:
                before[side] = sorted(was - now)
                after[side] = sorted(now - was)
        if after:
            self._operate_members(wanted, row, before, after)

    def _sources(self, row_ids: Set[int]) -> set[str]:
        return {self._people.source_of[row_id] for row_id in row_ids} - {""}

    def _retire(self, row: KeptList, reason: str) -> None:
        if not self._may_remove:
            self._ends["unchanged"] += 1
            return
        before, after = {"status": row.status}, {"status": Status.ARCHIVED}
        self._ends[self._operate(Action.ARCHIVE, reason, row.list, row, before, after)] += 1

    def _operate(
        self,
        action: Action,
        reason: str,
        wanted: UserList,
        row: KeptList | None,
        before: Values,
        after: Values,
    ) -> str:
        self.operations.append(_operation(Entity.LIST, action, reason, wanted, row, before, after))
        return _ENDS[action]

    def _operate_members(
        self, wanted: UserList, row: KeptList | None, before: Values, after: Values
    ) -> None:
        self.operations.append(
            _operation(Entity.MEMBERS, Action.UPDATE, "class_members", wanted, row, before, after)
        )


def _completed(section: Section, row: KeptList | None) -> Section:
    """A class as it is known here: a term or grade that came blank is the one it had."""
    if row is None or (section.term_id and section.grade):
        return section
    return replace(
        section,
        term_id=section.term_id or row.list.term_id,
        grade=section.grade or row.list.grade,
    )


def wanted_list(section: Section, term: Term | None) -> UserList:
    """A section as a user list; a class without a name is called by its course."""
    title = section.name or section.course or "Class without a name"
    return UserList(
        source_id=section.source_id,
        title=title,
        synced_title=title,
        course=section.course,
        term=term.name if term else "",
        term_id=section.term_id,
        grade=section.grade,
        period=section.period,
    )


def _operation(
    entity: Entity,
    action: Action,
    reason: str,
    wanted: UserList,
    row: KeptList | None,
    before: Values,
    after: Values,
) -> Operation:
    return Operation(
        entity=entity,
        action=action,
        reason=reason,
        source_id=wanted.source_id,
        kept_id=row.id if row else None,
        label=row.list.title if row else wanted.title,
        before=before,
        after=after,
    )


def _filled(wanted: UserList) -> dict[str, str]:
    names = ("source_id", *LIST_FIELDS)
    return {name: getattr(wanted, name) for name in names if getattr(wanted, name)}


def _changes(kept: UserList, wanted: UserList) -> tuple[dict[str, str], dict[str, str]]:
    """(before, after) of what differs. A blank never wipes a value; a hand-set title stays."""
    retitled = kept.title != kept.synced_title
    changed = [
        name
        for name in LIST_FIELDS
        if getattr(wanted, name)
        and getattr(wanted, name) != getattr(kept, name)
        and not (name == "title" and retitled)
    ]
    return (
        {name: getattr(kept, name) for name in changed},
        {name: getattr(wanted, name) for name in changed},
    )
