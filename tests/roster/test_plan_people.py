"""What a run does to people, rule by rule."""

from dataclasses import replace
from datetime import date

import pytest

from roster_dash.roster.operations import Action
from roster_dash.roster.outcomes import Outcome
from roster_dash.roster.plan import Plan, plan
from roster_dash.roster.records import Kept, Person, Snapshot
from roster_dash.roster.roles import Role
from roster_dash.roster.settings import SyncSettings
from tests.builders import (
    a_contact,
    a_snapshot,
    a_student,
    a_teacher,
    archived,
    by_hand,
    here,
    kept,
    some_settings,
)

TODAY = date(2026, 11, 23)
STUDENTS = some_settings(students="on")
UPDATING = some_settings(students="on", students__auto_update="on")
ARCHIVING = some_settings(students="on", students__archive="on", grace__students="0")


def planned(snapshot: Snapshot, people_here: Kept, settings: SyncSettings) -> Plan:
    return plan(snapshot, people_here, settings, TODAY)


def outcome_of(made: Plan, person: Person) -> tuple[str, str]:
    """(outcome, reason) of the one end of a person."""
    (end,) = [end for end in made.outcomes if end.source_id == person.source_id]
    return end.outcome, end.reason


def actions(made: Plan) -> list[str]:
    return [op.action.value for op in made.operations]


def test_with_all_roles_off_nothing_happens() -> None:
    made = planned(a_snapshot([a_student(), a_teacher()]), here(), SyncSettings())
    assert not made.operations
    assert {end.reason for end in made.outcomes} == {"role_off"}


def test_a_new_person_of_an_enabled_role_is_created() -> None:
    student, teacher = a_student(), a_teacher()
    made = planned(a_snapshot([student, teacher]), here(), STUDENTS)
    assert outcome_of(made, student) == (Outcome.CREATED, "new")
    assert outcome_of(made, teacher) == (Outcome.EXCLUDED, "role_off")
    (operation,) = made.operations
    assert operation.action is Action.CREATE
    assert operation.after["first_name"] == student.first_name


def test_an_existing_person_is_skipped_while_auto_update_is_off() -> None:
    student = a_student()
    made = planned(
        a_snapshot([replace(student, last_name="Newname")]), here([kept(student)]), STUDENTS
    )
    assert outcome_of(made, student) == (Outcome.SKIPPED, "auto_update_off")
    assert not made.operations


def test_auto_update_changes_only_what_differs() -> None:
    student = a_student(grade="9")
    row = kept(student)
    made = planned(a_snapshot([replace(student, grade="10")]), here([row]), UPDATING)
    (operation,) = made.operations
    assert (operation.kept_id, operation.before, operation.after) == (
        row.id,
        {"grade": "9"},
        {"grade": "10"},
    )


def test_a_blank_never_wipes_a_value() -> None:
    student = a_student()
    blanked = Person(student.source_id, student.roles, first_name=student.first_name)
    made = planned(a_snapshot([blanked]), here([kept(student)]), UPDATING)
    assert outcome_of(made, student) == (Outcome.UNCHANGED, "same")


def test_somebody_gone_stays_while_archive_is_off() -> None:
    gone, stays = a_student(), a_student()
    made = planned(a_snapshot([stays]), here([kept(gone), kept(stays)]), STUDENTS)
    assert outcome_of(made, gone) == (Outcome.SKIPPED, "archive_off")
    assert not made.operations


def test_somebody_gone_is_archived_when_archive_is_on() -> None:
    gone, stays = a_student(), a_student()
    made = planned(a_snapshot([stays]), here([kept(gone), kept(stays)]), ARCHIVING)
    assert outcome_of(made, gone) == (Outcome.ARCHIVED, "gone")
    assert actions(made) == ["archive"]


def test_somebody_archived_who_returns_is_restored_not_made_twice() -> None:
    student = a_student()
    made = planned(a_snapshot([student]), here([archived(student)]), STUDENTS)
    assert outcome_of(made, student) == (Outcome.RESTORED, "back")
    assert actions(made) == ["restore"]


def test_somebody_archived_who_stays_away_is_left_alone() -> None:
    student, other = a_student(), a_student()
    made = planned(a_snapshot([other]), here([archived(student), kept(other)]), ARCHIVING)
    assert not made.operations
    assert len(made.outcomes) == 1


