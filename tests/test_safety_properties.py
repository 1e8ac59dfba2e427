"""What must hold for every roster and every history: the promises that safety rests on."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from random import Random

from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from sqlalchemy import select

from roster_dash.extensions import db
from roster_dash.revert import revert
from roster_dash.roster.errors import NotRevertible
from roster_dash.roster.records import Person, Snapshot, Status
from roster_dash.roster.settings import SyncSettings
from roster_dash.store import export, holds, rosters, runs
from roster_dash.store.tables import OperationRow, PersonRow, Run, School
from roster_dash.store.transactions import commit
from tests import strategies
from tests.builders import Builder, a_snapshot, a_student, a_teacher, some_settings

START = datetime(2026, 9, 1, 7, tzinfo=UTC)
QUIET = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]

Rows = list[dict[str, str | bool]]


def as_shown(school_id: int, as_of: datetime | None = None) -> tuple[Rows, Rows]:
    """Active people and lists as they are exported."""
    people = list(export.export_people(school_id, archived=False, as_of=as_of))
    lists = list(export.export_lists(school_id, archived=False, as_of=as_of))
    commit()
    return people, lists


@given(first=strategies.snapshots, second=strategies.snapshots, settings=strategies.settings)
@examples(max_examples=60, deadline=None, suppress_health_check=QUIET)
def test_a_second_run_on_the_same_answer_does_nothing_and_holds_the_same(
    make: Builder, first: Snapshot, second: Snapshot, settings: SyncSettings
) -> None:
    school: School = make.school()
    make.follow(school, first, settings)
    make.follow(school, second, settings)
    once = make.follow(school, second, settings)
    waiting = [(row.id, row.fingerprint) for row in holds.holds_of(once, state="waiting")]
    before = as_shown(school.id)
    again = make.follow(school, second, settings)
    assert runs.operations_of(again.id) == []
    assert [(row.id, row.fingerprint) for row in holds.holds_of(again, state="waiting")] == waiting
    assert as_shown(school.id) == before


@given(
    first=strategies.snapshots,
    second=strategies.snapshots,
    before=strategies.settings,
    after=strategies.settings,
    hold=st.booleans(),
)
@examples(max_examples=60, deadline=None, suppress_health_check=QUIET)
def test_a_run_taken_back_leaves_everything_as_it_was_before(
    make: Builder,
    first: Snapshot,
    second: Snapshot,
    before: SyncSettings,
    after: SyncSettings,
    hold: bool,
) -> None:
    school: School = make.school()
    make.follow(school, first, before)
    make.follow(school, first, before)
    was = as_shown(school.id)
    run_id = make.follow(school, second, after).id
    try:
        revert(run_id, user_id=None, hold=hold)
    except NotRevertible:
        commit()
    assert as_shown(school.id) == was
    if hold:
        make.follow(school, second, after)
        assert as_shown(school.id) == was, "it was not to be done again without asking"


@given(
    answers=st.lists(strategies.snapshots, min_size=3, max_size=5),
    saves=st.lists(strategies.settings, min_size=2, max_size=3),
    seed=st.integers(0, 1000),
)
@examples(max_examples=8, deadline=None, suppress_health_check=QUIET)
def test_any_past_moment_of_thirty_runs_is_shown_as_it_was_recorded_then(
    make: Builder, answers: list[Snapshot], saves: list[SyncSettings], seed: int
) -> None:
    school: School = make.school()
    random = Random(seed)
    recorded: list[tuple[datetime, tuple[Rows, Rows]]] = []
    for number in range(30):
        now = START + timedelta(days=number)
        make.follow(school, random.choice(answers), random.choice(saves), now=now)
        recorded.append((now, as_shown(school.id)))
    for now, shown in recorded:
        assert as_shown(school.id, now + timedelta(hours=1)) == shown
    taken_back = datetime.now(UTC)
    for run_id in random.sample([run.id for run in runs.list_runs([school.id])], 4):
        try:
            revert(run_id, user_id=None)
        except NotRevertible:
            commit()
    assert taken_back > recorded[-1][0]
    for now, shown in recorded:
        assert as_shown(school.id, now + timedelta(hours=1)) == shown


PUPILS = [a_student(f"p{number:02}") for number in range(60)]
TEACHERS = [a_teacher(f"t{number:02}") for number in range(6)]
ARCHIVING = {
    "students": "on",
    "students.auto_update": "on",
    "students.archive": "on",
    "teachers": "on",
    "teachers.archive": "on",
}


def a_feed(kept_percent: int, seed: int) -> list[Person]:
    """Some of everybody; now and then nobody at all."""
    random = Random(seed)
    return [p for p in (*PUPILS, *TEACHERS) if random.randrange(100) < kept_percent]


@given(
    feeds=st.lists(
        st.tuples(st.sampled_from([100, 99, 97, 95, 92, 90, 80, 50, 5, 0]), st.integers(0, 5)),
        min_size=15,
        max_size=30,
    ),
    grace=st.sampled_from(["0", "3"]),
)
@examples(max_examples=12, deadline=None, suppress_health_check=QUIET)
def test_no_sequence_of_feeds_archives_more_than_the_limits_allow(
    make: Builder, feeds: list[tuple[int, int]], grace: str
) -> None:
    """Counted from the log alone, run by run and over every 7 days."""
    school: School = make.school()
    settings = some_settings().changed(ARCHIVING | {"grace.students": grace, "grace.adults": grace})
    make.follow(school, a_snapshot([*PUPILS, *TEACHERS]), settings, now=START)
    for day, (kept, seed) in enumerate(feeds, start=1):
        here = a_feed(kept, seed)
        if not here:
            continue  # nobody at all fails before the planner is asked; tested elsewhere
        before = _active(school.id)
        now = START + timedelta(days=day)
        run = make.follow(school, a_snapshot(here), settings, now=now)
        for role, number in _archived_by(run).items():
            assert number <= _allowed(before[role]), (day, role, number, before[role])
        for role, (gone, start) in _gone_in_a_week(school.id, now).items():
            assert gone <= max(2, start * 20 // 100), (day, role, gone, start)
        commit()


def _allowed(people: int) -> int:
    return people * 10 // 100 if people >= 30 else 2


def _active(school_id: int) -> dict[str, int]:
    active: dict[str, int] = defaultdict(int)
    for row in rosters.load_kept(school_id).people:
        if row.status is Status.ACTIVE:
            active[row.person.roles[0]] += 1
    commit()
    return active


def _archived_by(run: Run) -> dict[str, int]:
    roles = {row.id: row.roles[0] for row in db.session.scalars(select(PersonRow))}
    archived: dict[str, int] = defaultdict(int)
    for operation in runs.operations_of(run.id, entity="person", action="archive"):
        archived[roles[operation.entity_id]] += 1
    return archived


def _gone_in_a_week(school_id: int, now: datetime) -> dict[str, tuple[int, int]]:
    """Role -> (archived within 7 days and still gone, how many there would be with them)."""
    rows = db.session.scalars(select(PersonRow).where(PersonRow.school_id == school_id)).all()
    last = {}
    for operation in db.session.scalars(
        select(OperationRow).where(OperationRow.action == "archive").order_by(OperationRow.id)
    ):
        assert operation.run is not None
        last[operation.entity_id] = operation.run.finished_at
    gone: dict[str, int] = defaultdict(int)
    active: dict[str, int] = defaultdict(int)
    for row in rows:
        if row.status == "active":
            active[row.roles[0]] += 1
        elif (moment := last.get(row.id)) and now - moment < timedelta(days=7):
            gone[row.roles[0]] += 1
    return {role: (number, number + active[role]) for role, number in gone.items()}
