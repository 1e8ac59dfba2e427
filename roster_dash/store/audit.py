"""The audit log: who did what, when, from where, with what before and after. Append only.

Who is at work is said once, where a request or a command begins (`acting`); whatever is recorded
after that carries it. What nobody began is the system's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from flask import g
from sqlalchemy import ColumnElement, false, or_, select

from roster_dash import clock
from roster_dash.extensions import db
from roster_dash.store.paging import newer
from roster_dash.store.searching import has_words
from roster_dash.store.tables import AuditEntry, School, User, UserSchool

PAGE = 50


class Did(StrEnum):
    """What an entry is about; the part before the dot is its kind."""

    SETTINGS_SAVED = "settings.saved"
    POLICY_SAVED = "settings.policy_saved"
    RETENTION_SAVED = "settings.retention_saved"
    RUN_REQUESTED = "run.requested"
    RUN_CANCELLED = "run.cancelled"
    RUN_REVERTED = "run.reverted"
    HOLD_APPROVED = "hold.approved"
    HOLD_REJECTED = "hold.rejected"
    LOGGED_IN = "login.succeeded"
    LOG_IN_FAILED = "login.failed"
    LOG_IN_REFUSED = "login.refused"
    LOGGED_OUT = "login.ended"
    SESSIONS_ENDED = "login.sessions_ended"
    ACCOUNT_MADE = "account.made"
    ACCOUNT_INVITED = "account.invited"
    ACCOUNT_CHANGED = "account.changed"
    ACCOUNT_DISABLED = "account.disabled"
    ACCOUNT_ENABLED = "account.enabled"
    INVITATION_WITHDRAWN = "account.invitation_withdrawn"
    PASSWORD_CHANGED = "account.password_changed"
    PASSWORD_RESET_ASKED = "account.reset_asked"
    ADDRESS_CHANGED = "account.address_changed"
    SECOND_FACTOR_ON = "account.second_factor_on"
    SECOND_FACTOR_OFF = "account.second_factor_off"
    DISTRICT_CONNECTED = "credentials.connected"
    DISTRICT_DISCONNECTED = "credentials.disconnected"
    SOURCE_SWITCHED = "credentials.source_switched"
    FILE_ARRIVED = "roster.file_arrived"
    FILE_ACCEPTED = "roster.file_accepted"
    FILE_REFUSED = "roster.file_refused"
    FOLDER_CHOSEN = "roster.folder_chosen"
    TOKEN_MADE = "credentials.token_made"
    TOKEN_REVOKED = "credentials.token_revoked"
    WEBHOOK_ADDED = "credentials.webhook_added"
    WEBHOOK_REMOVED = "credentials.webhook_removed"
    CREDENTIALS_ROTATED = "credentials.rotated"
    SCHOOL_LINKED = "school.linked"
    SCHOOL_UNLINKED = "school.unlinked"
    EXPORTED = "export.made"
    PERSON_EXPORTED = "export.person"
    PERSON_ERASED = "person.erased"
    BACKED_UP = "database.backed_up"
    RESTORED = "database.restored"


class Actor(NamedTuple):
    """Who is at work: a user or a process, and the address they come from."""

    user_id: int | None
    who: str
    address: str = ""


SYSTEM = Actor(None, "system")
COMMAND_LINE = Actor(None, "command line")


def acting(actor: Actor) -> None:
    """From here on, in this request or command, `actor` is who does things."""
    g.actor = actor


def actor() -> Actor:
    found: Actor = g.get("actor", SYSTEM)
    return found


def record(
    did: Did,
    *,
    school: School | None = None,
    district_id: int | None = None,
    about: str = "",
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    by: Actor | None = None,
) -> None:
    """Adds an entry to the transaction that does it: both become true, or neither.

    `about`, `before` and `after` hold no secrets and nothing of people in the roster.
    """
    by = by or actor()
    db.session.add(
        AuditEntry(
            at=clock.now(),
            user_id=by.user_id,
            who=by.who[:320],
            address=by.address[:64],
            action=did,
            district_id=school.district_id if school else district_id,
            school_id=school.id if school else None,
            about=about,
            before=dict(before or {}),
            after=dict(after or {}),
        )
    )
    db.session.flush()


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries: blank means any. `kind` is the part of the action before the dot.

    `since` and `until` are days on the clock of `zone`.
    """

    kind: str = ""
    who: str = ""
    school_id: int | None = None
    since: date | None = None
    until: date | None = None
    before: int | None = None
    zone: str = "UTC"


def find_entries(user: User, wanted: Wanted, limit: int | None = PAGE) -> Sequence[AuditEntry]:
    """What an account may see, newest first; one more than asked for, where there are more."""
    query = select(AuditEntry).where(_visible(user), *_conditions(wanted))
    query = query.order_by(AuditEntry.id.desc())
    if wanted.before is not None:
        query = query.where(AuditEntry.id < wanted.before)
    return db.session.scalars(query.limit(limit + 1) if limit else query).all()


def newer_entries(user: User, wanted: Wanted) -> int | None:
    """What the page of newer entries goes on from, see paging.newer."""
    fitting = [_visible(user), *_conditions(wanted)]
    return newer(AuditEntry.id, fitting, wanted.before, PAGE)


def _visible(user: User) -> ColumnElement[bool]:
    """Their own doings, and whatever concerns the schools they answer for."""
    own = AuditEntry.user_id == user.id
    if user.role == "specialist":
        return AuditEntry.id.is_not(None)
    if user.role == "district_manager":
        return or_(own, AuditEntry.district_id == user.district_id) if user.district_id else own
    if user.role == "owner":
        owned = select(UserSchool.school_id).where(UserSchool.user_id == user.id)
        return or_(own, AuditEntry.school_id.in_(owned))
    return false()


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    zone = ZoneInfo(wanted.zone)
    if wanted.kind:
        conditions.append(AuditEntry.action.startswith(f"{wanted.kind}.", autoescape=True))
    if wanted.who:
        conditions.append(has_words(wanted.who, AuditEntry.who))
    if wanted.school_id is not None:
        conditions.append(AuditEntry.school_id == wanted.school_id)
    if wanted.since is not None:
        conditions.append(AuditEntry.at >= datetime.combine(wanted.since, time(), zone))
    if wanted.until is not None:
        conditions.append(AuditEntry.at <= datetime.combine(wanted.until, time.max, zone))
    return conditions
