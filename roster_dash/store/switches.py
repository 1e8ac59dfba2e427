"""Another source for a district: what was tried, and the moment in which it becomes the source."""

import zlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from roster_dash import clock
from roster_dash.extensions import db
from roster_dash.roster.operations import Entity
from roster_dash.roster.switching import REASON, Former
from roster_dash.store import accepted, audit, schools, snapshots
from roster_dash.store.audit import Did
from roster_dash.store.tables import (
    District,
    ListRow,
    OperationRow,
    PersonRow,
    PlannedSwitch,
    School,
)

KEPT_FOR = timedelta(days=1)
"""What was tried and not switched to is forgotten after so long."""


def plan_switch(
    district: District,
    way: Mapping[str, Any],
    new: accepted.NewRoster | None,
    shared: Sequence[tuple[str, str]],
    matches: Mapping[int, str],
    user_id: int | None,
) -> PlannedSwitch:
    """In place of one before. `way`: source, clever_id, token (encrypted) and connection; `new`:
    what was sent as files."""
    drop(district.id)
    row = PlannedSwitch(
        district_id=district.id,
        **way,
        digest=new.digest if new else "",
        payload=zlib.compress(new.shared, 1) if new else None,
        schools=[list(each) for each in shared],
        matches={str(school_id): source_id for school_id, source_id in matches.items()},
        user_id=user_id,
        at=clock.now(),
    )
    db.session.add(row)
    db.session.flush()
    return row


def planned(district_id: int) -> PlannedSwitch | None:
    query = select(PlannedSwitch).where(PlannedSwitch.district_id == district_id)
    row = db.session.scalar(query)
    return row if row is not None and row.at > clock.now() - KEPT_FOR else None


def match(row: PlannedSwitch, matches: Mapping[int, str]) -> None:
    row.matches = {str(school_id): source_id for school_id, source_id in matches.items()}
    db.session.flush()


def drop(district_id: int) -> None:
    accepted.drop_planned(PlannedSwitch.district_id == district_id)


def forget_old(before: datetime) -> None:
    """What was tried before then; there may be a secret in it."""
    accepted.drop_planned(PlannedSwitch.at < before)


def former_ids(school_id: int) -> Former:
    """Ids that switches have taken from people and lists, the last one of each."""
    return Former(
        _former(Entity.PERSON, PersonRow, school_id), _former(Entity.LIST, ListRow, school_id)
    )


def _former(
    entity: Entity, table: type[PersonRow] | type[ListRow], school_id: int
) -> dict[str, int]:
    rows = db.session.execute(
        select(OperationRow.entity_id, OperationRow.before)
        .join(table, table.id == OperationRow.entity_id)
        .where(
            OperationRow.entity == entity,
            OperationRow.reason == REASON,
            table.school_id == school_id,
        )
        .order_by(OperationRow.id)
    )
    return {before["source_id"]: row_id for row_id, before in rows if before.get("source_id")}


def taken_by(source_ids: Iterable[str], but: Iterable[int]) -> School | None:
    """Another school, linked or not, that has one of these ids."""
    query = select(School).where(School.clever_id.in_(sorted(source_ids)))
    return db.session.scalar(query.where(School.id.not_in(sorted(but))).limit(1))


def become(district: District, row: PlannedSwitch, counts: Mapping[str, int]) -> None:
    """From now on the district's roster comes from there. Nothing of the former source stays."""
    before, now = district.source, clock.now()
    district.source, district.clever_id = row.source, row.clever_id
    district.token, district.connection = row.token, dict(row.connection)
    district.events_cursor = district.events_read_at = district.events_due_at = None
    district.no_pull_until = None
    schools.forget_outage(district)
    snapshots.forget_district_part(district.id)
    accepted.drop_all(district.id)
    if row.payload is not None:
        accepted.put(district, row.digest, row.payload, now)
    db.session.delete(row)
    db.session.flush()
    audit.record(
        Did.SOURCE_SWITCHED,
        district_id=district.id,
        about=district.name,
        before={"source": before},
        after={"source": district.source, **counts},
    )
