"""Ways to be let in by a provider: a token of its own, OAuth 2 client credentials, OAuth 1.0a."""

import hashlib
import hmac
import secrets
import time
from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

import requests

from roster_dash.roster.errors import AccessRefused, NotShared, NotUnderstood, SourceError
from roster_dash.sources.http import Headers, JsonApi
from roster_dash.sources.pages import NotAnObjectError, read_object

NAME = "The OneRoster provider"
_SHARER = "Whoever runs it for the district"
_HASHES = {"HMAC-SHA1": hashlib.sha1, "HMAC-SHA256": hashlib.sha256}
_DEFAULT_PORTS = {"http": 80, "https": 443}
SCOPES = {
    "1.1": "https://purl.imsglobal.org/spec/or/v1p1/scope/roster.readonly",
    "1.2": "https://purl.imsglobal.org/spec/or/v1p2/scope/roster-core.readonly",
}
"""What has to be asked for to read rosters, demographics not included where they can be left."""


@dataclass(frozen=True, slots=True)
class StaticToken:
    """A token that the provider has given once and for all."""

    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ClientCredentials:
    """OAuth 2: a token for some time against id and secret."""

    token_url: str
    client_id: str
    client_secret: str = field(repr=False)
    scope: str = SCOPES["1.2"]


@dataclass(frozen=True, slots=True)
class Signature:
    """OAuth 1.0a without a user: every request is signed. `method`: HMAC-SHA1 or HMAC-SHA256."""

    consumer_key: str
    consumer_secret: str = field(repr=False)
    method: str = "HMAC-SHA1"


Access = StaticToken | ClientCredentials | Signature


def open_api(base_url: str, access: Access, **options: Any) -> JsonApi:
    """The provider's API. Errors: SourceError, if there is a token to be asked for.

    It is on the internet, unless `allowed` names its host.
    """
    named = {"name": NAME, "sharer": _SHARER, "allowed": (), **options}
    if isinstance(access, Signature):
        return JsonApi(base_url, "", auth=lambda _token: _Signed(access), **named)
    if isinstance(access, StaticToken):
        return JsonApi(base_url, access.token, **named)

    def renew() -> str:
        return find_token(access, **options)

    return JsonApi(base_url, renew(), renew_token=renew, **named)


def find_token(access: ClientCredentials, **options: Any) -> str:
    """A token that is good from now on. Errors: AccessRefused, SourceError."""
    identity = requests.auth.HTTPBasicAuth(access.client_id.encode(), access.client_secret.encode())
    named = {"name": NAME, "allowed": (), **options}
    api = JsonApi(access.token_url, "", auth=lambda _token: identity, **named)
    form = {"grant_type": "client_credentials", "scope": access.scope}
    try:
        return api.read(access.token_url, "access token", _read_token, form)
    except (AccessRefused, NotUnderstood):  # RFC 6749 answers 400 to a client that it doesn't know
        raise AccessRefused(
            f"{NAME} refuses our client id and secret. Nothing was changed here. "
            "Check them and the address of its tokens against what it has given you."
        ) from None
    except NotShared:
        raise SourceError(
            f"{NAME} gives no tokens at {access.token_url}. Nothing was changed here. "
            "Check this address against what it has given you."
        ) from None


def signature(
    method: str, verb: str, url: str, oauth: Iterable[tuple[str, str]], key: bytes
) -> str:
    """RFC 5849, section 3.4: over the address, all of its query and the parameters of OAuth."""
    parts = urlsplit(url)
    is_default = parts.port in (None, _DEFAULT_PORTS.get(parts.scheme))
    host = parts.hostname or ""
    address = (
        f"{parts.scheme}://{host if is_default else f'{host}:{parts.port}'}{parts.path or '/'}"
    )
    said = [*parse_qsl(parts.query, keep_blank_values=True), *oauth]
    pairs = sorted((_escape(name), _escape(value)) for name, value in said)
    query = "&".join(f"{name}={value}" for name, value in pairs)
    text = "&".join(map(_escape, (verb, address, query)))
    return b64encode(hmac.new(key, text.encode(), _HASHES[method]).digest()).decode()


class _Signed(requests.auth.AuthBase):
    """Signs each request anew, also one that is tried again."""

    def __init__(self, access: Signature) -> None:
        self._access = access

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        oauth = {
            "oauth_consumer_key": self._access.consumer_key,
            "oauth_nonce": secrets.token_hex(16),
            "oauth_signature_method": self._access.method,
            "oauth_timestamp": str(int(time.time())),
            "oauth_version": "1.0",
        }
        key = f"{_escape(self._access.consumer_secret)}&".encode()
        verb, url = request.method or "GET", request.url or ""
        oauth["oauth_signature"] = signature(self._access.method, verb, url, oauth.items(), key)
        said = ", ".join(f'{name}="{_escape(value)}"' for name, value in oauth.items())
        request.headers["Authorization"] = f"OAuth {said}"
        return request


def _escape(text: str) -> str:
    return quote(text, safe="~")


def _read_token(text: bytes, _headers: Headers) -> str:
    token = read_object(text).get("access_token")
    if not isinstance(token, str) or not token:
        raise NotAnObjectError
    return token
