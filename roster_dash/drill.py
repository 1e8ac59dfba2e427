"""The fire drill of a school: spoiled answers, fed to a copy in memory, and what stops each.

Nothing is written and Clever isn't asked. Whole answers go through the planner; broken ones come
from a stand-in for Clever on this machine, through the same source that reads the real one.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

from roster_dash.drill_server import DISTRICT_ID, SCHOOL_ID, DrillServer, Fault, serving
from roster_dash.planning import ground_of
from roster_dash.roster.drills import (
    AS_IT_IS,
    BY_FETCH,
    End,
    Result,
    Scratch,
    try_as_it_is,
    try_scenarios,
)
from roster_dash.roster.errors import BadInput, RosterDashError
from roster_dash.roster.origin import CLEVER, Origin, capital
from roster_dash.roster.records import DistrictPart, Snapshot
from roster_dash.sources import no_progress
from roster_dash.sources.clever import CleverApp, CleverSource
from roster_dash.store import settings as settings_store
from roster_dash.store import snapshots
from roster_dash.store.tables import School
from roster_dash.store.transactions import commit

FAULTS = {
    Fault.CUT_PAGE: "A page of {whose} answer breaks off in the middle",
    Fault.LAST_PAGE_FAILS: "{start} fails at the last page",
    Fault.PAGE_TWICE: "{start} sends one page twice and another not at all",
    Fault.ENDLESS: "{Whose} pages go round in a circle",
}
"""What breaks while the answer is read -> the scenario's title."""


@dataclass(frozen=True, slots=True)
class Drill:
    """How each scenario ended."""

    results: tuple[Result, ...]

    @property
    def passed(self) -> bool:
        return all(result.stopped for result in self.results)

    @property
    def verdict(self) -> str:
        """The drill in one line."""
        number, total = sum(not result.stopped for result in self.results), len(self.results)
        if not number:
            return f"Passed: none of {total} scenarios would do harm."
        return f"Failed: {number} of {total} scenarios got through or could not be tried."


def drill(school: School) -> Drill:
    """Tries every scenario on a school as it is now. Writes nothing.

    Errors: BadInput for a school that has nothing to lose yet.
    """
    scratch, origin = _scratch_of(school), school.origin
    commit()  # from here on nothing is read: no lock is held while the drill is at work
    with serving(scratch.snapshot) as server:
        fetched = _try_fetches(scratch, server)
    results = (fetched[0], *try_scenarios(scratch), *fetched[1:])
    return Drill(tuple(_named(each, origin) for each in results))


def _named(result: Result, origin: Origin) -> Result:
    """The drill's stand-in is of Clever; the school's people know their own source."""
    words = {"start": origin.start, "whose": origin.whose, "Whose": capital(origin.whose)}
    named = replace(result, title=result.title.format(**words))
    if result.by != (BY_FETCH,) and result.end is not End.UNPROVEN:
        return named
    said = tuple(each.replace(CLEVER.name, origin.name) for each in result.sentences)
    return replace(named, sentences=said)


def _scratch_of(school: School) -> Scratch:
    stored = snapshots.latest_snapshot(school.id)
    ground = ground_of(school, settings_store.load_settings(school.id))
    synced = any(row.is_active and row.person.source_id for row in ground.kept.people)
    if stored is None or not synced or ground.history.first_run:
        raise BadInput(
            f"{school.name} has nobody from {school.origin.name} yet to drill with; sync it first."
        )
    history = ground.history_of(Snapshot())  # anybody may be missing in a scenario
    return Scratch(ground.kept, stored[1], ground.settings, ground.today, history)


def _try_fetches(scratch: Scratch, server: DrillServer) -> list[Result]:
    """The answer as it is, which must come whole; then each fault."""
    source = _source(server)
    try:
        part = source.fetch_district_part(no_progress)
        fetched = source.fetch_school(SCHOOL_ID, part, no_progress)
    except RosterDashError as error:
        return _unproven(error.message)
    if not _is_same(fetched, scratch.snapshot):
        return _unproven("The stand-in for Clever did not give back what the last sync read.")
    results = [try_as_it_is(scratch, fetched)]
    for fault, title in FAULTS.items():
        server.fault = fault
        results.append(_try_fetch(fault, title, server, part))
    return results


def _try_fetch(fault: Fault, title: str, server: DrillServer, part: DistrictPart) -> Result:
    try:
        fetched = _source(server).fetch_school(SCHOOL_ID, part, no_progress)
    except RosterDashError as error:
        return Result(fault.value, title, End.STOPPED, (BY_FETCH,), (error.message,))
    came = f"The fetch took {len(fetched.people):,} people for the whole school."
    return Result(fault.value, title, End.THROUGH, (), (came,))


def _unproven(why: str) -> list[Result]:
    scenarios = [AS_IT_IS, *((fault.value, title) for fault, title in FAULTS.items())]
    return [Result(name, title, End.UNPROVEN, (), (why,)) for name, title in scenarios]


def _source(server: DrillServer) -> CleverSource:
    """The real source, which tries again as often as ever but doesn't wait in between."""
    app = CleverApp(api_url=server.url, auth_url=server.url)
    return CleverSource(app, DISTRICT_ID, server.token, sleep=_without_waiting, direct=True)


def _is_same(fetched: Snapshot, snapshot: Snapshot) -> bool:
    def amount(each: Snapshot) -> Iterable[Counter[object]]:
        return Counter(each.people), Counter(each.sections), Counter(each.terms)

    return amount(fetched) == amount(snapshot)


def _without_waiting(seconds: float) -> None:
    pass
