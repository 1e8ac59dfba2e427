"""What a school keeps: read as pure records, and a plan's operations written in bulk.

No ORM objects for rows: a school has thousands of people and tens of thousands of memberships.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from itertools import chain
from typing import Any, NamedTuple

from sqlalchemy import Row, Text, bindparam, cast, func, select, text, update
from sqlalchemy.orm import InstrumentedAttribute

from roster_dash.extensions import db
from roster_dash.roster.history import Leaving
from roster_dash.roster.operations import Action, Entity, Operation
from roster_dash.roster.records import (
    CONTACT_FIELDS,
    LIST_FIELDS,
    NO_CONTACT,
    TEXT_FIELDS,
    Contact,
    Kept,
    KeptList,
    KeptPerson,
    Person,
    Status,
    UserList,
)
from roster_dash.roster.roles import roles_named
from roster_dash.store import bulk
from roster_dash.store.schools import lock_school
from roster_dash.store.settled import note_change
from roster_dash.store.tables import ListRow, Membership, OperationRow, PersonRow

_SIDES = ("managers", "members")
_CHUNK = 5000
_DELETE_ARRAYS = text(
    "DELETE FROM memberships WHERE (list_id, side, person_id) IN"
    " (SELECT * FROM unnest(CAST(:list_id AS bigint[]), CAST(:side AS text[]),"
    " CAST(:person_id AS bigint[])))"
)
_DELETE_EACH = "DELETE FROM memberships WHERE list_id = ? AND side = ? AND person_id = ?"


class OnSide(NamedTuple):
    """Who is on a side of a list; those in `by_hand` were put there by hand."""

    everybody: frozenset[int] = frozenset()
    by_hand: frozenset[int] = frozenset()


_NOBODY = OnSide()


def load_kept(school_id: int, *, with_members: bool = True) -> Kept:
    """Everybody and every list of a school, archived ones too."""
    db.session.flush()  # what follows is asked of the connection itself: it is twice as quick
    lists = _load_lists(school_id, with_members=with_members)
    return Kept(people=_load_people(school_id), lists=lists)


def names_of(person_ids: Iterable[int]) -> dict[int, str]:
    """Row id -> name, of everybody who is or was here."""
    wanted = sorted(set(person_ids))
    table = PersonRow.__table__.c
    columns = (table.id, table.source_id, table.preferred_name, table.first_name, table.last_name)
    names: dict[int, str] = {}
    for start in range(0, len(wanted), _CHUNK):
        query = select(*columns).where(table.id.in_(wanted[start : start + _CHUNK]))
        for row_id, source_id, preferred, first, last in db.session.execute(query):
            given = {"preferred_name": preferred, "first_name": first, "last_name": last}
            names[row_id] = Person(source_id or "", **given).name
    return names


def names_by_source(school_id: int, source_ids: Iterable[str]) -> dict[str, str]:
    """source_id -> name, of those who are or were here under these ids."""
    wanted = sorted(set(source_ids))
    table = PersonRow.__table__.c
    found: dict[str, int] = {}
    for start in range(0, len(wanted), _CHUNK):
        query = select(table.source_id, table.id).where(
            table.school_id == school_id, table.source_id.in_(wanted[start : start + _CHUNK])
        )
        found.update({row[0]: row[1] for row in db.session.execute(query)})
    names = names_of(found.values())
    return {source_id: names[row_id] for source_id, row_id in found.items()}


def described(person_ids: Iterable[int]) -> dict[int, str]:
    """Row id -> name, grade and student number: enough to tell namesakes apart."""
    wanted = sorted(set(person_ids))
    names = names_of(wanted)
    table = PersonRow.__table__.c
    rows = db.session.execute(
        select(table.id, table.grade, table.student_number).where(table.id.in_(wanted))
    )
    return {
        row_id: ", ".join(
            part
            for part in (
                names[row_id],
                grade and f"grade {grade}",
                number and f"student number {number}",
            )
            if part
        )
        for row_id, grade, number in rows
    }


def _load_people(school_id: int) -> tuple[KeptPerson, ...]:
    table = PersonRow.__table__.c
    columns = [table.id, table.status, table.included_in_sync, table.set_here]
    columns += [table.leaving_since, table.leaving_runs, table.stays_until, table.moved_to]
    columns += [table.source_id, table.roles]
    columns += [table[name] for name in TEXT_FIELDS]
    columns += [table[f"contact_{name}"] for name in ("source_id", *CONTACT_FIELDS)]
    query = select(*columns).where(table.school_id == school_id).order_by(table.id)
    portions = db.session.connection().execute(query).partitions(_CHUNK)
    return tuple(map(_kept_person, chain.from_iterable(portions)))


def _kept_person(row: Row[Any]) -> KeptPerson:
    row_id, status, included, set_here, since, runs, until, moved_to, source_id, roles, *values = (
        tuple(row)
    )
    texts, contact = values[: len(TEXT_FIELDS)], values[len(TEXT_FIELDS) :]
    whose = Contact(*contact) if any(contact) else NO_CONTACT
    fields = (source_id or "", roles_named(tuple(roles)), *texts, whose)
    person = Person(*fields)  # in the order of TEXT_FIELDS
    return KeptPerson(
        row_id,
        person,
        Status(status),
        included,
        frozenset(set_here),
        Leaving(since, runs) if since else None,
        until,
        moved_to,
    )


def _load_lists(school_id: int, *, with_members: bool) -> tuple[KeptList, ...]:
    table = ListRow.__table__.c
    on_list = _load_members(school_id) if with_members else {}
    columns = [table.id, table.status, table.included_in_sync, table.source_id]
    rows = db.session.connection().execute(
        select(*columns, *[table[name] for name in LIST_FIELDS])
        .where(table.school_id == school_id)
        .order_by(table.id)
    )
    nobody = dict.fromkeys(_SIDES, _NOBODY)
    return tuple(_kept_list(row, on_list.get(row[0], nobody)) for row in rows)


def _kept_list(row: Row[Any], sides: Mapping[str, OnSide]) -> KeptList:
    row_id, status, included, source_id, *values = tuple(row)
    return KeptList(
        id=row_id,
        status=Status(status),
        included=included,
        list=UserList(source_id or "", *values),
        managers=sides["managers"].everybody,
        members=sides["members"].everybody,
        by_hand=frozenset((side, each) for side in _SIDES for each in sides[side].by_hand),
    )


def _load_members(school_id: int) -> dict[int, dict[str, OnSide]]:
    """List -> side -> who is on it. One row for each side, not for each of tens of thousands."""
    ids = func.aggregate_strings(cast(Membership.person_id, Text), ",")
    rows = db.session.connection().execute(
        select(Membership.list_id, Membership.side, ids, ids.filter(Membership.by_hand))
        .join(ListRow, ListRow.id == Membership.list_id)
        .where(ListRow.school_id == school_id)
        .group_by(Membership.list_id, Membership.side)
    )
    found: dict[int, dict[str, OnSide]] = defaultdict(lambda: dict.fromkeys(_SIDES, _NOBODY))
    for list_id, side, everybody, by_hand in rows:
        found[list_id][side] = OnSide(_numbers(everybody), _numbers(by_hand))
    return found


def _numbers(joined: str | None) -> frozenset[int]:
    return frozenset(map(int, joined.split(","))) if joined else frozenset()


def apply_operations(
    school_id: int,
    by: Mapping[str, Any],
    operations: Iterable[Operation],
    progress: Callable[[int], None] = lambda done: None,
) -> None:
    """Writes operations and their log. The caller commits, so all of it happens or nothing.

    `by` says in the log's columns who did it: {"run_id"}, or {"user_id", "at"} for an edit by
    hand. `progress` is told how many operations are written, step by step.
    The school is locked first: whoever writes rows of it does so one after the other.
    """
    lock_school(school_id)
    by_entity: dict[Entity, list[Operation]] = defaultdict(list)
    for operation in operations:
        by_entity[operation.entity].append(operation)
    logged: list[dict[str, Any]] = []
    for entity, table in ((Entity.PERSON, PersonRow), (Entity.LIST, ListRow)):
        logged += _write_rows(school_id, table, by_entity[entity])
        progress(len(logged))
    logged += _write_members(school_id, by_entity[Entity.MEMBERS])
    for row in logged:
        row.update(by)
    bulk.insert(OperationRow, logged)
    db.session.flush()
    if logged:
        note_change(school_id)
    progress(len(logged))


def set_countdowns(school_id: int, marks: Mapping[int, Leaving | None]) -> None:
    """Notes who is missing since when; None ends a countdown and whatever was said about it."""
    if marks:
        note_change(school_id)
    table = PersonRow.__table__
    counting = [
        {"_id": row_id, "_since": mark.since, "_runs": mark.runs}
        for row_id, mark in marks.items()
        if mark is not None
    ]
    ended = [{"_id": row_id} for row_id, mark in marks.items() if mark is None]
    to_row = update(table).where(table.c.id == bindparam("_id"))  # type: ignore[arg-type]
    count = to_row.values(leaving_since=bindparam("_since"), leaving_runs=bindparam("_runs"))
    end = to_row.values(leaving_since=None, leaving_runs=0, stays_until=None)
    for statement, rows in ((count, counting), (end, ended)):
        for start in range(0, len(rows), _CHUNK):
            db.session.connection().execute(statement, rows[start : start + _CHUNK])


def _write_rows(
    school_id: int, table: type[PersonRow] | type[ListRow], operations: list[Operation]
) -> list[dict[str, Any]]:
    new = [op for op in operations if op.action is Action.CREATE]
    ids = dict(zip(map(id, new), _reserve_ids(table, len(new)), strict=True))
    blank = _blank_row(table) | {"school_id": school_id}
    bulk.insert(table, [{**blank, "id": ids[id(op)], **op.after} for op in new])
    changes: dict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
    for op in operations:
        if op.kept_id is not None:
            changes[tuple(sorted(op.after))].append({"_id": op.kept_id, **_as_stored(op.after)})
    for columns, rows in changes.items():
        _update(table, columns, rows)
    return [_log_row(op, ids.get(id(op)) or op.kept_id, op.before, op.after) for op in operations]


def _as_stored(values: Mapping[str, Any]) -> dict[str, Any]:
    """Whoever has no id of the roster's (any more) has none, and not a blank one."""
    blank_id = {"source_id": None} if values.get("source_id") == "" else {}
    return {**values, **blank_id}


