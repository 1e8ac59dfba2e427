"""How far a district's events have been followed, and which schools here are followed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Update, or_, select, update

from roster_dash.extensions import db
from roster_dash.roster.news import News
from roster_dash.store.tables import District, PersonRow, Run, School

_IDS_AT_ONCE = 500
_FOLLOWED = (School.unlinked_at.is_(None), School.next_due_at.is_not(None))
"""Schools that have a daily sync; their own settings say whether they are followed meanwhile."""


@dataclass(frozen=True, slots=True)
class Place:
    """The last event that was read, when, and since when it is the last one; None: none yet."""

    cursor: str | None
    read_at: datetime | None
    moved_at: datetime | None


def due_district_ids(now: datetime) -> Sequence[int]:
    """Districts to look at again. While a source is down nobody asks it for events."""
    return db.session.scalars(
        select(District.id)
        .where(
            District.disconnected_at.is_(None),
            District.outage_since.is_(None),
            or_(District.events_due_at.is_(None), District.events_due_at <= now),
            District.id.in_(select(School.district_id).where(*_FOLLOWED)),
        )
        .order_by(District.id)
    ).all()


def claim(district_id: int, now: datetime, next_at: datetime) -> bool:
    """Whether it is this process that has the district looked at now."""
    is_due = or_(District.events_due_at.is_(None), District.events_due_at <= now)
    claimed = db.session.execute(
        _update(district_id).where(is_due).values(events_due_at=next_at),
    )
    return bool(claimed.rowcount)  # type: ignore[attr-defined]


def place_of(district_id: int) -> Place:
    columns = select(District.events_cursor, District.events_read_at, District.events_moved_at)
    return Place(*db.session.execute(columns.where(District.id == district_id)).one())


def advance(district_id: int, cursor: str, at: datetime, *, has_moved: bool) -> None:
    """What comes after the cursor is news the next time."""
    values = {"events_cursor": cursor, "events_read_at": at}
    values |= {"events_moved_at": at} if has_moved else {}
    db.session.execute(_update(district_id).values(**values))


def lose(district_id: int) -> None:
    """The source doesn't know the place; the next look finds another one, and looks everywhere."""
    db.session.execute(_update(district_id).values(events_cursor=None))


def put_off(district_id: int, until: datetime) -> None:
    """No look before then; what was told meanwhile can't be known, so all is looked at then."""
    db.session.execute(_update(district_id).values(events_cursor=None, events_due_at=until))


def followed_schools(district_id: int, news: News) -> Sequence[School]:
    """The schools with a daily sync that news may concern, and that have been synced before."""
    synced = select(Run.school_id).where(Run.status.in_(("succeeded", "held")))
    query = select(School).where(School.district_id == district_id, *_FOLLOWED)
    if not news.everywhere:
        query = query.where(School.id.in_(_touched(district_id, news)))
    return db.session.scalars(query.where(School.id.in_(synced)).order_by(School.id)).all()


def _touched(district_id: int, news: News) -> set[int]:
    """Schools that are named, and those where somebody is who is named."""
    found: set[int] = set()
    for ids in _portions(news.schools):
        named = select(School.id).where(School.clever_id.in_(ids))
        found.update(db.session.scalars(named))
    for ids in _portions(news.people):
        where = select(PersonRow.school_id).join(School, School.id == PersonRow.school_id)
        here = (School.district_id == district_id, PersonRow.source_id.in_(ids))
        found.update(db.session.scalars(where.where(*here).distinct()))
    return found


def _portions(ids: frozenset[str]) -> list[list[str]]:
    ordered = sorted(ids)
    return [ordered[at : at + _IDS_AT_ONCE] for at in range(0, len(ordered), _IDS_AT_ONCE)]


def _update(district_id: int) -> Any:
    statement: Update = update(District).where(District.id == district_id)
    return statement.execution_options(synchronize_session=False)
