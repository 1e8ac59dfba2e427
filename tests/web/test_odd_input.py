"""Odd addresses and form values: a page that says so, never an error of ours."""

from collections.abc import Callable

import pytest

from roster_dash.roster.records import Term
from tests.builders import Builder, a_section, a_snapshot, a_student, a_teacher
from tests.visitor import Visitor

VisitAs = Callable[..., Visitor]

HUGE = "9" * 30
TEXTS = [
    "\0",
    "é" * 500,
    "x" * 5000,
    "%00",
    "'; DROP TABLE people; --",
    "-1",
    HUGE,
    "<b>",
]


@pytest.fixture
def visitor_of_a_school(make: Builder, visit_as: VisitAs) -> Visitor:
    school = make.school()
    ana, bo = a_student("ana"), a_teacher("bo")
    section = a_section("bio", students=("ana",), teachers=("bo",))
    make.snapshot(school, a_snapshot([ana, bo], [section], [Term("term-1", "Fall")]))
    make.synced(school, a_snapshot([ana, bo], [section]))
    return visit_as(make.specialist())


@pytest.mark.parametrize(
    "path",
    [
        f"/people/{HUGE}",
        f"/lists/{HUGE}",
        f"/runs/{HUGE}",
        f"/requests/{HUGE}",
        f"/schools/{HUGE}/rostering",
        f"/districts/{HUGE}/connection",
        "/people/0",
        "/unsubscribe/" + "x" * 300,
    ],
)
def test_an_address_that_leads_nowhere_is_404(path: str, visitor_of_a_school: Visitor) -> None:
    assert visitor_of_a_school.get(path).status_code == 404


@pytest.mark.parametrize("text", TEXTS)
def test_odd_questions_are_answered(text: str, visitor_of_a_school: Visitor) -> None:
    names = ("q", "role", "grade", "status", "after", "before", "without")
    for page in ("/schools/1/people", "/schools/1/lists", "/schools/1/history", "/lists/1"):
        for name in names:
            answer = visitor_of_a_school.ask("GET", page, query_string={name: text})
            assert answer.status_code == (400 if "\0" in text else 200), (page, name)
    path = "/runs/1/operations/person/create"
    answer = visitor_of_a_school.ask("GET", path, query_string={"after": text})
    assert answer.status_code in (200, 400)


FORMS = [
    ("/schools/1/rostering", ("students", "contacts", "class_lists.terms", "schedule.time")),
    ("/schools/1/rostering", ("notify.emails", "notify.when", "pause.until", "base")),
    ("/schools/1/rostering/preview", ("class_lists.grades", "auto_update.fields", "base")),
    ("/schools/1/people/new", ("first_name", "email", "role")),
    ("/schools/1/people/import", ("text", "confirm")),
    ("/schools/1/people/bulk", ("what", "person")),
    ("/people/1", ("first_name", "contact_phone", "sis_id")),
    ("/people/1/give-back/email", ("x",)),
    ("/lists/1", ("title", "visibility")),
    ("/lists/1/people", ("person", "side")),
    ("/requests/new", ("district_name", "school_name", "contact_name", "contact_email", "sis")),
    ("/login", ("email", "password")),
]


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize(("path", "names"), FORMS, ids=[f"{p}-{n[0]}" for p, n in FORMS])
def test_odd_values_are_taken_or_refused_in_words(
    path: str, names: tuple[str, ...], text: str, visitor_of_a_school: Visitor
) -> None:
    form = dict.fromkeys(names, text)
    filled = {"first_name": "Ana", "last_name": "Ruiz", "role": "student", "side": "members"}
    for values in (form, filled | form):
        answer = visitor_of_a_school.post(path, values, page="/schools/1/rostering")
        assert answer.status_code in (200, 302, 303, 400, 404, 409, 422), answer.text[-300:]
