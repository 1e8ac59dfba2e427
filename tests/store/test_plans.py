"""What a school costs must not grow with the schools beside it: how SQLite, which keeps no
statistics, finds its rows. PostgreSQL's choice depends on how many there are."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event

from roster_dash import clock
from roster_dash.extensions import db
from roster_dash.store import retention
from roster_dash.store.past import people_at, school_at
from roster_dash.store.transactions import commit
from tests.builders import Builder, a_section, a_snapshot, a_student, a_teacher

LARGE = ("people", "operations", "memberships", "user_lists", "holds")
"""Tables with the rows of all schools."""
_OF_ONE = ("rowid=", "school_id=", "run_id=", "entity_id=", "person_id=", "list_id=", "source_id=")
"""What few rows have in common, however many schools there are."""
_BY_SOMEBODY = "ix_operations_at (at>"
_READS = re.compile(rf"(?:SCAN|SEARCH) (?:{'|'.join(LARGE)})\b(?P<how>.*)")


@contextmanager
def explained() -> Iterator[list[tuple[str, str]]]:
    """(statement, step of its plan), of all that is asked within."""
    if db.engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL plans by statistics")
    asked: list[tuple[str, Any]] = []
    steps: list[tuple[str, str]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_more: Any) -> None:
        if re.match(r"\s*(SELECT|DELETE|UPDATE|WITH)\b", statement):
            asked.append((statement, parameters))

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield steps
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    for statement, parameters in asked:
        one = parameters[0] if isinstance(parameters, list) else parameters
        plan = db.session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", one)
        steps += [(statement, row[3]) for row in plan]


def too_much(steps: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Those by which rows of all schools are read."""
    return [(statement, step) for statement, step in steps if not _is_narrow(step)]


def _is_narrow(step: str) -> bool:
    reads = _READS.match(step)
    if reads is None or (step.startswith("SEARCH") and not reads["how"]):  # the first or last one
        return True
    _, _, columns = reads["how"].partition("(")
    return columns.startswith(_OF_ONE) or _BY_SOMEBODY in reads["how"]


def test_a_sync_reads_nothing_of_other_schools(make: Builder) -> None:
    school = make.school()
    make.settings(school, students="on", teachers="on", students__archive="on")
    classes = [a_section("c", students=("a", "b"), teachers=("t",))]
    before = [a_student("a"), a_student("b"), a_teacher("t")]
    make.synced(school, a_snapshot(before, classes))
    with explained() as steps:
        make.synced(school, a_snapshot([a_student("a"), a_student("n"), a_teacher("t")], classes))
    assert len(steps) > 20
    assert too_much(steps) == []


def test_cleaning_up_a_district_reads_nothing_of_others(make: Builder) -> None:
    school, now = make.school(), clock.now()
    retention.save_days(school.district, {"archived": 30, "history": 100, "mails": 30})
    with explained() as steps:
        retention.clean(school.district, now)
        assert not retention.clean_log(school.district, now)
        commit()
    assert len(steps) > 5
    assert too_much(steps) == []


def test_a_day_of_a_school_reads_nothing_of_others(make: Builder) -> None:
    make.synced(school := make.school(), a_snapshot([a_student("a")]))
    with explained() as steps:
        people_at(school.id, clock.now())
        school_at(school.id, clock.now())
    assert len(steps) > 5
    assert too_much(steps) == []
