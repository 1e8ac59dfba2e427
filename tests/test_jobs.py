"""The queue's two sides, with a real Redis and real workers in processes of their own."""

import importlib
import os
import sqlite3
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
import requests
from flask import Flask
from rq import Queue
from rq.job import Job
from rq.serializers import JSONSerializer
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from roster_dash import broker, jobs, sync
from roster_dash.config import Config
from roster_dash.extensions import db
from roster_dash.heart import beating
from roster_dash.store import beats, mails, retention, runs
from roster_dash.store import settings as settings_store
from roster_dash.store.tables import Beat, Run, School
from roster_dash.store.transactions import commit
from tests.builders import PASSWORD, Builder
from tests.clever import Clever
from tests.processes import Start, free_port, start_web, wait_until
from tests.visitor import csrf_token


def queued(name: str) -> list[str]:
    queue: Queue = jobs.queue(name)
    return list(queue.job_ids)


@pytest.fixture
def school(make: Builder, clever: Clever) -> School:
    district = make.district(clever.district.name, clever.district.id, clever.district.token)
    linked = make.school(district, clever.schools[0].name, clever.schools[0].id)
    make.settings(linked, students="on", notify__emails="owner@school.example")
    return linked


def test_a_job_carries_the_runs_number_and_nothing_else(make: Builder) -> None:
    run = make.run(make.school(), "queued")
    jobs.enqueue_run(run.id)
    queue = jobs.queue("sync")
    job = Job.fetch(queue.job_ids[0], connection=queue.connection, serializer=JSONSerializer)
    assert job.args == [run.id] or job.args == (run.id,)
    assert not job.kwargs
    stored = queue.connection.hgetall(job.key)
    assert b"pickle" not in b"".join(stored.values())


def test_a_run_is_in_the_queue_once_however_often_it_is_enqueued(make: Builder) -> None:
    run = make.run(make.school(), "queued")
    for _ in range(3):
        assert jobs.enqueue_run(run.id)
    assert queued("sync") == [f"run-{run.id}"]


def test_a_run_that_somebody_waits_for_comes_before_a_whole_night(make: Builder) -> None:
    night = [make.run(make.school(), "queued").id for _ in range(3)]
    jobs.enqueue_runs(night)
    asked = make.run(make.school(), "queued").id
    jobs.enqueue_run(asked, first=True)
    assert queued("sync") == [f"run-{each}" for each in (asked, *night)]
    jobs.enqueue_run(night[2], first=True)  # somebody wants one of the night's now
    assert queued("sync") == [f"run-{each}" for each in (night[2], asked, *night[:2])]


