"""A real database and a real Redis for every test; no network but loopback.

TEST_DATABASE_URL chooses PostgreSQL, else each test has its own SQLite file; TEST_REDIS_URL
chooses a running Redis, else the embedded one is started.
"""

import os
import socket
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import hypothesis
import psycopg
import pytest
import redis
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient, FlaskCliRunner
from flask_migrate import upgrade
from sqlalchemy import NullPool, create_engine, make_url, text

from roster_dash import broker, clock, embedded_redis, watching
from roster_dash.app import create_app
from roster_dash.cli.paths import MIGRATIONS
from roster_dash.config import Config, load_config
from roster_dash.extensions import db
from roster_dash.provider import serving
from roster_dash.sandbox.oneroster import server as oneroster
from roster_dash.sandbox.server import Server, running
from roster_dash.store import passwords, snapshots
from roster_dash.store.tables import User
from tests.builders import Builder, number_anew
from tests.changes import unnoted_changes
from tests.clever import Clever
from tests.processes import Start, processes
from tests.visitor import Visitor

hypothesis.settings.register_profile("desk", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "desk"))
"""CI tries the same examples every time, so that what fails there is the change's doing; and no
example fails because the machine had something else to do."""

_databases = count(1)
_real_connect = socket.socket.connect


def _loopback_only(self: socket.socket, address: Any) -> None:
    if isinstance(address, tuple) and address[0] not in ("127.0.0.1", "::1", "localhost"):
        raise AssertionError(f"a test wants to leave this machine: {address[0]}")
    _real_connect(self, address)


@pytest.fixture(autouse=True, scope="session")
def _stay_on_this_machine() -> Iterator[None]:
    socket.socket.connect = _loopback_only  # type: ignore[method-assign,assignment]
    yield
    socket.socket.connect = _real_connect  # type: ignore[method-assign]


@pytest.fixture(autouse=True, scope="session")
def _cheap_passwords() -> Iterator[None]:
    """Hashing is slow on purpose; here it need not be."""
    real, passwords._hasher = passwords._hasher, PasswordHasher(1, 8, 1)
    yield
    passwords._hasher = real


@pytest.fixture(scope="session")
def lane() -> str:
    """Which of several processes that share the tests this is: "gw0"; "" where there is one."""
    return os.environ.get("PYTEST_XDIST_WORKER", "")


