"""Rosters of districts that send files: the one in force, and one that waits to be accepted."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b

from sqlalchemy import delete, select

from roster_dash.extensions import db
from roster_dash.store import audit
from roster_dash.store.audit import Did
from roster_dash.store.tables import AcceptedRoster, District, WaitingRoster
from roster_dash.store.upsert import upsert


@dataclass(frozen=True, slots=True)
class Waiting:
    """`over`: when what was in force had been accepted; a zip of changes is about that only."""

    payload: bytes
    digest: str
    at: datetime
    over: datetime | None
    notes: Sequence[str]


def keep(district: District, payload: bytes, at: datetime) -> None:
    """In place of the one before; nothing waits any more."""
    values = {"accepted_at": at, "payload": zlib.compress(payload, 1)}
    statement = upsert(AcceptedRoster).values(district_id=district.id, **values)
    db.session.execute(statement.on_conflict_do_update(index_elements=["district_id"], set_=values))
    drop_waiting(district.id)
    audit.record(Did.FILE_ACCEPTED, district_id=district.id, about=district.name)


def of_district(district_id: int) -> tuple[bytes, datetime] | None:
    """(the roster in force, when it was accepted)."""
    row = db.session.get(AcceptedRoster, district_id, populate_existing=True)
    return (zlib.decompress(row.payload), row.accepted_at) if row else None


def since(district_id: int) -> datetime | None:
    """When what is in force was accepted."""
    of_it = AcceptedRoster.district_id == district_id
    return db.session.scalar(select(AcceptedRoster.accepted_at).where(of_it))


def lay_aside(
    district_id: int,
    payload: bytes,
    notes: Sequence[str],
    over: datetime | None,
    user_id: int,
    at: datetime,
) -> None:
    """Until somebody accepts or refuses it, or another one is laid aside."""
    values = {
        "arrived_at": at,
        "payload": zlib.compress(payload, 1),
        "digest": blake2b(payload, digest_size=16).hexdigest(),
        "over": over,
        "notes": list(notes),
        "user_id": user_id,
    }
    statement = upsert(WaitingRoster).values(district_id=district_id, **values)
    db.session.execute(statement.on_conflict_do_update(index_elements=["district_id"], set_=values))


def waiting(district_id: int) -> Waiting | None:
    row = db.session.get(WaitingRoster, district_id, populate_existing=True)
    if row is None:
        return None
    return Waiting(zlib.decompress(row.payload), row.digest, row.arrived_at, row.over, row.notes)


def drop_waiting(district_id: int) -> None:
    of_it = WaitingRoster.district_id == district_id
    db.session.execute(delete(WaitingRoster).where(of_it))
