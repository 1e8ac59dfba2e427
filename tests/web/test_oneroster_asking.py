"""The OneRoster provider: addresses, pages, filters, sorting, fields, and refusals of them."""

import re
from urllib.parse import urlencode

import pytest
from flask import Flask

from roster_dash.provider.collections import COLLECTIONS
from roster_dash.store.tables import School
from tests.builders import Builder
from tests.provider.served import STUDENTS, V1P2, a_key, a_school, ask, ids, minor_of

LINK = re.compile(r'<([^>]+)>; rel="(\w+)"')


@pytest.fixture
def school(make: Builder) -> School:
    return a_school(make, "Lincoln High", "s-1")


@pytest.mark.parametrize("limit", [1, 7])
@pytest.mark.parametrize("collection", COLLECTIONS)
def test_pages_have_everything_once_and_lead_to_one_another(
    collection: str, limit: int, app: Flask, school: School
) -> None:
    key = a_key(school)
    whole = ids(ask(app, f"{V1P2}/{collection}", key))
    path, seen = f"{V1P2}/{collection}?limit={limit}", []
    while path:
        answer = ask(app, path, key)
        seen += ids(answer)
        assert answer.headers["X-Total-Count"] == str(len(whole))
        links = {rel: url for url, rel in LINK.findall(answer.headers["Link"])}
        assert ids(ask(app, links["first"], key)) == whole[:limit]
        path = links.get("next", "")
    assert seen == whole == sorted(set(whole))


def test_a_page_after_the_last_is_empty(app: Flask, school: School) -> None:
    answer = ask(app, f"{V1P2}/users?offset=999", a_key(school))
    assert (ids(answer), answer.headers["X-Total-Count"]) == ([], "16")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("schools", ["s-1"]),
        ("terms", ["fall"]),
        ("gradingPeriods", []),
        ("teachers", ["s-1-both", "s-1-teacher-0", "s-1-teacher-1"]),
        ("students", STUDENTS),
        ("schools/s-1/classes", ["s-1-art", "s-1-bio"]),
        ("schools/s-1/students", STUDENTS),
        ("schools/s-1/teachers", ["s-1-both", "s-1-teacher-0", "s-1-teacher-1"]),
        ("schools/s-1/terms", ["fall"]),
        ("schools/s-1/classes/s-1-bio/teachers", ["s-1-both"]),
        ("schools/s-1/classes/s-1-bio/students", STUDENTS[:7]),
        ("classes/s-1-art/students", STUDENTS[5:]),
        ("classes/s-1-art/teachers", ["s-1-teacher-0", "s-1-teacher-1"]),
        ("courses/no-course/classes", ["s-1-art"]),
        ("terms/fall/classes", ["s-1-bio"]),
        ("terms/fall/gradingPeriods", []),
        ("students/s-1-student-05/classes", ["s-1-art", "s-1-bio"]),
        ("teachers/s-1-both/classes", ["s-1-bio"]),
        ("users/s-1-both/classes", ["s-1-bio"]),
    ],
)
def test_each_address_has_its_records(
    path: str, expected: list[str], app: Flask, school: School
) -> None:
    assert ids(ask(app, f"{V1P2}/{path}", a_key(school))) == expected


def test_a_class_of_the_school_has_its_enrollments(app: Flask, school: School) -> None:
    answer = ask(app, f"{V1P2}/schools/s-1/classes/s-1-bio/enrollments", a_key(school))
    assert len(ids(answer)) == 8
    assert {each["class"]["sourcedId"] for each in answer.json["enrollments"]} == {"s-1-bio"}
    assert len(ids(ask(app, f"{V1P2}/schools/s-1/enrollments", a_key(school)))) == 17


def test_what_is_not_there_is_404_in_words(app: Flask, school: School) -> None:
    key = a_key(school)
    for path in (
        *("users/nobody", "teachers/s-1-student-01", "schools/other/classes", "demographics"),
        *("classes/none/students", "schools/s-1/classes/none/students", "classes/s-1-bio/classes"),
    ):
        answer = ask(app, f"{V1P2}/{path}", key)
        assert answer.status_code == 404, path
        assert minor_of(answer) in ("unknownobject", "unsupportedoperation")


def test_nothing_can_be_changed(app: Flask, school: School) -> None:
    key = a_key(school)
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        answer = ask(app, f"{V1P2}/users/s-1-both", key, method)
        assert (answer.status_code, minor_of(answer)) == (405, "unsupportedoperation")
        assert "GET" in answer.headers["Allow"]


ODD = (
    "\0",
    "é" * 400,
    "-1",
    "'",
    "''",
    "a='",
    "a.b.c='1' AND",
    "a\r\nb: c",
    "\ud800",
    "٣",
    "x" * 5000,
)