@pytest.fixture(scope="session")
def redis_url(lane: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A running Redis: the one of TEST_REDIS_URL, each lane with a database of its own; else the
    embedded default.
    """
    if url := os.environ.get("TEST_REDIS_URL"):
        number = lane.removeprefix("gw")
        yield urlsplit(url)._replace(path=f"/{int(number) + 1}").geturl() if lane else url
        return
    folder = tmp_path_factory.mktemp("redis")
    server = embedded_redis.ensure(folder)
    yield embedded_redis.url(folder)
    if server is not None:
        server.terminate()
        server.wait(10)


@pytest.fixture(scope="session")
def _migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The bytes of an empty database at head; copying it is quicker than migrating each time."""
    folder = tmp_path_factory.mktemp("template")
    app = create_app(load_config({}, instance=folder))
    with app.app_context():
        upgrade(directory=MIGRATIONS)
        db.session.remove()
        db.engine.dispose()
    return (folder / "roster_dash.sqlite3").read_bytes()


@pytest.fixture(scope="session")
def _migrated_postgresql(lane: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A PostgreSQL database at head, emptied first; each lane has its own."""
    url = os.environ["TEST_DATABASE_URL"]
    if lane:
        url = _database_beside(url, lane)
    app = create_app(load_config({"DATABASE_URL": url}, instance=tmp_path_factory.mktemp("pg")))
    with app.app_context():
        db.session.execute(text("DROP SCHEMA public CASCADE"))
        db.session.execute(text("CREATE SCHEMA public"))
        db.session.commit()
        upgrade(directory=MIGRATIONS)
        db.session.remove()
        db.engine.dispose()
    return url


def _database_beside(url: str, lane: str) -> str:
    own = make_url(url)
    name = f"{own.database}_{lane}"
    engine = create_engine(
        own.set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT", poolclass=NullPool
    )
    with engine.connect() as connection:
        connection.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
        connection.execute(text(f'CREATE DATABASE "{name}"'))
    return own.set(database=name).render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def sandbox_server() -> Iterator[Server]:
    with running(schools=2, size=30) as server:
        yield server


@pytest.fixture(scope="session")
def look_alike() -> Iterator[oneroster.Server]:
    """A look-alike of a OneRoster provider; who uses it resets it."""
    with oneroster.running() as server:
        yield server


@pytest.fixture(autouse=True)
def _like_a_new_process() -> None:
    """What one test built or read is nothing to the next, whichever order they come in."""
    number_anew()
    snapshots._remembered._answers.clear()
    serving._kept.clear()
    watching._left_alone.clear()


@pytest.fixture
def clever(sandbox_server: Server) -> Clever:
    """A sandbox Clever, as made: two schools of 30 students, no faults, an empty inbox."""
    sandbox = Clever(sandbox_server)
    sandbox.reset()
    return sandbox


@pytest.fixture
def empty_database(tmp_path: Path) -> Iterator[str]:
    """An empty database of this test's own."""
    server = os.environ.get("TEST_DATABASE_URL")
    if not server:
        yield f"sqlite:///{tmp_path / 'empty.sqlite3'}"
        return
    name = f"roster_dash_{os.getpid()}_{next(_databases)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        yield f"{server.rpartition('/')[0]}/{name}"
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def environment(request: pytest.FixtureRequest, tmp_path: Path, redis_url: str) -> dict[str, str]:
    """The environment of this test's own installation, for processes too."""
    if os.environ.get("TEST_DATABASE_URL"):
        url = request.getfixturevalue("_migrated_postgresql")
    else:
        path = tmp_path / "roster_dash.sqlite3"
        path.write_bytes(request.getfixturevalue("_migrated_sqlite"))
        url = f"sqlite:///{path}"
    own = {
        "DATABASE_URL": url,
        "REDIS_URL": redis_url,
        "INSTANCE_PATH": str(tmp_path / "instance"),
        "SECRET_KEY": "a test's secret key, long enough to be one",
    }
    if "clever" in request.fixturenames:
        clever: Clever = request.getfixturevalue("clever")
        own |= clever.environment
    return own


@pytest.fixture
def config(environment: dict[str, str]) -> Config:
    return load_config(environment)


@pytest.fixture
def app(config: Config) -> Iterator[Flask]:
    application = create_app(config)
    application.testing = True
    with application.app_context():
        _empty_redis(config.redis_url)
        with unnoted_changes() as unnoted:
            yield application
        db.session.remove()
        assert not unnoted
        if db.engine.dialect.name == "postgresql":
            _empty_tables()
        db.engine.dispose()


def _empty_redis(url: str) -> None:
    client = redis.Redis.from_url(url)
    client.flushdb()
    client.close()


def _empty_tables() -> None:
    names = ", ".join(f'"{name}"' for name in db.metadata.tables)
    db.session.execute(text(f"TRUNCATE {names} RESTART IDENTITY CASCADE"))
    db.session.commit()
    db.session.remove()


@pytest.fixture
def without_redis(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The queue's server is away: nobody listens on its socket."""
    away = f"unix://{tmp_path / 'nobody.sock'}"
    monkeypatch.setattr(broker, "url", lambda config: away)


@pytest.fixture
def let_pass(app: Flask) -> Iterator[Callable[[timedelta], None]]:
    """Moves the clock of this process on."""

    def move(span: timedelta) -> None:
        shown = (clock.now() + span).timestamp()
        clock.use(clock.Clock(time.time(), shown))

    yield move
    clock.use(clock.MACHINE)


@pytest.fixture
def start(app: Flask, environment: dict[str, str], tmp_path: Path) -> Iterator[Start]:
    """Starts processes of this test's installation."""
    with processes(environment, tmp_path / "processes.log") as start_process:
        yield start_process


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def visitor(app: Flask) -> Visitor:
    return Visitor(app)


@pytest.fixture
def visit_as(visitor: Visitor) -> Callable[[User], Visitor]:
    """Logs a user in and gives the browser."""

    def log_in(user: User) -> Visitor:
        assert visitor.log_in(user).status_code == 303
        return visitor

    return log_in


@pytest.fixture
def runner(app: Flask) -> FlaskCliRunner:
    return app.test_cli_runner()


@pytest.fixture
def make(app: Flask) -> Builder:
    """Makes districts, schools, users and runs in this test's database."""
    return Builder()
