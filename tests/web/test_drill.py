"""The fire drill's page: a button, and a table that says what stopped each scenario."""

from collections.abc import Callable

import pytest

from roster_dash.roster import plan as planner
from roster_dash.roster.records import Term
from roster_dash.store.tables import School
from tests.builders import Builder, a_section, a_snapshot, a_student, a_teacher
from tests.statements import statements
from tests.visitor import Visitor

VisitAs = Callable[..., Visitor]


@pytest.fixture
def school(make: Builder) -> School:
    """Forty students in a class each of ten, and four teachers."""
    students = [a_student(f"s{number}") for number in range(40)]
    teachers = [a_teacher(f"t{number}") for number in range(4)]
    sections = [
        a_section(
            f"class-{number}",
            students=tuple(student.source_id for student in students[number * 10 :][:10]),
            teachers=(teacher.source_id,),
        )
        for number, teacher in enumerate(teachers)
    ]
    linked = make.school()
    make.synced(linked, a_snapshot([*students, *teachers], sections, [Term("term-1", "Fall")]))
    return linked


def test_the_page_explains_and_has_a_button(
    make: Builder, school: School, visit_as: VisitAs
) -> None:
    page = visit_as(make.owner(school)).get(f"/schools/{school.id}/drill").text
    assert "Run the drill" in page
    assert "Nobody and nothing here is changed" in page
    assert "<table" not in page


def test_running_it_shows_what_stopped_each(
    make: Builder, school: School, visit_as: VisitAs
) -> None:
    path = f"/schools/{school.id}/drill"
    answer = visit_as(make.owner(school)).post(path, page=path)
    assert answer.status_code == 200
    assert "Passed: none of 13 scenarios would do harm." in answer.text
    assert answer.text.count('scope="row"') == 13
    assert answer.text.count("Stopped</span>") == 12
    assert "Many would be archived at once" in answer.text
    assert "20 of 40 students (50 %) would be archived; the limit is 10 %." in answer.text
    assert 'data-label="Stopped by"' in answer.text
    assert "Run the drill" in answer.text


def test_htmx_gets_the_result_only(make: Builder, school: School, visit_as: VisitAs) -> None:
    path = f"/schools/{school.id}/drill"
    text = visit_as(make.owner(school)).post(path, page=path, htmx=True).text
    assert text.startswith('<div id="drill"')
    assert "<html" not in text


def test_what_gets_through_is_said_in_words(
    make: Builder, school: School, visit_as: VisitAs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planner, "judge", lambda *arguments: [])
    path = f"/schools/{school.id}/drill"
    text = visit_as(make.owner(school)).post(path, page=path).text
    assert "Failed: " in text
    assert "Got through</span>" in text
    assert "20 of 40 students would be archived, and nobody would be asked." in text


def test_a_school_that_never_synced_is_told_to_sync_first(make: Builder, visit_as: VisitAs) -> None:
    school = make.school()
    path = f"/schools/{school.id}/drill"
    answer = visit_as(make.owner(school)).post(path, page=path)
    assert answer.status_code == 422
    assert "sync it first" in answer.text


def test_running_it_writes_nothing(make: Builder, school: School, visit_as: VisitAs) -> None:
    path = f"/schools/{school.id}/drill"
    visitor = visit_as(make.owner(school))
    visitor.get(path)
    with statements() as asked:
        visitor.post(path, page=path)
    assert asked
    assert {statement.split()[0] for statement in asked} <= {"SELECT", "BEGIN"}


def test_an_owner_of_another_school_finds_nothing(
    make: Builder, school: School, visit_as: VisitAs
) -> None:
    mine = make.school()
    visitor = visit_as(make.owner(mine))
    path = f"/schools/{school.id}/drill"
    assert visitor.get(path).status_code == 404
    assert visitor.post(path, page=f"/schools/{mine.id}/drill").status_code == 404
