"""make demo: everything at once on this machine, with a made-up district to try it on.

Starts the sandbox Clever with its mail inbox, the web, two workers and the scheduler as processes
of their own, seeds a district through the command line as an operator would, waits for the first
sync, and says where to look. Ctrl-C stops all. With DEMO_EXIT=1 it waits for the mail too, prints
a summary and ends: 0, or 1 if anything failed.

It keeps to its own folder and database: DATABASE_URL and REDIS_URL are not for it.
"""

import ctypes
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, TypeVar

import requests

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "instance" / "demo"
PASSWORD = "roster-demo"  # noqa: S105 - printed on the screen; it opens a made-up district only
PATIENCE_SECONDS = 150.0
SOMETHING_IS_HELD = 3
"""The command line's exit code when a sync went well and left something for a person."""
SETTINGS = (
    "students=on",
    "teachers=on",
    "staff=on",
    "admins=on",
    "contacts=primary",
    "class_lists=on",
    "class_lists.terms=current",
    "class_lists.grades=all",
    "notify.emails=owner@riverdale.example",
)
T = TypeVar("T")


class DemoFailed(Exception):
    """The demo can't go on; the message says why and where to look."""


@dataclass(frozen=True, slots=True)
class Ports:
    web: int
    clever: int
    smtp: int

    @property
    def web_url(self) -> str:
        return f"http://127.0.0.1:{self.web}"

    @property
    def clever_url(self) -> str:
        return f"http://127.0.0.1:{self.clever}"


@dataclass(frozen=True, slots=True)
class Account:
    role: str
    email: str
    place: tuple[str, ...]


class Processes:
    """What the demo runs; all of it ends with the demo, however that ends."""

    def __init__(self, environment: dict[str, str], logs: Path) -> None:
        self._environment = environment
        self._folder = logs
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._logs: list[IO[bytes]] = []

    def start(self, name: str, *command: str) -> None:
        log = open(self._folder / f"{name}.log", "wb")  # noqa: SIM115 - closed by stop()
        self._logs.append(log)
        self._running[name] = subprocess.Popen(  # noqa: S603 - our own programs
            command,
            cwd=ROOT,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_end_with_parent,
        )

    def check(self) -> None:
        """Errors: DemoFailed names a process that has ended by itself."""
        for name, process in self._running.items():
            if process.poll() is not None:
                log = self._folder / f"{name}.log"
                raise DemoFailed(f"{name} has ended (code {process.returncode}); see {log}")

    def stop(self) -> None:
        """Ends all, the last started first."""
        running = list(reversed(self._running.values()))
        for process in running:
            if process.poll() is None:
                process.terminate()
        for process in running:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        for log in self._logs:
            log.close()


@dataclass(frozen=True, slots=True)
class Seeded:
    """What a demo begins with. Schools are Clever's ids; only the first one syncs anything yet."""

    accounts: list[Account]
    schools: list[str]
    run: dict[str, Any]


