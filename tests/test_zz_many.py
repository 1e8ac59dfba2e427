"""What must hold however people edit, approve and reject between the runs of any rosters.

The promises that need nobody's hand are in test_safety_properties.py.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from sqlalchemy import select

from roster_dash import approval, sync
from roster_dash.extensions import db
from roster_dash.revert import revert
from roster_dash.roster.errors import NotRevertible, NotWaiting
from roster_dash.roster.records import Person, Snapshot
from roster_dash.roster.roles import Role
from roster_dash.roster.settings import SyncSettings
from roster_dash.store import edits, export, holds, runs
from roster_dash.store import settings as settings_store
from roster_dash.store.tables import HoldRow, OperationRow, PersonRow, Run, School
from roster_dash.store.transactions import commit
from tests import strategies
from tests.builders import Builder, a_snapshot, a_student, a_teacher, some_settings

START = datetime.now(UTC) - timedelta(days=31)
QUIET = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]

Rows = list[dict[str, str | bool]]
Hand = tuple[str, int]
Changes = Counter[tuple[str, str, str]]

ACTS_ON_SOMEBODY = ("name", "e-mail", "archive", "restore", "leave out")
hands = st.lists(
    st.tuples(
        st.sampled_from(["add", "add", *ACTS_ON_SOMEBODY]),
        st.integers(0, 9),
    ),
    max_size=5,
)
"""What somebody does by hand, and to whom of those here."""


def act(make: Builder, school: School, acts: Sequence[Hand]) -> None:
    """Does it. Whom it would be done to is the n-th of the school's people."""
    user = make.owner(school, email=f"owner{school.id}@school.example").id
    for kind, number in acts:
        rows = db.session.scalars(
            select(PersonRow).where(PersonRow.school_id == school.id).order_by(PersonRow.id)
        ).all()
        if kind == "add":
            role = Role.TEACHER if number % 4 == 3 else Role.STUDENT
            values = {"last_name": "By hand", "sis_id": str(number), "email": "a@x.example"}
            edits.add_person(school.id, role, values, user)
        elif rows:
            _ACTS[kind](rows[number % len(rows)], user)
    commit()


_ACTS: dict[str, Callable[[PersonRow, int], None]] = {
    "name": lambda row, user: edits.edit_person(row, {"last_name": f"Typed{row.id}"}, user),
    "e-mail": lambda row, user: edits.edit_person(
        row, {"first_name": "Typed", "email": f"{row.id}@x.example"}, user
    ),
    "archive": edits.archive_person,
    "restore": edits.restore_person,
    "leave out": lambda row, user: edits.include_person(row, False, user),
}


def shown(school: School) -> tuple[Rows, Rows]:
    """Active people and lists as they are exported."""
    people = list(export.export_people(school.id, archived=False))
    lists = list(export.export_lists(school.id, archived=False))
    commit()
    return people, lists


def waiting(run: Run) -> list[str]:
    found = [row.fingerprint for row in holds.holds_of(runs.find_run(run.id), state="waiting")]
    commit()
    return sorted(found)


def changes(run: Run) -> Changes:
    return Counter((row.entity, row.action, row.label) for row in runs.operations_of(run.id))


@given(
    first=strategies.snapshots,
    second=strategies.snapshots,
    settings=strategies.settings,
    acts=hands,
)
@examples(max_examples=300, deadline=None, suppress_health_check=QUIET)
def test_a_preview_shows_just_what_the_next_run_does_and_holds(
    make: Builder, first: Snapshot, second: Snapshot, settings: SyncSettings, acts: list[Hand]
) -> None:
    school: School = make.school()
    make.follow(school, first, settings)
    act(make, school, acts)
    make.snapshot(school, second)
    before = shown(school)
    seen = sync.preview(school, settings)
    commit()
    assert shown(school) == before
    run = make.follow(school, second, settings)
    if run.status == "failed":
        assert (seen.plan.operations, seen.message) == ((), run.message)
        return
    planned = Counter((op.entity.value, op.action.value, op.label) for op in seen.plan.operations)
    assert planned == changes(run)
    assert sorted(held.fingerprint for held in seen.plan.held) == waiting(run)
    assert (seen.counts, seen.message) == (run.counts, run.message)


