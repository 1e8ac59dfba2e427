"""How SQLite, which keeps no statistics, finds the rows of a statement. What PostgreSQL chooses
depends on how many there are."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from roster_dash.extensions import db
from tests.statements import executed

LARGE = ("people", "operations", "memberships", "user_lists", "holds", "runs", "snapshots")
"""Tables with the rows of all schools."""
_OF_ONE = (
    *("rowid=", "school_id=", "run_id=", "reverts_id="),
    *("entity_id=", "person_id=", "list_id=", "source_id="),
)
"""What few rows have in common, however many schools there are."""
_NARROW = (
    "ix_operations_at (at>",
    "uq_runs_one_active_per_school",
    "uq_holds_one_waiting",
    "ix_runs_status (status=",
)
"""So are what somebody did lately, and what is at work or waits."""
_READS = re.compile(rf"(?:SCAN|SEARCH) (?:{'|'.join(LARGE)})(?:_\d+)?\b(?P<how>.*)")

Steps = list[tuple[str, str]]
"""(statement, step of its plan)"""


@contextmanager
def explained() -> Iterator[Steps]:
    """Steps of all that is asked within; they are there at its end."""
    if db.engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL plans by statistics")
    asked: dict[str, Any] = {}
    steps: Steps = []

    def note(statement: str, parameters: Any) -> None:
        if re.match(r"\s*(SELECT|DELETE|UPDATE|WITH)\b", statement):
            asked[statement] = parameters[0] if isinstance(parameters, list) else parameters

    with executed(note):
        yield steps
    for statement, parameters in asked.items():
        explain = f"EXPLAIN QUERY PLAN {statement}"
        plan = db.session.connection().exec_driver_sql(explain, parameters)
        steps += [(statement, row[3]) for row in plan]


def of_all_schools(steps: Steps) -> Steps:
    """Those by which rows of all schools are read."""
    return [(statement, step) for statement, step in steps if not _is_narrow(step)]


def _is_narrow(step: str) -> bool:
    reads = _READS.match(step)
    if reads is None or (step.startswith("SEARCH") and not reads["how"]):  # the first or last one
        return True
    _, _, columns = reads["how"].partition("(")
    return columns.startswith(_OF_ONE) or any(way in reads["how"] for way in _NARROW)
