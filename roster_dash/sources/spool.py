"""Records of many schools on their way to them: on disk, so that memory is that of one page.

The file belongs to this object alone, has no name that others could open, and goes with it.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence

import orjson

from roster_dash.roster.records import Contact
from roster_dash.sources.clever_parse import Rank
from roster_dash.sources.pages import RawRecord

_CACHE_KIB = 8192
_CHUNK = 500


class Spool:
    """Each school's records by kind, in the order in which they came; and students' contacts."""

    def __init__(self) -> None:
        self._file = sqlite3.connect("", isolation_level=None)
        for statement in (
            f"PRAGMA cache_size = -{_CACHE_KIB}",
            "PRAGMA journal_mode = OFF",
            "PRAGMA synchronous = OFF",
            "CREATE TABLE portions (school TEXT, kind TEXT, records BLOB)",
            "CREATE TABLE contacts (student TEXT PRIMARY KEY, rank INT, contact_id TEXT,"
            " contact BLOB) WITHOUT ROWID",
            "BEGIN",
        ):
            self._file.execute(statement)
        self.has_contacts = False

    def add(self, kind: str, portions: Iterable[tuple[str, bytes]]) -> None:
        """(school, its records of a page with commas between them)."""
        rows = [(school, kind, records) for school, records in portions]
        self._file.executemany("INSERT INTO portions VALUES (?, ?, ?)", rows)

    def index(self) -> None:
        """To be called once, when all has been added."""
        self._file.execute("CREATE INDEX by_school ON portions (school, kind)")

    def portions(self, school: str, kind: str) -> Sequence[RawRecord]:
        query = "SELECT records FROM portions WHERE school = ? AND kind = ? ORDER BY rowid"
        return [row[0] for row in self._file.execute(query, (school, kind))]

    def offer_contact(self, student: str, rank: Rank, contact: Contact) -> None:
        """Keeps the best of a student's contacts."""
        self.has_contacts = True
        self._file.execute(
            "INSERT INTO contacts VALUES (?, ?, ?, ?) ON CONFLICT (student) DO UPDATE SET"
            " rank = excluded.rank, contact_id = excluded.contact_id, contact = excluded.contact"
            " WHERE (excluded.rank, excluded.contact_id) < (contacts.rank, contacts.contact_id)",
            (student, *rank, orjson.dumps(contact)),
        )

    def contacts(self, students: Sequence[str]) -> Iterator[tuple[str, Contact]]:
        """(student's id, contact) in the order of the ids."""
        wanted = sorted(students)
        for start in range(0, len(wanted), _CHUNK):
            chunk = wanted[start : start + _CHUNK]
            marks = ",".join("?" * len(chunk))
            query = "SELECT student, contact FROM contacts WHERE student IN"
            rows = self._file.execute(f"{query} ({marks}) ORDER BY student", chunk)
            yield from ((row[0], Contact(**orjson.loads(row[1]))) for row in rows)

    def close(self) -> None:
        self._file.close()
