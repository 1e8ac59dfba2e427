"""A school whose district changes its source: who of the new one is whom here.

What matching trusts every night (match.py) is trusted here: numbers and e-mails, never names or
usernames. Whoever is recognised gets the new id, and nobody else is touched: the next sync plans
the rest as ever, with its conflicts, holds and days of grace.
"""

from collections.abc import Mapping, Set
from dataclasses import dataclass, field, replace

from roster_dash.roster.guard import Guard
from roster_dash.roster.match import match_people
from roster_dash.roster.operations import Action, Entity, Operation
from roster_dash.roster.outcomes import Outcome
from roster_dash.roster.plan import Plan
from roster_dash.roster.records import Kept, KeptList, KeptPerson, Person, Snapshot
from roster_dash.roster.same_lists import match_lists
from roster_dash.roster.settings import SyncSettings

REASON = "switched"
FEW = 10
"""In a school with fewer people nobody doubts that it is the same one."""


@dataclass(frozen=True, slots=True)
class Former:
    """Ids that people and lists here have had: source_id -> row id."""

    people: Mapping[str, int] = field(default_factory=dict)
    lists: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Relinked:
    """The operations that give people and lists their new ids, and how all is after that."""

    operations: tuple[Operation, ...]
    kept: Kept


@dataclass(frozen=True, slots=True)
class Counted:
    """How many people are recognised, new, missing in the new source, and doubtful; how many lists
    are recognised, of how many."""

    recognised: int
    new: int
    missing: int
    ambiguous: int
    lists: int
    all_lists: int

    @property
    def is_doubtful(self) -> bool:
        """Whether hardly anybody is known: it may be another school, or another district."""
        here = self.recognised + self.missing
        return here >= FEW and self.recognised * 2 < here


def relink(snapshot: Snapshot, kept: Kept, settings: SyncSettings, former: Former) -> Relinked:
    """Gives whoever is recognised the id of the new source. Those added by hand wait for a sync."""
    records = {person.source_id: person for person in snapshot.people if person.source_id}
    people = _with_former_ids(kept.people, former, records)
    matches = match_people(list(records.values()), people)
    record_of = {row.id: records[source_id] for source_id, row in matches.of.items()}
    operations: list[Operation] = []
    after: list[KeptPerson] = []
    for row in kept.people:
        record = record_of.get(row.id)
        if record is None or not row.person.source_id:
            after.append(row)
            continue
        person = _known_as(row, record, settings)
        after.append(replace(row, person=person))
        operations += _person(row, person)
    known = Kept(tuple(after), _lists_with_former_ids(kept, former, snapshot))
    section_of = {row.id: source_id for source_id, row in match_lists(snapshot, known).items()}
    terms = {section.source_id: section.term_id for section in snapshot.sections}
    lists: list[KeptList] = []
    for here in kept.lists:
        source_id = section_of.get(here.id)
        if source_id is None:
            lists.append(here)
            continue
        term_id = terms[source_id] or here.list.term_id
        wanted = replace(here.list, source_id=source_id, term_id=term_id)
        lists.append(replace(here, list=wanted))
        operations += _list(here, lists[-1])
    return Relinked(tuple(operations), Kept(known.people, tuple(lists)))


def count(relinked: Relinked, snapshot: Snapshot, planned: Plan, settings: SyncSettings) -> Counted:
    """What the switch would do, and `planned`, the plan of the first sync after it, would find."""
    there = {person.source_id for person in snapshot.people}
    asked = {each.operation.source_id for each in planned.held if each.guard is Guard.REKEY}
    conflicts = {
        source_id for outcome, _, source_id, _, _ in planned.outcomes if outcome is Outcome.CONFLICT
    }
    doubtful = (asked | conflicts) & there
    people = [row for row in relinked.kept.people if row.is_active and row.included]
    ours = [row for row in people if row.person.source_id and _is_on(row.person, settings)]
    new = [each for each in planned.outcomes if each.outcome in (Outcome.CREATED, Outcome.HELD)]
    lists = [row for row in relinked.kept.lists if row.is_active and row.list.source_id]
    sections = {section.source_id for section in snapshot.sections}
    return Counted(
        recognised=sum(1 for row in ours if row.person.source_id in there),
        new=sum(
            1
            for each in new
            if each.kept_id is None and each.source_id in there and each.source_id not in doubtful
        ),
        missing=sum(1 for row in ours if row.person.source_id not in there),
        ambiguous=len(doubtful),
        lists=sum(1 for row in lists if row.list.source_id in sections),
        all_lists=len(lists),
    )


def chosen_by_name(settings: SyncSettings, before: Mapping[str, str]) -> tuple[str, ...]:
    """The chosen terms without ids of the former source. `before`: its term ids -> names."""
    terms = (before.get(each) or each for each in settings.class_list_terms)
    return tuple(dict.fromkeys(terms))


def _is_on(person: Person, settings: SyncSettings) -> bool:
    return settings.deciding_role(person.roles) is not None


def _with_former_ids(
    people: tuple[KeptPerson, ...], former: Former, records: Mapping[str, Person]
) -> list[KeptPerson]:
    """Who comes back to a source is known there by the id that they had."""
    taken = {row.person.source_id for row in people}
    back = _back(former.people, records.keys() - taken)
    return [
        replace(row, person=replace(row.person, source_id=back[row.id])) if row.id in back else row
        for row in people
    ]


def _lists_with_former_ids(kept: Kept, former: Former, snapshot: Snapshot) -> tuple[KeptList, ...]:
    taken = {row.list.source_id for row in kept.lists}
    back = _back(former.lists, {section.source_id for section in snapshot.sections} - taken)
    return tuple(
        replace(row, list=replace(row.list, source_id=back[row.id])) if row.id in back else row
        for row in kept.lists
    )


def _back(former: Mapping[str, int], there: Set[str]) -> dict[int, str]:
    """Row id -> the former id under which it is there; nobody else has it meanwhile."""
    return {row_id: source_id for source_id, row_id in former.items() if source_id in there}


def _known_as(row: KeptPerson, record: Person, settings: SyncSettings) -> Person:
    """With the ids of the new record; the sis_id where syncs may set it."""
    role = settings.deciding_role(record.roles)
    follows = role is not None and settings.role(role).auto_update
    stays = "sis_id" in row.set_here or "sis_id" in settings.left_alone or not follows
    sis_id = row.person.sis_id if stays or not record.sis_id else record.sis_id
    return replace(row.person, source_id=record.source_id, sis_id=sis_id)


def _person(row: KeptPerson, person: Person) -> list[Operation]:
    names = ("source_id", "sis_id")
    changed = [name for name in names if getattr(row.person, name) != getattr(person, name)]
    before = {name: getattr(row.person, name) for name in changed}
    after = {name: getattr(person, name) for name in changed}
    about = (Entity.PERSON, Action.LINK, REASON, person.source_id, row.id, person.name)
    return [Operation(*about, before, after)] if changed else []


def _list(row: KeptList, after: KeptList) -> list[Operation]:
    names = ("source_id", "term_id")
    changed = [name for name in names if getattr(row.list, name) != getattr(after.list, name)]
    values = ({name: getattr(each.list, name) for name in changed} for each in (row, after))
    about = (Entity.LIST, Action.UPDATE, REASON, after.list.source_id, row.id, row.list.title)
    return [Operation(*about, *values)] if changed else []
