"""The past on its page: who was here on a day, and what differs between two."""

import csv
import io
import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from roster_dash.extensions import db
from roster_dash.roster.records import Section, Term
from roster_dash.store import edits
from roster_dash.store.export import LIST_COLUMNS, PEOPLE_COLUMNS
from roster_dash.store.tables import OperationRow, PersonRow, School
from roster_dash.store.transactions import commit
from tests.builders import Builder, a_section, a_snapshot, a_student, a_teacher
from tests.visitor import Visitor

VisitAs = Callable[..., Visitor]

MONDAY = datetime(2026, 8, 31, 15, tzinfo=UTC)
TUESDAY = datetime(2026, 9, 1, 15, tzinfo=UTC)

ANA = a_student("ana", first_name="Ana", last_name="Ruiz", grade="9")
BEN = a_student("ben", first_name="Ben", last_name="<Kim>", grade="9")
BO = a_teacher("bo", first_name="Bo", last_name="Lind")
TERMS = [Term("term-1", "Fall")]


def biology(*students: str, name: str = "Biology") -> Section:
    return a_section("bio", name=name, students=students, teachers=("bo",))


def a_school_with_a_past(make: Builder) -> School:
    """On Tuesday Ben left, Zoë joined, Ana went to grade 10, and Biology got another name."""
    school = make.school()
    art = a_section("art", name="Art", students=("ben",), teachers=("bo",))
    make.synced(school, a_snapshot([ANA, BEN, BO], [biology("ana", "ben"), art], TERMS), MONDAY)
    ana = a_student("ana", first_name="Ana", last_name="Ruiz", grade="10", email=ANA.email)
    zoe = a_student("zoe", first_name="Zoë", last_name="Park")
    now = a_snapshot([ana, zoe, BO], [biology("ana", "zoe", name="Biology II")], TERMS)
    make.synced(school, now, TUESDAY, students__archive="on")
    return school


@pytest.fixture
def school(make: Builder) -> School:
    return a_school_with_a_past(make)


def path_of(school: School, query: str = "") -> str:
    return f"/schools/{school.id}/past{query}"


def table(html: str) -> str:
    return html.split("<tbody>")[1].split("</tbody>")[0]


def test_the_page_asks_for_a_day_first(make: Builder, visit_as: VisitAs, school: School) -> None:
    page = visit_as(make.owner(school)).get(path_of(school)).text
    assert "Choose a day" in page
    assert 'type="date"' in page
    assert f'href="/schools/{school.id}/past" aria-current="page"' in page


def test_people_are_shown_as_they_were(make: Builder, visit_as: VisitAs, school: School) -> None:
    visitor = visit_as(make.owner(school))
    monday = visitor.get(path_of(school, "?at=2026-08-31")).text
    assert "As of the end of Monday 31 August 2026" in monday
    assert "Ben &lt;Kim&gt;" in monday
    assert "Zoë" not in monday
    assert '<td data-label="Grade">9</td>' in monday
    tuesday = visitor.get(path_of(school, "?at=2026-09-01")).text
    assert "Ben" not in tuesday
    assert "Zoë Park" in tuesday
    assert '<td data-label="Grade">10</td>' in tuesday
    assert "Archived</span>" in visitor.get(path_of(school, "?at=2026-09-01&status=")).text
    assert "As of Tuesday 1 September 2026, 09:59 CDT" in (
        visitor.get(path_of(school, "?at=2026-09-01T09:59")).text
    )
    assert "As of now" in visitor.get(path_of(school, "?at=2999-01-01")).text
    assert "Nobody then" in visitor.get(path_of(school, "?at=2026-08-30")).text
    assert "As of long ago" in visitor.get(path_of(school, "?at=0001-01-01")).text


