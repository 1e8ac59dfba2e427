"""A provider's records on disk: memory is that of whoever looks at some of them.

The file belongs to this object alone, has no name that others could open, and goes with it.
"""

import sqlite3
import weakref
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields
from operator import attrgetter
from types import GenericAlias
from typing import Any, Generic, TypeVar, get_type_hints

import msgspec

from roster_dash.sources.oneroster.records import (
    AcademicSession,
    ClassRecord,
    Course,
    Enrollment,
    OneRoster,
    Org,
    RoleAt,
    UserRecord,
)

T = TypeVar("T")

_CACHE_KIB = 48 * 1024
"""SQLite's own memory. What doesn't fit is read again, from the system's cache mostly."""
_AT_ONCE = 2000


@dataclass(frozen=True, slots=True)
class HeldRole:
    """A row of roles.csv. One that is not active says which role is to be taken away."""

    user_id: str
    role: RoleAt
    is_active: bool


class Kept(Generic[T]):
    """Records of one kind by id, in the order in which they came; None where one is gone.

    `place` is where a record belongs: an enrollment to its class, say.
    """

    def __init__(
        self, file: sqlite3.Connection, name: str, kind: type[T], place: Callable[[T], str]
    ) -> None:
        self._execute = file.execute
        self._name = name
        self._kind = kind
        self._place = place
        names = [each.name for each in fields(kind)]  # type: ignore[arg-type]
        self._values = attrgetter(*names)
        hints = get_type_hints(kind)
        row = GenericAlias(tuple, tuple(hints[each] for each in names))
        self._decode: Callable[[bytes], Any] = msgspec.msgpack.Decoder(row).decode
        self._encode: Callable[[object], bytes] = msgspec.msgpack.Encoder().encode
        file.execute(f"CREATE TABLE {name} (id TEXT UNIQUE, record BLOB, place TEXT, taken INT)")
        self._add = f"INSERT OR IGNORE INTO {name} VALUES (?, ?, ?, 0)"  # noqa: S608 - our name

    def add(self, record_id: str, record: T | None) -> bool:
        """Whether there was none of this id; else the one that was there stays."""
        return self._execute(self._add, (record_id, *self._row(record))).rowcount > 0

    def put(self, record_id: str, record: T | None) -> None:
        """In place of the one that was there, if any."""
        self._execute(
            f"INSERT INTO {self._name} VALUES (?, ?, ?, 0) ON CONFLICT (id) DO UPDATE"  # noqa: S608
            " SET record = excluded.record, place = excluded.place",
            (record_id, *self._row(record)),
        )

    def is_same(self, record_id: str, record: T | None) -> bool:
        """Whether the record of this id says just the same."""
        found = self._select("record", "WHERE id = ?", record_id).fetchone()
        return found is not None and found[0] == self._row(record)[0]

    def has(self, record_id: str) -> bool | None:
        """Whether it is there; None where nothing was said of it."""
        found = self._select("record IS NOT NULL", "WHERE id = ?", record_id).fetchone()
        return None if found is None else bool(found[0])

    def get(self, record_id: str) -> T | None:
        found = self._select("record", "WHERE id = ?", record_id).fetchone()
        return None if found is None or found[0] is None else self._read(found[0])

    def items(self) -> Iterator[tuple[str, T | None]]:
        """All, with those that are gone."""
        for record_id, record in self._select("id, record", "ORDER BY rowid"):
            yield record_id, None if record is None else self._read(record)

    def values(self) -> Iterator[T]:
        """All that are there."""
        for (record,) in self._select("record", "WHERE record IS NOT NULL ORDER BY rowid"):
            yield self._read(record)

    def index(self) -> None:
        """By place; to be called once, when all have been added."""
        self._execute(f"CREATE INDEX {self._name}_at ON {self._name} (place)")

    def at(self, place: str) -> Iterator[T]:
        where = "WHERE place = ? AND record IS NOT NULL ORDER BY rowid"
        return (self._read(record) for (record,) in self._select("record", where, place))

    def by_place(self) -> Iterator[T]:
        """All that are there, those of a place together."""
        where = "WHERE record IS NOT NULL ORDER BY place, rowid"
        return (self._read(record) for (record,) in self._select("record", where))

    def take(self, ids: Iterable[str]) -> None:
        """Marks records for which a place was found."""
        statement = f"UPDATE {self._name} SET taken = 1 WHERE id = ? AND NOT taken"  # noqa: S608
        for record_id in ids:
            self._execute(statement, (record_id,))

    def left(self) -> Iterator[T]:
        """Records that nobody has taken."""
        where = "WHERE record IS NOT NULL AND NOT taken ORDER BY rowid"
        return (self._read(record) for (record,) in self._select("record", where))

    def drop_gone(self) -> None:
        self._execute(f"DELETE FROM {self._name} WHERE record IS NULL")  # noqa: S608

    def _select(self, what: str, where: str, *values: str) -> sqlite3.Cursor:
        return self._execute(f"SELECT {what} FROM {self._name} {where}", values)  # noqa: S608

    def _read(self, record: bytes) -> T:
        return self._kind(*self._decode(record))

    def _row(self, record: T | None) -> tuple[bytes | None, str | None]:
        if record is None:
            return None, None
        return self._encode(self._values(record)), self._place(record)


