"""THE FIRE DRILL: answers that must never reach the people here, and whether a plan lets them.

The judge shares nothing with the guards that it judges: it looks only at what a plan would do. It
measures by the school's limits or the usual ones, whichever are stricter; so a limit that was
opened wide shows as a scenario that gets through.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from roster_dash.roster.doubts import refuse_empty_school
from roster_dash.roster.errors import EmptyAnswer
from roster_dash.roster.guard import GUARDS
from roster_dash.roster.history import History
from roster_dash.roster.operations import Action, Entity, Operation
from roster_dash.roster.plan import Plan, plan
from roster_dash.roster.records import Kept, KeptPerson, Person, Snapshot
from roster_dash.roster.roles import PRECEDENCE, Role
from roster_dash.roster.settings import Limits, SyncSettings
from roster_dash.roster.terms import has_ended

BY_REFUSAL = "An answer without anybody is refused"
BY_DOUBT = "The answer was doubted"
BY_FETCH = "The fetch did not prove complete"

AS_IT_IS = ("as_it_is", "{start} sends the school as it is")
"""Name and title of the scenario in which nothing is wrong; in titles the source is to be named."""

NEW_ID = "drill-"
"""What stands before an id that the drill has made new, so that it is known whose it was."""
_A_FEW = 2
"""So many of a role are no harm to a school; asking about each would teach people to say yes."""
_A_CLASS = 8
"""A class of fewer members may lose any number."""
_MOST_SENTENCES = 5
_IDENTITY = (
    "source_id",
    "sis_id",
    "student_number",
    "email",
    "first_name",
    "middle_name",
    "last_name",
    "preferred_name",
)


class End(StrEnum):
    """How a scenario ended."""

    STOPPED = "stopped"
    HARMLESS = "harmless"
    """Nothing had to stop it: what it would do here is within the limits."""
    THROUGH = "through"
    UNPROVEN = "unproven"
    """It could not be tried as it should."""


END_WORDS = {
    End.STOPPED: "Stopped",
    End.HARMLESS: "No harm",
    End.THROUGH: "Got through",
    End.UNPROVEN: "Not proved",
}


@dataclass(frozen=True, slots=True)
class Result:
    """How a scenario ended, what stopped it, and the sentences with the numbers."""

    name: str
    title: str
    end: End
    by: tuple[str, ...] = ()
    sentences: tuple[str, ...] = ()

    @property
    def stopped(self) -> bool:
        """Whether nothing harmful got through."""
        return self.end in (End.STOPPED, End.HARMLESS)

    @property
    def detail(self) -> str:
        more = len(self.sentences) - _MOST_SENTENCES
        rest = [f"And {more:,} more like these."] if more > 0 else []
        return " ".join([*self.sentences[:_MOST_SENTENCES], *rest])


@dataclass(frozen=True, slots=True)
class Scenario:
    """An answer gone wrong. `spoil` makes it of a good one; `title` says it to anybody."""

    name: str
    title: str
    spoil: Callable[[Snapshot], Snapshot]


def _nobody(snapshot: Snapshot) -> Snapshot:
    return replace(snapshot, people=(), sections=(), terms=())


def _half(snapshot: Snapshot) -> Snapshot:
    """Every second person of each role, so that no role is empty and doubted for that."""
    seen: Counter[tuple[Role, ...]] = Counter()
    people = []
    for person in snapshot.people:
        if seen[person.roles] % 2 == 0:
            people.append(person)
        seen[person.roles] += 1
    return replace(snapshot, people=tuple(people), sections=snapshot.sections[::2])


def _ids_swapped(snapshot: Snapshot) -> Snapshot:
    """Within a role: a student's record comes under another student's id."""
    ids: dict[tuple[Role, ...], list[str]] = {}
    for person in snapshot.people:
        ids.setdefault(person.roles, []).append(person.source_id)
    next_ids = {roles: iter([*those[1:], those[0]]) for roles, those in ids.items()}
    return _with_people(
        snapshot, lambda person: replace(person, source_id=next(next_ids[person.roles]))
    )


def _new_ids(snapshot: Snapshot) -> Snapshot:
    sections = tuple(
        replace(
            section,
            teachers=tuple(map(_new, section.teachers)),
            students=tuple(map(_new, section.students)),
        )
        for section in snapshot.sections
    )
    return _with_people(
        replace(snapshot, sections=sections),
        lambda person: replace(person, source_id=_new(person.source_id)),
    )


def _new_ids_and_numbers(snapshot: Snapshot) -> Snapshot:
    return _with_people(
        _new_ids(_emails(snapshot)),
        lambda person: replace(
            person, sis_id=_new(person.sis_id), student_number=_new(person.student_number)
        ),
    )


def _emails(snapshot: Snapshot) -> Snapshot:
    return _with_people(snapshot, lambda person: replace(person, email=_new(person.email)))


def _roles(snapshot: Snapshot) -> Snapshot:
    def risen(person: Person) -> Person:
        role = Role.STAFF if Role.STUDENT in person.roles else Role.ADMIN
        return replace(person, roles=(role,) if person.roles else ())

    return _with_people(snapshot, risen)


def _classes_emptied(snapshot: Snapshot) -> Snapshot:
    emptied = tuple(replace(section, students=(), unsure=()) for section in snapshot.sections)
    return replace(snapshot, sections=emptied)


def _with_people(snapshot: Snapshot, change: Callable[[Person], Person]) -> Snapshot:
    return replace(snapshot, people=tuple(map(change, snapshot.people)))


def _new(text: str) -> str:
    return text and NEW_ID + text


SCENARIOS = (
    Scenario("empty", "{start} sends nobody at all", _nobody),
    Scenario("half", "{start} sends half of the school", _half),
    Scenario("ids_swapped", "{start} sends everybody under somebody else’s id", _ids_swapped),
    Scenario("new_ids", "{start} gives everybody a new id", _new_ids),
    Scenario(
        "new_ids_and_numbers",
        "{start} gives everybody a new id, another number and another e-mail",
        _new_ids_and_numbers,
    ),
    Scenario("emails", "{start} changes everybody’s e-mail", _emails),
    Scenario("roles", "{start} makes every student staff and every adult an admin", _roles),
    Scenario("classes_emptied", "{start} takes all students out of every class", _classes_emptied),
)


@dataclass(frozen=True, slots=True)
class Scratch:
    """A school as it stands, in memory; nothing of it is ever written."""

    kept: Kept
    snapshot: Snapshot
    settings: SyncSettings
    today: date
    history: History

    def settings_for(self, fed: Snapshot) -> SyncSettings:
        """The school's own limits, under the switches that let an answer do the most."""
        held = [row.person.roles for row in self.kept.people if row.is_active]
        held += [person.roles for person in fed.people]
        present = {role for roles in held for role in roles}
        switches = {
            f"{role.setting}{switch}": "on" if role in present else "off"
            for role in Role
            for switch in ("", ".auto_update", ".archive")
        }
        everything = {
            "auto_update.fields": "all",
            "class_lists": "on",
            "class_lists.terms": "all",
            "class_lists.grades": "all",
            "grace.students": "0",
            "grace.adults": "0",
        }
        return self.settings.changed(switches | everything)

    def plan(self, fed: Snapshot) -> Plan:
        """What a run would do with an answer. What people have decided before doesn't help it."""
        past = self.history
        history = History(removed_lately=past.removed_lately, owners=past.owners, moved=past.moved)
        return plan(fed, self.kept, self.settings_for(fed), self.today, history)


