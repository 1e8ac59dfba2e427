"""What of a school is served to others, and by what is seen that it has changed."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import and_, func, or_, select

from roster_dash.extensions import db
from roster_dash.roster.difference import State
from roster_dash.roster.operations import Entity
from roster_dash.roster.records import Term
from roster_dash.store import era, past, snapshots
from roster_dash.store.tables import (
    ListRow,
    OperationRow,
    PersonRow,
    Run,
    School,
    StoredSnapshot,
)

Version = tuple[object, ...]


def version_of(school: School) -> Version:
    """Another one whenever what is served may be otherwise: after changes and erasures, another
    answer of the source, another name; and in a database that was put back."""
    latest = select(func.max(StoredSnapshot.id)).where(StoredSnapshot.school_id == school.id)
    district = school.district
    names = (school.clever_id, school.name, district.clever_id, district.name)
    since = (school.created_at, era.mark())
    return (school.content_version, db.session.scalar(latest), *names, *since)


def state_of(school_id: int) -> tuple[State, Sequence[Term]]:
    """Everybody and every list of now, which have their `term_id` too, and the terms that the
    source told of last."""
    latest, state = snapshots.latest_snapshot(school_id), past.school_at(school_id)
    query = select(ListRow.id, ListRow.term_id).where(ListRow.school_id == school_id)
    terms = {row.id: row.term_id for row in db.session.execute(query)}
    lists = {key: {**row, "term_id": terms.get(key, "")} for key, row in state.lists.items()}
    return replace(state, lists=lists), latest[1].terms if latest else ()


def changed_at(school: School) -> datetime:
    """When anything of it was changed last; not before it was linked."""
    of_runs = select(func.max(Run.finished_at)).where(Run.school_id == school.id)
    table = OperationRow.__table__.c
    people = select(PersonRow.id).where(PersonRow.school_id == school.id)
    lists = select(ListRow.id).where(ListRow.school_id == school.id)
    by_somebody = select(func.max(table.at)).where(
        or_(
            and_(table.entity == Entity.PERSON, table.entity_id.in_(people)),
            and_(table.entity != Entity.PERSON, table.entity_id.in_(lists)),
        ),
        table.at.is_not(None),
    )
    found = (school.created_at, *map(db.session.scalar, (of_runs, by_somebody)))
    return max(moment for moment in found if moment is not None)
