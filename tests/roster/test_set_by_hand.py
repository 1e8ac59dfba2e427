"""What somebody set here survives every sync."""

from dataclasses import replace
from datetime import date

import pytest

from roster_dash.roster.operations import Entity
from roster_dash.roster.plan import plan
from roster_dash.roster.records import Term
from tests.builders import (
    a_contact,
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
TERMS = [Term("term-1", "Fall")]
UPDATING = {"students": "on", "students__auto_update": "on", "contacts": "primary"}
LISTS = {"class_lists": "on", "class_lists__terms": "all", "class_lists__grades": "all"}


@pytest.mark.parametrize("field", ["preferred_name", "email", "last_name", "grade"])
def test_a_field_that_was_set_here_is_left_alone_and_the_others_follow(field: str) -> None:
    row = kept(a_student("s", **{field: "mine"}), set_here=frozenset([field]))
    record = replace(row.person, **{field: "Clever’s", "first_name": "Newname"})
    made = plan(a_snapshot([record]), here([row]), some_settings(**UPDATING), TODAY)
    assert [op.after for op in made.operations] == [{"first_name": "Newname"}]


def test_a_contact_that_was_set_here_is_left_alone() -> None:
    row = kept(a_student("s", contact=a_contact(name="Mine")), set_here=frozenset(["contact"]))
    record = replace(row.person, contact=a_contact(name="Clever’s"))
    made = plan(a_snapshot([record]), here([row]), some_settings(**UPDATING), TODAY)
    assert not made.operations


@pytest.mark.parametrize(
    ("chosen", "changed"),
    [
        ("all", {"email", "grade", "last_name"}),
        ("email", {"email"}),
        ("names,grade", {"last_name", "grade"}),
        ("", set()),
    ],
)
def test_auto_update_changes_only_the_chosen_fields(chosen: str, changed: set[str]) -> None:
    row = kept(a_student("s"))
    record = replace(row.person, email="new@x.example", grade="12", last_name="New")
    settings = some_settings(**UPDATING, auto_update__fields=chosen)
    made = plan(a_snapshot([record]), here([row]), settings, TODAY)
    assert {name for op in made.operations for name in op.after} == changed


def test_someone_left_out_of_the_sync_is_neither_updated_nor_archived() -> None:
    stays, leaves = kept(a_student("a"), included=False), kept(a_student("b"), included=False)
    record = replace(stays.person, grade="12")
    settings = some_settings(**UPDATING, students__archive="on")
    made = plan(a_snapshot([record]), here([stays, leaves]), settings, TODAY)
    assert not made.operations
    assert {end.reason for end in made.outcomes} == {"left_out"}


def test_members_added_by_hand_stay_on_the_list_whatever_the_class_does() -> None:
    student, guest, teacher = kept(a_student("s")), kept(a_student("")), kept(a_teacher("t"))
    section = a_section("c", students=("s",), teachers=("t",))
    row = a_kept_list(
        section,
        members=frozenset([student.id, guest.id]),
        managers=frozenset([teacher.id]),
        by_hand=frozenset([("members", guest.id)]),
    )
    settings = some_settings(students="on", teachers="on", **LISTS)
    before = here([student, guest, teacher], [row])
    people = [student.person, teacher.person]
    followed = plan(a_snapshot(people, [section], TERMS), before, settings, TODAY)
    assert not [op for op in followed.operations if op.entity is Entity.MEMBERS]
    emptied = a_snapshot(people, [replace(section, students=())], TERMS)
    made = plan(emptied, before, settings, TODAY)
    (members,) = [op for op in made.operations if op.entity is Entity.MEMBERS]
    assert members.before == {"members": ["s"]}


def test_a_list_left_out_of_the_sync_stays_as_it_is() -> None:
    student = kept(a_student("s"))
    section = a_section("c", name="New name", students=("s",))
    row = a_kept_list(replace(section, name="Old name"), included=False)
    settings = some_settings(students="on", **LISTS)
    for sections in ([section], [a_section("other")]):
        made = plan(a_snapshot([student.person], sections), here([student], [row]), settings, TODAY)
        assert not [op for op in made.operations if op.kept_id == row.id]


def test_someone_left_out_whose_id_changed_in_clever_stays_on_their_lists() -> None:
    row = kept(a_student("old"), included=False)
    section = a_section("c", students=("new",))
    user_list = a_kept_list(replace(section, students=("old",)), members=frozenset([row.id]))
    record = replace(row.person, source_id="new")
    settings = some_settings(students="on", **LISTS)
    made = plan(a_snapshot([record], [section], TERMS), here([row], [user_list]), settings, TODAY)
    assert not made.operations
