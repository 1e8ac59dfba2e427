"""Runs: asked for, claimed, finished. The row is the truth, the queue only the messenger.

At most one run of a school is queued or running (a partial unique index says so). A sync asked
for while one is at work waits on the school and starts when that one has finished.
"""

import os
import secrets
import socket
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from itertools import takewhile
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, func, not_, or_, select, update
from sqlalchemy.orm import joinedload

from roster_dash import clock
from roster_dash.extensions import db
from roster_dash.roster.errors import NotLinked, RunBusy, UnknownThing
from roster_dash.store import audit, beats, outages, schools
from roster_dash.store.audit import Did
from roster_dash.store.paging import newer
from roster_dash.store.schools import lock_school
from roster_dash.store.tables import District, MailRow, OperationRow, Run, School
from roster_dash.store.triggers import BY_ITSELF
from roster_dash.store.triggers import Trigger as Trigger  # callers ask for a run with it


class RunStatus(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    HELD = "held"
    FAILED = "failed"
    CANCELLED = "cancelled"


ACTIVE = (RunStatus.QUEUED, RunStatus.RUNNING)
PAGE = 25
REPEATED_FOR = 7
"""A failure that goes on is mailed again after so many runs."""
MOST_ATTEMPTS = 3
"""A run that so many workers did not survive is given up."""
_TOO_BIG = 1 << 31
_CHANGED_PEOPLE = ("created", "updated", "restored", "moved", "archived")
_CHANGED_LISTS = ("created", "updated", "archived", "restored")
_CHANGED_ON = ("added", "removed")


@dataclass(frozen=True, slots=True)
class Ending:
    """How a run ended, as it is stored."""

    status: RunStatus
    message: str
    error: str = ""
    counts: Mapping[str, Any] | None = None
    warnings: Sequence[str] = ()
    holds: Sequence[str] = ()
    problems: Sequence[Mapping[str, Any]] = ()


class Wish(NamedTuple):
    """A sync that is asked for. `day`: whose daily one it is; `told_at`: when events told of it."""

    trigger: Trigger
    user_id: int | None = None
    day: date | None = None
    told_at: datetime | None = None


def request_run(
    school_id: int, trigger: Trigger, user_id: int | None = None, day: date | None = None
) -> Run:
    """The run that will do what is asked: a new one, the queued one, or one after the running one.

    The given run may be the running one; then the asked one follows it. Commit, then enqueue.
    """
    lock_school(school_id)
    _must_be_linked(school_id)
    active = active_run(school_id)
    if trigger is Trigger.MANUAL:
        audit.record(Did.RUN_REQUESTED, school=db.session.get_one(School, school_id))
    wish = Wish(trigger, user_id, day, clock.now() if trigger is Trigger.EVENTS else None)
    if active is None:
        return _add_run(school_id, wish)
    _hurry(active, wish)
    active.told_at = wish.told_at or active.told_at
    if active.status == RunStatus.RUNNING:
        _ask_for_another(school_id, wish)
    elif day is not None and active.scheduled_for is None:
        active.scheduled_for = day
    return active


def _ask_for_another(school_id: int, wish: Wish) -> None:
    """A sync that follows the one at work; it may be a day's and somebody's at the same time."""
    school = db.session.get_one(School, school_id, populate_existing=True)
    waiting = school.rerun_trigger
    if waiting is None or wish.trigger.urgency >= Trigger(waiting).urgency:
        school.rerun_trigger, school.rerun_user_id = wish.trigger, wish.user_id
    school.rerun_day = wish.day or school.rerun_day
    school.rerun_told_at = wish.told_at or school.rerun_told_at
    db.session.flush()


def _hurry(queued: Run, wish: Wish) -> None:
    """A run that waits by itself and that somebody asks for now is theirs: it waits for no
    outage's end. One that events asked for may become the day's."""
    is_queued = queued.status == RunStatus.QUEUED
    if is_queued and wish.trigger.urgency > Trigger(queued.trigger).urgency:
        queued.trigger, queued.user_id = wish.trigger, wish.user_id


def _must_be_linked(school_id: int) -> None:
    if db.session.scalar(select(School.unlinked_at).where(School.id == school_id)) is not None:
        origin = db.session.get_one(School, school_id).origin
        raise NotLinked(
            f"This school is not linked to {origin.name} any more; its people stay as they are. "
            "An integration specialist or the District Manager can link it again."
        )


def _add_run(school_id: int, wish: Wish) -> Run:
    run = Run(
        school_id=school_id,
        status=RunStatus.QUEUED,
        trigger=wish.trigger,
        told_at=wish.told_at,
        user_id=wish.user_id,
        scheduled_for=wish.day,
        created_at=clock.now(),
    )
    db.session.add(run)
    db.session.flush()
    return run


def request_scheduled_run(school_id: int, day: date) -> Run | None:
    """The daily run of a day, unless that day has had it."""
    lock_school(school_id)
    if _had_its_run(school_id, day):
        return None
    return request_run(school_id, Trigger.SCHEDULE, day=day)


def _had_its_run(school_id: int, day: date) -> bool:
    of_day = (Run.school_id == school_id, Run.scheduled_for == day)
    return db.session.scalar(select(Run.id).where(*of_day)) is not None


def active_run(school_id: int) -> Run | None:
    """The queued or running run of a school."""
    return db.session.scalar(select(Run).where(Run.school_id == school_id, Run.status.in_(ACTIVE)))


def claim_run(run_id: int) -> str | None:
    """Takes a queued run; gives its token, or None if somebody else has it or it is over.

    Settings read after this has been committed contain every Save that joined the run.
    """
    school_id = db.session.scalar(select(Run.school_id).where(Run.id == run_id))
    if school_id is None:
        return None
    lock_school(school_id)
    if not _has_its_turn(run_id):
        return None
    token = secrets.token_hex(16)
    claimed = db.session.execute(
        update(Run)
        .where(Run.id == run_id, Run.status == RunStatus.QUEUED)
        .values(
            status=RunStatus.RUNNING,
            token=token,
            process=f"{socket.gethostname()}:{os.getpid()}",
            phase="fetching",
            started_at=clock.now(),
            attempts=Run.attempts + 1,
        )
        .execution_options(synchronize_session=False)
    )
    if not claimed.rowcount:  # type: ignore[attr-defined]
        return None
    beats.beat(beats.of_run(run_id, token))
    return token


def _has_its_turn(run_id: int) -> bool:
    """A run that nobody asked for waits while its district is pulled, or its source is down."""
    row = db.session.execute(
        select(Run.trigger, School.district_id)
        .join(School, School.id == Run.school_id)
        .where(Run.id == run_id, Run.status == RunStatus.QUEUED, School.unlinked_at.is_(None))
    ).one_or_none()
    if row is None or row[0] not in BY_ITSELF:
        return row is not None
    return not beats.is_alive(beats.of_pull(row[1])) and outages.take_turn(row[1])


def give_back(run_id: int, token: str, *, counted: bool) -> bool:
    """Puts a run that somebody holds back into the queue; False if they don't hold it any more.

    Nothing of it has been written. `counted`: as an attempt that failed.
    """
    school_id = db.session.scalar(select(Run.school_id).where(Run.id == run_id))
    if school_id is None:
        return False
    lock_school(school_id)
    given = db.session.execute(
        update(Run)
        .where(Run.id == run_id, Run.token == token, Run.status == RunStatus.RUNNING)
        .values(
            status=RunStatus.QUEUED,
            token="",
            process="",
            phase="",
            started_at=None,
            attempts=Run.attempts if counted else Run.attempts - 1,
        )
        .execution_options(synchronize_session=False)
    )
    if given.rowcount:  # type: ignore[attr-defined]
        _take_up_what_was_asked(school_id)
    return bool(given.rowcount)  # type: ignore[attr-defined]


def _take_up_what_was_asked(school_id: int) -> None:
    """What somebody asked for while the run was at work, it does now: it begins anew anyway."""
    school = db.session.get_one(School, school_id, populate_existing=True)
    run = active_run(school_id)
    if run is None or school.rerun_trigger in (None, *BY_ITSELF):
        return
    wish = _take_wish(school)
    _hurry(run, wish)
    run.scheduled_for = run.scheduled_for or wish.day
    run.told_at = wish.told_at or run.told_at
    db.session.flush()


def _take_wish(school: School) -> Wish:
    """The sync that waits on the school's row; its day only if that one hasn't had its run."""
    assert school.rerun_trigger is not None
    day = school.rerun_day
    wish = Wish(
        Trigger(school.rerun_trigger),
        school.rerun_user_id,
        None if day and _had_its_run(school.id, day) else day,
        school.rerun_told_at,
    )
    schools.forget_wish(school)
    return wish


def set_phase(run_id: int, token: str, phase: str) -> None:
    db.session.execute(
        update(Run)
        .where(Run.id == run_id, Run.token == token)
        .values(phase=phase)
        .execution_options(synchronize_session=False)
    )


def is_cancelled(run_id: int) -> bool:
    """Whether somebody wants this run to stop, or has ended it already."""
    status, asked = db.session.execute(
        select(Run.status, Run.cancel_requested).where(Run.id == run_id)
    ).one()
    return bool(asked) or status != RunStatus.RUNNING


def finish_run(run_id: int, token: str, ending: Ending, now: datetime | None = None) -> Run | None:
    """Ends a run, and gives the run that waited behind it, if any.

    Errors: LostRunError if the token no longer holds or the run was cancelled meanwhile and
    means to succeed: then nothing of this transaction may stay.
    """
    school_id = db.session.scalar(select(Run.school_id).where(Run.id == run_id))
    if school_id is not None:
        lock_school(school_id)  # always the school first, so that nobody waits in a circle
    conditions = [Run.id == run_id, Run.token == token, Run.status == RunStatus.RUNNING]
    if ending.status in (RunStatus.SUCCEEDED, RunStatus.HELD):
        conditions.append(Run.cancel_requested.is_(False))
    finished = db.session.execute(
        update(Run)
        .where(*conditions)
        .values(
            status=ending.status,
            phase="",
            message=ending.message,
            error=ending.error,
            counts=ending.counts,
            warnings=list(ending.warnings),
            holds=list(ending.holds),
            problems=list(ending.problems),
            size=size_of(ending.counts),
            finished_at=now or clock.now(),
        )
        .execution_options(synchronize_session=False)
    )
    if not finished.rowcount:  # type: ignore[attr-defined]
        raise LostRunError
    run = db.session.get_one(Run, run_id, populate_existing=True)
    if ending.status in (RunStatus.SUCCEEDED, RunStatus.HELD):
        run.school.missed_since = None
        db.session.flush()
    return _start_waiting(run.school_id)


class LostRunError(Exception):
    """This process no longer holds the run it was working on."""


def _start_waiting(school_id: int) -> Run | None:
    lock_school(school_id)
    school = db.session.get_one(School, school_id, populate_existing=True)
    if school.rerun_trigger is None:
        return None
    if school.unlinked_at is not None:
        schools.forget_wish(school)
        return None
    return _add_run(school_id, _take_wish(school))


def add_revert(
    run: Run, user_id: int | None, ending: Ending, now: datetime, *, keeps_off: bool
) -> Run:
    """A run that takes another one back."""
    about = {"reverts_id": run.id, "keeps_off": keeps_off}
    return _add_ended(run.school_id, Trigger.REVERT, user_id, ending, now, **about)


def add_switch(school: School, user_id: int | None, ending: Ending, now: datetime) -> Run:
    """What changing the district's source did to a school."""
    return _add_ended(school.id, Trigger.SWITCH, user_id, ending, now)


def _add_ended(
    school_id: int,
    trigger: Trigger,
    user_id: int | None,
    ending: Ending,
    now: datetime,
    **about: Any,
) -> Run:
    """A run that is over at once, so no sync has to wait for it."""
    made = Run(
        school_id=school_id,
        status=ending.status,
        trigger=trigger,
        user_id=user_id,
        message=ending.message,
        counts=ending.counts,
        warnings=list(ending.warnings),
        problems=list(ending.problems),
        size=size_of(ending.counts),
        created_at=now,
        started_at=now,
        finished_at=now,
        **about,
    )
    db.session.add(made)
    db.session.flush()
    return made


def running_in(district_id: int) -> Sequence[Run]:
    """The runs of a district's schools that are at work."""
    query = select(Run).join(School, School.id == Run.school_id)
    of_district = School.district_id == district_id
    return db.session.scalars(query.where(of_district, Run.status == RunStatus.RUNNING)).all()


def request_cancel(run: Run) -> bool:
    """Cancels a queued run at once; asks a running one to stop. False if it is over already."""
    lock_school(run.school_id)
    db.session.refresh(run)
    if run.status == RunStatus.QUEUED:
        run.status = RunStatus.CANCELLED
        run.message = "Cancelled before it started; nothing was changed."
        run.finished_at = clock.now()
    elif run.status == RunStatus.RUNNING and is_worked_on(run):
        run.cancel_requested = True
    elif run.status == RunStatus.RUNNING:
        message = "Cancelled after its worker had stopped; nothing was changed."
        finish_run(run.id, run.token, Ending(RunStatus.CANCELLED, message, error="cancelled"))
    else:
        return False
    audit.record(Did.RUN_CANCELLED, school=run.school, about=f"run {run.id}")
    return True


def get_run(run_id: int) -> Run | None:
    return db.session.get(Run, run_id) if 0 < run_id < _TOO_BIG else None


def find_run(run_id: int) -> Run:
    """Errors: UnknownThing."""
    run = get_run(run_id)
    if run is None:
        raise UnknownThing(f"There is no run {run_id}; `roster runs` lists them.")
    return run


def reloaded(run: Run) -> Run:
    """The run as it is in the database, after what was changed of it has been written."""
    db.session.flush()
    db.session.refresh(run)
    return run


def list_runs(
    school_ids: Sequence[int] | None = None,
    status: str = "",
    before: int | None = None,
    limit: int = PAGE,
    ended: tuple[datetime, datetime] | None = None,
) -> Sequence[Run]:
    """Newest first, paged by id; `school_ids` None means all. `ended`: after, and up to, when."""
    query = select(Run).where(*_of_schools(school_ids, status, ended)).order_by(Run.id.desc())
    if before is not None:
        query = query.where(Run.id < before)
    return db.session.scalars(query.limit(limit)).all()


def newer_of_school(
    school_id: int, status: str, before: int | None, ended: tuple[datetime, datetime] | None = None
) -> int | None:
    """What the page of newer runs goes on from, see paging.newer."""
    return newer(Run.id, list(_of_schools([school_id], status, ended)), before, PAGE)


def _of_schools(
    school_ids: Sequence[int] | None, status: str, ended: tuple[datetime, datetime] | None
) -> Iterator[ColumnElement[bool]]:
    if school_ids is not None:
        yield Run.school_id.in_(school_ids)
    if status:
        yield Run.status == status
    if ended is not None:
        yield Run.finished_at > ended[0]
        yield Run.finished_at <= ended[1]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which runs of a district: blank means any. `size`: at least so many changes.

    `since` and `until` are moments, between which a run ended; one that isn't over, was made.
    """

    school_id: int | None = None
    status: str = ""
    trigger: str = ""
    since: datetime | None = None
    until: datetime | None = None
    size: int = 0
    before: int | None = None


def find_runs(district_id: int, wanted: Wanted, limit: int | None = PAGE) -> Sequence[Run]:
    """A district's runs, newest first; one more than asked for, where there are more."""
    query = (
        select(Run)
        .where(*_conditions(district_id, wanted))
        .options(joinedload(Run.school), joinedload(Run.user))
        .order_by(Run.id.desc())
    )
    if wanted.before is not None:
        query = query.where(Run.id < wanted.before)
    return db.session.scalars(query.limit(limit + 1) if limit else query).all()


def newer_of_district(district_id: int, wanted: Wanted) -> int | None:
    """What the page of newer runs goes on from, see paging.newer."""
    return newer(Run.id, list(_conditions(district_id, wanted)), wanted.before, PAGE)


def _conditions(district_id: int, wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    yield Run.school_id.in_(select(School.id).where(School.district_id == district_id))
    if wanted.school_id is not None:
        yield Run.school_id == wanted.school_id
    if wanted.status:
        yield Run.status == wanted.status
    if wanted.trigger:
        yield Run.trigger == wanted.trigger
    at = func.coalesce(Run.finished_at, Run.created_at)  # as the page shows it
    if wanted.since is not None:
        yield at >= wanted.since
    if wanted.until is not None:
        yield at <= wanted.until
    if wanted.size:
        yield Run.size >= wanted.size


def size_of(counts: Mapping[str, Any] | None) -> int:
    """How many people, lists and memberships a run changed."""
    told = counts or {}
    parts = (("people", _CHANGED_PEOPLE), ("lists", _CHANGED_LISTS), ("memberships", _CHANGED_ON))
    return sum(told.get(part, {}).get(name, 0) for part, names in parts for name in names)


def latest_of_schools(school_ids: Sequence[int]) -> dict[int, Run]:
    """School id -> its newest run, of those that have one."""
    newest = select(func.max(Run.id)).where(Run.school_id.in_(school_ids)).group_by(Run.school_id)
    rows = db.session.scalars(select(Run).where(Run.id.in_(newest)))
    return {run.school_id: run for run in rows}


def last_finished(school_id: int) -> Run | None:
    return db.session.scalar(
        select(Run)
        .where(Run.school_id == school_id, Run.finished_at.is_not(None))
        .order_by(Run.id.desc())
        .limit(1)
    )


def finished_between(school_id: int, start: datetime, end: datetime) -> Sequence[Run]:
    """Oldest first."""
    return db.session.scalars(
        select(Run)
        .where(Run.school_id == school_id, Run.finished_at > start, Run.finished_at <= end)
        .order_by(Run.id)
    ).all()


def followed_before(run: Run) -> int:
    """How much has changed between a daily run and the one before, since events told of it."""
    of_school = (Run.school_id == run.school_id, Run.id < run.id)
    last = select(func.max(Run.id)).where(*of_school, Run.trigger == Trigger.SCHEDULE)
    query = select(func.sum(Run.size)).where(
        *of_school,
        Run.id > func.coalesce(last.scalar_subquery(), 0),
        Run.trigger == Trigger.EVENTS,
    )
    return int(db.session.scalar(query) or 0)


def untold_daily(district_id: int, since: datetime, until: datetime) -> Sequence[Run]:
    """A district's daily runs between two looks at its events that changed something and of whose
    school the events before had told nothing."""
    return db.session.scalars(
        select(Run)
        .join(School, School.id == Run.school_id)
        .where(
            School.district_id == district_id,
            Run.trigger == Trigger.SCHEDULE,
            Run.told_at.is_(None),
            Run.started_at > since,
            Run.finished_at <= until,
            Run.size > 0,
        )
        .order_by(Run.id)
    ).all()


def reverts_of(run_id: int) -> Sequence[Run]:
    """The runs that took a run back, whole or in part."""
    return db.session.scalars(select(Run).where(Run.reverts_id == run_id).order_by(Run.id)).all()


def last_mailed_at(school_id: int) -> datetime | None:
    """When the newest run ended about which somebody was mailed."""
    return db.session.scalar(
        select(func.max(Run.finished_at))
        .join(MailRow, MailRow.run_id == Run.id)
        .where(Run.school_id == school_id, MailRow.kind == "run_result")
    )


def repeats_failure(run_id: int) -> bool:
    """Whether a run failed just as those before it, so that its failure is no news.

    It is news again after every REPEATED_FOR such runs.
    """
    run = find_run(run_id)
    if run.status != RunStatus.FAILED:
        return False
    before = db.session.execute(
        select(Run.status, Run.error)
        .where(Run.school_id == run.school_id, Run.id < run.id, Run.finished_at.is_not(None))
        .order_by(Run.id.desc())
        .limit(100)
    )
    streak = len(list(takewhile(lambda row: tuple(row) == (run.status, run.error), before)))
    return streak % REPEATED_FOR != 0


def operations_of(
    run_id: int, *, entity: str = "", action: str = "", after: int = 0, limit: int | None = None
) -> Sequence[OperationRow]:
    """A run's applied operations in order, paged by id."""
    query = (
        select(OperationRow)
        .where(OperationRow.run_id == run_id, OperationRow.id > after)
        .order_by(OperationRow.id)
        .limit(limit)
    )
    if entity:
        query = query.where(OperationRow.entity == entity)
    if action:
        query = query.where(OperationRow.action == action)
    return db.session.scalars(query).all()


def count_operations(run_id: int) -> dict[tuple[str, str], int]:
    """(entity, action) -> how many."""
    rows = db.session.execute(
        select(OperationRow.entity, OperationRow.action, func.count())
        .where(OperationRow.run_id == run_id)
        .group_by(OperationRow.entity, OperationRow.action)
    )
    return {(entity, action): number for entity, action, number in rows}


def queued_run_ids(limit: int = 500) -> Sequence[int]:
    """Runs that should be in the queue; not those that wait for a source, or for a pull.

    One of each district by turns, oldest first: a large district keeps nobody waiting.
    """
    pulled = District.id.in_(beats.pulled_districts())
    is_down = and_(District.retry_at.is_not(None), District.retry_at > clock.now())
    waits = and_(Run.trigger.in_(BY_ITSELF), or_(is_down, pulled))
    place = func.row_number().over(partition_by=District.id, order_by=Run.id)
    return db.session.scalars(
        select(Run.id)
        .join(School, School.id == Run.school_id)
        .join(District, District.id == School.district_id)
        .where(Run.status == RunStatus.QUEUED, not_(waits))
        .order_by(place, Run.id)
        .limit(limit)
    ).all()


def run_here(school_id: int) -> Run:
    """The run for a process that works on it itself: the queued one, or a new one.

    Errors: RunBusy if another process is at work on the school.
    """
    lock_school(school_id)
    _must_be_linked(school_id)
    active = active_run(school_id)
    if active is not None and active.status == RunStatus.RUNNING:
        if not is_worked_on(active):
            raise RunAbandoned(active.id, active.token)
        raise RunBusy(
            f"Run {active.id} of this school is at work since {active.started_at:%H:%M} UTC. "
            f"Wait for it, or cancel it: `roster cancel {active.id}`."
        )
    if active is not None:
        _hurry(active, Wish(Trigger.MANUAL))
        return active
    return _add_run(school_id, Wish(Trigger.MANUAL))


class RunAbandoned(Exception):
    """A run is marked as running, but its process is gone: end it first."""

    def __init__(self, run_id: int, token: str) -> None:
        super().__init__(run_id)
        self.run_id = run_id
        self.token = token


def abandoned_runs() -> list[tuple[int, str]]:
    """(id, token) of runs whose process is gone."""
    running = db.session.scalars(select(Run).where(Run.status == RunStatus.RUNNING))
    return [(run.id, run.token) for run in running if not is_worked_on(run)]


def is_worked_on(run: Run) -> bool:
    """Whether the process that took a run is alive, as far as can be known from here."""
    return _may_be_alive(run.process) and beats.is_alive(beats.of_run(run.id, run.token))


def _may_be_alive(process: str) -> bool:
    """Whether a process may be at work still; of other machines nothing is known."""
    host, _, pid = process.rpartition(":")
    if host != socket.gethostname() or not pid.isdecimal():
        return True
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
