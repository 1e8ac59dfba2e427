"""Ways to Clever: a district's source with its token, and a test that says what it finds."""

from typing import Any

from roster_dash.config import current_config
from roster_dash.rate_budget import SharedBudget
from roster_dash.roster.errors import NotLinked, RosterDashError
from roster_dash.roster.findings import (
    Finding,
    finding_of_error,
    findings_of_district,
    findings_of_school,
    no_school_shared,
    school_not_shared,
)
from roster_dash.roster.records import SharedSchool
from roster_dash.sources import Source
from roster_dash.sources.clever import CleverApp, CleverSource, find_token
from roster_dash.store import outages, schools
from roster_dash.store.secrets import Vault
from roster_dash.store.tables import District, School
from roster_dash.store.transactions import commit

ASKED_PATIENCE_SECONDS = 20.0
"""For how long somebody who waits before the screen is left waiting for passing faults."""


def open_source(district: District, **options: Any) -> Source:
    """A district's source, with its stored token or one that Clever gives us for it.

    `patience` (seconds) bounds the waiting for passing faults, `sleep` does it.
    Errors: RosterDashError.
    """
    if district.disconnected_at is not None:
        raise NotLinked(f"{district.name} is disconnected; connect it again to reach Clever.")
    app = clever_app()
    vault = Vault(current_config().credentials_keys)
    token = vault.unlock(district.token)
    district_id, clever_id = district.id, district.clever_id

    def keep(new: str) -> None:
        schools.save_token(district_id, vault.lock(new))
        commit()

    if not token:
        token = find_token(app, clever_id)
        keep(token)
    budget = SharedBudget(current_config(), clever_id)
    return CleverSource(app, clever_id, token, on_new_token=keep, budget=budget, **options)


def clever_app() -> CleverApp:
    config = current_config()
    return CleverApp(
        api_url=config.clever_api_url,
        auth_url=config.clever_auth_url,
        version=config.clever_api_version,
        client_id=config.clever_client_id,
        client_secret=config.clever_client_secret,
    )


def check_school(school: School) -> list[Finding]:
    """What the connection of a school gives now; never raises for what can be told."""
    clever_id, name, district = school.clever_id, school.name, school.district
    district_id = district.id
    try:
        source = open_source(district, patience=ASKED_PATIENCE_SECONDS)
        commit()
        shared = source.schools()
        if not shared:
            return [no_school_shared()]
        if clever_id not in {each.source_id for each in shared}:
            return [school_not_shared(name, shared)]
        part = source.fetch_district_part(_silent)
        snapshot = source.fetch_school(clever_id, part, _silent)
    except RosterDashError as error:
        return [finding_of_error(error.code, error.message)]
    outages.end(district_id)
    commit()
    return [*findings_of_district(snapshot.about), *findings_of_school(snapshot)]


def shared_schools(district: District) -> tuple[list[SharedSchool], list[Finding]]:
    """The schools that a district shares, and what is in the way if there are none."""
    district_id = district.id
    try:
        source = open_source(district, patience=ASKED_PATIENCE_SECONDS)
        commit()
        shared = source.schools()
        outages.end(district_id)
        commit()
    except RosterDashError as error:
        return [], [finding_of_error(error.code, error.message)]
    return shared, [] if shared else [no_school_shared()]


def _silent(what: str, pages: int, records: int) -> None:
    pass
