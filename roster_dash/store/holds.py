"""What waits for a person: kept over the runs that ask for it, until somebody decides."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from itertools import chain
from typing import Any

from sqlalchemy import ColumnElement, func, insert, select, update

from roster_dash.extensions import db
from roster_dash.roster.guard import Guard, Held
from roster_dash.roster.history import Thing, Waiting
from roster_dash.roster.operations import Entity
from roster_dash.roster.plan import Plan
from roster_dash.store.runs import RunStatus
from roster_dash.store.settled import note_change
from roster_dash.store.tables import HoldRow, OperationRow, Run

_CHUNK = 5000


class HoldState(StrEnum):
    WAITING = "waiting"
    APPROVED = "approved"
    REJECTED = "rejected"
    CLEARED = "cleared"


def keep_holds(school_id: int, run_id: int, planned: Plan, now: datetime) -> None:
    """Notes what a run holds. What the roster asks for no more clears itself.

    An answer that was doubted clears nothing: it lacks too much to tell.
    """
    rows = db.session.execute(
        select(HoldRow.fingerprint, HoldRow.id).where(*_waiting(school_id))
    ).all()
    waiting: dict[str, int] = {row[0]: row[1] for row in rows}
    held = {each.fingerprint: each for each in planned.held}
    _set([waiting[mark] for mark in held if mark in waiting], last_run_id=run_id)
    _add_holds(school_id, run_id, [each for mark, each in held.items() if mark not in waiting])
    if planned.is_whole:
        gone = [row_id for mark, row_id in waiting.items() if mark not in held]
        _set(gone, state=HoldState.CLEARED, decided_at=now, decided_run_id=run_id)
        _lapse(school_id, planned.rejected, now)
        _end_keeping_off(school_id)
        settle_runs(school_id)


def _add_holds(school_id: int, run_id: int, held: Iterable[Held]) -> None:
    rows = [
        {
            "school_id": school_id,
            "first_run_id": run_id,
            "last_run_id": run_id,
            "fingerprint": each.fingerprint,
            "guard": each.guard.value,
            "state": HoldState.WAITING.value,
            "entity": each.operation.entity.value,
            "entity_id": each.operation.kept_id,
            "source_id": each.operation.source_id,
            "action": each.operation.action.value,
            "reason": each.operation.reason,
            "label": each.operation.label,
            "before": dict(each.operation.before),
            "after": dict(each.operation.after),
            "candidates": list(each.candidates),
            "note": "",
        }
        for each in held
    ]
    for start in range(0, len(rows), _CHUNK):
        db.session.execute(insert(HoldRow), rows[start : start + _CHUNK])


def _lapse(school_id: int, met: frozenset[str], now: datetime) -> None:
    """A rejection ends when the roster no longer asks for what was rejected."""
    rejected = db.session.execute(
        select(HoldRow.id, HoldRow.fingerprint).where(*_rejected(school_id))
    )
    _set([row_id for row_id, mark in rejected if mark not in met], lapsed_at=now)


def _end_keeping_off(school_id: int) -> None:
    """What reverts keep off is held now, so the holds remember it."""
    db.session.execute(
        update(Run)
        .where(Run.school_id == school_id, Run.reverts_id.is_not(None), Run.keeps_off)
        .values(keeps_off=False)
        .execution_options(synchronize_session=False)
    )


def settle_runs(school_id: int) -> list[Run]:
    """A held run of which nothing waits any more has succeeded, and counts nobody as waiting."""
    waits = (
        select(HoldRow.id)
        .where(
            HoldRow.school_id == school_id,
            HoldRow.state == HoldState.WAITING,
            HoldRow.first_run_id <= Run.id,
            HoldRow.last_run_id >= Run.id,
        )
        .exists()
    )
    over = select(Run).where(Run.school_id == school_id, Run.status == RunStatus.HELD, ~waits)
    settled = list(db.session.scalars(over))
    for run in settled:
        run.status = RunStatus.SUCCEEDED
        counts = {name: dict(part) for name, part in (run.counts or {}).items()}
        for name, end in (("people", "skipped"), ("lists", "unchanged")):
            part = counts.get(name, {})
            part[end] = part.get(end, 0) + part.pop("held", 0)
            part["held"] = 0
        run.counts = counts
    db.session.flush()
    return settled


def holds_of(
    run: Run, *, state: str = "", after: int = 0, limit: int | None = None
) -> Sequence[HoldRow]:
    """What a run held, whatever has become of it; in order of id."""
    query = select(HoldRow).where(*_of_run(run), HoldRow.id > after).order_by(HoldRow.id)
    if state:
        query = query.where(HoldRow.state == state)
    return db.session.scalars(query.limit(limit)).all()


def count_holds(run: Run) -> dict[tuple[str, str], int]:
    """(guard, state) -> how many of a run's holds."""
    rows = db.session.execute(
        select(HoldRow.guard, HoldRow.state, func.count())
        .where(*_of_run(run))
        .group_by(HoldRow.guard, HoldRow.state)
    )
    return {(guard, state): number for guard, state, number in rows}


def count_waiting(school_ids: Sequence[int]) -> dict[int, int]:
    """School id -> how much waits for a person there."""
    rows = db.session.execute(
        select(HoldRow.school_id, func.count())
        .where(HoldRow.school_id.in_(school_ids), HoldRow.state == HoldState.WAITING)
        .group_by(HoldRow.school_id)
    )
    return {row[0]: row[1] for row in rows}


