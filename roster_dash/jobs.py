"""The queue's two sides: asking for a job, and doing it. Jobs carry ids only, as JSON.

The scheduler's one step, `tick`, is here too: it makes due daily runs, hands over what the queue
has lost, and sends the mails that are due. Any number of schedulers may run it at once.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import redis
from rq import Queue, Worker, get_current_job
from rq.exceptions import DuplicateJobError, NoSuchJobError
from rq.job import Job, JobStatus
from rq.serializers import JSONSerializer
from sqlalchemy.exc import DBAPIError

from roster_dash import broker, following, hooks, logs, notify, sync, together, watching
from roster_dash.config import current_config
from roster_dash.ending import Result
from roster_dash.planning import today_at
from roster_dash.roster.schedule import next_digest, next_notice
from roster_dash.store import (
    accepted,
    beats,
    glance,
    mails,
    outages,
    pulls,
    retention,
    runs,
    schools,
    staleness,
    switches,
    webhooks,
)
from roster_dash.store import settings as settings_store
from roster_dash.store.transactions import commit, is_away, rollback

log = logging.getLogger(__name__)

QUEUES = ("mail", "events", "sync")
"""Most urgent first: a mail and a look at a district's events take a second, a sync minutes."""

SYNC_SECONDS = 1800
MAIL_SECONDS = 120
LOOK_SECONDS = 300
FILE_SECONDS = 3600
"""A gigabyte of CSV takes some minutes."""
DAY = timedelta(days=1)
KEPT_AFTER_SECONDS = 600
KEPT_AFTER_FAILURE_SECONDS = 7 * 86_400
HEARD_WITHIN = timedelta(seconds=20)
"""A job at work is heard of every 5 s."""
stopping = threading.Event()
"""Set when the worker of this process has been asked to stop."""
_OVER = (JobStatus.FINISHED, JobStatus.FAILED, JobStatus.STOPPED, JobStatus.CANCELED)


def queue(name: str, connection: redis.Redis | None = None) -> Queue:
    connection = connection or broker.connect(current_config())
    return Queue(name, connection=connection, serializer=JSONSerializer)


def enqueue_run(run_id: int, *, first: bool = False) -> bool:
    """Hands a queued run to the workers; False if Redis is away: then the scheduler does it.

    `first`: before those that wait already, since somebody waits for it.
    """
    function, job_id = "roster_dash.jobs.run_sync", f"run-{run_id}"
    return _enqueue("sync", function, job_id, run_id, SYNC_SECONDS, first=first)


def enqueue_runs(run_ids: Iterable[int]) -> bool:
    """Hands many over; while Redis is away the rest isn't tried, the scheduler does it."""
    return _enqueue_all(enqueue_run, run_ids)


def _enqueue_all(enqueue: Callable[[int], bool], ids: Iterable[int]) -> bool:
    return all(map(enqueue, ids))


def enqueue_mail(mail_id: int) -> bool:
    return _enqueue("mail", "roster_dash.jobs.send_mail", f"mail-{mail_id}", mail_id, MAIL_SECONDS)


def enqueue_delivery(delivery_id: int) -> bool:
    function, job_id = "roster_dash.jobs.send_webhook", f"delivery-{delivery_id}"
    return _enqueue("mail", function, job_id, delivery_id, MAIL_SECONDS)


def enqueue_look(district_id: int) -> bool:
    function, job_id = "roster_dash.jobs.look_at_events", f"events-{district_id}"
    return _enqueue("events", function, job_id, district_id, LOOK_SECONDS)


def enqueue_file(file_id: int) -> bool:
    function, job_id = "roster_dash.jobs.take_file", f"file-{file_id}"
    return _enqueue("sync", function, job_id, file_id, FILE_SECONDS)


def _enqueue(
    name: str, function: str, job_id: str, row_id: int, seconds: int, *, first: bool = False
) -> bool:
    """Enqueues once per row; an ended job of the same name makes room, its row decides."""
    options = {
        "job_id": job_id,
        "unique": True,
        "job_timeout": seconds,
        "result_ttl": KEPT_AFTER_SECONDS,
        "failure_ttl": KEPT_AFTER_FAILURE_SECONDS,
        "at_front": first,
    }
    try:
        target = queue(name)
        try:
            target.enqueue(function, row_id, **options)
        except DuplicateJobError:
            if _make_room(job_id, target):
                with suppress(DuplicateJobError):  # somebody else was quicker: it is handed over
                    target.enqueue(function, row_id, **options)
            elif first and target.remove(job_id):
                target.push_job_id(job_id, at_front=True)
    except redis.RedisError:
        log.warning("Redis is away; %s waits for the scheduler", job_id)
        return False
    return True


def _make_room(job_id: str, target: Queue) -> bool:
    try:
        job = Job.fetch(job_id, connection=target.connection, serializer=JSONSerializer)
    except NoSuchJobError:
        # what a dying worker wrote of a job that was taken out already, is no job but in the way
        target.connection.delete(Job.key_for(job_id))
        return True
    if job.get_status() not in _OVER and not _is_lost(job, target):
        return False
    forget(job)
    return True


