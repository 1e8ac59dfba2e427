"""A second factor: codes of an authenticator app (TOTP, RFC 6238; 6 digits, 30 seconds).

The key is encrypted. A code is good for its own 30 seconds and the ones beside them, and once.
"""

from datetime import datetime

import pyotp
from sqlalchemy import update

from roster_dash import clock
from roster_dash.config import current_config
from roster_dash.extensions import db
from roster_dash.roster.errors import BadInput
from roster_dash.store import audit
from roster_dash.store.audit import Did
from roster_dash.store.secrets import Vault
from roster_dash.store.tables import User

STEP_SECONDS = 30


def new_key() -> str:
    return pyotp.random_base32()


def uri_of(user: User, key: str) -> str:
    """What an authenticator app reads from a picture."""
    return pyotp.TOTP(key).provisioning_uri(name=user.email, issuer_name="Roster Dash")


def switch_on(user: User, key: str, code: str) -> None:
    """Errors: BadInput if the code isn't one of the key's."""
    step = _step_of(key, code, clock.now()) if key else None
    if step is None:
        raise BadInput(
            "That code isn’t right. Take the newest one; the phone’s clock must be right."
        )
    user.totp_key = Vault(current_config().credentials_keys).lock(key)
    user.totp_step = step
    audit.record(Did.SECOND_FACTOR_ON, district_id=user.district_id, about=user.email)


def switch_off(user: User) -> None:
    user.totp_key = None
    audit.record(Did.SECOND_FACTOR_OFF, district_id=user.district_id, about=user.email)


def is_right(user: User, code: str) -> bool:
    """Takes a code: the same one is not right again."""
    key = Vault(current_config().credentials_keys).unlock(user.totp_key)
    step = _step_of(key, code, clock.now()) if key else None
    if step is None:
        return False
    done = db.session.execute(
        update(User).where(User.id == user.id, User.totp_step < step).values(totp_step=step)
    )
    taken: int = done.rowcount  # type: ignore[attr-defined]
    return taken > 0


def _step_of(key: str, code: str, now: datetime) -> int | None:
    """The time step whose code this is, of the present one and its neighbours."""
    typed = "".join(code.split())
    if not (typed.isascii() and typed.isdecimal()):
        return None
    present, totp = int(now.timestamp()) // STEP_SECONDS, pyotp.TOTP(key)
    for step in (present, present - 1, present + 1):
        if pyotp.utils.strings_equal(totp.at(step * STEP_SECONDS), typed):
            return step
    return None
