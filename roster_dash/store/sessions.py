"""Log-ins on devices. The browser's cookie carries a random key; here is only its digest.

A session ends when its user says so, when its password changes, when nobody used it for `IDLE`,
and `LIFETIME` after the log-in in any case.
"""

import hashlib
import logging
import secrets
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import joinedload

from roster_dash import clock
from roster_dash.extensions import db
from roster_dash.store import audit
from roster_dash.store.audit import Did
from roster_dash.store.tables import LoginSession, User

IDLE = timedelta(hours=12)
LIFETIME = timedelta(days=14)
_SEEN_EVERY = timedelta(minutes=10)

log = logging.getLogger(__name__)


def open_session(user: User, how: str, address: str, agent: str) -> str:
    """A new log-in; the key that its browser keeps. `how`: password or clever."""
    key, now = secrets.token_urlsafe(32), clock.now()
    session = LoginSession(
        user_id=user.id,
        digest=_digest(key),
        how=how,
        address=address[:64],
        agent=agent[:300],
        created_at=now,
        seen_at=now,
    )
    db.session.add(session)
    db.session.flush()
    return key


def find_session(key: str) -> LoginSession | None:
    """The log-in of a key, while it holds and its account may log in."""
    session = db.session.scalar(
        select(LoginSession)
        .join(User)
        .where(LoginSession.digest == _digest(key), User.disabled_at.is_(None), *_alive())
        .options(joinedload(LoginSession.user))
    )
    if session is not None and clock.now() - session.seen_at > _SEEN_EVERY:
        _note_seen(session.id)
    return session


def sessions_of(user_id: int) -> Sequence[LoginSession]:
    """Where somebody is logged in, the one seen last first."""
    query = select(LoginSession).where(LoginSession.user_id == user_id, *_alive())
    return db.session.scalars(query.order_by(LoginSession.seen_at.desc())).all()


def end_session(session_id: int) -> None:
    _end(LoginSession.id == session_id)


def end_own(user_id: int, session_id: int) -> bool:
    """Ends one log-in of somebody; whether it was theirs and alive."""
    return _end(LoginSession.id == session_id, LoginSession.user_id == user_id) > 0


def end_all(user_id: int, but: int | None = None) -> int:
    """Ends every log-in of somebody, but for one; how many there were."""
    if but is None:
        return _end(LoginSession.user_id == user_id)
    return _end(LoginSession.user_id == user_id, LoginSession.id != but)


def record_ended(user: User, number: int) -> None:
    if number:
        audit.record(Did.SESSIONS_ENDED, about=user.email, after={"sessions": number})


def _alive() -> tuple[ColumnElement[bool], ...]:
    now = clock.now()
    return (
        LoginSession.ended_at.is_(None),
        LoginSession.seen_at > now - IDLE,
        LoginSession.created_at > now - LIFETIME,
    )


def _end(*which: ColumnElement[bool]) -> int:
    done = db.session.execute(
        update(LoginSession).where(*which, *_alive()).values(ended_at=clock.now())
    )
    number: int = done.rowcount  # type: ignore[attr-defined]
    return number


def _note_seen(session_id: int) -> None:
    """In a transaction of its own, so that pages which only read go on doing so."""
    seen = update(LoginSession).where(LoginSession.id == session_id)
    try:
        with db.engine.begin() as connection:
            connection.execute(seen.values(seen_at=clock.now()))
    except OperationalError:  # the database is busy: the next page notes it
        log.info("a log-in's last use is not noted")


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
