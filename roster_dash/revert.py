"""Taking a run back: seen beforehand, recorded as a run of its own."""

from collections import Counter
from collections.abc import Collection, Sequence, Set
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from roster_dash import clock
from roster_dash.ending import Result, add_result_mails
from roster_dash.planning import today_at
from roster_dash.roster.errors import BadInput, NotRevertible
from roster_dash.roster.operations import Action, Entity, Operation
from roster_dash.roster.report import ENDS, NO_COUNTS, summary
from roster_dash.roster.reversal import Reversal, reverse, would_trip
from roster_dash.store import audit, glance, holds, log, people, rosters, runs, webhooks
from roster_dash.store import settings as settings_store
from roster_dash.store.audit import Did
from roster_dash.store.history import owners_of
from roster_dash.store.people import ActivePerson
from roster_dash.store.runs import Ending, RunStatus, Trigger
from roster_dash.store.schools import lock_school
from roster_dash.store.tables import Run
from roster_dash.store.transactions import commit, committed

WINDOW = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Reverting:
    """What taking a run back would do. `says`: what the guards would say of it."""

    run: Run
    reversal: Reversal
    says: Sequence[str]


def preview_revert(run_id: int, only: Collection[int] | None = None) -> Reverting:
    """What `revert` would do; writes nothing. Errors: as for `revert`."""
    return _reverting(runs.find_run(run_id), only)


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
    result = committed(partial(_revert, run_id, user_id, only, hold))
    glance.refresh(result.run.school_id)
    commit()
    return result


def is_revertible(run: Run) -> bool:
    """Whether a run is of a kind and age that can be taken back."""
    return (
        run.status in (RunStatus.SUCCEEDED, RunStatus.HELD)
        and run.trigger != Trigger.SWITCH
        and run.finished_at is not None
        and clock.now() - run.finished_at <= WINDOW
    )


def _revert(run_id: int, user_id: int | None, only: Collection[int] | None, hold: bool) -> Result:
    run = runs.find_run(run_id)
    lock_school(run.school_id)
    reverting = _reverting(run, only)
    reversal, now = reverting.reversal, clock.now()
    if not reversal.operations:
        raise NotRevertible(
            f"Nothing of run {run_id} is as the run left it, so there is nothing to take back."
        )
    made = runs.add_revert(run, user_id, _ending(reverting, hold=hold), now, keeps_off=hold)
    rosters.apply_operations(run.school_id, {"run_id": made.id}, reversal.operations)
    rosters.set_countdowns(
        run.school_id,
        {
            op.kept_id: None
            for op in reversal.operations
            if op.entity is Entity.PERSON and op.kept_id
        },
    )
    audit.record(
        Did.RUN_REVERTED,
        school=run.school,
        about=f"run {run.id}, by run {made.id}",
        after={"operations": len(reversal.operations), "hold": hold},
    )
    if run.reverts_id is not None:
        things = {(op.entity, op.kept_id) for op in reversal.operations}
        holds.end_keeping_off(run, things, now)
        holds.settle_runs(run.school_id)
    made = runs.reloaded(made)
    mail_ids = add_result_mails(made, settings_store.load_settings(made.school_id))
    webhooks.add_deliveries(made)
    return Result(made, mail_ids=mail_ids)


def _reverting(run: Run, only: Collection[int] | None) -> Reverting:
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
    now = log.how_it_is_now(run.id, done)
    reversal = reverse(done, now)
    here = people.active_people(run.school_id) if _archived(reversal) else []
    if stays := _last_owner(reversal, here, owners_of(run.school_id)):
        reversal = reverse(done, now, stays=stays)
    return Reverting(run, reversal, _says(reversal, here, run))


def _what_it_is(run: Run) -> str:
    if run.finished_at is None:
        return "is not over yet"
    if run.trigger == Trigger.SWITCH:
        return "went along with the district’s other source; change that back under Connection"
    if run.status in (RunStatus.FAILED, RunStatus.CANCELLED):
        return f"has {run.status}"
    return f"ended on {run.finished_at:%d %B %Y}"


def _archived(reversal: Reversal) -> set[int | None]:
    return {
        op.kept_id
        for op in reversal.operations
        if op.entity is Entity.PERSON and op.action is Action.ARCHIVE
    }


def _last_owner(
    reversal: Reversal, here: Sequence[ActivePerson], owners: Set[str]
) -> frozenset[int]:
    """An Owner's person who must stay, if all Owners are people here and none would be left."""
    ids = {person.id: person.email.casefold() for person in here}
    people = {row_id for row_id, email in ids.items() if email in owners}
    leaving = _archived(reversal)
    if not people & leaving or people - leaving or owners - set(ids.values()):
        return frozenset()
    return frozenset([min(people)])


def _says(reversal: Reversal, here: Sequence[ActivePerson], run: Run) -> list[str]:
    settings = settings_store.load_settings(run.school_id)
    roles = {person.id: role for person in here if (role := settings.deciding_role(person.roles))}
    limits = settings.limits_on(today_at(run.school))
    return would_trip(reversal.operations, roles, Counter(roles.values()), limits)


def _ending(reverting: Reverting, *, hold: bool) -> Ending:
    counts = {name: dict(part) for name, part in NO_COUNTS.items()}
    for operation in reverting.reversal.operations:
        _count(operation, counts)
    left = len(reverting.reversal.skipped)
    parts = [f"Run {reverting.run.id} was taken back: {summary(counts)}."]
    if left:
        one = left == 1
        parts.append(
            f"{left:,} {'change was left as it is' if one else 'changes were left as they are'}."
        )
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
        counts[part][ENDS[operation.action]] += 1
