"""A school's history and a run's page."""

from collections.abc import Callable
from datetime import UTC, datetime

from roster_dash.store import mails, runs
from roster_dash.store.transactions import commit
from tests.builders import Builder, a_section, a_snapshot, a_student, a_teacher
from tests.visitor import Visitor

VisitAs = Callable[..., Visitor]


def test_the_history_is_newest_first_and_paged(make: Builder, visit_as: VisitAs) -> None:
    school = make.school()
    made = [make.run(school, message=f"Run {n} said.") for n in range(runs.PAGE + 3)]
    visitor = visit_as(make.owner(school))
    first = visitor.get(f"/schools/{school.id}/history").text
    assert first.count('scope="row"') == runs.PAGE
    assert first.index(made[-1].message) < first.index(made[-2].message)
    oldest_shown = made[-runs.PAGE]
    second = visitor.get(f"/schools/{school.id}/history?before={oldest_shown.id}").text
    assert second.count('scope="row"') == 3
    assert f"?before={oldest_shown.id}" in first
    assert "Older" not in second
    assert f'rel="prev" href="/schools/{school.id}/history"' in second
    assert 'rel="prev"' not in first


def test_each_page_of_the_history_leads_to_the_newer_one(make: Builder, visit_as: VisitAs) -> None:
    school = make.school()
    made = [make.run(school) for _ in range(2 * runs.PAGE + 1)]
    path = f"/schools/{school.id}/history"
    oldest = visit_as(make.owner(school)).get(f"{path}?before={made[1].id}").text
    assert oldest.count('scope="row"') == 1
    assert f'rel="prev" href="{path}?before={made[runs.PAGE + 1].id}"' in oldest


def test_the_history_filters_by_state(make: Builder, visit_as: VisitAs) -> None:
    school = make.school()
    make.run(school, "succeeded", message="Went well.")
    make.run(school, "failed", message="Went wrong.")
    visitor = visit_as(make.owner(school))
    page = visitor.get(f"/schools/{school.id}/history?status=failed").text
    assert "Went wrong." in page
    assert "Went well." not in page
    assert 'value="failed" selected' in page


def test_the_history_of_one_school_has_no_other_ones(make: Builder, visit_as: VisitAs) -> None:
    school, other = make.school(), make.school()
    make.run(other, message="Elsewhere.")
    page = visit_as(make.owner(school)).get(f"/schools/{school.id}/history").text
    assert "Elsewhere." not in page
    assert "No run yet" in page


def test_htmx_gets_the_table_alone(make: Builder, visit_as: VisitAs) -> None:
    school = make.school()
    visitor = visit_as(make.owner(school))
    part = visitor.get(f"/schools/{school.id}/history", htmx=True, target="div#runs").text
    assert "<html" not in part
    assert 'id="runs"' in part


def test_a_run_shows_every_count_every_change_and_its_mails(
    make: Builder, visit_as: VisitAs
) -> None:
    school = make.school()
    ana = a_student("ana", first_name="Ana", last_name="<Ruiz>", grade="9")
    teacher = a_teacher("bo", first_name="Bo", last_name="Lind")
    section = a_section("bio", name="Biology", students=("ana",), teachers=("bo",))
    make.synced(school, a_snapshot([ana, teacher], [section]))
    later = a_student("ana", first_name="Ana", last_name="<Ruiz>", grade="10", sis_id=ana.sis_id)
    run = make.synced(school, a_snapshot([later, teacher], [section]))
    mails.add_mails(run.id, "run_result", ["owner@school.example"])
    commit()
    page = visit_as(make.owner(school)).get(f"/runs/{run.id}").text
    assert "Ana &lt;Ruiz&gt;" in page
    assert "<del>9</del>" in page
    assert "<ins>10</ins>" in page
    assert "1 updated" in page
    assert "owner@school.example" in page
    assert "Left as they are" in page


def test_a_members_change_names_the_people(make: Builder, visit_as: VisitAs) -> None:
    school = make.school()
    ana, teacher = a_student("ana", last_name="Ruiz"), a_teacher("bo", last_name="Lind")
    section = a_section("bio", name="Biology", students=("ana",), teachers=("bo",))
    run = make.synced(school, a_snapshot([ana, teacher], [section]))
    page = visit_as(make.owner(school)).get(f"/runs/{run.id}").text
    assert "Lists with other members" in page
    assert "<ins>Ana Ruiz</ins>" in page
    assert "<ins>Bo Lind</ins>" in page


def test_many_changes_are_shown_page_by_page_to_the_last(make: Builder, visit_as: VisitAs) -> None:
    school = make.school()
    students = [a_student(last_name=f"Person{n:03}.") for n in range(230)]
    run = make.synced(school, a_snapshot(students))
    visitor = visit_as(make.owner(school))
    shown = visitor.get(f"/runs/{run.id}").text
    seen = shown
    while "Show more" in shown:
        link = shown[shown.rindex(f"/runs/{run.id}/operations") :].split('"')[0]
        shown = visitor.get(link, htmx=True).text
        seen += shown
    assert all(f"Person{n:03}." in seen for n in range(230))


def test_an_unknown_kind_of_change_is_an_empty_page(make: Builder, visit_as: VisitAs) -> None:
    school = make.school()
    run = make.run(school)
    page = visit_as(make.owner(school)).get(f"/runs/{run.id}/operations/person/vanish")
    assert page.status_code == 200
    assert "No such change" in page.text


def test_problems_are_listed_with_their_reason(make: Builder, visit_as: VisitAs) -> None:
    school = make.school()
    nameless = a_student("nobody", first_name="", last_name="")
    run = make.synced(school, a_snapshot([nameless, a_student()]))
    page = visit_as(make.owner(school)).get(f"/runs/{run.id}").text
    assert "1 to settle by hand" in page
    assert "The record has no name at all." in page


def test_moments_are_told_on_the_schools_clock(make: Builder, visit_as: VisitAs) -> None:
    school = make.school()
    run = make.run(school, finished_at=datetime(2020, 7, 1, 4, 30, tzinfo=UTC))
    page = visit_as(make.owner(school)).get(f"/runs/{run.id}").text
    assert "Tue 30 Jun 2020, 23:30" in page
