"""make bench: a hundred people at work in the dashboard while syncs run.

A scratch installation is run by its Procfile, with more workers, beside a sandbox Clever. Its
schools of 1,000 are synced over and over, with a day passing in Clever every few seconds, while
every user asks for a page every three seconds, as people do: what they click on next is on the
page that they saw last. A request counts from the moment at which it was due.

    python -m benchmarks.load [--users 100] [--seconds 60] [--schools 10] [--size 1000]
                              [--workers 2 on SQLite, 4 on PostgreSQL]

SQLite and the embedded queue, unless BENCH_DATABASE_URL names a PostgreSQL server (a database is
made there and dropped again) or REDIS_URL a Redis. Ends with 1 where a request or a run failed, or
a run has not ended; how quick it was is told and not judged.
"""

import argparse
import os
import random
import re
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests
from flask import Flask
from flask_migrate import upgrade

from benchmarks.installation import (
    Processes,
    clever,
    free_port,
    memory_of,
    processor_of,
    running,
    scratch_database,
)
from benchmarks.sync import EVERYTHING, SETTINGS
from roster_dash import jobs, linking
from roster_dash.app import create_app
from roster_dash.cli.paths import MIGRATIONS
from roster_dash.config import load_config
from roster_dash.connection import open_source
from roster_dash.extensions import db
from roster_dash.store import accounts, runs, schools
from roster_dash.store import settings as settings_store
from roster_dash.store.accounts import AccountRole
from roster_dash.store.tables import Run, School
from roster_dash.store.transactions import commit

PASSWORD = "correct horse battery staple"  # noqa: S105
EVERY_SECONDS = 3.0
TIMEOUT_SECONDS = 30
DAY_EVERY = 5
"""Looks after the syncs, one a second, between two days in Clever."""
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
_BASE = re.compile(r'name="base" id="base" value="(\d+)"')
_LINK = re.compile(r'href="/(runs|people|lists)/(\d+)"')


@dataclass(frozen=True, slots=True)
class Timed:
    kind: str
    seconds: float
    error: str = ""


@dataclass
class Visitor:
    """One user and what they have seen so far: the links of the pages, the last form's token."""

    number: int
    email: str
    url: str
    schools: list[int]
    district: int = 0
    school: int = 0
    base: str = "0"
    seen: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        self.random = random.Random(self.number)  # noqa: S311 - the same clicks every time
        self.school = self.schools[0]
        self._browser = requests.Session()
        self._token = ""

    def log_in(self) -> None:
        self.ask("GET", "/login")
        answer = self.ask("POST", "/login", {"email": self.email, "password": PASSWORD})
        if answer.status_code != 303:
            raise SystemExit(f"{self.email} can't log in: {answer.status_code}")
        for page in ("rostering", "history", "people", "lists"):
            self.ask("GET", f"/schools/{self.school}/{page}")

    def timed(self, kind: str, due: float) -> Timed:
        try:
            error = CLICKS[kind].act(self)
        except requests.RequestException as gone:
            error = type(gone).__name__
        return Timed(kind, time.perf_counter() - due, error)

    def click(self) -> str:
        """A kind of page, as often as people want it."""
        kinds = [kind for kind, click in CLICKS.items() if self.district or not click.manager]
        return self.random.choices(kinds, [CLICKS[kind].weight for kind in kinds])[0]

    def get(self, path: str, *, part: bool = False) -> str:
        answer = self.ask("GET", path, part=part)
        return "" if answer.status_code == 200 else f"{path} answers {answer.status_code}"

    def ask(
        self, method: str, path: str, form: Mapping[str, str] | None = None, *, part: bool = False
    ) -> requests.Response:
        data = {"csrf_token": self._token, **form} if form is not None else None
        answer = self._browser.request(
            method,
            self.url + path,
            data=data,
            headers={"HX-Request": "true"} if part else {},
            allow_redirects=False,
            timeout=TIMEOUT_SECONDS,
        )
        self._remember(answer.text)
        return answer

    def _remember(self, html: str) -> None:
        if found := _TOKEN.search(html):
            self._token = found[1]
        if found := _BASE.search(html):
            self.base = found[1]
        links = defaultdict(list)
        for kind, number in _LINK.findall(html):
            links[kind].append(number)
        self.seen.update(links)


def _of_school(page: str) -> Callable[[Visitor], str]:
    return lambda visitor: visitor.get(f"/schools/{visitor.school}/{page}")


