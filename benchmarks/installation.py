"""A scratch installation as its Procfile runs it, with a look-alike of Clever beside it.

All processes are real ones and end with the block, whatever happens in it.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import requests

ROOT = Path(__file__).resolve().parent.parent
PATIENCE_SECONDS = 120.0
_CLEVER_NICENESS = 10
"""Clever is another machine's work; here it must not take the processor from the web."""


class Processes:
    def __init__(self, environment: dict[str, str], logs: Path) -> None:
        self._environment = os.environ | environment
        self._environment["PATH"] = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        self._logs = logs
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, command: str) -> None:
        """A line of a Procfile."""
        with open(self._logs / f"{name}.log", "wb") as log:
            self._running[name] = subprocess.Popen(  # noqa: S602 - honcho gives it to a shell, too
                f"exec {command}",
                shell=True,
                cwd=ROOT,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def check(self) -> None:
        for name, process in self._running.items():
            if process.poll() is not None:
                told = (self._logs / f"{name}.log").read_text(errors="replace")[-3000:]
                raise SystemExit(f"{name} has ended (code {process.returncode}):\n{told}")

    def until(self, what: str, ask: Callable[[], Any], seconds: float = PATIENCE_SECONDS) -> Any:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.check()
            if answer := ask():
                return answer
            time.sleep(0.2)
        raise SystemExit(f"waited {seconds:.0f} s in vain until {what}")

    def pids(self) -> dict[str, int]:
        return {name: process.pid for name, process in self._running.items()}

    def errors(self) -> list[str]:
        """Lines of the logs that tell of something unforeseen."""
        lines = []
        for name in self._running:
            text = (self._logs / f"{name}.log").read_text(errors="replace")
            lines += [
                f"{name}: {line}"
                for line in text.splitlines()
                if "Traceback" in line or " ERROR " in line
            ]
        return lines

    def stop(self) -> None:
        """The last started first; the embedded queue ends with the worker that started it."""
        for process in reversed(self._running.values()):
            process.terminate()
        for process in self._running.values():
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()


@contextmanager
def clever(schools: int, size: int, logs: Path) -> Iterator[str]:
    """The address of a sandbox Clever in a process of its own."""
    port, smtp = free_port(), free_port()
    processes = Processes({}, logs)
    serve = f"python -m roster_dash.sandbox serve --port {port} --smtp-port {smtp}"
    try:
        command = f"nice -n {_CLEVER_NICENESS} {serve} --schools {schools} --size {size}"
        processes.start("clever", command)
        url = f"http://127.0.0.1:{port}"
        processes.until("Clever answers", lambda: answers(f"{url}/_sandbox/state"))
        yield url
    finally:
        processes.stop()


@contextmanager
def running(environment: dict[str, str], workers: int, logs: Path) -> Iterator[Processes]:
    """Every process of the Procfile, `workers` of its workers."""
    lines = (ROOT / "Procfile").read_text().splitlines()
    commands = dict(line.split(": ", 1) for line in lines)
    processes = Processes(environment, logs)
    try:
        for number in range(1, workers + 1):
            processes.start(f"worker-{number}", commands["worker"])
        processes.start("scheduler", commands["scheduler"])
        processes.start("web", commands["web"])
        ready = f"http://127.0.0.1:{environment['PORT']}/readyz"
        processes.until("everything is ready", lambda: answers(ready))
        yield processes
    finally:
        processes.stop()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def scratch_database(server: str) -> Iterator[str]:
    """A PostgreSQL database on a server while the block runs; "" means SQLite."""
    if not server:
        yield ""
        return
    name = f"roster_dash_bench_{os.getpid()}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
        try:
            yield urlsplit(server)._replace(path=f"/{name}").geturl()
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=5).ok
    except requests.RequestException:
        return False


def memory_of(pids: dict[str, int]) -> dict[str, float]:
    """Megabytes by kind of process, its children too; what several share is counted once.

    Linux only; elsewhere nothing is known.
    """
    return _by_kind(pids, _megabytes)


def processor_of(pids: dict[str, int]) -> dict[str, float]:
    """Seconds of a processor by kind of process, those of children that have ended too."""
    return _by_kind(pids, _seconds)


def _by_kind(pids: dict[str, int], measure: Callable[[int], float]) -> dict[str, float]:
    if not Path("/proc/self/smaps_rollup").exists():
        return {}
    kinds = {pid: name.partition("-")[0] for name, pid in pids.items()}
    found: dict[str, float] = {}
    parents = _parents()
    for pid in parents:
        kind, above = "", pid
        while above > 1 and not kind:
            kind, above = kinds.get(above, ""), parents.get(above, 0)
        if kind:
            shown = "queue" if "-server" in _program(pid) else kind
            found[shown] = found.get(shown, 0.0) + measure(pid)
    return found


def _parents() -> dict[int, int]:
    parents = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            with suppress(OSError):
                text = (folder / "stat").read_text().rpartition(")")[2]
                parents[int(folder.name)] = int(text.split()[1])
    return parents


def _program(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text()
    except OSError:
        return ""


def _megabytes(pid: int) -> float:
    """A process's proportional share of the memory that it uses."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def _seconds(pid: int) -> float:
    """Of its own and of its children that have ended."""
    try:
        words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, words[11:15])) / os.sysconf("SC_CLK_TCK")
