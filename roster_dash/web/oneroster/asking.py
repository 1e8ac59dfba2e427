"""Who asks the provider, for what, and refusals as OneRoster's status documents."""

import json
from collections.abc import Mapping
from typing import NoReturn

from flask import Response, abort, g, request

from roster_dash import clock
from roster_dash.config import current_config
from roster_dash.provider.asking import Question, Refused
from roster_dash.store import tokens
from roster_dash.store.tables import ApiToken
from roster_dash.store.tokens import Scope
from roster_dash.web.api.asking import using
from roster_dash.web.oneroster import access

ROOT = "/ims/oneroster"
TOKEN_PATH, REST_PATH = "/token", "/rostering/v1p2"
_PARAMETERS = {
    "limit": "limit",
    "offset": "offset",
    "sort": "sort",
    "orderBy": "order",
    "filter": "filter",
    "fields": "fields",
}
"""As OneRoster calls them, and as `Question` does."""
_MINORS = {
    400: "invaliddata",
    401: "unauthorisedrequest",
    403: "forbidden",
    404: "unknownobject",
    405: "unsupportedoperation",
    500: "internal_server_error",
}


def base_url() -> str:
    """All up to the names of the collections."""
    return f"{current_config().public_url}{ROOT}{REST_PATH}"


def token_url() -> str:
    return f"{current_config().public_url}{ROOT}{TOKEN_PATH}"


def authenticate() -> None:
    """Who asks has a good key that opens this, or a token that stands for one; a browser's log-in
    opens nothing here."""
    if request.endpoint == "oneroster.token":
        return
    scheme, _, sent = request.headers.get("Authorization", "").partition(" ")
    row = _row_of(sent.strip()) if scheme.casefold() == "bearer" else None
    if row is None:
        refuse(
            401,
            f"Send an access token of {token_url()}, or the school’s key itself, in the header "
            "Authorization: Bearer …",
            headers={"WWW-Authenticate": 'Bearer realm="Roster Dash"'},
        )
    g.api_token = using(row)
    if Scope.ROSTER not in g.api_token.scopes:
        refuse(
            403,
            f"This key doesn’t open this: it needs the scope {Scope.ROSTER}.",
            headers={"WWW-Authenticate": 'Bearer error="insufficient_scope"'},
        )


def question() -> Question:
    """What the address asks for; parameters that OneRoster doesn't have are let be."""
    for name in _PARAMETERS:
        if len(request.args.getlist(name)) > 1:
            raise Refused("invaliddata", f"“{name}” was sent more than once.")
    sent = {ours: request.args.get(name) for name, ours in _PARAMETERS.items()}
    fields = sent.pop("fields")
    return Question(**{name: text or "" for name, text in sent.items()}, fields=fields)


def answered(
    document: object, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    answer = Response(text, status, headers or {}, mimetype="application/json")
    answer.vary.add("Authorization")
    return answer


def refusal(
    status: int, description: str, minor: str = "", headers: Mapping[str, str] | None = None
) -> Response:
    value = minor or _MINORS.get(status, _MINORS[400 if status < 500 else 500])
    field = {
        "imsx_codeMinorFieldName": "TargetEndSystem",
        "imsx_codeMinorFieldValue": value,
    }
    document = {
        "imsx_codeMajor": "failure",
        "imsx_severity": "error",
        "imsx_description": description,
        "imsx_CodeMinor": {"imsx_codeMinorField": [field]},
    }
    return answered(document, status, headers)


def refuse(
    status: int, description: str, minor: str = "", headers: Mapping[str, str] | None = None
) -> NoReturn:
    abort(refusal(status, description, minor, headers))


def _row_of(sent: str) -> ApiToken | None:
    now = clock.now()
    if sent.startswith(tokens.PREFIX):
        return tokens.find_token(sent, now)
    return access.key_behind(sent, now)
