"""Where the marks and lines of pictures are: numbers and paths for SVG. No words, no colours."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from roster_dash.roster.days import DayState

MARKS: Mapping[DayState, str] = {
    DayState.FAILED: "m2 2 6 6m0-6-6 6",
    DayState.HELD: "m5 1v4.8m0 2.9v.1",
    DayState.LOOK: "m3 3.3a2 2 0 1 1 2.8 1.8c-.6.3-.8.6-.8 1.2m0 2.4v.1",
    DayState.SUCCEEDED: "m1.5 5.5 2.5 2.5 4.5-5.5",
    DayState.CANCELLED: "m2 5h6",
    DayState.NONE: "m5 5v.1",
}
"""A state's mark, told by its shape alone: strokes within 10 × 10 from wherever the path is."""

ROW_LABELS, HEAD = 32, 18
COLUMN, ROW = 41, 31
CELL_WIDTH, CELL_HEIGHT = 38, 28
_EDGE = 2
"""Room for half of the last cells' frames."""

PITCH, STRIP_HEIGHT = 12, 16
_BAR = "h10.5v16h-10.5z"


@dataclass(frozen=True, slots=True)
class Place:
    day: date
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class Grid:
    """One column a week, Monday at the top; `heads`: the Monday above each column."""

    heads: Sequence[Place]
    places: Sequence[Place]
    width: int
    height: int


def first_day(today: date, weeks: int) -> date:
    """The Monday with which so many weeks begin, this one being the last."""
    return today - timedelta(days=today.weekday() + 7 * (weeks - 1))


def grid(today: date, weeks: int) -> Grid:
    """Each day of so many weeks up to today."""
    first = first_day(today, weeks)
    days = [first + timedelta(days=back) for back in range((today - first).days + 1)]
    return Grid(
        heads=[Place(day, _column(number), HEAD - 6) for number, day in enumerate(days[::7])],
        places=[
            Place(day, _column(number // 7), HEAD + ROW * day.weekday())
            for number, day in enumerate(days)
        ],
        width=_column(weeks) - (COLUMN - CELL_WIDTH) + _EDGE,
        height=HEAD + 7 * ROW - (ROW - CELL_HEIGHT) + _EDGE,
    )


def _column(number: int) -> int:
    return ROW_LABELS + COLUMN * number


def mark(state: DayState, x: float, y: float) -> str:
    """The path of a state's mark whose box begins there."""
    return f"M{_short(x)} {_short(y)}{MARKS[state]}"


@dataclass(frozen=True, slots=True)
class Band:
    """All days of a strip in one state: their bars, and their marks on them."""

    state: DayState
    bars: str
    marks: str


def strip(states: Sequence[DayState]) -> list[Band]:
    """Days side by side, as few paths as there are states: a page has a strip for each school.

    A day that went well is a bar without a mark.
    """
    bands = []
    for state in dict.fromkeys(states):
        at = [index * PITCH for index, each in enumerate(states) if each is state]
        marks = "" if state is DayState.SUCCEEDED else "".join(mark(state, x, 3) for x in at)
        bands.append(Band(state, "".join(f"M{x} 0{_BAR}" for x in at), marks))
    return bands


def strip_width(days: int) -> float:
    return PITCH * days - 1.5


@dataclass(frozen=True, slots=True)
class Line:
    """`path` draws steps; the line ends at (`x`, `y`)."""

    path: str
    x: float
    y: float


def steps(points: Sequence[tuple[int, int]], span: int, width: int, height: int) -> Line:
    """Numbers that hold until the next one: `points` are (day, number) with days ascending in
    0..span, the picture is so wide and high and leaves room for a stroke and the dot at its end."""
    room = 3.0
    numbers = [number for _, number in points]
    low, high = min(numbers), max(numbers)

    def across(day: int) -> float:
        return room + (width - 2 * room) * (day / span if span else 1)

    def down(number: int) -> float:
        share = (number - low) / (high - low) if high > low else 0.5
        return height - room - share * (height - 2 * room)

    path, last = f"M{_short(across(points[0][0]))} {_short(down(numbers[0]))}", numbers[0]
    for day, number in points[1:]:
        if number != last:
            path, last = f"{path}H{_short(across(day))}V{_short(down(number))}", number
    end = across(span)
    return Line(f"{path}H{_short(end)}", round(end, 1), round(down(last), 1))


def _short(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")
