"""AMBER: who is missing waits out some days and some healthy runs before they are archived."""

from datetime import date
from enum import StrEnum

from roster_dash.roster.history import FOR_EVER, Leaving
from roster_dash.roster.records import KeptPerson

HEALTHY_RUNS = 3


class Stage(StrEnum):
    ENTERS = "enters"
    WAITS = "waits"
    DUE = "due"


def stage_of(row: KeptPerson, days: int, today: date) -> Stage:
    """Where somebody missing today is on the way, if this run is a healthy one."""
    if days == 0:
        return Stage.DUE
    leaving = row.leaving
    if leaving is None or is_new(row):
        return Stage.ENTERS
    is_due = leaving.runs + 1 >= HEALTHY_RUNS and (today - leaving.since).days >= days
    return Stage.DUE if is_due else Stage.WAITS


def is_new(row: KeptPerson) -> bool:
    """Whether the countdown of somebody missing has yet to begin."""
    return row.leaving is None or row.leaving.runs == 0


def noticed(row: KeptPerson, today: date) -> Leaving:
    """Somebody missing whom nothing will archive: since when, and no run counts."""
    return Leaving(row.leaving.since if row.leaving else today, 0)


def counted(row: KeptPerson, today: date) -> Leaving:
    """The countdown after one more healthy run."""
    if row.leaving is None or is_new(row):
        return Leaving(today, 1)
    return Leaving(row.leaving.since, row.leaving.runs + 1)


def stays(row: KeptPerson, today: date) -> str:
    """The reason why somebody here lets a missing person stay today; "" if nobody does."""
    if row.stays_until is None or row.stays_until < today:
        return ""
    return "kept_here" if row.stays_until == FOR_EVER else "snoozed"


def days_left(leaving: Leaving, days: int, today: date) -> int:
    """Days until somebody may be archived; 0 if only healthy runs are wanting."""
    return max(0, days - (today - leaving.since).days)


def runs_left(leaving: Leaving) -> int:
    """Healthy runs until somebody may be archived."""
    return max(0, HEALTHY_RUNS - leaving.runs)