def _rostering(visitor: Visitor) -> str:
    """Begins with a school; what follows is about that one."""
    visitor.school = visitor.random.choice(visitor.schools)
    return visitor.get(f"/schools/{visitor.school}/rostering")


def _state(visitor: Visitor) -> str:
    return visitor.get(f"/schools/{visitor.school}/rostering/state", part=True)


def _search(visitor: Visitor) -> str:
    name = visitor.random.choice(("an", "Garcia", "smith", "Lee", "o"))
    return visitor.get(f"/schools/{visitor.school}/people?q={name}&role=student")


def _seen(kind: str) -> Callable[[Visitor], str]:
    """Something that the last page with such links had."""

    def act(visitor: Visitor) -> str:
        links = visitor.seen[kind]
        if not links:
            return visitor.get(f"/schools/{visitor.school}/rostering")
        return visitor.get(f"/{kind}/{visitor.random.choice(links)}")

    return act


def _district(page: str) -> Callable[[Visitor], str]:
    return lambda visitor: visitor.get(f"/districts/{visitor.district}{page}")


def _preview(visitor: Visitor) -> str:
    form = EVERYTHING | {"teachers.auto_update": "on"}
    path = f"/schools/{visitor.school}/rostering/preview"
    answer = visitor.ask("POST", path, form, part=True)
    return "" if answer.status_code == 200 else f"a preview answers {answer.status_code}"


def _save(visitor: Visitor) -> str:
    """Two who change the same setting are told so: that is an answer, too."""
    form = EVERYTHING | {"base": visitor.base, "grace.students": str(visitor.random.randint(3, 5))}
    answer = visitor.ask("POST", f"/schools/{visitor.school}/rostering", form, part=True)
    is_clash = answer.status_code == 422 and "somebody else meanwhile" in answer.text
    good = answer.status_code == 200 or is_clash
    return "" if good else f"a Save answers {answer.status_code}"


@dataclass(frozen=True, slots=True)
class Click:
    """`weight`: how often it is wanted; `manager`: by District Managers only."""

    act: Callable[[Visitor], str]
    weight: int
    manager: bool = False


CLICKS = {
    "rostering": Click(_rostering, 12),
    "its preview": Click(_preview, 10),
    "its state": Click(_state, 14),
    "Save": Click(_save, 2),
    "history": Click(_of_school("history"), 10),
    "a run": Click(_seen("runs"), 10),
    "people": Click(_of_school("people"), 8),
    "people, searched": Click(_search, 10),
    "a person": Click(_seen("people"), 8),
    "lists": Click(_of_school("lists"), 6),
    "a list": Click(_seen("lists"), 6),
    "why?": Click(_of_school("why?q=Lee"), 2),
    "district": Click(_district(""), 40, manager=True),
    "its history": Click(_district("/history"), 25, manager=True),
}


class Syncs(threading.Thread):
    """Keeps every school syncing, and days passing in Clever, until told to stop."""

    def __init__(self, app: Flask, clever_url: str, school_ids: list[int]) -> None:
        super().__init__(daemon=True)
        self._app, self._clever, self._school_ids = app, clever_url, school_ids
        self._over = threading.Event()

    def run(self) -> None:
        looks = 0
        while not self._over.wait(1):
            if looks % DAY_EVERY == 0:
                _tell(self._clever, "time", {"days": 1})
            looks += 1
            with self._app.app_context():
                request_syncs(self._school_ids)

    def stop(self) -> None:
        self._over.set()
        self.join()


def request_syncs(school_ids: list[int]) -> None:
    """A sync of every school that has none at work."""
    ids = [
        runs.request_run(school_id, runs.Trigger.MANUAL).id
        for school_id in school_ids
        if runs.active_run(school_id) is None
    ]
    commit()
    jobs.enqueue_runs(ids)


def unended(app: Flask) -> int:
    with app.app_context():
        active = db.select(db.func.count()).where(Run.status.in_(runs.ACTIVE))
        number = db.session.scalar(active) or 0
        db.session.rollback()
    return number


def _tell(clever_url: str, what: str, sent: Mapping[str, Any]) -> None:
    answer = requests.post(f"{clever_url}/_sandbox/{what}", json=sent, timeout=TIMEOUT_SECONDS)
    answer.raise_for_status()


