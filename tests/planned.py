"""What a school would have to do if it were planned whole now."""

from roster_dash.connection import open_source
from roster_dash.planning import ground_of
from roster_dash.store import settings as settings_store
from roster_dash.store.tables import School
from roster_dash.store.transactions import commit


def left_to_do(school: School) -> int:
    """How many operations a plan on what Clever says now has, those that would wait too."""
    source = open_source(school.district)
    commit()
    part = source.fetch_district_part(lambda *_told: None)
    snapshot = source.fetch_school(school.clever_id, part, lambda *_told: None)
    plan = ground_of(school, settings_store.load_settings(school.id)).plan(snapshot)
    commit()
    return len(plan.operations) + len(plan.held)
