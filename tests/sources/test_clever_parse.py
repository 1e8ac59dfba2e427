"""Clever's JSON as our records, with all that its documents and users say is odd about it."""

from datetime import date
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from roster_dash.roster.records import Person, Section
from roster_dash.roster.roles import Role
from roster_dash.sources.clever_answer import CleverAnswer
from roster_dash.sources.clever_parse import (
    course_name,
    parse_contacts,
    parse_section,
    parse_term,
    parse_user,
)
from roster_dash.sources.clever_types import read_sections, read_users, tidy_section, tidy_user

SCHOOL = "school-1"


def read_user(user: dict[str, Any], school: str) -> Person | None:
    return parse_user(read_users([orjson.dumps(user)])[0], school)


def read_section(section: dict[str, Any], courses: dict[str, str]) -> Section:
    return parse_section(read_sections([orjson.dumps(section)])[0], courses)


def a_user(roles: dict[str, Any], **values: Any) -> dict[str, Any]:
    name = {"first": "Ana", "middle": "", "last": "Ruiz"}
    return {"id": "u1", "name": name, "email": "ana@x.example", "roles": roles} | values


def a_contact(contact_id: str, *relations: tuple[str, str], **values: Any) -> dict[str, Any]:
    related = [{"student": student, "type": kind} for student, kind in relations]
    user = {
        "id": contact_id,
        "name": {"first": "", "last": f"Parent {contact_id}"},
        "roles": {"contact": {"student_relationships": related, "phone": "555-0100"}},
    }
    return user | values


def test_every_field_of_a_student_arrives() -> None:
    student = {
        "school": SCHOOL,
        "schools": [SCHOOL],
        "sis_id": "s9",
        "student_number": "n9",
        "grade": "Kindergarten",
        "preferred_name": {"first": "Annie", "last": "Ruiz"},
    }
    person = read_user(a_user({"student": student}), SCHOOL)
    assert person is not None
    assert person.roles == (Role.STUDENT,)
    assert (person.sis_id, person.student_number, person.grade) == ("s9", "n9", "Kindergarten")
    assert (person.first_name, person.last_name) == ("Ana", "Ruiz")
    assert person.preferred_name == "Annie Ruiz"
    assert person.email == "ana@x.example"


@pytest.mark.parametrize("nothing", [None, "", "  ", "absent"])
def test_absent_null_and_blank_are_the_same(nothing: Any) -> None:
    student: dict[str, Any] = {"school": SCHOOL}
    user = a_user({"student": student})
    for holder, field in ((student, "grade"), (student, "student_number"), (user, "email")):
        if nothing == "absent":
            holder.pop(field, None)
        else:
            holder[field] = nothing
    person = read_user(user, SCHOOL)
    assert person is not None
    assert (person.grade, person.student_number, person.email) == ("", "", "")


def test_several_roles_of_one_user_are_all_held() -> None:
    roles = {
        "teacher": {"schools": [SCHOOL], "sis_id": "t1"},
        "staff": {"schools": [SCHOOL, "school-2"], "staff_id": "st1"},
        "district_admin": {"title": "Superintendent"},
    }
    person = read_user(a_user(roles), SCHOOL)
    assert person is not None
    assert person.roles == (Role.ADMIN, Role.STAFF, Role.TEACHER)
    assert person.sis_id == "t1"


def test_a_role_held_at_another_school_only_is_not_held_here() -> None:
    roles = {
        "teacher": {"schools": ["school-2"], "sis_id": "t1"},
        "staff": {"schools": [SCHOOL], "staff_id": "st1"},
    }
    person = read_user(a_user(roles), SCHOOL)
    assert person is not None
    assert person.roles == (Role.STAFF,)
    assert person.sis_id == "st1"


@pytest.mark.parametrize("roles", [{}, None, {"teacher": {"schools": ["school-2"]}}])
def test_someone_without_a_readable_role_here_is_still_there(roles: Any) -> None:
    """Else they would be taken for gone."""
    person = read_user(a_user(roles), SCHOOL)
    assert person is not None
    assert person.roles == ()


@pytest.mark.parametrize(
    ("students", "unsure"),
    [(["s1", None], ()), ([], ()), (None, ("members",)), ([{"id": "s1"}], ("members",))],
)
def test_a_sections_students_that_cannot_be_read_are_unsure(
    students: Any, unsure: tuple[str, ...]
) -> None:
    assert read_section({"id": "x", "students": students}, {}).unsure == unsure


def test_a_parent_of_the_school_is_not_one_of_its_people() -> None:
    assert read_user(a_contact("c1", ("u1", "Primary")), SCHOOL) is None


def test_unknown_fields_wrong_types_and_nul_characters_do_no_harm() -> None:
    user = a_user(
        {"student": {"school": SCHOOL, "grade": 9, "ext": {"a": [1]}}, "alien": 3},
        name={"first": "A\0na ", "last": None, "suffix": "Jr."},
        lms_status={"synced": True},
        email=["not", "text"],
    )
    person = read_user(user, SCHOOL)
    assert person is not None
    assert (person.first_name, person.last_name, person.email) == ("Ana", "", "")
    assert person.grade == "9"


