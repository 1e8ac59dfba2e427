"""Deciding what waits: an approval does what was listed, and no more."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import select

from roster_dash import approval
from roster_dash.extensions import db
from roster_dash.revert import revert
from roster_dash.roster.errors import BadInput, NotWaiting
from roster_dash.roster.guard import Guard
from roster_dash.roster.records import Person, Section, Term
from roster_dash.roster.roles import Role
from roster_dash.store import edits, export, holds, runs
from roster_dash.store.tables import HoldRow, ListRow, OperationRow, PersonRow, Run, School
from roster_dash.store.transactions import commit
from tests.builders import Builder, a_section, a_snapshot, a_student, a_teacher

PUPILS = [a_student(f"p{n}", last_name=f"Pupil{n}") for n in range(40)]
ON = {
    "students": "on",
    "students__auto_update": "on",
    "students__archive": "on",
    "staff": "on",
    "staff__auto_update": "on",
    "grace__students": "0",
}


@pytest.fixture
def school(make: Builder) -> School:
    made: School = make.school()
    make.settings(made, **ON)
    follow(make, made, PUPILS, -20)
    return made


def follow(make: Builder, school: School, people: list[Person], days: float = 0) -> Run:
    now = datetime.now(UTC) + timedelta(days=days)
    return make.synced(school, a_snapshot(people), now=now, **ON)


def waiting(run: Run) -> list[int]:
    ids = [row.id for row in holds.holds_of(runs.find_run(run.id), state="waiting")]
    commit()
    return ids


def status_of(source_id: str) -> str:
    row = db.session.scalars(select(PersonRow).where(PersonRow.source_id == source_id)).one()
    commit()
    return row.status


def test_it_is_recorded_who_approved_what_and_when(make: Builder, school: School) -> None:
    run = follow(make, school, PUPILS[10:])
    done = approval.approve(run.id, user_id=make.owner(school).id)
    logged = db.session.scalars(select(OperationRow).where(OperationRow.user_id.is_not(None))).all()
    assert {(row.run_id, row.action) for row in logged} == {(run.id, "archive")}
    assert all(row.at and row.user and row.user.email == "alice@school.example" for row in logged)
    rows = holds.holds_of(done)
    assert {(row.state, row.decided_run_id) for row in rows} == {("approved", run.id)}
    assert (done.status, done.counts["people"]["held"]) == ("succeeded", 0)
    assert done.counts["people"]["archived"] == 10
    commit()


def test_what_is_new_when_it_is_approved_waits_again(make: Builder, school: School) -> None:
    first = follow(make, school, PUPILS[10:])
    listed = waiting(first)
    second = follow(make, school, PUPILS[14:], 0.1)
    approval.approve(first.id, user_id=None, only=listed)
    assert status_of("p9") == "archived"
    assert {status_of(f"p{n}") for n in range(10, 14)} == {"active"}
    assert len(waiting(second)) == 4
    assert runs.find_run(second.id).status == "held"
    commit()


def test_who_was_changed_here_meanwhile_is_left_alone(make: Builder, school: School) -> None:
    odd = replace(PUPILS[0], roles=(Role.STAFF,))
    run = follow(make, school, [odd, *PUPILS[1:]])
    row = db.session.scalars(select(PersonRow).where(PersonRow.source_id == "p0")).one()
    edits.archive_person(row, make.owner(school).id)
    commit()
    done = approval.approve(run.id, user_id=None)
    assert {hold.state for hold in holds.holds_of(done)} == {"cleared"}
    assert (done.status, done.counts["people"]["held"]) == ("succeeded", 0)
    commit()
    row = db.session.scalars(select(PersonRow).where(PersonRow.source_id == "p0")).one()
    assert (row.roles, row.status) == (["student"], "archived")
    commit()


def test_what_goes_on_waiting_is_one_row_over_its_runs(make: Builder, school: School) -> None:
    made = [follow(make, school, PUPILS[10:], day / 10) for day in range(3)]
    rows = db.session.scalars(select(HoldRow)).all()
    assert len(rows) == 10
    assert {(row.first_run_id, row.last_run_id) for row in rows} == {(made[0].id, made[2].id)}
    commit()
    assert [len(waiting(run)) for run in made] == [10, 10, 10]


def test_any_of_its_runs_may_be_approved_and_all_have_succeeded_then(
    make: Builder, school: School
) -> None:
    made = [follow(make, school, PUPILS[10:], day / 10).id for day in range(3)]
    approval.approve(made[0], user_id=None)
    assert [runs.find_run(number).status for number in made] == ["succeeded"] * 3
    commit()
    with pytest.raises(NotWaiting):
        approval.approve(made[2], user_id=None)


def test_what_the_roster_asks_for_no_more_clears_itself(make: Builder, school: School) -> None:
    run = follow(make, school, PUPILS[10:])
    follow(make, school, PUPILS[5:], 0.1)
    assert runs.find_run(run.id).status == "held"
    assert len(waiting(run)) == 5
    follow(make, school, PUPILS, 0.2)
    assert runs.find_run(run.id).status == "succeeded"
    commit()


def test_a_doubted_answer_clears_nothing_and_nothing_is_approved_on_it(
    make: Builder, school: School
) -> None:
    run = follow(make, school, PUPILS[10:])
    staff = [a_student("s", roles=(Role.STAFF,))]
    doubted = follow(make, school, staff, 0.1)
    assert doubted.counts["people"]["archived"] == 0
    assert len(waiting(run)) == 10
    with pytest.raises(BadInput, match="doubted"):
        approval.approve(run.id, user_id=None)
    assert status_of("p0") == "active"


def test_a_rejection_lasts_until_they_are_back_and_not_longer(
    make: Builder, school: School
) -> None:
    run = follow(make, school, PUPILS[10:])
    approval.reject(run.id, user_id=make.owner(school).id, note="trip")
    assert follow(make, school, PUPILS[10:], 0.1).status == "succeeded"
    assert status_of("p0") == "active"
    follow(make, school, PUPILS, 0.2)
    assert follow(make, school, PUPILS[10:], 0.3).status == "held", "gone once more: asked anew"


def test_one_person_is_not_two_arrivals(make: Builder, school: School) -> None:
    old = [a_student(f"old{n}", first_name="Jo", last_name="Same") for n in range(3)]
    new = [a_student(f"new{n}", first_name="Jo", last_name="Same") for n in range(3)]
    follow(make, school, [*PUPILS, *old], -1)
    run = follow(make, school, [*PUPILS, *new])
    first, second, _ = waiting(run)
    someone = db.session.scalars(select(PersonRow.id).where(PersonRow.source_id == "old1")).one()
    commit()
    with pytest.raises(BadInput, match="two arrivals"):
        approval.approve(run.id, user_id=None, same_as={first: someone, second: someone})
    stranger = db.session.scalars(select(PersonRow.id).where(PersonRow.source_id == "p5")).one()
    commit()
    with pytest.raises(BadInput, match="choose one of those offered"):
        approval.approve(run.id, user_id=None, only=[first], same_as={first: stranger})
    approval.approve(run.id, user_id=None, only=[first], same_as={first: someone})
    row = db.session.get_one(PersonRow, someone)
    assert row.source_id == "new0"
    commit()


def test_a_run_that_holds_nothing_cannot_be_decided(make: Builder, school: School) -> None:
    run = follow(make, school, PUPILS)
    for decide in (approval.approve, lambda n, user_id: approval.reject(n, user_id=None, note="")):
        with pytest.raises(NotWaiting):
            decide(run.id, user_id=None)


NOW = datetime.now(UTC)
IDS = {pupil.source_id for pupil in PUPILS}
LEFT = {pupil.source_id for pupil in PUPILS[:10]}
TEACHER = a_teacher("t0")
TERM = Term("term-1", "Fall", (NOW - timedelta(days=60)).date(), (NOW + timedelta(days=90)).date())
CLASS = a_section(
    "c1", name="Biology", teachers=("t0",), students=tuple(p.source_id for p in PUPILS[:12])
)
WITH_CLASSES = {
    "students": "on",
    "students__auto_update": "on",
    "students__archive": "on",
    "teachers": "on",
    "teachers__auto_update": "on",
    "class_lists": "on",
    "class_lists__terms": "all",
    "class_lists__grades": "all",
    "grace__students": "0",
}


def feed(
    make: Builder,
    school: School,
    people: Sequence[Person],
    sections: Sequence[Section] = (CLASS,),
    days: float = 0,
    **settings: str,
) -> Run:
    """A sync of what Clever says, some days from now; the teacher is always there."""
    make.settings(school, **(WITH_CLASSES | settings))
    snapshot = a_snapshot([*people, TEACHER], sections, [TERM])
    now = NOW + timedelta(days=days)
    return make.synced(school, snapshot, now=now, **(WITH_CLASSES | settings))


@pytest.fixture
def taught(make: Builder) -> School:
    """A school of forty students, a teacher and a class, synced ten days ago."""
    made: School = make.school()
    feed(make, made, PUPILS, days=-10)
    return made


@pytest.fixture
def held(make: Builder, taught: School) -> Run:
    """Ten of the forty have left."""
    run = feed(make, taught, PUPILS[10:], days=-4)
    assert run.status == "held"
    return run


def people_of(run: Run) -> dict[str, int]:
    """How many people ended the run how, as it is recorded now."""
    counts = runs.find_run(run.id).counts
    assert counts is not None
    found: dict[str, int] = counts["people"]
    return found


def hold_of(run: Run, source_id: str) -> HoldRow:
    (row,) = [row for row in holds.holds_of(run) if row.source_id == source_id]
    return row


def guards_of(run: Run) -> set[tuple[str, str]]:
    return {(row.guard, row.action) for row in holds.holds_of(run, state="waiting")}


def person(source_id: str) -> PersonRow:
    return db.session.scalars(select(PersonRow).where(PersonRow.source_id == source_id)).one()


def active(school: School) -> set[str]:
    rows = export.export_people(school.id, archived=False)
    return {str(row["source_id"]) for row in rows} - {"t0"}


def members(school: School) -> set[str]:
    (row,) = export.export_lists(school.id, archived=False)
    return set(str(row["members"]).split(";")) - {""}


def test_some_are_approved_and_the_others_go_on_waiting(taught: School, held: Run) -> None:
    done = approval.approve(held.id, user_id=None, only=waiting(held)[:3])
    assert len(IDS - active(taught)) == 3
    assert (done.status, len(waiting(held))) == ("held", 7)
    assert (people_of(held)["held"], people_of(held)["archived"]) == (7, 3)


def test_the_last_of_many_do_not_slip_through_the_next_sync_as_few(
    make: Builder, taught: School, held: Run
) -> None:
    approval.approve(held.id, user_id=None, only=waiting(held)[:8])
    again = feed(make, taught, PUPILS[10:])
    assert (again.status, people_of(again)["archived"]) == ("held", 0)
    assert len(IDS - active(taught)) == 8


@pytest.mark.parametrize("unknown", [[], [999_999]])
def test_what_the_run_does_not_hold_is_refused_with_all_that_was_named_beside_it(
    taught: School, held: Run, unknown: list[int]
) -> None:
    named = [*unknown, waiting(held)[0]] if unknown else []
    for decide in (approval.approve, partial(approval.reject, note="")):
        with pytest.raises(BadInput):
            decide(held.id, user_id=None, only=named)
    assert active(taught) == IDS
    assert len(waiting(held)) == 10


def test_some_are_rejected_and_the_others_approved(taught: School, held: Run) -> None:
    approval.reject(held.id, user_id=None, note="", only=[hold_of(held, "p0").id])
    done = approval.approve(held.id, user_id=None)
    assert IDS - active(taught) == LEFT - {"p0"}
    counts = people_of(held)
    assert (done.status, counts["held"], counts["archived"]) == ("succeeded", 0, 9)


def test_a_rejection_is_recorded_with_its_reason_and_by_whom(
    make: Builder, taught: School, held: Run
) -> None:
    alice = make.owner(taught).id
    approval.reject(held.id, user_id=alice, note="  On a trip ")
    decided = {(row.state, row.note, row.decided_by_id) for row in holds.holds_of(held)}
    assert decided == {("rejected", "On a trip", alice)}
    assert (people_of(held)["held"], people_of(held)["skipped"]) == (0, 10)


def test_a_doubted_answer_lets_no_rejection_lapse(make: Builder, taught: School, held: Run) -> None:
    approval.reject(held.id, user_id=None, note="")
    feed(make, taught, PUPILS, sections=(), days=-2)
    again = feed(make, taught, PUPILS[10:], days=-1)
    assert (again.status, active(taught)) == ("succeeded", IDS)


def renamed(number: int) -> list[Person]:
    """The first ones have another last name, and are a grade older."""
    return [
        replace(pupil, last_name=f"Other{n}", grade="10") if n < number else pupil
        for n, pupil in enumerate(PUPILS)
    ]


def test_what_was_edited_meanwhile_is_cleared_and_stays_as_edited(
    make: Builder, taught: School
) -> None:
    run = feed(make, taught, renamed(30), days=-1)
    assert guards_of(run) == {(Guard.UPDATES, "update")}
    alice = make.owner(taught).id
    edits.edit_person(person("p0"), {"last_name": "By Hand"}, alice)
    commit()
    approval.approve(run.id, user_id=alice, only=[hold_of(run, "p0").id])
    assert hold_of(run, "p0").state == "cleared"
    assert not [row for row in runs.operations_of(run.id) if row.at], "nothing was applied"
    assert people_of(run)["held"] == 29
    approval.approve(run.id, user_id=alice)
    assert (person("p0").last_name, person("p1").last_name) == ("By Hand", "Other1")


def test_what_the_settings_ask_for_no_more_is_not_done(
    make: Builder, taught: School, held: Run
) -> None:
    make.settings(taught, **(WITH_CLASSES | {"students__archive": "off"}))
    approval.approve(held.id, user_id=None)
    assert active(taught) == IDS
    assert {row.state for row in holds.holds_of(held)} == {"cleared"}


def test_an_approval_under_limits_that_were_raised_since_does_what_it_says(
    make: Builder, taught: School, held: Run
) -> None:
    raised = {"guard__removals__percent": "50", "guard__removals_7_days__percent": "50"}
    make.settings(taught, **(WITH_CLASSES | raised))
    approval.approve(held.id, user_id=None)
    assert IDS - active(taught) == LEFT
    assert {row.state for row in holds.holds_of(held)} == {"approved"}


def test_whom_somebody_approved_does_not_count_within_the_seven_days(
    make: Builder, taught: School, held: Run
) -> None:
    """Ten of forty and then three of thirty: a third of them within the week."""
    approval.approve(held.id, user_id=None)
    after = feed(make, taught, PUPILS[13:])
    assert (after.status, people_of(after)["archived"]) == ("succeeded", 3)


def test_a_higher_role_comes_with_its_approval_and_the_rest_came_before(
    make: Builder, taught: School
) -> None:
    odd = replace(PUPILS[0], roles=(Role.TEACHER,), last_name="Newname")
    run = feed(make, taught, [odd, *PUPILS[1:]], days=-1)
    assert (person("p0").roles, person("p0").last_name) == (["student"], "Newname")
    assert people_of(run)["held"] == 1
    done = approval.approve(run.id, user_id=None)
    assert person("p0").roles == ["teacher"]
    counts = people_of(run)
    assert (done.status, counts["held"], counts["updated"]) == ("succeeded", 0, 1)


EMPTIED = [replace(CLASS, students=("p0",))]


def test_a_list_loses_its_members_with_an_approval_only(make: Builder, taught: School) -> None:
    run = feed(make, taught, PUPILS, EMPTIED, days=-1)
    assert (run.status, len(members(taught))) == ("held", 12)
    done = approval.approve(run.id, user_id=None)
    assert members(taught) == {"p0"}
    assert done.counts is not None
    assert done.counts["memberships"] == {"added": 0, "removed": 11}
    assert (done.status, done.counts["lists"]["held"]) == ("succeeded", 0)


def test_a_list_whose_loss_was_rejected_keeps_its_members_every_night(
    make: Builder, taught: School
) -> None:
    run = feed(make, taught, PUPILS, EMPTIED, days=-3)
    approval.reject(run.id, user_id=None, note="wrong term")
    for day in (-2, -1):
        again = feed(make, taught, PUPILS, EMPTIED, days=day)
        assert (again.status, len(members(taught))) == ("succeeded", 12)


def test_many_lists_retire_with_an_approval_only(make: Builder, taught: School) -> None:
    classes = [a_section(f"k{n}", teachers=("t0",), students=("p0",)) for n in range(9)]
    feed(make, taught, PUPILS, [CLASS, *classes], days=-2)
    run = feed(make, taught, PUPILS, [CLASS, *classes[4:]], days=-1)
    assert run.counts is not None
    before = dict(run.counts["lists"])
    assert (run.status, before["held"], before["archived"]) == ("held", 4, 0)
    done = approval.approve(run.id, user_id=None)
    assert done.counts is not None
    assert done.counts["lists"] == before | {"held": 0, "archived": 4}
    retired = select(ListRow.source_id).where(ListRow.status == "archived")
    assert set(db.session.scalars(retired)) == {"k0", "k1", "k2", "k3"}


def test_a_list_of_which_two_things_wait_is_counted_as_one(make: Builder, taught: School) -> None:
    """It came with its members and was taken back: coming again both wait."""
    other = a_section("c2", teachers=("t0",), students=("p20", "p21"))
    there = [CLASS, other]
    feed(make, taught, PUPILS, days=-5)
    brought = feed(make, taught, PUPILS, there, days=-4)
    revert(brought.id, user_id=None, hold=True)
    run = feed(make, taught, PUPILS, there, days=-3)
    assert run.counts is not None
    before = dict(run.counts["lists"])
    assert before["held"] == 1
    assert len(waiting(run)) == 2
    done = approval.approve(run.id, user_id=None)
    assert done.counts is not None
    assert done.counts["lists"] == before | {"held": 0, "restored": 1}


NAMESAKES = [a_student(f"old{n}", first_name="Jo", last_name="Same") for n in range(4)]
ARRIVED = [a_student(f"new{n}", first_name="Jo", last_name="Same") for n in range(4)]


@pytest.fixture
def doubtful(make: Builder, taught: School) -> Run:
    """Four namesakes came back under other ids, and nobody can tell who is who."""
    feed(make, taught, [*PUPILS, *NAMESAKES], days=-3)
    run = feed(make, taught, [*PUPILS, *ARRIVED], days=-2)
    assert guards_of(run) == {(Guard.REKEY, "create")}
    return run


def test_who_is_picked_is_the_same_person_under_the_new_id(
    make: Builder, taught: School, doubtful: Run
) -> None:
    ids = [person(f"old{n}").id for n in range(4)]
    same = {hold_of(doubtful, f"new{n}").id: ids[3 - n] for n in range(4)}
    done = approval.approve(doubtful.id, user_id=None, same_as=same)
    assert [person(f"new{n}").id for n in range(4)] == ids[::-1]
    assert done.status == "succeeded"
    after = feed(make, taught, [*PUPILS, *ARRIVED])
    assert (after.status, people_of(after)["created"], people_of(after)["archived"]) == (
        "succeeded",
        0,
        0,
    )


def test_who_is_picked_is_not_counted_as_somebody_new(taught: School, doubtful: Run) -> None:
    same = {hold_of(doubtful, "new0").id: person("old0").id}
    approval.approve(doubtful.id, user_id=None, only=list(same), same_as=same)
    assert runs.count_operations(doubtful.id) == {("person", "link"): 1}
    assert (people_of(doubtful)["created"], people_of(doubtful)["updated"]) == (0, 1)


def test_somebody_who_is_in_the_roster_again_cannot_be_picked(
    make: Builder, taught: School, doubtful: Run
) -> None:
    feed(make, taught, [*PUPILS, *ARRIVED, NAMESAKES[0]], days=-1)
    hold, old = hold_of(doubtful, "new0").id, person("old0").id
    with pytest.raises(BadInput):
        approval.approve(doubtful.id, user_id=None, only=[hold], same_as={hold: old})
    assert (person("old0").id, person("old0").status) == (old, "active")


def test_doubtful_arrivals_approved_without_a_pick_are_new_people(
    make: Builder, taught: School, doubtful: Run
) -> None:
    approval.approve(doubtful.id, user_id=None)
    assert people_of(doubtful)["created"] == 4
    assert {p.source_id for p in (*ARRIVED, *NAMESAKES)} <= active(taught)
    after = feed(make, taught, [*PUPILS, *ARRIVED])
    assert (after.status, active(taught)) == ("succeeded", IDS | {p.source_id for p in ARRIVED})


def test_pairs_that_were_rejected_become_two_people(make: Builder, taught: School) -> None:
    renewed = [
        replace(p, source_id=f"n{n}", sis_id=f"z{n}", student_number=f"y{n}", email=f"{n}@n.x")
        for n, p in enumerate(PUPILS[:4])
    ]
    there = [*renewed, *PUPILS[4:]]
    run = feed(make, taught, there, days=-2)
    assert guards_of(run) == {(Guard.REKEY, "link")}
    approval.reject(run.id, user_id=None, note="siblings")
    after = feed(make, taught, there, days=-1)
    assert (after.status, people_of(after)["created"]) == ("succeeded", 4)
    assert active(taught) == {p.source_id for p in there}


def test_rejected_names_never_come_by_night_but_the_grade_does(
    make: Builder, taught: School
) -> None:
    run = feed(make, taught, renamed(30), days=-3)
    approval.reject(run.id, user_id=None, note="wrong file")
    for day in (-2, -1):
        again = feed(make, taught, renamed(30), days=day)
        assert again.status == "succeeded"
        assert [person(f"p{n}").last_name for n in range(30)] == [p.last_name for p in PUPILS[:30]]
    assert person("p0").grade == "10"


def test_a_few_rejected_names_of_many_do_not_come_as_few(make: Builder, taught: School) -> None:
    run = feed(make, taught, renamed(30), days=-3)
    approval.reject(run.id, user_id=None, note="", only=waiting(run)[:4])
    approval.approve(run.id, user_id=None)
    again = feed(make, taught, renamed(30), days=-1)
    assert again.status == "succeeded"
    assert [person(f"p{n}").last_name for n in (0, 3, 4)] == ["Pupil0", "Pupil3", "Other4"]


def test_rejected_new_ids_do_not_come_though_they_are_few_now(
    make: Builder, taught: School
) -> None:
    there = [replace(p, source_id=f"n{n}") if n < 8 else p for n, p in enumerate(PUPILS)]
    run = feed(make, taught, there, days=-3)
    assert guards_of(run) == {(Guard.REKEY, "update")}
    rejected = [hold.id for hold in holds.holds_of(run) if hold.before["source_id"] in ("p0", "p1")]
    approval.reject(run.id, user_id=None, note="", only=rejected)
    approval.approve(run.id, user_id=None)
    feed(make, taught, there, days=-1)
    assert {"p0", "p1"} | {f"n{n}" for n in range(2, 8)} <= active(taught)
    assert not {"n0", "n1"} & active(taught)


def test_a_rejected_role_never_comes(make: Builder, taught: School) -> None:
    odd = replace(PUPILS[0], roles=(Role.TEACHER,))
    run = feed(make, taught, [odd, *PUPILS[1:]], days=-3)
    approval.reject(run.id, user_id=None, note="")
    for day in (-2, -1):
        again = feed(make, taught, [odd, *PUPILS[1:]], days=day)
        assert (again.status, person("p0").roles) == ("succeeded", ["student"])


def test_numbers_whose_exchange_was_rejected_stay(make: Builder, taught: School) -> None:
    there = [
        replace(PUPILS[0], sis_id=PUPILS[1].sis_id),
        replace(PUPILS[1], sis_id=PUPILS[0].sis_id),
        *PUPILS[2:],
    ]
    run = feed(make, taught, there, days=-3)
    assert guards_of(run) == {(Guard.HANDED_OVER, "update")}
    approval.reject(run.id, user_id=None, note="")
    again = feed(make, taught, there, days=-1)
    assert (again.status, person("p0").sis_id) == ("succeeded", PUPILS[0].sis_id)


def test_every_approved_operation_is_in_the_log_once(taught: School, held: Run) -> None:
    for hold in waiting(held):
        approval.approve(held.id, user_id=None, only=[hold])
    logged = runs.operations_of(held.id, action="archive")
    assert sorted(row.entity_id for row in logged) == sorted(
        row.entity_id or 0 for row in holds.holds_of(held)
    )
    assert runs.find_run(held.id).status == "succeeded"


def test_the_only_one_of_a_role_may_be_approved_into_a_higher_one(make: Builder) -> None:
    """That nobody of the old role is left in the roster is just what the approval is about."""
    lincoln: School = make.school()
    settings = {"staff": "on", "admins": "on", "admins__auto_update": "on"}
    secretary = a_student("s", roles=(Role.STAFF,))
    feed(make, lincoln, [*PUPILS, secretary], days=-3, **settings)
    promoted = replace(secretary, roles=(Role.ADMIN,))
    run = feed(make, lincoln, [*PUPILS, promoted], days=-2, **settings)
    assert (run.status, person("s").roles) == ("held", ["staff"])
    approval.approve(run.id, user_id=None)
    assert person("s").roles == ["admin"]


def test_no_run_counts_as_waiting_what_was_decided_on_another_run(
    make: Builder, taught: School, held: Run
) -> None:
    newer = feed(make, taught, PUPILS[10:], days=-2)
    approval.approve(held.id, user_id=None)
    assert runs.find_run(newer.id).status == "succeeded"
    assert (people_of(held)["held"], people_of(newer)["held"]) == (0, 0)


def test_no_run_counts_as_waiting_what_cleared_itself(
    make: Builder, taught: School, held: Run
) -> None:
    feed(make, taught, PUPILS, days=-2)
    assert runs.find_run(held.id).status == "succeeded"
    assert people_of(held)["held"] == 0
