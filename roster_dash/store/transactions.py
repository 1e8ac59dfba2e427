"""When changes become true: callers commit once per step."""

from sqlalchemy import text

from roster_dash.extensions import db


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
