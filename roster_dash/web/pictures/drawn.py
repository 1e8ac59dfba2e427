"""What templates draw: a picture's places from `geometry`, its words from `words`, its days from
the store. Each picture is one query, however many people, runs or schools there are."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import dropwhile

from flask import Flask, url_for
from flask_babel import gettext

from roster_dash import clock
from roster_dash.language import spoken, translated
from roster_dash.language.figures import day_in
from roster_dash.roster.days import DayState, worst
from roster_dash.roster.moments import day_of
from roster_dash.roster.roles import FORM_ORDER, Role
from roster_dash.store import days, schools
from roster_dash.store.days import Day, DistrictDay
from roster_dash.store.tables import District, School
from roster_dash.web.pictures import geometry, words
from roster_dash.web.pictures.chain import chain_of

WEEKS = 7
STRIP_DAYS = 14
LINE_DAYS = 90
LINE_WIDTH, LINE_HEIGHT = 240, 44
_LEGEND_STATES = (*(state for state in DayState if state), DayState.NONE)


def register(app: Flask) -> None:
    app.add_template_global(school_calendar)
    app.add_template_global(district_calendar)
    app.add_template_global(people_over_time)
    app.add_template_global(legend)
    app.add_template_global(chain_of)
    app.add_template_filter(words.tone, "day_tone")


@dataclass(frozen=True, slots=True)
class Cell:
    """`text` is short and beside the mark; `href` is "" where there is nothing to see."""

    place: geometry.Place
    tone: str
    mark: str
    text: str
    label: str
    href: str


@dataclass(frozen=True, slots=True)
class Calendar:
    """`heads` are the Mondays above the columns, as text; `weekdays` the days beside the rows."""

    grid: geometry.Grid
    today: date
    heads: Sequence[tuple[geometry.Place, str]]
    weekdays: Sequence[str]
    cells: Sequence[Cell]
    words: str
    states: Sequence[DayState]


def school_calendar(school: School) -> Calendar | None:
    """The last weeks of a school, day by day; None if no run ended in them."""
    today = day_of(clock.now(), school.timezone)
    found = days.of_school(school.id, geometry.first_day(today, WEEKS))
    if not found:
        return None

    def look(day: Day) -> tuple[DayState, str, str, str]:
        one = day.runs == 1 and day.run_id is not None
        href = (
            url_for("runs.page", run_id=day.run_id)
            if one
            else url_for("history.page", school_id=school.id, day=day.day)
        )
        return day.state, words.short_number(day.size), words.of_day(day, today), href

    seen = {day.day: look(day) for day in found}
    return _calendar(today, seen, words.of_calendar(found, today))


def district_calendar(district: District) -> Calendar | None:
    """The last weeks of a district: each day's worst state, and in how many schools it was."""
    today = day_of(clock.now(), schools.zone_of(district.id))
    found = days.of_district(district.id, geometry.first_day(today, WEEKS))
    if not found:
        return None

    def look(day: DistrictDay) -> tuple[DayState, str, str, str]:
        state = worst(day.schools)
        at = day.day
        href = url_for("district.history", district_id=district.id, since=at, until=at)
        label = words.of_district_day(day, today)
        return state, words.short_number(day.schools[state]), label, href

    seen = {day.day: look(day) for day in found}
    return _calendar(today, seen, words.of_district(found, today))


def _calendar(
    today: date, seen: Mapping[date, tuple[DayState, str, str, str]], told: str
) -> Calendar:
    grid = geometry.grid(today, WEEKS)
    nothing = (DayState.NONE, "", "", "")
    cells = []
    for place in grid.places:
        state, text, label, href = seen.get(place.day, nothing)
        mark = geometry.mark(state, place.x + 3, place.y + 9) if state else ""
        cells.append(Cell(place, words.tone(state), mark, text, label, href))
    states = {state for state, *_ in seen.values()}
    return Calendar(
        grid=grid,
        today=today,
        heads=[(head, words.short_day(head.day, head.day)) for head in grid.heads],
        weekdays=[day_in(spoken().locale, place.day, "EEE") for place in grid.places[:7]],
        cells=cells,
        words=told,
        states=[state for state in _LEGEND_STATES if state in states or not state],
    )


def legend(states: Sequence[DayState]) -> list[tuple[str, str, str]]:
    """(word, tone, mark in a box of 16 × 16) of each state."""
    return [(words.word(each), words.tone(each), geometry.mark(each, 3, 3)) for each in states]


@dataclass(frozen=True, slots=True)
class Strip:
    bands: Sequence[geometry.Band]
    label: str


@dataclass(frozen=True, slots=True)
class Strips:
    """School id -> its last days; `states`: all that are in any of them."""

    of: Mapping[int, Strip]
    width: float
    height: int
    states: Sequence[DayState]


def strips_of(zones: Mapping[int, str]) -> Strips:
    """Of some schools, given the zone of each."""
    now = clock.now()
    earliest = now.date() - timedelta(days=STRIP_DAYS)  # of the westernmost clock
    found = days.of_schools(list(zones), earliest)
    drawn, states = {}, {DayState.NONE}
    for school_id, zone in zones.items():
        today = day_of(now, zone)
        its = {day.day: day.state for day in found.get(school_id, ())}
        row = [
            its.get(today - timedelta(days=back), DayState.NONE)
            for back in reversed(range(STRIP_DAYS))
        ]
        states |= set(row)
        first = today - timedelta(days=STRIP_DAYS - 1)
        told = words.of_states(its, today, first)
        drawn[school_id] = Strip(
            geometry.strip(row),
            gettext("Last %(number)s days: %(told)s", number=STRIP_DAYS, told=told),
        )
    in_order = [state for state in _LEGEND_STATES if state in states]
    width = geometry.strip_width(STRIP_DAYS)
    return Strips(drawn, width, geometry.STRIP_HEIGHT, in_order)


@dataclass(frozen=True, slots=True)
class RoleLine:
    """How many people of a role there were; the lowest and highest numbers with their days."""

    role: Role
    line: geometry.Line
    now: int
    first: tuple[date, int]
    lowest: tuple[date, int]
    highest: tuple[date, int]
    label: str


@dataclass(frozen=True, slots=True)
class OverTime:
    lines: Sequence[RoleLine]
    days: int
    short_day: Callable[[date], str]


def people_over_time(school: School) -> OverTime:
    """One line a role that anybody has had, over the last days of which numbers are kept."""
    today = day_of(clock.now(), school.timezone)
    since = today - timedelta(days=LINE_DAYS)
    kept = [(max(day, since), people) for day, people in days.people_of(school.id, since)]
    begin = next((day for day, people in kept if any(people.values())), today)
    lines = []
    for role in FORM_ORDER:
        numbers = [(day, people.get(role.value, 0)) for day, people in kept]
        points = list(dropwhile(lambda point: not point[1], numbers))
        if points:
            lines.append(_role_line(role, points, begin, today))
    return OverTime(lines, LINE_DAYS, lambda day: words.short_day(day, today))


def _role_line(
    role: Role, points: Sequence[tuple[date, int]], begin: date, today: date
) -> RoleLine:
    """All lines begin at the same day; one of a role that nobody had then starts later."""
    at = [((day - begin).days, number) for day, number in points]
    span = (today - begin).days
    return RoleLine(
        role=role,
        line=geometry.steps(at, span, LINE_WIDTH, LINE_HEIGHT),
        now=points[-1][1],
        first=points[0],
        lowest=words.lowest(points),
        highest=words.highest(points),
        label=f"{translated(role.label)}: {words.of_numbers(points, today)}",
    )
