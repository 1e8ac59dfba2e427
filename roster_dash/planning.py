"""The planner on a school as it stands: one way to ask it, for syncs, previews and decisions."""

from collections.abc import Set
from dataclasses import dataclass, replace
from datetime import date, datetime

from roster_dash import clock
from roster_dash.roster.history import History
from roster_dash.roster.moments import day_of
from roster_dash.roster.plan import Plan, plan
from roster_dash.roster.records import Kept, Snapshot
from roster_dash.roster.settings import SyncSettings
from roster_dash.store import rosters
from roster_dash.store.history import load_history, moved_of
from roster_dash.store.tables import School


@dataclass(frozen=True, slots=True)
class Ground:
    """All that the planner looks at but the roster itself."""

    school: School
    kept: Kept
    settings: SyncSettings
    today: date
    history: History

    people_only: bool = False

    def plan(self, snapshot: Snapshot, *, approved: Set[str] = frozenset()) -> Plan:
        """What a snapshot asks for; `approved` are fingerprints of held operations."""
        history = replace(self.history_of(snapshot), approved=approved)
        return plan(
            snapshot,
            self.kept,
            self.settings,
            self.today,
            history,
            people_only=self.people_only,
        )

    def history_of(self, snapshot: Snapshot) -> History:
        """With who of those whom a snapshot lacks has moved to another school."""
        return replace(self.history, moved=moved_of(self.school, self._missing(snapshot)))

    def _missing(self, snapshot: Snapshot) -> dict[str, date | None]:
        """source_id -> since when somebody active is missing, of all whom a snapshot lacks."""
        told = {person.source_id for person in snapshot.people}
        return {
            source_id: row.leaving.since if row.leaving else None
            for row in self.kept.people
            if row.is_active and (source_id := row.person.source_id) and source_id not in told
        }


def ground_of(
    school: School,
    settings: SyncSettings,
    now: datetime | None = None,
    *,
    people_only: bool = False,
    between: bool = False,
) -> Ground:
    """A school's people, lists and past, as they are in the database; `now` is for tests.

    `people_only`: what concerns people; who is on which list isn't read. `between`: for a run
    between the daily ones.
    """
    now = now or clock.now()
    history = replace(load_history(school, settings, now), between=between)
    kept = rosters.load_kept(school.id, with_members=not people_only)
    kept = replace(kept, origin=school.origin)
    return Ground(school, kept, settings, today_at(school, now), history, people_only)


def today_at(school: School, now: datetime | None = None) -> date:
    """The day of the school's calendar."""
    return day_of(now or clock.now(), school.timezone)