def newest_waiting(school_id: int) -> Run | None:
    """The newest run that holds something still."""
    last = select(func.max(HoldRow.last_run_id)).where(*_waiting(school_id))
    return db.session.scalar(select(Run).where(Run.id == last.scalar_subquery()))


def holds_about(school_id: int, person_id: int | None, source_id: str) -> Sequence[HoldRow]:
    """What was held about somebody, newest first: by row, or by Clever id for an arrival."""
    query = select(HoldRow).where(HoldRow.school_id == school_id, HoldRow.entity == Entity.PERSON)
    if person_id is not None:
        query = query.where(HoldRow.entity_id == person_id)
    else:
        query = query.where(HoldRow.source_id == source_id)
    return db.session.scalars(query.order_by(HoldRow.id.desc()).limit(20)).all()


def has_new(run: Run) -> bool:
    """Whether a run holds something that no run before it held."""
    new = select(HoldRow.id).where(
        HoldRow.school_id == run.school_id, HoldRow.first_run_id == run.id
    )
    return db.session.scalar(new.limit(1)) is not None


def decide(
    rows: Iterable[HoldRow],
    state: HoldState,
    *,
    run_id: int,
    user_id: int | None,
    now: datetime,
    note: str = "",
) -> None:
    """Notes a decision, by whom and when."""
    rows = list(rows)
    for school_id in {row.school_id for row in rows}:
        note_change(school_id)
    _set(
        [row.id for row in rows],
        state=state,
        decided_by_id=user_id,
        decided_at=now,
        decided_run_id=run_id,
        note=note,
    )


def rejected_fingerprints(school_id: int) -> frozenset[str]:
    """Of the operations that somebody rejected and the roster still asks for."""
    query = select(HoldRow.fingerprint).where(*_rejected(school_id))
    return frozenset(db.session.scalars(query))


def still_waiting(school_id: int) -> list[tuple[Thing, Waiting, Run]]:
    """(thing, what waits about it, the run that first held it)."""
    rows = db.session.execute(
        select(HoldRow, Run).join(Run, Run.id == HoldRow.first_run_id).where(*_waiting(school_id))
    )
    return [
        (
            (Entity(hold.entity), hold.entity_id or hold.source_id),
            Waiting(hold.fingerprint, hold.guard, frozenset(hold.after)),
            run,
        )
        for hold, run in rows
    ]


def declined(school_id: int) -> Mapping[Thing, list[Waiting]]:
    """Thing -> what of it was rejected."""
    found: dict[Thing, list[Waiting]] = defaultdict(list)
    for hold in db.session.scalars(select(HoldRow).where(*_rejected(school_id))):
        thing = (Entity(hold.entity), hold.entity_id or hold.source_id)
        found[thing].append(
            Waiting(hold.fingerprint, hold.guard, frozenset(hold.after), hold.before, hold.after)
        )
    return found


def end_keeping_off(run: Run, things: Collection[tuple[Entity, int | None]], now: datetime) -> None:
    """A revert was taken back: what it kept from being done again is ordinary from now on."""
    run.keeps_off = False
    rows = db.session.scalars(
        select(HoldRow).where(*_waiting(run.school_id), HoldRow.guard == Guard.REVERTED)
    )
    ids = [row.id for row in rows if (Entity(row.entity), row.entity_id) in things]
    _set(ids, state=HoldState.CLEARED, decided_at=now, decided_run_id=run.id)


def reverted_columns(school_id: int) -> Mapping[tuple[Entity, int], frozenset[str]]:
    """(entity, row id) -> the columns that were taken back and shall not change again.

    Of the reverts that no sync has met yet, and of what waits since then.
    """
    columns: dict[tuple[Entity, int], frozenset[str]] = defaultdict(frozenset)
    rows = db.session.execute(
        select(HoldRow.entity, HoldRow.entity_id, HoldRow.after).where(
            *_waiting(school_id), HoldRow.guard == Guard.REVERTED
        )
    )
    reverts = db.session.execute(
        select(OperationRow.entity, OperationRow.entity_id, OperationRow.after)
        .join(Run, Run.id == OperationRow.run_id)
        .where(Run.school_id == school_id, Run.reverts_id.is_not(None), Run.keeps_off)
    )
    for entity, entity_id, after in chain(rows, reverts):
        columns[Entity(entity), entity_id] |= frozenset(after)
    return columns


def _waiting(school_id: int) -> tuple[ColumnElement[bool], ...]:
    return (HoldRow.school_id == school_id, HoldRow.state == HoldState.WAITING)


def _rejected(school_id: int) -> tuple[ColumnElement[bool], ...]:
    return (
        HoldRow.school_id == school_id,
        HoldRow.state == HoldState.REJECTED,
        HoldRow.lapsed_at.is_(None),
    )


def _of_run(run: Run) -> tuple[ColumnElement[bool], ...]:
    return (
        HoldRow.school_id == run.school_id,
        HoldRow.first_run_id <= run.id,
        HoldRow.last_run_id >= run.id,
    )


def _set(ids: Sequence[int], **values: Any) -> None:
    for start in range(0, len(ids), _CHUNK):
        db.session.execute(
            update(HoldRow)
            .where(HoldRow.id.in_(ids[start : start + _CHUNK]))
            .values(**values)
            .execution_options(synchronize_session=False)
        )
