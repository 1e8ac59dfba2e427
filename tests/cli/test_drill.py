"""`roster drill`: on a school that was synced from the sandbox; and nothing is written."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from flask.testing import FlaskCliRunner
from sqlalchemy import text

from roster_dash.drill import drill
from roster_dash.extensions import db
from roster_dash.roster import plan as planner
from roster_dash.roster.drills import SCENARIOS, End
from roster_dash.roster.records import Contact, Person, Snapshot, Term
from roster_dash.roster.roles import Role
from roster_dash.sources.clever import CleverSource
from tests.builders import Builder, a_section, a_snapshot, a_student, a_teacher
from tests.clever import Clever
from tests.cli.conftest import CommandLine

EVERYTHING = (
    "students=on",
    "teachers=on",
    "staff=on",
    "admins=on",
    "contacts=primary",
    "class_lists=on",
    "class_lists.terms=all",
    "class_lists.grades=all",
)
FETCHES = {"cut_page", "last_page_fails", "page_twice", "endless"}


@pytest.fixture
def school(make: Builder, clever: Clever, roster: CommandLine) -> str:
    """A school of the sandbox, synced once."""
    district = make.district(clever.district.name, clever.district.id, clever.district.token)
    clever_id = make.school(district, clever.schools[0].name, clever.schools[0].id).clever_id
    roster.ask("settings", clever_id, *EVERYTHING)
    roster.ask("sync", clever_id)
    return clever_id


def by_name(document: Any) -> dict[str, Any]:
    return {scenario["name"]: scenario for scenario in document["scenarios"]}


def test_every_scenario_is_stopped(roster: CommandLine, school: str) -> None:
    code, document = roster.run("drill", school)
    assert code == 0, document
    assert document["passed"] is True
    assert document["school"] == 1
    found = by_name(document)
    assert set(found) == {"as_it_is", *FETCHES, *(scenario.name for scenario in SCENARIOS)}
    assert all(scenario["stopped"] is True for scenario in found.values())
    assert found["half"]["by"][0] == "Many would be archived at once"
    assert "the limit is 10 %" in found["half"]["detail"]
    assert "It came whole" in found["as_it_is"]["detail"]
    for name in FETCHES:
        assert found[name]["by"] == ["The fetch did not prove complete"]
    assert "cut short" in found["cut_page"]["detail"]
    assert "status 500" in found["last_page_fails"]["detail"]
    assert "same page twice" in found["page_twice"]["detail"]
    assert "leads back" in found["endless"]["detail"]


def test_the_lines_say_what_stopped_each(runner: FlaskCliRunner, school: str) -> None:
    done = runner.invoke(args=["roster", "drill", school])
    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    assert len(lines) == len(SCENARIOS) + len(FETCHES) + 2
    assert lines[0].startswith("No harm: Clever sends the school as it is. It came whole")
    assert any(line.startswith("Stopped: Clever sends half of the school. Many") for line in lines)
    assert lines[-1] == "Passed: none of 13 scenarios would do harm."


def everything_kept(roster: CommandLine, school: str) -> Any:
    counts = {
        name: db.session.scalar(text(f'SELECT count(*) FROM "{name}"'))
        for name in sorted(db.metadata.tables)
        if name != "audit_entries"  # the exports below are recorded
    }
    db.session.rollback()
    return roster.rows("people", school), roster.rows("lists", school), counts


def test_the_drill_writes_nothing_and_asks_nothing_of_clever(
    roster: CommandLine, school: str, clever: Clever
) -> None:
    before = everything_kept(roster, school)
    clever.forget_requests()
    roster.ask("drill", school)
    assert clever.requested() == []
    assert everything_kept(roster, school) == before


def test_without_a_guard_the_drill_fails(
    roster: CommandLine, school: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planner, "judge", lambda *arguments: [])
    code, document = roster.run("drill", school)
    assert code == 4
    assert document["passed"] is False
    assert by_name(document)["half"]["stopped"] is False
    assert by_name(document)["half"]["outcome"] == "through"
    assert by_name(document)["cut_page"]["stopped"] is True


def test_a_fetch_that_takes_a_part_for_the_whole_gets_through(
    roster: CommandLine, school: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = CleverSource.fetch_school
    fetched: list[Snapshot] = []

    def credulous(*arguments: Any) -> Snapshot:
        fetched.append(fetched[0] if fetched else real(*arguments))
        return fetched[0]

    monkeypatch.setattr(CleverSource, "fetch_school", credulous)
    code, document = roster.run("drill", school)
    assert code == 4
    through = {name for name, s in by_name(document).items() if s["outcome"] == End.THROUGH}
    assert through == FETCHES
    assert "for the whole school" in by_name(document)["cut_page"]["detail"]


def test_a_stand_in_that_does_not_work_proves_nothing(
    roster: CommandLine, school: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = CleverSource.fetch_school

    def lossy(*arguments: Any) -> Snapshot:
        whole = real(*arguments)
        return Snapshot(whole.school_name, whole.people[1:], whole.sections, whole.terms)

    monkeypatch.setattr(CleverSource, "fetch_school", lossy)
    code, document = roster.run("drill", school)
    assert code == 4
    unproven = {name for name, s in by_name(document).items() if s["outcome"] == End.UNPROVEN}
    assert unproven == {"as_it_is", *FETCHES}


def test_no_proxy_sees_the_school(
    roster: CommandLine, school: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert roster.ask("drill", school)["passed"] is True


def test_a_school_without_a_sync_has_nothing_to_drill_with(
    roster: CommandLine, make: Builder
) -> None:
    school = make.school()
    code, answer = roster.run("drill", school.clever_id)
    assert code == 2
    assert "sync it first" in answer["message"]
    code, _ = roster.run("drill", "nowhere")
    assert code == 2


def test_people_and_classes_of_every_kind_come_back_whole(make: Builder) -> None:
    """What a snapshot can have, so that a drill isn't called unproven for a rare value."""
    parent = Contact("c1", "Pat Ó’Neil", "pat@home.example", "555-0100", "Mother")
    people = [
        a_student("s1", preferred_name="Ana Lu", contact=parent),
        a_student("s2", contact=replace(parent, relationship="Aunt")),
        a_student("s3", contact=Contact("", "", "", "555-0101")),
        a_student("s4", email="", sis_id="", student_number="", grade=""),
        replace(a_student("x"), source_id=""),
        a_teacher("t1", roles=(Role.STAFF, Role.TEACHER), middle_name="Q."),
        a_teacher("t2", roles=(Role.ADMIN, Role.TEACHER)),
        a_teacher("a1", roles=(Role.ADMIN,), sis_id=""),
        Person("nobody-knows", first_name="No", last_name="Role"),
    ]
    sections = [
        a_section("one", students=("s1", "s2"), teachers=("t1", "t2")),
        a_section("two", course="", term_id="", unsure=("managers", "members")),
    ]
    terms = [Term("term-1", "Fall", date(2026, 8, 1), date(2026, 12, 20)), Term("term-2")]
    school = make.school()
    make.synced(school, a_snapshot(people, sections, terms))
    done = drill(school)
    assert done.results[0].end is End.HARMLESS, done.results[0]
    assert done.passed
