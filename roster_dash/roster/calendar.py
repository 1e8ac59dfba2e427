"""The school's year: days on which the sync pauses, or on which more may change than usual."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum


class PeriodKind(StrEnum):
    PAUSE = "pause"
    """No daily sync."""
    ROLLOVER = "rollover"
    """People may leave and change up to a stated share."""
    TERMS = "terms"
    """Lists may lose members and retire up to a stated share."""


@dataclass(frozen=True, slots=True)
class Period:
    """Both days are included. `percent`: what the limits are in it; 0 for a pause."""

    start: date
    end: date
    kind: PeriodKind
    percent: int = 0

    def __contains__(self, day: date) -> bool:
        return self.start <= day <= self.end

    def __str__(self) -> str:
        limit = f" {self.percent}" if self.percent else ""
        return f"{self.start}..{self.end} {self.kind}{limit}"


MOST_PERIODS = 40
_DAYS = timedelta(days=400)
_PERIOD = re.compile(
    r"(\d{4}-\d{2}-\d{2})\s*\.\.\s*(\d{4}-\d{2}-\d{2})\s+(pause|rollover|terms)(?:\s+(\d{1,3}))?"
)


def parse_period(text: str) -> Period:
    """`2027-06-12..2027-08-10 pause` or `2027-08-11..2027-08-25 rollover 60`.

    Errors: ValueError with what a period looks like.
    """
    match = _PERIOD.fullmatch(text.strip().casefold())
    if not match:
        raise ValueError(
            "say periods as 2027-06-12..2027-08-10 pause, or 2027-08-11..2027-08-25 rollover 60"
        )
    start, end = _day(match[1]), _day(match[2])
    kind, percent = PeriodKind(match[3]), int(match[4] or 0)
    if not start <= end <= start + _DAYS:
        raise ValueError(f"the period from {start} must end on that day or within 400 days after")
    if kind is PeriodKind.PAUSE and match[4]:
        raise ValueError("a pause has no per cent")
    if kind is not PeriodKind.PAUSE and not 1 <= percent <= 100:
        raise ValueError(f"say with {kind} how many per cent may change, from 1 to 100")
    return Period(start, end, kind, percent)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"there is no day {text}") from None


def percent_on(periods: Iterable[Period], day: date, kind: PeriodKind, usual: int) -> int:
    """The limit of a day: the usual one, or a higher one of a period that the day is in."""
    return max([usual, *(p.percent for p in periods if p.kind is kind and day in p)])


def is_paused(periods: Iterable[Period], day: date) -> bool:
    return any(period.kind is PeriodKind.PAUSE and day in period for period in periods)


def starting(periods: Iterable[Period], day: date) -> list[Period]:
    """The periods that begin on a day."""
    return [period for period in periods if period.start == day]


def ending(periods: Iterable[Period], day: date) -> list[Period]:
    """The periods whose last day is this one."""
    return [period for period in periods if period.end == day]
