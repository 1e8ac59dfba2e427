"""Taking a run back: everything, but for what somebody changed since."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from roster_dash import approval
from roster_dash.extensions import db
from roster_dash.revert import preview_revert, revert
from roster_dash.roster.errors import BadInput, NotRevertible
from roster_dash.roster.records import Person, Section, Term
from roster_dash.roster.roles import Role
from roster_dash.store import edits, export, holds, runs
from roster_dash.store.tables import ListRow, OperationRow, PersonRow, Run, School
from roster_dash.store.transactions import commit
from tests.builders import Builder, a_section, a_snapshot, a_student, a_teacher

Shown = tuple[list[dict[str, str | bool]], list[dict[str, str | bool]]]

PUPILS = [a_student(f"p{n}", last_name=f"Pupil{n}") for n in range(40)]
TEACHER = a_teacher("t")
NEW = a_student("new")
TERM = Term("term-1", "Fall")
CLASS = a_section("c", name="Biology", teachers=("t",), students=("p0", "p1", "p2"))
ON = {"students__archive": "on", "teachers__archive": "on", "teachers__auto_update": "on"}


@pytest.fixture
def school(make: Builder) -> School:
    made: School = make.school()
    make.settings(made, students="on", grace__students="0", grace__adults="0", **ON)
    follow(make, made, [*PUPILS, TEACHER], days=-20)
    return made


def follow(
    make: Builder,
    school: School,
    people: list[Person],
    sections: list[Section] | None = None,
    days: float = 0,
) -> Run:
    now = datetime.now(UTC) + timedelta(days=days)
    snapshot = a_snapshot(people, [CLASS] if sections is None else sections, [TERM])
    return make.synced(school, snapshot, now=now, **ON)


def shown(school: School) -> Shown:
    people = list(export.export_people(school.id, archived=False))
    lists = list(export.export_lists(school.id, archived=False))
    commit()
    return people, lists


def person(source_id: str) -> PersonRow:
    row = db.session.scalars(select(PersonRow).where(PersonRow.source_id == source_id)).one()
    commit()
    return row


def a_busy_run(make: Builder, school: School) -> Run:
    """Somebody leaves, somebody joins, names change, a class changes and another is new."""
    changed = [replace(PUPILS[3], last_name="Other", grade="11"), *PUPILS[4:]]
    members = replace(CLASS, name="Biology A", students=("p2", "p5", "new"))
    other = a_section("d", name="Chemistry", students=("p6",))
    return follow(make, school, [*PUPILS[1:3], *changed, TEACHER, NEW], [members, other])


def test_everything_is_back_fields_archive_lists_and_members(make: Builder, school: School) -> None:
    before = shown(school)
    run = a_busy_run(make, school)
    assert shown(school) != before
    done = revert(run.id, user_id=make.owner(school).id).run
    assert shown(school) == before
    assert (done.reverts_id, done.trigger, done.status) == (run.id, "revert", "succeeded")
    assert done.user
    assert done.user.email == "alice@school.example"
    assert person("new").status == "archived", "nothing is deleted"


def test_a_preview_of_it_writes_nothing(make: Builder, school: School) -> None:
    run = a_busy_run(make, school)
    before, number = shown(school), len(runs.list_runs())
    seen = preview_revert(run.id)
    commit()
    assert seen.reversal.operations
    assert (shown(school), len(runs.list_runs())) == (before, number)


def test_what_somebody_edited_since_stays_and_is_listed(make: Builder, school: School) -> None:
    run = a_busy_run(make, school)
    user = make.owner(school).id
    edits.edit_person(person("p3"), {"last_name": "Mine"}, user)
    edits.edit_person(person("new"), {"email": "mine@x.example"}, user)
    commit()
    done = revert(run.id, user_id=user).run
    assert (person("p3").last_name, person("p3").grade) == ("Mine", "9")
    assert person("new").status == "active"
    reasons = [problem["reason"] for problem in done.problems]
    assert len([reason for reason in reasons if "alice@school.example" in reason]) == 2


@pytest.mark.parametrize(
    ("edited", "told"),
    [
        (["p3"], " 1 change was left as it is."),
        (["p3", "new"], " 2 changes were left as they are."),
    ],
)
def test_how_much_was_left_is_said(
    make: Builder, school: School, edited: list[str], told: str
) -> None:
    run, user_id = a_busy_run(make, school), make.owner(school).id
    for source_id in edited:
        edits.edit_person(person(source_id), {"last_name": "Mine"}, user_id)
    commit()
    assert told in revert(run.id, user_id=None).run.message


def test_what_a_later_run_changed_is_not_undone(make: Builder, school: School) -> None:
    run = a_busy_run(make, school)
    again = [replace(PUPILS[3], last_name="Third", grade="11"), *PUPILS[4:]]
    follow(make, school, [*PUPILS[1:3], *again, TEACHER, NEW], days=0.1)
    revert(run.id, user_id=None)
    assert (person("p3").last_name, person("p3").grade) == ("Third", "9")


def test_somebody_archived_by_hand_since_is_not_brought_back(make: Builder, school: School) -> None:
    run = a_busy_run(make, school)
    user = make.owner(school).id
    edits.restore_person(person("p0"), user)
    commit()
    edits.archive_person(person("p0"), user)
    commit()
    revert(run.id, user_id=user)
    assert person("p0").status == "archived"


def test_people_put_on_a_list_by_hand_stay_on_it(make: Builder, school: School) -> None:
    run = a_busy_run(make, school)
    row = db.session.scalars(select(ListRow).where(ListRow.source_id == "c")).one()
    edits.put_on_list(row, "members", person("p9"), make.owner(school).id)
    commit()
    revert(run.id, user_id=None)
    (shown_list,) = [row for row in shown(school)[1] if row["source_id"] == "c"]
    assert set(str(shown_list["members"]).split(";")) == {"p0", "p1", "p2", "p9"}


def test_a_part_is_taken_back_by_its_operations(make: Builder, school: School) -> None:
    run = a_busy_run(make, school)
    (one,) = [op.id for op in runs.operations_of(run.id, action="archive")]
    commit()
    revert(run.id, user_id=None, only=[one])
    assert person("p0").status == "active"
    assert person("p3").last_name == "Other"
    with pytest.raises(BadInput, match="no operation 999999"):
        revert(run.id, user_id=None, only=[999999])


def test_a_revert_can_be_taken_back_itself(make: Builder, school: School) -> None:
    run = a_busy_run(make, school)
    after = shown(school)
    back = revert(run.id, user_id=None).run.id
    revert(back, user_id=None)
    assert shown(school) == after


def test_it_is_not_done_again_until_somebody_approves(make: Builder, school: School) -> None:
    before = shown(school)
    run = a_busy_run(make, school)
    revert(run.id, user_id=None, hold=True)
    again = a_busy_run(make, school)
    assert again.status == "held"
    assert shown(school) == before
    assert a_busy_run(make, school).status == "held", "the night after, too"
    number = runs.list_runs([school.id])[0].id
    commit()
    make.settings(
        school,
        students="on",
        teachers="on",
        students__auto_update="on",
        class_lists="on",
        class_lists__terms="all",
        class_lists__grades="all",
        grace__students="0",
        **ON,
    )
    approval.approve(number, user_id=None)
    assert person("p0").status == "archived"
    assert person("p3").last_name == "Other"


def test_without_that_wish_the_next_sync_does_it_again(make: Builder, school: School) -> None:
    run = a_busy_run(make, school)
    after = shown(school)
    revert(run.id, user_id=None)
    assert a_busy_run(make, school).status == "succeeded"
    assert shown(school) == after


@pytest.mark.parametrize("days", [31, 400])
def test_a_run_of_long_ago_is_not_taken_back(days: int, make: Builder) -> None:
    old: School = make.school()
    run = follow(make, old, [*PUPILS, TEACHER], days=-days)
    with pytest.raises(NotRevertible, match="30 days"):
        revert(run.id, user_id=None)


def test_a_run_that_failed_or_did_nothing_has_nothing_to_take_back(
    make: Builder, school: School
) -> None:
    idle = follow(make, school, [*PUPILS, TEACHER])
    with pytest.raises(NotRevertible, match="changed nothing"):
        revert(idle.id, user_id=None)
    failed = make.run(school, "failed")
    with pytest.raises(NotRevertible, match="has failed"):
        revert(failed.id, user_id=None)


def test_the_last_owners_person_is_not_archived_by_it(make: Builder) -> None:
    fresh: School = make.school()
    make.owner(fresh, email="alice@school.example")
    alice = a_teacher("alice", email="alice@school.example")
    run = follow(make, fresh, [*PUPILS, TEACHER, alice])
    done = revert(run.id, user_id=None).run
    assert person("alice").status == "active"
    assert any("last Owner" in problem["reason"] for problem in done.problems)


def test_what_it_archives_does_not_count_for_the_seven_days(make: Builder) -> None:
    fresh: School = make.school()
    first = follow(make, fresh, PUPILS, [], days=-1)
    more = [a_student(f"m{n}") for n in range(9)]
    second = follow(make, fresh, [*PUPILS, *more], [], days=-0.9)
    revert(second.id, user_id=None)
    run = follow(make, fresh, PUPILS[4:], [])
    assert first.id
    assert run.counts["people"]["archived"] == 4


def test_what_was_approved_is_taken_back_with_its_run(make: Builder, school: School) -> None:
    before = shown(school)
    run = follow(make, school, [*PUPILS[12:], TEACHER, a_student("new")])
    make.settings(
        school, students="on", teachers="on", students__auto_update="on", grace__students="0", **ON
    )
    approval.approve(run.id, user_id=None)
    assert len(shown(school)[0]) == len(before[0]) - 11
    revert(run.id, user_id=None)
    assert shown(school)[0] == before[0]


def test_an_id_that_somebody_else_has_now_is_not_taken_from_them(
    make: Builder, school: School
) -> None:
    moved = replace(PUPILS[0], source_id="other")
    run = follow(make, school, [moved, *PUPILS[1:], TEACHER])
    assert person("other").last_name == "Pupil0"
    twin = a_student("p0", last_name="Twin")
    follow(make, school, [moved, *PUPILS[1:], TEACHER, twin], days=0.1)
    try:
        revert(run.id, user_id=None)
    except NotRevertible:
        commit()
    assert person("p0").last_name == "Twin"
    assert person("other").last_name == "Pupil0"


def test_the_log_names_the_revert_for_every_change(make: Builder, school: School) -> None:
    run = a_busy_run(make, school)
    number = len(runs.operations_of(run.id))
    back = revert(run.id, user_id=None).run
    logged = db.session.scalars(select(OperationRow).where(OperationRow.run_id == back.id)).all()
    assert {row.reason for row in logged} == {"reverted"}
    assert len(logged) == number
    commit()


def test_reverting_what_waits_still_leaves_it_waiting(make: Builder, school: School) -> None:
    run = follow(make, school, [*PUPILS[12:], TEACHER, a_student("new")])
    revert(run.id, user_id=None)
    assert len(holds.holds_of(runs.find_run(run.id), state="waiting")) == 12
    commit()


def test_what_was_edited_between_a_run_and_its_approval_stays(
    make: Builder, school: School
) -> None:
    """The run's name came before the edit, its role after it: one person, two operations."""
    odd = replace(PUPILS[3], roles=(Role.TEACHER,), last_name="Other")
    run = follow(make, school, [*PUPILS[:3], odd, *PUPILS[4:], TEACHER])
    user = make.owner(school).id
    make.settings(school, students="on", teachers="on", students__auto_update="on", **ON)
    edits.edit_person(person("p3"), {"last_name": "Mine"}, user)
    commit()
    approval.approve(run.id, user_id=user)
    assert person("p3").roles == ["teacher"]
    done = revert(run.id, user_id=user).run
    assert (person("p3").roles, person("p3").last_name) == (["student"], "Mine")
    assert any("alice@school.example" in problem["reason"] for problem in done.problems)


