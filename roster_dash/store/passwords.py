"""Passwords: hashed with argon2, and good enough where people choose their own."""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from zxcvbn import zxcvbn

from roster_dash.roster.errors import BadInput

MIN_LENGTH = 8
MAX_LENGTH = 256
_STRONG = 3
"""Of zxcvbn's 0 to 4: more than 10^8 guesses."""
_LOOKED_AT = 72

_hasher = PasswordHasher()
_NOBODY = _hasher.hash("nobody has this password")
LOCKED = "!"
"""In place of a hash: no password opens the account."""


def hash_of(password: str) -> str:
    """Errors: BadInput for one that is too short or too long."""
    _must_fit(password)
    return _hasher.hash(password)


def is_right(password: str, hashed: str | None) -> bool:
    """Takes as long when there is no such account (None)."""
    try:
        _hasher.verify(hashed or _NOBODY, password[: MAX_LENGTH + 1])
    except (VerificationError, InvalidHashError):
        return False
    return hashed is not None


def must_be_strong(password: str, email: str) -> None:
    """Errors: BadInput says what makes it easy to guess."""
    _must_fit(password)
    words = [email, *email.replace("@", ".").split("."), "roster", "dash", "clever"]
    found = zxcvbn(password[:_LOOKED_AT], user_inputs=words)
    if found["score"] < _STRONG:
        why = found["feedback"]["warning"] or "It would be found in a short time"
        raise BadInput(
            f"That password is easy to guess. {why.rstrip('.')}. Take three or four "
            "words that don’t belong together."
        )


def _must_fit(password: str) -> None:
    if len(password) < MIN_LENGTH:
        raise BadInput(f"The password has {len(password)} characters; it needs {MIN_LENGTH}.")
    if len(password) > MAX_LENGTH:
        raise BadInput(f"The password is longer than {MAX_LENGTH} characters.")
