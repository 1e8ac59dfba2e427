"""What a run does to user lists, rule by rule."""

from dataclasses import replace
from datetime import date

import pytest

from roster_dash.roster.operations import Entity, Operation
from roster_dash.roster.plan import Plan, plan
from roster_dash.roster.records import Section, Status, Term
from tests.builders import (
    a_kept_list,
    a_section,
    a_snapshot,
    a_student,
    a_teacher,
    here,
    kept,
    some_settings,
)

TODAY = date(2026, 11, 23)
FALL = Term("term-1", "Fall", date(2026, 8, 15), date(2026, 12, 20))
SPRING = Term("term-2", "Spring", date(2027, 1, 5), date(2027, 6, 10))
PAST = Term("term-0", "Last year", date(2025, 8, 15), date(2026, 6, 10))
OPEN = Term("term-3", "Year")
TERMS = [PAST, FALL, SPRING, OPEN]
EVERYTHING = some_settings(
    students="on",
    teachers="on",
    class_lists="on",
    class_lists__terms="all",
    class_lists__grades="all",
)


def titles(made: Plan) -> set[str]:
    return {op.label for op in made.operations if op.entity is Entity.LIST}


def list_operations(made: Plan) -> list[Operation]:
    return [op for op in made.operations if op.entity is Entity.LIST]


def member_operations(made: Plan) -> list[Operation]:
    return [op for op in made.operations if op.entity is Entity.MEMBERS]


@pytest.mark.parametrize(("terms", "grades"), [("", ""), ("all", ""), ("", "all")])
def test_nothing_is_rostered_until_terms_and_grades_are_chosen(terms: str, grades: str) -> None:
    settings = some_settings(class_lists="on", class_lists__terms=terms, class_lists__grades=grades)
    made = plan(a_snapshot(sections=[a_section()], terms=TERMS), here(), settings, TODAY)
    assert not made.operations


@pytest.mark.parametrize(
    ("terms", "taken"),
    [
        ("all", {"past", "fall", "spring", "open", "no term", "unknown"}),
        ("current", {"fall", "open"}),
        ("Fall", {"fall"}),
        ("fall,SPRING", {"fall", "spring"}),
        ("term-0", {"past"}),
    ],
)
def test_a_term_is_chosen_by(terms: str, taken: set[str]) -> None:
    sections = [
        a_section(name="past", term_id="term-0"),
        a_section(name="fall", term_id="term-1"),
        a_section(name="spring", term_id="term-2"),
        a_section(name="open", term_id="term-3"),
        a_section(name="no term", term_id=""),
        a_section(name="unknown", term_id="term-99"),
    ]
    settings = EVERYTHING.changed({"class_lists.terms": terms})
    assert (
        titles(plan(a_snapshot(sections=sections, terms=TERMS), here(), settings, TODAY)) == taken
    )


def test_a_term_that_came_without_its_id_is_the_term_of_no_class() -> None:
    section = a_section(name="no term", term_id="")
    terms = (Term("", "2026-2027", FALL.start, FALL.end),)
    made = plan(a_snapshot(sections=[section], terms=terms), here(), EVERYTHING, TODAY)
    (created,) = list_operations(made)
    assert not created.after.get("term")
    current = EVERYTHING.changed({"class_lists.terms": "current"})
    made = plan(a_snapshot(sections=[section], terms=terms), here(), current, TODAY)
    assert list_operations(made) == []


def test_grades_take_only_their_sections() -> None:
    sections = [a_section(name=grade or "none", grade=grade) for grade in ("9", "10", "")]
    snapshot = a_snapshot(sections=sections, terms=TERMS)
    chosen = EVERYTHING.changed({"class_lists.grades": "9"})
    assert titles(plan(snapshot, here(), chosen, TODAY)) == {"9"}
    assert titles(plan(snapshot, here(), EVERYTHING, TODAY)) == {"9", "10", "none"}


def test_a_section_becomes_a_list_with_managers_and_members() -> None:
    student, teacher = a_student(), a_teacher()
    section = a_section(students=(student.source_id, "unread"), teachers=(teacher.source_id,))
    made = plan(a_snapshot([student, teacher], [section], TERMS), here(), EVERYTHING, TODAY)
    (members,) = member_operations(made)
    assert members.after == {"managers": [teacher.source_id], "members": [student.source_id]}
    assert any("1 class membership is of somebody" in warning for warning in made.warnings)


def test_people_whose_role_is_off_are_on_no_list() -> None:
    student = a_student()
    section = a_section(students=(student.source_id,))
    settings = EVERYTHING.changed({"students": "off"})
    made = plan(a_snapshot([student], [section], TERMS), here(), settings, TODAY)
    assert not member_operations(made)
    assert len(list_operations(made)) == 1