def try_scenarios(scratch: Scratch) -> list[Result]:
    """Feeds each spoiled answer to the school in memory, as a run would."""
    usual = scratch.plan(scratch.snapshot)
    effects = consequences(usual, scratch, scratch.snapshot)
    known = {
        *usual.holds,
        *usual.warnings,
        *(each.sentence for each in effects),
        *(held.fingerprint for held in usual.held),
    }
    return [_try(scenario, scratch, known) for scenario in SCENARIOS]


def try_as_it_is(scratch: Scratch, fetched: Snapshot) -> Result:
    """The answer with nothing wrong in it, as it came over the network: it may do no harm."""
    came = f"It came whole: {len(fetched.people):,} people, {len(fetched.sections):,} classes."
    found = consequences(scratch.plan(fetched), scratch, fetched)
    result = _judged(*AS_IT_IS, found, (), (), came)
    return result if result.end is End.THROUGH else replace(result, sentences=(came,))


def _try(scenario: Scenario, scratch: Scratch, known: set[str]) -> Result:
    """`known`: what is said and held of this school anyway, without any drill."""
    fed = scenario.spoil(scratch.snapshot)
    try:
        refuse_empty_school(fed, scratch.kept)
    except EmptyAnswer as refusal:
        refused = (refusal.message,)
        return Result(scenario.name, scenario.title, End.STOPPED, (BY_REFUSAL,), refused)
    planned = scratch.plan(fed)
    found = [
        each
        for each in consequences(planned, scratch, fed)
        if each.is_harm or each.sentence not in known
    ]
    by, said = _stopping(planned, known)
    nothing = " ".join(["It would change nothing here that it should not.", *_doubts(planned)])
    return _judged(scenario.name, scenario.title, found, by, said, nothing)