def test_people_of_a_day_are_found_by_name(
    make: Builder, visit_as: VisitAs, school: School
) -> None:
    visitor = visit_as(make.owner(school))
    for text in ("ana ruiz", "RUIZ", ANA.email, ANA.student_number):
        path = path_of(school, f"?at=2026-08-31&q={text}")
        part = visitor.get(path, htmx=True, target="div#rows").text
        assert "<html" not in part
        assert "Ana Ruiz" in part, text
        assert "Bo Lind" not in part
    assert "Nobody found" in visitor.get(path_of(school, "?at=2026-08-31&q=zoe")).text


def test_many_people_are_paged_to_the_last(make: Builder, visit_as: VisitAs) -> None:
    school = make.school()
    students = [a_student(last_name=f"Person{n:03}.") for n in range(120)]
    make.synced(school, a_snapshot(students), MONDAY)
    visitor = visit_as(make.owner(school))
    path, seen, pages = path_of(school, "?at=2026-08-31"), "", 0
    while path:
        page = visitor.get(path).text
        seen, pages = seen + page, pages + 1
        found = re.search(r'rel="next" href="([^"]+)"', page)
        path = found[1].replace("&amp;", "&") if found else ""
    assert pages == 3
    assert all(seen.count(f"Person{n:03}.") == 1 for n in range(120))


def test_lists_are_shown_with_the_people_of_that_day(
    make: Builder, visit_as: VisitAs, school: School
) -> None:
    visitor = visit_as(make.owner(school))
    monday = table(visitor.get(path_of(school, "?at=2026-08-31&what=lists")).text)
    assert "Art" in monday
    assert '<td data-label="Members" class="num">2</td>' in monday
    assert "Ana Ruiz, Ben &lt;Kim&gt;" in monday
    assert "Biology II" not in monday
    tuesday = table(visitor.get(path_of(school, "?at=2026-09-01&what=lists")).text)
    assert "Biology II" in tuesday
    assert "Ana Ruiz, Zoë Park" in tuesday
    assert "Art" not in tuesday
    assert "Retired" in visitor.get(path_of(school, "?at=2026-09-01&what=lists&status=")).text
    assert "No list found" in visitor.get(path_of(school, "?at=2026-08-31&what=lists&q=x")).text
    assert "No list then" in visitor.get(path_of(school, "?at=2026-08-30&what=lists")).text


def test_two_days_are_compared_in_whichever_order(
    make: Builder, visit_as: VisitAs, school: School
) -> None:
    visitor = visit_as(make.owner(school))
    page = visitor.get(path_of(school, "?at=2026-08-31&compare=2026-09-01")).text
    assert "1 joined, 1 left, 1 changed, 1 list retired, 1 list changed." in page
    assert "From the end of Monday 31 August 2026 to the end of Tuesday 1 September 2026" in page
    assert "<del>9</del></td><td><ins>10</ins>" in page
    assert "<del>Biology</del></td><td><ins>Biology II</ins>" in page
    words = " ".join(re.sub("<[^>]+>", "", page).split())
    assert "Members added (1): Zoë Park" in words
    assert "Members removed (1): Ben &lt;Kim&gt;" in words
    other_way = visitor.get(path_of(school, "?at=2026-09-01&compare=2026-08-31")).text
    assert "From the end of Monday 31 August 2026" in other_way
    same = visitor.get(path_of(school, "?at=2026-09-01&compare=2026-09-01")).text
    assert "Nothing differs" in same


def test_of_many_differences_the_first_are_named_and_all_counted(
    make: Builder, visit_as: VisitAs
) -> None:
    school = make.school()
    students = [a_student(f"s{n}", last_name=f"Person{n:03}.") for n in range(120)]
    section = a_section("bio", students=tuple(f"s{n}" for n in range(120)))
    make.synced(school, a_snapshot(students, [section]), MONDAY)
    page = visit_as(make.owner(school)).get(path_of(school, "?at=2026-08-30&compare=2026-08-31"))
    assert "120 joined, 1 list made." in page.text
    joined, lists = page.text.split("<h3>Lists made</h3>")
    assert joined.count("Person") == lists.count("Person") == 50
    assert page.text.count("and 70 more") == 2


