"""Snapshots and the district-wide part of a fetch, as compressed JSON."""

import zlib
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from hashlib import blake2b
from threading import Lock
from typing import Any

import orjson
from sqlalchemy import JSON, delete, insert, literal, select, update

from roster_dash.extensions import db
from roster_dash.roster.records import Contact, DistrictPart, Person, Section, Snapshot, Term
from roster_dash.roster.roles import Role, roles_named
from roster_dash.store.tables import StoredDistrictPart, StoredSnapshot
from roster_dash.store.upsert import upsert

KEPT_PAYLOADS = 10
"""How many snapshots of a school keep their content; of older ones the counts and digest stay."""
REMEMBERED_PEOPLE = 20_000
"""A process remembers the answers that it read last, with so many people in all: some 40 MB."""


class _Remembered:
    """Answers by their digest, the one used last at the end. They never change, so threads share
    them; pages and previews ask for the same ones again and again."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._answers: OrderedDict[str, Snapshot] = OrderedDict()
        self._lock = Lock()

    def find(self, digest: str) -> Snapshot | None:
        with self._lock:
            if digest in self._answers:
                self._answers.move_to_end(digest)
            return self._answers.get(digest)

    def keep(self, digest: str, snapshot: Snapshot) -> None:
        with self._lock:
            self._answers[digest] = snapshot
            while sum(len(each.people) for each in self._answers.values()) > self._most:
                self._answers.popitem(last=False)


_remembered = _Remembered(REMEMBERED_PEOPLE)


def save_snapshot(school_id: int, snapshot: Snapshot, fetched_at: datetime) -> StoredSnapshot:
    payload = orjson.dumps(snapshot)
    row = StoredSnapshot(
        school_id=school_id,
        fetched_at=fetched_at,
        digest=blake2b(payload, digest_size=16).hexdigest(),
        counts=_counts(snapshot),
        about=dict(snapshot.about),
        payload=zlib.compress(payload, 1),
    )
    db.session.add(row)
    db.session.flush()
    _drop_old_payloads(school_id)
    return row


def save_same(
    school_id: int, snapshot_id: int, about: Mapping[str, str], fetched_at: datetime
) -> int | None:
    """The same answer once more, as it came at another moment; gives the new one's id.

    None if its content isn't kept any more.
    """
    digest = select(StoredSnapshot.digest).where(StoredSnapshot.id == snapshot_id)
    last = db.session.scalar(
        select(StoredSnapshot.id)
        .where(
            StoredSnapshot.school_id == school_id,
            StoredSnapshot.payload.is_not(None),
            StoredSnapshot.digest == digest.scalar_subquery(),
        )
        .order_by(StoredSnapshot.id.desc())
        .limit(1)
    )
    if last is None:
        return None
    table = StoredSnapshot.__table__.c
    copied = (table.school_id, table.digest, table.counts, table.payload)
    again = select(*copied, literal(fetched_at, table.fetched_at.type), literal(dict(about), JSON))
    names = [*(column.name for column in copied), "fetched_at", "about"]
    statement = insert(StoredSnapshot).from_select(names, again.where(table.id == last))
    made = db.session.scalar(statement.returning(StoredSnapshot.id))
    _drop_old_payloads(school_id)
    return made


def load_snapshot(snapshot_id: int) -> Snapshot | None:
    """A stored snapshot; None if its content has been dropped."""
    row = db.session.get(StoredSnapshot, snapshot_id)
    return _content(row) if row and row.payload else None


def latest_snapshot(school_id: int) -> tuple[StoredSnapshot, Snapshot] | None:
    """The last good one."""
    row = db.session.scalar(
        select(StoredSnapshot)
        .where(StoredSnapshot.school_id == school_id, StoredSnapshot.payload.is_not(None))
        .order_by(StoredSnapshot.id.desc())
        .limit(1)
    )
    return (row, _content(row)) if row else None


def with_words(school_id: int, words: Sequence[str]) -> Iterator[tuple[datetime, Snapshot]]:
    """(moment, content) of the kept snapshots that have all these words somewhere, newest first.

    The words are looked for in the stored text first, so most are never decoded.
    """
    plain = [word.casefold().encode() for word in words if word.isascii()]
    for moment, text in _texts(school_id):
        lowered = text.lower()
        if all(word in lowered for word in plain):
            yield moment, _read(text)


def last_with(school_id: int, source_id: str) -> datetime | None:
    """When the newest kept snapshot was fetched that has somebody or something with this id."""
    wanted = b'"source_id":' + orjson.dumps(source_id)
    return next((moment for moment, text in _texts(school_id) if wanted in text), None)


def _texts(school_id: int) -> Iterator[tuple[datetime, bytes]]:
    """(moment, stored text) of the kept snapshots, newest first, one at a time."""
    kept = (StoredSnapshot.school_id == school_id, StoredSnapshot.payload.is_not(None))
    ids = db.session.scalars(
        select(StoredSnapshot.id).where(*kept).order_by(StoredSnapshot.id.desc())
    ).all()
    columns = select(StoredSnapshot.fetched_at, StoredSnapshot.payload)
    for snapshot_id in ids:
        moment, payload = db.session.execute(columns.where(StoredSnapshot.id == snapshot_id)).one()
        yield moment, zlib.decompress(payload or b"")


def first_kept(school_id: int) -> StoredSnapshot | None:
    """The oldest snapshot whose content is kept."""
    return db.session.scalar(
        select(StoredSnapshot)
        .where(StoredSnapshot.school_id == school_id, StoredSnapshot.payload.is_not(None))
        .order_by(StoredSnapshot.id)
        .limit(1)
    )


def latest_about(school_id: int) -> Mapping[str, str]:
    """What the last good snapshot said of itself: when its data came into Clever, and so on."""
    return (
        db.session.scalar(
            select(StoredSnapshot.about)
            .where(StoredSnapshot.school_id == school_id)
            .order_by(StoredSnapshot.id.desc())
            .limit(1)
        )
        or {}
    )


def save_district_part(district_id: int, part: DistrictPart, fetched_at: datetime) -> None:
    """Keeps what a district-wide fetch gave, replacing the last one."""
    values = {"fetched_at": fetched_at, "payload": zlib.compress(orjson.dumps(part), 1)}
    statement = upsert(StoredDistrictPart).values(district_id=district_id, **values)
    db.session.execute(statement.on_conflict_do_update(index_elements=["district_id"], set_=values))


def forget_district_part(district_id: int) -> None:
    """It isn't what the source has now."""
    of_district = StoredDistrictPart.district_id == district_id
    db.session.execute(delete(StoredDistrictPart).where(of_district))


