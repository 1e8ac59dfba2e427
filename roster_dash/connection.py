"""Ways to a district's source with its secret, and a test that says what is found there."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from roster_dash import clock
from roster_dash.config import current_config
from roster_dash.keeping import parts_kept
from roster_dash.rate_budget import SharedBudget
from roster_dash.roster.errors import NotLinked, RosterDashError
from roster_dash.roster.findings import (
    Finding,
    finding_of_error,
    findings_of_district,
    findings_of_school,
    for_source,
    no_school_shared,
    school_not_shared,
)
from roster_dash.roster.moments import day_of
from roster_dash.roster.records import SharedSchool
from roster_dash.sources import Source, no_progress
from roster_dash.sources.clever import CleverApp, CleverSource, find_token
from roster_dash.sources.oneroster.api import OneRosterSource, Provider
from roster_dash.sources.oneroster.api_access import (
    SCOPES,
    Access,
    ClientCredentials,
    Signature,
    StaticToken,
)
from roster_dash.sources.oneroster.files import Accepted, FileSource
from roster_dash.store import accepted, outages, schools
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
        raise NotLinked(f"{district.name} is disconnected; connect it again to reach its roster.")
    return _OPENED[district.source](district, options)


def _open_clever(district: District, options: Mapping[str, Any]) -> Source:
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


def _open_oneroster(district: District, options: Mapping[str, Any]) -> Source:
    secret = Vault(current_config().credentials_keys).unlock(district.token)
    access = oneroster_access(district.connection, secret)
    today, namespace = today_of(district), district.clever_id
    budget = SharedBudget(current_config(), namespace)
    return oneroster_source(district.connection, access, namespace, today, budget=budget, **options)


def _open_files(district: District, options: Mapping[str, Any]) -> Source:
    """`options` are about waiting for a server; there is none."""
    district_id = district.id

    def in_force() -> Accepted | None:
        found = accepted.in_force(district_id)
        commit()
        return Accepted(parts_kept(district_id, found.digest), found.at) if found else None

    return FileSource(in_force, district.clever_id, today_of(district))


_OPENED: Mapping[str, Callable[[District, Mapping[str, Any]], Source]] = {
    "clever": _open_clever,
    "oneroster": _open_oneroster,
    "files": _open_files,
}
"""A NEW KIND OF SOURCE IS A LINE HERE."""


def oneroster_source(
    connection: Mapping[str, str],
    access: Access,
    namespace: str,
    today: date,
    **options: Any,
) -> OneRosterSource:
    """A provider; what day it is decides who is enrolled."""
    allowed = current_config().outbound_allow
    provider = Provider(connection["url"], access, namespace)
    return OneRosterSource(provider, today, allowed=allowed, **options)


def today_of(district: District) -> date:
    """What day it is where the district is."""
    return day_of(clock.now(), schools.zone_of(district.id))


def oneroster_access(connection: Mapping[str, str], secret: str) -> Access:
    key, auth = connection["key"], connection["auth"]
    if auth == "bearer":
        return StaticToken(secret)
    if auth == "oauth2":
        scope = SCOPES[connection["version"]]
        return ClientCredentials(connection["token_url"], key, secret, scope)
    method = {"oauth1-sha1": "HMAC-SHA1", "oauth1-sha256": "HMAC-SHA256"}[auth]
    return Signature(key, secret, method)


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
    return for_source(_check(school), school.origin)


def _check(school: School) -> list[Finding]:
    clever_id, name, district = school.clever_id, school.name, school.district
    district_id, origin = district.id, district.origin
    try:
        source = open_source(district, patience=ASKED_PATIENCE_SECONDS)
        commit()
        shared = source.schools()
        if not shared:
            return [no_school_shared()]
        if clever_id not in {each.source_id for each in shared}:
            return [school_not_shared(name, shared)]
        part = source.fetch_district_part(no_progress)
        snapshot = source.fetch_school(clever_id, part, no_progress)
    except RosterDashError as error:
        return [finding_of_error(error.code, error.message, origin)]
    outages.end(district_id)
    commit()
    return [*findings_of_district(snapshot.about), *findings_of_school(snapshot)]


def shared_schools(district: District) -> tuple[list[SharedSchool], list[Finding]]:
    """The schools that a district shares, and what is in the way if there are none."""
    district_id, origin = district.id, district.origin
    try:
        source = open_source(district, patience=ASKED_PATIENCE_SECONDS)
        commit()
        shared = source.schools()
        outages.end(district_id)
        commit()
    except RosterDashError as error:
        return [], [finding_of_error(error.code, error.message, origin)]
    return shared, [] if shared else for_source([no_school_shared()], origin)