def _update(
    table: type[PersonRow] | type[ListRow], columns: tuple[str, ...], rows: list[dict[str, Any]]
) -> None:
    core = table.__table__
    if columns == ("status",):  # the same for many: archived, or back
        _set_status(table, rows)
        return
    statement = (
        update(core)  # type: ignore[arg-type]
        .where(core.c.id == bindparam("_id"))
        .values({column: bindparam(f"_{column}") for column in columns})
    )
    for start in range(0, len(rows), _CHUNK):
        chunk = rows[start : start + _CHUNK]
        db.session.connection().execute(
            statement,
            [{f"_{key.lstrip('_')}": value for key, value in row.items()} for row in chunk],
        )


def _set_status(table: type[PersonRow] | type[ListRow], rows: list[dict[str, Any]]) -> None:
    ids: dict[str, list[int]] = defaultdict(list)
    for row in rows:
        ids[str(row["status"])].append(row["_id"])
    core = table.__table__
    for status, of_status in ids.items():
        for start in range(0, len(of_status), _CHUNK):
            chunk = of_status[start : start + _CHUNK]
            db.session.connection().execute(
                update(core).where(core.c.id.in_(chunk)).values(status=status)  # type: ignore[arg-type]
            )


def _write_members(school_id: int, operations: list[Operation]) -> list[dict[str, Any]]:
    if not operations:
        return []
    people = lists = dict[str, int]()
    if any(map(_names_sources, operations)):
        people = _ids_by_source(PersonRow.source_id, PersonRow.id, PersonRow.school_id, school_id)
        lists = _ids_by_source(ListRow.source_id, ListRow.id, ListRow.school_id, school_id)
    added: list[dict[str, Any]] = []
    removed: list[dict[str, Any]] = []
    logged = []
    for op in operations:
        list_id = op.kept_id or lists[op.source_id]
        before, after = _resolved(op.before, people), _resolved(op.after, people)
        added += _membership_rows(list_id, after)
        removed += _membership_rows(list_id, before)
        logged.append(_log_row(op, list_id, before, after))
    _delete_memberships(removed)
    bulk.insert(Membership, added)
    return logged


