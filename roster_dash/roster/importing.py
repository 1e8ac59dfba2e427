"""People from a CSV file, before the first sync: it then matches them and makes nobody twice.

Nobody who is here already is changed; a line that can't be used is named, and then none is added.
"""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from roster_dash.roster.match import match_people
from roster_dash.roster.records import KeptPerson, Person
from roster_dash.roster.roles import FORM_ORDER

COLUMNS = ("first_name", "last_name", "role", "email", "grade", "student_number", "sis_id")
NEEDED = ("first_name", "last_name", "role")
MOST = 5000
_ROLES = {word: role for role in FORM_ORDER for word in (role.value, role.setting)}


@dataclass(frozen=True, slots=True)
class Import:
    """`new` would be added; `here` are the lines of people who are here already."""

    new: tuple[Person, ...] = ()
    here: tuple[Person, ...] = ()
    errors: tuple[str, ...] = ()


def plan_import(text: str, kept: Sequence[KeptPerson]) -> Import:
    """What a file would add. The first line names the columns, in any order and case."""
    reader = csv.DictReader(io.StringIO(text.lstrip("\ufeff"), newline=""), restkey="", strict=True)
    try:
        names = [(name or "").strip().casefold() for name in reader.fieldnames or ()]
        if text := ", ".join(name for name in NEEDED if name not in names):
            return Import(errors=(f"The first line must name the columns {text}.",))
        reader.fieldnames = names
        lines = [(reader.line_num, line) for line in reader]
    except csv.Error:
        return Import(errors=(f"Line {reader.line_num} is not CSV: a quote is not closed.",))
    if len(lines) > MOST:
        return Import(errors=(f"The file has {len(lines):,} lines; at most {MOST:,} go at once.",))
    people: list[Person] = []
    errors: list[str] = []
    for number, line in lines:
        person = _person(number, line)
        if isinstance(person, str):
            errors.append(f"Line {number}: {person}")
        else:
            people.append(person)
    if errors:
        return Import(errors=tuple(errors))
    matches = match_people(people, kept)
    known = {*matches.of, *matches.conflicts}
    return Import(
        new=tuple(person for person in people if person.source_id not in known),
        here=tuple(person for person in people if person.source_id in known),
    )


def _person(number: int, line: dict[str, str | None]) -> Person | str:
    """A line's person, under the line's number; or what is wrong with it."""
    values: dict[str, Any] = {name: (line.get(name) or "").strip()[:300] for name in COLUMNS}
    role = _ROLES.get(values.pop("role").casefold())
    if role is None:
        text, allowed = line.get("role") or "", ", ".join(_ROLES)
        return f"the role “{text}” is none of {allowed}."
    if not (values["first_name"] or values["last_name"]):
        return "there is no name."
    return Person(f"line-{number}", (role,), **values)
