"""When changes become true: callers commit once per step."""

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from roster_dash.extensions import db

T = TypeVar("T")

ATTEMPTS = 4
_SERIALISATION_FAILURES = ("40001", "40P01")


def commit() -> None:
    db.session.commit()


def rollback() -> None:
    db.session.rollback()


def begin_snapshot_of_database() -> None:
    """Starts a transaction in which nothing read can be changed by others unnoticed.

    PostgreSQL: repeatable read, so a concurrent edit of what we write ends in a serialisation
    error. SQLite: the write lock is held from the beginning anyway.
    """
    db.session.rollback()
    if db.engine.dialect.name == "postgresql":
        db.session.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"))


def committed(step: Callable[[], T]) -> T:
    """A step in one such transaction, committed; again if somebody else's change came between."""
    for attempt in range(1, ATTEMPTS + 1):
        begin_snapshot_of_database()
        try:
            result = step()
            commit()
        except DBAPIError as error:
            rollback()
            if not is_passing(error) or attempt == ATTEMPTS:
                raise
        except BaseException:
            rollback()
            raise
        else:
            return result
    raise AssertionError("unreachable")


def is_passing(error: DBAPIError) -> bool:
    """Whether the same transaction may go through if it is tried again."""
    return sqlstate(error) in _SERIALISATION_FAILURES


def sqlstate(error: DBAPIError) -> str:
    """The database's code for an error, without the text, which may quote a person's row."""
    return str(getattr(error.orig, "sqlstate", None) or type(error.orig).__name__)
