"""Processes of a test's own installation: web, workers, scheduler."""

import os
import re
import shlex
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from roster_dash.extensions import db

ROOT = Path(__file__).resolve().parent.parent
PROCFILE = dict(line.split(": ", 1) for line in (ROOT / "Procfile").read_text().splitlines())
Start = Callable[..., "subprocess.Popen[bytes]"]


@contextmanager
def processes(environment: dict[str, str], log_path: Path) -> Iterator[Start]:
    """Gives what starts a Python program; all that it started end with the block."""
    running: list[subprocess.Popen[bytes]] = []
    with open(log_path, "wb") as log:

        def start(*command: str) -> "subprocess.Popen[bytes]":
            process = subprocess.Popen(
                [sys.executable, *command],
                cwd=ROOT,
                env=os.environ | environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
            running.append(process)
            return process

        try:
            yield start
        finally:
            db.session.rollback()  # what the test still reads would keep them out of SQLite
            for process in running:
                process.terminate()
            for process in running:
                process.wait(60)


def start_web(start: Start, port: int) -> None:
    """The web process as the Procfile has it, but of one worker and for this machine only, once it
    answers."""
    told = {"WEB_CONCURRENCY": "1", "PORT": str(port)}
    line = re.sub(r"\$\{(\w+):-\w+\}", lambda found: told[found[1]], PROCFILE["web"])
    start("-m", *shlex.split(line.replace("0.0.0.0", "127.0.0.1")))
    wait_until(lambda: _answers(f"http://127.0.0.1:{port}/healthz"))


def wait_until(true: Callable[[], Any], seconds: float = 30) -> Any:
    """Looks again and again; a test that waits in vain fails here."""
    db.session.rollback()
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        answer = true()
        db.session.rollback()  # on SQLite even reading would keep the others out
        if answer:
            return answer
        time.sleep(0.05)
    raise AssertionError("waited in vain")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=5).ok
    except requests.RequestException:
        return False