def test_somebody_left_out_of_sync_is_neither_updated_nor_archived() -> None:
    stays, gone = a_student(), a_student()
    people = [kept(stays, included=False), kept(gone, included=False)]
    settings = some_settings(students="on", students__auto_update="on", students__archive="on")
    made = planned(a_snapshot([replace(stays, grade="12")]), here(people), settings)
    assert not made.operations
    assert outcome_of(made, gone) == (Outcome.EXCLUDED, "left_out")


def test_people_added_by_hand_are_never_archived() -> None:
    guest, student = by_hand(a_student()), a_student()
    made = planned(a_snapshot([student]), here([guest, kept(student)]), ARCHIVING)
    assert not made.operations


@pytest.mark.parametrize("trait", ["sis_id", "student_number", "email"])
def test_somebody_here_is_matched_by(trait: str) -> None:
    record = a_student()
    blank = dict.fromkeys(("sis_id", "student_number", "email"), "")
    row = by_hand(replace(record, **(blank | {trait: getattr(record, trait)})))
    made = planned(a_snapshot([record]), here([row]), UPDATING)
    (operation,) = made.operations
    assert (operation.action, operation.kept_id) == (Action.UPDATE, row.id)
    assert operation.after["source_id"] == record.source_id


def test_a_match_is_remembered_while_auto_update_is_off() -> None:
    record = a_student()
    row = by_hand(record)
    made = planned(a_snapshot([replace(record, grade="12")]), here([row]), STUDENTS)
    (operation,) = made.operations
    assert (operation.action, operation.after) == (
        Action.LINK,
        {"source_id": record.source_id},
    )
    assert outcome_of(made, record) == (Outcome.SKIPPED, "linked")


def test_the_same_name_is_no_match() -> None:
    record = a_student(first_name="Kim", last_name="Lee")
    row = by_hand(Person("", (Role.STUDENT,), first_name="Kim", last_name="Lee"))
    made = planned(a_snapshot([record]), here([row]), UPDATING)
    assert outcome_of(made, record) == (Outcome.CREATED, "new")


def test_a_student_and_a_teacher_with_one_email_are_two_people() -> None:
    record = a_teacher(email="shared@school.example")
    row = by_hand(a_student(email="shared@school.example"))
    made = planned(a_snapshot([record]), here([row]), some_settings(teachers="on"))
    assert outcome_of(made, record) == (Outcome.CREATED, "new")


def test_an_email_that_two_records_share_matches_nobody() -> None:
    records = [a_student(email="family@home.example") for _ in range(2)]
    row = by_hand(a_student(email="family@home.example"))
    made = planned(a_snapshot(records), here([row]), UPDATING)
    assert actions(made) == ["create", "create"]


def test_two_people_here_who_fit_one_record_are_a_conflict() -> None:
    record = a_student(sis_id="77", student_number="N-1")
    rows = [
        by_hand(a_student(sis_id="77")),
        by_hand(a_student(student_number="N-1")),
    ]
    made = planned(a_snapshot([record]), here(rows), UPDATING)
    assert outcome_of(made, record) == (Outcome.CONFLICT, "fits_several")
    assert not made.operations


def test_two_records_never_become_one_person() -> None:
    records = [a_student(sis_id="77"), a_student(sis_id="77")]
    row = by_hand(a_student(sis_id="77"))
    made = planned(a_snapshot(records), here([row]), UPDATING)
    assert [end.outcome for end in made.outcomes[:2]] == [Outcome.CONFLICT] * 2
    assert not made.operations


def test_a_new_id_with_the_old_sis_id_is_the_same_person() -> None:
    before = a_student("old-id")
    after = replace(before, source_id="new-id")
    made = planned(a_snapshot([after]), here([kept(before)]), ARCHIVING)
    assert actions(made) == ["link"]


def test_a_record_without_any_name_is_invalid_and_the_rest_goes_on() -> None:
    nameless = a_student(first_name="", last_name="")
    made = planned(a_snapshot([nameless, a_student()]), here(), STUDENTS)
    assert outcome_of(made, nameless) == (Outcome.INVALID, "no_name")
    assert actions(made) == ["create"]


