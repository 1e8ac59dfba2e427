"""Applying plans to the database, and reading back what is there."""

from datetime import UTC, date, datetime

from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from roster_dash.roster.outcomes import Outcome
from roster_dash.roster.plan import Plan, plan
from roster_dash.roster.records import Snapshot, Status, Term
from roster_dash.roster.report import NO_COUNTS
from roster_dash.roster.settings import SyncSettings
from roster_dash.store import rosters, runs, snapshots
from roster_dash.store.tables import School
from roster_dash.store.transactions import commit
from tests import strategies
from tests.builders import (
    Builder,
    a_contact,
    a_section,
    a_snapshot,
    a_student,
    a_teacher,
    some_settings,
)

TODAY = date(2026, 11, 23)
EVERYTHING = some_settings(
    grace__students="0",
    grace__adults="0",
    students="on",
    students__auto_update="on",
    students__archive="on",
    teachers="on",
    contacts="primary",
    class_lists="on",
    class_lists__terms="all",
    class_lists__grades="all",
)


def follow(school: School, run_id: int, snapshot: Snapshot, settings: SyncSettings) -> Plan:
    """Plans and applies, as a run does."""
    made = plan(snapshot, rosters.load_kept(school.id), settings, TODAY)
    rosters.apply_operations(school.id, {"run_id": run_id}, made.operations)
    commit()
    return made


def test_what_was_applied_is_read_back(make: Builder) -> None:
    school = make.school()
    student = a_student(contact=a_contact(), preferred_name="Zoë", middle_name="d’Arc")
    teacher = a_teacher()
    section = a_section(students=(student.source_id,), teachers=(teacher.source_id,))
    follow(school, make.run(school).id, a_snapshot([student, teacher], [section]), EVERYTHING)
    kept = rosters.load_kept(school.id)
    assert [row.person for row in kept.people] == [student, teacher]
    ids = {row.person.source_id: row.id for row in kept.people}
    (user_list,) = kept.lists
    assert user_list.members == {ids[student.source_id]}
    assert user_list.managers == {ids[teacher.source_id]}


def test_every_change_is_in_the_log_with_before_and_after(make: Builder) -> None:
    school = make.school()
    student = a_student("s-1", grade="9")
    follow(school, make.run(school).id, a_snapshot([student]), EVERYTHING)
    run = make.run(school)
    follow(school, run.id, a_snapshot([a_student("s-1", grade="10", sis_id="")]), EVERYTHING)
    (operation,) = runs.operations_of(run.id)
    assert operation.before["grade"] == "9"
    assert operation.after["grade"] == "10"
    assert operation.entity_id == rosters.load_kept(school.id).people[0].id


def test_archived_people_keep_their_row_and_come_back_to_it(make: Builder) -> None:
    school = make.school()
    student, other = a_student(), a_student()
    run_id = make.run(school).id
    follow(school, run_id, a_snapshot([student, other]), EVERYTHING)
    before = rosters.load_kept(school.id).people[0]
    follow(school, run_id, a_snapshot([other]), EVERYTHING)
    assert rosters.load_kept(school.id).people[0].status is Status.ARCHIVED
    follow(school, run_id, a_snapshot([student, other]), EVERYTHING)
    assert rosters.load_kept(school.id).people[0] == before


def test_a_snapshot_is_stored_and_read_back_whole(make: Builder) -> None:
    school = make.school()
    snapshot = Snapshot(
        "Lincoln High",
        (a_student(contact=a_contact()), a_teacher()),
        (a_section(students=("a", "b")),),
        (Term("t", "Fall", date(2026, 8, 15), None),),
        {"district_state": "running"},
    )
    stored = snapshots.save_snapshot(school.id, snapshot, datetime.now(UTC))
    commit()
    latest = snapshots.latest_snapshot(school.id)
    assert latest is not None
    assert latest[1] == snapshot
    assert stored.counts["students"] == 1


def test_only_the_last_snapshots_keep_their_content(make: Builder) -> None:
    school = make.school()
    ids = [
        snapshots.save_snapshot(school.id, a_snapshot(), datetime.now(UTC)).id
        for _ in range(snapshots.KEPT_PAYLOADS + 2)
    ]
    commit()
    assert snapshots.load_snapshot(ids[1]) is None
    assert snapshots.load_snapshot(ids[2]) is not None


@given(
    history=st.lists(st.tuples(strategies.snapshots, strategies.settings), min_size=1, max_size=4)
)
@examples(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_the_same_snapshot_again_is_an_empty_plan(
    make: Builder, history: list[tuple[Snapshot, SyncSettings]]
) -> None:
    school = make.school()
    for snapshot, settings in history:
        make.follow(school, snapshot, settings)
        make.follow(school, snapshot, settings)  # the very first only adds
        again = make.follow(school, snapshot, settings)
        assert not runs.operations_of(again.id)
        changed = (again.counts or NO_COUNTS)["people"]
        assert not any(changed[name] for name in ("created", "updated", "restored", "archived"))


@given(snapshot=strategies.snapshots, first=strategies.snapshots, settings=strategies.settings)
@examples(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_everybody_ends_a_run_in_exactly_one_outcome(
    make: Builder, first: Snapshot, snapshot: Snapshot, settings: SyncSettings
) -> None:
    school = make.school()
    follow(school, make.run(school).id, first, settings)
    kept = rosters.load_kept(school.id)
    made = plan(snapshot, kept, settings, TODAY)
    sources = [end.source_id for end in made.outcomes if end.source_id]
    assert len(sources) == len(set(sources))
    active = {row.id for row in kept.people if row.is_active}
    ended = [end.kept_id for end in made.outcomes if end.kept_id is not None]
    assert len(ended) == len(set(ended))
    assert active <= set(ended)
    assert {person.source_id for person in snapshot.people} <= set(sources)
    assert all(end.outcome in Outcome for end in made.outcomes)