def test_two_who_hand_an_ended_run_over_again_at_once_do_it_once(
    make: Builder, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make.run(make.school(), "queued")
    jobs.enqueue_run(run.id)

    def somebody_is_quicker(job_id: str, target: Queue) -> bool:
        return True  # the room was made, and taken

    monkeypatch.setattr(jobs, "_make_room", somebody_is_quicker)
    assert jobs.enqueue_run(run.id)
    assert queued("sync") == [f"run-{run.id}"]


def test_a_run_that_the_queue_has_forgotten_is_handed_over_again(make: Builder) -> None:
    run = make.run(make.school(), "queued")
    jobs.enqueue_run(run.id)
    jobs.queue("sync").connection.flushdb()
    jobs.tick(datetime.now(UTC))
    assert queued("sync") == [f"run-{run.id}"]


def test_without_redis_nothing_is_lost_and_nothing_raised(
    make: Builder, without_redis: None
) -> None:
    run = make.run(make.school(), "queued")
    assert jobs.enqueue_run(run.id) is False
    jobs.tick(datetime.now(UTC))
    assert runs.find_run(run.id).status == "queued"
    assert jobs.progress_of(run.id) == {}
    assert jobs.health()["queue"] is False


def test_a_run_that_is_delivered_twice_is_done_once(school: School) -> None:
    run = runs.request_run(school.id, runs.Trigger.MANUAL)
    commit()
    jobs.run_sync(run.id)
    finished = runs.find_run(run.id).finished_at
    commit()
    jobs.run_sync(run.id)
    assert runs.find_run(run.id).finished_at == finished
    assert len(runs.find_run(run.id).mails) == 1


def test_a_due_school_gets_its_days_run_once_from_any_number_of_schedulers(
    make: Builder,
) -> None:
    school = make.school()
    make.settings(school, students="on")
    due = school.next_due_at
    assert due is not None
    jobs.tick(due - timedelta(seconds=1))
    assert runs.list_runs([school.id]) == []
    for _ in range(3):
        jobs.tick(due + timedelta(seconds=1))
    (run,) = runs.list_runs([school.id])
    assert (run.status, run.trigger) == ("queued", "schedule")
    assert queued("sync") == [f"run-{run.id}"]
    assert school.next_due_at is not None
    assert timedelta(hours=23) <= school.next_due_at - due <= timedelta(hours=25)


def test_nights_that_were_missed_are_made_up_for_once(make: Builder) -> None:
    school = make.school()
    make.settings(school, students="on")
    assert school.next_due_at is not None
    later = school.next_due_at + timedelta(days=4, hours=3)
    jobs.tick(later)
    jobs.tick(later)
    assert len(runs.list_runs([school.id])) == 1
    assert school.next_due_at > later


def test_a_school_that_syncs_nothing_or_no_day_is_never_due(make: Builder) -> None:
    idle, off = make.school(), make.school()
    make.settings(idle)
    make.settings(off, students="on", schedule__enabled="off")
    jobs.tick(datetime.now(UTC) + timedelta(days=3))
    assert runs.list_runs() == []


def test_a_daily_run_joins_one_that_waits(make: Builder) -> None:
    school = make.school()
    make.settings(school, students="on")
    waiting = make.run(school, "queued")
    assert school.next_due_at is not None
    jobs.tick(school.next_due_at + timedelta(seconds=1))
    assert [run.id for run in runs.list_runs([school.id])] == [waiting.id]
    assert waiting.scheduled_for is not None


def test_a_daily_run_follows_the_one_at_work_and_stays_what_somebody_asked_for(
    make: Builder,
) -> None:
    school = make.school()
    make.settings(school, students="on")
    day, due = school.next_due_day, school.next_due_at
    assert due is not None
    working = make.run(school, "running", token="token")
    runs.request_run(school.id, runs.Trigger.MANUAL)
    commit()
    jobs.tick(due + timedelta(seconds=1))
    assert [run.id for run in runs.list_runs([school.id])] == [working.id]
    runs.finish_run(working.id, "token", runs.Ending(runs.RunStatus.SUCCEEDED, "Done."))
    commit()
    following = runs.list_runs([school.id])[0]
    assert (following.status, following.trigger) == ("queued", "manual")
    assert following.scheduled_for == day
    jobs.tick(due + timedelta(seconds=2))
    assert len(runs.list_runs([school.id])) == 2


def test_a_day_that_has_had_its_run_meanwhile_keeps_no_run_from_ending(make: Builder) -> None:
    school = make.school()
    make.settings(school, students="on")
    day = school.next_due_day
    assert day is not None
    working = make.run(school, "running", token="token")
    assert runs.request_scheduled_run(school.id, day) == working
    working.scheduled_for = day  # as when it was queued again, and the day's time was put off
    commit()
    runs.finish_run(working.id, "token", runs.Ending(runs.RunStatus.SUCCEEDED, "Done."))
    commit()
    following = runs.list_runs([school.id])[0]
    assert (following.status, following.scheduled_for) == ("queued", None)


def test_a_run_whose_worker_is_gone_is_queued_again(make: Builder) -> None:
    run = make.run(make.school(), "running", process=_gone(), attempts=1, token="t")
    jobs.tick(datetime.now(UTC))
    db.session.refresh(run)
    assert (run.status, run.process, run.attempts) == ("queued", "", 1)
    assert jobs.queue("sync").job_ids == [f"run-{run.id}"]


def test_a_run_that_another_machine_no_longer_beats_for_is_queued_again(make: Builder) -> None:
    run = make.run(make.school(), "running", process="another.machine:7", attempts=1, token="t")
    jobs.tick(datetime.now(UTC))
    db.session.refresh(run)
    assert run.status == "running"
    beat = db.session.get_one(Beat, beats.of_run(run.id, run.token))
    beat.at = datetime.now(UTC) - beats.LOST_AFTER
    commit()
    jobs.tick(datetime.now(UTC))
    db.session.refresh(run)
    assert run.status == "queued"


def test_a_job_that_was_taken_off_its_queue_by_a_killed_worker_is_handed_over_again(
    make: Builder,
) -> None:
    run = make.run(make.school(), "queued")
    jobs.enqueue_run(run.id)
    target = jobs.queue("sync")
    target.connection.lpop(target.key)
    assert target.job_ids == []
    jobs.tick(datetime.now(UTC))
    assert target.job_ids == [f"run-{run.id}"]


def test_a_run_whose_worker_is_gone_for_the_third_time_fails_and_the_next_one_starts(
    make: Builder,
) -> None:
    school = make.school()
    run = make.run(school, "running", process=_gone(), attempts=runs.MOST_ATTEMPTS)
    waiting = runs.request_run(school.id, runs.Trigger.MANUAL)
    commit()
    assert waiting.id == run.id
    jobs.tick(datetime.now(UTC))
    follower, ended = runs.list_runs([school.id])
    assert (ended.status, ended.error) == ("failed", "abandoned")
    assert "Nothing was changed" in ended.message
    assert follower.status == "queued"


@pytest.mark.slow
def test_a_worker_does_the_run_and_sends_the_mail(
    school: School, clever: Clever, start: Start
) -> None:
    start("worker.py")
    run = runs.request_run(school.id, runs.Trigger.MANUAL)
    commit()
    jobs.enqueue_run(run.id)
    done: Run = wait_until(lambda: _finished(run.id))
    assert done.status == "succeeded"
    assert done.counts is not None
    assert done.counts["people"]["created"] > 20
    (mail,) = wait_until(clever.inbox)
    assert mail["to"] == ["owner@school.example"]
    wait_until(lambda: runs.find_run(run.id).mails[0].status == mails.MailStatus.SENT)


@pytest.mark.slow
def test_two_workers_and_twenty_saves_at_once_never_run_together_and_lose_none(
    school: School, make: Builder, clever: Clever, start: Start
) -> None:
    """Through the web, over HTTP: each Save turns on one more thing; the last state is synced."""
    make.owner(school, email="alice@school.example")
    school_id = school.id
    commit()
    clever.fault("slow", path="/users", times=0, seconds=0.05)
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    start_web(start, port)
    start("worker.py")
    start("worker.py")
    start("-m", "flask", "--app", "wsgi", "roster", "scheduler", "--every", "0.5")
    page = f"{address}/schools/{school_id}/rostering"
    browser = requests.Session()
    token = csrf_token(browser.get(f"{address}/login").text)
    form = {"csrf_token": token, "email": "alice@school.example", "password": PASSWORD}
    assert browser.post(f"{address}/login", form).ok
    token = csrf_token(browser.get(page).text)

    def save(number: int) -> int:
        form = {"csrf_token": token, "students": "on", "notify.when": "never"}
        form |= {"schedule.time": f"{number:02}:00", "schedule.enabled": "on"}
        cookies = browser.cookies.get_dict()
        return requests.post(page, form, cookies=cookies, timeout=60).status_code

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(save, range(20)))
    assert answers == [200] * 20
    assert len(settings_store.versions(school_id, limit=100)) == 21
    commit()
    wait_until(lambda: runs.active_run(school_id) is None)
    made = sorted(runs.list_runs([school_id]), key=lambda run: run.id)
    assert {run.status for run in made} == {"succeeded"}, [run.message for run in made]
    for one, after in pairwise(made):
        assert one.finished_at is not None
        assert after.started_at is not None
        assert one.finished_at <= after.started_at
    newest = settings_store.latest_version(school_id)
    assert newest is not None
    assert made[-1].settings_version_id == newest.id


