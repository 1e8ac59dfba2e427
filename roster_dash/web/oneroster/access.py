"""Access tokens for an hour, against a school's key. A token says which key it stands for, so it
opens nothing any more once the key is revoked or over."""

from datetime import datetime, timedelta

from itsdangerous import BadSignature, URLSafeSerializer

from roster_dash.config import current_config
from roster_dash.store import era, tokens
from roster_dash.store.tables import ApiToken

LASTS = timedelta(hours=1)
_SCOPES = "https://purl.imsglobal.org/spec/or/v1p2/scope/"
SCOPES = (f"{_SCOPES}roster-core.readonly", f"{_SCOPES}roster.readonly")
"""Either reads all that is served; there are no demographics."""


def token_for(row: ApiToken, now: datetime) -> tuple[str, int]:
    """(token, the seconds for which it is good)."""
    until = min(now + LASTS, row.expires_at)
    token: str = _signer().dumps([row.id, until.timestamp()])
    return token, int((until - now).total_seconds())


def key_behind(token: str, now: datetime) -> ApiToken | None:
    """The row of the good key that a good token stands for."""
    try:
        key_id, until = _signer().loads(token)
    except BadSignature:
        return None
    return tokens.find_good(key_id, now) if now.timestamp() < until else None


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_config().secret_key, salt=f"oneroster{era.mark()}")