def _names_sources(op: Operation) -> bool:
    """Whether it says who by the roster's ids. A reversal says it by ours."""
    sides = (*op.before.values(), *op.after.values())
    return op.kept_id is None or any(isinstance(ids[0], str) for ids in sides if ids)


def _resolved(sides: Mapping[str, Any], people: Mapping[str, int]) -> dict[str, list[int]]:
    """Source ids as row ids; ids of rows stay what they are."""
    return {
        side: [each if isinstance(each, int) else people[each] for each in ids]
        for side, ids in sides.items()
    }


def _membership_rows(list_id: int, sides: Mapping[str, list[int]]) -> list[dict[str, Any]]:
    return [
        {"list_id": list_id, "side": side, "person_id": person_id}
        for side in _SIDES
        for person_id in sides.get(side, ())
    ]


def _delete_memberships(rows: list[dict[str, Any]]) -> None:
    """Each database's quick way for tens of thousands: columns as arrays, or the bare driver."""
    if not rows:
        return
    connection = db.session.connection()
    if connection.dialect.name == "postgresql":
        columns = {name: [row[name] for row in rows] for name in ("list_id", "side", "person_id")}
        connection.execute(_DELETE_ARRAYS, columns)
    else:
        each = [(row["list_id"], row["side"], row["person_id"]) for row in rows]
        connection.exec_driver_sql(_DELETE_EACH, each)


