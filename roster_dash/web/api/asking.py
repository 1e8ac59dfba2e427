"""Who asks the API, and what for: keys, parameters, pages, and refusals as problem documents."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn
from urllib.parse import urlencode

from flask import Response, abort, g, request

from roster_dash import clock
from roster_dash.store import tokens
from roster_dash.store.tables import ApiToken
from roster_dash.store.tokens import Scope
from roster_dash.store.transactions import commit
from roster_dash.web.values import row_number

MOST = 200
USUAL = 50
Document = Mapping[str, Any]


def authenticate() -> None:
    """Who asks has a good key; a browser's log-in opens nothing here."""
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    now = clock.now()
    row = tokens.find_token(key.strip(), now) if scheme.casefold() == "bearer" else None
    if row is None:
        refuse(
            401,
            "Send a key of the school in the header Authorization: Bearer …",
            {"WWW-Authenticate": 'Bearer realm="Roster Dash"'},
        )
    g.api_token = using(row)


def using(row: ApiToken) -> ApiToken:
    """The same key, once it is noted that it was used."""
    row_id, used_at = row.id, row.used_at
    commit()
    if tokens.note_use(row_id, used_at, clock.now()):
        commit()
    noted = tokens.get_token(row_id)
    assert noted is not None, "keys are revoked, never deleted"
    return noted


def needs(scope: Scope) -> ApiToken:
    """The key that asks, if it opens what is asked for."""
    row: ApiToken = g.api_token
    if scope not in row.scopes:
        refuse(
            403,
            f"This key doesn’t open this: it needs the scope {scope}.",
            {"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{scope}"'},
        )
    return row


def asked(**allowed: Sequence[str]) -> dict[str, str]:
    """The parameters of the address: each once, none that isn't known.

    `allowed`: name -> what it may be; the first is the default. Nothing: a number.
    """
    for name, texts in request.args.lists():
        if name not in allowed:
            known = ", ".join(allowed) or "none"
            refuse(422, f"There is no parameter “{name[:40]}” here; known are: {known}.")
        if len(texts) > 1:
            refuse(422, f"“{name}” was sent more than once.")
    found = {}
    for name, values in allowed.items():
        text = request.args.get(name, values[0] if values else "")
        if values and text not in values:
            refuse(422, f"“{name}” must be one of: {', '.join(values)}.")
        found[name] = text
    return found


def number(name: str, text: str, usual: int, most: int | None = None) -> int:
    """A parameter that is a positive number."""
    if name not in request.args:
        return usual
    try:
        value = row_number(text)
    except ValueError:
        value = 0
    if value < 1 or (most is not None and value > most):
        refuse(422, f"“{name}” must be a whole number from 1" + (f" to {most}." if most else "."))
    return value


def page(rows: Sequence[Any], documents: Sequence[Document], limit: int) -> Response:
    """One page; `rows` has one more than `limit` if there is another."""
    following = None
    if len(rows) > limit:
        told = dict(request.args) | {"after": rows[limit - 1].id}
        following = f"{request.path}?{urlencode(told)}"
    answer = answer_with({"data": list(documents[:limit]), "next": following})
    if following:
        answer.headers["Link"] = f'<{following}>; rel="next"'
    return answer


def answer_with(document: object) -> Response:
    """JSON with an ETag: who sends it back is told if nothing has changed."""
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    answer = Response(text, mimetype="application/json")
    answer.add_etag()
    answer.vary.add("Authorization")
    return answer.make_conditional(request)  # type: ignore[return-value]


def problem(status: int, title: str, detail: str, headers: Mapping[str, str]) -> Response:
    """A refusal as RFC 9457 says."""
    told = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    return Response(json.dumps(told), status, headers, content_type="application/problem+json")


def refuse(status: int, detail: str, headers: Mapping[str, str] | None = None) -> NoReturn:
    titles = {401: "No good key", 403: "Not with this key", 404: "Not found", 422: "Bad parameter"}
    abort(problem(status, titles[status], detail, headers or {}))