@pytest.mark.parametrize(
    "query",
    ["?at=yesterday", "?at=2026-02-30", "?at=2026-08-31&compare=x", "?at=%3Cb%3E&what=lists"],
)
def test_what_is_no_day_is_refused_on_the_page(
    query: str, make: Builder, visit_as: VisitAs, school: School
) -> None:
    answer = visit_as(make.owner(school)).get(path_of(school, query))
    assert answer.status_code == 422
    assert "Say a day like 2026-08-31" in answer.text
    assert "<b>" not in answer.text


def test_a_second_day_alone_is_refused_on_the_page(
    make: Builder, visit_as: VisitAs, school: School
) -> None:
    answer = visit_as(make.owner(school)).get(path_of(school, "?compare=2026-08-31"))
    assert answer.status_code == 422
    assert "Choose the day under “As of”" in answer.text


@pytest.mark.parametrize("text", ["\0", "é" * 500, "x" * 5000, "-1", "9" * 30, "<b>", "9999-12-31"])
@pytest.mark.parametrize("path", ["past", "past.csv"])
def test_odd_questions_are_answered(
    path: str, text: str, make: Builder, visit_as: VisitAs, school: School
) -> None:
    visitor = visit_as(make.owner(school))
    for name in ("at", "compare", "what", "q", "status", "after"):
        query = {"at": "2026-08-31", name: text}
        answer = visitor.ask("GET", f"/schools/{school.id}/{path}", query_string=query)
        assert answer.status_code in (200, 400, 422), (name, answer.text[-300:])


def test_the_export_is_that_of_the_day_and_safe_in_a_spreadsheet(
    make: Builder, visit_as: VisitAs, school: School
) -> None:
    user = make.owner(school)
    ana = db.session.scalars(select(PersonRow).where(PersonRow.source_id == "ana")).one()
    edits.edit_person(ana, {"first_name": "=HYPERLINK(1)"}, user.id)
    newest = select(OperationRow).order_by(OperationRow.id.desc()).limit(1)
    db.session.scalars(newest).one().at = datetime(2026, 9, 2, 15, tzinfo=UTC)
    commit()
    visitor = visit_as(user)

    def export(query: str) -> list[dict[str, str]]:
        answer = visitor.get(f"/schools/{school.id}/past.csv{query}")
        assert answer.mimetype == "text/csv"
        return list(csv.DictReader(io.StringIO(answer.text)))

    names = [[row["first_name"] for row in export(f"?at=2026-09-0{day}")] for day in (1, 2)]
    assert names == [["Ana", "Bo", "Zoë"], ["'=HYPERLINK(1)", "Bo", "Zoë"]]
    (first, *_), (bio, *_) = export("?at=2026-08-31"), export("?at=2026-08-31&what=lists&q=")
    assert (tuple(first), tuple(bio)) == (PEOPLE_COLUMNS, LIST_COLUMNS)
    assert first["included_in_sync"] == "true"
    everybody = export("?at=2026-09-01&status=")
    assert {row["status"] for row in everybody} == {"active", "archived"}
    assert [row["source_id"] for row in export("?at=2026-09-01&status=archived")] == ["ben"]


def test_an_export_without_a_day_is_refused_in_words(
    make: Builder, visit_as: VisitAs, school: School
) -> None:
    answer = visit_as(make.owner(school)).get(f"/schools/{school.id}/past.csv")
    assert answer.status_code == 422
    assert "Say a day like 2026-08-31" in answer.text


def test_the_past_of_a_foreign_school_does_not_exist(
    make: Builder, visit_as: VisitAs, school: School
) -> None:
    visitor = visit_as(make.owner(make.school()))
    for path in ("past", "past?at=2026-08-31", "past.csv?at=2026-08-31"):
        assert visitor.get(f"/schools/{school.id}/{path}").status_code == 404