def test_people_added_by_hand_and_found_in_the_roster_are_unknown_to_it_again(
    make: Builder, school: School
) -> None:
    """Two people at once: neither has an id again, and no two have the same."""
    user = make.owner(school).id
    for name in ("Ada", "Bea"):
        values = {"last_name": name, "email": f"{name}@x.example"}
        edits.add_person(school.id, Role.STUDENT, values, user)
    commit()
    before = shown(school)
    found = [a_student(name, last_name=name, email=f"{name}@x.example") for name in ("Ada", "Bea")]
    run = follow(make, school, [*PUPILS, *found, TEACHER])
    assert run.counts is not None
    assert (run.counts["people"]["created"], run.counts["people"]["updated"]) == (0, 2)
    revert(run.id, user_id=None)
    assert shown(school) == before
    again = follow(make, school, [*PUPILS, *found, TEACHER])
    assert again.counts is not None
    assert (again.counts["people"]["created"], again.counts["people"]["updated"]) == (0, 2)


def test_one_of_two_owners_may_be_archived_by_it(make: Builder, school: School) -> None:
    """Bob came before Alice; with the run that brought him taken back, Alice is still here."""
    for name in ("alice", "bob"):
        make.owner(school, email=f"{name}@school.example")
    bob, alice = (a_teacher(name, email=f"{name}@school.example") for name in ("bob", "alice"))
    run = follow(make, school, [*PUPILS, TEACHER, bob])
    follow(make, school, [*PUPILS, TEACHER, bob, alice], days=0.1)
    revert(run.id, user_id=None)
    assert (person("bob").status, person("alice").status) == ("archived", "active")