def link_all(app: Flask, clever_url: str) -> tuple[int, list[int]]:
    """The sandbox's district with all its schools, which sync all they can: (id, their ids)."""
    state = requests.get(f"{clever_url}/_sandbox/state", timeout=TIMEOUT_SECONDS).json()
    about = state["districts"][0]
    with app.app_context():
        district = schools.save_district(about["name"], about["id"], None)
        commit()
        shared = open_source(district).schools()
        ids = linking.link(district.id, shared, "UTC")
        for school in db.session.scalars(db.select(School)):
            settings_store.save_settings(school, SETTINGS, None)
        district_id = district.id
        commit()
    return district_id, ids


def make_users(
    app: Flask, url: str, number: int, district_id: int, ids: list[int]
) -> list[Visitor]:
    """Four Owners, each of three schools, to one District Manager."""
    visitors = []
    with app.app_context():
        district = schools.find_district(str(district_id))
        for n in range(number):
            email = f"user{n}@district.example"
            if n % 5 == 4:
                role = AccountRole.DISTRICT_MANAGER
                accounts.create_user(email, PASSWORD, role, district=district)
                visitors.append(Visitor(n, email, url, ids, district_id))
            else:
                own = sorted({ids[(n + step) % len(ids)] for step in (0, 3, 7)})
                owned = [schools.find_school(str(school_id)) for school_id in own]
                accounts.create_user(email, PASSWORD, AccountRole.OWNER, schools=owned)
                visitors.append(Visitor(n, email, url, own))
        commit()
    return visitors


def work(visitors: list[Visitor], seconds: float) -> list[Timed]:
    """Everybody clicks every three seconds, each at their own moment of them."""
    found: list[Timed] = []
    start = time.perf_counter() + 0.5

    def act(visitor: Visitor) -> None:
        due = start + visitor.random.random() * EVERY_SECONDS
        while due < start + seconds:
            time.sleep(max(0.0, due - time.perf_counter()))
            if time.perf_counter() > start + 2 * seconds:
                found.append(Timed("all", seconds, "never had its turn"))
                return
            found.append(visitor.timed(visitor.click(), due))
            due += EVERY_SECONDS

    with ThreadPoolExecutor(len(visitors)) as people:
        list(people.map(act, visitors))
    return found


class Memory(threading.Thread):
    """The most that each kind of process has had."""

    def __init__(self, processes: Processes) -> None:
        super().__init__(daemon=True)
        self._processes, self._over = processes, threading.Event()
        self.most: dict[str, float] = {}

    def run(self) -> None:
        while not self._over.wait(3):
            for kind, size in memory_of(self._processes.pids()).items():
                self.most[kind] = max(size, self.most.get(kind, 0.0))

    def stop(self) -> None:
        self._over.set()
        self.join()


@dataclass(frozen=True, slots=True)
class Outcome:
    timed: list[Timed]
    runs: Mapping[str, int]
    unended: int
    memory: Mapping[str, float]
    processor: Mapping[str, float]
    logged: list[str]

    @property
    def is_good(self) -> bool:
        errors = [each for each in self.timed if each.error]
        return not (errors or self.unended or self.runs.get("failed") or self.logged)


def measure(asked: argparse.Namespace, database_url: str, folder: Path) -> Outcome:
    logs = folder / "logs"
    logs.mkdir()
    with clever(asked.schools, asked.size, logs) as clever_url:
        _tell(clever_url, "rate", {"limit": 100_000})
        environment = environment_of(clever_url, database_url, folder)
        app = create_app(load_config(environment, instance=folder / "instance"))
        with app.app_context():
            upgrade(directory=MIGRATIONS)
        with running(environment, asked.workers, logs) as processes:
            district_id, ids = link_all(app, clever_url)
            visitors = make_users(app, environment["PUBLIC_URL"], asked.users, district_id, ids)
            with app.app_context():
                request_syncs(ids)
            processes.until("the first syncs end", lambda: not unended(app))
            outcome = under_load(asked, app, processes, visitors, Syncs(app, clever_url, ids))
        with app.app_context():
            db.engine.dispose()
    return outcome


