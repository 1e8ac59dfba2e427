"""Class lists: sections of the chosen terms and grades become user lists with their people."""

from collections import Counter
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from roster_dash.roster.guard_lists import Judged, WantedChange, judge_lists
from roster_dash.roster.history import History
from roster_dash.roster.operations import Action, Entity, Operation, Values
from roster_dash.roster.origin import Origin
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
from roster_dash.roster.terms import Choice, has_ended


@dataclass(slots=True)
class ListPlan:
    operations: list[Operation] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    judged: Judged = field(default_factory=Judged)


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
    staying: Set[str] = frozenset()
    """Those whose leaving waits for somebody: they stay on their lists."""
    students: Set[str] = frozenset()
    """Those who are students and nothing else here: they manage no list."""


def plan_lists(
    snapshot: Snapshot,
    kept: Kept,
    people: Here,
    settings: SyncSettings,
    today: date,
    history: History,
    *,
    may_remove: bool,
) -> ListPlan:
    """What the user lists need. Without chosen terms and grades: nothing."""
    if not settings.lists_chosen:
        return ListPlan(counts=dict.fromkeys(LIST_COUNTS, 0))
    remembered = {
        row.list.term_id: Term(row.list.term_id, row.list.term)
        for row in kept.lists
        if row.list.term_id
    }
    there = {term.source_id: term for term in snapshot.terms if term.source_id}
    terms = remembered | there
    renewed = [  # Clever makes terms anew with other ids: a chosen one is known by its name, too
        remembered[chosen].name
        for chosen in settings.class_list_terms
        if chosen in remembered and chosen not in there and remembered[chosen].name
    ]
    chosen_terms = (*settings.class_list_terms, *renewed)
    choice = Choice(chosen_terms, settings.class_list_grades, terms, today)
    planner = _ListPlanner(kept, people, terms, today, may_remove=may_remove)
    planner.run(snapshot.sections, choice)
    judged = judge_lists(planner.wanted, kept, settings.limits_on(today), history, today)
    return ListPlan(
        judged.operations,
        planner.counts(judged),
        planner.warnings(kept.origin),
        judged,
    )