def test_the_two_last_owners_who_came_together_do_not_both_leave_together(make: Builder) -> None:
    fresh: School = make.school()
    names = ("alice", "bob")
    for name in names:
        make.owner(fresh, email=f"{name}@school.example")
    people = [a_teacher(name, email=f"{name}@school.example") for name in names]
    run = follow(make, fresh, [*PUPILS, *people])
    revert(run.id, user_id=None)
    assert sorted(person(name).status for name in names) == ["active", "archived"]


def test_its_preview_says_what_a_guard_would_have_said(make: Builder, school: School) -> None:
    more = [a_student(f"m{n}") for n in range(9)]
    run = follow(make, school, [*PUPILS, *more, TEACHER])
    seen = preview_revert(run.id)
    commit()
    (sentence,) = seen.says
    assert "9 of 49 students (18 %)" in sentence
    done = revert(run.id, user_id=None).run
    assert done.status == "succeeded", "it is somebody's order"
    assert list(done.warnings) == [sentence]
    assert all(person(f"m{n}").status == "archived" for n in range(9))


def test_somebody_brought_back_by_a_run_is_archived_again(make: Builder, school: School) -> None:
    follow(make, school, [*PUPILS[1:], TEACHER], days=-2)
    before = shown(school)
    run = follow(make, school, [*PUPILS, TEACHER], days=-1)
    assert person("p0").status == "active"
    revert(run.id, user_id=None)
    assert shown(school) == before


