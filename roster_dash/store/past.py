"""A school as of any moment: its rows of now, with every later operation of the log undone.

The rows are read before the log. What is committed between the two readings is later than both,
so it is undone with the rest, and the answer is exact without a lock.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, or_, select

from roster_dash.extensions import db
from roster_dash.roster.difference import Difference, State, compare
from roster_dash.roster.errors import BadInput
from roster_dash.roster.operations import Action, Entity
from roster_dash.roster.records import CONTACT_FIELDS, TEXT_FIELDS
from roster_dash.store import memberships, retention
from roster_dash.store.tables import ListRow, Membership, OperationRow, PersonRow, Run

_PERSON = (
    "source_id",
    "roles",
    *TEXT_FIELDS,
    "status",
    "included_in_sync",
    *(f"contact_{name}" for name in CONTACT_FIELDS),
)
_LIST = (
    "source_id",
    "title",
    "synced_title",
    "course",
    "term",
    "grade",
    "period",
    "visibility",
    "status",
    "included_in_sync",
)
_OF_PEOPLE = frozenset({Entity.PERSON})
_OF_ALL = frozenset(Entity)

Rows = dict[int, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class _Done:
    """An operation of the log, and when it was true."""

    id: int
    entity: str
    entity_id: int
    action: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    moment: datetime


def people_at(school_id: int, moment: datetime | None = None) -> State:
    """Everybody as of a moment (None: now), without the lists."""
    _must_be_kept(school_id, moment)
    people = _rows(PersonRow, _PERSON, school_id)
    done = _later(school_id, moment, _OF_PEOPLE) if moment else []
    return _undone(State(people, {}, {}), done, moment)


def school_at(school_id: int, moment: datetime | None = None) -> State:
    """Everybody and every list with its people as of a moment (None: now)."""
    _must_be_kept(school_id, moment)
    now = _now(school_id)
    return _undone(now, _later(school_id, moment, _OF_ALL) if moment else [], moment)


def differences(school_id: int, start: datetime, end: datetime) -> Difference:
    """How a school at `end` differs from what it was at `start`."""
    _must_be_kept(school_id, min(start, end))
    now = _now(school_id)
    done = _later(school_id, min(start, end), _OF_ALL)
    return compare(_undone(now, done, start), _undone(now, done, end))


def _must_be_kept(school_id: int, moment: datetime | None) -> None:
    """Errors: BadInput for a moment whose log has been deleted."""
    gone = retention.history_since(school_id)
    if moment is not None and gone is not None and moment < gone:
        raise BadInput(
            f"What was before {gone:%Y-%m-%d} has been deleted: the district keeps its history "
            "only so long."
        )


def _now(school_id: int) -> State:
    people = _rows(PersonRow, _PERSON, school_id)
    lists = _rows(ListRow, _LIST, school_id)
    members: dict[tuple[int, str], set[int]] = defaultdict(set)
    columns = select(Membership.list_id, Membership.side, Membership.person_id)
    on_lists = db.session.execute(columns.where(memberships.of_school(school_id)))
    for list_id, side, person_id in on_lists:
        members[list_id, side].add(person_id)
    return State(people, lists, members)


def _rows(table: type[PersonRow] | type[ListRow], names: tuple[str, ...], school_id: int) -> Rows:
    """Id -> values by column, in order of id."""
    columns = table.__table__.c
    query = select(columns.id, *[columns[name] for name in names])
    found = db.session.execute(query.where(columns.school_id == school_id).order_by(columns.id))
    return {
        row[0]: {**dict(zip(names, row[1:], strict=True)), "source_id": row[1] or ""}
        for row in found
    }


def _later(school_id: int, moment: datetime, entities: frozenset[Entity]) -> list[_Done]:
    """A school's operations later than a moment, newest first."""
    table = OperationRow.__table__.c
    columns = [table[name] for name in ("id", "entity", "entity_id", "action", "before", "after")]
    by_run = (
        select(*columns, Run.finished_at)
        .join(Run, Run.id == table.run_id)
        .where(Run.school_id == school_id, Run.finished_at > moment, table.at.is_(None))
    )
    people = select(PersonRow.id).where(PersonRow.school_id == school_id)
    lists = select(ListRow.id).where(ListRow.school_id == school_id)
    by_somebody = select(*columns, table.at).where(
        table.at > moment,
        or_(
            and_(table.entity == Entity.PERSON, table.entity_id.in_(people)),
            and_(table.entity != Entity.PERSON, table.entity_id.in_(lists)),
        ),
    )
    found = [
        _Done(*tuple(row))
        for query in (by_run, by_somebody)
        for row in db.session.execute(query.where(table.entity.in_(entities)))
    ]
    return sorted(found, key=lambda done: done.id, reverse=True)


def _undone(now: State, done: Iterable[_Done], moment: datetime | None) -> State:
    """The state without what was done later than a moment; `done` is newest first."""
    people: Rows = {key: dict(row) for key, row in now.people.items()}
    lists: Rows = {key: dict(row) for key, row in now.lists.items()}
    members = defaultdict(set, {key: set(ids) for key, ids in now.members.items()})
    rows = {Entity.PERSON: people, Entity.LIST: lists}
    for each in done:
        if moment is not None and each.moment <= moment:
            continue
        entity = Entity(each.entity)
        if entity is Entity.MEMBERS:
            for side, ids in each.after.items():
                members[each.entity_id, side].difference_update(ids)
            for side, ids in each.before.items():
                members[each.entity_id, side].update(ids)
        elif each.action == Action.CREATE:
            rows[entity].pop(each.entity_id, None)
        elif row := rows[entity].get(each.entity_id):
            row |= {name: value for name, value in each.before.items() if name in row}
            row["source_id"] = row["source_id"] or ""
    return State(people, lists, members)