def test_a_list_whose_class_is_gone_is_archived_and_comes_back() -> None:
    gone, stays = a_section(), a_section()
    rows = [a_kept_list(gone), a_kept_list(stays)]
    made = plan(a_snapshot(sections=[stays], terms=TERMS), here(lists=rows), EVERYTHING, TODAY)
    (operation,) = list_operations(made)
    assert (operation.action.value, operation.reason) == ("archive", "section_gone")
    rows = [replace(rows[0], status=Status.ARCHIVED), rows[1]]
    made = plan(
        a_snapshot(sections=[gone, stays], terms=TERMS), here(lists=rows), EVERYTHING, TODAY
    )
    assert [op.action.value for op in list_operations(made)] == ["restore"]


def test_a_list_of_a_term_no_longer_chosen_is_retired() -> None:
    section = a_section(term_id="term-0")
    settings = EVERYTHING.changed({"class_lists.terms": "current"})
    made = plan(
        a_snapshot(sections=[section], terms=TERMS),
        here(lists=[a_kept_list(section)]),
        settings,
        TODAY,
    )
    assert [op.reason for op in list_operations(made)] == ["section_not_chosen"]


def test_a_title_set_by_hand_survives() -> None:
    section = a_section(name="Biology - Old - 1")
    row = a_kept_list(section)
    row = replace(row, list=replace(row.list, title="My best class"))
    renamed = replace(section, name="Biology - New - 1")
    made = plan(a_snapshot(sections=[renamed], terms=TERMS), here(lists=[row]), EVERYTHING, TODAY)
    (operation,) = list_operations(made)
    assert operation.after == {"synced_title": "Biology - New - 1"}


def test_memberships_follow_the_section() -> None:
    stays, leaves, joins = kept(a_student()), kept(a_student()), kept(a_student())
    people = [stays, leaves, joins]
    section = a_section(students=(stays.person.source_id, joins.person.source_id))
    row = a_kept_list(section, members=frozenset({stays.id, leaves.id}))
    snapshot = a_snapshot([row.person for row in people], [section], TERMS)
    (operation,) = member_operations(plan(snapshot, here(people, [row]), EVERYTHING, TODAY))
    assert operation.before == {"members": [leaves.person.source_id]}
    assert operation.after == {"members": [joins.person.source_id]}


def test_a_membership_survives_a_new_id() -> None:
    before = kept(a_student("old-id"))
    after = replace(before.person, source_id="new-id")
    section = a_section(students=("new-id",))
    row = a_kept_list(section, members=frozenset({before.id}))
    made = plan(a_snapshot([after], [section], TERMS), here([before], [row]), EVERYTHING, TODAY)
    assert not member_operations(made)


@pytest.mark.parametrize("missing", ["sections", "terms"])
def test_an_answer_without_classes_or_terms_removes_nobody_and_no_list(missing: str) -> None:
    student, gone = kept(a_student()), kept(a_student())
    section = a_section(students=(student.person.source_id,))
    row = a_kept_list(section, members=frozenset({student.id, gone.id}))
    sections: list[Section] = [] if missing == "sections" else [section]
    terms = [] if missing == "terms" else TERMS
    settings = EVERYTHING.changed({"students.archive": "on", "class_lists.terms": "current"})
    snapshot = a_snapshot([student.person], sections, terms)
    made = plan(snapshot, here([student, gone], [row]), settings, TODAY)
    assert not made.operations
    assert f"no {'classes' if missing == 'sections' else 'terms'}" in made.warnings[0]


def test_class_lists_off_leaves_lists_alone() -> None:
    settings = EVERYTHING.changed({"class_lists": "off"})
    made = plan(a_snapshot(terms=TERMS), here(lists=[a_kept_list(a_section())]), settings, TODAY)
    assert not made.operations


def test_a_chosen_term_that_clever_made_anew_is_known_by_its_name() -> None:
    section = a_section("c", term_id="old")
    row = a_kept_list(section, term="Fall 2026")
    anew = Term("new", "Fall 2026", date(2026, 8, 1), date(2026, 12, 20))
    moved, added = replace(section, term_id="new"), a_section("d", term_id="new")
    settings = EVERYTHING.changed({"class_lists.terms": "old"})
    made = plan(a_snapshot([], [moved, added], [anew]), here([], [row]), settings, TODAY)
    assert {(op.action, op.source_id) for op in list_operations(made)} == {
        ("update", "c"),
        ("create", "d"),
    }


def test_classes_with_nobody_in_any_of_them_take_nobody_off_a_list() -> None:
    """As when enrollments come empty: small lists and managers have no guard of their own."""
    student, teacher = a_student(grade="9"), a_teacher()
    section = a_section(students=(student.source_id,), teachers=(teacher.source_id,))
    people = [kept(student), kept(teacher)]
    row = a_kept_list(
        section, members=frozenset([people[0].id]), managers=frozenset([people[1].id])
    )
    emptied = replace(section, students=(), teachers=())
    came = a_snapshot([student, teacher], [emptied], TERMS)
    made = plan(came, here(people, [row]), EVERYTHING, TODAY)
    assert made.operations == ()
    assert "nobody in any class, while 1 synced user lists are here" in made.warnings[0]