def test_who_is_back_by_it_waits_out_all_their_days_again(make: Builder, school: School) -> None:
    for day in (-8, -6, -4):
        run = make.synced(
            school,
            a_snapshot([*PUPILS[1:], TEACHER], [CLASS], [TERM]),
            now=datetime.now(UTC) + timedelta(days=day),
            **ON,
            grace__students="3",
        )
    assert person("p0").status == "archived"
    revert(run.id, user_id=None)
    again = make.synced(
        school, a_snapshot([*PUPILS[1:], TEACHER], [CLASS], [TERM]), **ON, grace__students="3"
    )
    assert again.counts is not None
    assert again.counts["people"]["leaving"] == 1
    assert (person("p0").status, person("p0").leaving_runs) == ("active", 1)
    commit()


def test_a_revert_that_asked_to_hold_can_be_taken_back_and_then_holds_nothing(
    make: Builder, school: School
) -> None:
    run = a_busy_run(make, school)
    after = shown(school)
    back = revert(run.id, user_id=None, hold=True).run.id
    revert(back, user_id=None)
    again = a_busy_run(make, school)
    assert (again.status, shown(school)) == ("succeeded", after)


def test_a_wish_to_be_asked_ends_when_its_revert_is_taken_back(
    make: Builder, school: School
) -> None:
    """The next, other change of the same column is an ordinary one."""
    run = a_busy_run(make, school)
    back = revert(run.id, user_id=None, hold=True).run.id
    revert(back, user_id=None)
    third = [*PUPILS[1:3], replace(PUPILS[3], last_name="Third", grade="11"), *PUPILS[4:]]
    again = follow(make, school, [*third, TEACHER, NEW], [replace(CLASS, students=("p2",))])
    assert (again.status, person("p3").last_name) == ("succeeded", "Third")


def test_the_wish_to_be_asked_outlives_an_answer_that_is_doubted(
    make: Builder, school: School
) -> None:
    before = shown(school)
    run = a_busy_run(make, school)
    revert(run.id, user_id=None, hold=True)
    follow(make, school, [*PUPILS, NEW, TEACHER], [])
    again = a_busy_run(make, school)
    assert (again.status, shown(school)) == ("held", before)


def test_what_is_rejected_after_it_was_taken_back_never_comes(
    make: Builder, school: School
) -> None:
    before = shown(school)
    run = a_busy_run(make, school)
    revert(run.id, user_id=None, hold=True)
    again = a_busy_run(make, school)
    approval.reject(again.id, user_id=None, note="a wrong feed")
    for _ in range(2):
        assert a_busy_run(make, school).status == "succeeded"
        assert shown(school) == before
