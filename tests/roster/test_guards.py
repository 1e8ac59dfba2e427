"""Each guard, at its limit and just above it, in numbers."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from roster_dash.roster.guard import Guard
from roster_dash.roster.history import History, Leaving, Waiting
from roster_dash.roster.operations import Action, Entity, fingerprint
from roster_dash.roster.plan import Plan, plan
from roster_dash.roster.records import KeptList, KeptPerson, Person, Section, Term
from roster_dash.roster.roles import Role
from tests.builders import (
    a_contact,
    a_kept_list,
    a_section,
    a_snapshot,
    a_student,
    a_teacher,
    archived,
    here,
    kept,
    some_settings,
)

TODAY = date(2026, 11, 23)
ON: dict[str, str] = {
    f"{role}{part}": "on"
    for role in ("students", "teachers", "staff", "admins")
    for part in ("", "__auto_update", "__archive")
} | {"grace__students": "0", "grace__adults": "0"}
LISTS = {"class_lists": "on", "class_lists__terms": "all", "class_lists__grades": "all"}


def students(number: int) -> list[KeptPerson]:
    return [kept(a_student()) for _ in range(number)]


def planned(
    records: Sequence[Person],
    rows: Sequence[KeptPerson],
    history: History | None = None,
    **settings: str,
) -> Plan:
    return plan(
        a_snapshot(records),
        here(rows),
        some_settings(**(ON | settings)),
        TODAY,
        history or History(),
    )


def without(rows: Sequence[KeptPerson], gone: int) -> list[Person]:
    return [row.person for row in rows[gone:]]


def count(made: Plan, outcome: str) -> int:
    return sum(1 for end in made.outcomes if end.outcome == outcome)


@pytest.mark.parametrize(
    ("people", "gone", "is_held"),
    [
        (412, 41, False),
        (412, 42, True),
        (30, 3, False),
        (30, 4, True),
        (29, 2, False),
        (29, 3, True),
        (5, 2, False),
        (5, 3, True),
    ],
)
def test_removals_wait_above_ten_per_cent_or_two_of_a_small_role(
    people: int, gone: int, is_held: bool
) -> None:
    rows = students(people)
    made = planned(without(rows, gone), rows)
    assert count(made, "held") == (gone if is_held else 0)
    assert count(made, "archived") == (0 if is_held else gone)


def test_a_guard_speaks_in_numbers() -> None:
    rows = students(412)
    assert planned(without(rows, 61), rows).holds == (
        "61 of 412 students (15 %) would be archived; the limit is 10 %.",
    )
    small = [kept(a_teacher()) for _ in range(9)]
    made = planned([*(row.person for row in small[3:]), a_student()], small)
    assert made.holds == (
        "3 of 9 teachers (33 %) would be archived; the limit of so small a role is 2.",
    )


def test_a_share_just_above_the_limit_never_looks_like_it() -> None:
    rows = students(412)
    assert "42 of 412 students (10.2 %)" in planned(without(rows, 42), rows).holds[0]


def test_limits_are_settings() -> None:
    rows = students(100)
    assert not planned(without(rows, 11), rows, guard__removals__percent="11").held
    assert planned(without(rows, 5), rows, guard__removals__percent="4").held
    assert not planned(without(rows[:9], 4), rows[:9], guard__removals__people="4").held


def test_little_by_little_is_seen_within_seven_days() -> None:
    rows = students(100)
    fine = planned(without(rows, 8), rows, History(removed_lately={Role.STUDENT: 15}))
    over = planned(without(rows, 9), rows, History(removed_lately={Role.STUDENT: 15}))
    assert not fine.held
    assert len(over.held) == 9
    assert over.holds == (
        "With these 9, 24 of 115 students (21 %) would be archived within 7 days; "
        "the limit is 20 %.",
    )


def test_those_on_their_way_count_within_the_seven_days() -> None:
    rows = students(100)
    leaving = [replace(row, leaving=Leaving(TODAY - timedelta(1), 1)) for row in rows[:15]]
    rows = [*leaving, *rows[15:]]
    made = planned(without(rows, 22), rows, grace__students="3")
    assert len(made.held) == 7
    assert count(made, "leaving") == 15


def test_two_of_a_small_role_may_leave_within_seven_days() -> None:
    rows = students(5)
    assert not planned(without(rows, 2), rows).held
    assert planned(without(rows, 2), rows, History(removed_lately={Role.STUDENT: 1})).held


def test_holding_red_never_stops_green() -> None:
    rows = students(60)
    changed = replace(rows[-1].person, grade="12")
    made = planned([*without(rows, 10)[:-1], changed, a_student()], rows)
    assert (count(made, "held"), count(made, "created"), count(made, "updated")) == (10, 1, 1)
    assert {op.action for op in made.operations} == {Action.CREATE, Action.UPDATE}


def test_each_role_is_judged_by_itself() -> None:
    rows = [*students(60), *(kept(a_teacher()) for _ in range(12))]
    made = planned([row.person for row in (*rows[6:60], *rows[63:])], rows)
    assert {held.operation.label for held in made.held} == {r.person.name for r in rows[60:63]}
    assert count(made, "archived") == 6


def test_moved_people_count_against_nobodys_limit() -> None:
    rows = students(60)
    moved = {row.person.source_id: "Lincoln North" for row in rows[:20]}
    made = planned(without(rows, 23), rows, History(moved=moved))
    assert (count(made, "moved"), count(made, "archived"), made.held) == (20, 3, ())
    assert made.operations[0].after == {"status": "archived", "moved_to": "Lincoln North"}


def test_what_was_rejected_is_not_asked_again_and_does_not_count() -> None:
    rows = students(60)
    first = planned(without(rows, 10), rows)
    rejected = frozenset(held.fingerprint for held in first.held)
    again = planned(without(rows, 13), rows, History(rejected=rejected))
    assert not again.held
    assert (count(again, "skipped"), count(again, "archived")) == (10, 3)
    assert again.rejected == rejected


def test_an_approval_lets_through_just_what_it_names() -> None:
    rows = students(60)
    first = planned(without(rows, 10), rows)
    approved = frozenset(held.fingerprint for held in first.held[:4])
    made = planned(without(rows, 12), rows, History(approved=approved))
    assert {fingerprint(op) for op in made.approved} == approved
    assert len(made.held) == 8


def changed(rows: Sequence[KeptPerson], number: int, **values: Any) -> list[Person]:
    return [
        replace(row.person, **values) if index < number else row.person
        for index, row in enumerate(rows)
    ]


@pytest.mark.parametrize(("number", "is_held"), [(20, False), (21, True)])
def test_other_names_wait_above_half_of_a_role(number: int, is_held: bool) -> None:
    rows = students(40)
    made = planned(changed(rows, number, last_name="Other"), rows)
    assert len(made.held) == (number if is_held else 0)
    if is_held:
        assert made.holds == (
            "21 of 40 students (52 %) would get another name, e-mail, id or parent; "
            "the limit is 50 %.",
        )


def test_a_new_grade_for_everybody_is_no_matter() -> None:
    rows = students(40)
    made = planned(changed(rows, 40, grade="10"), rows)
    assert (made.held, count(made, "updated")) == ((), 40)


def test_values_where_none_were_are_no_others() -> None:
    rows = [kept(a_student(email="", preferred_name="")) for _ in range(40)]
    records = [replace(row.person, email=f"{row.id}@x.example", preferred_name="K") for row in rows]
    assert not planned(records, rows).held


def test_what_is_held_of_somebody_does_not_hold_the_rest() -> None:
    rows = students(40)
    made = planned(changed(rows, 40, last_name="Other", grade="11"), rows)
    assert count(made, "held") == 40
    assert {tuple(op.after) for op in made.operations} == {("grade",)}
    assert {tuple(held.operation.after) for held in made.held} == {("last_name",)}


def test_other_parents_for_most_students_wait() -> None:
    rows = [kept(a_student(contact=a_contact(name=f"Parent {n}"))) for n in range(40)]
    swapped = [
        replace(row.person, contact=rows[index - 1].person.contact)
        for index, row in enumerate(rows)
    ]
    made = planned(swapped, rows, contacts="primary")
    assert {held.guard for held in made.held} == {Guard.UPDATES}
    assert len(made.held) == 40


def test_two_people_of_a_small_role_may_change() -> None:
    rows = [kept(a_teacher()) for _ in range(3)]
    assert not planned([*changed(rows, 2, last_name="New"), a_student()], rows).held
    assert planned([*changed(rows, 3, last_name="New"), a_student()], rows).held


def test_people_who_would_change_places_wait_however_few() -> None:
    rows = students(40)
    first, second = rows[0].person, rows[1].person
    swapped = [
        replace(second, source_id=first.source_id),
        replace(first, source_id=second.source_id),
    ]
    made = planned([*swapped, *without(rows, 2)], rows)
    assert {held.guard for held in made.held} == {Guard.HANDED_OVER}
    assert len(made.held) == 2


@pytest.mark.parametrize("becomes", [(Role.TEACHER,), (Role.STAFF,), (Role.STAFF, Role.STUDENT)])
def test_a_student_never_becomes_staff_unasked(becomes: tuple[Role, ...]) -> None:
    rows = students(40)
    made = planned([replace(rows[0].person, roles=becomes), *without(rows, 1)], rows)
    assert [held.guard for held in made.held] == [Guard.ESCALATION]
    assert made.holds == ("1 student would become staff; that always needs an approval.",)
    assert not made.operations


@pytest.mark.parametrize("role", [Role.STUDENT, Role.TEACHER, Role.STAFF])
def test_nobody_becomes_an_admin_unasked(role: Role) -> None:
    row = kept(a_teacher(roles=(role,)))
    record = replace(row.person, roles=(Role.ADMIN, role))
    made = planned([record, a_student(), a_teacher()], [row])
    assert made.holds == ("1 person would become an admin; that always needs an approval.",)


def test_a_teacher_may_become_staff_and_staff_a_teacher() -> None:
    rows = [kept(a_teacher()), kept(a_teacher(roles=(Role.STAFF,)))]
    records = [replace(rows[0].person, roles=(Role.STAFF,))]
    records += [replace(rows[1].person, roles=(Role.TEACHER,))]
    made = planned([*records, a_student()], rows)
    assert (made.held, count(made, "updated")) == ((), 2)


def test_the_last_owner_is_never_archived() -> None:
    owner, other = kept(a_teacher(email="Owner@school.example")), kept(a_teacher())
    history = History(owners=frozenset({"owner@school.example"}))
    made = planned([a_teacher()], [owner, other], history)
    assert [op.label for op in made.operations if op.action is Action.ARCHIVE] == [
        other.person.name
    ]
    (end,) = [end for end in made.outcomes if end.kept_id == owner.id]
    assert (end.outcome, end.reason) == ("skipped", "last_owner")


def test_one_of_two_owners_may_leave() -> None:
    rows = [kept(a_teacher(email=f"o{n}@x.example")) for n in range(2)]
    history = History(owners=frozenset({"o0@x.example", "o1@x.example"}))
    assert count(planned([rows[1].person], rows, history), "archived") == 1
    assert count(planned([a_teacher()], rows, history), "archived") == 1


def test_the_first_run_only_adds() -> None:
    row = kept(a_student(), status=archived(a_student()).status)
    guest = kept(replace(a_student("x", student_number="n7"), source_id=""))
    record = replace(guest.person, source_id="new", last_name="Other")
    made = planned([record, a_student()], [row, guest], History(first_run=True))
    assert {op.action for op in made.operations} == {Action.LINK, Action.CREATE}
    assert [op.after for op in made.operations if op.action is Action.LINK] == [
        {"source_id": "new"}
    ]


def test_what_was_taken_back_waits_with_just_those_columns() -> None:
    rows = students(40)
    records = changed(rows, 1, last_name="Again", grade="12")
    history = History(reverted={(Entity.PERSON, rows[0].id): frozenset({"last_name"})})
    made = planned(records, rows, history)
    assert [held.guard for held in made.held] == [Guard.REVERTED]
    assert [op.after for op in made.operations] == [{"grade": "12"}]


PUPILS = [kept(a_student(f"q{n}")) for n in range(60)]
FALL = Term("term-1", "Fall", date(2026, 8, 1), date(2027, 1, 20))
OVER = Term("term-1", "Fall", date(2026, 8, 1), date(2026, 11, 1))


def with_lists(
    sections: Sequence[Section], members: Sequence[int], term: Term = FALL, lists: int = 1
) -> Plan:
    ids = frozenset(PUPILS[n].id for n in members)
    rows = [a_kept_list(a_section(f"c{n}", name=f"Class {n}"), members=ids) for n in range(lists)]
    return plan(
        a_snapshot([row.person for row in PUPILS], sections, [term]),
        here(PUPILS, rows),
        some_settings(**(ON | LISTS)),
        TODAY,
    )


def a_class(number: int, members: Sequence[int]) -> Section:
    students = tuple(f"q{n}" for n in members)
    return a_section(f"c{number}", name=f"Class {number}", students=students, teachers=("t",))


@pytest.mark.parametrize(
    ("before", "after", "is_held"), [(8, 4, False), (8, 3, True), (7, 0, False), (20, 9, True)]
)
def test_a_list_that_loses_most_of_its_members_waits(
    before: int, after: int, is_held: bool
) -> None:
    made = with_lists([a_class(0, range(after))], range(before))
    assert [held.guard for held in made.held] == ([Guard.LIST_MEMBERS] if is_held else [])
    assert made.list_counts["held"] == int(is_held)


def test_a_list_may_be_emptied_after_its_term() -> None:
    assert not with_lists([a_class(0, ())], range(20), OVER).held
    assert with_lists([a_class(0, ())], range(20), FALL).holds == (
        "Class 0: 20 of 20 members (100 %) would leave the list; the limit is 50 %.",
    )


def test_one_class_that_is_gone_retires_its_list_and_many_wait() -> None:
    one = with_lists([a_class(n, range(9)) for n in range(1, 9)], range(9), lists=9)
    many = with_lists([a_class(n, range(9)) for n in range(3, 9)], range(9), lists=9)
    assert (one.list_counts["archived"], one.held) == (1, ())
    assert (many.list_counts["archived"], many.list_counts["held"]) == (0, 3)
    assert {held.guard for held in many.held} == {Guard.LISTS}


def test_many_lists_retire_at_once_when_their_term_is_over() -> None:
    made = with_lists([a_class(8, range(9))], range(9), OVER, lists=9)
    assert (made.list_counts["archived"], made.held) == (8, ())


def test_a_student_is_never_made_the_manager_of_a_list() -> None:
    section = replace(a_class(0, range(9)), teachers=("q5",))
    made = with_lists([section], range(9))
    assert not made.operations
    assert any("never managed by a student" in warning for warning in made.warnings)


def test_who_waits_to_be_archived_stays_on_the_lists() -> None:
    rows = a_kept_list(a_section("c0"), members=frozenset(row.id for row in PUPILS[:20]))
    made = plan(
        a_snapshot(
            [row.person for row in PUPILS[9:]],
            [replace(a_class(0, range(9, 20)), name=rows.list.title)],
            [FALL],
        ),
        here(PUPILS, [rows]),
        some_settings(**(ON | LISTS)),
        TODAY,
    )
    assert len(made.held) == 9
    assert not [op for op in made.operations if op.entity is Entity.MEMBERS]


ROLLOVER = "2026-11-24..2026-11-25 rollover 40"
TERMS = "2026-11-24..2026-11-25 terms 80"


@pytest.mark.parametrize(
    ("day", "gone", "is_held"),
    [(23, 10, False), (23, 11, True), (24, 40, False), (25, 41, True), (26, 11, True)],
)
def test_a_rollover_lets_so_many_leave_as_it_says_and_only_on_its_days(
    day: int, gone: int, is_held: bool
) -> None:
    rows = students(100)
    settings = some_settings(**ON, calendar=ROLLOVER)
    made = plan(a_snapshot(without(rows, gone)), here(rows), settings, date(2026, 11, day))
    assert (len(made.held), count(made, "archived")) == ((gone, 0) if is_held else (0, gone))


@pytest.mark.parametrize(("day", "is_held"), [(23, True), (24, False), (26, True)])
def test_new_terms_let_lists_lose_so_many_as_they_say_and_only_on_their_days(
    day: int, is_held: bool
) -> None:
    members = frozenset(row.id for row in PUPILS[:20])
    made = plan(
        a_snapshot([row.person for row in PUPILS], [a_class(0, range(4))], [FALL]),
        here(PUPILS, [a_kept_list(a_section("c0", name="Class 0"), members=members)]),
        some_settings(**(ON | LISTS), calendar=TERMS),
        date(2026, 11, day),
    )
    assert [held.guard for held in made.held] == ([Guard.LIST_MEMBERS] if is_held else [])


def renamed(number: int) -> list[KeptList]:
    """Lists that the roster calls otherwise than they are called here."""
    return [a_kept_list(a_section(f"c{n}", name=f"Old {n}")) for n in range(number)]


def with_history(lists: Sequence[KeptList], history: History) -> Plan:
    people = [row.person for row in PUPILS]
    classes = [a_class(n, ()) for n in range(len(lists))]
    settings = some_settings(**(ON | LISTS))
    return plan(a_snapshot(people, classes, [FALL]), here(PUPILS, lists), settings, TODAY, history)


def taken_back(lists: Sequence[KeptList]) -> History:
    titles = frozenset({"title", "synced_title"})
    return History(reverted={(Entity.LIST, row.id): titles for row in lists})


@pytest.mark.parametrize("number", [1, 5])
def test_of_few_lists_each_has_its_sentence(number: int) -> None:
    lists = renamed(number)
    assert with_history(lists, taken_back(lists)).holds == tuple(
        f"Old {n}: a change that somebody took back would be made again." for n in range(number)
    )


def test_of_many_lists_the_same_is_said_once_and_each_still_waits_by_itself() -> None:
    lists = renamed(1200)
    made = with_history(lists, taken_back(lists))
    assert made.holds == (
        "Changes of 1,200 lists that somebody took back would be made again: "
        "Old 0, Old 1, Old 10 and 1,197 more.",
    )
    assert len(made.held) == 1200
    waiting = {
        (Entity.LIST, held.operation.kept_id or 0): [
            Waiting(fingerprint(held.operation), held.guard, frozenset(held.operation.after))
        ]
        for held in made.held
    }
    again = with_history(lists, History(waiting=waiting))
    assert again.holds == (
        "Changes of 1,200 lists wait since an earlier sync: Old 0, Old 1, Old 10 and 1,197 more.",
    )
    assert again.held == made.held


def test_many_lists_that_would_lose_their_members_are_told_together() -> None:
    made = with_lists([a_class(n, range(4)) for n in range(12)], range(20), lists=12)
    assert made.holds == (
        "12 lists would lose more than 50 % of their members at once: "
        "Class 0, Class 1, Class 10 and 9 more.",
    )
    assert len(made.held) == 12


@pytest.mark.parametrize(("gone", "is_held"), [(4, False), (5, True)])
def test_lists_retire_up_to_ten_per_cent_of_many(gone: int, is_held: bool) -> None:
    made = with_lists([a_class(n, range(9)) for n in range(gone, 40)], range(9), lists=40)
    assert made.list_counts["held"] == (gone if is_held else 0)
    assert made.list_counts["archived"] == (0 if is_held else gone)


def test_lists_that_retire_little_by_little_are_seen_within_seven_days() -> None:
    made = plan(
        a_snapshot(
            [row.person for row in PUPILS], [a_class(n, range(9)) for n in range(2, 40)], [FALL]
        ),
        here(PUPILS, [a_kept_list(a_section(f"c{n}", name=f"Class {n}")) for n in range(40)]),
        some_settings(**(ON | LISTS)),
        TODAY,
        History(removed_lately={"lists": 9}),
    )
    assert [held.guard for held in made.held] == [Guard.LISTS] * 2
    assert made.holds == (
        "With these 2, 11 of 49 lists would be retired within 7 days because their classes are "
        "gone; the limit is 20 %.",
    )


@pytest.mark.parametrize(("number", "is_held"), [(206, False), (207, True)])
def test_half_of_a_large_role_may_get_other_e_mails(number: int, is_held: bool) -> None:
    rows = students(412)
    records = [
        replace(row.person, email=f"new{index}@school.example") if index < number else row.person
        for index, row in enumerate(rows)
    ]
    assert len(planned(records, rows).held) == (number if is_held else 0)


def rejecting(made: Plan, number: int) -> History:
    declined = {
        (held.operation.entity, held.operation.kept_id or held.operation.source_id): [
            Waiting(held.fingerprint, held.guard, frozenset(held.operation.after))
        ]
        for held in made.held[:number]
    }
    marks = frozenset(held.fingerprint for held in made.held[:number])
    return History(rejected=marks, declined=declined)


def test_names_that_were_rejected_stay_and_the_rest_comes() -> None:
    rows = students(40)
    records = changed(rows, 40, last_name="Other", grade="11")
    first = planned(records, rows)
    again = planned(records, rows, rejecting(first, 40))
    assert (again.held, again.rejected) == ((), rejecting(first, 40).rejected)
    assert {tuple(op.after) for op in again.operations} == {("grade",)}


def waiting_of(made: Plan) -> History:
    return History(
        waiting={
            (held.operation.entity, held.operation.kept_id or held.operation.source_id): [
                Waiting(held.fingerprint, held.guard, frozenset(held.operation.after))
            ]
            for held in made.held
        }
    )


def test_what_waits_goes_on_waiting_where_another_guard_holds_only_a_part_of_it() -> None:
    """A name that waits with a role must not come when only the role is doubtful any more."""
    rows = [kept(a_teacher()) for _ in range(4)]
    records = [
        replace(row.person, roles=(Role.ADMIN,), last_name="Other", grade="11") for row in rows
    ]
    first = planned(records, rows)
    assert {frozenset(held.operation.after) for held in first.held} == {
        frozenset(("roles", "last_name"))
    }
    fewer = [records[0], *(row.person for row in rows[1:])]
    again = planned(fewer, rows, waiting_of(first))
    assert [held.fingerprint for held in again.held] == [first.held[0].fingerprint]
    assert {name for op in again.operations for name in op.after} <= {"grade"}


def test_new_ids_that_were_rejected_do_not_come_though_the_others_are_few() -> None:
    rows = students(60)
    records = [replace(row.person, source_id=f"new{row.id}") for row in rows[:7]]
    records += without(rows, 7)
    first = planned(records, rows)
    assert len(first.held) == 7
    (rest, *_) = records
    again = planned([rest, *(row.person for row in rows[1:])], rows, rejecting(first, 7))
    assert (again.held, again.operations) == ((), ())


@pytest.mark.parametrize("role", [Role.TEACHER, Role.ADMIN])
def test_a_higher_role_that_was_rejected_never_comes(role: Role) -> None:
    rows = students(40)
    records = [replace(rows[0].person, roles=(role,), grade="12"), *without(rows, 1)]
    records += [a_teacher(roles=(role,))]
    first = planned(records, rows)
    again = planned(records, rows, rejecting(first, 1))
    assert (again.held, again.rejected) == ((), rejecting(first, 1).rejected)
    assert [op.after for op in again.operations if op.kept_id] == [{"grade": "12"}]


def test_what_was_taken_back_and_then_rejected_stays_as_it_was() -> None:
    rows = students(40)
    records = changed(rows, 1, last_name="Again", grade="12")
    reverted = {(Entity.PERSON, rows[0].id): frozenset({"last_name"})}
    first = planned(records, rows, History(reverted=reverted))
    later = rejecting(first, 1)  # the wish not to do it again ends with the hold
    assert [op.after for op in planned(records, rows, later).operations] == [{"grade": "12"}]


def test_whoever_comes_back_in_a_higher_role_comes_back_in_the_old_one() -> None:
    row = archived(a_student())
    rows = [row, *students(40)]
    record = replace(row.person, roles=(Role.TEACHER,))
    made = planned([record, *(each.person for each in rows[1:]), a_teacher()], rows)
    assert [op.after for op in made.operations if op.kept_id] == [{"status": "active"}]
    assert [held.operation.after["roles"] for held in made.held] == [[Role.TEACHER]]


def test_students_who_would_become_teachers_make_no_more_of_the_teachers() -> None:
    """Five of seven teachers get other names; eight students, whom the roster calls teachers,
    don't make them few."""
    teachers = [kept(a_teacher()) for _ in range(7)]
    rows = students(40)
    records = changed(teachers, 5, last_name="Other")
    records += [replace(row.person, roles=(Role.TEACHER,)) for row in rows[:8]]
    made = planned([*records, *without(rows, 8)], [*teachers, *rows])
    assert Counter(held.guard for held in made.held) == {Guard.ESCALATION: 8, Guard.UPDATES: 5}