def _gone() -> str:
    """A process of this machine that has ended."""
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    return f"{os.uname().nodename}:{gone.pid}"


def _finished(run_id: int) -> Run | None:
    run = runs.find_run(run_id)
    return run if run.finished_at else None


def test_a_run_that_comes_back_from_the_dead_leaves_its_successors_heartbeat(make: Builder) -> None:
    run = make.run(make.school(), "running", token="second", process="elsewhere:1")
    with beating(beats.of_run(run.id, "first")):
        pass
    assert runs.is_worked_on(runs.find_run(run.id))


def test_no_lock_is_held_while_the_queue_is_told(
    make: Builder, monkeypatch: pytest.MonkeyPatch
) -> None:
    make.run(make.school(), "queued")
    seen: list[bool] = []

    def enqueue(run_id: int) -> bool:
        seen.append(db.session().in_transaction())
        return True

    monkeypatch.setattr(jobs, "enqueue_run", enqueue)
    jobs.hand_over()
    assert seen == [False]


def test_a_queue_that_is_away_is_asked_once(
    make: Builder, monkeypatch: pytest.MonkeyPatch, without_redis: None
) -> None:
    asked: list[int] = []
    monkeypatch.setattr(jobs, "enqueue_run", lambda run_id: asked.append(run_id) or False)
    for _ in range(3):
        make.run(make.school(), "queued")
    jobs.hand_over()
    assert len(asked) == 1