def forget(job: Job) -> None:
    """Takes a job out of Redis, its expired executions too, over which RQ stumbles."""
    job.connection.delete(job.execution_registry.key)
    job.delete()


def _is_lost(job: Job, target: Queue) -> bool:
    """Whether a job only looks alive: taken off its queue, or begun, by a worker that was killed.

    It may just now be on its way to a worker; then its row is claimed by one of the two.
    """
    if job.get_status() == JobStatus.QUEUED:
        return target.get_job_position(job.id) is None
    heard = job.last_heartbeat
    return heard is not None and datetime.now(UTC) - heard > HEARD_WITHIN


def run_sync(run_id: int) -> None:
    """The job of one run. A run delivered twice is done once: its row is claimed."""

    def step() -> None:
        after_run(sync.sync_run(run_id, report=_progress_reporter(), stop=stopping))

    _without_texts(step)


def after_run(result: Result) -> None:
    """What follows a run: the one that waited behind it, and its mails."""
    if result.waiting_run_id is not None:
        enqueue_run(result.waiting_run_id)
    delivery_ids = webhooks.due_ids(result.run.id)
    rollback()
    _enqueue_all(enqueue_mail, result.mail_ids)
    _enqueue_all(enqueue_delivery, delivery_ids)


def send_mail(mail_id: int) -> None:
    """The job of one message."""
    _without_texts(partial(notify.deliver, mail_id))


def send_webhook(delivery_id: int) -> None:
    """The job of one delivery to a webhook."""
    _without_texts(partial(hooks.deliver, delivery_id))


def look_at_events(district_id: int) -> None:
    """The job of one look at what a district's source says is new."""
    _without_texts(lambda: enqueue_runs(following.look(district_id)))


def take_file(file_id: int) -> None:
    """The job of one file that lies in a district's watched folder."""
    _without_texts(partial(watching.take, file_id))


def _without_texts(step: Callable[[], object]) -> None:
    """The queue writes down an error's text, which may quote somebody's data: it gets another one.

    Errors: UnforeseenError.
    """
    try:
        step()
    except sync.UnforeseenError:  # it is one already, and logged
        raise
    except Exception as error:
        rollback()
        log.error("a job failed", exc_info=error)
        raise sync.UnforeseenError(logs.place_of(error)) from None


def _progress_reporter() -> sync.Report:
    """Tells the job's meta how far the run is, at most five times a second."""
    job = get_current_job()
    last = 0.0

    def report(phase: str, pages: int, done: int, total: int) -> None:
        nonlocal last
        if job is None or (done != total and time.monotonic() - last < 0.2):
            return
        last = time.monotonic()
        job.meta["progress"] = {"phase": phase, "pages": pages, "done": done, "total": total}
        try:
            job.save_meta()
        except redis.RedisError:
            log.warning("progress could not be shown: Redis is away")

    return report


def progress_of(run_id: int) -> dict[str, Any]:
    """How far a run is: {phase, pages, done, total}; {} if that isn't known."""
    try:
        job = Job.fetch(
            f"run-{run_id}", connection=broker.connect(current_config()), serializer=JSONSerializer
        )
    except (NoSuchJobError, redis.RedisError):
        return {}
    progress: dict[str, Any] = job.meta.get("progress", {})
    return progress


def tick(now: datetime) -> None:
    """One step of the scheduler: first the rows, then the queue is told of all that it lacks."""
    for what, step in (
        ("schedule", partial(start_due_runs, now)),
        ("events", partial(look_for_news, now)),
        ("files", partial(look_for_files, now)),
        ("digest", partial(send_digests, now)),
        ("notice", partial(send_notices, now)),
        ("outage", _tell_outages),
        ("stale", _tell_stale),
        ("policy", _spread_policies),
        ("abandoned", _end_abandoned_runs),
        ("queue", hand_over),
        ("glance", look_at_schools),
        ("retention", partial(delete_what_is_too_old, now)),
    ):
        _guarded(what, step)
    beats.forget_old()
    _beat()


def _beat() -> None:
    beats.beat("scheduler")
    commit()


def _tell_outages() -> None:
    """One mail per address for a district whose source has been down for long."""
    for district_id in outages.untold():
        outages.tell(district_id)
        commit()


def _tell_stale() -> None:
    for school_id in staleness.untold():
        staleness.tell(school_id)
        commit()


def look_at_schools() -> None:
    for school_id in glance.late_school_ids():
        glance.refresh(school_id)
        commit()


def _spread_policies() -> None:
    """What a Save of a policy left for later."""
    enqueue_runs(together.spread_policy().run_ids)


