"""The queue's two sides: asking for a job, and doing it. Jobs carry ids only, as JSON.

The scheduler's one step, `tick`, is here too: it makes due daily runs, hands over what the queue
has lost, and sends the mails that are due. Any number of schedulers may run it at once.
"""

import logging
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from rq import Queue, Worker, get_current_job
from rq.exceptions import DuplicateJobError, NoSuchJobError
from rq.job import Job, JobStatus
from rq.serializers import JSONSerializer

from roster_dash import embedded_redis, hooks, notify, sync, together
from roster_dash.config import Config, current_config
from roster_dash.ending import Result
from roster_dash.planning import today_at
from roster_dash.roster.schedule import next_digest, next_notice
from roster_dash.store import beats, glance, mails, retention, runs, schools, webhooks
from roster_dash.store import settings as settings_store
from roster_dash.store.transactions import commit, rollback

log = logging.getLogger(__name__)

QUEUES = ("mail", "sync")
"""Most urgent first: a mail takes a second, a sync may take minutes."""

SYNC_SECONDS = 1800
MAIL_SECONDS = 120
DAY = timedelta(days=1)
KEPT_AFTER_SECONDS = 600
KEPT_AFTER_FAILURE_SECONDS = 7 * 86_400
_OVER = (JobStatus.FINISHED, JobStatus.FAILED, JobStatus.STOPPED, JobStatus.CANCELED)


def redis_url(config: Config) -> str:
    return config.redis_url or embedded_redis.url(config.embedded_redis_dir)


def connect(config: Config) -> redis.Redis:
    """A connection that fails at once when Redis is away; the web must not hang on it."""
    return redis.Redis.from_url(
        redis_url(config), retry=Retry(NoBackoff(), 0), socket_timeout=5, socket_connect_timeout=2
    )


def queue(name: str) -> Queue:
    return Queue(name, connection=connect(current_config()), serializer=JSONSerializer)


def enqueue_run(run_id: int) -> bool:
    """Hands a queued run to the workers; False if Redis is away: then the scheduler does it."""
    return _enqueue("sync", "roster_dash.jobs.run_sync", f"run-{run_id}", run_id, SYNC_SECONDS)


def enqueue_runs(run_ids: Iterable[int]) -> bool:
    """Hands many over; while Redis is away the rest isn't tried, the scheduler does it."""
    return all(map(enqueue_run, run_ids))


def enqueue_mail(mail_id: int) -> bool:
    return _enqueue("mail", "roster_dash.jobs.send_mail", f"mail-{mail_id}", mail_id, MAIL_SECONDS)


def enqueue_delivery(delivery_id: int) -> bool:
    function, job_id = "roster_dash.jobs.send_webhook", f"delivery-{delivery_id}"
    return _enqueue("mail", function, job_id, delivery_id, MAIL_SECONDS)


def _enqueue(name: str, function: str, job_id: str, row_id: int, seconds: int) -> bool:
    """Enqueues once per row; an ended job of the same name makes room, its row decides."""
    options = {
        "job_id": job_id,
        "unique": True,
        "job_timeout": seconds,
        "result_ttl": KEPT_AFTER_SECONDS,
        "failure_ttl": KEPT_AFTER_FAILURE_SECONDS,
    }
    try:
        target = queue(name)
        try:
            target.enqueue(function, row_id, **options)
        except DuplicateJobError:
            if _make_room(job_id, target):
                target.enqueue(function, row_id, **options)
    except redis.RedisError:
        log.warning("Redis is away; %s waits for the scheduler", job_id)
        return False
    return True


def _make_room(job_id: str, target: Queue) -> bool:
    try:
        job = Job.fetch(job_id, connection=target.connection, serializer=JSONSerializer)
    except NoSuchJobError:
        return True
    if job.get_status() not in _OVER:
        return False
    job.delete()
    return True


def run_sync(run_id: int) -> None:
    """The job of one run. A run delivered twice is done once: its row is claimed."""
    after_run(sync.sync_run(run_id, report=_progress_reporter()))


