"""What the roster asks for each person, before any guard has looked at it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from roster_dash.roster.grace import stays
from roster_dash.roster.history import History
from roster_dash.roster.match import Matches, match_people
from roster_dash.roster.merge import changed_values, merge_person, person_values
from roster_dash.roster.operations import Action, Entity, Operation, Values
from roster_dash.roster.outcomes import Outcome
from roster_dash.roster.records import Kept, KeptPerson, Person, Status
from roster_dash.roster.roles import Role
from roster_dash.roster.settings import SyncSettings


@dataclass(frozen=True, slots=True)
class Proposal:
    """How one person would end, and by which operation.

    `row` is None for somebody who isn't here, `record` for somebody whom the roster lacks.
    `role` is the one whose switches and limits hold for them.
    """

    outcome: Outcome
    reason: str
    record: Person | None = None
    row: KeptPerson | None = None
    role: Role | None = None
    operation: Operation | None = None

    @property
    def person(self) -> Person:
        person = self.record or (self.row.person if self.row else None)
        assert person is not None
        return person

    @property
    def is_removal(self) -> bool:
        """Whether the person would be archived because the roster lacks them."""
        return self.outcome is Outcome.ARCHIVED

    @property
    def is_missing(self) -> bool:
        """Whether the roster lacks somebody whom it has had, and who is here."""
        row = self.row
        return (
            self.record is None
            and row is not None
            and row.is_active
            and bool(row.person.source_id)
            and self.role is not None
            and self.reason != "awaiting_conflict"
        )

    def ends(self, outcome: Outcome, reason: str) -> "Proposal":
        """The same person, ending otherwise and without an operation."""
        return replace(self, outcome=outcome, reason=reason, operation=None)


def propose(
    records: tuple[Person, ...],
    kept: Kept,
    settings: SyncSettings,
    history: History,
    today: date,
    *,
    may_remove: bool,
) -> list[Proposal]:
    """One proposal per record, then one per active person here whom no record fits."""
    proposer = _Proposer(settings, history, today, may_remove=may_remove)
    proposer.run(records, kept)
    return _with_last_owner(proposer.proposals, kept, history)


class _Proposer:
    def __init__(
        self, settings: SyncSettings, history: History, today: date, *, may_remove: bool
    ) -> None:
        self._settings = settings
        self._history = history
        self._today = today
        self._may_remove = may_remove
        self.proposals: list[Proposal] = []

    def run(self, records: tuple[Person, ...], kept: Kept) -> None:
        readable = self._readable(records)
        matches = match_people(readable, kept.people)
        for record in readable:
            self._of_record(record, matches)
        seen = {row.id for row in matches.of.values()}
        awaiting = {row.id for rows in matches.conflicts.values() for row in rows}
        for row in kept.people:
            if row.id not in seen and row.is_active:
                self._of_missing(row, conflicting=row.id in awaiting)

    def _readable(self, records: tuple[Person, ...]) -> list[Person]:
        """One record per id; those without one can't be anybody."""
        readable: dict[str, Person] = {}
        for record in records:
            if record.source_id:
                readable[record.source_id] = record
            else:
                self._end(Outcome.INVALID, "no_id", record)
        return list(readable.values())

    def _of_record(self, record: Person, matches: Matches) -> None:
        row = matches.of.get(record.source_id)
        role = self._settings.deciding_role(record.roles)
        if row is not None and not row.included:
            self._end(Outcome.EXCLUDED, "left_out", record, row)
        elif role is None:
            self._end(Outcome.EXCLUDED, "role_off" if record.roles else "no_role", record, row)
        elif not (record.first_name or record.middle_name or record.last_name):
            self._end(Outcome.INVALID, "no_name", record, row)
        elif record.source_id in matches.conflicts:
            several = len(matches.conflicts[record.source_id]) > 1
            reason = "fits_several" if several else "fitted_by_several"
            if record.source_id in matches.by_number_only:
                reason = "fits_by_number_only"
            self._end(Outcome.CONFLICT, reason, record)
        elif row is None:
            values = person_values(record, with_contact=self._settings.contacts != "off")
            operation = _operation(Action.CREATE, "new", record, None, {}, values)
            self._end(Outcome.CREATED, "new", record, None, role, operation)
        else:
            self._settle(record, row, role)

    def _settle(self, record: Person, row: KeptPerson, role: Role) -> None:
        """A record meets its person: restore, update, link or leave alone."""
        updates = self._settings.role(role).auto_update and not self._history.first_run
        if updates:
            merged = merge_person(
                row.person,
                record,
                with_contact=self._settings.contacts != "off",
                stays=row.set_here | self._settings.left_alone,
            )
        else:
            merged = replace(row.person, source_id=record.source_id)
        before: Values
        after: Values
        before, after = changed_values(row.person, merged)
        if not row.is_active:
            before, after = _back(row, before, after)
            self._operate(
                Outcome.RESTORED, "back", Action.RESTORE, record, row, role, before, after
            )
        elif not updates and after:
            self._operate(Outcome.SKIPPED, "linked", Action.LINK, record, row, role, before, after)
        elif not updates:
            first = self._history.first_run and self._settings.role(role).auto_update
            reason = "first_run" if first else "auto_update_off"
            self._end(Outcome.SKIPPED, reason, record, row, role)
        elif after:
            self._operate(
                Outcome.UPDATED, "changed", Action.UPDATE, record, row, role, before, after
            )
        else:
            self._end(Outcome.UNCHANGED, "same", record, row, role)

    def _of_missing(self, row: KeptPerson, *, conflicting: bool) -> None:
        """Someone here whom no record fits."""
        person = row.person
        role = self._settings.deciding_role(person.roles)
        if not row.included:
            self._end(Outcome.EXCLUDED, "left_out", None, row, role)
        elif not person.source_id:
            outcome = Outcome.SKIPPED if conflicting else Outcome.EXCLUDED
            reason = "awaiting_conflict" if conflicting else "not_from_roster"
            self._end(outcome, reason, None, row)
        elif role is None:
            self._end(Outcome.EXCLUDED, "role_off", None, row)
        elif conflicting:
            self._end(Outcome.SKIPPED, "awaiting_conflict", None, row, role)
        elif not self._settings.role(role).archive:
            self._end(Outcome.SKIPPED, "archive_off", None, row, role)
        elif not self._may_remove:
            self._end(Outcome.SKIPPED, "empty_answer", None, row, role)
        else:
            self._of_leaver(row, role)

    def _of_leaver(self, row: KeptPerson, role: Role) -> None:
        school = self._history.moved.get(row.person.source_id, "")
        before: Values = {"status": row.status}
        after: Values = {"status": Status.ARCHIVED}
        outcome, reason = (Outcome.MOVED, "moved") if school else (Outcome.ARCHIVED, "gone")
        if school:
            before, after = {**before, "moved_to": row.moved_to}, {**after, "moved_to": school}
        operation = _operation(Action.ARCHIVE, reason, row.person, row, before, after)
        if stay := stays(row, self._today):
            outcome = Outcome.LEAVING if stay == "snoozed" else Outcome.SKIPPED
            self._end(outcome, stay, None, row, role)
            return
        self._end(outcome, reason, None, row, role, operation)

    def _operate(
        self,
        outcome: Outcome,
        reason: str,
        action: Action,
        record: Person,
        row: KeptPerson,
        role: Role,
        before: Values,
        after: Values,
    ) -> None:
        operation = _operation(action, reason, record, row, before, after)
        self._end(outcome, reason, record, row, role, operation)

    def _end(
        self,
        outcome: Outcome,
        reason: str,
        record: Person | None,
        row: KeptPerson | None = None,
        role: Role | None = None,
        operation: Operation | None = None,
    ) -> None:
        self.proposals.append(Proposal(outcome, reason, record, row, role, operation))


