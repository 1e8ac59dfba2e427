"""python -m benchmarks.throughput: a district's night beside the floor and what people use today.

Over the same pages: (a) download and parse, (b) that and the barest bulk write, (c) the barest
comparison of a day on which 2 % changed with what (b) has written; then ours in its nights. Each in
a process of its own, whose start isn't counted: a worker is at work already when a job comes.
Medians, ratios to (a) and (b), peak memory, requests and queries. SQLite, and PostgreSQL where
BENCH_DATABASE_URL names a server on which databases may be made.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from benchmarks.installation import free_port, scratch_database
from benchmarks.throughput.district import counted, served, tell

NIGHTS = {
    "first sync": 0,
    "the night after it": 0,
    "nothing changed": 0,
    "2 % changed": 1,
    "a new school year": 2,
}
FLOOR = {
    "a": "(a) download, parse",
    "b": "(b) and bare write",
    "c": "(c) bare comparison, 2 %",
}
PEERS = ("per_row", "dlt")
PEER_NIGHTS = ("first sync", "2 % changed")
"""What peers are measured on; they do the same work whether anything has changed or not."""


@dataclass(frozen=True, slots=True)
class Measured:
    """MiB of a process; what was asked of the API; what it printed."""

    peak: int
    requests: int
    said: Mapping[str, Any]

    @property
    def seconds(self) -> float:
        return float(self.said["seconds"])


class Benchmark:
    """One district served, and processes measured on it."""

    def __init__(self, url: str, database: str, folder: Path) -> None:
        self._url, self._database, self._folder = url, database, folder

    def floor(self, which: str) -> Measured:
        tell(self._url, "state", 1 if which == "c" else 0)
        return self._run("benchmarks.throughput.floor", which, self._url, self._plain("floor"))

    def nights(self, wanted: Sequence[str]) -> Iterator[tuple[str, Measured]]:
        tell(self._url, "state", 0)
        self._run("benchmarks.throughput.ours", "prepare")
        for name in wanted:
            tell(self._url, "state", NIGHTS[name])
            yield name, self._run("benchmarks.throughput.ours", "sync")

    def peer(self, which: str) -> Iterator[tuple[str, Measured]]:
        for name in PEER_NIGHTS:
            tell(self._url, "state", NIGHTS[name])
            database = self._database
            if not database.startswith("postgresql"):
                database = f"sqlite:///{self._plain(which)}"
            yield name, self._run("benchmarks.throughput.peers", which, self._url, database)

    def _plain(self, name: str) -> str:
        is_file = not self._database.startswith("postgresql")
        return str(self._folder / f"{name}.sqlite3") if is_file else self._database

    def _run(self, module: str, *words: str) -> Measured:
        counted(self._url)
        with tempfile.TemporaryFile() as output:
            process = subprocess.Popen(  # noqa: S603 - our own programs
                [sys.executable, "-m", module, *words],
                env=os.environ | self._environment(),
                stdout=output,
                stderr=subprocess.DEVNULL,
            )
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            if process.returncode not in (0, 3):
                raise SystemExit(f"{module} {words[0]} failed ({process.returncode})")
            output.seek(0)
            said = json.loads(output.read() or "{}")
        return Measured(usage.ru_maxrss // 1024, counted(self._url)["requests"], said)

    def _environment(self) -> Mapping[str, str]:
        return {
            "INSTANCE_PATH": str(self._folder),
            "CLEVER_API_URL": self._url,
            "CLEVER_AUTH_URL": self._url,
            "CLEVER_REQUESTS_PER_MINUTE": "100000",
            "DLT_DATA_DIR": str(self._folder / "dlt"),
            "RUNTIME__DLTHUB_TELEMETRY": "false",
            "LOAD__WORKERS": "1",  # SQLite has one writer at a time; two would fail
            **({"DATABASE_URL": self._database} if self._database else {}),
        }


def measure(
    url: str, server: str, rounds: int, nights: Sequence[str], peers: Sequence[str]
) -> None:
    found: dict[str, list[Measured]] = defaultdict(list)
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as folder, scratch_database(server) as database:
            bench = Benchmark(url, database, Path(folder))
            for which, name in FLOOR.items():
                found[name].append(bench.floor(which))
            for name, measured in bench.nights(nights):
                found[name].append(measured)
    for which in peers:
        with tempfile.TemporaryDirectory() as folder, scratch_database(server) as database:
            bench = Benchmark(url, database, Path(folder))
            for name, measured in bench.peer(which):
                found[f"{which}: {name}"].append(measured)
    print_table(found)


def print_table(found: Mapping[str, list[Measured]]) -> None:
    floor, bare, *_ = (statistics.median(each.seconds for each in ms) for ms in found.values())
    say(f"  {'':28}{'seconds':>9}{'× (a)':>8}{'× (b)':>8}{'MiB':>6}{'requests':>10}  queries")
    for name, measured in found.items():
        seconds = statistics.median(each.seconds for each in measured)
        last = measured[-1]
        about = last.said
        ratios = f"{seconds / floor:8.2f}{seconds / bare:8.2f}"
        peak = max(each.peak for each in measured)
        line = f"  {name:28}{seconds:9.2f}{ratios}{peak:6}{last.requests:10}"
        say(f"{line}  {about.get('queries', '')} {about.get('statuses', '')}")


def say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - this is its output


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("people", type=int, nargs="*", default=[3000, 10_000])
    parser.add_argument("--school", type=int, default=2000, help="People of each school.")
    parser.add_argument("--rounds", type=int, default=5)
    nights = tuple(NIGHTS)
    parser.add_argument("--nights", nargs="+", choices=nights, default=nights, help="Of ours.")
    parser.add_argument("--peers", nargs="*", choices=PEERS, help="What people use today; all.")
    parser.add_argument("--only", choices=("SQLite", "PostgreSQL"))
    options = parser.parse_args()
    peers = () if options.peers is None else options.peers or PEERS
    peers = [which for which in peers if which == "per_row" or find_spec(which)]
    servers = {"SQLite": "", "PostgreSQL": os.environ.get("BENCH_DATABASE_URL", "")}
    for people in options.people:
        schools = max(1, people // options.school)
        with served(free_port(), people, schools) as url:
            for kind, server in servers.items():
                if options.only in (None, kind) and (kind == "SQLite" or server):
                    rounds = options.rounds
                    say(f"\n{people:,} people, {schools} schools, {kind}, medians of {rounds}")
                    measure(url, server, rounds, options.nights, peers)


if __name__ == "__main__":
    main()
