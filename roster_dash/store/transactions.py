"""When changes become true: callers commit once per step."""

import logging
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from roster_dash.extensions import db, only_reads

T = TypeVar("T")

log = logging.getLogger(__name__)

ATTEMPTS = 4
PATIENCE_SECONDS = 60.0
"""For how long a worker waits for a database that is away."""
ASKED_PATIENCE_SECONDS = 5.0
"""For how long somebody who waits before the screen does."""
_CONFLICTS = ("40001", "40P01", "23505")
_AWAY = ("08", "57P0")
"""Connection exceptions; shut down, crashed, starting up."""


def commit() -> None:
    db.session.commit()


def rollback() -> None:
    db.session.rollback()


@contextmanager
def reading() -> Iterator[None]:
    """A transaction that only reads: on SQLite it waits for nobody who writes.

    What is read is to be taken out as values, for the transaction ends with the block.
    """
    rollback()
    before = only_reads.set(True)
    try:
        yield
    finally:
        only_reads.reset(before)
        rollback()


def begin_snapshot_of_database() -> None:
    """Starts a transaction in which nothing read can be changed by others unnoticed.

    PostgreSQL: repeatable read, so a concurrent edit of what we write ends in a serialisation
    error. SQLite: the write lock is held from the beginning anyway.
    """
    db.session.rollback()
    if db.engine.dialect.name == "postgresql":
        db.session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))


def committed(
    step: Callable[[], T], patience: float = ASKED_PATIENCE_SECONDS, *, snapshot: bool = True
) -> T:
    """A step in one such transaction, committed; again after faults that pass.

    Without `snapshot`: for a step that begins by locking all that it goes by, and has to see what
    was committed while it waited for that.
    """

    def whole() -> T:
        begin = begin_snapshot_of_database if snapshot else rollback
        begin()
        try:
            result = step()
            commit()
        except BaseException:
            rollback()
            raise
        else:
            return result

    return persistently(whole, patience)


def persistently(step: Callable[[], T], patience: float = PATIENCE_SECONDS) -> T:
    """A step that makes a transaction of its own, done again after faults that pass.

    At once where somebody else's change came between; with back-off, for `patience` seconds, while
    the database is away. The step must bear being done twice: the end of a commit can get lost.
    """
    deadline, wait, conflicts = time.monotonic() + patience, 0.1, 0
    while True:
        try:
            return step()
        except DBAPIError as error:
            rollback()
            conflicts += is_conflict(error)
            if not is_passing(error) or conflicts == ATTEMPTS or time.monotonic() > deadline:
                raise
            if not is_conflict(error):
                log.warning("the database is away (%s)", sqlstate(error))
                time.sleep(wait)
                wait = min(2 * wait, 5.0)


def is_passing(error: DBAPIError) -> bool:
    """Whether the same transaction may go through if it is tried again."""
    return is_conflict(error) or is_away(error)


def is_conflict(error: DBAPIError) -> bool:
    """Somebody else's change came between: also where the same row was added by two."""
    return sqlstate(error) in _CONFLICTS


def is_away(error: DBAPIError) -> bool:
    """The connection was lost, the server is down, or SQLite is locked for too long."""
    if isinstance(error.orig, sqlite3.OperationalError):
        return getattr(error.orig, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY
    code = getattr(error.orig, "sqlstate", None)
    has_no_code = code is None and type(error.orig).__name__ == "OperationalError"
    return error.connection_invalidated or has_no_code or str(code).startswith(_AWAY)


def sqlstate(error: DBAPIError) -> str:
    """The database's code for an error, without the text, which may quote a person's row."""
    return str(getattr(error.orig, "sqlstate", None) or type(error.orig).__name__)
