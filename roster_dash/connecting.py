"""A district's way to its source: tried first, then kept. For the dashboard and the command line.

Nothing is kept of a way that doesn't work, and a secret goes nowhere but into the vault.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from roster_dash import clock, outbound
from roster_dash.config import current_config
from roster_dash.connection import (
    ASKED_PATIENCE_SECONDS,
    clever_app,
    oneroster_access,
    oneroster_source,
)
from roster_dash.rate_budget import SharedBudget
from roster_dash.roster.errors import BadInput
from roster_dash.roster.records import SharedSchool
from roster_dash.sources import Source
from roster_dash.sources.clever import CleverSource, find_token
from roster_dash.sources.oneroster.files import Accepted, FileSource
from roster_dash.sources.oneroster.parts import Parts
from roster_dash.store import schools
from roster_dash.store.secrets import Vault
from roster_dash.store.tables import District
from roster_dash.store.transactions import commit

VERSIONS = ("1.2", "1.1")
AUTHS = {
    "oauth2": "OAuth 2: client id and secret",
    "oauth1-sha256": "OAuth 1.0a with HMAC-SHA256: key and secret",
    "oauth1-sha1": "OAuth 1.0a with HMAC-SHA1: key and secret",
    "bearer": "A fixed token",
}
"""How a OneRoster provider lets us in, as its vendor calls it."""
_LONGEST = 500


@dataclass(frozen=True, slots=True)
class Way:
    """A way to a source that has answered. `source`, `clever_id` and `connection` are as the
    columns of a district; `parts` are of what was sent as files."""

    source: str
    clever_id: str
    secret: str = field(default="", repr=False)
    connection: Mapping[str, str] = field(default_factory=dict)
    parts: Parts | None = field(default=None, repr=False)


def connect_clever(name: str, clever_id: str, token: str) -> District:
    """Connects a district of Clever, by a token or the one that client id and secret find."""
    if not (name and clever_id):
        raise BadInput("Type the district’s name and its id in Clever.")
    way = try_clever(clever_id, token)
    district = schools.save_district(name, clever_id, lock(way.secret))
    commit()
    return district


def try_clever(clever_id: str, token: str) -> Way:
    """Errors: BadInput, SourceError if it can't be read so."""
    if not clever_id:
        raise BadInput("Type the district’s id in Clever.")
    _check_token(token)
    app = clever_app()
    if not (token or app.can_find_tokens):
        raise BadInput(
            "No token was given and CLEVER_CLIENT_ID and CLEVER_CLIENT_SECRET are unset. "
            "Set both, or give the district’s token."
        )
    commit()  # no transaction is open while the source answers
    token = token or find_token(app, clever_id)
    CleverSource(app, clever_id, token, patience=ASKED_PATIENCE_SECONDS).district_name()
    return Way("clever", clever_id, token)


def connect_oneroster(
    name: str, typed: Mapping[str, str], secret: str, renewed: District | None = None
) -> District:
    """Connects a district to a OneRoster provider, or `renewed` with another way to the same one.

    `typed`: url, version, auth and, as that needs them, key and token_url.
    """
    if not (name and secret):
        raise BadInput("Type the district’s name and the secret that the provider has given you.")
    if renewed is not None and renewed.source != "oneroster":
        raise BadInput(f"{renewed.name} doesn’t come from a OneRoster provider.")
    way, shared = try_oneroster(typed, secret, renewed.clever_id if renewed is not None else "")
    if renewed is not None:
        _must_be_the_same(renewed, {each.source_id for each in shared})
    district = schools.save_district(
        name, way.clever_id, lock(secret), source="oneroster", connection=way.connection
    )
    commit()
    return district


def try_oneroster(
    typed: Mapping[str, str], secret: str, namespace: str = ""
) -> tuple[Way, list[SharedSchool]]:
    """A way to a provider and the schools that it shares. Errors: BadInput, SourceError."""
    connection = _checked(typed)
    if not secret:
        raise BadInput("Type the secret that the provider has given you.")
    if connection["auth"] == "bearer":
        _check_token(secret)
    way = Way("oneroster", namespace or new_namespace(), secret, connection)
    commit()  # no transaction is open while the source answers
    shared = open_way(way, clock.now().date()).schools()  # which day it is is of no weight to them
    if not shared:
        raise BadInput("The OneRoster provider answers, but there is no school in what it shares.")
    return way, shared


def open_way(way: Way, today: date, patience: float = ASKED_PATIENCE_SECONDS) -> Source:
    """The source at the end of a way, before any district has it."""
    if way.source == "clever":
        budget = SharedBudget(current_config(), way.clever_id)
        app = clever_app()
        return CleverSource(app, way.clever_id, way.secret, patience=patience, budget=budget)
    if way.parts is not None:
        accepted = Accepted(way.parts, clock.now())
        return FileSource(lambda: accepted, way.clever_id, today)
    access = oneroster_access(way.connection, way.secret)
    return oneroster_source(way.connection, access, way.clever_id, today, patience=patience)


def connect_files(name: str) -> District:
    """A district that sends zips of OneRoster files; one that was disconnected is known by name."""
    if not name:
        raise BadInput("Type the district’s name.")
    before = schools.disconnected_named(name, "files")
    namespace = before.clever_id if before is not None else new_namespace()
    district = schools.save_district(name, namespace, None, source="files")
    commit()
    return district


def new_namespace() -> str:
    """Goes before a provider's ids here, which are its own only."""
    return f"or{secrets.token_hex(3)}"


def _must_be_the_same(district: District, shared: set[str]) -> None:
    """Ids of another provider would make everybody a stranger."""
    known = schools.all_clever_ids(district)
    if len(known & shared) * 2 < len(known):
        raise BadInput(
            f"This provider knows {len(known & shared)} of the {len(known)} schools of "
            f"{district.name}, so it is another one. Nothing was changed; connect it as a district "
            "of its own, or change the district’s source."
        )


def _checked(typed: Mapping[str, str]) -> dict[str, str]:
    """What is kept of a way to a provider. Errors: BadInput."""
    names = ("url", "version", "auth", "key", "token_url")
    connection = {name: typed.get(name, "").strip() for name in names}
    if connection["version"] not in VERSIONS:
        raise BadInput(f"Choose the version of OneRoster: {' or '.join(VERSIONS)}.")
    if connection["auth"] not in AUTHS:
        raise BadInput(f"Choose how the provider lets us in: {', '.join(AUTHS)}.")
    if connection["auth"] != "bearer" and not connection["key"]:
        raise BadInput("Type the key (client id) that the provider has given you.")
    if any(len(value) > _LONGEST or not value.isprintable() for value in connection.values()):
        raise BadInput(f"Nothing here may be longer than {_LONGEST} characters.")
    needed = ["url"]
    if connection["auth"] == "oauth2":
        if not connection["token_url"]:
            raise BadInput("Type the address at which the provider gives tokens.")
        needed.append("token_url")
    for name in needed:
        outbound.check_url(connection[name], current_config().outbound_allow)
    return connection


def _check_token(token: str) -> None:
    if not (token.isascii() and token.isprintable() and " " not in token):
        raise BadInput("A token is one word of plain letters and digits; that isn’t one.")


def lock(secret: str) -> bytes:
    return Vault(current_config().credentials_keys).lock(secret)
