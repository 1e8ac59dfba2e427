"""What users of such systems suffered and asked for, one test each, named after it.

The numbers are those of the study of users' complaints. Not here, as no sync causes them or
another capability answers: c27 (a sync that is dead unnoticed: staleness and heartbeats), c37
(no live progress, two kinds of sync: tests/browser/test_owner.py).
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from roster_dash import approval
from roster_dash.extensions import db
from roster_dash.revert import revert
from roster_dash.roster.errors import NotWaiting
from roster_dash.roster.outcomes import REASONS
from roster_dash.roster.records import Person, Section, Term
from roster_dash.roster.roles import Role
from roster_dash.sources import http
from roster_dash.store import edits, export, holds, runs
from roster_dash.store.tables import ListRow, OperationRow, PersonRow, Run, School
from roster_dash.store.transactions import commit
from roster_dash.sync import preview, sync_run
from roster_dash.why import why
from tests.builders import (
    Builder,
    a_contact,
    a_section,
    a_snapshot,
    a_student,
    a_teacher,
    some_settings,
)
from tests.clever import Clever
from tests.visitor import Visitor

VisitAs = Callable[..., Visitor]

NOW = datetime.now(UTC)
PUPILS = [a_student(f"p{n}", first_name="Ana", last_name=f"Pupil{n}") for n in range(60)]
TEACHERS = [a_teacher(f"t{n}", last_name=f"Teach{n}") for n in range(12)]
TERM = Term("term-1", "Fall", (NOW - timedelta(days=60)).date(), (NOW + timedelta(days=90)).date())
CLASS = a_section(
    "c1", name="Biology", teachers=("t0",), students=tuple(p.source_id for p in PUPILS[:20])
)
ON = {
    "students": "on",
    "students__auto_update": "on",
    "students__archive": "on",
    "teachers": "on",
    "teachers__auto_update": "on",
    "teachers__archive": "on",
    "class_lists": "on",
    "class_lists__terms": "all",
    "class_lists__grades": "all",
    "contacts": "primary",
    "notify__emails": "owner@school.example",
}
NO_GRACE = ON | {"grace__students": "0", "grace__adults": "0"}
GRACE = ON | {"grace__students": "3", "grace__adults": "7"}


def feed(
    make: Builder,
    school: School,
    people: list[Person],
    sections: list[Section] | None = None,
    days: float = 0,
    **settings: str,
) -> Run:
    """A sync of what Clever says on some day from now."""
    snapshot = a_snapshot(people, [CLASS] if sections is None else sections, [TERM])
    make.settings(school, **(NO_GRACE | settings))
    return make.synced(school, snapshot, now=NOW + timedelta(days=days), **(NO_GRACE | settings))


@pytest.fixture
def school(make: Builder) -> School:
    """Sixty students, twelve teachers and a class, synced a month ago."""
    made: School = make.school()
    feed(make, made, [*PUPILS, *TEACHERS], days=-30)
    return made


def person(source_id: str) -> PersonRow:
    row = db.session.scalars(select(PersonRow).where(PersonRow.source_id == source_id)).one()
    commit()
    return row


def active(school: School) -> set[str]:
    rows = export.export_people(school.id, archived=False)
    found = {str(row["source_id"]) for row in rows}
    commit()
    return found


def members(school: School, source_id: str) -> set[str]:
    rows = list(export.export_lists(school.id, archived=False))
    commit()
    (row,) = [row for row in rows if row["source_id"] == source_id]
    return set(str(row["members"]).split(";"))


EVERYBODY = {p.source_id for p in (*PUPILS, *TEACHERS)}


def test_c01_switching_archive_on_with_many_long_gone_wipes_nobody(
    make: Builder, school: School
) -> None:
    feed(make, school, [*PUPILS[20:], *TEACHERS], days=-9, students__archive="off")
    seen = preview(school, some_settings(**NO_GRACE))
    commit()
    assert seen.counts["people"]["held"] == 20, "it is said before Save"
    run = feed(make, school, [*PUPILS[20:], *TEACHERS])
    assert run.status == "held"
    assert active(school) == EVERYBODY


@pytest.fixture
def linked(make: Builder, clever: Clever) -> School:
    """A school of the sandbox, synced for real."""
    district = make.district(clever.district.name, clever.district.id, clever.district.token)
    made: School = make.school(district, clever.schools[0].name, clever.schools[0].id)
    make.settings(made, **NO_GRACE)
    assert sync(made).status == "succeeded"
    return made


def sync(school: School) -> Run:
    run = runs.request_run(school.id, runs.Trigger.MANUAL)
    commit()
    return sync_run(run.id).run


def test_c02_an_answer_with_nobody_in_it_wipes_nobody(linked: School, clever: Clever) -> None:
    before = active(linked)
    clever.fault("empty", path="/users", times=0)
    run = sync(linked)
    assert (run.status, run.error) == ("failed", "empty_answer")
    assert active(linked) == before


def test_c03_a_role_that_comes_empty_without_an_error_disables_nobody(
    make: Builder, school: School
) -> None:
    run = feed(make, school, PUPILS[:55])
    assert run.counts["people"]["archived"] == 0
    assert any("The roster has no teachers, while 12 teachers" in text for text in run.warnings)
    assert active(school) == EVERYBODY


@pytest.mark.parametrize(
    "fault", [{"name": "dropped"}, {"name": "status", "status": 500}, {"name": "cut-json"}]
)
def test_c04_a_server_that_breaks_off_deletes_nobody_and_somebody_is_told(
    fault: dict[str, Any], linked: School, clever: Clever, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "_BACK_OFF", (0.005, 0.01, 0.02))
    before = active(linked)
    clever.fault(**fault, path="/users", page=1, times=0)
    run = sync(linked)
    assert run.status == "failed"
    assert len(run.mails) == 1
    commit()
    assert active(linked) == before


def test_c05_who_was_taken_for_gone_comes_back_to_the_same_account(
    make: Builder, school: School
) -> None:
    before = {p: person(p).id for p in ("p0", "p1")}
    feed(make, school, [*PUPILS[2:], *TEACHERS], days=-2)
    assert person("p0").status == "archived"
    back = feed(make, school, [*PUPILS, *TEACHERS])
    assert back.counts["people"]["restored"] == 2
    assert {p: person(p).id for p in ("p0", "p1")} == before
    assert active(school) == EVERYBODY


def test_c06_one_bad_night_now_and_then_archives_nobody(make: Builder, school: School) -> None:
    for night in range(12):
        gone = 3 if night % 3 == 0 else 0
        feed(make, school, [*PUPILS[gone:], *TEACHERS], days=night, **GRACE)
    assert active(school) == EVERYBODY


def test_c07_more_than_ten_per_cent_gone_stops_the_removals(make: Builder, school: School) -> None:
    run = feed(make, school, [*PUPILS[7:], *TEACHERS])
    assert run.status == "held"
    assert "7 of 60 students (12 %) would be archived; the limit is 10 %." in run.message
    assert active(school) == EVERYBODY


def test_c08_each_role_has_its_own_limit(make: Builder, school: School) -> None:
    """Six students may leave; three of twelve teachers wait."""
    run = feed(make, school, [*PUPILS[6:], *TEACHERS[3:]])
    assert run.counts["people"]["archived"] == 6
    assert run.counts["people"]["held"] == 3
    assert {"t0", "t1", "t2"} <= active(school)


def test_c09_a_wrong_and_then_mended_credential_costs_nobody_their_id_or_lists(
    linked: School, clever: Clever
) -> None:
    def everything() -> list[tuple[str, int]]:
        rows = db.session.execute(select(PersonRow.source_id, PersonRow.id).order_by(PersonRow.id))
        found = [(row[0], row[1]) for row in rows]
        commit()
        return found

    before, lists = everything(), list(export.export_lists(linked.id, archived=True))
    commit()
    clever.share(schools=[])
    assert sync(linked).status == "failed"
    clever.share(schools=None)
    assert sync(linked).status == "succeeded"
    assert everything() == before
    assert list(export.export_lists(linked.id, archived=True)) == lists
    commit()


def test_c10_an_email_handed_to_somebody_new_blocks_nobody(make: Builder, school: School) -> None:
    heir = a_student("heir", email=PUPILS[0].email, last_name="Heir")
    feed(make, school, [*PUPILS[1:], *TEACHERS], days=-1)
    run = feed(make, school, [*PUPILS[1:], *TEACHERS, heir])
    assert run.counts["people"]["conflict"] == 0
    assert "heir" in active(school)
    assert person("heir").id != person("p0").id
    assert (person("p0").status, person("p0").last_name) == ("archived", "Pupil0")


def test_c11_another_email_is_the_same_person_with_another_email(
    make: Builder, school: School
) -> None:
    before = person("p0").id
    renamed = replace(PUPILS[0], email="new@school.example")
    run = feed(make, school, [renamed, *PUPILS[1:], *TEACHERS])
    assert run.counts["people"]["updated"] == 1
    assert (person("p0").id, person("p0").email) == (before, "new@school.example")


def test_c12_reconnecting_under_new_ids_makes_nobody_twice(make: Builder, school: School) -> None:
    """All records come with new Clever ids and the same numbers: they wait, and are the same."""
    renewed = [replace(p, source_id=f"new-{p.source_id}") for p in (*PUPILS, *TEACHERS)]
    again = [replace(CLASS, teachers=("new-t0",), students=tuple(f"new-p{n}" for n in range(20)))]
    run = feed(make, school, renewed, again)
    assert (run.status, run.counts["people"]["created"]) == ("held", 0)
    assert len(members(school, "c1")) == 20
    approval.approve(run.id, user_id=None)
    after = feed(make, school, renewed, again, days=1)
    assert (after.status, after.counts["people"]["created"]) == ("succeeded", 0)
    assert active(school) == {p.source_id for p in renewed}
    assert len(members(school, "c1")) == 20


def test_c13_another_name_never_makes_a_second_account(make: Builder, school: School) -> None:
    married = replace(TEACHERS[0], last_name="Newname")
    run = feed(make, school, [*PUPILS, married, *TEACHERS[1:]])
    assert run.counts["people"]["created"] == 0
    assert person("t0").last_name == "Newname"


def test_c14_somebody_archived_is_found_and_explained(make: Builder, school: School) -> None:
    run = feed(make, school, [*PUPILS[1:], *TEACHERS])
    (story,) = why(school, "Ana Pupil0").stories
    commit()
    assert story.status == "archived"
    assert any(f"by run {run.id}" in step.says for step in story.steps)


def test_c15_the_same_sync_twice_makes_no_duplicates(make: Builder, school: School) -> None:
    people = [*PUPILS, *TEACHERS, a_student("late")]
    feed(make, school, people)
    again = feed(make, school, people, days=1)
    assert runs.operations_of(again.id) == []
    number = len(list(export.export_people(school.id, archived=True)))
    commit()
    assert number == len(people)


def test_c15_somebody_removed_by_hand_is_not_added_again(make: Builder, school: School) -> None:
    row = person("p0")
    edits.archive_person(row, make.owner(school).id)
    commit()
    feed(make, school, [*PUPILS, *TEACHERS])
    assert person("p0").status == "archived"


def test_c16_one_ambiguous_record_does_not_stop_the_others(make: Builder, school: School) -> None:
    twins = [a_student("x1", sis_id="same"), a_student("x2", sis_id="same")]
    by_hand = edits.add_person(school.id, Role.STUDENT, {"last_name": "X"}, make.owner(school).id)
    by_hand.sis_id = "same"
    commit()
    run = feed(make, school, [*PUPILS, *TEACHERS, *twins, a_student("fine")])
    assert run.counts["people"]["conflict"] == 2
    assert run.counts["people"]["created"] == 1
    assert len(run.problems) == 2


def test_c17_success_with_a_class_of_nobody_says_so(make: Builder, school: School) -> None:
    empty = a_section("c2", name="Ghost class", teachers=("t1",), students=())
    run = feed(make, school, [*PUPILS, *TEACHERS], [CLASS, empty])
    assert run.status == "succeeded"
    assert any("1 class has 0 students in the roster" in text for text in run.warnings)


def test_c18_a_student_never_becomes_a_teacher_by_a_sync(make: Builder, school: School) -> None:
    """Nor gets the class of the teacher they were taken for."""
    odd = replace(PUPILS[3], roles=(Role.TEACHER,))
    taken = [replace(CLASS, teachers=("t0", "p3"))]
    run = feed(make, school, [*PUPILS[:3], odd, *PUPILS[4:], *TEACHERS], taken)
    assert run.status == "held"
    assert person("p3").roles == ["student"]
    (row,) = list(export.export_lists(school.id, archived=False))
    commit()
    assert row["managers"] == "t0"


def test_c19_who_leaves_in_mid_term_is_still_in_the_past(make: Builder, school: School) -> None:
    then = NOW - timedelta(days=20)
    smaller = [replace(CLASS, students=CLASS.students[2:])]
    feed(make, school, [*PUPILS[2:], *TEACHERS], smaller, days=-1)
    assert "p0" not in members(school, "c1")
    (row,) = list(export.export_lists(school.id, archived=False, as_of=then))
    people = {r["source_id"] for r in export.export_people(school.id, archived=False, as_of=then)}
    commit()
    assert "p0" in str(row["members"]).split(";")
    assert people == EVERYBODY


def test_c20_who_is_gone_and_stays_is_named_and_off_the_lists(
    make: Builder, visit_as: VisitAs, school: School
) -> None:
    """Archive is off: the run and the page say that they are no longer in Clever."""
    smaller = [replace(CLASS, students=CLASS.students[2:])]
    people = [*PUPILS[2:], *TEACHERS]
    run = feed(make, school, people, smaller, students__archive="off")
    assert any("2 people are no longer in the roster" in text for text in run.warnings)
    assert not {"p0", "p1"} & members(school, "c1")
    page = visit_as(make.owner(school)).get(f"/schools/{school.id}/people?status=leaving").text
    assert "2 people" in page
    assert "Archive is off, so they stay." in page


def test_c21_approving_people_raises_no_limit_that_somebody_must_lower_again(
    make: Builder, school: School
) -> None:
    first = feed(make, school, [*PUPILS[10:], *TEACHERS], days=-1)
    approval.approve(first.id, user_id=None)
    assert "p0" not in active(school)
    second = feed(make, school, [*PUPILS[20:], *TEACHERS])
    assert (second.status, second.counts["people"]["held"]) == ("held", 10)
    assert "the limit is 10 %" in second.message


def test_c21_files_with_nothing_but_headers_are_no_success(make: Builder, school: School) -> None:
    run = feed(make, school, [], [])
    assert run.status == "failed"
    assert active(school) == EVERYBODY


def test_c22_archived_people_are_off_the_lists_and_come_back_whole(
    make: Builder, school: School
) -> None:
    before = {name: getattr(person("p0"), name) for name in ("id", "email", "grade", "sis_id")}
    feed(make, school, [*PUPILS[1:], *TEACHERS], days=-1)
    assert "p0" not in members(school, "c1")
    feed(make, school, [*PUPILS, *TEACHERS])
    assert {name: getattr(person("p0"), name) for name in before} == before
    assert "p0" in members(school, "c1")


def test_c23_a_hold_that_goes_on_mails_once(make: Builder, school: School) -> None:
    people, mails = [*PUPILS[10:], *TEACHERS], []
    for night in range(6):
        run = feed(make, school, people, days=night / 10, notify__when="problems")
        mails.append(len(run.mails))
        commit()
    assert mails == [1, 0, 0, 0, 0, 0]


def test_c24_everybody_ends_with_a_reason_in_words(make: Builder, school: School) -> None:
    people = [*PUPILS[2:], *TEACHERS, a_student("new"), Person("odd", (Role.STUDENT,))]
    seen = make.snapshot(school, a_snapshot(people, [CLASS], [TERM]))
    commit()
    assert seen.id
    planned = preview(school, some_settings(**NO_GRACE)).plan
    commit()
    ends = [end.kept_id or end.source_id for end in planned.outcomes]
    assert len(ends) == len(set(ends)) == len(EVERYBODY) + 2
    assert all(REASONS[end.reason] for end in planned.outcomes)


def test_c25_a_hold_says_what_was_done_and_nothing_of_it_was(
    make: Builder, visit_as: VisitAs, school: School
) -> None:
    run = feed(make, school, [*PUPILS[10:], *TEACHERS, a_student("new")])
    page = visit_as(make.owner(school)).get(f"/runs/{run.id}").text
    assert "10 changes wait for you; 1 joined, nobody was archived" in page
    assert "Nothing of this was done" in page
    assert active(school) == EVERYBODY | {"new"}


def test_c25_the_first_sync_removes_and_changes_nobody(make: Builder) -> None:
    fresh: School = make.school()
    owner = make.owner(fresh).id
    edits.add_person(fresh.id, Role.STUDENT, {"last_name": "Here", "email": "h@x.example"}, owner)
    commit()
    record = a_student("h", email="h@x.example", last_name="Other")
    run = feed(make, fresh, [record, a_student("new")])
    assert run.counts["people"]["created"] == 1
    assert run.counts["people"]["updated"] == run.counts["people"]["archived"] == 0
    assert person("h").last_name == "Here"


def test_c26_the_counts_are_those_of_the_log(make: Builder, school: School) -> None:
    changed = [replace(p, grade="11") for p in PUPILS[2:9]]
    run = feed(make, school, [*changed, *PUPILS[9:], *TEACHERS, a_student("new")])
    counted = runs.count_operations(run.id)
    told = run.counts["people"]
    commit()
    assert counted["person", "create"] == told["created"] == 1
    assert counted["person", "update"] == told["updated"] == 7
    assert counted["person", "archive"] == told["archived"] == 2


def test_c28_a_name_set_here_is_never_overwritten(make: Builder, school: School) -> None:
    edits.edit_person(person("p0"), {"preferred_name": "Kit"}, make.owner(school).id)
    commit()
    named = replace(PUPILS[0], preferred_name="Robert", first_name="Robert")
    for night in range(3):
        feed(make, school, [named, *PUPILS[1:], *TEACHERS], days=night)
    assert (person("p0").preferred_name, person("p0").first_name) == ("Kit", "Robert")


def test_c29_an_email_that_two_people_have_does_not_stop_the_sync(
    make: Builder, school: School
) -> None:
    edits.add_person(
        school.id,
        Role.TEACHER,
        {"last_name": "Own account", "email": "clash@school.example"},
        make.owner(school).id,
    )
    commit()
    corrected = replace(TEACHERS[0], email="clash@school.example")
    run = feed(make, school, [*PUPILS, corrected, *TEACHERS[1:], a_student("new")])
    assert run.status == "succeeded"
    assert run.counts["people"]["created"] == 1
    assert person("t0").email == "clash@school.example"


def test_c30_a_class_name_used_again_next_year_is_another_list(
    make: Builder, school: School
) -> None:
    feed(make, school, [*PUPILS, *TEACHERS], days=-1)
    again = a_section("c9", name="Biology", teachers=("t1",), students=("p40", "p41"))
    feed(make, school, [*PUPILS, *TEACHERS], [CLASS, again])
    assert members(school, "c1") == set(CLASS.students)
    assert members(school, "c9") == {"p40", "p41"}


def test_c31_the_name_that_a_teacher_gave_a_class_stays(make: Builder, school: School) -> None:
    row = db.session.scalars(select(ListRow)).one()
    edits.edit_list(row, {"title": "Period one"}, make.owner(school).id)
    commit()
    renamed = [replace(CLASS, name="Biology A")]
    for night in range(2):
        feed(make, school, [*PUPILS, *TEACHERS], renamed, days=night)
    row = db.session.scalars(select(ListRow)).one()
    assert (row.title, row.synced_title) == ("Period one", "Biology A")
    commit()


def test_c32_a_parent_of_two_children_is_no_account(make: Builder, school: School) -> None:
    parent = a_contact(name="Pat Parent")
    children = [replace(p, contact=parent) for p in PUPILS[:2]]
    run = feed(make, school, [*children, *PUPILS[2:], *TEACHERS])
    assert run.counts["people"]["created"] == 0
    assert [person(p).contact_name for p in ("p0", "p1")] == ["Pat Parent"] * 2


def test_c33_new_ids_and_new_numbers_for_everybody_wait_as_the_same_people(
    make: Builder, school: School
) -> None:
    renewed = [
        replace(p, source_id=f"n{n}", sis_id=f"z{n}", student_number=f"y{n}", email=f"{n}@new.x")
        for n, p in enumerate(PUPILS)
    ]
    renamed = [replace(CLASS, students=tuple(f"n{n}" for n in range(20)))]
    run = feed(make, school, [*renewed, *TEACHERS], renamed)
    assert run.status == "held"
    assert members(school, "c1") == set(CLASS.students)
    assert run.counts["people"]["created"] == run.counts["people"]["archived"] == 0
    waiting = holds.holds_of(run, state="waiting")
    assert [row.action for row in waiting if row.entity == "person"] == ["link"] * 60
    ids = {p.source_id: person(p.source_id).id for p in PUPILS[:5]}
    approval.approve(run.id, user_id=None)
    assert {f"p{n}": person(f"n{n}").id for n in range(5)} == ids


def test_c34_an_approval_does_nothing_that_has_changed_since_it_was_shown(
    make: Builder, school: School
) -> None:
    odd = replace(PUPILS[3], roles=(Role.TEACHER,))
    run = feed(make, school, [*PUPILS[:3], odd, *PUPILS[4:], *TEACHERS])
    feed(make, school, [*PUPILS, *TEACHERS], days=1)
    with pytest.raises(NotWaiting):
        approval.approve(run.id, user_id=None)
    commit()
    assert person("p3").roles == ["student"]


def test_c35_a_wrong_school_that_was_synced_is_taken_back_whole(make: Builder) -> None:
    fresh: School = make.school()
    wrong = [a_student(f"w{n}") for n in range(30)]
    lists = [a_section("w", students=tuple(p.source_id for p in wrong))]
    run = feed(make, fresh, wrong, lists)
    assert len(active(fresh)) == 30
    revert(run.id, user_id=None, hold=True)
    assert active(fresh) == set()
    assert list(export.export_lists(fresh.id, archived=False)) == []
    commit()
    again = feed(make, fresh, wrong, lists, days=1)
    assert (again.status, active(fresh)) == ("held", set())


def test_c36_the_office_learns_in_one_question_why_a_student_is_missing(
    make: Builder, school: School
) -> None:
    feed(make, school, [*PUPILS, *TEACHERS, a_student("x", last_name="Solo")], students="off")
    (story,) = why(school, "Solo").stories
    commit()
    assert story.first_cross
    assert "switch their role on" in story.fix


def test_c38_a_student_who_is_missing_from_a_class_comes_with_sync_now(
    make: Builder, school: School
) -> None:
    joined = [replace(CLASS, students=(*CLASS.students, "late"))]
    make.snapshot(school, a_snapshot([*PUPILS, *TEACHERS, a_student("late")], joined, [TERM]))
    (story,) = why(school, "late").stories
    commit()
    assert "comes with the next sync" in story.verdict
    feed(make, school, [*PUPILS, *TEACHERS, a_student("late")], joined)
    assert "late" in members(school, "c1")


def test_the_log_holds_every_change_of_all_these(make: Builder, school: School) -> None:
    feed(make, school, [*PUPILS[2:], *TEACHERS])
    changed = db.session.scalars(select(OperationRow).where(OperationRow.action == "archive")).all()
    assert {row.reason for row in changed} == {"gone"}
    assert all(row.before == {"status": "active"} for row in changed)
    commit()


def test_what_waits_does_not_slip_through_as_the_school_grows(
    make: Builder, school: School
) -> None:
    """Seven of sixty wait; of a hundred and twenty they would be few."""
    grown = [*PUPILS[7:], *TEACHERS, *(a_student(f"g{n}") for n in range(60))]
    first = feed(make, school, grown)
    second = feed(make, school, grown, days=1)
    assert [run.status for run in (first, second)] == ["held", "held"]
    assert {f"p{n}" for n in range(7)} <= active(school)


def test_a_raised_limit_lets_through_what_waited_for_it(make: Builder, school: School) -> None:
    people = [*PUPILS[7:], *TEACHERS]
    assert feed(make, school, people).status == "held"
    run = feed(make, school, people, days=1, guard__removals__percent="20")
    assert (run.status, run.counts["people"]["archived"]) == ("succeeded", 7)


def test_the_last_pairs_of_many_wait_on_after_the_others_were_approved(
    make: Builder, school: School
) -> None:
    renewed = [
        replace(p, source_id=f"n{n}", sis_id=f"z{n}", student_number=f"y{n}", email=f"{n}@new.x")
        for n, p in enumerate(PUPILS[:5])
    ]
    people = [*renewed, *PUPILS[5:], *TEACHERS]
    run = feed(make, school, people, [])
    waiting = [row.id for row in holds.holds_of(run, state="waiting")]
    commit()
    assert len(waiting) == 5
    class_ = [replace(CLASS, students=tuple(p.source_id for p in people[:20]))]
    run = feed(make, school, people, class_, days=0.5)
    waiting = [row.id for row in holds.holds_of(run, state="waiting")]
    approval.approve(run.id, user_id=None, only=waiting[:4])
    again = feed(make, school, people, class_, days=1)
    assert (again.status, again.counts["people"]["created"]) == ("held", 0)
    assert again.counts["people"]["held"] == 1
