"""Failed log-ins, counted so that guessing is slow and nobody can lock anybody else out.

A browser in which somebody has logged in before carries a signed device key and is counted for
itself: whoever guesses elsewhere, even behind the same school's address, doesn't slow it down.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta

from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import ColumnElement, delete, func, select

from roster_dash import clock
from roster_dash.config import current_config
from roster_dash.extensions import db
from roster_dash.store.tables import LoginAttempt

WINDOW = timedelta(minutes=15)
PER_PLACE = 10
"""Failures for one account from one device, or from one address, within the window."""
PER_ACCOUNT = 50
PER_ADDRESS = 200
"""A whole school may sit behind one address."""
_KEPT = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Attempt:
    """Somebody tries to log in: the account's digest, and from where."""

    account: str
    place: str
    is_known: bool


def attempt_of(email: str, address: str, device: str = "") -> Attempt:
    """`device`: the key that `device_key` gave to this browser, "" for none."""
    account = _account(email)
    try:
        known = URLSafeSerializer(current_config().secret_key, salt="device").loads(device)
    except BadSignature:
        known = None
    if isinstance(known, list) and len(known) == 2 and known[0] == account:
        return Attempt(account, f"device:{known[1]}"[:64], is_known=True)
    return Attempt(account, address[:64], is_known=False)


def device_key(email: str) -> str:
    """What a browser keeps after a log-in."""
    signer = URLSafeSerializer(current_config().secret_key, salt="device")
    key: str = signer.dumps([_account(email), secrets.token_urlsafe(16)])
    return key


def may_try(attempt: Attempt) -> bool:
    """Whether the password is looked at; if not, in `WINDOW` at the latest it is again."""
    own = LoginAttempt.account == attempt.account
    if _failures(own, LoginAttempt.address == attempt.place) >= PER_PLACE:
        return False
    if attempt.is_known:
        return True
    elsewhere = LoginAttempt.address.not_like("device:%")
    if _failures(own, elsewhere) >= PER_ACCOUNT:
        return False
    return _failures(LoginAttempt.address == attempt.place) < PER_ADDRESS


def note_failure(attempt: Attempt) -> None:
    now = clock.now()
    db.session.execute(delete(LoginAttempt).where(LoginAttempt.at < now - _KEPT))
    db.session.add(LoginAttempt(account=attempt.account, address=attempt.place, at=now))
    db.session.flush()


def forgive(attempt: Attempt) -> None:
    """After a good log-in its place begins anew."""
    db.session.execute(
        delete(LoginAttempt).where(
            LoginAttempt.account == attempt.account, LoginAttempt.address == attempt.place
        )
    )


def _failures(*which: ColumnElement[bool]) -> int:
    since = clock.now() - WINDOW
    return db.session.scalar(select(func.count()).where(*which, LoginAttempt.at > since)) or 0


def _account(email: str) -> str:
    """What was typed may be anything, a password too: it isn't kept readable."""
    key, typed = current_config().secret_key.encode(), email.strip().casefold().encode()
    return hmac.new(key, typed, hashlib.sha256).hexdigest()
