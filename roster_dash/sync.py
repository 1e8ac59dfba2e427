"""THE STORY of one run, top to bottom.

claim -> settings -> fetch -> plan -> guard -> apply, report and outbox in one transaction.

Preview tells the same story up to the plan, so it can't disagree. Nothing here knows the queue or
the web: the caller enqueues what `Result` names, and sends the mails that are due.
"""

import gc
import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy.exc import DBAPIError

from roster_dash import clock, logs
from roster_dash.connection import open_source
from roster_dash.ending import (
    Result,
    add_result_mails,
    ending_again,
    ending_of,
    tell_requester,
)
from roster_dash.fetching import SharedFetch, StaleAnswerError, Wanted, fetch_answer
from roster_dash.heart import beating
from roster_dash.outage import watched
from roster_dash.planning import ground_of, today_at
from roster_dash.roster.doubts import refuse_empty_school
from roster_dash.roster.effects import outcomes_by_role
from roster_dash.roster.errors import EmptyAnswer, RosterDashError, RunCancelled, SourceDown
from roster_dash.roster.plan import Plan
from roster_dash.roster.report import counts_of
from roster_dash.roster.roles import Role
from roster_dash.roster.settings import SyncSettings
from roster_dash.roster.settled import settled_until
from roster_dash.sources import Told, no_progress, read
from roster_dash.store import (
    beats,
    glance,
    holds,
    pulls,
    rosters,
    runs,
    settled,
    snapshots,
    webhooks,
)
from roster_dash.store import settings as settings_store
from roster_dash.store.runs import Ending, LostRunError, RunStatus
from roster_dash.store.tables import Run, School
from roster_dash.store.transactions import (
    begin_snapshot_of_database,
    commit,
    is_passing,
    persistently,
    reading,
    rollback,
    sqlstate,
)
from roster_dash.store.triggers import BY_ITSELF, Trigger

log = logging.getLogger(__name__)

Report = Callable[[str, int, int, int], None]
"""Told (phase, pages, done, total); total is 0 while it isn't known."""

PART_AGE = timedelta(hours=6)
"""A nightly run takes what another run of the night has fetched for all."""


LONG_AGO = datetime.min.replace(tzinfo=UTC)


class UnforeseenError(Exception):
    """Something no sentence for people foresees; its text holds nobody's data."""


class HandedOverError(Exception):
    """This process has been asked to stop; another one does the run."""


def _silent(phase: str, pages: int, done: int, total: int) -> None:
    pass


def sync_run(
    run_id: int,
    report: Report = _silent,
    shared: SharedFetch | None = None,
    stop: threading.Event | None = None,
) -> Result:
    """Does one queued run, to its end. A run that isn't queued (any more) is left alone.

    `shared` shares what is fetched once per district between the runs of one command. Once `stop`
    is set, a run that is still being fetched goes back into the queue.
    Errors: UnforeseenError for whatever was not foreseen, after the run has been marked as failed.
    """
    token = runs.claim_run(run_id)
    commit()
    if token is None:
        return Result(runs.find_run(run_id))
    with logs.about(run=run_id), beating(beats.of_run(run_id, token)), _uncollected():
        return _to_its_end(
            run_id, token, report, shared or SharedFetch(), stop or threading.Event()
        )


@contextmanager
def _uncollected() -> Iterator[None]:
    """A run makes records by the ten thousand and no cycles of them; looking for cycles among them
    again and again costs a fifth of its time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _to_its_end(
    run_id: int,
    token: str,
    report: Report,
    shared: SharedFetch,
    stop: threading.Event,
) -> Result:
    try:
        return _sync(runs.find_run(run_id), token, report, shared, stop)
    except (HandedOverError, StaleAnswerError):
        return _give_back(run_id, token, counted=False)
    except RosterDashError as error:
        return _stopped(run_id, token, error)
    except LostRunError:
        rollback()
        return Result(runs.find_run(run_id))
    except Exception as error:
        if isinstance(error, DBAPIError) and is_passing(error):
            return _try_again(run_id, token)
        log.error("run %s failed unexpectedly", run_id, exc_info=error)
        message = (
            "Something unforeseen went wrong inside Roster Dash. Nothing was changed. "
            "The next run tries again; if it fails too, tell whoever runs this server."
        )
        _end(run_id, token, Ending(RunStatus.FAILED, message, error="unforeseen"))
        code = f" {sqlstate(error)}" if isinstance(error, DBAPIError) else ""
        raise UnforeseenError(f"{logs.place_of(error)}{code}") from None


def _stopped(run_id: int, token: str, error: RosterDashError) -> Result:
    """A run that can't go on. One that nobody asked for waits for a source that is down."""
    if isinstance(error, SourceDown) and runs.find_run(run_id).trigger in BY_ITSELF:
        given = _give_back(run_id, token, counted=False)
        return Result(given.run)
    cancelled = isinstance(error, RunCancelled)
    status = RunStatus.CANCELLED if cancelled else RunStatus.FAILED
    return _end(run_id, token, Ending(status, error.message, error=error.code))


