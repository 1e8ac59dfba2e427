"""Rosters of districts that send files: the one in force, and one that waits to be accepted.

Each is in parts, kept under its digest: first the parts, then the row that names them, so that a
large one is no large transaction. The part that all schools share is in the row itself.
"""

import secrets
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, select, union_all

from roster_dash import clock
from roster_dash.extensions import db
from roster_dash.store import audit, pulls
from roster_dash.store.audit import Did
from roster_dash.store.tables import (
    AcceptedRoster,
    District,
    PlannedSwitch,
    RosterPart,
    WaitingRoster,
)
from roster_dash.store.upsert import upsert

_NAMING = (AcceptedRoster, WaitingRoster, PlannedSwitch)
_UNNAMED_FOR = timedelta(days=1)
"""After that nobody writes parts any more whose row isn't there."""


@dataclass(frozen=True, slots=True)
class Roster:
    """`digest` says which one it is; "" if it is all in its shared part."""

    digest: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Waiting:
    """`over`: when what was in force had been accepted; a zip of changes is about that only."""

    digest: str
    at: datetime
    over: datetime | None
    notes: Sequence[str]


@dataclass(frozen=True, slots=True)
class NewRoster:
    """One whose parts are kept: `shared` is the part that all schools share."""

    digest: str
    shared: bytes


def new_digest() -> str:
    return secrets.token_hex(16)


def add_part(digest: str, school: str | None, payload: bytes) -> int:
    """A part of a roster that isn't there yet; its size here. Of None are records of no school."""
    part = zlib.compress(payload, 1)
    values = {"roster": digest, "school": school, "kept_at": clock.now(), "payload": part}
    db.session.execute(RosterPart.__table__.insert().values(values))  # type: ignore[attr-defined]
    return len(part)


def keep(district: District, new: NewRoster, at: datetime) -> None:
    """In place of the one before; nothing waits any more, and nothing older is on its way."""
    drop_waiting(district.id)
    put(district, new.digest, zlib.compress(new.shared, 1), at)


def keep_waiting(district: District, at: datetime) -> None:
    """What waits, in place of the one before."""
    row = db.session.get(WaitingRoster, district.id, populate_existing=True)
    assert row is not None, "the caller has looked"
    digest, payload = row.digest, row.payload
    db.session.delete(row)
    db.session.flush()
    put(district, digest, payload, at)


def put(district: District, digest: str, payload: bytes, at: datetime) -> None:
    """Parts that are kept, as what is in force. `payload`: the shared one, compressed."""
    _drop_parts(in_force(district.id))
    values = {"accepted_at": at, "payload": payload, "digest": digest}
    statement = upsert(AcceptedRoster).values(district_id=district.id, **values)
    db.session.execute(statement.on_conflict_do_update(index_elements=["district_id"], set_=values))
    pulls.forget_of_district(district.id)
    audit.record(Did.FILE_ACCEPTED, district_id=district.id, about=district.name)


def in_force(district_id: int) -> Roster | None:
    columns = select(AcceptedRoster.digest, AcceptedRoster.accepted_at)
    row = db.session.execute(columns.where(AcceptedRoster.district_id == district_id)).first()
    return Roster(*row) if row else None


def since(district_id: int) -> datetime | None:
    """When what is in force was accepted."""
    found = in_force(district_id)
    return found.at if found else None


def shared_part(district_id: int, digest: str) -> bytes | None:
    """Of the roster in force, one that waits or one of a planned change of source; None if none
    is the one that is meant."""
    for table in _NAMING:
        meant = (table.district_id == district_id, table.digest == digest)
        payload = db.session.scalar(select(table.payload).where(*meant))
        if payload is not None:
            return zlib.decompress(payload)
    return None


def parts_of(digest: str, school: str) -> Iterator[bytes]:
    meant = (RosterPart.roster == digest, RosterPart.school == school)
    query = select(RosterPart.payload).where(*meant).order_by(RosterPart.id)
    return map(zlib.decompress, db.session.scalars(query).all())


def all_parts(digest: str) -> Iterator[bytes]:
    """All but the shared one, one at a time."""
    of_it = RosterPart.roster == digest
    ids = db.session.scalars(select(RosterPart.id).where(of_it).order_by(RosterPart.id)).all()
    for part_id in ids:
        payload = db.session.scalar(select(RosterPart.payload).where(RosterPart.id == part_id))
        if payload is not None:
            yield zlib.decompress(payload)


def lay_aside(
    district: District,
    new: NewRoster,
    notes: Sequence[str],
    over: datetime | None,
    user_id: int | None,
    at: datetime,
) -> None:
    """Until somebody accepts or refuses it, or another one is laid aside. `user_id`: who sent it;
    None where nobody did."""
    drop_waiting(district.id)
    values = {
        "arrived_at": at,
        "payload": zlib.compress(new.shared, 1),
        "digest": new.digest,
        "over": over,
        "notes": list(notes),
        "user_id": user_id,
    }
    statement = upsert(WaitingRoster).values(district_id=district.id, **values)
    db.session.execute(statement.on_conflict_do_update(index_elements=["district_id"], set_=values))
    audit.record(Did.FILE_ARRIVED, district_id=district.id, about=district.name)


def refuse_waiting(district: District) -> None:
    drop_waiting(district.id)
    audit.record(Did.FILE_REFUSED, district_id=district.id, about=district.name)


def waiting(district_id: int) -> Waiting | None:
    row = WaitingRoster
    columns = select(row.digest, row.arrived_at, row.over, row.notes)
    found = db.session.execute(columns.where(row.district_id == district_id)).first()
    return Waiting(*found) if found else None


def drop_waiting(district_id: int) -> None:
    found = waiting(district_id)
    if found is not None:
        drop_parts(found.digest)
        of_it = WaitingRoster.district_id == district_id
        db.session.execute(delete(WaitingRoster).where(of_it))


def drop_all(district_id: int) -> None:
    """What is in force, too: nothing of a district's files stays."""
    drop_waiting(district_id)
    _drop_parts(in_force(district_id))
    db.session.execute(delete(AcceptedRoster).where(AcceptedRoster.district_id == district_id))


def drop_planned(which: ColumnElement[bool]) -> None:
    """Changes of source that were planned, with what was sent for them."""
    for digest in db.session.scalars(select(PlannedSwitch.digest).where(which)).all():
        drop_parts(digest)
    db.session.execute(delete(PlannedSwitch).where(which))


def drop_parts(digest: str) -> None:
    db.session.execute(delete(RosterPart).where(RosterPart.roster == digest))


def drop_unnamed(now: datetime) -> None:
    """Parts whose writer was killed before the row that names them."""
    named = union_all(*(select(table.digest) for table in _NAMING))
    old = (RosterPart.kept_at < now - _UNNAMED_FOR, RosterPart.roster.not_in(named))
    db.session.execute(delete(RosterPart).where(*old).execution_options(synchronize_session=False))


def _drop_parts(roster: Roster | None) -> None:
    if roster is not None:
        drop_parts(roster.digest)