def _blank_row(table: type[PersonRow] | type[ListRow]) -> dict[str, Any]:
    """What a new row has in the columns of which nothing is said."""
    return {
        column.name: column.default.arg if column.default.is_scalar else column.default.arg(None)
        for column in table.__table__.c
        if column.default is not None
    } | {"source_id": None}


def _ids_by_source(
    source: InstrumentedAttribute[str | None],
    row_id: InstrumentedAttribute[int],
    of_school: InstrumentedAttribute[int],
    school_id: int,
) -> dict[str, int]:
    rows = db.session.execute(
        select(source, row_id).where(of_school == school_id, source.is_not(None))
    )
    return {source_id or "": number for source_id, number in rows}


def _reserve_ids(table: type[PersonRow] | type[ListRow], number: int) -> list[int]:
    """Ids for rows about to be inserted, known beforehand so that all goes in bulk."""
    if not number:
        return []
    if db.engine.dialect.name == "postgresql":
        rows = db.session.execute(
            text("SELECT nextval(CAST(:name AS regclass)) FROM generate_series(1, :number)"),
            {"name": f"{table.__tablename__}_id_seq", "number": number},
        )
        return [row[0] for row in rows]
    last = db.session.scalar(select(func.max(table.id))) or 0  # the write lock is ours
    return list(range(last + 1, last + 1 + number))


def _log_row(
    op: Operation, entity_id: int | None, before: Mapping[str, Any], after: Mapping[str, Any]
) -> dict[str, Any]:
    return {
        "entity": op.entity.value,
        "entity_id": entity_id,
        "action": op.action.value,
        "reason": op.reason,
        "label": op.label,
        "before": before,
        "after": after,
    }