def after_run(result: Result) -> None:
    """What follows a run: the one that waited behind it, and its mails."""
    if result.waiting_run_id is not None:
        enqueue_run(result.waiting_run_id)
    for mail_id in result.mail_ids:
        enqueue_mail(mail_id)
    for delivery_id in webhooks.due_ids(result.run.id):
        enqueue_delivery(delivery_id)


def send_mail(mail_id: int) -> None:
    """The job of one message."""
    notify.deliver(mail_id)


def send_webhook(delivery_id: int) -> None:
    """The job of one delivery to a webhook."""
    hooks.deliver(delivery_id)


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
            f"run-{run_id}", connection=connect(current_config()), serializer=JSONSerializer
        )
    except (NoSuchJobError, redis.RedisError):
        return {}
    progress: dict[str, Any] = job.meta.get("progress", {})
    return progress


def tick(now: datetime) -> None:
    """One step of the scheduler."""
    start_due_runs(now)
    send_digests(now)
    send_notices(now)
    follow_up(now)
    _guarded("policy", _spread_policies)
    _guarded("glance", _look_at_schools)
    _guarded("retention", partial(delete_what_is_too_old, now))
    beats.beat("scheduler")
    commit()


def _look_at_schools() -> None:
    glance.refresh_late()
    commit()


def _spread_policies() -> None:
    """What a Save of a policy left for later."""
    enqueue_runs(together.spread_policy().run_ids)


def delete_what_is_too_old(now: datetime) -> None:
    """Once a day; a district at a time."""
    last = beats.last_beat("retention")
    if last is not None and now - last < DAY:
        return
    beats.beat("retention")
    retention.clean_accounts(now)
    commit()
    for district in schools.all_districts():
        _guarded("retention", partial(_clean_district, district.id, now))


def _clean_district(district_id: int, now: datetime) -> None:
    district = schools.get_district(district_id)
    if district is not None:
        retention.clean(district, now)
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
    run = runs.request_scheduled_run(school_id, day) if day else None
    settings_store.set_next_due(school, settings_store.load_settings(school_id), now)
    commit()
    if run is not None:
        enqueue_run(run.id)


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
    ids = mails.add_mails(week[-1].id, "digest", settings.notify_emails) if week else ()
    school.next_digest_at = next_digest(now, school.timezone)
    commit()
    for mail_id in ids:
        enqueue_mail(mail_id)


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
    ids = mails.add_calendar_mails(school_id, today_at(school, due), recipients)
    commit()
    for mail_id in ids:
        enqueue_mail(mail_id)


def follow_up(now: datetime) -> None:
    """Hands over what the queue may have lost, and ends runs whose worker is gone."""
    abandoned = runs.abandoned_runs(now - timedelta(seconds=SYNC_SECONDS + 60))
    rollback()
    for run_id, token in abandoned:
        _guarded("abandoned", partial(_end_abandoned, run_id, token))
    for run_id in runs.queued_run_ids():
        enqueue_run(run_id)
    for mail_id in mails.due_mail_ids():
        enqueue_mail(mail_id)
    for delivery_id in webhooks.due_ids():
        enqueue_delivery(delivery_id)


def _end_abandoned(run_id: int, token: str) -> None:
    after_run(sync.abandon(run_id, token))


def _guarded(what: str, step: Callable[[], object]) -> None:
    """One school's trouble must not stop the others."""
    try:
        step()
    except Exception as error:
        rollback()
        log.error("scheduler step %s failed: %s", what, type(error).__name__)


def health() -> dict[str, Any]:
    """Queue, workers and scheduler, for /readyz."""
    try:
        connection = connect(current_config())
        connection.ping()
        workers = Worker.count(connection=connection)
    except redis.RedisError:
        return {"queue": False, "workers": 0, "scheduler": _scheduler_beats()}
    return {"queue": True, "workers": workers, "scheduler": _scheduler_beats()}


def _scheduler_beats() -> bool:
    last = beats.last_beat("scheduler")
    return last is not None and datetime.now(UTC) - last < timedelta(seconds=90)