def test_the_primary_contact_comes_before_a_parent_and_never_an_emergency_one() -> None:
    contacts = parse_contacts(
        [
            a_contact("c1", ("s1", "Parent/Guardian"), ("s2", "Emergency")),
            a_contact("c2", ("s1", "Primary"), ("s3", "Secondary")),
            a_contact("c3", ("s1", "Primary"), ("s4", "Parent/Guardian")),
        ]
    )
    assert {student: contact.source_id for student, contact in contacts.items()} == {
        "s1": "c2",
        "s4": "c3",
    }


def test_a_contact_whose_whole_name_is_in_last_keeps_it() -> None:
    contact = parse_contacts([a_contact("c1", ("s1", "Primary"))])["s1"]
    assert (contact.name, contact.phone) == ("Parent c1", "555-0100")


def test_a_contact_related_twice_to_a_student_counts_once() -> None:
    contacts = parse_contacts([a_contact("c1", ("s1", "Emergency"), ("s1", "Parent/Guardian"))])
    assert contacts["s1"].source_id == "c1"


def test_a_section_without_teacher_term_and_course_is_a_section() -> None:
    section = read_section(
        {"id": "x", "name": "Biology", "teacher": None, "students": None, "course": None}, {}
    )
    assert (section.name, section.teachers, section.students) == ("Biology", (), ())
    assert (section.term_id, section.course) == ("", "")


def test_a_sections_teachers_are_the_primary_one_first_each_once() -> None:
    section = read_section(
        {"id": "x", "teacher": "t2", "teachers": ["t2", "t1", None], "students": ["s1", "s1"]}, {}
    )
    assert section.teachers == ("t2", "t1")
    assert section.students == ("s1",)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-08-15", date(2026, 8, 15)),
        ("2026-08-15T00:00:00.000Z", date(2026, 8, 15)),
        ("8/15/2026", None),
        (None, None),
    ],
)
def test_a_terms_days_are_dates_or_moments_or_unknown(text: Any, day: date | None) -> None:
    assert parse_term({"id": "t", "name": "Fall", "start_date": text}).start == day


def test_a_course_without_name_goes_by_its_number() -> None:
    assert course_name({"number": "BIO1"}) == "BIO1"


TEXTS = st.sampled_from(["", " ", "a", " Zoë ", "x\0y", SCHOOL, "school-2"])
MAYBE = st.none() | TEXTS
ODD = MAYBE | st.integers(0, 9) | st.booleans() | st.lists(st.integers(0, 3), max_size=2)


def records_of(text: Any) -> Any:
    name = st.fixed_dictionaries({}, optional=dict.fromkeys(("first", "middle", "last"), text))
    ids = st.none() | st.lists(text, max_size=3)
    role = st.fixed_dictionaries(
        {},
        optional={
            **dict.fromkeys(("school", "sis_id", "staff_id", "grade", "student_number"), text),
            "schools": ids,
            "preferred_name": name,
            "not_ours": st.integers(0, 9),
        },
    )
    roles = st.fixed_dictionaries(
        {},
        optional=dict.fromkeys(
            ("student", "teacher", "staff", "district_admin", "contact"), st.none() | role
        ),
    )
    user = st.fixed_dictionaries(
        {"id": TEXTS, "roles": roles}, optional={"name": name, "email": text}
    )
    texts = dict.fromkeys(("name", "course", "term_id", "grade", "period", "teacher"), text)
    section = st.fixed_dictionaries(
        {"id": TEXTS}, optional={**texts, "teachers": ids, "students": ids}
    )
    return st.tuples(st.lists(user, max_size=3), st.lists(section, max_size=3))


@given(records=records_of(MAYBE) | records_of(ODD))
def test_what_is_in_the_promised_form_is_read_as_what_is_brought_into_it(records: Any) -> None:
    users, sections = records
    quick = read_users([orjson.dumps(user) for user in users]) if users else []
    assert [parse_user(user, SCHOOL) for user in quick] == [
        parse_user(tidy_user(user), SCHOOL) for user in users
    ]
    read = read_sections([orjson.dumps(section) for section in sections]) if sections else []
    assert [parse_section(section, {"a": "Algebra"}) for section in read] == [
        parse_section(tidy_section(section), {"a": "Algebra"}) for section in sections
    ]


def test_a_course_that_came_without_its_id_is_nobodys() -> None:
    records = {
        "users": [],
        "sections": [orjson.dumps({"id": "x", "name": "Art", "students": []})],
        "terms": [],
        "courses": [orjson.dumps({"name": "Physical Education"})],
    }
    answer = CleverAnswer("school", "High", records, (), {}, "digest")
    assert [section.course for section in answer.snapshot().sections] == [""]
