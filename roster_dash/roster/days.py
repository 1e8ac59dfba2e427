"""A school's days: what the runs that ended on one came to, in one state."""

from collections.abc import Iterable
from enum import StrEnum

from roster_dash.roster.report import NO_COUNTS, Counts, needs_a_person


class DayState(StrEnum):
    """The one that needs a person most first. LOOK: it went well and still asks for somebody."""

    FAILED = "failed"
    HELD = "held"
    LOOK = "look"
    SUCCEEDED = "succeeded"
    CANCELLED = "cancelled"
    NONE = ""
    """No run ended on that day."""

    @property
    def rank(self) -> int:
        return list(DayState).index(self)


def state_of(status: str, counts: Counts | None, warnings: list[str]) -> DayState:
    """Of one run that is over."""
    if status == DayState.SUCCEEDED and needs_a_person(counts or NO_COUNTS, warnings):
        return DayState.LOOK
    return DayState(status)


def worst(states: Iterable[DayState]) -> DayState:
    return min(states, key=lambda state: state.rank, default=DayState.NONE)