class Shelf:
    """All of a provider's records. With roles.csv's, until they are their users'."""

    def __init__(self) -> None:
        # whichever thread collects what is left of this object closes the file
        file = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self.close = weakref.finalize(self, file.close)
        for statement in (
            f"PRAGMA cache_size = -{_CACHE_KIB}",
            "PRAGMA journal_mode = OFF",
            "PRAGMA synchronous = OFF",
            "PRAGMA temp_store = FILE",
            "BEGIN",
        ):
            file.execute(statement)
        self._file = file
        self.orgs = Kept(file, "orgs", Org, _nowhere)
        self.sessions = Kept(file, "sessions", AcademicSession, _nowhere)
        self.courses = Kept(file, "courses", Course, _nowhere)
        self.classes = Kept(file, "classes", ClassRecord, attrgetter("school_id"))
        self.users = Kept(file, "users", UserRecord, _nowhere)
        self.roles = Kept(file, "roles", HeldRole, attrgetter("user_id"))
        self.enrollments = Kept(file, "enrollments", Enrollment, attrgetter("class_id"))
        self._is_indexed = False

    def add_all(self, roster: OneRoster) -> None:
        """Those that are here already stay as they are."""
        for kept, records in self._with(roster):
            for record_id, record in records.items():
                kept.add(record_id, record)

    def put_all(self, other: "Shelf") -> None:
        """What another one says goes before what is said here."""
        for kept, others in zip(self._kinds(), other._kinds(), strict=True):
            for record_id, record in others.items():
                kept.put(record_id, record)

    def drop_gone(self) -> None:
        for kept in self._kinds():
            kept.drop_gone()

    def index(self) -> None:
        """To be called once, when all is there: where users belong, and who belongs to them."""
        if self._is_indexed:
            return
        self._is_indexed = True
        for statement in (
            "CREATE TABLE posts (place TEXT, user TEXT)",
            "CREATE TABLE agents (agent TEXT, user TEXT)",
        ):
            self._file.execute(statement)
        posts: list[tuple[str, str]] = []
        agents: list[tuple[str, str]] = []
        for user in self.users.values():
            posts += {(place, user.id) for role in user.roles for place in _places(role)}
            agents += ((agent, user.id) for agent in user.agents)
            if len(posts) + len(agents) > _AT_ONCE:
                self._note(posts, agents)
        self._note(posts, agents)
        self._file.execute("CREATE INDEX posts_at ON posts (place)")
        self._file.execute("CREATE INDEX agents_at ON agents (agent)")
        self.classes.index()
        self.enrollments.index()

    def users_at(self, place: str) -> Iterator[str]:
        """Users with a role at an organization; at "": those who may be administrators."""
        found = self._file.execute(
            "SELECT user FROM posts WHERE place = ? ORDER BY rowid", (place,)
        )
        return (user for (user,) in found)

    def users_of_agent(self, agent_id: str) -> Iterator[str]:
        query = "SELECT user FROM agents WHERE agent = ? ORDER BY rowid"
        return (user for (user,) in self._file.execute(query, (agent_id,)))

    def _note(self, posts: list[tuple[str, str]], agents: list[tuple[str, str]]) -> None:
        self._file.executemany("INSERT INTO posts VALUES (?, ?)", posts)
        self._file.executemany("INSERT INTO agents VALUES (?, ?)", agents)
        posts.clear()
        agents.clear()

    def _kinds(self) -> tuple[Kept[Any], ...]:
        rest = (self.classes, self.users, self.enrollments)
        return (self.orgs, self.sessions, self.courses, *rest)

    def _with(self, roster: OneRoster) -> Iterable[tuple[Kept[Any], Any]]:
        first = (roster.orgs, roster.sessions, roster.courses)
        records = (*first, roster.classes, roster.users, roster.enrollments)
        return zip(self._kinds(), records, strict=True)


def _nowhere(record: object) -> str:
    return ""


def _places(role: RoleAt) -> tuple[str, ...]:
    return (role.org_id, "") if "administrator" in role.role.casefold() else (role.org_id,)
