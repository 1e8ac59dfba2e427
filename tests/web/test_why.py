"""Why is somebody here, missing or unchanged? On the page and on the command line."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from roster_dash import approval
from roster_dash.extensions import db
from roster_dash.roster.errors import BadInput
from roster_dash.roster.roles import Role
from roster_dash.roster.why import Story, note_of
from roster_dash.store import edits
from roster_dash.store.tables import PersonRow, School
from roster_dash.store.transactions import commit
from roster_dash.why import why
from tests.builders import Builder, a_snapshot, a_student, a_teacher
from tests.visitor import Visitor

VisitAs = Callable[..., Visitor]

ANA = a_student("ana", first_name="Ana", last_name="Lopez", email="ana@school.example")
BEN = a_student("ben", first_name="Ben", last_name="Lopez")
BO = a_teacher("bo", first_name="Bo", last_name="Teach")
ON = {"students": "on", "students__auto_update": "on", "students__archive": "on"}


@pytest.fixture
def school(make: Builder) -> School:
    made: School = make.school()
    make.settings(made, **ON, teachers="off")
    return made


def only(school: School, text: str) -> Story:
    (story,) = why(school, text).stories
    commit()
    return story


@pytest.mark.parametrize("asked", ["Ana Lopez", "lopez, ana", "ANA@school.example", "ana", "ana l"])
def test_somebody_is_found_by_name_email_or_id_in_any_case(
    asked: str, make: Builder, school: School
) -> None:
    make.synced(school, a_snapshot([ANA, BEN]))
    assert only(school, asked).name == "Ana Lopez"


def test_all_namesakes_are_explained(make: Builder, school: School) -> None:
    make.synced(school, a_snapshot([ANA, BEN]))
    assert {story.name for story in why(school, "Lopez").stories} == {"Ana Lopez", "Ben Lopez"}


def test_somebody_as_clever_says_has_no_cross(make: Builder, school: School) -> None:
    make.synced(school, a_snapshot([ANA]))
    story = only(school, "ana")
    assert (story.first_cross, story.verdict) == (None, "Ana Lopez is here, as Clever says.")
    assert "by run" in next(s.says for s in story.steps if s.question == "Are they here?")


def test_somebody_whose_role_is_off_is_told_which_switch(make: Builder, school: School) -> None:
    make.synced(school, a_snapshot([ANA, BO]), teachers="off")
    story = only(school, "Bo Teach")
    assert story.status == "not here"
    assert story.first_cross
    assert story.first_cross.question == "Is a role of theirs switched on?"
    assert "switch their role on under Rostering" in story.fix


def test_somebody_missing_is_last_seen_and_counted_down(make: Builder, school: School) -> None:
    now = datetime.now(UTC)
    make.synced(school, a_snapshot([ANA, BEN]), now=now - timedelta(days=3))
    make.synced(school, a_snapshot([BEN]), now=now, students__archive="on", grace__students="3")
    story = only(school, "ana")
    assert story.first_cross
    assert story.first_cross.question == "Are they in Clever’s last answer?"
    assert "Last seen" in story.first_cross.says
    assert "still here, but Clever no longer has them" in story.verdict


def test_somebody_archived_is_told_by_which_run_and_who_approved_it(
    make: Builder, school: School
) -> None:
    owner = make.owner(school)
    pupils = [a_student(f"p{n}", last_name=f"Pupil{n}") for n in range(40)]
    make.synced(school, a_snapshot(pupils))
    held = make.synced(school, a_snapshot(pupils[10:]), students__archive="on")
    waits = only(school, "p0")
    assert waits.verdict.endswith("a change waits for a decision.")
    approval.approve(held.id, user_id=owner.id)
    story = only(school, "p0")
    says = next(step.says for step in story.steps if step.question == "Are they here?")
    assert f"by run {held.id}, approved by alice@school.example" in says
    assert story.status == "archived"


def test_somebody_left_out_by_hand_is_told_where_to_switch(make: Builder, school: School) -> None:
    make.synced(school, a_snapshot([ANA]))
    row = db.session.scalars(select(PersonRow)).one()
    edits.include_person(row, False, make.owner(school).id)
    commit()
    changed = replace(ANA, grade="10")
    make.synced(school, a_snapshot([changed]))
    assert "“Include in sync”" in only(school, "ana").fix


def test_somebody_added_here_was_never_in_clever(make: Builder, school: School) -> None:
    edits.add_person(school.id, Role.STAFF, {"last_name": "Guest"}, make.owner(school).id)
    commit()
    make.snapshot(school, a_snapshot([ANA]))
    assert "Clever never had them" in only(school, "Guest").verdict


def test_somebody_never_received_is_answered_since_when(make: Builder, school: School) -> None:
    make.synced(school, a_snapshot([ANA]))
    answers = why(school, "Zoë Nobody")
    assert not answers.stories
    assert "not in anything that Clever sent since" in answers.message


def test_somebody_clever_once_had_though_never_here_is_last_seen(
    make: Builder, school: School
) -> None:
    make.synced(school, a_snapshot([ANA, BO]), teachers="off")
    make.synced(school, a_snapshot([ANA]), teachers="off")
    assert "Last seen in Clever" in why(school, "Bo Teach").message


def test_a_note_has_nobody_elses_data(make: Builder, school: School) -> None:
    make.synced(school, a_snapshot([ANA, BEN]))
    note = note_of(only(school, "ana"), "ana")
    assert "Ana Lopez" in note
    assert "Ben" not in note


@pytest.mark.parametrize("asked", ["", " ", "a"])
def test_too_short_a_question_is_refused_in_words(
    asked: str, make: Builder, school: School
) -> None:
    with pytest.raises(BadInput, match="at least two characters"):
        why(school, asked)


def test_the_page_answers_with_a_checklist_and_keeps_the_question(
    make: Builder, visit_as: VisitAs, school: School
) -> None:
    make.synced(school, a_snapshot([ANA, BO]), teachers="off")
    visitor = visit_as(make.owner(school))
    page = visitor.get(f"/schools/{school.id}/why?q=Bo+Teach").text
    assert 'value="Bo Teach"' in page
    assert 'class="first-cross"' in page
    assert visitor.get(f"/schools/{school.id}/why").status_code == 200
    assert visitor.get(f"/schools/{school.id}/why?q=x").status_code == 422
    assert "&lt;script&gt;" in visitor.get(f"/schools/{school.id}/why?q=<script>").text


def test_another_schools_people_are_nobody_here(make: Builder, school: School) -> None:
    elsewhere: School = make.school(name="Other High")
    make.synced(elsewhere, a_snapshot([a_student("x", last_name="Secret")]))
    make.synced(school, a_snapshot([ANA]))
    answers = why(school, "Secret")
    assert not answers.stories
    assert "Other High" not in answers.message
