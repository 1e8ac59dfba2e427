"""Alembic's environment: the application's own engine and tables.

All that is missing is done in one transaction, one process at a time. On PostgreSQL a migration
never waits long for a table: whoever wants to read it meanwhile would have to wait behind it.
"""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

from alembic import context
from flask import current_app
from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError

from roster_dash.roster.errors import RosterDashError
from roster_dash.store import tables
from roster_dash.store.transactions import sqlstate

LOCK_SECONDS = 3
ATTEMPTS = 12
PAUSE_SECONDS = 3.0
_ONE_AT_A_TIME = 7_265_737
"""PostgreSQL's advisory lock of whoever migrates; any number that nothing else here uses."""
_LOCK_NOT_AVAILABLE = "55P03"

log = logging.getLogger("migrations")
engine = current_app.extensions["migrate"].db.engine


def run_migrations() -> None:
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return migrate()
        except OperationalError as error:
            if sqlstate(error) != _LOCK_NOT_AVAILABLE:
                raise
        log.warning("a table is in use; attempt %s of %s", attempt, ATTEMPTS)
        time.sleep(PAUSE_SECONDS)
    raise RosterDashError(
        "The tables are in use by a transaction that goes on and on; the database was left as it "
        "was. Try again, or end that transaction (pg_stat_activity shows it)."
    )


def migrate() -> None:
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            with unchecked(connection), connection.begin():
                run(connection)
                refuse_lost_references(connection)
        else:
            with connection.begin():
                connection.execute(text(f"SELECT pg_advisory_xact_lock({_ONE_AT_A_TIME})"))
                connection.execute(text(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'"))
                run(connection)


def run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=tables.Base.metadata,
        render_as_batch=True,
        compare_type=True,
        user_module_prefix="types.",
    )
    context.run_migrations()


@contextmanager
def unchecked(connection: Connection) -> Iterator[None]:
    """SQLite changes a table by making it anew and dropping the old one, to which others refer.

    Whether it minds can be said outside of transactions only.
    """
    driver = connection.connection.driver_connection
    driver.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        driver.execute("PRAGMA foreign_keys=ON")


def refuse_lost_references(connection: Connection) -> None:
    if connection.execute(text("PRAGMA foreign_key_check")).first():
        raise RosterDashError(
            "The migration would leave rows that refer to nothing; the database was left as it was."
        )


run_migrations()
