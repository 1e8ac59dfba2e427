"""Thirty odd nights: whatever the roster says, nothing beyond the limits happens unasked."""

from collections import Counter, defaultdict
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random

from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from sqlalchemy import select

from roster_dash.extensions import db
from roster_dash.roster.records import Person
from roster_dash.roster.roles import Role
from roster_dash.store import runs
from roster_dash.store.tables import OperationRow, PersonRow, School
from roster_dash.store.transactions import commit
from tests.builders import Builder, a_snapshot, a_student, a_teacher, some_settings

START = datetime(2026, 9, 1, 7, tzinfo=UTC)
QUIET = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]

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
@examples(max_examples=8, deadline=None, suppress_health_check=QUIET)
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
