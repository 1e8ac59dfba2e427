"""What somebody wants to see of the past, and what there was."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from roster_dash import clock
from roster_dash.planning import today_at
from roster_dash.roster.difference import SIDES, Difference, State, Thing
from roster_dash.roster.errors import BadInput
from roster_dash.roster.moments import EARLIEST, is_day, moment_of
from roster_dash.roster.operations import Values
from roster_dash.roster.records import Status
from roster_dash.roster.searching import is_found
from roster_dash.store import export, past
from roster_dash.store.paging import Place
from roster_dash.store.tables import School

PAGE = 50
PEOPLE, LISTS = "people", "lists"

_PERSON_IDS = ("source_id", "sis_id", "student_number")


@dataclass(frozen=True, slots=True)
class Asked:
    """`at` and `compare` as typed, "" for none; `what`: people or lists; `status`: "" is any."""

    at: str = ""
    compare: str = ""
    what: str = PEOPLE
    q: str = ""
    status: str = Status.ACTIVE.value
    after: int = 0

    def query(self, **changes: Any) -> dict[str, Any]:
        """The same for an address, with something changed; what is as usual stays out of it."""
        usual, wanted = asdict(Asked()), asdict(replace(self, **changes))
        return {name: value for name, value in wanted.items() if value != usual[name]}


@dataclass(frozen=True, slots=True)
class Line:
    """A person or list as it was. `people`: side -> those on the list."""

    thing: Thing
    values: Values
    people: Mapping[str, Sequence[Thing]]


@dataclass(frozen=True, slots=True)
class View:
    """One page of how it was."""

    when: str
    lines: Sequence[Line]
    place: Place


@dataclass(frozen=True, slots=True)
class Comparison:
    """`start` and `end` in words."""

    start: str
    end: str
    difference: Difference


def view(school: School, asked: Asked) -> View | Comparison | None:
    """What was asked for; None if nothing was. Errors: BadInput for what is no day or moment."""
    if asked.compare and not asked.at:
        raise BadInput("Choose the day under “As of”; the second day is compared with it.")
    if not asked.at:
        return None
    return _compared(school, asked) if asked.compare else _seen(school, asked)


def _compared(school: School, asked: Asked) -> Comparison:
    """The earlier of the two first, whichever was typed first."""
    zone = school.timezone
    start, end = sorted((moment_of(text, zone), text) for text in (asked.at, asked.compare))
    difference = past.differences(school.id, start[0], end[0])
    return Comparison(in_words(*start, zone), in_words(*end, zone), difference)


def _seen(school: School, asked: Asked) -> View:
    moment = moment_of(asked.at, school.timezone)
    if asked.what == LISTS:
        state = past.school_at(school.id, moment)
        found = {key: row for key, row in state.lists.items() if _is_list(row, asked)}
    else:
        state = past.people_at(school.id, moment)
        found = {key: row for key, row in state.people.items() if _is_person(row, asked)}
    ids = sorted(found)
    start = sum(1 for key in ids if key <= asked.after)
    shown = ids[start : start + PAGE]
    return View(
        when=in_words(moment, asked.at, school.timezone),
        lines=[_line(state, asked.what, key, found[key]) for key in shown],
        place=_place(ids, start, len(shown)),
    )


def _place(ids: Sequence[int], start: int, number: int) -> Place:
    end = start + number
    back = ids[start - PAGE - 1] if start > PAGE else 0
    following = ids[end - 1] if len(ids) > end else None
    return Place(start + 1 if number else 0, end, len(ids), back if start else None, following)


def _is_person(row: Values, asked: Asked) -> bool:
    names = [f"{row['first_name']} {row['last_name']}", row["preferred_name"], row["email"]]
    return _fits(row, asked, *names, *(row[name] for name in _PERSON_IDS))


def _is_list(row: Values, asked: Asked) -> bool:
    return _fits(row, asked, row["title"], row["course"], row["source_id"])


def _fits(row: Values, asked: Asked, *texts: str) -> bool:
    return asked.status in ("", row["status"]) and is_found(asked.q, filter(None, texts))


def _line(state: State, what: str, key: int, row: Values) -> Line:
    if what == PEOPLE:
        return Line(state.person(key), row, {})
    people = {side: [state.person(person) for person in state.on_list(key, side)] for side in SIDES}
    return Line(state.user_list(key), row, people)


def exported(school: School, asked: Asked) -> tuple[Sequence[str], Iterator[export.Row]]:
    """(columns, rows) of `roster people` or `roster lists`, as of the moment.

    Archived ones are in it unless only active ones are asked for. Errors: BadInput.
    """
    moment = moment_of(asked.at, school.timezone)
    is_lists, archived = asked.what == LISTS, asked.status != Status.ACTIVE
    columns = export.LIST_COLUMNS if is_lists else export.PEOPLE_COLUMNS
    rows_of = export.export_lists if is_lists else export.export_people
    rows = rows_of(school.id, archived=archived, as_of=moment)
    return columns, (row for row in rows if asked.status in ("", row["status"]))


def in_words(moment: datetime, text: str, zone: str) -> str:
    """A moment typed as `text`, on the school’s clock: "the end of Monday 31 August 2026"."""
    if moment >= clock.now():
        return "now"
    if moment == EARLIEST:
        return "long ago"
    local = moment.astimezone(ZoneInfo(zone))
    day = f"{local:%A} {local.day} {local:%B %Y}"
    if is_day(text):
        return f"the end of {day}"
    return f"{day}, {local:%H:%M:%S %Z}" if local.second else f"{day}, {local:%H:%M %Z}"


def suggestions(school: School) -> list[tuple[str, dict[str, str]]]:
    """(words, what to ask) of what people often want to see."""
    today = today_at(school)
    days = {back: (today - timedelta(days=back)).isoformat() for back in (0, 1, 7, 30)}
    return [
        ("Yesterday", {"at": days[1], "compare": ""}),
        ("A week ago", {"at": days[7], "compare": ""}),
        ("A month ago", {"at": days[30], "compare": ""}),
        ("What changed in the last 7 days", {"at": days[7], "compare": days[0]}),
    ]
