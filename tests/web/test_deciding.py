"""The run's page: what waits is listed, decided and taken back, by whom it may be."""

import csv
import io
import re
from collections.abc import Callable

import pytest
from sqlalchemy import select

from roster_dash.extensions import db
from roster_dash.roster.records import Person, Term
from roster_dash.store.tables import HoldRow, OperationRow, PersonRow, Run, School
from tests.builders import Builder, a_section, a_snapshot, a_student, a_teacher
from tests.visitor import Visitor

VisitAs = Callable[..., Visitor]

ON = {
    "students": "on",
    "students__auto_update": "on",
    "students__archive": "on",
    "grace__students": "0",
}
STUDENTS = [a_student(f"s{number}", last_name=f"Pupil{number}") for number in range(40)]


@pytest.fixture
def school(make: Builder) -> School:
    return make.school_with(STUDENTS)


@pytest.fixture
def held(make: Builder, school: School) -> Run:
    """Eight of forty students left at once, and somebody is new."""
    make.settings(school, **ON)
    newcomer = a_student("new", first_name="Newt", last_name="Arrival")
    left: list[Person] = [*STUDENTS[8:], newcomer]
    return make.synced(school, a_snapshot(left), **ON)


def waiting(text: str) -> list[str]:
    return re.findall(r'name="hold" value="(\d+)"', text)


def ticks(text: str) -> set[tuple[str, str]]:
    """What is ticked on a page: (name, value)."""
    boxes = re.findall(r"<input[^>]*\bchecked\b[^>]*>", text)
    pairs = (re.findall(r'\b(name|value)="([^"]*)"', box) for box in boxes)
    return {(named["name"], named["value"]) for named in map(dict, pairs)}


def status_of(source_id: str) -> str:
    row = db.session.scalars(select(PersonRow).where(PersonRow.source_id == source_id)).one()
    db.session.commit()
    return row.status


def test_a_held_run_lists_everybody_whom_it_withholds_and_says_what_was_done(
    make: Builder, visit_as: VisitAs, school: School, held: Run
) -> None:
    page = visit_as(make.owner(school)).get(f"/runs/{held.id}").text
    assert "8 changes wait for you; 1 joined, nobody was archived" in page
    assert "8 of 40 students (20 %) would be archived; the limit is 10 %." in page
    for student in STUDENTS[:8]:
        assert student.last_name in page
    assert "Newt Arrival" in page
    assert len(waiting(page)) == 8


def test_a_run_of_which_everything_waits_does_not_say_that_all_is_as_the_roster_says(
    make: Builder, visit_as: VisitAs, school: School
) -> None:
    as_it_says = "Everybody and every list was as the roster says."
    visitor = visit_as(make.owner(school))
    quiet = make.synced(school, a_snapshot(STUDENTS))
    assert as_it_says in visitor.get(f"/runs/{quiet.id}").text
    make.settings(school, **ON)
    waits = make.synced(school, a_snapshot(STUDENTS[8:]), **ON)
    page = visitor.get(f"/runs/{waits.id}").text
    assert "Nothing changed" in page
    assert as_it_says not in page


def test_every_page_of_the_school_says_that_something_waits(
    make: Builder, visit_as: VisitAs, school: School, held: Run
) -> None:
    visitor = visit_as(make.owner(school))
    for area in ("rostering", "people", "lists", "history", "connection", "why"):
        page = visitor.get(f"/schools/{school.id}/{area}").text
        assert f'href="/runs/{held.id}#held-title"' in page, area


def test_what_is_ticked_is_approved_and_the_rest_goes_on_waiting(
    make: Builder, visit_as: VisitAs, school: School, held: Run
) -> None:
    visitor = visit_as(make.owner(school))
    path = f"/runs/{held.id}"
    ids = waiting(visitor.get(path).text)
    visitor.post(f"{path}/decide", {"decision": "approve", "hold": ids[:2]}, page=path)
    assert [status_of("s0"), status_of("s1"), status_of("s2")] == ["archived", "archived", "active"]
    page = visitor.get(path).text
    assert waiting(page) == ids[2:]
    assert "Approved and done" in page
    assert "alice@school.example" in page
    logged = db.session.scalars(select(OperationRow).where(OperationRow.user_id.is_not(None))).all()
    assert {row.run_id for row in logged} == {held.id}
    assert [row.user.email for row in logged if row.user] == ["alice@school.example"] * 2


