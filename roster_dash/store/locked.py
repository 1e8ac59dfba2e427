"""Everything that is stored encrypted: which of it opens, and all of it under a new key."""

from collections.abc import Iterator

from cryptography.fernet import InvalidToken
from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute

from roster_dash.extensions import db
from roster_dash.roster.errors import RosterDashError
from roster_dash.store import audit
from roster_dash.store.audit import Did
from roster_dash.store.secrets import Vault
from roster_dash.store.tables import District, PlannedSwitch, User, Webhook

_LOCKED: tuple[tuple[str, InstrumentedAttribute[bytes | None]], ...] = (
    ("district", District.token),
    ("user", User.totp_key),
    ("webhook", Webhook.secret),
    ("planned switch", PlannedSwitch.token),
)
"""Each column that is encrypted, and what its rows are called."""


def unreadable(vault: Vault) -> list[str]:
    """What no present key opens, by name and id: ["district 3"]."""
    return [name for name, _, relocked in _relocked(vault) if relocked is None]


def rotate(vault: Vault) -> int:
    """Encrypts everything with the first key; how much that was. The caller commits.

    Errors: RosterDashError if something can't be opened; then nothing is changed.
    """
    found = list(_relocked(vault))
    if lost := [name for name, _, relocked in found if relocked is None]:
        raise RosterDashError(
            f"No key of CREDENTIALS_KEY opens what is stored for {', '.join(lost)}. Nothing was "
            "changed. Put the key that encrypted it behind the others, or, if it is lost, connect "
            "the district again, make the webhook anew, switch the user’s second factor off."
        )
    for _, (row, column), relocked in found:
        setattr(row, column, relocked)
    audit.record(Did.CREDENTIALS_ROTATED, after={"encrypted": len(found)})
    return len(found)


def _relocked(vault: Vault) -> Iterator[tuple[str, tuple[object, str], bytes | None]]:
    """(name, (row, its column), the secret under the first key or None if it doesn't open)."""
    for word, column in _LOCKED:
        table = column.class_
        query = select(table).where(column.is_not(None)).order_by(table.id)
        for row in db.session.scalars(query):
            try:
                relocked = vault.relock(getattr(row, column.key) or b"")
            except InvalidToken:
                relocked = None
            yield f"{word} {row.id}", (row, column.key), relocked
