"""Workers that are killed, asked to stop, or left without Redis: the run is done once, whole."""

import signal
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from roster_dash import jobs
from roster_dash.extensions import db
from roster_dash.store import mails, runs
from roster_dash.store.tables import OperationRow, Run, School
from roster_dash.store.transactions import commit
from tests.builders import Builder
from tests.clever import Clever
from tests.faults.conftest import MortalRedis
from tests.processes import Start, wait_until

pytestmark = pytest.mark.faults


@pytest.fixture
def school(make: Builder, clever: Clever) -> Iterator[School]:
    """Its roster comes slowly, so that there is time to do harm."""
    district = make.district(clever.district.name, clever.district.id, clever.district.token)
    linked = make.school(district, clever.schools[0].name, clever.schools[0].id)
    make.settings(linked, students="on", notify__emails="owner@school.example")
    clever.fault("slow", path="/users", times=0, seconds=1)
    yield linked
    clever.mend()


def begin(school: School) -> int:
    """Asks for a run; its number once a worker is at work on it."""
    run = runs.request_run(school.id, runs.Trigger.MANUAL)
    run_id = run.id
    commit()
    jobs.enqueue_run(run_id)
    wait_until(lambda: runs.find_run(run_id).status == "running")
    return run_id


def finished(run_id: int) -> Run | None:
    jobs.tick(datetime.now(UTC))
    run = runs.find_run(run_id)
    return run if run.finished_at else None


def assert_done_once(run: Run, clever: Clever) -> None:
    """Everybody was created once, and one mail went out."""
    run_id, status, counts = run.id, run.status, run.counts
    created = db.session.scalars(
        select(OperationRow.entity_id).where(OperationRow.action == "create")
    ).all()
    commit()  # on SQLite even reading would keep the worker out
    assert status == "succeeded"
    assert counts is not None
    assert len(created) == len(set(created)) == counts["people"]["created"] > 0
    wait_until(lambda: runs.find_run(run_id).mails[0].status == mails.MailStatus.SENT)
    assert len(clever.inbox()) == 1


def test_a_killed_workers_run_is_finished_by_another_one(
    school: School, clever: Clever, start: Start
) -> None:
    first = start("worker.py")
    run_id = begin(school)
    first.kill()
    first.wait()
    start("worker.py")
    run = wait_until(lambda: finished(run_id), 60)
    assert run.attempts == 2
    assert_done_once(run, clever)


def test_a_worker_that_is_asked_to_stop_hands_its_run_over_and_ends(
    school: School, clever: Clever, start: Start
) -> None:
    clever.fault("rate-limited", path="/sections", times=1, seconds=60)
    first = start("worker.py")
    run_id = begin(school)
    first.send_signal(signal.SIGTERM)
    first.wait(15)
    run = runs.find_run(run_id)
    assert (run.status, run.attempts) == ("queued", 0)
    commit()
    clever.mend()
    start("worker.py")
    assert_done_once(wait_until(lambda: finished(run_id), 60), clever)


def test_a_run_and_its_worker_outlive_a_flushed_redis(
    school: School, clever: Clever, start: Start, redis_server: MortalRedis
) -> None:
    worker = start("worker.py")
    run_id = begin(school)
    redis_server.flush()
    assert_done_once(wait_until(lambda: finished(run_id), 60), clever)
    assert worker.poll() is None


def test_a_run_and_its_worker_outlive_a_redis_that_dies_and_comes_back(
    school: School, clever: Clever, start: Start, redis_server: MortalRedis
) -> None:
    worker = start("worker.py")
    run_id = begin(school)
    redis_server.kill()
    wait_until(lambda: finished(run_id), 60)
    redis_server.start()
    jobs.tick(datetime.now(UTC))
    assert_done_once(runs.find_run(run_id), clever)
    assert worker.poll() is None


def test_a_run_and_its_worker_outlive_a_redis_that_is_restarted(
    school: School, clever: Clever, start: Start, redis_server: MortalRedis
) -> None:
    worker = start("worker.py")
    run_id = begin(school)
    redis_server.kill()
    redis_server.start()
    assert_done_once(wait_until(lambda: finished(run_id), 60), clever)
    assert worker.poll() is None
