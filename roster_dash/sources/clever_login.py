"""Log in with Clever: OAuth 2's authorisation code flow (dev.clever.com, oauth-implementation)."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import requests

from roster_dash.roster.errors import SourceError
from roster_dash.sources.clever import CleverApp

_SECONDS = (5, 20)
_LONGEST_ID = 64


@dataclass(frozen=True, slots=True)
class CleverIdentity:
    """Who Clever says somebody is. `kind`: student, teacher, staff or district admin."""

    id: str
    kind: str
    district_id: str
    email: str


def authorize_url(app: CleverApp, redirect_uri: str, state: str) -> str:
    """Where a browser is sent; it comes back to `redirect_uri` with a code and our state."""
    query = {
        "response_type": "code",
        "client_id": app.client_id,
        "redirect_uri": redirect_uri,
        "state": state,
    }
    return f"{app.auth_url}/oauth/authorize?{urlencode(query)}"


def identity_of(app: CleverApp, code: str, redirect_uri: str) -> CleverIdentity:
    """Who the code stands for; its token is used once and not kept.

    Errors: SourceError if Clever refuses the code or can't be asked.
    """
    sent = {"code": code, "grant_type": "authorization_code", "redirect_uri": redirect_uri}
    try:
        answer = requests.post(
            f"{app.auth_url}/oauth/tokens",
            json=sent,
            auth=(app.client_id, app.client_secret),
            timeout=_SECONDS,
            allow_redirects=False,
        )
        token = str(_object(answer).get("access_token") or "")
        if not token.isascii() or not token.isprintable():
            token = ""
        answer = requests.get(
            f"{app.api_url}/userinfo",
            headers={"Authorization": f"Bearer {token}"},
            timeout=_SECONDS,
            allow_redirects=False,
        )
        told = _object(answer)
    except requests.RequestException:
        raise SourceError("Clever can’t be reached. Try again in a few minutes.") from None
    found = str(told.get("sub") or told.get("multi_role_user_id") or "")
    if not token or not 0 < len(found) <= _LONGEST_ID:
        raise SourceError("Clever didn’t accept this log-in. Start again from the log-in page.")
    return CleverIdentity(
        id=found,
        kind=str(told.get("user_type") or "").replace("_", " "),
        district_id=str(told.get("district") or told.get("district_id") or ""),
        email=str(told.get("email") or "").strip().casefold(),
    )


def _object(answer: requests.Response) -> dict[str, Any]:
    """The body of a good answer, {} for any other."""
    if answer.status_code != 200:
        return {}
    try:
        body = answer.json()
    except requests.JSONDecodeError:
        return {}
    return body if isinstance(body, dict) else {}
