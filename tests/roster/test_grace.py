"""The amber lane: who is missing waits out days and healthy runs."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest

from roster_dash.roster.history import FOR_EVER, Leaving
from roster_dash.roster.plan import Plan, plan
from roster_dash.roster.records import KeptPerson
from roster_dash.roster.settings import SyncSettings
from tests.builders import a_snapshot, a_student, a_teacher, here, kept, some_settings

MONDAY = date(2026, 11, 23)
ON = some_settings(students="on", students__archive="on", teachers="on", teachers__archive="on")


def step(rows: Sequence[KeptPerson], gone: int, day: date, settings: SyncSettings = ON) -> Plan:
    return plan(a_snapshot([row.person for row in rows[gone:]]), here(rows), settings, day)


def marked(rows: Sequence[KeptPerson], made: Plan) -> list[KeptPerson]:
    """The rows with their countdowns after a run."""
    return [
        replace(row, leaving=made.marks[row.id]) if row.id in made.marks else row for row in rows
    ]


def outcome(made: Plan, row: KeptPerson) -> tuple[str, str]:
    (end,) = [end for end in made.outcomes if end.kept_id == row.id]
    return str(end.outcome), end.reason


def days_until_archived(rows: list[KeptPerson], settings: SyncSettings = ON) -> int:
    for day in range(30):
        made = step(rows, 1, MONDAY + timedelta(days=day), settings)
        if outcome(made, rows[0])[0] == "archived":
            return day
        rows = marked(rows, made)
    raise AssertionError("never archived")


def students(number: int = 40) -> list[KeptPerson]:
    return [kept(a_student()) for _ in range(number)]


def test_a_student_is_archived_on_the_third_day_and_an_adult_on_the_seventh() -> None:
    assert days_until_archived(students()) == 3
    adults = [kept(a_teacher()) for _ in range(10)]
    assert days_until_archived(adults) == 7


def test_zero_days_archive_at_once_and_others_as_said() -> None:
    assert days_until_archived(students(), ON.changed({"grace.students": "0"})) == 0
    assert days_until_archived(students(), ON.changed({"grace.students": "5"})) == 5


def test_one_day_still_takes_three_healthy_runs() -> None:
    assert days_until_archived(students(), ON.changed({"grace.students": "1"})) == 2


def test_many_runs_on_one_day_shorten_nothing() -> None:
    rows = students()
    for _ in range(10):
        made = step(rows, 1, MONDAY)
        assert outcome(made, rows[0]) == ("leaving", "in_grace")
        rows = marked(rows, made)
    assert rows[0].leaving == Leaving(MONDAY, 10)


def test_runs_without_days_are_not_enough_nor_days_without_runs() -> None:
    rows = students()
    late = replace(rows[0], leaving=Leaving(MONDAY - timedelta(days=30), 1))
    made = step([late, *rows[1:]], 1, MONDAY)
    assert outcome(made, late) == ("leaving", "in_grace")
    assert made.marks[late.id] == Leaving(MONDAY - timedelta(days=30), 2)


def test_who_is_back_starts_anew_when_they_leave_again() -> None:
    rows = students()
    rows = marked(rows, step(rows, 1, MONDAY))
    made = step(rows, 0, MONDAY + timedelta(days=1))
    assert made.marks == {rows[0].id: None}
    rows = marked(rows, made)
    again = step(rows, 1, MONDAY + timedelta(days=9))
    assert again.marks[rows[0].id] == Leaving(MONDAY + timedelta(days=9), 1)


def test_a_run_in_which_too_many_are_missing_does_not_count() -> None:
    rows = students()
    rows = marked(rows, step(rows, 1, MONDAY))
    made = step(rows, 12, MONDAY + timedelta(days=9))
    assert outcome(made, rows[0]) == ("leaving", "unhealthy_run")
    assert rows[0].id not in made.marks
    assert len(made.held) == 11


def test_a_doubted_answer_does_not_count() -> None:
    rows = [*students(), kept(a_teacher())]
    rows = marked(rows, step(rows, 1, MONDAY))
    no_teachers = plan(
        a_snapshot([row.person for row in rows[1:-1]]), here(rows), ON, MONDAY + timedelta(days=9)
    )
    assert outcome(no_teachers, rows[0]) == ("skipped", "empty_answer")
    assert rows[0].id not in no_teachers.marks


@pytest.mark.parametrize("until", [MONDAY, FOR_EVER])
def test_somebody_whom_somebody_lets_stay_is_not_archived(until: date) -> None:
    row = kept(a_student(), leaving=Leaving(MONDAY - timedelta(days=30), 9), stays_until=until)
    rows = [row, *students()]
    made = step(rows, 1, MONDAY)
    assert outcome(made, row)[1] == ("kept_here" if until == FOR_EVER else "snoozed")
    assert not made.operations
    assert row.id not in made.marks


def test_a_snooze_that_is_over_is_over() -> None:
    row = kept(
        a_student(),
        leaving=Leaving(MONDAY - timedelta(days=30), 9),
        stays_until=MONDAY - timedelta(days=1),
    )
    assert outcome(step([row, *students()], 1, MONDAY), row) == ("archived", "gone")


def test_while_archive_is_off_nobody_is_counted_but_since_when_is_known() -> None:
    off = ON.changed({"students.archive": "off"})
    rows = students()
    for day in range(9):
        made = step(rows, 1, MONDAY + timedelta(days=day), off)
        rows = marked(rows, made)
    assert rows[0].leaving == Leaving(MONDAY, 0)
    on_again = step(rows, 1, MONDAY + timedelta(days=9))
    assert outcome(on_again, rows[0]) == ("leaving", "in_grace")
    assert on_again.marks[rows[0].id] == Leaving(MONDAY + timedelta(days=9), 1)


def test_a_fewer_days_setting_does_not_let_a_crowd_through() -> None:
    """Little by little twelve went on their way; 0 days would archive all of them at once."""
    leaving = Leaving(MONDAY - timedelta(days=2), 2)
    rows = [replace(row, leaving=leaving) if n < 12 else row for n, row in enumerate(students(60))]
    made = step(rows, 12, MONDAY, ON.changed({"grace.students": "0"}))
    assert len(made.held) == 12
