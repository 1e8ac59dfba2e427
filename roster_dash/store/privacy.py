"""One person's data: everything that is kept of them, and how all of it is erased."""

import zlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from hashlib import blake2b
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Text, cast, delete, or_, select, update

from roster_dash.extensions import db
from roster_dash.roster.errors import BadInput
from roster_dash.roster.operations import Entity
from roster_dash.roster.records import Status
from roster_dash.store import audit, people, runs, snapshots
from roster_dash.store.audit import Did
from roster_dash.store.schools import lock_school
from roster_dash.store.settled import note_change
from roster_dash.store.tables import (
    HoldRow,
    ListRow,
    Membership,
    OperationRow,
    PersonRow,
    PulledAnswer,
    Run,
    School,
    StoredDistrictPart,
    StoredSnapshot,
)

ERASED = "somebody erased"
_LEAST_NAME = 4
"""A shorter name isn't looked for in sentences: it would be found everywhere."""
_CHUNK = 500
_FEW = 50
"""So many are looked for one by one; for more, everything is read."""


def data_of(row: PersonRow) -> dict[str, Any]:
    """Everything that is kept of somebody, as one document."""
    return {
        "person": _columns(row),
        "lists": [
            {"title": found.title, "source_id": found.source_id, "side": side}
            for found, side in people.lists_of_person(row.id)
        ],
        "changes": [_columns(each) for each in _operations(row)],
        "waiting": [_columns(each) for each in _holds([row])],
        "answers_of_clever": [
            {"fetched_at": moment.isoformat(), "record": record} for moment, record in _records(row)
        ],
        "problems_of_runs": [
            {"run": run.id, **problem}
            for run in _runs(row.school_id)
            for problem in run.problems
            if row.source_id and problem.get("source_id") == row.source_id
        ],
    }


def why_not_erased(row: PersonRow) -> str:
    """What is in the way of erasing somebody, and what to do; "" if nothing is."""
    if row.status != Status.ARCHIVED:
        return "Only somebody archived can be erased: archive them first."
    latest = snapshots.latest_snapshot(row.school_id)
    if latest and row.source_id in {person.source_id for person in latest[1].people}:
        origin = db.session.get_one(School, row.school_id).origin
        return (
            f"{origin.start} still shares this person, so the next sync would bring them back. "
            "Have them removed in the school’s information system first."
        )
    active = runs.active_run(row.school_id)
    if active is not None and active.status == "running":
        return "A sync is at work; try again when it is over."
    return ""


def erase(school: School, rows: Sequence[PersonRow]) -> None:
    """Erases archived people wherever they are kept. The caller commits.

    Numbers of runs and the entry in the audit log stay; neither says who it was.
    Errors: BadInput if one of them can't be erased yet; then nobody is.
    """
    ids = {row.id for row in rows}
    lock_school(school.id)
    rows = _as_they_are(ids)
    for row in rows:
        if refusal := why_not_erased(row):
            raise BadInput(refusal)
    source_ids = {row.source_id for row in rows if row.source_id}
    names = {label for row in rows for label in _labels(row)}
    _forget_in_runs(school.id, source_ids, names)
    _delete_rows(ids, [hold.id for hold in _holds(rows)])
    _forget_in_lists(OperationRow, school.id, ids)
    _forget_in_lists(HoldRow, school.id, ids, HoldRow.school_id == school.id)
    _forget_in_candidates(school.id, ids)
    _forget_in_snapshots(school.id, source_ids)
    note_change(school.id)
    db.session.execute(delete(PulledAnswer).where(PulledAnswer.school_id == school.id))
    part = delete(StoredDistrictPart).where(StoredDistrictPart.district_id == school.district_id)
    db.session.execute(part)
    for row_id in sorted(ids):
        audit.record(Did.PERSON_ERASED, school=school, about=f"person {row_id}")
    db.session.expire_all()


def _as_they_are(ids: Collection[int]) -> Sequence[PersonRow]:
    """Read anew: somebody may have been brought back meanwhile."""
    query = select(PersonRow).where(PersonRow.id.in_(ids)).order_by(PersonRow.id)
    return db.session.scalars(query.execution_options(populate_existing=True)).all()


def _columns(row: Any) -> dict[str, Any]:
    found = {column.name: getattr(row, column.key) for column in row.__table__.columns}
    return {name: value for name, value in found.items() if value is not None}


def _operations(row: PersonRow) -> Sequence[OperationRow]:
    mine = (OperationRow.entity == Entity.PERSON, OperationRow.entity_id == row.id)
    return db.session.scalars(select(OperationRow).where(*mine).order_by(OperationRow.id)).all()


def _holds(rows: Sequence[PersonRow]) -> Sequence[HoldRow]:
    """What was held about people: by row, and as the arrivals that they once were."""
    found: list[HoldRow] = []
    for row in rows:
        same = HoldRow.entity_id == row.id
        if row.source_id:
            same = or_(same, HoldRow.source_id == row.source_id)
        of_person = (HoldRow.school_id == row.school_id, HoldRow.entity == Entity.PERSON)
        found += db.session.scalars(select(HoldRow).where(*of_person, same))
    return found


