"""Keys to a school's read API. Only digests are kept; a key is shown once, when it is made."""

import hashlib
import secrets
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import func, select, update

from roster_dash import clock
from roster_dash.extensions import db
from roster_dash.roster.errors import BadInput
from roster_dash.store import audit
from roster_dash.store.audit import Did
from roster_dash.store.tables import ApiToken, School

PREFIX = "rd_"
LONGEST_DAYS = 366
MOST = 20
"""Keys that a school may have at a time."""
_NOTED_EVERY = timedelta(hours=1)


class Scope(StrEnum):
    """What a key opens."""

    RUNS = "runs:read"
    PEOPLE = "people:read"
    LISTS = "lists:read"
    ROSTER = "roster:read"
    """People and lists, as OneRoster."""


def make_token(
    school: School, name: str, scopes: Collection[str], days: int, user_id: int | None
) -> str:
    """The key itself, to be shown once. Errors: BadInput."""
    if not name or len(name) > 100 or not name.isprintable():
        raise BadInput("Give the key a name of 1 to 100 letters: who uses it, and what for.")
    if not scopes or not set(scopes) <= set(Scope):
        raise BadInput("Choose what the key may read.")
    if not 1 <= days <= LONGEST_DAYS:
        raise BadInput(f"A key is good for 1 to {LONGEST_DAYS} days.")
    if len([row for row in tokens_of(school.id) if row.revoked_at is None]) >= MOST:
        raise BadInput(f"A school has at most {MOST} keys; revoke one first.")
    key, now = PREFIX + secrets.token_urlsafe(32), clock.now()
    row = ApiToken(
        school_id=school.id,
        name=name,
        hint=key[:8],
        digest=_digest(key),
        scopes=sorted(set(scopes)),
        made_by_id=user_id,
        created_at=now,
        expires_at=now + timedelta(days=days),
    )
    db.session.add(row)
    about = {"scopes": ", ".join(row.scopes), "days": days}
    audit.record(Did.TOKEN_MADE, school=school, about=f"{name} ({row.hint}…)", after=about)
    return key


def find_token(key: str, now: datetime) -> ApiToken | None:
    """The row of a key that is good; nothing tells a wrong one from one that is over."""
    found = db.session.scalar(select(ApiToken.id).where(ApiToken.digest == _digest(key)))
    return None if found is None else find_good(found, now)


def find_good(token_id: int, now: datetime) -> ApiToken | None:
    """A key by its row, if it is good still."""
    row = get_token(token_id)
    return row if row is not None and row.revoked_at is None and row.expires_at > now else None


def note_use(token_id: int, used_at: datetime | None, now: datetime) -> bool:
    """Notes when a key was last used, to the hour; whether there was something to note."""
    if used_at is not None and now - used_at < _NOTED_EVERY:
        return False
    db.session.execute(update(ApiToken).where(ApiToken.id == token_id).values(used_at=now))
    return True


def tokens_of(school_id: int) -> Sequence[ApiToken]:
    """Newest first."""
    return db.session.scalars(
        select(ApiToken).where(ApiToken.school_id == school_id).order_by(ApiToken.id.desc())
    ).all()


def count_made_by(user_id: int) -> int:
    """Keys that hold still."""
    good = (ApiToken.revoked_at.is_(None), ApiToken.expires_at > clock.now())
    mine = select(func.count()).where(ApiToken.made_by_id == user_id, *good)
    return db.session.scalar(mine) or 0


def get_token(token_id: int) -> ApiToken | None:
    return db.session.get(ApiToken, token_id)


def revoke(row: ApiToken) -> None:
    if row.revoked_at is None:
        row.revoked_at = clock.now()
        audit.record(Did.TOKEN_REVOKED, school=row.school, about=f"{row.name} ({row.hint}…)")


def _digest(key: str) -> str:
    """A key is random enough that its digest needs no salt."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