@given(
    first=strategies.snapshots,
    second=strategies.snapshots,
    settings=strategies.settings,
    acts=hands,
)
@examples(max_examples=300, deadline=None, suppress_health_check=QUIET)
def test_a_second_run_does_nothing_whatever_was_done_by_hand_before(
    make: Builder, first: Snapshot, second: Snapshot, settings: SyncSettings, acts: list[Hand]
) -> None:
    school: School = make.school()
    make.follow(school, first, settings)
    act(make, school, acts)
    make.follow(school, second, settings)
    once = make.follow(school, second, settings)
    after, held = shown(school), waiting(once)
    again = make.follow(school, second, settings)
    assert not changes(again)
    assert (shown(school), waiting(again)) == (after, held)


@given(
    first=strategies.snapshots,
    second=strategies.snapshots,
    settings=strategies.settings,
    acts=hands,
)
@examples(max_examples=400, deadline=None, suppress_health_check=QUIET)
def test_a_run_taken_back_leaves_what_was_done_by_hand_before_it(
    make: Builder, first: Snapshot, second: Snapshot, settings: SyncSettings, acts: list[Hand]
) -> None:
    school: School = make.school()
    make.follow(school, first, settings)
    act(make, school, acts)
    before = shown(school)
    run = make.follow(school, second, settings)
    try:
        revert(run.id, user_id=None)
    except NotRevertible:
        commit()
    assert shown(school) == before


@given(
    first=strategies.snapshots,
    second=strategies.snapshots,
    settings=strategies.settings,
    acts=hands,
)
@examples(max_examples=400, deadline=None, suppress_health_check=QUIET)
def test_what_was_rejected_is_never_done_while_the_roster_asks_for_it(
    make: Builder, first: Snapshot, second: Snapshot, settings: SyncSettings, acts: list[Hand]
) -> None:
    school: School = make.school()
    settings_store.save_settings(school, settings, None)
    make.follow(school, first, settings)
    make.follow(school, first, settings)
    act(make, school, acts)
    run = make.follow(school, second, settings)
    try:
        approval.reject(run.id, user_id=None, note="no")
    except NotWaiting:
        commit()
        return
    rejected = {
        (row.entity, row.entity_id, name, str(value))
        for row in holds.holds_of(run)
        if row.entity_id is not None
        for name, value in row.after.items()
    }
    for _ in range(2):
        later = make.follow(school, second, settings)
        done = {
            (row.entity, row.entity_id, name, str(value))
            for row in runs.operations_of(later.id)
            for name, value in row.after.items()
        }
        assert not done & rejected


@given(
    first=strategies.snapshots,
    second=strategies.snapshots,
    settings=strategies.settings,
    acts=hands,
)
@examples(max_examples=400, deadline=None, suppress_health_check=QUIET)
def test_what_was_approved_is_done_and_asked_no_more(
    make: Builder, first: Snapshot, second: Snapshot, settings: SyncSettings, acts: list[Hand]
) -> None:
    school: School = make.school()
    settings_store.save_settings(school, settings, None)
    make.follow(school, first, settings)
    make.follow(school, first, settings)
    run = make.follow(school, second, settings)
    listed = waiting(run)
    act(make, school, acts)
    before = runs.count_operations(run.id)
    try:
        approval.approve(run.id, user_id=None)
    except NotWaiting:
        assert not listed
        return
    states = Counter(row.state for row in holds.holds_of(run))
    assert set(states) <= {"approved", "cleared"}
    assert sum(runs.count_operations(run.id).values()) == sum(before.values()) + states["approved"]
    if not acts:
        assert set(states) == {"approved"}
    later = make.follow(school, second, settings)
    assert not set(waiting(later)) & set(listed)


PUPILS = [a_student(f"p{number:02}") for number in range(50)]
TEACHERS = [a_teacher(f"t{number:02}") for number in range(7)]
ON = some_settings(
    **{
        f"{role}{part}": "on"
        for role in ("students", "teachers", "staff", "admins")
        for part in ("", "__auto_update", "__archive")
    }
)


