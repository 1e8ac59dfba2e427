"""What a district's page shows of each school, kept in `schools.glance` and never counted there.

It is refreshed in a transaction of its own, after the one that changed something: within it the
school's row would be in the way of everybody at work on the school. `late_school_ids` finds those
whose refreshing was cut short.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Text, and_, cast, func, not_, or_, select

from roster_dash import clock
from roster_dash.extensions import db
from roster_dash.roster.health import Facts, is_behind
from roster_dash.roster.moments import day_of
from roster_dash.roster.records import Status
from roster_dash.roster.report import NO_COUNTS, needs_a_person
from roster_dash.roster.roles import PRECEDENCE, Role
from roster_dash.roster.settings import from_flat
from roster_dash.store import days
from roster_dash.store.schools import lock_school
from roster_dash.store.tables import HoldRow, PersonRow, Run, School, SchoolDay, SettingsVersion
from roster_dash.store.triggers import Trigger

TREND = 14
"""So many syncs are in the small picture."""
_LOOKED_AT = 30
_GOOD = ("succeeded", "held")


def refresh(school_id: int) -> None:
    """Counts and looks anew. The caller commits."""
    lock_school(school_id)
    school = db.session.get_one(School, school_id, populate_existing=True)
    finished = _finished(school_id)
    last = finished[0] if finished else None
    people = _people(school_id)
    good = last_succeeded_at(school_id)
    today = day_of(clock.now(), school.timezone)
    days.keep(school, today, _ends_of_new(school.glance, finished), people)
    school.glance = {
        "people": people,
        "held": _held(school_id),
        "run": last.id if last else 0,
        "status": last.status if last else "",
        "error": last.error if last else "",
        "fails": _fails(finished),
        "asks": bool(last and needs_a_person(last.counts or NO_COUNTS, last.warnings)),
        "good": good.isoformat() if good else "",
        "trend": _trend(school.glance, sum(people.values()), last),
        "paused_until": _paused_until(school_id),
    }
    db.session.flush()


def late_school_ids(limit: int = 200) -> Sequence[int]:
    """Those that have never been looked at, or not since their newest finished run; and those
    whose runs are older than the keeping of days."""
    newest = (
        select(func.max(Run.id))
        .where(Run.school_id == School.id, Run.finished_at.is_not(None))
        .correlate(School)
        .scalar_subquery()
    )
    noted = School.glance["run"].as_integer()
    has_days = select(SchoolDay.day).where(SchoolDay.school_id == School.id).exists()
    is_new = and_(newest.is_not(None), not_(has_days))
    late = select(School.id).where(or_(noted.is_(None), noted < newest, is_new))
    return db.session.scalars(late.order_by(School.id).limit(limit)).all()


def facts_of(
    glance: Mapping[str, Any],
    *,
    is_linked: bool,
    next_at: datetime | None,
    missed: datetime | None,
    now: datetime,
) -> Facts:
    """What a kept glance says, for `health_of`. `missed`: the school's `missed_since`."""
    good, paused = glance.get("good"), glance.get("paused_until", "")
    return Facts(
        is_linked=is_linked,
        status=glance.get("status", ""),
        error=glance.get("error", ""),
        fails=glance.get("fails", 0),
        held=glance.get("held", 0),
        asks=glance.get("asks", False),
        last_good=datetime.fromisoformat(good) if good else None,
        next_at=next_at,
        is_behind=is_linked and is_behind(next_at, missed, now),
        paused=paused > now.date().isoformat(),
    )


def _finished(school_id: int) -> Sequence[Run]:
    return db.session.scalars(
        select(Run)
        .where(Run.school_id == school_id, Run.finished_at.is_not(None))
        .order_by(Run.id.desc())
        .limit(_LOOKED_AT)
    ).all()


def _ends_of_new(glance: Mapping[str, Any], finished: Sequence[Run]) -> list[datetime]:
    """When the runs ended that the last look didn't see."""
    seen = glance.get("run", 0)
    return [run.finished_at for run in finished if run.finished_at and run.id > seen]


def last_succeeded_at(school_id: int) -> datetime | None:
    """When the newest sync ended that wrote what it may. A revert is none, nor another source."""
    good = (Run.school_id == school_id, Run.status.in_(_GOOD), Run.reverts_id.is_(None))
    is_sync = Run.trigger != Trigger.SWITCH
    return db.session.scalar(select(func.max(Run.finished_at)).where(*good, is_sync))


def _people(school_id: int) -> dict[str, int]:
    """Role -> how many are active; each counted once, in the first role they have."""
    roles = cast(PersonRow.roles, Text)
    rows = db.session.execute(
        select(roles, func.count())
        .where(PersonRow.school_id == school_id, PersonRow.status == Status.ACTIVE)
        .group_by(roles)
    )
    found: Counter[str] = Counter()
    for text, number in rows:
        held = {Role(role) for role in orjson.loads(text)}
        first = next((role for role in PRECEDENCE if role in held), None)
        found[first.value if first else ""] += number
    return dict(found)


def _held(school_id: int) -> int:
    waiting = select(func.count()).where(HoldRow.school_id == school_id, HoldRow.state == "waiting")
    return db.session.scalar(waiting) or 0


def _fails(finished: Sequence[Run]) -> int:
    number = 0
    for run in finished:
        if run.status != "failed":
            break
        number += 1
    return number


def _trend(glance: Mapping[str, Any], people: int, last: Run | None) -> list[int]:
    """Active people after each of the last syncs; a new one for each run that wrote."""
    trend: list[int] = list(glance.get("trend", ()))
    if last is None or last.status not in _GOOD:
        return trend
    if trend and glance.get("run") == last.id:
        trend.pop()
    return [*trend, people][-TREND:]


def _paused_until(school_id: int) -> str:
    values = db.session.scalar(
        select(SettingsVersion.values)
        .where(SettingsVersion.school_id == school_id)
        .order_by(SettingsVersion.number.desc())
        .limit(1)
    )
    until = from_flat(values).pause_until if values else None
    return until.isoformat() if until else ""
