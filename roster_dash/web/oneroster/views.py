"""A school's people and lists as a OneRoster 1.2 provider, for whoever has a key of the school."""

from collections.abc import Sequence
from urllib.parse import urlencode

from flask import Blueprint, Response, g, request

from roster_dash import clock
from roster_dash.extensions import csrf
from roster_dash.provider.asking import Page, Refused, answer, one
from roster_dash.provider.collections import CLASS_PARTS, COLLECTIONS, PARTS
from roster_dash.provider.rest import Documents, Record
from roster_dash.provider.serving import Served, served_of
from roster_dash.store import tokens
from roster_dash.store.tables import ApiToken
from roster_dash.store.tokens import Scope
from roster_dash.web.oneroster import access
from roster_dash.web.oneroster.asking import (
    REST_PATH,
    ROOT,
    TOKEN_PATH,
    answered,
    authenticate,
    base_url,
    question,
    refusal,
    refuse,
)

blueprint = Blueprint("oneroster", __name__, url_prefix=ROOT)
blueprint.before_request(authenticate)

_ANY = f"<any({','.join(COLLECTIONS)}):collection>"
_OWNER = f"<any({','.join(PARTS)}):collection>"
_PART = f"<any({','.join(sorted({each for parts in PARTS.values() for each in parts}))}):part>"
_CLASS_PART = f"<any({','.join(CLASS_PARTS)}):class_part>"


@blueprint.post(TOKEN_PATH)
def token() -> Response:
    """OAuth 2 client credentials (RFC 6749, 4.4): the client id is the key's beginning, as the
    page shows it, and the secret the key."""
    grant = request.form.get("grant_type", "")
    if grant != "client_credentials":
        return _no_token("unsupported_grant_type" if grant else "invalid_request")
    row, asked = _client(), set(request.form.get("scope", "").split())
    if row is None:
        return _no_token("invalid_client", 401)
    if Scope.ROSTER not in row.scopes:
        return _no_token("unauthorized_client")
    granted = [each for each in access.SCOPES if each in asked] if asked else access.SCOPES[:1]
    if not granted:
        return _no_token("invalid_scope")
    made, seconds = access.token_for(row, clock.now())
    about = {"token_type": "Bearer", "expires_in": seconds, "scope": " ".join(granted)}
    return answered({"access_token": made, **about})


csrf.exempt(token)  # it asks for a key, and for no log-in of a browser


@blueprint.get(f"{REST_PATH}/{_ANY}")
def listed(collection: str) -> Response:
    served = served_of(g.api_token.school)
    return _page(collection, list(served.shelves.all_of(collection).values()), served)


@blueprint.get(f"{REST_PATH}/{_ANY}/<sourced_id>")
def single(collection: str, sourced_id: str) -> Response:
    served = served_of(g.api_token.school)
    record = served.shelves.all_of(collection).get(sourced_id)
    if record is None:
        refuse(404, "There is nothing with this sourcedId here.")
    document = one(record, _documents(served), question())
    return answered({COLLECTIONS[collection].one: document})


@blueprint.get(f"{REST_PATH}/{_OWNER}/<sourced_id>/{_PART}")
def part(collection: str, sourced_id: str, part: str) -> Response:
    served = served_of(g.api_token.school)
    if part not in PARTS[collection]:
        refuse(404, f"There are no {part} of {collection} here.", "unsupportedoperation")
    return _page(part, served.shelves.part_of(collection, sourced_id, part), served)


@blueprint.get(f"{REST_PATH}/schools/<school>/classes/<sourced_id>/{_CLASS_PART}")
def part_of_class(school: str, sourced_id: str, class_part: str) -> Response:
    served = served_of(g.api_token.school)
    found = served.shelves.part_of_class(school, sourced_id, class_part)
    return _page(class_part, found, served)


@blueprint.errorhandler(Refused)
def not_so(error: Refused) -> Response:
    return refusal(400, error.message, error.minor)


def _page(collection: str, records: Sequence[Record] | None, served: Served) -> Response:
    """None: there is nothing that they would be of."""
    if records is None:
        refuse(404, "There is nothing with this sourcedId here.")
    named = COLLECTIONS[collection]
    page = answer(records, named.kind, _documents(served), question())
    headers = {"X-Total-Count": str(page.total), "Link": _links(page)}
    return answered({named.many: page.documents}, headers=headers)


def _documents(served: Served) -> Documents:
    return Documents(base_url(), served.changed)


def _links(page: Page) -> str:
    """To the first and last pages, and to those before and after."""
    last = max(0, (page.total - 1) // page.limit * page.limit)
    starts = {"first": 0, "last": last}
    if page.offset + page.limit < page.total:
        starts["next"] = page.offset + page.limit
    if page.offset:
        starts["prev"] = max(0, page.offset - page.limit)
    return ", ".join(f'<{_address(page.limit, at)}>; rel="{rel}"' for rel, at in starts.items())


def _address(limit: int, offset: int) -> str:
    told = request.args.to_dict() | {"limit": str(limit), "offset": str(offset)}
    path = request.path.removeprefix(f"{ROOT}{REST_PATH}")
    return f"{base_url()}{path}?{urlencode(told)}"


def _client() -> ApiToken | None:
    """The key that is sent, by HTTP Basic or in the form, with its own beginning as the id."""
    sent = request.authorization
    if sent is not None and sent.type == "basic":
        client_id, secret = sent.username, sent.password
    else:
        client_id, secret = (request.form.get(f"client_{each}") for each in ("id", "secret"))
    row = tokens.find_token(secret or "", clock.now())
    return row if row is not None and row.hint == client_id else None


def _no_token(error: str, status: int = 400) -> Response:
    """As RFC 6749 says in 5.2."""
    headers = {"WWW-Authenticate": 'Basic realm="Roster Dash"'} if status == 401 else {}
    return answered({"error": error, "error_description": _WHY[error]}, status, headers)


_WHY = {
    "invalid_request": "Send grant_type=client_credentials as a form.",
    "unsupported_grant_type": "The grant_type here is client_credentials.",
    "invalid_client": "Send the key as the client secret, and its beginning as the client id.",
    "unauthorized_client": f"The key lacks the scope {Scope.ROSTER}: make one that has it.",
    "invalid_scope": f"The scopes here are {' and '.join(access.SCOPES)}.",
}