def relink(record: Person, row: KeptPerson) -> Operation:
    """The operation that gives somebody here the id of a new record, and nothing else."""
    before, after = {"source_id": row.person.source_id}, {"source_id": record.source_id}
    return _operation(Action.LINK, "relinked", record, row, before, after)


def _back(row: KeptPerson, before: Values, after: Values) -> tuple[Values, Values]:
    before, after = {"status": row.status, **before}, {"status": Status.ACTIVE, **after}
    if row.moved_to:
        before, after = {**before, "moved_to": row.moved_to}, {**after, "moved_to": ""}
    return before, after


def _operation(
    action: Action,
    reason: str,
    person: Person,
    row: KeptPerson | None,
    before: Values,
    after: Values,
) -> Operation:
    return Operation(
        entity=Entity.PERSON,
        action=action,
        reason=reason,
        source_id=person.source_id,
        kept_id=row.id if row else None,
        label=(row.person if row else person).name,
        before=before,
        after=after,
    )


def _with_last_owner(proposals: list[Proposal], kept: Kept, history: History) -> list[Proposal]:
    """The same, but that one Owner's person at least stays. Owners who aren't people here stay."""
    people: dict[str, set[int]] = {email: set() for email in history.owners}
    for row in kept.people:
        if row.is_active and (email := row.person.email.casefold()) in people:
            people[email].add(row.id)
    removed: Mapping[int, int] = {
        proposal.row.id: index
        for index, proposal in enumerate(proposals)
        if proposal.outcome in (Outcome.ARCHIVED, Outcome.MOVED) and proposal.row
    }
    leaving = {row_id for rows in people.values() for row_id in rows if row_id in removed}
    if not leaving or any(not rows or rows - leaving for rows in people.values()):
        return proposals
    index = removed[min(leaving)]
    proposals[index] = proposals[index].ends(Outcome.SKIPPED, "last_owner")
    return proposals
