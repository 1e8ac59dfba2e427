"""What pictures show, in words and in the language of the page: for whoever doesn't look at them,
and for a second look."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date

from flask_babel import gettext

from roster_dash.language import spoken, translated
from roster_dash.language.figures import day_in
from roster_dash.roster.days import DayState
from roster_dash.store.days import Day, DistrictDay
from roster_dash.web.show import NEEDS_A_LOOK, STATES
from roster_dash.web.show import number as figures

NO_SYNC = "No sync"
_COUNTED = {
    DayState.FAILED: ("failed", "failed"),
    DayState.HELD: ("needs you", "need you"),
    DayState.LOOK: ("needs a look", "need a look"),
    DayState.SUCCEEDED: ("went well", "went well"),
    DayState.CANCELLED: ("was cancelled", "were cancelled"),
    DayState.NONE: ("without a sync", "without a sync"),
}
_MANY = 3


def word(state: DayState) -> str:
    """In English, for the legend."""
    if state is DayState.NONE:
        return NO_SYNC
    return NEEDS_A_LOOK[0] if state is DayState.LOOK else STATES[state][0]


def tone(state: DayState) -> str:
    """The class of its colours."""
    if state is DayState.NONE:
        return "none"
    return NEEDS_A_LOOK[1] if state is DayState.LOOK else STATES[state][1]


def short_day(day: date, today: date) -> str:
    """Like 3 Sep, with the year if it is another one."""
    pattern = "d MMM" if day.year == today.year else "d MMM y"
    return day_in(spoken().locale, day, pattern)


def long_day(day: date, today: date) -> str:
    said = translated(f"{day:%A} {day.day} {day:%B}")
    return said + (translated(", today") if day == today else "")


def short_number(number: int) -> str:
    """In at most four characters; blank for nothing."""
    if number < 1000:
        return str(number or "")
    if number < 9950:
        return f"{number / 1000:.1f}k".replace(".0k", "k")
    return f"{min(round(number / 1000), 999)}k"


def counted(number: int, one: str, many: str) -> str:
    return translated(f"{number:,} {one if number == 1 else many}")


def _changes(size: int) -> str:
    return counted(size, "change", "changes") if size else translated("nothing changed")


def of_day(day: Day, today: date) -> str:
    runs = counted(day.runs, "run", "runs")
    changes = _changes(day.size)
    return f"{long_day(day.day, today)}: {translated(word(day.state))}; {runs}, {changes}"


def of_district_day(day: DistrictDay, today: date) -> str:
    schools = counted(sum(day.schools.values()), "school", "schools")
    states = ", ".join(
        counted(day.schools[state], *_COUNTED[state])
        for state in DayState
        if day.schools.get(state)
    )
    changes = _changes(day.size)
    return f"{long_day(day.day, today)}, {schools}: {states}; {changes}"


def of_states(states: Mapping[date, DayState], today: date, first: date) -> str:
    """How many days of each state from one day to today, naming the few that didn't go well."""
    days = [date.fromordinal(number) for number in range(first.toordinal(), today.toordinal() + 1)]
    if states.get(today, DayState.NONE) is DayState.NONE:
        days.remove(today)  # it isn't over
    found = Counter(states.get(day, DayState.NONE) for day in days)
    parts = []
    for state in (DayState.SUCCEEDED, *DayState):
        number = found.pop(state, 0)
        if number:
            named = "" if state is DayState.SUCCEEDED else _named(days, states, state, today)
            parts.append(counted(number, *_COUNTED[state]) + named)
    return ", ".join(parts)


def _named(
    days: Sequence[date], states: Mapping[date, DayState], state: DayState, today: date
) -> str:
    which = [day for day in days if states.get(day, DayState.NONE) is state]
    if len(which) > _MANY:
        return ""
    return f" ({', '.join(short_day(day, today) for day in which)})"


def of_calendar(days: Sequence[Day], today: date) -> str:
    """A school's weeks in two sentences; `days` has those with a run, at least one."""
    states = {day.day: day.state for day in days}
    first, most = days[0].day, max(days, key=lambda day: day.size)
    told = [
        gettext(
            "Days since %(first)s: %(states)s.",
            first=short_day(first, today),
            states=of_states(states, today, first),
        )
    ]
    if most.size:
        changes = _changes(most.size)
        told.append(
            gettext(
                "Most changed on %(day)s: %(changes)s.",
                day=short_day(most.day, today),
                changes=changes,
            )
        )
    return " ".join(told)


def of_district(days: Sequence[DistrictDay], today: date) -> str:
    """A district's weeks in a sentence or two."""
    well = {DayState.SUCCEEDED, DayState.CANCELLED}
    bad = [day for day in days if set(day.schools) - well]
    synced, well_in_all = counted(len(days), "day", "days"), len(days) - len(bad)
    told = [
        gettext(
            "Of %(synced)s with syncs, %(well)s went well in every school.",
            synced=synced,
            well=well_in_all,
        )
    ]
    if bad:
        worst = max(
            reversed(bad), key=lambda day: sum(n for s, n in day.schools.items() if s not in well)
        )
        number = sum(n for state, n in worst.schools.items() if state not in well)
        schools = counted(number, "school", "schools")
        told.append(
            gettext(
                "Most trouble was on %(day)s, in %(schools)s.",
                day=short_day(worst.day, today),
                schools=schools,
            )
        )
    return " ".join(told)


def of_numbers(points: Sequence[tuple[date, int]], today: date) -> str:
    """The numbers of a line, for whoever doesn't see it."""

    def on(point: tuple[date, int]) -> str:
        return short_day(point[0], today)

    first, last = points[0], points[-1]
    low, high = lowest(points), highest(points)
    if low[1] == high[1]:
        return gettext(
            "%(number)s all the time since %(day)s", number=figures(last[1]), day=on(first)
        )
    return gettext(
        "%(first)s on %(first_day)s, %(last)s now; "
        "lowest %(low)s on %(low_day)s, highest %(high)s on %(high_day)s",
        first=figures(first[1]),
        first_day=on(first),
        last=figures(last[1]),
        low=figures(low[1]),
        low_day=on(low),
        high=figures(high[1]),
        high_day=on(high),
    )


def lowest(points: Sequence[tuple[date, int]]) -> tuple[date, int]:
    """The newest of the lowest."""
    return min(reversed(points), key=lambda point: point[1])


def highest(points: Sequence[tuple[date, int]]) -> tuple[date, int]:
    return max(reversed(points), key=lambda point: point[1])
