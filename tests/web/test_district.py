"""A district at a glance, and all its schools' runs."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from roster_dash import jobs
from roster_dash.extensions import db
from roster_dash.store import glance
from roster_dash.store.tables import HoldRow, Run, School
from roster_dash.store.transactions import commit
from tests.builders import Builder, a_snapshot, a_student
from tests.statements import statements
from tests.visitor import Visitor

VisitAs = Callable[..., Visitor]


def looked_at(school: School, **changes: object) -> None:
    """The school as its page would find it if `changes` were kept of it."""
    school.glance = {"run": 1, "status": "succeeded", "people": {}, **changes}
    commit()


def test_a_district_manager_starts_at_the_district(make: Builder, visit_as: VisitAs) -> None:
    district = make.district()
    assert visit_as(make.manager(district)).get("/").location == f"/districts/{district.id}"


def test_the_school_that_needs_somebody_comes_before_the_healthy_one(
    make: Builder, visit_as: VisitAs
) -> None:
    district = make.district()
    calm = make.school(district, "Adams High")
    looked_at(calm, good=datetime.now(UTC).isoformat(), people={"student": 412})
    calm.next_due_at = datetime.now(UTC) + timedelta(hours=5)
    looked_at(make.school(district, "Zola High"), status="failed", fails=3, error="not_approved")
    page = visit_as(make.manager(district)).get(f"/districts/{district.id}").text
    assert page.index("Zola High") < page.index("Adams High")
    assert "3 syncs in a row failed." in page
    assert "The district’s Clever admin" in page
    assert "412 students" in page
    assert "Healthy" in page


def test_a_run_that_holds_is_seen_at_once_and_the_approval_too(
    make: Builder, visit_as: VisitAs
) -> None:
    school = make.school()
    people = [a_student() for _ in range(8)]
    everything = {"students__archive": "on", "grace__students": "0"}
    make.synced(school, a_snapshot(people))
    run = make.synced(school, a_snapshot(people[:4]), **everything)
    assert run.status == "held"
    district = f"/districts/{school.district_id}"
    visitor = visit_as(make.specialist())
    page = visitor.get(district).text
    assert "4 changes wait for a decision." in page
    assert f'href="/runs/{run.id}"' in page
    held = [row.id for row in db.session.query(HoldRow).filter_by(school_id=school.id)]
    answer = {"decision": "reject", "hold": held, "note": "They stay"}
    visitor.post(f"/runs/{run.id}/decide", answer, page=f"/runs/{run.id}")
    assert "wait for a decision" not in visitor.get(district).text


def test_filter_and_order_stay_in_the_links(make: Builder, visit_as: VisitAs) -> None:
    district = make.district()
    for number in range(51):
        make.school(district, f"School {number:02}")
    visitor = visit_as(make.manager(district))
    page = visitor.get(f"/districts/{district.id}?q=school&sort=name").text
    assert "page=2&amp;q=school&amp;sort=name" in page
    second = visitor.get(f"/districts/{district.id}?q=school&sort=name&page=2").text
    assert "School 50" in second
    assert "School 49" not in second
    assert "51 to 51 of 51 schools" in second
    assert f'rel="prev" href="/districts/{district.id}?page=1&amp;q=school&amp;sort=name"' in second
    none = visitor.get(f"/districts/{district.id}?q=nowhere").text
    assert "No such school" in none
    assert f'href="/districts/{district.id}">Show all schools</a>' in none


def test_a_school_is_found_by_parts_of_its_name_in_any_order(
    make: Builder, visit_as: VisitAs
) -> None:
    district = make.district()
    make.school(district, "Escuela Peña Blanca")
    make.school(district, "Lincoln High")
    page = visit_as(make.manager(district)).get(f"/districts/{district.id}?q=blanca+pena").text
    assert "Peña Blanca" in page
    assert "Lincoln High" not in page


def test_the_table_alone_is_given_to_htmx(make: Builder, visit_as: VisitAs) -> None:
    district = make.district()
    make.school(district)
    visitor = visit_as(make.manager(district))
    part = visitor.get(f"/districts/{district.id}", htmx=True, target="schools").text
    assert part.lstrip().startswith('<div id="schools"')
    part = visitor.get(f"/districts/{district.id}/history", htmx=True, target="runs").text
    assert part.lstrip().startswith('<div id="runs"')


def three_runs(make: Builder, first: School, second: School) -> tuple[Run, Run, Run]:
    people = [a_student() for _ in range(12)]
    return (
        make.synced(first, a_snapshot(people)),
        make.synced(second, a_snapshot([a_student()])),
        make.run(second, "failed"),
    )


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ("", {0, 1, 2}),
        ("school={second}", {1, 2}),
        ("status=failed", {2}),
        ("trigger=revert", set()),
        ("trigger=manual", {0, 1, 2}),
        ("size=10", {0}),
        ("size=1", {0, 1}),
        ("since=2999-01-01", set()),
        ("until=2999-01-01", {0, 1, 2}),
        ("school=x&status=x&trigger=x&size=x&since=x&until=9999-99-99&before=x", {0, 1, 2}),
    ],
)
def test_the_history_shows_what_is_asked_for_on_the_page_and_in_the_export(
    asked: str, shown: set[int], make: Builder, visit_as: VisitAs
) -> None:
    district = make.district()
    first, second = make.school(district, "First"), make.school(district, "Second")
    made = three_runs(make, first, second)
    other = make.synced(make.school(make.district("Far USD"), "Far"), a_snapshot([a_student()]))
    visitor = visit_as(make.manager(district))
    query = asked.format(second=second.id)
    page = visitor.get(f"/districts/{district.id}/history?{query}").text
    assert {i for i, run in enumerate(made) if f'href="/runs/{run.id}"' in page} == shown
    assert f"/runs/{other.id}" not in page
    rows = visitor.get(f"/districts/{district.id}/history.csv?{query}").text.splitlines()
    assert [line.split(",")[0] for line in rows[1:]] == [
        str(made[i].id) for i in sorted(shown, reverse=True)
    ]


def test_the_history_goes_on_with_its_filter(make: Builder, visit_as: VisitAs) -> None:
    school = make.school()
    for _ in range(26):
        make.run(school, "succeeded")
    path = f"/districts/{school.district_id}/history"
    page = visit_as(make.specialist()).get(f"{path}?school={school.id}").text
    assert f"&amp;school={school.id}" in page
    assert 'rel="next"' in page


def test_the_history_renews_itself_while_a_run_is_at_work(make: Builder, visit_as: VisitAs) -> None:
    school = make.school()
    visitor = visit_as(make.specialist())
    path = f"/districts/{school.district_id}/history"
    assert "every 3s" not in visitor.get(path).text
    make.run(school, "queued")
    assert "every 3s" in visitor.get(path).text


@pytest.mark.parametrize("page", ["", "/history"])
def test_more_schools_and_runs_cost_no_more_queries(
    page: str, make: Builder, visit_as: VisitAs
) -> None:
    district = make.district()
    visitor = visit_as(make.manager(district))
    path = f"/districts/{district.id}{page}"

    def queries() -> int:
        with statements() as asked:
            visitor.get(path)
        return len(asked)

    def add(schools: int) -> None:
        for number in range(schools):
            make.run(make.school(district, f"School {number}"), "succeeded")

    add(3)
    few = queries()
    add(12)
    assert queries() == few


def test_a_school_whose_looking_at_was_cut_short_is_looked_at_later(make: Builder) -> None:
    school = make.school()
    make.synced(school, a_snapshot([a_student(), a_student()]))
    school.glance = {}
    commit()
    jobs.look_at_schools()
    assert school.glance["people"] == {"student": 2}
    assert glance.late_school_ids() == []


def test_the_trend_has_one_number_for_each_sync(make: Builder) -> None:
    school = make.school()
    people = [a_student() for _ in range(5)]
    for number in (1, 3, 5):
        make.synced(school, a_snapshot(people[:number]))
    glance.refresh(school.id)
    assert school.glance["trend"] == [1, 3, 5]
