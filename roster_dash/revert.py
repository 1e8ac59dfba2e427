"""Taking a run back: seen beforehand, recorded as a run of its own."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial

from roster_dash.ending import Result, add_result_mails
from roster_dash.planning import Ground, ground_of
from roster_dash.roster.errors import BadInput, NotRevertible
from roster_dash.roster.guard import Guard
from roster_dash.roster.operations import Entity, Operation
from roster_dash.roster.report import NO_COUNTS, summary
from roster_dash.roster.reversal import Reversal, reverse, would_trip
from roster_dash.store import holds, log, rosters, runs, snapshots
from roster_dash.store import settings as settings_store
from roster_dash.store.runs import Ending, RunStatus
from roster_dash.store.schools import lock_school
from roster_dash.store.tables import Run
from roster_dash.store.transactions import commit, committed

WINDOW = timedelta(days=30)

_ENDS = {
    "create": "created",
    "update": "updated",
    "link": "updated",
    "restore": "restored",
    "archive": "archived",
}


@dataclass(frozen=True, slots=True)
class Reverting:
    """What taking a run back would do. `says`: what the guards would say of it."""

    run: Run
    reversal: Reversal
    says: Sequence[str]


def preview_revert(run_id: int, only: Collection[int] | None = None) -> Reverting:
    """What `revert` would do; writes nothing. Errors: as for `revert`."""
    return _reverting(runs.find_run(run_id), only)[0]


def revert(
    run_id: int,
    *,
    user_id: int | None,
    only: Collection[int] | None = None,
    hold: bool = False,
) -> Result:
    """Takes a run back, or those of its operations that `only` names.

    `hold`: the next syncs don't do it again unless somebody approves.
    Errors: UnknownThing; BadInput for an operation that isn't the run's; NotRevertible if the run
    is too old, did nothing, or nothing of it is as it left it.
    """
    run = committed(partial(_revert, run_id, user_id, only, hold))
    mail_ids = add_result_mails(run, settings_store.load_settings(run.school_id))
    commit()
    return Result(run, mail_ids=mail_ids)


def is_revertible(run: Run) -> bool:
    """Whether a run is of a kind and age that can be taken back."""
    return (
        run.status in (RunStatus.SUCCEEDED, RunStatus.HELD)
        and run.finished_at is not None
        and datetime.now(UTC) - run.finished_at <= WINDOW
    )


def _revert(run_id: int, user_id: int | None, only: Collection[int] | None, hold: bool) -> Run:
    run = runs.find_run(run_id)
    lock_school(run.school_id)
    reverting, _ = _reverting(run, only)
    reversal, now = reverting.reversal, datetime.now(UTC)
    if not reversal.operations:
        raise NotRevertible(
            f"Nothing of run {run_id} is as the run left it, so there is nothing to take back."
        )
    made = runs.add_revert(run, user_id, _ending(reverting, hold=hold), now)
    rosters.apply_operations(run.school_id, {"run_id": made.id}, reversal.operations)
    rosters.set_countdowns(
        {
            op.kept_id: None
            for op in reversal.operations
            if op.entity is Entity.PERSON and op.kept_id
        }
    )
    if hold:
        _hold_what_would_return(made, reversal)
    return runs.reloaded(made)


def _reverting(run: Run, only: Collection[int] | None) -> tuple[Reverting, Ground]:
    if not is_revertible(run):
        raise NotRevertible(
            f"Run {run.id} can’t be taken back: that is possible for {WINDOW.days} days, for runs "
            f"that changed something. This one {_what_it_is(run)}."
        )
    done = log.operations_done(run.id, only)
    if only is not None and len(done) < len(set(only)):
        unknown = ", ".join(map(str, sorted(set(only) - {operation.id for operation in done})))
        raise BadInput(
            f"Run {run.id} has no operation {unknown}; `roster run {run.id}` lists them."
        )
    if not done:
        raise NotRevertible(f"Run {run.id} changed nothing, so there is nothing to take back.")
    ground = ground_of(run.school, settings_store.load_settings(run.school_id))
    reversal = reverse(done, log.how_it_is_now(run.id, done), stays=_last_owner(ground))
    return Reverting(run, reversal, _says(reversal, ground)), ground


def _what_it_is(run: Run) -> str:
    if run.finished_at is None:
        return "is not over yet"
    if run.status in (RunStatus.FAILED, RunStatus.CANCELLED):
        return f"has {run.status}"
    return f"ended on {run.finished_at:%d %B %Y}"


def _last_owner(ground: Ground) -> frozenset[int]:
    """The person who is the only Owner left, if there is just one."""
    owners = [
        row.id
        for row in ground.kept.people
        if row.is_active and row.person.email.casefold() in ground.history.owners
    ]
    people = {row.person.email.casefold() for row in ground.kept.people if row.is_active}
    others = ground.history.owners - people
    return frozenset(owners[:1]) if not others else frozenset()


def _says(reversal: Reversal, ground: Ground) -> list[str]:
    roles = {
        row.id: role
        for row in ground.kept.people
        if row.is_active and (role := ground.settings.deciding_role(row.person.roles))
    }
    limits = ground.settings.limits_on(ground.today)
    return would_trip(reversal.operations, roles, Counter(roles.values()), limits)


def _ending(reverting: Reverting, *, hold: bool) -> Ending:
    counts = {name: dict(part) for name, part in NO_COUNTS.items()}
    for operation in reverting.reversal.operations:
        _count(operation, counts)
    left = len(reverting.reversal.skipped)
    parts = [f"Run {reverting.run.id} was taken back: {summary(counts)}."]
    if left:
        parts.append(f"{left:,} {'change was' if left == 1 else 'changes were'} left as they are.")
    if hold:
        parts.append("The next syncs ask before they do it again.")
    return Ending(
        status=RunStatus.SUCCEEDED,
        message=" ".join(parts),
        counts=counts,
        warnings=reverting.says,
        problems=[
            {"name": s.label, "source_id": "", "outcome": "skipped", "reason": s.why}
            for s in reverting.reversal.skipped
        ],
    )


def _count(operation: Operation, counts: dict[str, dict[str, int]]) -> None:
    if operation.entity is Entity.MEMBERS:
        counts["memberships"]["added"] += sum(map(len, operation.after.values()))
        counts["memberships"]["removed"] += sum(map(len, operation.before.values()))
    else:
        part = "people" if operation.entity is Entity.PERSON else "lists"
        counts[part][_ENDS[operation.action]] += 1


def _hold_what_would_return(made: Run, reversal: Reversal) -> None:
    """Holds what the newest answer of the roster would do again to what was put back."""
    latest = snapshots.latest_snapshot(made.school_id)
    if latest is None:
        return
    ground = ground_of(made.school, settings_store.load_settings(made.school_id))
    waiting = dict(ground.history.reverted)
    history = replace(ground.history, reverted={**waiting, **reversal.columns})
    planned = replace(ground, history=history).plan(latest[1])
    again = [held for held in planned.held if held.guard is Guard.REVERTED]
    holds.add_new_holds(made.school_id, made.id, again)