def test_a_rejection_keeps_people_and_is_remembered_with_its_reason(
    make: Builder, visit_as: VisitAs, school: School, held: Run
) -> None:
    visitor = visit_as(make.owner(school))
    path = f"/runs/{held.id}"
    ids = waiting(visitor.get(path).text)
    form = {"decision": "reject", "hold": ids, "note": "On a trip <b>"}
    visitor.post(f"{path}/decide", form, page=path)
    page = visitor.get(path).text
    assert "Nothing waits any more" in page
    assert "Rejected: On a trip &lt;b&gt;" in page
    again = make.synced(school, a_snapshot(STUDENTS[8:]), **ON)
    assert (again.status, again.counts["people"]["archived"]) == ("succeeded", 1), "the newcomer"
    assert status_of("s0") == "active"
    assert "On a trip" in visitor.get(f"/schools/{school.id}/why?q=s0").text


def test_nothing_ticked_decides_nothing_and_says_so(
    make: Builder, visit_as: VisitAs, school: School, held: Run
) -> None:
    visitor = visit_as(make.owner(school))
    path = f"/runs/{held.id}"
    visitor.post(f"{path}/decide", {"decision": "approve"}, page=path)
    page = visitor.get(path).text
    assert "holds no operation none" in page
    assert len(waiting(page)) == 8


def test_what_another_run_holds_cannot_be_decided_here(
    make: Builder, visit_as: VisitAs, school: School, held: Run
) -> None:
    elsewhere: School = make.school(name="Other High")
    make.synced(elsewhere, a_snapshot(STUDENTS))
    other = make.synced(elsewhere, a_snapshot(STUDENTS[8:]), students__archive="on")
    foreign = db.session.scalars(
        select(HoldRow.id).where(HoldRow.school_id == elsewhere.id)
    ).first()
    path = f"/runs/{held.id}"
    visitor = visit_as(make.owner(school))
    visitor.post(f"{path}/decide", {"decision": "approve", "hold": [str(foreign)]}, page=path)
    assert db.session.get_one(HoldRow, foreign).state == "waiting"
    db.session.commit()
    for address in ("", "/revert", "/held.csv"):
        assert visitor.get(f"/runs/{other.id}{address}").status_code == 404
    for address in ("decide", "revert"):
        assert visitor.post(f"/runs/{other.id}/{address}", page=path).status_code == 404


def test_what_waits_is_exported_safe_for_spreadsheets(
    make: Builder, visit_as: VisitAs, school: School
) -> None:
    evil = [a_student(f"e{n}", first_name="=cmd()", last_name=f"X{n}") for n in range(4)]
    make.synced(school, a_snapshot([*STUDENTS[:20], *evil]))
    run = make.synced(school, a_snapshot(STUDENTS[:20]), students__archive="on")
    text = visit_as(make.owner(school)).get(f"/runs/{run.id}/held.csv").text
    rows = list(csv.DictReader(io.StringIO(text)))
    assert {row["would_happen"] for row in rows} == {"would be archived"}
    assert all(row["who_or_what"][0] != "=" for row in rows)


def test_a_doubtful_arrival_is_picked_from_those_it_may_be(
    make: Builder, visit_as: VisitAs, school: School
) -> None:
    """Four namesakes in one grade came back under other ids: nobody can tell who is who."""
    old = [a_student(f"old{n}", first_name="Jo", last_name="Same", grade="9") for n in range(4)]
    new = [a_student(f"new{n}", first_name="Jo", last_name="Same", grade="9") for n in range(4)]
    make.synced(school, a_snapshot([*STUDENTS, *old]))
    run = make.synced(school, a_snapshot([*STUDENTS, *new]))
    visitor = visit_as(make.owner(school))
    path = f"/runs/{run.id}"
    page = visitor.get(path).text
    ids = waiting(page)
    assert len(ids) == 4
    assert "Who is Jo Same?" in page
    row = db.session.scalars(select(PersonRow).where(PersonRow.source_id == "old2")).one().id
    form = {"decision": "approve", "hold": ids[:1], f"same-{ids[0]}": str(row)}
    visitor.post(f"{path}/decide", form, page=path)
    picked = db.session.get_one(PersonRow, row)
    assert (picked.source_id, picked.status) == ("new0", "active")
    db.session.commit()