def test_someone_whose_record_lost_its_name_stays_as_they_are() -> None:
    """A name that vanished is no sign of having left."""
    row = kept(a_student("s-1"))
    made = planned(
        a_snapshot([a_student("s-1", first_name="", last_name=""), a_student()]),
        here([row]),
        some_settings(students="on", students__archive="on", students__auto_update="on"),
    )
    assert outcome_of(made, row.person) == (Outcome.INVALID, "no_name")
    assert [op.source_id for op in made.operations if op.kept_id == row.id] == []


def test_a_record_without_id_is_invalid() -> None:
    idless = replace(a_student(), source_id="")
    made = planned(a_snapshot([idless]), here(), STUDENTS)
    assert made.outcomes[0].reason == "no_id"


@pytest.mark.parametrize("email", ["", "not-an-address", "a b@c"])
def test_a_bad_email_is_a_warning_and_the_person_is_rostered(email: str) -> None:
    made = planned(a_snapshot([a_student(email=email)]), here(), STUDENTS)
    assert actions(made) == ["create"]
    assert any("e-mail" in warning for warning in made.warnings)


def test_the_first_enabled_role_decides_the_switches() -> None:
    person = a_teacher(roles=(Role.STAFF, Role.TEACHER))
    settings = some_settings(staff="on", teachers="on", teachers__auto_update="on")
    changed = replace(person, last_name="Married")
    made = planned(a_snapshot([changed]), here([kept(person)]), settings)
    assert outcome_of(made, person) == (Outcome.SKIPPED, "auto_update_off")
    without_staff = settings.changed({"staff": "off"})
    made = planned(a_snapshot([changed]), here([kept(person)]), without_staff)
    assert outcome_of(made, person) == (Outcome.UPDATED, "changed")


def test_contacts_come_along_only_when_they_are_on() -> None:
    student = a_student(contact=a_contact(name="Pat"))
    off = planned(a_snapshot([student]), here(), STUDENTS)
    on = planned(a_snapshot([student]), here(), STUDENTS.changed({"contacts": "primary"}))
    assert "contact_name" not in off.operations[0].after
    assert on.operations[0].after["contact_name"] == "Pat"


def test_another_parent_replaces_the_contact_whole() -> None:
    was = a_student(contact=a_contact(name="Pat", phone="1", email="pat@home.example"))
    now = replace(was, contact=a_contact(name="Chris", phone="2", email=""))
    settings = UPDATING.changed({"contacts": "primary"})
    made = planned(a_snapshot([now]), here([kept(was)]), settings)
    assert made.operations[0].after["contact_email"] == ""


def test_the_same_parent_under_a_new_id_keeps_what_came_blank() -> None:
    was = a_student(contact=a_contact(name="Pat", phone="1", email="pat@home.example"))
    now = replace(was, contact=a_contact(name="Pat", phone="2", email=""))
    settings = UPDATING.changed({"contacts": "primary"})
    made = planned(a_snapshot([now]), here([kept(was)]), settings)
    assert set(made.operations[0].after) == {"contact_phone", "contact_source_id"}


def test_a_role_that_comes_empty_removes_nobody() -> None:
    students = [kept(a_student()) for _ in range(3)]
    teacher = a_teacher()
    settings = some_settings(
        students="on", students__archive="on", teachers="on", teachers__archive="on"
    )
    people_here = here([*students, kept(teacher), kept(a_teacher())])
    made = planned(a_snapshot([teacher]), people_here, settings)
    assert not made.operations
    assert "3 students are here" in made.warnings[0]


def test_a_teachers_number_is_not_a_staff_members_though_they_are_equal() -> None:
    zoe = kept(a_teacher("zoe", roles=(Role.STAFF,), sis_id="100", email=""))
    ann = a_teacher("ann", roles=(Role.STAFF, Role.TEACHER), sis_id="100", email="")
    both = some_settings(staff="on", staff__auto_update="on", teachers="on")
    made = planned(a_snapshot([ann, zoe.person]), here([zoe]), both)
    assert actions(made) == ["create"]
    made = planned(a_snapshot([ann]), here([kept(replace(zoe.person, source_id=""))]), both)
    assert actions(made) == ["create"]
