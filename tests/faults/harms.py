"""Everything that happens to an installation while a day goes by, one harm after the other."""

import random
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import redis

from roster_dash import jobs
from roster_dash.extensions import db
from roster_dash.store import runs
from roster_dash.store.transactions import commit
from tests.clever import Clever
from tests.faults.conftest import Cluster, MortalRedis
from tests.processes import Start

SCHEDULER = ("-m", "flask", "--app", "wsgi", "roster", "scheduler", "--every", "0.5")
PASSING = (
    {"name": "status", "status": 500},
    {"name": "status", "status": 503},
    {"name": "dropped"},
    {"name": "html"},
    {"name": "cut-body"},
    {"name": "cut-json"},
    {"name": "slow", "seconds": 1},
    {"name": "rate-limited", "seconds": 1},
)
"""Passed after a few requests; a run goes through them."""
ODD = ("empty", "no-data", "no-links", "next-loop", "item-not-object", "duplicate-ids")
PLACES = ("/users", "/sections", "/terms", "role=contact", "")
SMTP = ("smtp-refuse", "smtp-busy", "smtp-drop", "smtp-hang", "smtp-drop-after")


@dataclass
class Harms:
    """An installation with its processes, and what is done to it. `pause`: seconds between."""

    start: Start
    clever: Clever
    redis_server: MortalRedis
    cluster: Cluster | None
    school_ids: list[int]
    chance: random.Random
    pause: float
    done: Counter[str] = field(default_factory=Counter)
    workers: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    def start_processes(self, workers: int) -> None:
        """The first worker is never harmed: its memory tells whether it grows."""
        self.scheduler = self.start(*SCHEDULER)
        self.workers = [self.start("worker.py") for _ in range(workers)]

    def do_one(self) -> None:
        kinds: dict[Callable[[], None], int] = {
            self.kill_a_worker: 4,
            self.ask_a_worker_to_stop: 3,
            self.kill_the_scheduler: 2,
            self.flush_redis: 2,
            self.take_redis_away: 2,
            self.let_clever_stumble: 6,
            self.let_clever_answer_oddly: 2,
            self.let_clever_be_down: 1,
            self.let_mail_bounce: 3,
            self.sync_by_hand: 6,
        }
        if self.cluster is not None:
            kinds[self.crash_the_database] = 2
        harm = self.chance.choices(list(kinds), list(kinds.values()))[0]
        harm()
        self.done[harm.__name__] += 1

    def kill_a_worker(self) -> None:
        number = self.chance.randrange(1, len(self.workers))
        self.workers[number].kill()
        self.workers[number] = self.start("worker.py")

    def ask_a_worker_to_stop(self) -> None:
        number = self.chance.randrange(1, len(self.workers))
        self.workers[number].send_signal(signal.SIGTERM)
        self.workers[number] = self.start("worker.py")

    def kill_the_scheduler(self) -> None:
        self.scheduler.kill()
        self.scheduler = self.start(*SCHEDULER)

    def flush_redis(self) -> None:
        self.redis_server.flush()

    def take_redis_away(self) -> None:
        self.redis_server.kill()
        time.sleep(self.chance.uniform(0, self.pause))
        self.redis_server.start()

    def crash_the_database(self) -> None:
        assert self.cluster is not None
        db.session.remove()
        self.cluster.restart()
        db.engine.dispose()

    def let_clever_stumble(self) -> None:
        fault = dict(self.chance.choice(PASSING))
        path, times = self.chance.choice(PLACES), self.chance.randint(1, 3)
        self.clever.fault(str(fault.pop("name")), path=path, times=times, **fault)

    def let_clever_answer_oddly(self) -> None:
        self.clever.fault(self.chance.choice(ODD), path=self.chance.choice(PLACES), times=1)

    def let_clever_be_down(self) -> None:
        """For everybody, for a while: nobody waits so long for an answer."""
        self.clever.fault("rate-limited", times=0, retry_after=600)
        time.sleep(self.chance.uniform(self.pause, 4 * self.pause))
        self.mend_clever()

    def let_mail_bounce(self) -> None:
        self.clever.fault(self.chance.choice(SMTP), times=self.chance.randint(1, 2), seconds=1)

    def sync_by_hand(self) -> None:
        run_id = runs.request_run(self.chance.choice(self.school_ids), runs.Trigger.MANUAL).id
        commit()
        jobs.enqueue_run(run_id)

    def mend_clever(self) -> None:
        """It answers again, and the wait that it asked for is over."""
        self.clever.mend()
        client = redis.Redis.from_url(self.redis_server.url)
        for key in client.scan_iter("roster_dash:clever:blocked:*"):
            client.delete(key)
        client.close()


def memory_of(pid: int) -> int:
    """Resident MiB of the largest of a process and its children; 0 if it is gone."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return 0
    return max(own_memory_of(pid), *(memory_of(int(child)) for child in children), 0)


def own_memory_of(pid: int) -> int:
    """Resident MiB of a process; 0 if it is gone."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    return (
        next((int(line.split()[1]) for line in status.splitlines() if "VmRSS" in line), 0) // 1024
    )
