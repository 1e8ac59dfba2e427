"""The operation log as taking back reads it: what a run did, and what was changed since."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import aliased

from roster_dash.extensions import db
from roster_dash.roster.operations import Action, Entity
from roster_dash.roster.reversal import Logged, Now, Thing, Touch
from roster_dash.store.tables import ListRow, Membership, OperationRow, PersonRow, User

_CHUNK = 5000
_ENTITIES = {entity.value: entity for entity in Entity}
_ACTIONS = {action.value: action for action in Action}


def operations_done(run_id: int, only: Iterable[int] | None = None) -> list[Logged]:
    """What a run did, in order; those named in `only`, if it is given."""
    table = OperationRow.__table__.c
    names = ("id", "entity", "entity_id", "action", "label", "before", "after")
    query = select(*[table[name] for name in names]).where(table.run_id == run_id)
    wanted = None if only is None else set(only)
    return [
        Logged(row[0], _ENTITIES[row[1]], row[2], _ACTIONS[row[3]], *row[4:])
        for row in db.session.execute(query.order_by(table.id))
        if wanted is None or row[0] in wanted
    ]


def how_it_is_now(run_id: int, done: Sequence[Logged]) -> Now:
    """Of everything that some operations touched: its values, and who has changed it since."""
    ids: dict[Entity, set[int]] = defaultdict(set)
    for operation in done:
        ids[operation.entity].add(operation.entity_id)
    values: dict[Thing, dict[str, Any]] = {}
    for entity, table in ((Entity.PERSON, PersonRow), (Entity.LIST, ListRow)):
        columns = {name for op in done if op.entity is entity for name in op.before}
        values |= _rows(entity, table, ids[entity], {"status", "source_id", *columns})
    values |= _members(ids[Entity.MEMBERS])
    touched = _touched(run_id, done, ids)
    for thing in _whose_id_is_taken(done):
        touched[thing]["source_id"] = Touch("somebody else, who has that id now", by_hand=False)
    return Now(values, touched)


def _whose_id_is_taken(done: Sequence[Logged]) -> list[Thing]:
    """Those whose former id another row of their school has now."""
    former = {
        op.entity_id: source_id
        for op in done
        if op.entity is Entity.PERSON and (source_id := op.before.get("source_id"))
    }
    taken: list[Thing] = []
    other = aliased(PersonRow)
    for chunk in _chunks(former):
        rows = db.session.execute(
            select(PersonRow.id, other.source_id)
            .join(other, (other.school_id == PersonRow.school_id) & (other.id != PersonRow.id))
            .where(
                PersonRow.id.in_(chunk),
                other.source_id.in_({former[row_id] for row_id in chunk}),
            )
        )
        taken += [(Entity.PERSON, row[0]) for row in rows if former[row[0]] == row[1]]
    return taken


def _rows(
    entity: Entity, table: type[PersonRow] | type[ListRow], ids: set[int], names: set[str]
) -> dict[Thing, dict[str, Any]]:
    columns = table.__table__.c
    wanted = [columns[name] for name in sorted(names) if name in columns]
    found: dict[Thing, dict[str, Any]] = {}
    for chunk in _chunks(ids):
        rows = db.session.execute(select(columns.id, *wanted).where(columns.id.in_(chunk)))
        for row in rows.mappings():
            found[entity, row["id"]] = {column.name: row[column.name] for column in wanted}
    return found


def _members(list_ids: set[int]) -> dict[Thing, dict[str, Any]]:
    found: dict[Thing, dict[str, Any]] = {
        (Entity.MEMBERS, list_id): {"managers": set(), "members": set()} for list_id in list_ids
    }
    for chunk in _chunks(list_ids):
        rows = db.session.execute(
            select(Membership.list_id, Membership.side, Membership.person_id).where(
                Membership.list_id.in_(chunk), Membership.by_hand.is_(False)
            )
        )
        for list_id, side, person_id in rows:
            found[Entity.MEMBERS, list_id][side].add(person_id)
    return found


def _touched(
    run_id: int, done: Sequence[Logged], ids: dict[Entity, set[int]]
) -> dict[Thing, dict[str, Touch]]:
    """What later operations changed of the same things, not counting the run's own."""
    first = min((operation.id for operation in done), default=0)
    later = _by_others(run_id, first, ids)
    things = {thing for _, thing, _, _ in later}
    of_those = [operation for operation in done if things and operation.thing in things]
    began = {operation.thing: operation.id for operation in reversed(of_those)}
    newest = {
        (operation.thing, key): operation.id
        for operation in of_those
        for key in _keys(operation.entity, operation.before, operation.after)
    }
    touched: dict[Thing, dict[str, Touch]] = defaultdict(dict)
    for row_id, thing, touch, keys in later:
        for key in keys:
            if row_id > newest.get((thing, key), began[thing]):
                touched[thing][key] = touch
    return touched


def _by_others(
    run_id: int, first: int, ids: Mapping[Entity, set[int]]
) -> list[tuple[int, Thing, Touch, set[str]]]:
    """(id, thing, who, keys) of what others than the run did to these after an operation."""
    table = OperationRow.__table__.c
    columns = (table.id, table.entity_id, table.run_id, table.before, table.after, User.email)
    found: list[tuple[int, Thing, Touch, set[str]]] = []
    for entity, entity_ids in ids.items():
        for chunk in _chunks(entity_ids):
            rows = db.session.execute(
                select(*columns)
                .select_from(OperationRow)
                .outerjoin(User, User.id == table.user_id)
                .where(
                    table.entity == entity,
                    table.entity_id.in_(chunk),
                    table.id > first,
                    or_(table.run_id.is_(None), table.run_id != run_id),
                )
                .order_by(table.id)
            )
            for row_id, entity_id, by_run, before, after, email in rows:
                touch = Touch(f"run {by_run}" if by_run else email or "somebody", not by_run)
                found.append((row_id, (entity, entity_id), touch, _keys(entity, before, after)))
    return found


def _keys(entity: Entity, before: Mapping[str, Any], after: Mapping[str, Any]) -> set[str]:
    if entity is not Entity.MEMBERS:
        return {*before, *after}
    return {
        f"{side}:{person}"
        for sides in (before, after)
        for side, people in sides.items()
        for person in people
    }


def _chunks(ids: Iterable[int]) -> Iterable[list[int]]:
    ordered = sorted(ids)
    return (ordered[start : start + _CHUNK] for start in range(0, len(ordered), _CHUNK))