class Demo:
    """`folder` is emptied first; all that the demo keeps is in it."""

    def __init__(self, ports: Ports, folder: Path = FOLDER) -> None:
        self._ports = ports
        self._environment = _environment(ports, folder)
        self._processes = Processes(self._environment, folder / "logs")
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "logs").mkdir(parents=True)

    def run(self, *, and_exit: bool) -> None:
        with self.running() as seeded:
            if and_exit:
                self._summarise(seeded.schools[0], seeded.run)
            else:
                self._invite(seeded.accounts)
                self._stay()

    @contextmanager
    def running(self) -> Iterator[Seeded]:
        """Everything up and the first sync done; all of it ends with the block."""
        try:
            self._start()
            accounts, schools = self._seed()
            run = self._first_sync(schools[0])
            self._until("the web is ready", lambda: _answers(f"{self._ports.web_url}/readyz"))
            yield Seeded(accounts, schools, run)
        finally:
            self._processes.stop()

    def _start(self) -> None:
        ports, python = self._ports, sys.executable
        _say("Starting the sandbox Clever, its inbox, the web, two workers and the scheduler …")
        self._processes.start(
            "sandbox",
            *(python, "-m", "roster_dash.sandbox", "serve"),
            *("--port", str(ports.clever), "--smtp-port", str(ports.smtp), "--seed", "1"),
        )
        self.roster("init")
        for number in (1, 2):
            self._processes.start(f"worker-{number}", python, "worker.py")
        self._processes.start("scheduler", *self._flask("scheduler"))
        self._processes.start(
            "web",
            *(python, "-m", "gunicorn", "wsgi:app", "--worker-class", "gthread"),
            *("--threads", "8", "--no-control-socket", "--bind", f"127.0.0.1:{ports.web}"),
        )
        self._until("the sandbox answers", lambda: _answers(f"{ports.clever_url}/_sandbox/state"))

    def _seed(self) -> tuple[list[Account], list[str]]:
        """A connected district, its schools linked, three accounts, the first school's settings."""
        state = _get(f"{self._ports.clever_url}/_sandbox/state")
        district = state["districts"][0]
        _say(f"Connecting {district['name']} with its {len(district['schools'])} schools …")
        self.roster("connect-district", district["name"], "--clever-id", district["id"])
        ids = [school["id"] for school in district["schools"]]
        for clever_id in ids:
            zone = "America/Chicago"
            self.roster("link-school", district["id"], clever_id, "--timezone", zone)
        accounts = [
            Account("owner", "owner@riverdale.example", ("--school", ids[0])),
            Account(
                "district_manager", "manager@riverdale.example", ("--district", district["id"])
            ),
            Account("specialist", "specialist@roster-dash.example", ()),
        ]
        for account in accounts:
            command = ("create-user", account.email, "--role", account.role, *account.place)
            self.roster(*command, "--password-stdin", secret=PASSWORD)
        self.roster("settings", ids[0], *SETTINGS)
        return accounts, ids

    def _first_sync(self, school: str) -> dict[str, Any]:
        _say("First sync, through the queue …")
        number = self.roster("sync", school, "--enqueue")["run"]

        def finished() -> dict[str, Any] | None:
            run: dict[str, Any] = self.roster("run", str(number))
            return run if run["finished_at"] else None

        run = self._until("the first sync ends", finished)
        if run["status"] != "succeeded":
            raise DemoFailed(f"the first sync is {run['status']}: {run['message']}")
        return run

    def _summarise(self, school: str, run: dict[str, Any]) -> None:
        """Everything as it is seen from outside; nothing is taken on trust."""
        people = self.roster("people", school, "--format", "json")
        lists = self.roster("lists", school, "--format", "json")
        mail = self._until("the mail arrives", self._first_mail)
        if not people or not lists:
            raise DemoFailed(f"{len(people)} people and {len(lists)} lists came from the sync")
        roles = Counter(role for person in people for role in person["roles"].split(";"))
        by_role = ", ".join(f"{number:,} {role}" for role, number in sorted(roles.items()))
        memberships = sum(len(row["members"].split(";")) for row in lists if row["members"])
        _say(f"\nPeople  {len(people):,} ({by_role})")
        _say(f"Lists   {len(lists):,} with {memberships:,} members")
        _say(f"Run     {run['run']} {run['status']}: {run['message']}")
        _say(f"Mail    to {', '.join(mail['to'])}: {mail['subject']}")

    def _first_mail(self) -> dict[str, Any] | None:
        inbox: list[dict[str, Any]] = _get(f"{self._ports.clever_url}/inbox.json")
        return inbox[0] if inbox else None

    def _invite(self, accounts: Sequence[Account]) -> None:
        _say(f"\nRoster Dash   {self._ports.web_url}")
        _say(f"Mail inbox    {self._ports.clever_url}/inbox")
        _say(f"Every mail    {self._ports.clever_url}/gallery")
        _say("\nLog in as")
        for account in accounts:
            role = account.role.replace("_", " ").capitalize()
            _say(f"  {role:18}{account.email:34}{PASSWORD}")
        _say(
            f"\nLet a day pass in Clever: {sys.executable} -m roster_dash.sandbox time --days 1 "
            f"--url {self._ports.clever_url}"
        )
        _say("Ctrl-C stops everything.")

    def _stay(self) -> None:
        stop = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stop.set())
        while not stop.wait(1):
            self._processes.check()

    def _flask(self, *words: str) -> tuple[str, ...]:
        return (sys.executable, "-m", "flask", "--app", "wsgi", "roster", *words)

    def roster(self, *words: str, secret: str | None = None) -> Any:
        """One `flask roster` command as an operator would give it; its JSON answer.

        Errors: DemoFailed says what the command said.
        """
        done = subprocess.run(  # noqa: S603 - our own command line
            self._flask(*words, *(() if "--format" in words else ("--json",))),
            cwd=ROOT,
            env=self._environment,
            input=secret,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode not in (0, SOMETHING_IS_HELD):
            raise DemoFailed(f"roster {words[0]} failed: {done.stdout or done.stderr[-2000:]}")
        return json.loads(done.stdout)

    def _until(self, what: str, ask: Callable[[], T | None]) -> T:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            self._processes.check()
            if answer := ask():
                return answer
            time.sleep(0.2)
        raise DemoFailed(f"waited {PATIENCE_SECONDS:.0f} s in vain until {what}")


def _environment(ports: Ports, folder: Path) -> dict[str, str]:
    inherited = {
        name: value
        for name, value in os.environ.items()
        if name not in ("DATABASE_URL", "REDIS_URL") and not name.startswith(("MAIL_", "CLEVER_"))
    }
    return inherited | {
        "INSTANCE_PATH": str(folder),
        "PORT": str(ports.web),
        "PUBLIC_URL": ports.web_url,
        "CLEVER_API_URL": ports.clever_url,
        "CLEVER_AUTH_URL": ports.clever_url,
        "CLEVER_CLIENT_ID": "sandbox-client",
        "CLEVER_CLIENT_SECRET": "sandbox-secret",
        "MAIL_SERVER": "127.0.0.1",
        "MAIL_PORT": str(ports.smtp),
        "MAIL_DEFAULT_SENDER": "Roster Dash <roster-dash@riverdale.example>",
        "OUTBOUND_ALLOW": f"127.0.0.1:{ports.clever}",
        "PYTHONUNBUFFERED": "1",
    }


def choose_ports(web: int = 8000) -> Ports:
    return Ports(_free_port(web), _free_port(8100), _free_port(8125))


def _free_port(wanted: int) -> int:
    """The wanted port, or another one if it is taken."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            found: int = probe.getsockname()[1]
            return found
    raise DemoFailed("no free port on 127.0.0.1")


def _get(url: str) -> Any:
    return requests.get(url, timeout=10).json()


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=10).ok
    except requests.RequestException:
        return False


def _end_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - this is its output


def main() -> int:
    ports = choose_ports(int(os.environ.get("PORT") or 8000))
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        Demo(ports).run(and_exit=os.environ.get("DEMO_EXIT") == "1")
    except DemoFailed as error:
        _say(f"The demo failed: {error}")
        return 1
    except KeyboardInterrupt:
        _say("Stopped.")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