def environment_of(clever_url: str, database_url: str, folder: Path) -> dict[str, str]:
    port = free_port()
    return {
        "INSTANCE_PATH": str(folder / "instance"),
        "DATABASE_URL": database_url,
        "REDIS_URL": os.environ.get("REDIS_URL", ""),
        "PORT": str(port),
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "CLEVER_API_URL": clever_url,
        "CLEVER_AUTH_URL": clever_url,
        "CLEVER_CLIENT_ID": "sandbox-client",
        "CLEVER_CLIENT_SECRET": "sandbox-secret",
        "CLEVER_REQUESTS_PER_MINUTE": "100000",  # the processors are measured, not Clever's limit
    }


def under_load(
    asked: argparse.Namespace,
    app: Flask,
    processes: Processes,
    visitors: list[Visitor],
    syncs: Syncs,
) -> Outcome:
    with ThreadPoolExecutor(4) as few:
        list(few.map(Visitor.log_in, visitors))
    memory, began, spent = Memory(processes), datetime.now(UTC), processor_of(processes.pids())
    for thread in (memory, syncs):
        thread.start()
    timed = work(visitors, asked.seconds)
    ended, after = datetime.now(UTC), processor_of(processes.pids())
    syncs.stop()
    memory.stop()
    deadline = time.monotonic() + 120
    while (left := unended(app)) and time.monotonic() < deadline:
        time.sleep(0.5)
    processes.check()
    with app.app_context():
        states = db.session.scalars(
            db.select(Run.status).where(Run.finished_at > began, Run.finished_at <= ended)
        )
        counted = Counter(states)
        db.session.rollback()
    processor = {kind: seconds - spent.get(kind, 0.0) for kind, seconds in after.items()}
    return Outcome(timed, counted, left, memory.most, processor, processes.errors())


def report(asked: argparse.Namespace, name: str, outcome: Outcome) -> None:
    _say(
        f"\n{name}: {asked.users} users, a request every {EVERY_SECONDS:.0f} s for "
        f"{asked.seconds:.0f} s; {asked.schools} schools of {asked.size:,}, "
        f"{asked.workers} workers; {os.cpu_count()} cores"
    )
    _say(f"{'':20}{'requests':>9}{'errors':>8}{'p50':>9}{'p95':>9}{'p99':>9}{'max':>9}")
    by_kind = {"all": outcome.timed} | {
        kind: [each for each in outcome.timed if each.kind == kind] for kind in CLICKS
    }
    for kind, timed in by_kind.items():
        if timed:
            _say(f"{kind:20}{_line(timed)}")
    states = ", ".join(f"{number} {state}" for state, number in sorted(outcome.runs.items()))
    _say(f"Syncs that ended meanwhile: {sum(outcome.runs.values())} ({states or 'none'})")
    sizes = ", ".join(f"{kind} {size:.0f} MB" for kind, size in sorted(outcome.memory.items()))
    _say(f"Memory at most: {sizes or 'not known here'}")
    times = ", ".join(f"{kind} {time:.0f} s" for kind, time in sorted(outcome.processor.items()))
    load = " ".join(f"{number:.1f}" for number in os.getloadavg())
    _say(f"Processor meanwhile: {times or 'not known here'} (the machine's load: {load})")
    for error, number in Counter(each.error for each in outcome.timed if each.error).items():
        _say(f"ERROR {number} ×: {error}")
    for line in outcome.logged:
        _say(f"LOGGED {line}")
    if outcome.unended:
        _say(f"ERROR {outcome.unended} runs have not ended")


def _line(timed: list[Timed]) -> str:
    times = sorted(each.seconds for each in timed)
    errors = sum(1 for each in timed if each.error)
    shares = (0.50, 0.95, 0.99, 1.0)
    shown = [times[min(len(times) - 1, int(len(times) * share))] for share in shares]
    return f"{len(timed):9,}{errors:8}" + "".join(f"{each * 1000:6.0f} ms" for each in shown)


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks.load")
    parser.add_argument("--users", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--schools", type=int, default=10)
    parser.add_argument("--size", type=int, default=1000)
    parser.add_argument("--workers", type=int)
    return parser.parse_args()


def main() -> int:
    asked = _asked()
    with (
        scratch_database(os.environ.get("BENCH_DATABASE_URL", "")) as database_url,
        tempfile.TemporaryDirectory() as folder,
    ):
        asked.workers = asked.workers or (4 if database_url else 2)
        outcome = measure(asked, database_url, Path(folder))
    report(asked, "PostgreSQL" if database_url else "SQLite", outcome)
    return 0 if outcome.is_good else 1


if __name__ == "__main__":
    sys.exit(main())
