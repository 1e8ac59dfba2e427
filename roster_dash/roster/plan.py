"""THE PLANNER: what a run would do, as operations with reasons. Nothing else decides anything.

plan(snapshot, kept, settings, today, history) is pure: preview, sync, approval and "why?" all call
it, so they agree. Three lanes come out of it: `operations` (green, applied), `marks` (amber, the
countdowns of who is missing), `held` (red, waits for a person).
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from roster_dash.roster.doubts import doubts
from roster_dash.roster.grace import Stage, counted, noticed, stage_of
from roster_dash.roster.guard import (
    Guard,
    Held,
    Verdict,
    allowed_part,
    held_outcome,
    held_part,
    judge,
    unhealthy_roles,
    without_rejected,
)
from roster_dash.roster.history import NOTHING_BEFORE, History, Leaving
from roster_dash.roster.lists import Here, ListPlan, plan_lists
from roster_dash.roster.operations import Action, Operation, fingerprint
from roster_dash.roster.outcomes import Outcome, PersonOutcome
from roster_dash.roster.proposals import Proposal, propose
from roster_dash.roster.records import Kept, Snapshot, Status
from roster_dash.roster.rekey import suspect_new_ids
from roster_dash.roster.roles import Role
from roster_dash.roster.settings import SyncSettings
from roster_dash.roster.warnings import gone_warnings, snapshot_warnings


@dataclass(frozen=True, slots=True)
class Plan:
    """Operations in the order they are applied, everybody's outcome, and what to tell people.

    `approved`: operations that guards hold and somebody has approved. `marks`: row id -> the
    countdown of somebody missing, None where it ends. `rejected`: fingerprints of what the roster
    still asks for though somebody rejected it. `holds`: each guard's sentence.
    """

    operations: tuple[Operation, ...] = ()
    held: tuple[Held, ...] = ()
    approved: tuple[Operation, ...] = ()
    marks: Mapping[int, Leaving | None] = field(default_factory=dict)
    rejected: frozenset[str] = frozenset()
    holds: tuple[str, ...] = ()
    outcomes: tuple[PersonOutcome, ...] = ()
    list_counts: Mapping[str, int] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    is_whole: bool = True
    """Whether nothing about the answer was doubted, so that what it lacks is really gone."""


def plan(
    snapshot: Snapshot,
    kept: Kept,
    settings: SyncSettings,
    today: date,
    history: History = NOTHING_BEFORE,
    *,
    people_only: bool = False,
) -> Plan:
    """What a run must do to make `kept` follow `snapshot` under `settings`.

    `today` is a day of the school's calendar. An empty or incomplete answer removes nothing.
    `people_only` leaves the lists out, whose members `kept` need not know then.
    """
    guarded = doubts(snapshot, kept, settings, today)
    may_remove = not guarded and not history.first_run
    proposals, rejected = without_rejected(
        propose(snapshot.people, kept, settings, history, today, may_remove=may_remove), history
    )
    suspicion = suspect_new_ids(proposals, history)
    verdicts = [
        *suspicion.verdicts,
        *judge(suspicion.proposals, kept, settings, history, today),
    ]
    people = _People(settings, history, today, suspicion.candidates)
    people.settle(suspicion.proposals, verdicts)
    list_plan = ListPlan()
    if not people_only:
        here = people.here(kept)
        list_plan = plan_lists(
            snapshot, kept, here, settings, today, history, may_remove=may_remove
        )
    return Plan(
        operations=(*people.operations, *list_plan.operations),
        held=(*people.held, *list_plan.judged.held),
        approved=(*people.approved, *list_plan.judged.approved),
        marks=people.marks,
        rejected=frozenset((*rejected, *list_plan.judged.rejected)),
        holds=(*_sentences(verdicts, people.held), *list_plan.judged.sentences),
        outcomes=tuple(people.outcomes),
        list_counts=list_plan.counts,
        warnings=(
            *guarded,
            *list_plan.warnings,
            *gone_warnings(people.outcomes),
            *snapshot_warnings(snapshot, settings),
        ),
        is_whole=not guarded,
    )


def _sentences(verdicts: Sequence[Verdict], held: Sequence[Held]) -> list[str]:
    """Those of the guards that held something which nobody has decided yet."""
    at_work = {each.guard for each in held}
    return [verdict.sentence for verdict in verdicts if verdict.guard in at_work]


class _People:
    """Proposals and verdicts become operations, countdowns, holds and outcomes."""

    def __init__(
        self,
        settings: SyncSettings,
        history: History,
        today: date,
        candidates: Mapping[str, tuple[int, ...]],
    ) -> None:
        self._settings = settings
        self._history = history
        self._today = today
        self._candidates = candidates
        self._unhealthy: frozenset[Role] = frozenset()
        self._settled: list[tuple[Proposal, Operation | None]] = []
        self._staying: set[str] = set()
        self.operations: list[Operation] = []
        self.held: list[Held] = []
        self.approved: list[Operation] = []
        self.marks: dict[int, Leaving | None] = {}
        self.outcomes: list[PersonOutcome] = []

    def settle(self, proposals: Sequence[Proposal], verdicts: Sequence[Verdict]) -> None:
        self._unhealthy = unhealthy_roles(verdicts)
        columns: dict[int, frozenset[str]] = defaultdict(frozenset)
        first: dict[int, Verdict] = {}
        for verdict in verdicts:
            for index, names in verdict.held.items():
                columns[index] |= names
                first.setdefault(index, verdict)
        for index, proposal in enumerate(proposals):
            if index in first:
                proposal, operation = self._hold(proposal, columns[index], first[index])
            elif proposal.is_removal:
                proposal, operation = self._grace(proposal)
            else:
                operation = proposal.operation
                if proposal.reason == "rejected":
                    self._stay(proposal)
            self._mark(proposal, operation)
            if operation is not None:
                self.operations.append(operation)
            self._settled.append((proposal, operation))
            self.outcomes.append(_outcome(proposal))

    def here(self, kept: Kept) -> Here:
        """Who is active, known and allowed on lists once the plan is applied."""
        active: set[str] = set()
        known_as: dict[str, str] = {}
        source_of = {row.id: row.person.source_id for row in kept.people}
        students: set[str] = set()
        for proposal, operation in self._settled:
            row, record, after = proposal.row, proposal.record, operation.after if operation else {}
            kept_source = row.person.source_id if row else ""
            source = str(after.get("source_id", kept_source))
            if not source:
                continue
            if row is not None:
                source_of[row.id] = source
            if record is not None and record.source_id != source:
                known_as[record.source_id] = source
            if after.get("status", row.status if row else Status.ARCHIVED) == Status.ACTIVE or (
                operation is not None and operation.action is Action.CREATE
            ):
                active.add(source)
                roles = after.get("roles") or (row.person.roles if row else ())
                if set(roles) == {Role.STUDENT}:
                    students.add(source)
        return Here(active, source_of, known_as, frozenset(self._staying), frozenset(students))

    def _hold(
        self, proposal: Proposal, columns: frozenset[str], verdict: Verdict
    ) -> tuple[Proposal, Operation | None]:
        """Splits an operation: what waits, and what is applied all the same."""
        operation = proposal.operation
        self._stay(proposal)
        if verdict.guard is Guard.REKEY and proposal.record is None:
            return (held_outcome(proposal) if operation else proposal), None
        assert operation is not None
        waits, goes = held_part(operation, columns), allowed_part(operation, columns)
        if verdict.guard is Guard.REKEY:
            goes = None  # nothing of a record comes to somebody of whom it may not be
        mark = fingerprint(waits)
        if mark in self._history.approved:
            self.approved.append(waits)
        else:
            candidates = self._candidates.get(operation.source_id, ())
            self.held.append(Held(waits, verdict.guard, candidates if not proposal.row else ()))
        return held_outcome(proposal), goes

    def _stay(self, proposal: Proposal) -> None:
        """Whose leaving waits, or was rejected, stays on their lists."""
        if proposal.row is not None and proposal.record is None:
            self._staying.add(proposal.row.person.source_id)

    def _grace(self, proposal: Proposal) -> tuple[Proposal, Operation | None]:
        """Somebody missing, within the limits: archived if their days are over."""
        row, role = proposal.row, proposal.role
        assert row is not None
        assert role is not None
        stage = stage_of(row, self._settings.grace(role), self._today)
        if role in self._unhealthy:
            return proposal.ends(Outcome.LEAVING, "unhealthy_run"), None
        if self._history.between and self._settings.grace(role):
            if row.leaving is None:
                self.marks[row.id] = noticed(row, self._today)
            return proposal.ends(Outcome.LEAVING, "in_grace"), None
        if stage is Stage.DUE:
            return proposal, proposal.operation
        self.marks[row.id] = counted(row, self._today)
        return proposal.ends(Outcome.LEAVING, "in_grace"), None

    def _mark(self, proposal: Proposal, operation: Operation | None) -> None:
        """A countdown ends when somebody is back, is archived, or nobody counts any more."""
        row = proposal.row
        if row is not None and proposal.reason == "archive_off":
            if row.leaving != (mark := noticed(row, self._today)):
                self.marks[row.id] = mark
            return
        if row is None or (row.leaving is None and row.stays_until is None):
            return
        counting = proposal.outcome in (Outcome.LEAVING, Outcome.HELD)
        doubted = proposal.reason in ("empty_answer", "kept_here", "rejected", "awaiting_conflict")
        if proposal.record is not None or operation is not None or not (counting or doubted):
            self.marks[row.id] = None


def _outcome(proposal: Proposal) -> PersonOutcome:
    person = proposal.person
    kept_id = proposal.row.id if proposal.row else None
    return PersonOutcome(proposal.outcome, proposal.reason, person.source_id, kept_id, person.name)
