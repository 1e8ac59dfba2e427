"""SIGKILL at random moments: what comes out is what nobody's death would have given."""

import os
import random
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select, update

from roster_dash import jobs
from roster_dash.extensions import db
from roster_dash.store import mails, runs
from roster_dash.store.tables import MailRow, Run
from roster_dash.store.transactions import commit
from tests.builders import Builder
from tests.clever import Clever
from tests.faults.conftest import Undisturbed, link_everything
from tests.faults.outcome import assert_nothing_twice, assert_one_mail_per_run, outcome_of
from tests.processes import Start, wait_until

pytestmark = pytest.mark.faults

KILLS = int(os.environ.get("KILLS", "15"))
"""On each kind of database."""
SIZES = {"schools": 4, "size": 40}
WORKERS = 2
LONGEST_RUN_SECONDS = 0.8


def parent_of(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def worker_at_work(workers: list["subprocess.Popen[bytes]"]) -> tuple[int, int, str] | None:
    """(which worker, run, its token) of a run that has an attempt left."""
    rows = db.session.scalars(
        select(Run).where(Run.status == "running", Run.attempts < runs.MOST_ATTEMPTS)
    ).all()
    numbers = {worker.pid: number for number, worker in enumerate(workers)}
    for run in rows:
        number = numbers.get(parent_of(int(run.process.rpartition(":")[2] or 0)))
        if number is not None:
            return number, run.id, run.token
    return None


def is_at_a_last_attempt(worker: "subprocess.Popen[bytes]") -> bool:
    """Whether a run would have failed if its worker were killed now; it may be another by now."""
    last = (Run.status == "running", Run.attempts >= runs.MOST_ATTEMPTS)
    processes = db.session.scalars(select(Run.process).where(*last)).all()
    commit()
    return any(parent_of(int(each.rpartition(":")[2] or 0)) == worker.pid for each in processes)


def all_ended() -> bool:
    return (
        not runs.queued_run_ids()
        and not db.session.scalars(select(Run.id).where(Run.status.in_(runs.ACTIVE))).all()
    )


def all_sent() -> bool:
    """A message whose sender was killed is left to it for minutes; here for none."""
    mine = (MailRow.status == mails.MailStatus.SENDING, MailRow.attempts == 0)
    db.session.execute(update(MailRow).where(*mine).values(due_at=datetime.now(UTC)))
    commit()
    return set(db.session.scalars(select(MailRow.status))) == {mails.MailStatus.SENT}


def test_workers_killed_at_random_moments_lose_and_double_nothing(
    make: Builder, clever: Clever, start: Start, undisturbed: Undisturbed
) -> None:
    seed = random.randrange(1 << 30)
    print("seed", seed)
    moments = random.Random(seed)
    clever.reset(**SIZES)
    ids = link_everything(make, clever)
    clever.fault("slow", times=0, seconds=0.03)
    start("-m", "flask", "--app", "wsgi", "roster", "scheduler", "--every", "0.5")
    workers = [start("worker.py") for _ in range(WORKERS)]
    kills = days = 0
    deadline = time.monotonic() + 60 + 20 * KILLS
    while True:
        for school_id in ids:
            jobs.enqueue_run(runs.request_run(school_id, runs.Trigger.MANUAL).id)
            commit()
        while True:
            assert time.monotonic() < deadline, f"only {kills} kills"
            found = worker_at_work(workers)
            ended = all_ended()
            commit()
            if found is not None and kills < KILLS:
                number, run_id, token = found
                time.sleep(moments.uniform(0, LONGEST_RUN_SECONDS))
                if is_at_a_last_attempt(workers[number]):
                    continue
                workers[number].kill()
                workers[number].wait()
                run = runs.find_run(run_id)
                kills += (run.status, run.token) == ("running", token)
                commit()
                workers[number] = start("worker.py")
            elif ended:
                break
            else:
                time.sleep(0.02)
        if kills == KILLS:
            break
        days += 1
        clever.advance(1)
    wait_until(all_sent, 60)
    statuses = set(db.session.scalars(select(Run.status)))
    commit()
    assert statuses <= {"succeeded", "held"}
    assert_nothing_twice()
    assert_one_mail_per_run(clever, ids)
    harmed, quiet = outcome_of(ids), undisturbed(days, **SIZES)
    assert harmed.people.keys() == quiet.people.keys()
    assert harmed.without_moved() == quiet.without_moved()
    print(f"{kills} kills over {days + 1} rounds of {len(ids)} runs")
