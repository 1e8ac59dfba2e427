"""What each day of a school came to, kept so that a picture of weeks is one short query.

The day is the one that the school's calendar showed when a run ended. Days are told anew from the
runs with every look at the school (store/glance.py): they are never a truth of their own.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import func, select

from roster_dash.extensions import db
from roster_dash.roster.days import DayState, state_of, worst
from roster_dash.roster.moments import day_of, end_of
from roster_dash.store.tables import Run, School, SchoolDay
from roster_dash.store.upsert import upsert

KEPT_BACK = timedelta(days=60)
"""So far back days are told anew, and filled in where none was kept yet; no picture of runs
shows more."""


class Day(NamedTuple):
    """`run_id`: of the newest run in that state."""

    day: date
    state: DayState
    runs: int
    size: int
    run_id: int | None


class DistrictDay(NamedTuple):
    """`schools`: state -> in how many schools it was the day's."""

    day: date
    schools: Mapping[DayState, int]
    size: int


def keep(school: School, today: date, news: Sequence[datetime], people: Mapping[str, int]) -> None:
    """Tells anew what may differ from what is kept. The caller holds the school's lock.

    `news`: when the runs ended that weren't looked at yet. A day that waited for somebody may have
    been settled since. `people`: how many there are now, of the last run's day or of today.
    """
    zone = school.timezone
    horizon = today - KEPT_BACK
    query = select(SchoolDay.day, SchoolDay.state, SchoolDay.runs)
    rows = db.session.execute(
        query.where(SchoolDay.school_id == school.id, SchoolDay.day >= horizon)
    ).all()
    changed = {day_of(moment, zone) for moment in news}
    changed |= {row.day for row in rows if row.state == DayState.HELD}
    if any(row.runs for row in rows):
        first = min(changed, default=None)
    else:
        first = min([horizon, *changed])
    if first is not None:
        _tell(school, first)
    last = max((day_of(moment, zone) for moment in news), default=today)
    _put(school.id, last, {"people": dict(people)})


def _tell(school: School, first: date) -> None:
    """What the runs of a day and of all later ones came to."""
    ended = Run.finished_at > end_of(first - timedelta(days=1), school.timezone)
    columns = (Run.id, Run.finished_at, Run.size, Run.status, Run.counts, Run.warnings)
    query = select(*columns).where(Run.school_id == school.id, ended).order_by(Run.id)
    found: dict[date, list[tuple[int, int, DayState]]] = defaultdict(list)
    for run_id, finished_at, size, status, counts, warnings in db.session.execute(query):
        state = state_of(status, counts, warnings)
        found[day_of(finished_at, school.timezone)].append((run_id, size, state))
    for day, runs in found.items():
        state = worst(state for _, _, state in runs)
        told = {
            "state": state,
            "runs": len(runs),
            "size": sum(size for _, size, _ in runs),
            "run_id": next(run_id for run_id, _, its in reversed(runs) if its is state),
        }
        _put(school.id, day, told)


def _put(school_id: int, day: date, told: dict[str, Any]) -> None:
    values: dict[str, Any] = {"state": DayState.NONE, "runs": 0, "size": 0, **told}
    row = upsert(SchoolDay).values(school_id=school_id, day=day, **values)
    key = [SchoolDay.school_id, SchoolDay.day]
    db.session.execute(row.on_conflict_do_update(index_elements=key, set_=told))


def of_school(school_id: int, since: date) -> Sequence[Day]:
    """The days on which runs ended, oldest first."""
    query = _days(since).where(SchoolDay.school_id == school_id)
    return [Day(*row[1:]) for row in _read(query)]


def of_schools(school_ids: Sequence[int], since: date) -> Mapping[int, Sequence[Day]]:
    """School id -> its days on which runs ended, oldest first."""
    found: dict[int, list[Day]] = defaultdict(list)
    for row in _read(_days(since).where(SchoolDay.school_id.in_(school_ids))):
        found[row[0]].append(Day(*row[1:]))
    return found


def _days(since: date) -> Any:
    columns = (SchoolDay.school_id, SchoolDay.day, SchoolDay.state, SchoolDay.runs)
    query = select(*columns, SchoolDay.size, SchoolDay.run_id)
    return query.where(SchoolDay.day >= since, SchoolDay.runs > 0).order_by(SchoolDay.day)


def _read(query: Any) -> list[tuple[Any, ...]]:
    return [
        (school_id, day, DayState(state), *rest)
        for school_id, day, state, *rest in db.session.execute(query)
    ]


def of_district(district_id: int, since: date) -> Sequence[DistrictDay]:
    """What its schools' days came to together, oldest first; as many rows as days have states."""
    schools = select(School.id).where(School.district_id == district_id)
    rows = db.session.execute(
        select(SchoolDay.day, SchoolDay.state, func.count(), func.sum(SchoolDay.size))
        .where(SchoolDay.school_id.in_(schools), SchoolDay.day >= since, SchoolDay.runs > 0)
        .group_by(SchoolDay.day, SchoolDay.state)
    )
    states: dict[date, dict[DayState, int]] = defaultdict(dict)
    sizes: dict[date, int] = defaultdict(int)
    for day, state, schools_in_it, size in rows:
        states[day][DayState(state)] = schools_in_it
        sizes[day] += int(size)
    return [DistrictDay(day, states[day], sizes[day]) for day in sorted(states)]


def people_of(school_id: int, since: date) -> Sequence[tuple[date, Mapping[str, int]]]:
    """(day, role -> how many were active after it), oldest first.

    The last day before `since` is there too: its numbers held until the next.
    """
    counted = (SchoolDay.school_id == school_id, SchoolDay.people.is_not(None))
    before = select(func.max(SchoolDay.day)).where(*counted, SchoolDay.day <= since)
    rows = db.session.execute(
        select(SchoolDay.day, SchoolDay.people)
        .where(*counted, SchoolDay.day >= func.coalesce(before.scalar_subquery(), since))
        .order_by(SchoolDay.day)
    )
    return [(day, people or {}) for day, people in rows]
