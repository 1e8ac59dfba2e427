"""Migrations with data in the tables, of every release there was; at once; among others at work."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config as AlembicConfig
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask_migrate import upgrade
from sqlalchemy import JSON, Column, Connection, MetaData, Table, insert, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from roster_dash.app import create_app
from roster_dash.cli.paths import MIGRATIONS
from roster_dash.config import load_config
from roster_dash.extensions import db

ROOT = Path(__file__).resolve().parent.parent
MOMENT = datetime(2026, 9, 1, 12, tzinfo=UTC)
SAVED = {"students": "on", "grace.students": "0"}

Rows = dict[str, list[dict[str, Any]]]


def _revisions() -> list[str]:
    config = AlembicConfig()
    config.set_main_option("script_location", MIGRATIONS)
    return sorted(each.revision for each in ScriptDirectory.from_config(config).walk_revisions())


REVISIONS = _revisions()


@contextmanager
def installation(url: str, folder: Path) -> Iterator[None]:
    with create_app(load_config({"DATABASE_URL": url}, instance=folder)).app_context():
        yield
        db.session.remove()
        db.engine.dispose()


def put_something_into(connection: Connection, metadata: MetaData) -> None:
    """A row in every table, each of whose columns has a value."""
    for table in metadata.sorted_tables:
        if table.name != "alembic_version":
            values = {column.name: _value(table, column) for column in table.columns}
            connection.execute(insert(table).values(values))


def _value(table: Table, column: Column[Any]) -> Any:
    if column.foreign_keys or (column.primary_key and column.name == "id"):
        return 1
    if table.name == "settings_versions" and column.name == "values":
        return SAVED
    if isinstance(column.type, JSON):
        return {"kept": "yes"}
    kept: dict[type, Any] = {
        str: "kept",
        int: 1,
        bool: True,
        bytes: b"kept",
        datetime: MOMENT if db.engine.dialect.name == "postgresql" else MOMENT.replace(tzinfo=None),
        date: MOMENT.date(),
    }
    return kept[column.type.python_type]


def rows_of(connection: Connection, metadata: MetaData) -> Rows:
    """What the columns of these tables have in them."""
    return {
        table.name: [dict(row) for row in connection.execute(select(table)).mappings()]
        for table in metadata.sorted_tables
        if table.name != "alembic_version"
    }


def schema_of(connection: Connection) -> set[tuple[Any, ...]]:
    """What Alembic's comparison doesn't look at: conditions of indexes, triggers, defaults."""
    if connection.dialect.name == "sqlite":  # a table's own text depends on how it came about
        query = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND type <> 'table'"
        return {tuple(row) for row in connection.execute(text(query))}
    queries = (
        "SELECT indexdef, '', '', '' FROM pg_indexes WHERE schemaname = 'public'",
        "SELECT tgname, tgrelid::regclass::text, '', '' FROM pg_trigger WHERE NOT tgisinternal",
        "SELECT conname, conrelid::regclass::text, pg_get_constraintdef(oid), ''"
        " FROM pg_constraint WHERE connamespace = 'public'::regnamespace",
        "SELECT table_name, column_name, data_type || is_nullable, column_default"
        " FROM information_schema.columns WHERE table_schema = 'public'",
    )
    return {tuple(row) for query in queries for row in connection.execute(text(query))}


@pytest.fixture(scope="module")
def schemas() -> list[set[tuple[Any, ...]]]:
    """What each way to head has led to."""
    return []


@pytest.mark.parametrize("revision", REVISIONS)
def test_what_was_stored_in_any_release_is_there_in_this_one(
    revision: str, empty_database: str, tmp_path: Path, schemas: list[set[tuple[Any, ...]]]
) -> None:
    with installation(empty_database, tmp_path):
        upgrade(directory=MIGRATIONS, revision=revision)
        metadata = MetaData()
        with db.engine.begin() as connection:
            metadata.reflect(connection)
            put_something_into(connection, metadata)
        with db.engine.begin() as connection:
            before = rows_of(connection, metadata)
        assert all(len(rows) == 1 for rows in before.values())
        upgrade(directory=MIGRATIONS)
        if revision < "0007":  # before there was a grace period it was saved as a fixed value
            before["settings_versions"][0]["values"] = {"students": "on"}
        with db.engine.begin() as connection:
            assert rows_of(connection, metadata) == before
            assert compare_metadata(MigrationContext.configure(connection), db.metadata) == []
            schemas.append(schema_of(connection))
            assert schemas[0] == schemas[-1]
            if connection.dialect.name == "sqlite":
                assert connection.execute(text("PRAGMA foreign_key_check")).all() == []
                assert connection.scalar(text("PRAGMA foreign_keys")) == 1


def test_the_audit_log_is_append_only_after_all_migrations(
    empty_database: str, tmp_path: Path
) -> None:
    with installation(empty_database, tmp_path):
        for revision in REVISIONS:
            upgrade(directory=MIGRATIONS, revision=revision)
        metadata = MetaData()
        with db.engine.begin() as connection:
            metadata.reflect(connection)
            put_something_into(connection, metadata)
        with pytest.raises(DBAPIError, match="append only"), db.engine.begin() as connection:
            connection.execute(text("UPDATE audit_entries SET who = 'nobody'"))


def test_a_school_still_has_one_active_run_after_its_table_was_made_anew(
    empty_database: str, tmp_path: Path
) -> None:
    with installation(empty_database, tmp_path):
        upgrade(directory=MIGRATIONS)
        metadata = MetaData()
        with db.engine.begin() as connection:
            metadata.reflect(connection)
            put_something_into(connection, metadata)
        runs = metadata.tables["runs"]
        with db.engine.begin() as connection:
            row = dict(connection.execute(select(runs)).mappings().one())
            row |= {"scheduled_for": None, "status": "queued"}
            connection.execute(insert(runs).values(row | {"id": 2}))
        with pytest.raises(IntegrityError), db.engine.begin() as connection:
            connection.execute(insert(runs).values(row | {"id": 3}))


def test_two_that_migrate_at_once_both_succeed(empty_database: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "roster", "init", "--json"]
    environment = os.environ | {"DATABASE_URL": empty_database, "INSTANCE_PATH": str(tmp_path)}
    started = [
        subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
        for _ in range(3)
    ]
    assert [process.wait(120) for process in started] == [0, 0, 0]


@pytest.fixture
def busy_table(empty_database: str, tmp_path: Path) -> Iterator[psycopg.Connection[Any]]:
    """A database at 0011, of which 0012 changes a table that a transaction is using."""
    if not empty_database.startswith("postgresql"):
        pytest.skip("SQLite has one writer, and readers never wait for it")
    with installation(empty_database, tmp_path):
        upgrade(directory=MIGRATIONS, revision="0011")
        with psycopg.connect(empty_database) as other:
            other.execute("SELECT count(*) FROM schools")
            yield other


def test_a_migration_that_waits_for_a_table_lets_readers_through_and_tries_again(
    empty_database: str, busy_table: psycopg.Connection[Any]
) -> None:
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "roster", "init"]
    environment = os.environ | {"DATABASE_URL": empty_database}
    migrating = subprocess.Popen(command, cwd=ROOT, env=environment)
    longest, deadline = 0.0, time.monotonic() + 12
    with psycopg.connect(empty_database, autocommit=True) as reader:
        while time.monotonic() < deadline:
            begun = time.monotonic()
            reader.execute("SELECT count(*) FROM schools")
            longest = max(longest, time.monotonic() - begun)
            time.sleep(0.02)
    assert 1 < longest < 5  # it did wait behind the migration, and for a bounded time
    assert migrating.poll() is None
    busy_table.commit()
    assert migrating.wait(30) == 0
    with psycopg.connect(empty_database) as reader:
        [(revision,)] = reader.execute("SELECT version_num FROM alembic_version").fetchall()
    assert revision == REVISIONS[-1]