def test_taking_back_shows_first_what_it_would_do_and_then_does_it(
    make: Builder, visit_as: VisitAs, school: School
) -> None:
    changed = [a_student(f"s{n}", last_name=f"Wrong{n}") for n in range(3)]
    run = make.synced(school, a_snapshot([*changed, *STUDENTS[3:]]))
    visitor = visit_as(make.owner(school))
    path = f"/runs/{run.id}/revert"
    page = visitor.get(path).text
    assert "3</strong> Updated" in page
    assert status_of("s0") == "active"
    answer = visitor.post(path, {"confirm": "yes", "part": "all", "hold": "on"}, page=path)
    done = visitor.get(answer.headers["Location"]).text
    assert "Takes back" in done or "Taken back" in done
    row = db.session.scalars(select(PersonRow).where(PersonRow.source_id == "s0")).one()
    assert row.last_name == "Pupil0"
    db.session.commit()
    assert "back" in visitor.get(f"/runs/{run.id}").text


def test_a_part_is_taken_back_and_the_preview_shows_just_that(
    make: Builder, visit_as: VisitAs, school: School
) -> None:
    changed = [a_student(f"s{n}", last_name=f"Wrong{n}") for n in range(3)]
    run = make.synced(school, a_snapshot([*changed, *STUDENTS[3:], a_student("late")]))
    visitor = visit_as(make.owner(school))
    path = f"/runs/{run.id}/revert"
    part = {"part": "some", "kind": ["person:create"]}
    page = visitor.post(path, {**part, "look": "on"}, page=path).text
    assert "1</strong> Archived" in page
    assert "Updated</summary>" not in page
    visitor.post(path, {**part, "confirm": "yes"}, page=path)
    assert status_of("late") == "archived"
    assert (
        db.session.scalars(select(PersonRow.last_name).where(PersonRow.source_id == "s0")).one()
        == "Wrong0"
    )
    db.session.commit()


def test_looking_first_leaves_every_tick_as_it_was(
    make: Builder, visit_as: VisitAs, school: School
) -> None:
    """Else what is confirmed would be another part than what was shown."""
    many = [a_student(f"late{n}") for n in range(30)]
    run = make.synced(school, a_snapshot([*STUDENTS, *many]))
    visitor = visit_as(make.owner(school))
    path = f"/runs/{run.id}/revert"
    assert ticks(visitor.get(path).text) == {("part", "all"), ("hold", "on")}
    part = {"part": "some", "kind": ["person:create"]}
    assert ticks(visitor.post(path, {**part, "look": "on"}, page=path).text) == {
        ("part", "some"),
        ("kind", "person:create"),
    }
    one = re.findall(r'name="operation" value="(\d+)"', visitor.get(path).text)[0]
    answer = visitor.post(path, {"part": "some", "operation": one, "hold": "on"}, page=path)
    assert ticks(answer.text) == {("part", "some"), ("operation", one), ("hold", "on")}


def test_a_run_that_cannot_be_taken_back_says_why(
    make: Builder, visit_as: VisitAs, school: School
) -> None:
    run = make.run(school, "failed")
    answer = visit_as(make.owner(school)).get(f"/runs/{run.id}/revert")
    assert answer.status_code == 422
    assert "can’t be taken back" in answer.text


def test_a_list_that_would_be_emptied_is_shown_with_the_names_of_its_members(
    make: Builder, visit_as: VisitAs, school: School
) -> None:
    teacher = a_teacher("t1")
    members = tuple(f"s{n}" for n in range(12))
    section = a_section("c1", name="Biology", teachers=("t1",), students=members)
    emptied = a_section("c1", name="Biology", teachers=("t1",), students=("s0",))
    term = (Term("term-1", "Fall"),)
    make.synced(school, a_snapshot([*STUDENTS, teacher], [section], term))
    run = make.synced(school, a_snapshot([*STUDENTS, teacher], [emptied], term))
    page = visit_as(make.owner(school)).get(f"/runs/{run.id}").text
    assert "Biology: 11 of 12 members (92 %) would leave the list; the limit is 50 %." in page
    assert "Ana Pupil7" in page