class _ListPlanner:
    def __init__(
        self,
        kept: Kept,
        people: Here,
        terms: Mapping[str, Term],
        today: date,
        *,
        may_remove: bool,
    ) -> None:
        self._kept = {row.list.source_id: row for row in kept.lists if row.list.source_id}
        self._people = people
        self._terms = terms
        self._today = today
        self._may_remove = may_remove
        self._unchanged = 0
        self._unreadable = 0
        self._students = 0
        self._empty = 0
        self.wanted: list[WantedChange] = []

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
                self._unchanged += 1
        for source, row in self._kept.items():
            if source not in chosen and row.is_active and row.included:
                self._retire(row, there.get(source), choice)

    def counts(self, judged: Judged) -> dict[str, int]:
        """How many lists end how; one that something is held of counts as held."""
        ends = Counter(
            _ENDS[op.action]
            for op in judged.operations
            if op.entity is Entity.LIST and op.kept_id not in judged.waiting
        )
        ends["held"] = len(judged.waiting)
        touched = {op.kept_id for op in judged.operations if op.entity is Entity.LIST}
        ends["unchanged"] = self._unchanged - len(judged.waiting - touched)
        return {name: ends.get(name, 0) for name in LIST_COUNTS}

    def warnings(self, origin: Origin) -> list[str]:
        return [
            *self._student_warnings(),
            *self._unreadable_warnings(origin),
            *self._empty_warnings(origin),
        ]

    def _empty_warnings(self, origin: Origin) -> list[str]:
        if not self._empty:
            return []
        lists = "1 class has" if self._empty == 1 else f"{self._empty:,} classes have"
        return [
            f"{lists} 0 students in the roster. Fix: enrol them in the student information system, "
            f"or ask {origin.sharer} whether enrollments are shared."
        ]

    def _student_warnings(self) -> list[str]:
        if not self._students:
            return []
        who = "1 student here teaches" if self._students == 1 else "Students here teach"
        return [f"{who} a class in the roster; a list is never managed by a student."]

    def _unreadable_warnings(self, origin: Origin) -> list[str]:
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
            f"{what} left out. Fix: switch their role on, or ask {origin.sharer} to share them."
        ]

    def _follow(self, section: Section, row: KeptList | None) -> None:
        wanted = wanted_list(section, self._terms.get(section.term_id))
        if row is not None and not section.name:
            wanted = replace(wanted, title="", synced_title="")  # a blank never wipes
        term = self._terms.get(section.term_id)
        if row is None:
            filled = _filled(wanted)
            self._want(Entity.LIST, Action.CREATE, "section_chosen", wanted, None, {}, filled, term)
        else:
            before, after = _changes(row.list, wanted)
            if not row.is_active:
                before = {"status": row.status} | before
                after = {"status": Status.ACTIVE} | after
                self._want(Entity.LIST, Action.RESTORE, "back", wanted, row, before, after, term)
            elif after:
                self._want(Entity.LIST, Action.UPDATE, "changed", wanted, row, before, after, term)
            else:
                self._unchanged += 1
        self._empty += not section.students and "members" not in section.unsure
        self._follow_members(section, wanted, row, term)

    def _follow_members(
        self, section: Section, wanted: UserList, row: KeptList | None, term: Term | None
    ) -> None:
        before: dict[str, Any] = {}
        after: dict[str, Any] = {}
        sides = (
            ("managers", section.teachers, row.managers if row else frozenset()),
            ("members", section.students, row.members if row else frozenset()),
        )
        for side, source_ids, kept_ids in sides:
            there = {self._people.known_as.get(source, source) for source in source_ids}
            by_hand = {row_id for row_id in kept_ids if row and (side, row_id) in row.by_hand}
            now = (there - self._sources(by_hand)) & self._people.active
            self._unreadable += len(there - self._people.active)
            was = self._sources(kept_ids - by_hand)
            if side == "managers":
                teaching = (now & self._people.students) - was
                self._students += len(teaching)
                now -= teaching
            now |= was & self._people.staying
            if side in section.unsure or not self._may_remove:
                now |= was
            if now != was:
                before[side] = sorted(was - now)
                after[side] = sorted(now - was)
        if after:
            self._want(
                Entity.MEMBERS,
                Action.UPDATE,
                "class_members",
                wanted,
                row,
                before,
                after,
                term,
                leaving=frozenset(before.get("members", ())) & self._people.active,
            )

    def _sources(self, row_ids: Set[int]) -> set[str]:
        return {self._people.source_of[row_id] for row_id in row_ids} - {""}

    def _retire(self, row: KeptList, section: Section | None, choice: Choice) -> None:
        """A list whose class is gone, or is none of the chosen any more."""
        if not self._may_remove:
            self._unchanged += 1
            return
        as_kept = Section(row.list.source_id, term_id=row.list.term_id, grade=row.list.grade)
        term = self._terms.get(row.list.term_id)
        reason = "section_not_chosen"
        if section is None:
            reason = "term_over" if has_ended(term, self._today) else "section_gone"
        self._want(
            Entity.LIST,
            Action.ARCHIVE,
            reason,
            row.list,
            row,
            {"status": row.status},
            {"status": Status.ARCHIVED},
            term,
            is_ours=section is not None and as_kept not in choice,
        )

    def _want(
        self,
        entity: Entity,
        action: Action,
        reason: str,
        wanted: UserList,
        row: KeptList | None,
        before: Values,
        after: Values,
        term: Term | None,
        *,
        leaving: Set[str] = frozenset(),
        is_ours: bool = False,
    ) -> None:
        operation = _operation(entity, action, reason, wanted, row, before, after)
        self.wanted.append(WantedChange(operation, row, term, leaving, is_ours))


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