def delete_what_is_too_old(now: datetime) -> None:
    """Once a day; a district at a time."""
    last = beats.last_beat("retention")
    if last is not None and now - last < DAY:
        return
    beats.beat("retention", now)
    retention.clean_accounts(now)
    pulls.forget_old(now - DAY)
    accepted.drop_unnamed(now)
    switches.forget_old(now - switches.KEPT_FOR)
    commit()
    watching.delete_old(now)
    for district in schools.all_districts():
        _guarded("retention", partial(_clean_district, district.id, now))


def _clean_district(district_id: int, now: datetime) -> None:
    district = schools.get_district(district_id)
    if district is not None:
        for _ in retention.clean(district, now):
            _beat()  # a first clean-up may take long
        while retention.clean_log(district, now):
            _beat()
    commit()


def start_due_runs(now: datetime) -> None:
    """A run for every school whose time has come. Claims by row, so no day has two."""
    for school_id in schools.due_school_ids(now):
        _guarded("schedule", partial(_start_due_run, school_id, now))


def _start_due_run(school_id: int, now: datetime) -> None:
    schools.lock_school(school_id)
    school = schools.get_school(school_id)
    if school is None or school.next_due_at is None or school.next_due_at > now:
        rollback()
        return
    day = school.next_due_day
    if day:
        runs.request_scheduled_run(school_id, day)
    school.missed_since = school.missed_since or school.next_due_at
    settings_store.set_next_due(school, settings_store.load_settings(school_id), now)
    commit()


def look_for_news(now: datetime) -> None:
    """What the queue loses of this is looked at a few minutes later."""
    _enqueue_all(enqueue_look, following.claim_due(now))


def look_for_files(now: datetime) -> None:
    """What the queue loses of this is seen again a minute later."""
    _enqueue_all(enqueue_file, watching.look(now))


def send_digests(now: datetime) -> None:
    """Puts the weekly digests that are due into the outbox; the week's last run carries them."""
    for school_id in schools.due_digest_ids(now):
        _guarded("digest", partial(_send_digest, school_id, now))


def _send_digest(school_id: int, now: datetime) -> None:
    schools.lock_school(school_id)
    school = schools.get_school(school_id)
    if school is None or school.next_digest_at is None or school.next_digest_at > now:
        rollback()
        return
    settings = settings_store.load_settings(school_id)
    week = runs.finished_between(school_id, now - notify.WEEK, now)
    if week:
        mails.add_mails(week[-1].id, "digest", settings.notify_emails)
    school.next_digest_at = next_digest(now, school.timezone)
    commit()


def send_notices(now: datetime) -> None:
    """Tells what the calendars of schools change tomorrow."""
    for school_id in schools.due_notice_ids(now):
        _guarded("notice", partial(_send_notice, school_id, now))


def _send_notice(school_id: int, now: datetime) -> None:
    schools.lock_school(school_id)
    school = schools.get_school(school_id)
    if school is None or school.next_notice_at is None or school.next_notice_at > now:
        rollback()
        return
    settings, due = settings_store.load_settings(school_id), school.next_notice_at
    school.next_notice_at = next_notice(now, school.timezone, settings.calendar)
    is_late = now - due > notify.NOTICE_FOR
    recipients = () if is_late else settings.notify_emails
    mails.add_notices("calendar", recipients, day=today_at(school, due), school_id=school_id)
    commit()


def _end_abandoned_runs() -> None:
    """Runs whose process is gone are queued again, or have failed."""
    abandoned = runs.abandoned_runs()
    rollback()
    for run_id, token in abandoned:
        _guarded("abandoned", partial(sync.abandon, run_id, token))


def hand_over() -> None:
    """Tells the queue of all that it may have lost; while Redis is away nothing is lost by that.

    No transaction is open meanwhile, and the first sign that Redis is away ends it.
    """
    run_ids, mail_ids, delivery_ids = (
        runs.queued_run_ids(),
        mails.due_mail_ids(),
        webhooks.due_ids(),
    )
    rollback()
    for enqueue, ids in (
        (enqueue_run, run_ids),
        (enqueue_mail, mail_ids),
        (enqueue_delivery, delivery_ids),
    ):
        if not _enqueue_all(enqueue, ids):
            return


def _guarded(what: str, step: Callable[[], object]) -> None:
    """One school's trouble must not stop the others; a database that is away is everybody's.

    Errors: DBAPIError for that one: this look is over, and nobody waits for it step by step.
    """
    try:
        step()
    except Exception as error:
        rollback()
        if isinstance(error, DBAPIError) and is_away(error):
            raise
        log.error("scheduler step %s failed", what, exc_info=error)


def health() -> dict[str, Any]:
    """{queue, workers, scheduler}: whether they answer; how many workers, None if unknown."""
    try:
        connection = broker.connect(current_config())
        connection.ping()
        keys = [str(key) for key in Worker.all_keys(connection=connection)]
        workers: Any = connection.exists(*keys) if keys else 0  # of the dead the list may know
    except redis.RedisError:
        return {"queue": False, "workers": None, "scheduler": beats.is_alive("scheduler")}
    return {"queue": True, "workers": workers, "scheduler": beats.is_alive("scheduler")}
