"""People and lists of a school, now and then, for spreadsheets and programs."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import click

from roster_dash.cli.output import answers, print_csv, print_json, tell
from roster_dash.roster.difference import SIDES, Change, ChangedList, Difference, Thing
from roster_dash.roster.errors import BadInput
from roster_dash.roster.moments import moment_of
from roster_dash.roster.origin import capital
from roster_dash.store import audit, export, past, schools
from roster_dash.store.audit import Did
from roster_dash.store.tables import School
from roster_dash.store.transactions import commit

_format = click.option(
    "--format", "form", type=click.Choice(["csv", "json"]), default="csv", show_default=True
)
_all = click.option("--all", "archived", is_flag=True, help="Archived ones too.")
_as_of = click.option(
    "--as-of",
    "as_of",
    metavar="DATE",
    help="As they were at the end of a day (2026-08-31, the school’s clock) or at a moment "
    "(2026-08-31T14:30).",
)


@click.command("people", help="A school's active people, now or in the past.")
@click.argument("school_ref", metavar="SCHOOL")
@_format
@_all
@_as_of
@answers
def people(school_ref: str, form: str, archived: bool, as_of: str | None, as_json: bool) -> None:
    school = schools.find_school(school_ref)
    rows = list(export.export_people(school.id, archived=archived, as_of=_moment(school, as_of)))
    _record(school, "people", len(rows))
    if as_json or form == "json":
        print_json(rows)
    else:
        print_csv(export.PEOPLE_COLUMNS, rows)


@click.command("lists", help="A school's active user lists with their people, now or in the past.")
@click.argument("school_ref", metavar="SCHOOL")
@_format
@_all
@_as_of
@answers
def lists(school_ref: str, form: str, archived: bool, as_of: str | None, as_json: bool) -> None:
    school = schools.find_school(school_ref)
    rows = list(export.export_lists(school.id, archived=archived, as_of=_moment(school, as_of)))
    _record(school, "lists", len(rows))
    if as_json or form == "json":
        print_json(rows)
    else:
        print_csv(export.LIST_COLUMNS, rows)


@click.command("difference", help="What changed at a school between two days or moments.")
@click.argument("school_ref", metavar="SCHOOL")
@click.argument("start_text", metavar="FROM")
@click.argument("end_text", metavar="TO")
@answers
def difference(school_ref: str, start_text: str, end_text: str, as_json: bool) -> None:
    school = schools.find_school(school_ref)
    start = moment_of(start_text, school.timezone)
    end = moment_of(end_text, school.timezone)
    if start > end:
        raise BadInput(
            f"FROM ({start_text}) is later than TO ({end_text}); name the earlier one first."
        )
    found = past.differences(school.id, start, end)
    document = {"school": school.id, "from": start.isoformat(), "to": end.isoformat()}
    tell(document | _document(found), _lines(found), wants_json=as_json)


def _record(school: School, what: str, number: int) -> None:
    audit.record(Did.EXPORTED, school=school, about=what, after={"rows": number})
    commit()


def _moment(school: School, text: str | None) -> datetime | None:
    return None if text is None else moment_of(text, school.timezone)


def _document(found: Difference) -> dict[str, Any]:
    """{"summary", "people": {"joined", "left", "changed"}, "lists": {"made", "retired", …}}."""
    return {
        "summary": found.summary,
        "people": {
            "joined": [_thing(person) for person in found.joined],
            "left": [_thing(person) for person in found.left],
            "changed": [
                _thing(row.person) | {"changes": _changes(row.changes)} for row in found.changed
            ],
        },
        "lists": {
            "made": [_list(row) for row in found.made],
            "retired": [_list(row) for row in found.retired],
            "changed": [_list(row) for row in found.changed_lists],
        },
    }


def _thing(thing: Thing) -> dict[str, Any]:
    return {"id": thing.id, "source_id": thing.source_id, "name": thing.name}


def _list(row: ChangedList) -> dict[str, Any]:
    return {
        "id": row.list.id,
        "source_id": row.list.source_id,
        "title": row.list.name,
        "changes": _changes(row.changes),
        "added": {side: list(map(_thing, row.added.get(side, ()))) for side in SIDES},
        "removed": {side: list(map(_thing, row.removed.get(side, ()))) for side in SIDES},
    }


def _changes(changes: Sequence[Change]) -> list[dict[str, Any]]:
    """The values as the columns of `people` and `lists` have them."""
    return [
        {"column": c.column, "before": _exported(c.before), "after": _exported(c.after)}
        for c in changes
    ]


def _exported(value: Any) -> Any:
    return ";".join(value) if isinstance(value, list) else value


def _lines(found: Difference) -> Iterator[str]:
    yield f"{capital(found.summary)}."
    for title, things in (("Joined", found.joined), ("Left", found.left)):
        yield from (f"{title}: {thing.name}" for thing in things)
    for person in found.changed:
        yield f"Changed: {person.person.name}: {'; '.join(_change_words(person.changes))}"
    for title, rows in (
        ("List made", found.made),
        ("List retired", found.retired),
        ("List changed", found.changed_lists),
    ):
        for row in rows:
            words = [*_change_words(row.changes), *_member_words(row)]
            yield f"{title}: {row.list.name}: {'; '.join(words) or 'nobody on it'}"


def _change_words(changes: Sequence[Change]) -> list[str]:
    return [f"{c.column} {_word(c.before)} → {_word(c.after)}" for c in changes]


def _member_words(row: ChangedList) -> list[str]:
    return [
        f"{side} {verb} {', '.join(person.name for person in people[side])}"
        for side in SIDES
        for verb, people in (("added", row.added), ("removed", row.removed))
        if side in people
    ]


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return str(_exported(value)) or "nothing"


COMMANDS = (people, lists, difference)
