"""Credentials at rest: encrypted with CREDENTIALS_KEY; the first key encrypts, all decrypt."""

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from roster_dash.roster.errors import RosterDashError


class Vault:
    def __init__(self, keys: tuple[str, ...]) -> None:
        self._fernet = MultiFernet([Fernet(key) for key in keys])

    def lock(self, secret: str) -> bytes:
        return self._fernet.encrypt(secret.encode())

    def relock(self, locked: bytes) -> bytes:
        """The same secret under the first key. Errors: InvalidToken if no present key opens it."""
        return self._fernet.rotate(locked)

    def unlock(self, locked: bytes | None) -> str:
        """The secret, "" for none.

        Errors: RosterDashError if no present key opens it.
        """
        if not locked:
            return ""
        try:
            return self._fernet.decrypt(locked).decode()
        except InvalidToken:
            raise RosterDashError(
                "The stored credentials can't be opened: CREDENTIALS_KEY has changed. "
                "Put the old key back behind the new one, or connect the district again."
            ) from None
