"""python -m benchmarks.throughput.night: a district's nights by the processes of the Procfile.

The scheduler makes the runs, so many workers do them; Clever answers after --delay milliseconds a
page and refuses more than --limit requests a minute. Two nights: the first sync of every school,
and one on which 2 % have changed. From the first run asked for to the last one ended; medians.

    python -m benchmarks.throughput.night 100000 --workers 1 2 --delay 100 --rounds 5
    python -m benchmarks.throughput.night 1000000 --workers 4 --limit 1200 --rounds 1
"""

import argparse
import os
import statistics
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from flask import Flask
from sqlalchemy import func, select, update

from benchmarks.installation import ROOT, Processes, free_port, scratch_database
from benchmarks.throughput import ours
from benchmarks.throughput.district import counted, served, tell
from roster_dash.app import create_app
from roster_dash.config import load_config
from roster_dash.extensions import db
from roster_dash.store.tables import Run, School
from roster_dash.store.transactions import commit, reading, rollback

NIGHTS = {"first sync": 0, "2 % changed": 1}
TODAY = datetime.now(UTC).date()
HOURS_SECONDS = 4 * 3600.0


@dataclass(frozen=True, slots=True)
class Night:
    """`peak`: MiB of the largest worker process."""

    seconds: float
    peak: int
    requests: int
    refusals: int
    statuses: Counter[str]


class Installation:
    """One in `folder`, every school of the made-up district linked; its processes not started."""

    def __init__(self, url: str, database: str, folder: Path, limit: int) -> None:
        self._url = url
        self.environment = {
            "INSTANCE_PATH": str(folder / "instance"),
            "DATABASE_URL": database,
            "REDIS_URL": "",
            "CLEVER_API_URL": url,
            "CLEVER_AUTH_URL": url,
            "CLEVER_REQUESTS_PER_MINUTE": str(limit or 100_000),
        }
        config = load_config(self.environment)
        self.app: Flask = create_app(config)
        with self.app.app_context():
            ours.prepare(config.credentials_keys)

    def nights(self, workers: int, logs: Path) -> Iterator[tuple[str, Night]]:
        processes = Processes(self.environment, logs)
        lines = (ROOT / "Procfile").read_text().splitlines()
        commands = dict(line.split(": ", 1) for line in lines)
        try:
            for number in range(1, workers + 1):
                processes.start(f"worker-{number}", commands["worker"])
            processes.start("scheduler", commands["scheduler"])
            for number, (name, step) in enumerate(NIGHTS.items()):
                tell(self._url, "state", step)
                yield name, self._night(processes, TODAY + timedelta(days=number))
        finally:
            processes.stop()

    def _night(self, processes: Processes, day: date) -> Night:
        counted(self._url)
        with self.app.app_context():
            db.session.execute(
                update(School).values(next_due_at=datetime.now(UTC), next_due_day=day)
            )
            commit()
        peaks = [0]

        def is_over() -> bool:
            peaks.append(largest(processes))
            return self._is_over(day)

        processes.until("the night is over", is_over, HOURS_SECONDS)
        counts = counted(self._url)
        with self.app.app_context():
            of_night = Run.scheduled_for == day
            began, ended = db.session.execute(
                select(func.min(Run.created_at), func.max(Run.finished_at)).where(of_night)
            ).one()
            statuses = Counter(db.session.scalars(select(Run.status).where(of_night)))
            rollback()
        seconds = (ended - began).total_seconds()
        return Night(seconds, max(peaks), counts["requests"], counts["refusals"], statuses)

    def _is_over(self, day: date) -> bool:
        with self.app.app_context(), reading():  # or it would be one writer more
            schools = db.session.scalar(select(func.count()).select_from(School))
            ended = select(func.count()).where(
                Run.scheduled_for == day, Run.finished_at.is_not(None)
            )
            return db.session.scalar(ended) == schools


def largest(processes: Processes) -> int:
    """The most MiB that a process of a worker has had; Linux only."""
    parents = dict(_parents())
    workers = {pid for name, pid in processes.pids().items() if name.startswith("worker")}
    ours_all = [pid for pid, parent in parents.items() if pid in workers or parent in workers]
    return max(map(_peak, ours_all), default=0)


def _parents() -> Iterator[tuple[int, int]]:
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            with suppress(OSError):
                words = (folder / "stat").read_text().rpartition(")")[2].split()
                if "python" in (folder / "comm").read_text():
                    yield int(folder.name), int(words[1])


def _peak(pid: int) -> int:
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) // 1024
    return 0


def measure(asked: argparse.Namespace, url: str, server: str) -> None:
    found: dict[tuple[int, str], list[Night]] = defaultdict(list)
    for _ in range(asked.rounds):
        for workers in asked.workers:
            tell(url, "state", 0)
            tell(url, "limit", 0)
            tell(url, "delay", 0)
            with tempfile.TemporaryDirectory() as folder, scratch_database(server) as database:
                installation = Installation(url, database, Path(folder), asked.limit)
                tell(url, "limit", asked.limit)
                tell(url, "delay", asked.delay)
                for name, night in installation.nights(workers, Path(folder)):
                    found[workers, name].append(night)
    for name in NIGHTS:
        alone = statistics.median(night.seconds for night in found[asked.workers[0], name])
        for workers in asked.workers:
            nights = found[workers, name]
            seconds, last = statistics.median(night.seconds for night in nights), nights[-1]
            peak = max(night.peak for night in nights)
            each = 1000 * last.requests / asked.people
            say(
                f"  {name:14}{workers:3} workers {seconds:9.1f} s {seconds / alone:6.2f} x"
                f" {peak:5} MiB {last.requests:6} requests ({each:.2f} per 1,000 people)"
                f" {last.refusals:4} refused  {dict(last.statuses)}"
            )


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.throughput.night")
    parser.add_argument("people", type=int, nargs="?", default=100_000)
    parser.add_argument("--school", type=int, default=2000, help="People of each school.")
    parser.add_argument("--workers", type=int, nargs="*", default=[1, 2])
    parser.add_argument("--delay", type=int, default=100, help="Milliseconds a page.")
    parser.add_argument("--limit", type=int, default=1200, help="Requests a minute.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", choices=("SQLite", "PostgreSQL"))
    asked = parser.parse_args()
    schools = max(1, asked.people // asked.school)
    servers = {"SQLite": "", "PostgreSQL": os.environ.get("BENCH_DATABASE_URL", "")}
    with served(free_port(), asked.people, schools) as url:
        for kind, server in servers.items():
            if asked.only in (None, kind) and (kind == "SQLite" or server):
                about = f"{asked.delay} ms a page, {asked.limit} requests a minute"
                say(f"\n{asked.people:,} people, {schools} schools, {kind}, {about}")
                measure(asked, url, server)


if __name__ == "__main__":
    main()
