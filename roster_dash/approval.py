"""Deciding what waits: approve it, reject it, or say who a doubtful arrival is.

An approval binds to the listed operations and to nothing else: the plan is made anew on what is
here now, and only what it still asks for, exactly so, is applied. What is new waits again.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial

from roster_dash import clock
from roster_dash.planning import Ground, ground_of
from roster_dash.roster.errors import BadInput, NotWaiting
from roster_dash.roster.history import Thing, Waiting
from roster_dash.roster.operations import Operation, fingerprint
from roster_dash.roster.proposals import relink
from roster_dash.roster.records import Snapshot
from roster_dash.roster.report import ENDS, NO_COUNTS
from roster_dash.store import audit, glance, holds, rosters, runs, snapshots, webhooks
from roster_dash.store import settings as settings_store
from roster_dash.store.audit import Did
from roster_dash.store.holds import HoldState
from roster_dash.store.schools import lock_school
from roster_dash.store.tables import HoldRow, Run
from roster_dash.store.transactions import commit, committed


def approve(
    run_id: int,
    *,
    user_id: int | None,
    only: Collection[int] | None = None,
    same_as: Mapping[int, int] | None = None,
) -> Run:
    """Applies what a run held: all of it, or the holds named in `only`.

    `same_as`: id of a held arrival -> id of the person here who it is.
    Errors: UnknownThing, NotWaiting if nothing of it waits, BadInput for an id that the run
    doesn't hold, or while the newest answer of the roster is doubted.
    """
    return _looked_at(committed(partial(_approve, run_id, user_id, only, same_as or {})))


def _approve(
    run_id: int,
    user_id: int | None,
    only: Collection[int] | None,
    same_as: Mapping[int, int],
) -> Run:
    run, rows = _waiting(run_id, only)
    settings = settings_store.load_settings(run.school_id)
    latest = snapshots.latest_snapshot(run.school_id)
    if latest is None:
        raise NotWaiting("No answer of the roster is kept any more; the next sync decides anew.")
    ground = ground_of(run.school, settings)
    waiting: dict[Thing, list[Waiting]] = defaultdict(list)
    for thing, waits, _ in holds.still_waiting(run.school_id):
        waiting[thing].append(waits)
    ground = replace(ground, history=replace(ground.history, waiting=waiting))
    picked = {
        row.id: _picked(row, same_as[row.id], ground, latest[1])
        for row in rows
        if row.id in same_as
    }
    if len({operation.kept_id for operation in picked.values()}) < len(picked):
        raise BadInput("One person here can’t be two arrivals: choose somebody else for one.")
    wanted = {row.fingerprint for row in rows if row.id not in picked}
    planned = ground.plan(latest[1], approved=wanted)
    found = {fingerprint(operation): operation for operation in planned.approved}
    if not planned.is_whole and not (found or picked):  # a doubted answer removes nobody
        raise BadInput(
            "The newest answer of the roster is doubted, so nothing can be approved on it: "
            f"{planned.warnings[0]}"
        )
    now = clock.now()
    operations = [*found.values(), *picked.values()]
    rosters.apply_operations(
        run.school_id, {"run_id": run.id, "user_id": user_id, "at": now}, operations
    )
    applied = [row for row in rows if row.fingerprint in found or row.id in picked]
    moot = [row for row in rows if row not in applied] if planned.is_whole else []
    holds.decide(applied, HoldState.APPROVED, run_id=run.id, user_id=user_id, now=now)
    holds.decide(moot, HoldState.CLEARED, run_id=run.id, user_id=user_id, now=now)
    about, after = f"run {run.id}", {"operations": len(operations), "moot": len(moot)}
    audit.record(Did.HOLD_APPROVED, school=run.school, about=about, after=after)
    ends = {row.id: "updated" if row.id in picked else ENDS[row.action] for row in applied}
    _count(run, [*applied, *moot], ends | {row.id: "unchanged" for row in moot})
    return _settled(run)


def reject(
    run_id: int, *, user_id: int | None, note: str, only: Collection[int] | None = None
) -> Run:
    """Nothing of it is done, tonight or later, until the roster asks for something else.

    Errors: as for `approve`.
    """
    return _looked_at(committed(partial(_reject, run_id, user_id, note, only)))


def _looked_at(run: Run) -> Run:
    glance.refresh(run.school_id)
    commit()
    return run


def _reject(run_id: int, user_id: int | None, note: str, only: Collection[int] | None) -> Run:
    run, rows = _waiting(run_id, only)
    now = clock.now()
    holds.decide(
        rows, HoldState.REJECTED, run_id=run.id, user_id=user_id, now=now, note=note.strip()[:500]
    )
    audit.record(
        Did.HOLD_REJECTED,
        school=run.school,
        about=f"run {run.id}",
        after={"operations": len(rows)},
    )
    _count(run, rows, {row.id: "skipped" for row in rows})
    return _settled(run)


def _waiting(run_id: int, only: Collection[int] | None) -> tuple[Run, Sequence[HoldRow]]:
    run = runs.find_run(run_id)
    lock_school(run.school_id)
    rows = holds.holds_of(run, state=HoldState.WAITING)
    if not rows:
        raise NotWaiting(f"Nothing of run {run_id} waits for anybody ({run.status}).")
    if only is None:
        return run, rows
    unknown = set(only) - {row.id for row in rows}
    if unknown or not only:
        named = ", ".join(map(str, sorted(unknown))) or "none"
        raise BadInput(
            f"Run {run_id} holds no operation {named} (any more); `roster run {run_id}` lists what "
            "waits."
        )
    return run, [row for row in rows if row.id in only]


def _picked(row: HoldRow, person_id: int, ground: Ground, snapshot: Snapshot) -> Operation:
    """An arrival takes the place of somebody here."""
    record = next((p for p in snapshot.people if p.source_id == row.source_id), None)
    person = next((p for p in ground.kept.people if p.id == person_id), None)
    there = {p.source_id for p in snapshot.people}
    is_here = any(each.person.source_id == row.source_id for each in ground.kept.people)
    if person_id not in row.candidates or person is None or record is None or is_here:
        raise BadInput(f"{row.label} can’t be that person; choose one of those offered.")
    if person.person.source_id in there or not person.is_active:
        raise BadInput(f"{person.person.name} is in the roster again, or archived: choose anew.")
    return relink(record, person)


def _count(run: Run, rows: Sequence[HoldRow], ends: Mapping[int, str]) -> None:
    """Moves decided holds from "held" to how they ended, in the run's counts."""
    counts = {name: dict(part) for name, part in (run.counts or NO_COUNTS).items()}
    members = counts["memberships"]
    for row in rows:
        if row.entity == "person":
            counts["people"]["held"] = max(0, counts["people"]["held"] - 1)
            counts["people"][ends[row.id]] += 1
        elif row.entity == "members" and ends[row.id] == "updated":
            members["added"] += sum(map(len, row.after.values()))
            members["removed"] += sum(map(len, row.before.values()))
    _count_lists(run, rows, ends, counts["lists"])
    run.counts = counts
    run.size = runs.size_of(counts)


def _count_lists(
    run: Run, rows: Sequence[HoldRow], ends: Mapping[int, str], lists: dict[str, int]
) -> None:
    """Each list once, when nothing of it waits any more."""
    still = {row.entity_id for row in holds.holds_of(run, state=HoldState.WAITING)}
    decided: dict[int | None, str] = {}
    for row in rows:
        if row.entity == "list" and ends[row.id] in ENDS.values():
            decided[row.entity_id] = ends[row.id]
        elif row.entity != "person":
            decided.setdefault(row.entity_id, "unchanged")
    for list_id, end in decided.items():
        if list_id not in still:
            lists["held"] = max(0, lists["held"] - 1)
            lists[end] += 1


def _settled(run: Run) -> Run:
    runs.reloaded(run)
    for settled in holds.settle_runs(run.school_id):
        webhooks.add_deliveries(settled)
    return runs.reloaded(run)