def _runs(school_id: int) -> Sequence[Run]:
    return db.session.scalars(select(Run).where(Run.school_id == school_id)).all()


def _labels(row: PersonRow) -> set[str]:
    """How sentences have called somebody."""
    name = " ".join(part for part in (row.first_name, row.middle_name, row.last_name) if part)
    usual = f"{row.first_name} {row.last_name}".strip()
    labels = {name, usual, *(each.label for each in _operations(row))}
    labels |= {hold.label for hold in _holds([row])}
    return {label for label in labels if len(label) >= _LEAST_NAME}


def _forget_in_runs(school_id: int, source_ids: Collection[str], names: Collection[str]) -> None:
    longest_first = sorted(names, key=len, reverse=True)

    def told(sentence: str) -> str:
        for name in longest_first:
            sentence = sentence.replace(name, ERASED)
        return sentence

    for run in _runs(school_id):
        run.message = told(run.message)
        run.warnings = [told(each) for each in run.warnings]
        run.holds = [told(each) for each in run.holds]
        run.problems = [
            problem
            for problem in run.problems
            if problem.get("source_id") not in source_ids and problem.get("name") not in names
        ]


def _delete_rows(ids: Collection[int], hold_ids: Sequence[int]) -> None:
    for start in range(0, len(hold_ids), _CHUNK):
        chunk = hold_ids[start : start + _CHUNK]
        db.session.execute(delete(HoldRow).where(HoldRow.id.in_(chunk)))
    every = sorted(ids)
    for start in range(0, len(every), _CHUNK):
        chunk = every[start : start + _CHUNK]
        of_them = (OperationRow.entity == Entity.PERSON, OperationRow.entity_id.in_(chunk))
        db.session.execute(delete(OperationRow).where(*of_them))
        db.session.execute(delete(Membership).where(Membership.person_id.in_(chunk)))
        db.session.execute(delete(PersonRow).where(PersonRow.id.in_(chunk)))


def _forget_in_lists(
    table: type[OperationRow] | type[HoldRow],
    school_id: int,
    ids: Collection[int],
    *found_by: ColumnElement[bool],
) -> None:
    """Takes people out of what is logged, or waits, of lists' people. `found_by`: what finds the
    rows where their lists don't."""
    columns = table.__table__.c
    texts = [cast(columns[name], Text) for name in ("before", "after")]
    lists = select(ListRow.id).where(ListRow.school_id == school_id)
    of_members = (columns.entity == Entity.MEMBERS, columns.entity_id.in_(lists), *found_by)
    named = or_(*(text.like(f"%{row_id}%") for row_id in ids for text in texts))
    query = select(columns.id, columns.before, columns.after).where(*of_members)
    rows = db.session.execute(query.where(named) if len(ids) <= _FEW else query).all()
    for row_id, before, after in rows:
        left = {"before": _without(before, ids), "after": _without(after, ids)}
        if left != {"before": before, "after": after}:
            db.session.execute(update(table).where(columns.id == row_id).values(**left))


def _without(sides: Mapping[str, Any], ids: Collection[int]) -> dict[str, Any]:
    return {
        side: [each for each in on_it if each not in ids] if isinstance(on_it, list) else on_it
        for side, on_it in sides.items()
    }


def _forget_in_candidates(school_id: int, ids: Collection[int]) -> None:
    """Nobody is offered any more as who an arrival may be."""
    for hold in db.session.scalars(select(HoldRow).where(HoldRow.school_id == school_id)):
        if any(each in ids for each in hold.candidates):
            hold.candidates = [each for each in hold.candidates if each not in ids]
    db.session.flush()


def _stored(school_id: int) -> Iterator[StoredSnapshot]:
    kept = (StoredSnapshot.school_id == school_id, StoredSnapshot.payload.is_not(None))
    for row_id in db.session.scalars(select(StoredSnapshot.id).where(*kept)).all():
        yield db.session.get_one(StoredSnapshot, row_id)


def _records(row: PersonRow) -> Iterator[tuple[Any, dict[str, Any]]]:
    """(moment, record) of somebody in the kept snapshots."""
    if not row.source_id:
        return
    for stored in _stored(row.school_id):
        content = orjson.loads(zlib.decompress(stored.payload or b""))
        for record in content["people"]:
            if record["source_id"] == row.source_id:
                yield stored.fetched_at, record


def _forget_in_snapshots(school_id: int, source_ids: Collection[str]) -> None:
    for stored in _stored(school_id) if source_ids else ():
        text = zlib.decompress(stored.payload or b"")
        if not any(orjson.dumps(source_id) in text for source_id in source_ids):
            continue
        content = orjson.loads(text)
        content["people"] = [
            each for each in content["people"] if each["source_id"] not in source_ids
        ]
        for section in content["sections"]:
            for side in ("students", "teachers"):
                section[side] = [each for each in section[side] if each not in source_ids]
        text = orjson.dumps(content)
        stored.payload = zlib.compress(text, 1)
        stored.digest = blake2b(text, digest_size=16).hexdigest()
    db.session.flush()
