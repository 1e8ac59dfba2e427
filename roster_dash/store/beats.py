"""Who says they are alive: the scheduler, for /readyz."""

from datetime import UTC, datetime

from roster_dash.extensions import db
from roster_dash.store.tables import Beat


def beat(name: str) -> None:
    db.session.merge(Beat(name=name, at=datetime.now(UTC)))
    db.session.flush()


def last_beat(name: str) -> datetime | None:
    row = db.session.get(Beat, name)
    return row.at if row else None
