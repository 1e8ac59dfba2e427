"""THE PLANNER: what a run would do, as operations with reasons. Nothing else decides anything.

plan(snapshot, kept, settings, today) is pure: preview and apply both call it, so they agree.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from roster_dash.roster.guard import doubts
from roster_dash.roster.lists import Here, plan_lists
from roster_dash.roster.match import Matches, match_people
from roster_dash.roster.merge import changed_values, merge_person, person_values
from roster_dash.roster.operations import Action, Entity, Operation, Values
from roster_dash.roster.outcomes import Outcome, PersonOutcome
from roster_dash.roster.records import Kept, KeptPerson, Person, Snapshot, Status
from roster_dash.roster.settings import SyncSettings
from roster_dash.roster.warnings import snapshot_warnings


@dataclass(frozen=True, slots=True)
class Plan:
    """Operations in the order they are applied, everybody's outcome, and what to tell people."""

    operations: tuple[Operation, ...] = ()
    outcomes: tuple[PersonOutcome, ...] = ()
    list_counts: Mapping[str, int] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


def plan(snapshot: Snapshot, kept: Kept, settings: SyncSettings, today: date) -> Plan:
    """What a run must do to make `kept` follow `snapshot` under `settings`.

    `today` is a day of the school's calendar. An empty or incomplete answer removes nothing.
    """
    guarded = doubts(snapshot, kept, settings)
    people = _PeoplePlanner(kept, settings, may_remove=not guarded)
    people.run(snapshot.people)
    list_plan = plan_lists(
        snapshot,
        kept,
        Here(people.active, people.source_of, people.known_as),
        settings,
        today,
        may_remove=not guarded,
    )
    return Plan(
        operations=(*people.operations, *list_plan.operations),
        outcomes=tuple(people.outcomes),
        list_counts=list_plan.counts,
        warnings=(*guarded, *list_plan.warnings, *snapshot_warnings(snapshot, settings)),
    )


