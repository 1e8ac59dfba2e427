"""Whole installations that are harmed, and what they must come to all the same."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import psycopg
import pytest
import redis
from flask import Flask
from flask_migrate import upgrade

from roster_dash import embedded_redis, sync
from roster_dash.app import create_app
from roster_dash.cli.paths import MIGRATIONS
from roster_dash.config import load_config
from roster_dash.extensions import db
from roster_dash.store import runs
from roster_dash.store.transactions import commit
from tests.builders import Builder
from tests.clever import Clever
from tests.faults.outcome import Outcome, outcome_of
from tests.processes import free_port

_EVERYTHING = {
    "students": "on",
    "students__auto_update": "on",
    "students__archive": "on",
    "teachers": "on",
    "teachers__auto_update": "on",
    "contacts": "primary",
    "class_lists": "on",
    "class_lists__terms": "all",
    "class_lists__grades": "all",
    "schedule__enabled": "off",
}


def link_everything(make: Builder, clever: Clever) -> list[int]:
    """Every shared school, linked and syncing all it can; every run is mailed. Gives their ids."""
    district = make.district(clever.district.name, clever.district.id, clever.district.token)
    ids = []
    for number, shared in enumerate(clever.schools):
        school = make.school(district, shared.name, shared.id)
        make.settings(school, **_EVERYTHING, notify__emails=f"owner{number}@school.example")
        ids.append(school.id)
    commit()
    return ids


def migrated(environment: dict[str, str], instance: Path) -> Flask:
    """An installation whose database is at head."""
    app = create_app(load_config(environment, instance=instance))
    with app.app_context():
        upgrade(directory=MIGRATIONS)
        db.session.remove()
        db.engine.dispose()
    return app


class MortalRedis:
    """A Redis server of the test's own, which may be harmed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.url = embedded_redis.url(folder)
        self.start()

    def start(self) -> None:
        self._process = embedded_redis.ensure(self._folder)
        assert self._process is not None

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def flush(self) -> None:
        client = redis.Redis.from_url(self.url)
        client.flushall()
        client.close()


@pytest.fixture
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MortalRedis]:
    server = MortalRedis(tmp_path_factory.mktemp("mortal"))
    yield server
    server.kill()


@pytest.fixture
def redis_url(redis_server: MortalRedis) -> str:
    return redis_server.url


Undisturbed = Callable[..., Outcome]


@pytest.fixture
def undisturbed(clever: Clever, tmp_path: Path) -> Undisturbed:
    """What the same rosters come to where nothing happens: in a database of its own.

    The sandbox begins anew; `days` are the days that it went on before each of the later runs.
    """

    def follow(days: int = 0, **reset: int) -> Outcome:
        clever.reset(**reset)
        (tmp_path / "quiet").mkdir()
        app = migrated(clever.environment, tmp_path / "quiet")
        with app.app_context():
            ids = link_everything(Builder(), clever)
            for day in range(days + 1):
                if day:
                    clever.advance(1)
                for school_id in ids:
                    run = runs.request_run(school_id, runs.Trigger.MANUAL)
                    commit()
                    sync.sync_run(run.id)
            outcome = outcome_of(ids)
            db.session.remove()
            db.engine.dispose()
        return outcome

    return follow


@dataclass(frozen=True, slots=True)
class Cluster:
    """A PostgreSQL server of the test's own, which may be harmed."""

    url: str
    folder: Path
    programs: Path
    port: int

    def new_database(self, name: str) -> str:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return self.url.rpartition("/")[0] + f"/{name}"

    def restart(self) -> None:
        """Ends it at once, as a crash does, and starts it again."""
        self._control("stop", "-m", "immediate")
        self.start()

    def start(self) -> None:
        options = (
            f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self.folder}"
        )
        self._control("start", "-w", "-l", str(self.folder / "log"), "-o", options)

    def stop(self) -> None:
        self._control("stop", "-m", "immediate")

    def _control(self, *words: str) -> None:
        _as_postgres(str(self.programs / "pg_ctl"), "-D", str(self.folder / "data"), *words)


def _as_postgres(*command: str) -> None:
    """PostgreSQL refuses to run as root."""
    prefix = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
    done = subprocess.run(
        [*prefix, *command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    assert done.returncode == 0, command


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        pytest.skip("no PostgreSQL server is installed here")
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    if os.getuid() == 0:
        shutil.chown(folder, "postgres")
    programs, port = found[-1].parent, free_port()
    _as_postgres(
        str(programs / "initdb"), "-D", str(folder / "data"), "-U", "postgres", "--auth=trust"
    )
    url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
    cluster = Cluster(url, folder, programs, port)
    cluster.start()
    yield cluster
    cluster.stop()
    shutil.rmtree(folder)


_databases = count(1)


@pytest.fixture(params=["sqlite", "postgresql"])
def environment(
    request: pytest.FixtureRequest, tmp_path: Path, redis_url: str, clever: Clever
) -> dict[str, str]:
    """A harmed installation: its own database of each kind, its own Redis, the sandbox."""
    own = clever.environment | {
        "DATABASE_URL": f"sqlite:///{tmp_path / 'roster_dash.sqlite3'}",
        "REDIS_URL": redis_url,
        "INSTANCE_PATH": str(tmp_path / "instance"),
        "SECRET_KEY": "a test's secret key, long enough to be one",
    }
    if request.param == "postgresql":
        cluster: Cluster = request.getfixturevalue("cluster")
        own["DATABASE_URL"] = cluster.new_database(f"harmed_{next(_databases)}")
    migrated(own, tmp_path / "instance")
    return own