def _sync(
    run: Run,
    token: str,
    report: Report,
    shared: SharedFetch,
    stop: threading.Event,
) -> Result:
    run_id, run_trigger, school = run.id, run.trigger, run.school
    school_id, district_id, clever_id = school.id, school.district_id, school.clever_id
    version = settings_store.latest_version(school.id)
    run.settings_version_id = version.id if version else None
    settings = settings_store.settings_of_run(run) or SyncSettings()
    is_nightly = run_trigger == Trigger.SCHEDULE
    since = max(clock.now() - PART_AGE if is_nightly else run.created_at, run.told_at or LONG_AGO)
    may_wait = run_trigger in BY_ITSELF
    wanted = Wanted(district_id, school_id, clever_id, since, may_wait=may_wait)

    def wait(seconds: float) -> None:
        if stop.wait(seconds):
            raise HandedOverError

    source = open_source(school.district, sleep=wait)
    commit()  # from here to the writing nothing is read: no lock is held while Clever answers

    def fetching(_what: str, pages: int, records: int) -> None:
        report("fetching", pages, records, 0)
        wait(0)
        _stop_if_cancelled(run_id)

    report("fetching", 0, 0, 0)
    with watched(district_id, by_schedule=may_wait):
        answer: Told = fetch_answer(source, wanted, fetching, shared)
    runs.set_phase(run_id, token, "applying")
    is_new = settled.answers_of([school_id]).get(school_id) != answer.digest
    commit()
    if is_new:
        answer = read(answer)  # while others may write

    def apply() -> Result:
        _stop_if_cancelled(run_id)
        return apply_answer(run_id, token, answer, settings, report)

    return persistently(apply)


def apply_answer(
    run_id: int,
    token: str,
    answer: Told,
    settings: SyncSettings,
    report: Report = _silent,
    now: datetime | None = None,
) -> Result:
    """Plan and write, with the report and the outbox, in one transaction. `now` is for tests.

    An answer that is the same as at a run that found nothing to do isn't even read.
    """
    now = now or clock.now()
    begin_snapshot_of_database()
    run = runs.find_run(run_id)
    key = settled.key_of(run, answer.digest)
    ending = _meet_again(run, answer, now, key)
    if ending is None:
        ending = _apply_whole(run, answer, settings, report, now, key)
    pulls.forget(run.school_id)  # or a later run would take the school back to what it was
    return _finish(run_id, token, ending, settings, now)


def _meet_again(run: Run, answer: Told, now: datetime, key: str) -> Ending | None:
    """How a run ends that meets what an earlier one met, which found nothing to do."""
    before = settled.same_as(run.school, key, today_at(run.school, now))
    if before is None or before.snapshot_id is None:
        return None
    same = snapshots.save_same(run.school_id, before.snapshot_id, answer.about, now)
    if same is None:
        return None
    run.snapshot_id = same
    return ending_again(before)


def _apply_whole(
    run: Run, answer: Told, settings: SyncSettings, report: Report, now: datetime, key: str
) -> Ending:
    school, snapshot = run.school, answer.snapshot()
    ground = ground_of(school, settings, now, between=run.trigger == Trigger.EVENTS)
    refuse_empty_school(snapshot, ground.kept)
    planned = ground.plan(snapshot)
    total = len(planned.operations)
    rosters.apply_operations(
        school.id,
        {"run_id": run.id},
        planned.operations,
        lambda done: report("applying", 0, done, total),
    )
    rosters.set_countdowns(school.id, planned.marks)
    run.snapshot_id = snapshots.save_snapshot(school.id, snapshot, now).id
    holds.keep_holds(school.id, run.id, planned, now)
    until = settled_until(planned, snapshot, ground.kept, ground.today)
    settled.keep(run, answer.digest, key, until)
    return ending_of(planned)


