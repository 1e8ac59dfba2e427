"""Many rows into a table, past SQLAlchemy's statements: each database's quickest way.

Every row says the same columns; what it doesn't say, the database must know a default for.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import psycopg
from sqlalchemy import JSON, Connection, Dialect
from sqlalchemy.exc import DBAPIError

from roster_dash.extensions import db, to_json

Bind = Callable[[Any], Any] | None

_CHUNK = 5000


def insert(table: Any, rows: Sequence[Mapping[str, Any]]) -> None:
    """Adds rows in the session's transaction, by COPY on PostgreSQL."""
    if not rows:
        return
    connection, columns = db.session.connection(), tuple(rows[0])
    binds = [_bind_of(table, column, connection.dialect) for column in columns]
    values = _values(rows, columns, binds)
    if connection.dialect.name == "postgresql":
        _copy(connection, table.__tablename__, columns, values)
    else:
        names, marks = ", ".join(columns), ", ".join("?" * len(columns))
        statement = f"INSERT INTO {table.__tablename__} ({names}) VALUES ({marks})"  # noqa: S608
        while portion := list(islice(values, _CHUNK)):
            connection.exec_driver_sql(statement, portion)


def _bind_of(table: Any, column: str, dialect: Dialect) -> Bind:
    """What makes a value of a column one that the driver takes; of JSON its text."""
    if isinstance(table.__table__.c[column].type, JSON):
        return to_json
    bind: Bind = table.__table__.c[column].type.dialect_impl(dialect).bind_processor(dialect)
    return bind


def _values(
    rows: Iterable[Mapping[str, Any]], columns: Sequence[str], binds: Sequence[Bind]
) -> Iterator[tuple[Any, ...]]:
    pairs = list(zip(columns, binds, strict=True))
    for row in rows:
        yield tuple([bind(row[name]) if bind else row[name] for name, bind in pairs])


def _copy(
    connection: Connection,
    table: str,
    columns: Sequence[str],
    values: Iterable[tuple[Any, ...]],
) -> None:
    driver: Any = connection.connection.driver_connection
    statement = f"COPY {table} ({', '.join(columns)}) FROM STDIN"
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            for row in values:
                copy.write_row(row)
    except psycopg.Error as error:
        raise _as_sqlalchemys(connection, statement, error) from None


def _as_sqlalchemys(connection: Connection, statement: str, error: psycopg.Error) -> Exception:
    """What SQLAlchemy would have made of a driver's error, had it been asked to execute this."""
    is_lost = bool(connection.connection.driver_connection.closed)  # type: ignore[union-attr]
    if is_lost:
        connection.invalidate()
    return DBAPIError.instance(
        statement,
        None,
        error,
        psycopg.Error,
        hide_parameters=True,
        connection_invalidated=is_lost,
        dialect=connection.dialect,
    )
