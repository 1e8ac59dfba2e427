"""Where a page is in a long list that goes on by id."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Integer, cast, func, select
from sqlalchemy.orm import InstrumentedAttribute

from roster_dash.extensions import db


@dataclass(frozen=True, slots=True)
class Place:
    """Rows `first` to `last` of `total` are shown.

    `back` and `next` are what the pages before and after go on from; None where there is none.
    """

    first: int
    last: int
    total: int
    back: int | None
    next: int | None


def place(
    key: InstrumentedAttribute[int],
    fitting: Sequence[ColumnElement[bool]],
    after: int,
    found: Sequence[int],
    size: int,
) -> Place:
    """The place of the page after `after`, on which those `found` are, one more than are shown."""
    shown = found[:size]
    earlier = func.coalesce(func.sum(cast(key <= after, Integer)), 0)
    total, before = db.session.execute(select(func.count(key), earlier).where(*fitting)).one()
    return Place(
        first=before + 1 if shown else 0,
        last=before + len(shown),
        total=total,
        back=_back(key, fitting, after, size) if after else None,
        next=shown[-1] if len(found) > size else None,
    )


def newer(
    key: InstrumentedAttribute[int],
    fitting: Sequence[ColumnElement[bool]],
    before: int | None,
    size: int,
) -> int | None:
    """Of a list with the newest first: what the page of newer ones goes on from.

    0 is the first page; None where this is the first.
    """
    if before is None:
        return None
    ids = select(key).where(*fitting, key >= before).order_by(key)
    return db.session.scalar(ids.offset(size).limit(1)) or 0


def _back(
    key: InstrumentedAttribute[int], fitting: Sequence[ColumnElement[bool]], after: int, size: int
) -> int:
    """What the page before goes on from; 0 is the first one."""
    ids = select(key).where(*fitting, key <= after).order_by(key.desc())
    return db.session.scalar(ids.offset(size).limit(1)) or 0