def _end(run_id: int, token: str, ending: Ending) -> Result:
    """Ends a run that changed nothing."""
    rollback()
    settings = settings_store.load_settings(runs.find_run(run_id).school_id)
    try:
        return _finish(run_id, token, ending, settings)
    except LostRunError:
        rollback()
        return Result(runs.find_run(run_id))
    except DBAPIError as error:  # what its mails need can't be stored: the ending still counts
        rollback()
        log.error("run %s ends without mails: %s", run_id, sqlstate(error))
        return _finish(run_id, token, ending, SyncSettings())


def _try_again(run_id: int, token: str) -> Result:
    """After a fault of the database that passes; not for ever."""
    rollback()
    if runs.find_run(run_id).attempts < runs.MOST_ATTEMPTS:
        return _give_back(run_id, token, counted=True)
    message = "The database could not take the changes. Nothing was changed; the next run is whole."
    return _end(run_id, token, Ending(RunStatus.FAILED, message, error="database"))


def abandon(run_id: int, token: str) -> Result:
    """Queues a run again whose process is gone; after so many attempts it has failed."""
    run = runs.find_run(run_id)
    beats.stop(beats.of_pull(run.school.district_id))  # if it was the one that pulled: another may
    commit()
    if run.cancel_requested:
        message = "Cancelled after its worker had stopped; nothing was changed."
        return _end(run_id, token, Ending(RunStatus.CANCELLED, message, error="cancelled"))
    if run.attempts < runs.MOST_ATTEMPTS:
        return _give_back(run_id, token, counted=True)
    message = "The worker stopped while it was at work. Nothing was changed; the next run is whole."
    return _end(run_id, token, Ending(RunStatus.FAILED, message, error="abandoned"))


def _give_back(run_id: int, token: str, *, counted: bool) -> Result:
    """Into the queue again: whoever hands runs over finds it there."""

    def step() -> Result:
        rollback()
        given = runs.give_back(run_id, token, counted=counted)
        commit()
        log.info("run %s is queued again", run_id)
        return Result(runs.find_run(run_id), run_id if given else None)

    return persistently(step)


def _finish(
    run_id: int,
    token: str,
    ending: Ending,
    settings: SyncSettings,
    now: datetime | None = None,
) -> Result:
    waiting = runs.finish_run(run_id, token, ending, now)
    run = runs.find_run(run_id)
    mail_ids = list(add_result_mails(run, settings))
    webhooks.add_deliveries(run)
    if ending.status in (RunStatus.SUCCEEDED, RunStatus.HELD):
        mail_ids += tell_requester(run)
    school_id = run.school_id
    commit()
    glance.refresh(school_id)
    commit()
    log.info("run %s %s", run_id, ending.status)
    return Result(runs.find_run(run_id), waiting.id if waiting else None, mail_ids)


@dataclass(frozen=True, slots=True)
class Preview:
    """What the next run would do. `by_role`: role -> outcome -> how many."""

    plan: Plan
    counts: Mapping[str, Mapping[str, int]]
    snapshot_id: int | None
    message: str
    by_role: Mapping[Role, Mapping[str, int]]


def preview(school: School, settings: SyncSettings, *, fetch: bool = False) -> Preview:
    """The next run's plan under some settings, from the last snapshot or a fresh fetch.

    Writes nothing. Without any snapshot yet it fetches. Errors: RosterDashError.
    """
    stored = None if fetch else snapshots.latest_snapshot(school.id)
    if stored is None:
        source, clever_id = open_source(school.district), school.clever_id
        commit()
        part = source.fetch_district_part(no_progress)
        snapshot_id, snapshot = None, source.fetch_school(clever_id, part, no_progress)
    else:
        snapshot_id, snapshot = stored[0].id, stored[1]
    ground = ground_of(school, settings)
    planned = ground.plan(snapshot)
    message = ending_of(planned).message
    try:
        refuse_empty_school(snapshot, ground.kept)
    except EmptyAnswer as refusal:  # the run would fail and say this
        planned, message = Plan(warnings=(refusal.message,)), refusal.message
    by_role = outcomes_by_role(planned, snapshot, ground.kept, settings)
    return Preview(planned, counts_of(planned), snapshot_id, message, by_role)


def _stop_if_cancelled(run_id: int) -> None:
    with reading():
        cancelled = runs.is_cancelled(run_id)
    if cancelled:
        raise RunCancelled("Cancelled while it was at work; nothing was changed.")
