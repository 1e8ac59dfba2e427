"""Who may ask: a fixed token, tokens against client id and secret, or signed requests."""

import hashlib
import hmac
import re
import secrets
import threading
from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, quote, unquote

from werkzeug import Request

STATIC_TOKEN = "or-static-token"  # noqa: S105
CLIENT_ID, CLIENT_SECRET = "or-client", "or-client-secret"
CONSUMER_KEY, CONSUMER_SECRET = "or-consumer", "or-consumer-secret&+"


@dataclass(slots=True)
class Gate:
    """Tokens that were given, with how many requests they have been used for."""

    given: dict[str, int] = field(default_factory=dict)
    nonces: set[str] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def give(self, request: Request) -> str:
        """A new token; "" for somebody who may have none."""
        kind, _, sent = request.headers.get("Authorization", "").partition(" ")
        known = f"{CLIENT_ID}:{CLIENT_SECRET}".encode()
        grants = request.form.get("grant_type") == "client_credentials"
        scoped = "purl.imsglobal.org/spec/or/" in request.form.get("scope", "")
        if kind != "Basic" or b64decode(sent) != known or not grants or not scoped:
            return ""
        token = secrets.token_hex(8)
        with self.lock:
            self.given[token] = 0
        return token

    def lets_in(self, request: Request, lasts: int) -> bool:
        """`lasts`: for how many requests a token is good; -1 for ever."""
        kind, _, sent = request.headers.get("Authorization", "").partition(" ")
        if kind == "OAuth":
            return self._is_signed(request, sent)
        if kind != "Bearer":
            return False
        if sent == STATIC_TOKEN:
            return True
        with self.lock:
            if sent not in self.given or 0 <= lasts <= self.given[sent]:
                return False
            self.given[sent] += 1
            return True

    def _is_signed(self, request: Request, sent: str) -> bool:
        oauth = {name: unquote(value) for name, value in re.findall(r'(\w+)="([^"]*)"', sent)}
        signed = oauth.pop("oauth_signature", "")
        nonce = oauth.get("oauth_nonce", "")
        digest = {"HMAC-SHA1": hashlib.sha1, "HMAC-SHA256": hashlib.sha256}.get(
            oauth.get("oauth_signature_method", "")
        )
        if (
            digest is None
            or nonce in self.nonces
            or oauth.get("oauth_consumer_key") != CONSUMER_KEY
        ):
            return False
        self.nonces.add(nonce)
        query = parse_qsl(request.query_string.decode(), keep_blank_values=True)
        pairs = sorted((_quoted(n), _quoted(v)) for n, v in [*query, *oauth.items()])
        base = "&".join(
            (
                request.method,
                _quoted(request.base_url),
                _quoted("&".join(f"{name}={value}" for name, value in pairs)),
            )
        )
        key = f"{_quoted(CONSUMER_SECRET)}&".encode()
        expected = b64encode(hmac.new(key, base.encode(), digest).digest()).decode()
        return hmac.compare_digest(expected, signed)


def _quoted(text: str) -> str:
    return quote(text, safe="-._~")
