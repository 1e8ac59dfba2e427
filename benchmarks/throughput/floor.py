"""What the work costs anyway, by hand: (a) download and parse, (b) and the barest bulk write, (c)
what (b) has written compared with another day and changed.

python -m benchmarks.throughput.floor a|b|c URL [DATABASE_URL]. (b) writes people, classes and
memberships into empty tables of its own, in one transaction, in the quickest way that each
database has; (c) reads them all and writes what differs; no log, no snapshot, no matching, no
guards. Prints {"seconds"}, without its own start.
"""

import json
import sqlite3
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import orjson
import psycopg
import requests

from benchmarks.throughput.district import TOKEN

Json = dict[str, Any]
Batches = Iterable[dict[str, list[tuple[Any, ...]]]]
PERSON = ("id", "school", "roles", "first", "last", "email", "grade", "number", "sis_id")
SECTION = ("id", "school", "name", "course", "term", "grade", "period")
MEMBERSHIP = ("section", "side", "person")
_TABLES = {"people": PERSON, "sections": SECTION, "memberships": MEMBERSHIP}


def pages(url: str) -> Iterator[tuple[str, list[Json]]]:
    """(collection, records) page by page, the district whole."""
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {TOKEN}"
        for kind in ("districts", "schools", "terms", "courses", "users", "sections"):
            path: str | None = f"/v3.1/{kind}?limit=10000"
            while path:
                body = orjson.loads(session.get(url + path, timeout=60).content)
                yield kind, [entry["data"] for entry in body["data"]]
                links = {link["rel"]: link["uri"] for link in body["links"]}
                path = links.get("next")


def parse(kind: str, records: list[Json]) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """(table, row) of everything on a page."""
    if kind == "users":
        for user in records:
            role, about = next(iter(user["roles"].items()))
            name = user["name"]
            yield (
                "people",
                (
                    user["id"],
                    about["school"],
                    role,
                    name["first"],
                    name["last"],
                    user["email"],
                    about.get("grade", ""),
                    about.get("student_number", ""),
                    about["sis_id"],
                ),
            )
    elif kind == "sections":
        for each in records:
            keys = ("id", "school", "name", "course", "term_id", "grade", "period")
            yield "sections", tuple(each[key] for key in keys)
            for person in each["teachers"]:
                yield "memberships", (each["id"], "managers", person)
            for person in each["students"]:
                yield "memberships", (each["id"], "members", person)


def rows_of(url: str) -> Iterator[dict[str, list[tuple[Any, ...]]]]:
    """Each page's rows by table."""
    for kind, records in pages(url):
        rows: dict[str, list[tuple[Any, ...]]] = {table: [] for table in _TABLES}
        for table, row in parse(kind, records):
            rows[table].append(row)
        yield rows


def write_sqlite(path: str, batches: Batches) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    for table, columns in _TABLES.items():
        connection.execute(f"CREATE TABLE floor_{table} ({', '.join(columns)}, {_key(table)})")
    connection.execute("BEGIN IMMEDIATE")
    for rows in batches:
        for table, of_table in rows.items():
            marks = ", ".join("?" * len(_TABLES[table]))
            connection.executemany(f"INSERT INTO floor_{table} VALUES ({marks})", of_table)  # noqa: S608
    connection.execute("COMMIT")
    connection.close()


def write_postgresql(url: str, batches: Batches) -> None:
    with psycopg.connect(url) as connection:
        for table, columns in _TABLES.items():
            typed = ", ".join(f"{column} text" for column in columns)
            connection.execute(f"CREATE TABLE floor_{table} ({typed}, {_key(table)})")  # type: ignore[arg-type]
        connection.commit()
        for rows in batches:
            for table, of_table in rows.items():
                with connection.cursor().copy(f"COPY floor_{table} FROM STDIN") as copy:  # type: ignore[arg-type]
                    for row in of_table:
                        copy.write_row(row)


def compare_sqlite(path: str, batches: Batches) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    _compare(connection, batches, "?")
    connection.execute("COMMIT")
    connection.close()


def compare_postgresql(url: str, batches: Batches) -> None:
    with psycopg.connect(url) as connection:
        _compare(connection.cursor(), batches, "%s")


def _compare(cursor: Any, batches: Batches, mark: str) -> None:
    gone, new = {}, {}
    for table, columns in _TABLES.items():
        rows = cursor.execute(f"SELECT {', '.join(columns)} FROM floor_{table}")  # noqa: S608
        gone[table], new[table] = set(rows.fetchall()), []
    for rows in batches:
        for table, of_table in rows.items():
            there = gone[table]
            for row in of_table:
                if row in there:
                    there.remove(row)
                else:
                    new[table].append(row)
    for table, columns in _TABLES.items():
        keys = MEMBERSHIP if table == "memberships" else columns[:1]
        which = " AND ".join(f"{key} = {mark}" for key in keys)
        marks = ", ".join([mark] * len(columns))
        cursor.executemany(
            f"DELETE FROM floor_{table} WHERE {which}",  # noqa: S608
            [row[: len(keys)] for row in gone[table]],
        )
        cursor.executemany(f"INSERT INTO floor_{table} VALUES ({marks})", new[table])  # noqa: S608


def _key(table: str) -> str:
    columns = "section, side, person" if table == "memberships" else "id"
    return f"PRIMARY KEY ({columns})"


@contextmanager
def timed() -> Iterator[dict[str, object]]:
    """Prints {"seconds"} of the block, with whatever is put beside it."""
    said: dict[str, object] = {}
    began = time.perf_counter()
    yield said
    json.dump({"seconds": time.perf_counter() - began, **said}, sys.stdout)


WRITERS = {
    ("b", "sqlite"): write_sqlite,
    ("b", "postgresql"): write_postgresql,
    ("c", "sqlite"): compare_sqlite,
    ("c", "postgresql"): compare_postgresql,
}


def main() -> None:
    which, url, *database = sys.argv[1:]
    with timed():
        if which == "a":
            for rows in rows_of(url):
                del rows
        else:
            kind = "postgresql" if database[0].startswith("postgresql") else "sqlite"
            WRITERS[which, kind](database[0], rows_of(url))


if __name__ == "__main__":
    main()