def _stopping(planned: Plan, known: set[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(what stopped it, in which words)."""
    doubted = [sentence for sentence in _doubts(planned) if sentence not in known]
    holds = [sentence for sentence in planned.holds if sentence not in known]
    at_work = {held.guard for held in planned.held if held.fingerprint not in known}
    titles = [title for guard, title in GUARDS.items() if guard in at_work]
    return (*([BY_DOUBT] if doubted else []), *titles), (*doubted, *holds)


def _doubts(planned: Plan) -> list[str]:
    return [
        warning for warning in planned.warnings if not planned.is_whole and "was removed" in warning
    ]


def _judged(
    name: str,
    title: str,
    found: Sequence["Consequence"],
    by: tuple[str, ...],
    said: tuple[str, ...],
    nothing: str,
) -> Result:
    harm = tuple(each.sentence for each in found if each.is_harm)
    if harm:
        return Result(name, title, End.THROUGH, (), harm)
    allowed = tuple(each.sentence for each in found)
    if by:
        return Result(name, title, End.STOPPED, by, (*said, *allowed))
    return Result(name, title, End.HARMLESS, (), allowed or (nothing,))


@dataclass(frozen=True, slots=True)
class Consequence:
    """Something that a plan would do to the people or lists here without asking anybody."""

    sentence: str
    is_harm: bool


def consequences(planned: Plan, scratch: Scratch, fed: Snapshot) -> list[Consequence]:
    """What a plan would do by itself that it should not do, or not to many."""
    look = _Look(planned, scratch, fed)
    return [
        *look.removals(),
        *look.identities(),
        *look.rises(),
        *look.duplicates(),
        *look.emptied_lists(),
        *look.retired_lists(),
    ]


class _Look:
    """One look at what a plan would do, beside who is here."""

    def __init__(self, planned: Plan, scratch: Scratch, fed: Snapshot) -> None:
        self._settings = scratch.settings_for(fed)
        self._own, self._usual = self._settings.limits_on(scratch.today), Limits()
        self._ended = {term.source_id for term in fed.terms if has_ended(term, scratch.today)}
        self._operations = planned.operations
        self._people = {
            row.id: row for row in scratch.kept.people if row.is_active and row.person.source_id
        }
        self._lists = {row.id: row for row in scratch.kept.lists if row.is_active}
        self._total = Counter(map(self._role, self._people.values()))

    def removals(self) -> Iterator[Consequence]:
        gone = Counter(
            self._role(row) for row, op in self._on_people(Action.ARCHIVE) if op.reason == "gone"
        )
        limits = (self._own.removals, self._usual.removals)
        return self._by_role(gone, "would be archived", limits)

    def identities(self) -> Iterator[Consequence]:
        others = Counter(
            self._role(row)
            for row, op in self._on_people(Action.UPDATE, Action.LINK)
            if any(op.before.get(name) for name in _IDENTITY if name in op.after)
        )
        limits = (self._own.updates, self._usual.updates)
        return self._by_role(others, "would get another name, e-mail, id or parent", limits)

    def rises(self) -> Iterator[Consequence]:
        """Students who become staff, anybody who becomes an admin: one is too many."""
        staff = admins = 0
        for row, op in self._on_people(Action.UPDATE):
            before, after = set(row.person.roles), set(op.after.get("roles", ()))
            admins += Role.ADMIN in after - before
            staff += Role.STUDENT in before and not {Role.STAFF, Role.TEACHER}.isdisjoint(
                after - before
            )
        if staff:
            what = f"{Role.STUDENT.counted(staff)} would become staff"
            yield Consequence(f"{what}, and nobody would be asked.", True)
        if admins:
            what = f"{admins:,} {'person' if admins == 1 else 'people'} would become admin"
            yield Consequence(f"{what}, and nobody would be asked.", True)

    def duplicates(self) -> Iterator[Consequence]:
        """Arrivals who are here already, under the ids that the drill has made new."""
        here = {row.person.source_id: row for row in self._people.values()}
        twice = Counter(
            self._role(here[first_id])
            for op in self._operations
            if op.entity is Entity.PERSON and op.action is Action.CREATE
            if (first_id := op.source_id.removeprefix(NEW_ID)) in here
        )
        limits = (self._own.removals, self._usual.removals)
        return self._by_role(twice, "would be added a second time", limits)

    def emptied_lists(self) -> Iterator[Consequence]:
        """Lists that lose most members who stay at the school, while their terms run."""
        archived = {row.person.source_id for row, _ in self._on_people(Action.ARCHIVE)}
        percent = min(self._own.lists, self._usual.lists)
        classes = small = 0
        for op in self._operations:
            row = self._lists.get(op.kept_id or 0)
            if op.entity is not Entity.MEMBERS or row is None or row.list.term_id in self._ended:
                continue
            leaving = set(op.before.get("members", ())) - archived
            if len(leaving) * 100 > len(row.members) * percent:
                classes += len(row.members) >= _A_CLASS
                small += len(row.members) < _A_CLASS
        if classes:
            what = f"{classes:,} of {_lists(len(self._lists))} would lose most of their members"
            yield Consequence(f"{what}, and nobody would be asked.", True)
        if small:
            what = f"{_lists(small)} of fewer than {_A_CLASS} would lose most of their members"
            yield Consequence(f"{what}; lists so small may.", False)

    def retired_lists(self) -> Iterator[Consequence]:
        number = sum(
            1
            for op in self._operations
            if op.entity is Entity.LIST
            and op.action is Action.ARCHIVE
            and op.reason == "section_gone"
        )
        total = len(self._lists)
        what = f"{number:,} of {_lists(total)} would be retired"
        limits = (self._own.lists_retired, self._usual.lists_retired)
        return _measured(what, number, total, limits)

    def _by_role(
        self, numbers: Mapping[Role | None, int], what: str, limits: tuple[int, int]
    ) -> Iterator[Consequence]:
        for role in PRECEDENCE:
            number, total = numbers.get(role, 0), self._total[role]
            yield from _measured(
                f"{number:,} of {role.counted(total)} {what}", number, total, limits
            )

    def _on_people(self, *actions: Action) -> Iterator[tuple[KeptPerson, Operation]]:
        """The operations on people who are here and come from the roster."""
        for op in self._operations:
            row = self._people.get(op.kept_id or 0)
            if op.entity is Entity.PERSON and op.action in actions and row is not None:
                yield row, op

    def _role(self, row: KeptPerson) -> Role | None:
        return self._settings.deciding_role(row.person.roles)


def _measured(what: str, number: int, total: int, limits: tuple[int, int]) -> Iterator[Consequence]:
    """`limits`: the school's own and the usual one, in per cent."""
    own, usual = limits
    if not number:
        return
    if number <= _A_FEW or number * 100 <= total * min(own, usual):
        yield Consequence(f"{what}; so few are within the limits.", False)
    elif number * 100 <= total * own:
        yield Consequence(f"{what}, and this school’s own limit of {own} % lets them.", True)
    else:
        yield Consequence(f"{what}, and nobody would be asked.", True)


def _lists(number: int) -> str:
    return f"{number:,} {'list' if number == 1 else 'lists'}"