@pytest.mark.parametrize("name", ["limit", "offset", "sort", "orderBy", "filter", "fields", "odd"])
def test_odd_parameters_are_answered(name: str, app: Flask, school: School) -> None:
    key = a_key(school)
    for text in ODD:
        sent = urlencode({name: text}, errors="surrogatepass")
        for path in ("users", "users/s-1-both", "schools/s-1/classes"):
            answer = ask(app, f"{V1P2}/{path}?{sent}", key)
            assert answer.status_code in (200, 400), (path, text)
            assert answer.status_code == 200 or minor_of(answer)


OBRIEN = [each for number, each in enumerate(STUDENTS) if number % 3 == 2]


@pytest.mark.parametrize(
    ("collection", "filter_", "expected"),
    [
        ("students", "familyName='O'Brien'", OBRIEN),
        ("students", "familyName!='Lee'", [s for n, s in enumerate(STUDENTS) if n % 3]),
        ("students", "familyName~'BRIEN' AND grades='10'", [STUDENTS[n] for n in (1, 5, 7, 11)]),
        ("students", "sourcedId<'s-1-student-01'", STUDENTS[:1]),
        ("students", "sourcedId<='s-1-student-01'", STUDENTS[:2]),
        ("students", "sourcedId>'s-1-student-10'", STUDENTS[11:]),
        ("students", "sourcedId>='s-1-student-10'", STUDENTS[10:]),
        ("users", "roles.role='districtAdministrator'", ["s-1-both"]),
        ("users", "sourcedId='s-1-both' OR role.x='1'", None),
        (
            "users",
            "sourcedId = 's-1-both' OR sourcedId='s-1-teacher-0'",
            ["s-1-both", "s-1-teacher-0"],
        ),
        ("users", "enabledUser='false'", []),
        ("students", "status='active' AND dateLastModified<'2020-01-01'", []),
        ("students", "dateLastModified>='2020-01-01T00:00:00Z'", STUDENTS),
        ("classes", "course.sourcedId='no-course'", ["s-1-art"]),
        ("classes", "title='x' AND title='x' AND title='x'", None),
        ("classes", "title=x", None),
        ("classes", "title='x", None),
        ("classes", "tittle='x'", None),
        ("classes", "dateLastModified>'yesterday'", None),
    ],
)
def test_a_filter_leaves_what_it_says_or_is_refused(
    collection: str, filter_: str, expected: list[str] | None, app: Flask, school: School
) -> None:
    answer = ask(app, f"{V1P2}/{collection}", a_key(school), query_string={"filter": filter_})
    if expected is None:
        assert (answer.status_code, minor_of(answer)) == (400, "invalid_filter_field")
    else:
        assert ids(answer) == expected
        assert answer.headers["X-Total-Count"] == str(len(expected))


def test_a_filter_goes_on_over_pages(app: Flask, school: School) -> None:
    query = {"filter": "familyName='O'Brien'", "limit": "3"}
    answer = ask(app, f"{V1P2}/students", a_key(school), query_string=query)
    [following] = re.findall(r'<([^>]+)>; rel="next"', answer.headers["Link"])
    assert [*ids(answer), *ids(ask(app, following, a_key(school)))] == OBRIEN


def test_records_are_sorted_as_asked_and_equal_ones_by_id(app: Flask, school: School) -> None:
    key = a_key(school)
    told = ask(app, f"{V1P2}/students?sort=grades&orderBy=desc", key)
    assert ids(told) == [*STUDENTS[1::2], *STUDENTS[::2]]
    assert ids(ask(app, f"{V1P2}/students?sort=familyName&limit=2", key)) == STUDENTS[0:4:3]


def test_only_the_fields_that_are_asked_for_come(app: Flask, school: School) -> None:
    key = a_key(school)
    told = ask(app, f"{V1P2}/students?fields=sourcedId,familyName", key).json["users"]
    assert {tuple(each) for each in told} == {("sourcedId", "familyName")}
    one = ask(app, f"{V1P2}/students/{STUDENTS[0]}?fields=grades", key).json
    assert one == {"user": {"grades": ["09"]}}


@pytest.mark.parametrize(
    ("query", "minor"),
    [
        ("limit=0", "invalid_limit_field"),
        ("limit=10001", "invalid_limit_field"),
        ("limit=ten", "invalid_limit_field"),
        ("limit=" + "9" * 5000, "invalid_limit_field"),
        ("offset=-1", "invalid_offset_field"),
        ("offset=²", "invalid_offset_field"),
        ("sort=surname", "invalid_sort_field"),
        ("sort=familyName&orderBy=up", "invalid_sort_field"),
        ("orderBy=desc", "invalid_sort_field"),
        ("fields=surname", "invalid_selection_field"),
        ("fields=", "invalid_blank_selection_field"),
        ("fields=email,,phone", "invalid_blank_selection_field"),
        ("limit=1&limit=2", "invaliddata"),
    ],
)
def test_a_parameter_that_will_not_do_is_refused_in_words(
    query: str, minor: str, app: Flask, school: School
) -> None:
    answer = ask(app, f"{V1P2}/users?{query}", a_key(school))
    assert (answer.status_code, minor_of(answer)) == (400, minor)
