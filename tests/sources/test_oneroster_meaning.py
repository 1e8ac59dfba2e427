"""OneRoster's records as ours: who is where, in which lists, and what their words mean."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roster_dash.roster.errors import NotShared
from roster_dash.roster.records import Contact, Person, Section, Snapshot, Term
from roster_dash.roster.roles import Role
from roster_dash.sources.oneroster.meaning import District
from roster_dash.sources.oneroster.records import (
    AcademicSession,
    ClassRecord,
    Course,
    Enrollment,
    OneRoster,
    Org,
    RoleAt,
    UserRecord,
)

TODAY = date(2026, 10, 1)
YESTERDAY, TOMORROW = date(2026, 9, 30), date(2026, 10, 2)
ORGS = (
    Org("d", "Hill District", "district"),
    Org("a", "Hill School", "school", parent_id="d"),
    Org("b", "Dale School", "school", parent_id="d"),
    Org("a-maths", "Maths", "department", parent_id="a"),
    Org("d-lunch", "Kitchens", "department", parent_id="d"),
)
YEAR = AcademicSession("y", "2026/27", "schoolYear", date(2026, 8, 15), date(2027, 6, 20))
AUTUMN = AcademicSession("t1", "Autumn", "term", date(2026, 8, 15), date(2027, 1, 10))
SPRING = AcademicSession("t2", "Spring", "term", date(2027, 1, 10), date(2027, 6, 20))
PAST = AcademicSession("t0", "Summer", "term", date(2026, 6, 20), date(2026, 8, 15))
CLASS = ClassRecord("c", "Algebra", school_id="a", course_id="k", term_ids=("t1",))


def a_user(user_id: str, *roles: str | RoleAt, **values: Any) -> UserRecord:
    """Roles as "student@a"."""
    held = [each if isinstance(each, RoleAt) else RoleAt(*each.split("@")) for each in roles]
    return UserRecord(user_id, tuple(held), **values)


def in_class(user: str, role: str = "student", **values: Any) -> Enrollment:
    class_id = values.pop("class_id", "c")
    return Enrollment(f"{class_id}-{user}-{role}", class_id, user, role=role, **values)


def a_district(*records: Any, today: date = TODAY, classes: tuple[Any, ...] = (CLASS,)) -> District:
    everything = [*ORGS, YEAR, AUTUMN, SPRING, PAST, Course("k", "Maths"), *classes, *records]

    def each(kind: type) -> dict[str, Any]:
        return {record.id: record for record in everything if isinstance(record, kind)}

    kinds = (Org, AcademicSession, Course, ClassRecord, UserRecord, Enrollment)
    return District(OneRoster(*map(each, kinds)), "or", today)


def at(school: str, *records: Any, **values: Any) -> Snapshot:
    return a_district(*records, **values).snapshot(f"or.{school}")


def the_person(*records: Any, school: str = "a", **values: Any) -> Person:
    (person,) = at(school, *records, **values).people
    return person


def the_class(*records: Any, **values: Any) -> Section:
    (section,) = at("a", *records, **values).sections
    return section


def test_schools_are_the_organizations_of_this_type_with_namespaced_ids() -> None:
    shared = a_district().schools()
    assert [(school.source_id, school.name) for school in shared] == [
        ("or.a", "Hill School"),
        ("or.b", "Dale School"),
    ]


def test_the_district_is_named_by_what_is_nearest_above_its_schools() -> None:
    assert a_district(Org("s", "The State", "state")).name == "Hill District"
    assert at("a").about == {"district_name": "Hill District"}


def test_a_school_that_is_not_there_is_not_shared() -> None:
    for unknown in ("or.z", "or.d", "a", "other.a"):
        with pytest.raises(NotShared, match="doesn’t share the school"):
            a_district().snapshot(unknown)


def test_every_field_of_a_student_arrives() -> None:
    student = a_user(
        "s1",
        "student@a",
        is_enabled=False,
        given_name="Ana",
        middle_name="Eva",
        family_name="Ruiz",
        preferred_given_name="Annie",
        username="aruiz",
        identifier="1001",
        email="ana@x.example",
        phone="555",
        grades=("03",),
    )
    assert the_person(student) == Person(
        source_id="or.s1",
        roles=(Role.STUDENT,),
        sis_id="s1",
        first_name="Ana",
        middle_name="Eva",
        last_name="Ruiz",
        preferred_name="Annie",
        email="ana@x.example",
        grade="3",
        student_number="1001",
    )


def test_the_username_never_stands_in_for_an_address() -> None:
    assert the_person(a_user("s1", "student@a", username="ana@x.example")).email == ""


@pytest.mark.parametrize(
    ("word", "role"),
    [
        ("student", Role.STUDENT),
        ("Teacher", Role.TEACHER),
        ("aide", Role.STAFF),
        ("counselor", Role.STAFF),
        ("proctor", Role.STAFF),
        ("principal", Role.STAFF),
        ("siteAdministrator", Role.STAFF),
        ("administrator", Role.STAFF),
        ("districtAdministrator", Role.ADMIN),
        ("systemAdministrator", Role.ADMIN),
    ],
)
def test_each_role_at_a_school_is_one_of_ours(word: str, role: Role) -> None:
    assert the_person(a_user("u", f"{word}@a")).roles == (role,)


@pytest.mark.parametrize("word", ["parent", "guardian", "relative"])
def test_a_mere_contact_is_no_person(word: str) -> None:
    assert at("a", a_user("p", f"{word}@a"), in_class("p")).people == ()


def test_a_parent_who_teaches_is_a_teacher() -> None:
    assert the_person(a_user("p", "parent@a", "teacher@a")).roles == (Role.TEACHER,)


def test_somebody_with_a_role_that_we_do_not_know_is_there_without_one() -> None:
    """So that nobody takes them for gone."""
    assert the_person(a_user("u", "ext:librarian@a")).roles == ()


def test_several_roles_stand_in_the_order_of_precedence() -> None:
    person = the_person(a_user("u", "student@a", "aide@a", "districtAdministrator@d"))
    assert person.roles == (Role.ADMIN, Role.STAFF, Role.STUDENT)


def test_a_role_of_a_department_is_held_at_its_school() -> None:
    assert the_person(a_user("u", "teacher@a-maths")).roles == (Role.TEACHER,)
    assert at("a", a_user("u", "teacher@d-lunch")).people == ()


def test_district_admins_are_in_every_school() -> None:
    admin = a_user("u", "districtAdministrator@d", given_name="Ida")
    for school in "ab":
        assert the_person(admin, school=school).roles == (Role.ADMIN,)
    assert [person.source_id for person in a_district(admin).part.admins] == ["or.u"]


def test_an_administrator_of_a_district_is_an_admin_unless_a_school_is_named_too() -> None:
    assert the_person(a_user("u", "administrator@d")).roles == (Role.ADMIN,)
    principal = a_user("u", "administrator@d", "administrator@a")
    assert the_person(principal).roles == (Role.STAFF,)
    assert at("b", principal).people == ()
    assert at("a", a_user("u", "administrator@unknown")).people == ()


@pytest.mark.parametrize(
    ("start", "end", "is_there"),
    [
        (None, None, True),
        (TODAY, TOMORROW, True),
        (TOMORROW, None, False),
        (None, TODAY, False),
        (date.min, date.min, True),
    ],
)
def test_a_role_counts_on_the_days_on_which_it_is_held(
    start: date | None, end: date | None, is_there: bool
) -> None:
    role = RoleAt("student", "a", start=start, end=end)
    assert bool(at("a", a_user("u", role)).people) is is_there


def test_those_of_the_district_belong_to_the_schools_of_their_classes() -> None:
    people = [a_user("s", "student@d"), a_user("t", "teacher@d"), a_user("x", "student@d")]
    enrolled = [in_class("s"), in_class("t", "teacher")]
    found = {each.sis_id: each.roles for each in at("a", *people, *enrolled).people}
    assert found == {"s": (Role.STUDENT,), "t": (Role.TEACHER,)}
    assert at("b", *people, *enrolled).people == ()


def test_a_student_of_another_school_who_has_a_class_here_is_here_too() -> None:
    student = a_user("s", "student@b")
    assert the_person(student, in_class("s")).roles == (Role.STUDENT,)
    assert the_person(student, in_class("s"), school="b").roles == (Role.STUDENT,)


def test_an_enrollment_gives_nobody_a_role_that_they_do_not_hold() -> None:
    assert at("a", a_user("s", "student@b"), in_class("s", "teacher")).people == ()


def test_one_whose_role_is_over_does_not_come_back_by_a_class() -> None:
    former = a_user("s", RoleAt("student", "b", end=TODAY))
    assert at("a", former, in_class("s")).people == ()


def test_one_who_has_no_role_has_that_of_their_class() -> None:
    assert the_person(a_user("s"), in_class("s")).roles == (Role.STUDENT,)
    assert the_person(a_user("s"), in_class("s", "teacher")).roles == (Role.TEACHER,)


@pytest.mark.parametrize(
    ("words", "grade"),
    [
        (("IT",), "InfantToddler"),
        (("PR",), "Preschool"),
        (("pk",), "PreKindergarten"),
        (("TK",), "TransitionalKindergarten"),
        (("KG",), "Kindergarten"),
        (("01",), "1"),
        (("13",), "13"),
        (("PS",), "PostGraduate"),
        (("UG",), "Ungraded"),
        (("Other",), "Other"),
        (("AdultESL",), "Other"),
        ((" Year 9 ",), "Year 9"),
        (("03", "03"), "3"),
        (("03", "04"), ""),
        ((), ""),
    ],
)
def test_grades_come_in_clevers_words(words: tuple[str, ...], grade: str) -> None:
    assert the_person(a_user("s", "student@a", grades=words)).grade == grade
    assert the_class(classes=(replace(CLASS, grades=words),)).grade == grade


PARENT = a_user("p9", "parent@a", given_name="Pia", family_name="Ruiz", email="p@x.example")
GUARDIAN = a_user("g1", "guardian@a", given_name="Gus", sms="555-1")
RELATIVE = a_user("r1", "relative@a", given_name="Rita", phone="555-2", sms="555-3")


@pytest.mark.parametrize("stated", ["by the student", "by the parent", "by both"])
def test_a_contact_may_be_stated_on_either_side(stated: str) -> None:
    student = a_user("s", "student@a", agents=() if stated == "by the parent" else ("p9",))
    parent = replace(PARENT, agents=() if stated == "by the student" else ("s",))
    expected = Contact("or.p9", "Pia Ruiz", "p@x.example", "", "Parent")
    assert the_person(student, parent).contact == expected
    assert a_district(student, parent).part.contacts == {"or.s": expected}


def test_a_parent_comes_before_a_guardian_and_a_guardian_before_a_relative() -> None:
    student = a_user("s", "student@a", agents=("r1", "g1", "p9", "missing"))
    assert the_person(student, RELATIVE, GUARDIAN, PARENT).contact.name == "Pia Ruiz"
    guardian = the_person(student, RELATIVE, GUARDIAN).contact
    assert (guardian.phone, guardian.relationship) == ("555-1", "Guardian")
    assert the_person(student, RELATIVE).contact == Contact(
        "or.r1", "Rita", "", "555-2", "Relative"
    )


def test_of_equal_contacts_the_lowest_id_is_taken_and_never_one_that_says_nothing() -> None:
    student = a_user("s", "student@a", agents=("p9", "p2", "p1"))
    others = [a_user("p1", "parent@a"), a_user("p2", "parent@a", given_name="Ben")]
    assert the_person(student, PARENT, *others).contact.name == "Ben"


def test_agents_who_are_no_contacts_are_left_out() -> None:
    student = a_user("s", "student@a", agents=("t",))
    teacher = a_user("t", "teacher@b", given_name="Tom")
    assert the_person(student, teacher).contact == Contact()


def test_a_class_has_its_title_course_term_and_period() -> None:
    record = replace(CLASS, grades=("05",), periods=("1", "3"))
    assert the_class(classes=(record,)) == Section(
        "or.c", "Algebra", "Maths", "or.t1", grade="5", period="1, 3"
    )


def test_a_class_without_a_title_is_called_by_its_code() -> None:
    assert the_class(classes=(replace(CLASS, title="", code="ALG-1"),)).name == "ALG-1"


def test_a_terms_end_is_the_last_day_of_it() -> None:
    assert at("a").terms == (Term("or.t1", "Autumn", date(2026, 8, 15), date(2027, 1, 9)),)


def test_a_class_in_several_terms_is_in_the_last_one_to_end() -> None:
    assert the_class(classes=(replace(CLASS, term_ids=("t1", "t2")),)).term_id == "or.t2"
    whole_year = replace(CLASS, term_ids=("t2", "t1", "y"))
    assert the_class(classes=(whole_year,)).term_id == "or.y"


def test_a_class_of_a_term_that_nobody_knows_has_none() -> None:
    snapshot = at("a", classes=(replace(CLASS, term_ids=("gone",)),))
    assert (snapshot.sections[0].term_id, snapshot.terms) == ("", ())


def test_the_primary_teacher_is_the_first() -> None:
    teachers = [in_class("t1", "teacher"), in_class("t2", "Teacher", is_primary=True)]
    assert the_class(*teachers, in_class("x", "aide")).teachers == ("or.t2", "or.t1")


def test_one_who_is_in_a_class_twice_is_in_it_once() -> None:
    again = replace(in_class("s"), id="another")
    assert the_class(in_class("s"), again).students == ("or.s",)


@pytest.mark.parametrize(
    ("start", "end", "counts"),
    [
        (None, None, True),
        (TODAY, TOMORROW, True),
        (TOMORROW, None, False),
        (YESTERDAY, TODAY, False),
        (YESTERDAY, YESTERDAY, False),
    ],
)
def test_an_enrollment_counts_on_its_days(
    start: date | None, end: date | None, counts: bool
) -> None:
    assert bool(the_class(in_class("s", start=start, end=end)).students) is counts


def test_a_class_with_somebody_whom_nobody_names_is_unsure_on_their_side() -> None:
    nameless = in_class("", "student")
    assert the_class(in_class("s"), nameless).unsure == ("members",)
    assert the_class(in_class("s"), nameless).students == ("or.s",)
    assert the_class(in_class("s")).unsure == ()


def test_a_class_that_is_over_keeps_those_who_were_in_it_to_the_end() -> None:
    over = (replace(CLASS, term_ids=("t0",)),)
    stayed = in_class("stayed", start=PAST.start, end=PAST.end)
    left = in_class("left", start=PAST.start, end=date(2026, 7, 1))
    assert the_class(stayed, left, classes=over).students == ("or.stayed",)


def test_a_class_to_come_has_those_who_will_be_in_it_on_the_first_day() -> None:
    to_come = (replace(CLASS, term_ids=("t2",)),)
    first_day = in_class("first", start=SPRING.start, end=SPRING.end)
    later = in_class("later", start=date(2027, 2, 1))
    assert the_class(first_day, later, classes=to_come).students == ("or.first",)


def test_a_school_has_its_own_classes_and_those_of_its_departments() -> None:
    classes = (CLASS, replace(CLASS, id="m", school_id="a-maths"), replace(CLASS, school_id="b"))
    assert [section.source_id for section in at("a", classes=classes[:2]).sections] == [
        "or.c",
        "or.m",
    ]
    assert at("a", classes=classes[2:]).sections == ()


def test_an_enrollment_in_a_class_that_is_not_there_is_none() -> None:
    assert at("a", a_user("s", "student@d"), in_class("s", class_id="gone")).people == ()


@given(st.randoms(use_true_random=False))
def test_the_order_in_which_records_come_changes_nothing(random: Any) -> None:
    student = a_user("s", "student@a", agents=("p9", "g1"))
    records = [
        student,
        PARENT,
        GUARDIAN,
        a_user("t1", "teacher@a"),
        a_user("t2", "teacher@d"),
        a_user("u", "administrator@d"),
        *(in_class(teacher, "teacher") for teacher in ("t1", "t2")),
        in_class("s"),
        replace(CLASS, id="c2", term_ids=("t2", "t1")),
    ]
    expected = at("a", *records)
    random.shuffle(records)
    assert at("a", *records) == expected
