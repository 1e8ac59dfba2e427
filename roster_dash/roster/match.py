"""Who in the roster is whom here.

1. The source's own id.
2. For people here without such a match: sis_id or student number, within a role. Another source
   may number people otherwise: of somebody who has an id already, a number tells nothing where
   name, e-mail and the other number all differ.
3. Then e-mail, within a role, only where it is unique on both sides, and not from one person to
   another: their numbers and their names differ.

Never by name, never across students and adults, and two records never become one person.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from roster_dash.roster.records import KeptPerson, Person
from roster_dash.roster.roles import Role

Trait = tuple[str, str, str]
T = TypeVar("T")

_NUMBERED = (Role.STUDENT, Role.TEACHER, Role.STAFF)
"""Of several roles, the first of these is the one whose sis_id a person has."""


@dataclass(slots=True)
class Matches:
    """`of` maps a record's source_id to the person here; `conflicts` to everyone it fits.

    `by_number_only`: records in conflict whose number is somebody's that they seem not to be.
    """

    of: dict[str, KeptPerson] = field(default_factory=dict)
    conflicts: dict[str, tuple[KeptPerson, ...]] = field(default_factory=dict)
    by_number_only: set[str] = field(default_factory=set)


def match_people(records: Sequence[Person], kept: Sequence[KeptPerson]) -> Matches:
    """Match roster records with the people here. `records`: one per source_id."""
    by_source = {row.person.source_id: row for row in kept if row.person.source_id}
    matches = Matches()
    unmatched: list[Person] = []
    for record in records:
        row = by_source.get(record.source_id)
        if row is None:
            unmatched.append(record)
        else:
            matches.of[record.source_id] = row
    taken = {row.id for row in matches.of.values()}
    if unmatched and len(taken) < len(kept):
        free = [row for row in kept if row.id not in taken]
        doubted = _match_by_numbers(unmatched, free, matches)
        _match_by_email(records, kept, matches)
        _leave_to_somebody(doubted, matches)
    return matches


def _match_by_numbers(
    records: Iterable[Person], free: Iterable[KeptPerson], matches: Matches
) -> dict[str, tuple[KeptPerson, ...]]:
    """Gives whom records have nothing but a number in common with: source_id -> people here."""
    index = _by_number(free)
    fits: dict[str, dict[int, KeptPerson]] = {}
    doubted: dict[str, tuple[KeptPerson, ...]] = {}
    claims: dict[int, int] = defaultdict(int)
    for record in records:
        fitting = {row.id: row for trait in _numbers(record) for row in index.get(trait, ())}
        rows = {key: row for key, row in fitting.items() if not _is_another(record, row.person)}
        if len(rows) < len(fitting):
            doubted[record.source_id] = tuple(
                row for key, row in fitting.items() if key not in rows
            )
        if rows:
            fits[record.source_id] = rows
            for row_id in rows:
                claims[row_id] += 1
    for source_id, rows in fits.items():
        first, *others = rows.values()
        if others or claims[first.id] > 1:
            matches.conflicts[source_id] = (first, *others)
        else:
            matches.of[source_id] = first
    return doubted


def _by_number(rows: Iterable[KeptPerson]) -> Mapping[Trait, Sequence[KeptPerson]]:
    index: dict[Trait, list[KeptPerson]] = defaultdict(list)
    for row in rows:
        for trait in _numbers(row.person):
            index[trait].append(row)
    return index


def _leave_to_somebody(doubted: Mapping[str, tuple[KeptPerson, ...]], matches: Matches) -> None:
    """A record whose number is that of somebody else by all the rest is nobody's yet."""
    taken = {row.id for row in matches.of.values()}
    for source_id, rows in doubted.items():
        free = tuple(row for row in rows if row.id not in taken)
        if free and source_id not in matches.of and source_id not in matches.conflicts:
            matches.conflicts[source_id] = free
            matches.by_number_only.add(source_id)


def _is_another(record: Person, person: Person) -> bool:
    """Whether all that is known of both but one number tells them apart."""
    if not person.source_id:
        return False
    here, there = _full_name(person), _full_name(record)
    numbers = (person.sis_id, person.student_number), (record.sis_id, record.student_number)
    agree = all(numbers[0]) and numbers[0] == numbers[1]
    same_address = "@" in record.email and record.email.casefold() == person.email.casefold()
    return bool(here and there) and here != there and not agree and not same_address


def _full_name(person: Person) -> str:
    return " ".join(f"{person.first_name} {person.last_name}".split()).casefold()


def _match_by_email(
    records: Iterable[Person], kept: Iterable[KeptPerson], matches: Matches
) -> None:
    """Unique means over everyone, matched already or not: a shared address proves nothing."""
    here = _by_email(kept, lambda row: row.person)
    there = _by_email(records, lambda record: record)
    taken = {row.id for row in matches.of.values()}
    taken.update(row.id for rows in matches.conflicts.values() for row in rows)
    for trait, (record, *other_records) in there.items():
        if record.source_id in matches.of or record.source_id in matches.conflicts:
            continue
        rows = here.get(trait, [])
        if other_records or len(rows) != 1 or rows[0].id in taken:
            continue
        if not _is_handed_over(record, rows[0].person):
            matches.of[record.source_id] = rows[0]
            taken.add(rows[0].id)


def _by_email(each: Iterable[T], person_of: Callable[[T], Person]) -> dict[Trait, list[T]]:
    found: dict[Trait, list[T]] = defaultdict(list)
    for one in each:
        for trait in _emails(person_of(one)):
            found[trait].append(one)
    return found


def _is_handed_over(record: Person, person: Person) -> bool:
    """Whether an address has gone from somebody to somebody else."""
    numbers = ((record.sis_id, person.sis_id), (record.student_number, person.student_number))
    differ = any(there and here and there != here for there, here in numbers)
    same_name = (record.first_name.casefold(), record.last_name.casefold()) == (
        person.first_name.casefold(),
        person.last_name.casefold(),
    )
    return differ and not same_name


def _numbers(person: Person) -> list[Trait]:
    """A number counts within the role that it is of: two roles' numbers may be the same."""
    role = next((role for role in _NUMBERED if role in person.roles), None)
    if role is None:
        return []
    numbers = [(role, "sis_id", person.sis_id)]
    if role is Role.STUDENT:
        numbers.append((role, "student_number", person.student_number))
    return [trait for trait in numbers if trait[2]]


def _emails(person: Person) -> list[Trait]:
    address = person.email.casefold()
    return [(role, "email", address) for role in person.roles if "@" in address]