def district_part_since(district_id: int, since: datetime) -> DistrictPart | None:
    """The kept district-wide part, if it was fetched since then."""
    row = db.session.get(StoredDistrictPart, district_id, populate_existing=True)
    if row is None or row.fetched_at < since:
        return None
    stored = orjson.loads(zlib.decompress(row.payload))
    return DistrictPart(
        admins=tuple(_person(person) for person in stored["admins"]),
        contacts={student: Contact(**row) for student, row in stored["contacts"].items()},
    )


def _content(row: StoredSnapshot) -> Snapshot:
    """What an answer holds; its payload is fetched only if it isn't remembered."""
    snapshot = _remembered.find(row.digest)
    if snapshot is None:
        columns = select(StoredSnapshot.digest, StoredSnapshot.payload)
        digest, payload = db.session.execute(columns.where(StoredSnapshot.id == row.id)).one()
        assert payload is not None  # the newest ones keep theirs
        snapshot = _read(zlib.decompress(payload))
        _remembered.keep(digest, snapshot)
    return snapshot


def _read(text: bytes) -> Snapshot:
    stored = orjson.loads(text)
    return Snapshot(
        school_name=stored["school_name"],
        people=tuple(_person(row) for row in stored["people"]),
        sections=tuple(Section(**_with_tuples(row)) for row in stored["sections"]),
        terms=tuple(
            Term(row["source_id"], row["name"], _day(row["start"]), _day(row["end"]))
            for row in stored["terms"]
        ),
        about=stored["about"],
    )


def _with_tuples(row: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(v) if isinstance(v, list) else v for name, v in row.items()}


def _person(row: dict[str, Any]) -> Person:
    row["roles"] = roles_named(tuple(row["roles"]))
    row["contact"] = Contact(**row["contact"])
    return Person(**row)


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _counts(snapshot: Snapshot) -> dict[str, int]:
    return {
        **{role.setting: snapshot.count(role) for role in Role},
        "sections": len(snapshot.sections),
        "terms": len(snapshot.terms),
        "contacts": sum(1 for person in snapshot.people if person.contact.name),
    }


def _drop_old_payloads(school_id: int) -> None:
    kept = (
        select(StoredSnapshot.id)
        .where(StoredSnapshot.school_id == school_id)
        .order_by(StoredSnapshot.id.desc())
        .limit(KEPT_PAYLOADS)
    )
    db.session.execute(
        update(StoredSnapshot)
        .where(
            StoredSnapshot.school_id == school_id,
            StoredSnapshot.payload.is_not(None),
            StoredSnapshot.id.not_in(kept.scalar_subquery()),
        )
        .values(payload=None)
        .execution_options(synchronize_session=False)
    )
