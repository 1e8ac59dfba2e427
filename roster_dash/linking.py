"""Schools are linked here, one or many: with their next daily sync and their district's policy."""

from collections.abc import Sequence

from roster_dash import clock, jobs, together
from roster_dash.roster.records import SharedSchool
from roster_dash.store import schools
from roster_dash.store import settings as settings_store
from roster_dash.store.transactions import commit


def link(district_id: int, shared: Sequence[SharedSchool], timezone: str | None) -> list[int]:
    """Our ids of the schools. All are linked or none; the policy then reaches each by itself.

    Errors: BadInput for an unknown zone.
    """
    district = schools.find_district(str(district_id))
    ids = []
    for each in shared:
        school = schools.link_school(district, each, timezone)
        settings = settings_store.load_settings(school.id)
        settings_store.set_next_due(school, settings, clock.now())
        ids.append(school.id)
    commit()
    jobs.enqueue_runs(together.spread_policy(district_id).run_ids)
    return ids