class _PeoplePlanner:
    """One pass over the records, then one over the people here whom no record fits."""

    def __init__(self, kept: Kept, settings: SyncSettings, *, may_remove: bool) -> None:
        self._kept = kept
        self._settings = settings
        self._may_remove = may_remove
        self.active: set[str] = set()
        """source_ids of everyone who is active once this plan is applied."""
        self.known_as: dict[str, str] = {}
        """A record's source_id -> the one its person has here, which may be an older one."""
        self.source_of = {row.id: row.person.source_id for row in kept.people}
        """Row id -> source_id once this plan is applied."""
        self.operations: list[Operation] = []
        self.outcomes: list[PersonOutcome] = []

    def run(self, records: tuple[Person, ...]) -> None:
        readable = self._readable(records)
        matches = match_people(readable, self._kept.people)
        seen = {row.id for row in matches.of.values()}
        for record in readable:
            self._plan_record(record, matches)
        awaiting = {row.id for rows in matches.conflicts.values() for row in rows}
        for row in self._kept.people:
            if row.id not in seen:
                self._plan_missing(row, conflicting=row.id in awaiting)

    def _readable(self, records: tuple[Person, ...]) -> list[Person]:
        """One record per id; those without one can't be anybody."""
        readable: dict[str, Person] = {}
        for record in records:
            if record.source_id:
                readable[record.source_id] = record
            else:
                self._end(Outcome.INVALID, "no_id", record, None)
        return list(readable.values())

    def _plan_record(self, record: Person, matches: Matches) -> None:
        row = matches.of.get(record.source_id)
        if row is not None and row.person.source_id:
            self.known_as[record.source_id] = row.person.source_id
        role = self._settings.deciding_role(record.roles)
        if row is not None and not row.included:
            self._end(Outcome.EXCLUDED, "left_out", record, row)
            self._stays(row)
        elif role is None:
            self._end(Outcome.EXCLUDED, "role_off" if record.roles else "no_role", record, row)
            self._stays(row)
        elif not (record.first_name or record.middle_name or record.last_name):
            self._end(Outcome.INVALID, "no_name", record, row)
            self._stays(row)
        elif record.source_id in matches.conflicts:
            several = len(matches.conflicts[record.source_id]) > 1
            reason = "fits_several" if several else "fitted_by_several"
            self._end(Outcome.CONFLICT, reason, record, None)
        elif row is None:
            self._create(record)
        else:
            self._settle(record, row, auto_update=self._settings.role(role).auto_update)

    def _create(self, record: Person) -> None:
        contacts = self._settings.contacts != "off"
        values = person_values(record, with_contact=contacts)
        self._operate(Action.CREATE, "new", record, None, {}, values)
        self._end(Outcome.CREATED, "new", record, None)
        self.active.add(record.source_id)

    def _settle(self, record: Person, row: KeptPerson, *, auto_update: bool) -> None:
        """A record meets its person: restore, update, link or leave alone."""
        merged = replace(row.person, source_id=record.source_id)
        if auto_update:
            merged = merge_person(
                row.person,
                record,
                with_contact=self._settings.contacts != "off",
                stays=row.set_here | self._settings.left_alone,
            )
        before, after = changed_values(row.person, merged)
        if not row.is_active:
            before, after = {"status": row.status} | before, {"status": Status.ACTIVE} | after
            self._operate(Action.RESTORE, "back", record, row, before, after)
            self._end(Outcome.RESTORED, "back", record, row)
        elif not auto_update:
            if after:
                self._operate(Action.LINK, "linked", record, row, before, after)
            self._end(Outcome.SKIPPED, "linked" if after else "auto_update_off", record, row)
        elif after:
            self._operate(Action.UPDATE, "changed", record, row, before, after)
            self._end(Outcome.UPDATED, "changed", record, row)
        else:
            self._end(Outcome.UNCHANGED, "same", record, row)
        self.active.add(record.source_id)
        self.source_of[row.id] = record.source_id
        self.known_as.pop(record.source_id, None)

    def _plan_missing(self, row: KeptPerson, *, conflicting: bool) -> None:
        """Someone here whom no record fits."""
        if not row.is_active:
            return
        role = self._settings.deciding_role(row.person.roles)
        if not row.included:
            self._end(Outcome.EXCLUDED, "left_out", row.person, row)
        elif not row.person.source_id:
            outcome = Outcome.SKIPPED if conflicting else Outcome.EXCLUDED
            reason = "awaiting_conflict" if conflicting else "not_from_roster"
            self._end(outcome, reason, row.person, row)
        elif role is None:
            self._end(Outcome.EXCLUDED, "role_off", row.person, row)
        elif conflicting:
            self._end(Outcome.SKIPPED, "awaiting_conflict", row.person, row)
        elif not self._settings.role(role).archive:
            self._end(Outcome.SKIPPED, "archive_off", row.person, row)
        elif not self._may_remove:
            self._end(Outcome.SKIPPED, "empty_answer", row.person, row)
        else:
            before, after = {"status": row.status}, {"status": Status.ARCHIVED}
            self._operate(Action.ARCHIVE, "gone", row.person, row, before, after)
            self._end(Outcome.ARCHIVED, "gone", row.person, row)
            return
        self._stays(row)

    def _stays(self, row: KeptPerson | None) -> None:
        if row is not None and row.is_active and row.person.source_id:
            self.active.add(row.person.source_id)

    def _operate(
        self,
        action: Action,
        reason: str,
        person: Person,
        row: KeptPerson | None,
        before: Values,
        after: Values,
    ) -> None:
        self.operations.append(
            Operation(
                entity=Entity.PERSON,
                action=action,
                reason=reason,
                source_id=person.source_id,
                kept_id=row.id if row else None,
                label=(row.person if row else person).name,
                before=before,
                after=after,
            )
        )

    def _end(self, outcome: Outcome, reason: str, person: Person, row: KeptPerson | None) -> None:
        self.outcomes.append(
            PersonOutcome(outcome, reason, person.source_id, row.id if row else None, person.name)
        )