def a_feed(seed: int, percent: int) -> list[Person]:
    """Some of everybody, of whom as many per cent are odd: gone, of other ids, roles or names."""
    random = Random(seed)
    people = []
    for number, one in enumerate((*PUPILS, *TEACHERS)):
        if random.randrange(100) >= percent:
            people.append(one)
            continue
        odd = random.choice(["gone", "gone", "id", "all ids", "role", "name"])
        fresh = {"source_id": f"{odd[:1]}{seed}-{number}"}
        if odd == "id":
            people.append(replace(one, **fresh))
        elif odd == "all ids":
            numbers = {"sis_id": f"x{seed}{number}", "student_number": f"y{seed}{number}"}
            people.append(replace(one, **fresh, **numbers, email=f"{seed}.{number}@new.example"))
        elif odd == "role":
            roles = random.choice([(Role.ADMIN,), (Role.TEACHER,), (Role.STAFF, Role.STUDENT)])
            people.append(replace(one, roles=roles))
        elif odd == "name":
            people.append(replace(one, last_name=f"Other{seed}"))
    return people


@given(
    nights=st.lists(
        st.tuples(st.integers(0, 5), st.sampled_from([0, 2, 5, 8, 12, 30, 60, 95])),
        min_size=20,
        max_size=30,
    ),
    grace=st.sampled_from(["0", "1", "3"]),
)
@examples(max_examples=25, deadline=None, suppress_health_check=QUIET)
def test_thirty_odd_nights_do_nothing_beyond_the_limits_that_nobody_approved(
    make: Builder, nights: list[tuple[int, int]], grace: str
) -> None:
    """By the log alone: who was archived, who got another role, whose name or id was replaced."""
    school: School = make.school()
    settings = ON.changed({"grace.students": grace, "grace.adults": grace})
    roles: dict[int, list[str]] = {}
    gone: dict[str, list[tuple[datetime, int]]] = defaultdict(list)
    make.follow(school, a_snapshot([*PUPILS, *TEACHERS]), settings, now=START)
    for day, (seed, percent) in enumerate(nights, start=1):
        now = START + timedelta(days=day)
        rows = db.session.scalars(select(PersonRow).where(PersonRow.school_id == school.id)).all()
        roles = {row.id: list(row.roles) for row in rows}
        active = Counter(row.roles[0] for row in rows if row.status == "active")
        run = make.follow(school, a_snapshot(a_feed(seed, percent)), settings, now=now)
        done = runs.operations_of(run.id, entity="person")
        left = Counter(roles[op.entity_id][0] for op in done if op.action == "archive")
        for role, number in left.items():
            assert number <= max(2, active[role] // 10), (day, role, number)
            for op in done:
                if op.action == "archive" and roles[op.entity_id][0] == role:
                    gone[role].append((now, op.entity_id))
        still = {row.id for row in db.session.scalars(select(PersonRow)) if row.status != "active"}
        for role, leavers in gone.items():
            week = {who for when, who in leavers if now - when < timedelta(days=7)} & still
            assert len(week) <= max(2, (active[role] + len(week)) // 5), (day, role, len(week))
        named = Counter(
            roles[op.entity_id][0]
            for op in done
            if op.action == "update"
            and any(op.before.get(name) for name in ("last_name", "source_id", "sis_id", "email"))
        )
        for role, number in named.items():
            assert number <= max(2, active[role] // 2), (day, role, number)
        assert not [op for op in done if op.entity_id in roles and _is_higher(op)], day
    commit()


def _is_higher(op: OperationRow) -> bool:
    """Whether a change made an admin, or staff of a student."""
    after = set(op.after.get("roles", ())) - set(op.before.get("roles", ()))
    was_student = "student" in op.before.get("roles", ())
    return "admin" in after or (was_student and bool(after & {"staff", "teacher"}))


@given(
    first=strategies.snapshots,
    others=st.lists(strategies.snapshots, min_size=2, max_size=4),
    settings=strategies.settings,
    acts=hands,
)
@examples(max_examples=300, deadline=None, suppress_health_check=QUIET)
def test_no_roster_gives_anybody_a_higher_role_unasked(
    make: Builder,
    first: Snapshot,
    others: list[Snapshot],
    settings: SyncSettings,
    acts: list[Hand],
) -> None:
    school: School = make.school()
    make.follow(school, first, settings)
    act(make, school, acts)
    for snapshot in others:
        make.follow(school, snapshot, settings)
    logged = db.session.scalars(
        select(OperationRow)
        .join(Run, Run.id == OperationRow.run_id)
        .where(Run.school_id == school.id, OperationRow.action != "create")
    ).all()
    assert not [op for op in logged if op.entity == "person" and _is_higher(op)]
    for hold in db.session.scalars(select(HoldRow).where(HoldRow.school_id == school.id)):
        assert hold.state in ("waiting", "cleared")
    commit()
