"""The queue's two sides, with a real Redis and real workers in processes of their own."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
import requests
from rq import Queue
from rq.job import Job
from rq.serializers import JSONSerializer

from roster_dash import jobs
from roster_dash.store import mails, runs
from roster_dash.store import settings as settings_store
from roster_dash.store.tables import Run, School
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


def test_a_run_whose_worker_is_gone_fails_and_the_next_one_starts(make: Builder) -> None:
    school = make.school()
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    host = os.uname().nodename
    run = make.run(school, "running", process=f"{host}:{gone.pid}")
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


def _finished(run_id: int) -> Run | None:
    run = runs.find_run(run_id)
    return run if run.finished_at else None