def locked_out(*_: object) -> None:
    """What happens where somebody else holds SQLite's lock for too long."""
    error = sqlite3.OperationalError("database is locked")
    error.sqlite_errorcode = sqlite3.SQLITE_BUSY
    raise OperationalError("INSERT", None, error)


def test_a_look_is_over_at_once_when_the_database_is_away(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[str] = []
    monkeypatch.setattr(jobs, "send_digests", locked_out)
    monkeypatch.setattr(jobs, "send_notices", lambda now: looked.append("notices"))
    with pytest.raises(OperationalError):
        jobs.tick(datetime.now(UTC))
    assert looked == []


def test_a_database_that_never_takes_a_run_ends_it_after_so_many_attempts(
    make: Builder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sync, "_sync", locked_out)
    run = make.run(make.school(), "queued")
    for _ in range(runs.MOST_ATTEMPTS):
        sync.sync_run(run.id)
    ended = runs.find_run(run.id)
    assert (ended.status, ended.error) == ("failed", "database")


def test_dead_workers_are_not_counted(make: Builder) -> None:
    connection = jobs.queue("sync").connection
    connection.sadd("rq:workers", "rq:worker:of-a-machine-that-is-gone")
    assert jobs.health()["workers"] == 0


def test_what_a_dying_worker_wrote_of_a_job_taken_out_already_is_not_in_the_way(
    make: Builder,
) -> None:
    run = make.run(make.school(), "queued")
    connection, long_ago = jobs.queue("sync").connection, "2026-01-01T00:00:00.000000Z"
    left = {"worker_name": "dead", "status": "started", "last_heartbeat": long_ago, "meta": "{}"}
    connection.hset(Job.key_for(f"run-{run.id}"), mapping=left | {"started_at": long_ago})
    assert jobs.enqueue_run(run.id)
    assert queued("sync") == [f"run-{run.id}"]


def test_a_runs_end_does_not_wait_for_a_beat_that_waits_for_the_database(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries, real = threading.Event(), beats.beat

    def beat(name: str) -> None:
        tries.set()
        real(name)

    monkeypatch.setattr(beats, "beat", beat)
    begun = time.monotonic()
    with beating("run-1-token", every=0.01):
        db.session.scalars(select(School.id)).all()  # SQLite's write lock is held from here on
        assert tries.wait(10)
    assert time.monotonic() - begun < 10


def test_workers_give_way_to_the_web_except_on_sqlite(app: Flask, start: Start) -> None:
    worker = start("worker.py")
    wait_until(lambda: jobs.health()["workers"])
    gives = 0 if db.engine.dialect.name == "sqlite" else 10
    ours = os.getpriority(os.PRIO_PROCESS, os.getpid())
    assert os.getpriority(os.PRIO_PROCESS, worker.pid) == min(ours + gives, 19)


def test_the_scheduler_is_alive_while_old_data_is_deleted(
    make: Builder, monkeypatch: pytest.MonkeyPatch
) -> None:
    chunks = iter((True, True, False))

    monkeypatch.setattr(retention, "clean_log", lambda *_: next(chunks))
    seen: list[str] = []
    monkeypatch.setattr(jobs, "_beat", lambda: seen.append("beat"))
    district, now = make.district(), datetime.now(UTC)
    jobs._clean_district(district.id, now)
    assert len(seen) == len(list(retention.clean(district, now))) + 2 > 4


def test_a_process_has_one_client_of_redis_and_a_worker_one_of_its_own(config: Config) -> None:
    """Each keeps connections: one made at every look would leave them open by the thousand."""
    assert broker.connect(config) is broker.connect(config)
    assert broker.connect_anew(config) is not broker.connect(config)


def test_a_worker_takes_over_what_it_was_at_before_redis_went_away(
    make: Builder, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    worker = importlib.import_module("worker")
    run = make.run(make.school(), "queued")
    jobs.enqueue_run(run.id)
    target = jobs.queue("sync")
    job = Job.fetch(f"run-{run.id}", target.connection, serializer=JSONSerializer)

    def new_worker() -> Any:
        options = {"connection": target.connection, "serializer": JSONSerializer}
        return worker.RosterWorker([target], **options)

    former = new_worker()
    former.register_birth()
    former.prepare_execution(job)
    new_worker().register_birth()
    assert not Job.exists(job.id, target.connection)
