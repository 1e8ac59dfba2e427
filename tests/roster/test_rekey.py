"""The same people under new ids: both sides wait, pairs are proposed, doubtful ones are named."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from roster_dash.roster.guard import Guard
from roster_dash.roster.history import History
from roster_dash.roster.operations import Action, Entity
from roster_dash.roster.plan import Plan, plan
from roster_dash.roster.records import KeptPerson, Person
from tests.builders import (
    a_kept_list,
    a_section,
    a_snapshot,
    a_student,
    here,
    kept,
    some_settings,
)

TODAY = date(2026, 11, 23)
ON = some_settings(
    students="on",
    students__auto_update="on",
    students__archive="on",
    grace__students="0",
    class_lists="on",
    class_lists__terms="all",
    class_lists__grades="all",
)


def students(number: int, **values: str) -> list[KeptPerson]:
    return [kept(a_student(**values)) for _ in range(number)]


def renewed(person: Person, **values: str) -> Person:
    """The same child from another system: another id, other numbers, another address."""
    fresh = a_student()
    others = {name: getattr(fresh, name) for name in ("sis_id", "student_number", "email")}
    return replace(person, source_id=f"new-{person.source_id}", **(others | values))


def new_ids(rows: Sequence[KeptPerson], number: int) -> list[Person]:
    """The first ones come under new ids, the others as they are."""
    return [renewed(row.person) for row in rows[:number]] + [row.person for row in rows[number:]]


def planned(
    records: Sequence[Person], rows: Sequence[KeptPerson], history: History | None = None
) -> Plan:
    return plan(a_snapshot(records), here(rows), ON, TODAY, history or History())


def test_many_of_the_same_names_wait_as_the_same_people() -> None:
    rows = students(60)
    made = planned(
        [*(renewed(row.person) for row in rows[:20]), *(r.person for r in rows[20:])], rows
    )
    assert len(made.held) == 20
    assert {held.guard for held in made.held} == {Guard.REKEY}
    assert all(
        held.operation.action is Action.LINK
        and held.operation.after == {"source_id": f"new-{row.person.source_id}"}
        and held.operation.kept_id == row.id
        for held, row in zip(made.held, rows[:20], strict=True)
    )
    assert not made.operations
    assert made.holds == (
        "20 students left the roster while as many of the same names arrived: "
        "they seem to be the same people under new ids.",
    )


def test_two_namesakes_are_a_coincidence() -> None:
    rows = students(60)
    made = planned(
        [*(renewed(row.person) for row in rows[:2]), *(r.person for r in rows[2:])], rows
    )
    assert not made.held
    assert {op.action for op in made.operations} == {Action.CREATE, Action.ARCHIVE}


def test_a_year_later_they_are_a_grade_older() -> None:
    rows = students(60)
    made = planned([renewed(row.person, grade="10") for row in rows], rows)
    assert [held.operation.action for held in made.held] == [Action.LINK] * 60


def test_namesakes_of_one_grade_are_doubtful_and_have_candidates() -> None:
    twins = [kept(a_student(first_name="Jo", last_name="Same")) for _ in range(3)]
    rows = [*twins, *students(40)]
    made = planned([*(renewed(t.person) for t in twins), *(r.person for r in rows[3:])], rows)
    assert [held.operation.action for held in made.held] == [Action.CREATE] * 3
    assert all(set(held.candidates) == {t.id for t in twins} for held in made.held)
    assert not made.operations, "nobody is added or archived while it isn’t known who is who"


def test_namesakes_are_told_apart_by_grade() -> None:
    grades = ("9", "10", "11", "12")
    rows = [kept(a_student(first_name="Jo", last_name="Same", grade=grade)) for grade in grades]
    made = planned([renewed(row.person) for row in rows], rows)
    assert {held.operation.kept_id: held.operation.after["source_id"] for held in made.held} == {
        row.id: f"new-{row.person.source_id}" for row in rows
    }


def test_a_pair_that_was_rejected_is_two_people() -> None:
    rows = students(60)
    records = new_ids(rows, 4)
    first = planned(records, rows)
    rejected = frozenset(held.fingerprint for held in first.held)
    again = planned(records, rows, History(rejected=rejected))
    assert {op.action for op in again.operations} == {Action.CREATE, Action.ARCHIVE}
    assert len(again.operations) == 8


def test_people_known_by_their_numbers_are_the_same_few_at_once_many_wait() -> None:
    rows = students(60)

    def moved(number: int) -> Plan:
        new = [replace(r.person, source_id=f"new-{r.person.source_id}") for r in rows[:number]]
        return planned([*new, *(r.person for r in rows[number:])], rows)

    few, many = moved(6), moved(7)
    assert (few.held, len(few.operations)) == ((), 6)
    assert (len(many.held), many.operations) == (7, ())
    assert "known by their numbers or e-mails; the limit is 10 %." in many.holds[0]


def test_others_who_came_and_left_with_them_wait_too() -> None:
    """Somebody corrected a name here: the same child under a new id has the old one."""
    rows = students(20)
    corrected = replace(rows[0], person=replace(rows[0].person, first_name="Kit"))
    records = [renewed(row.person) for row in rows]
    made = planned(records, [corrected, *rows[1:]])
    (doubtful,) = [held for held in made.held if held.operation.action is Action.CREATE]
    assert doubtful.candidates == (corrected.id,)
    assert not made.operations


def test_lists_keep_their_people_while_it_is_not_known_who_is_who() -> None:
    rows = students(40)
    section = a_section("c", name="Biology", students=tuple(r.person.source_id for r in rows[:6]))
    user_list = a_kept_list(section, members=frozenset(row.id for row in rows[:6]))
    records = [renewed(row.person) for row in rows]
    there = replace(section, students=tuple(record.source_id for record in records[:6]))
    made = plan(a_snapshot(records, [there]), here(rows, [user_list]), ON, TODAY)
    assert not [op for op in made.operations if op.entity is Entity.MEMBERS]


def test_an_address_that_goes_to_somebody_else_takes_nobodys_account_along() -> None:
    rows = students(40)
    heir = a_student("heir", email=rows[0].person.email, last_name="Heir")
    made = planned([heir, *(row.person for row in rows[1:])], rows)
    assert {op.action: op.label for op in made.operations} == {
        Action.CREATE: heir.name,
        Action.ARCHIVE: rows[0].person.name,
    }
