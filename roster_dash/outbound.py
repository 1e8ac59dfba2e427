"""Requests to addresses that users typed: never into the network that this server stands in.

The address that is checked is the one that is connected to, so that a name can't lead elsewhere
in between; redirects are not followed. OUTBOUND_ALLOW names the exceptions (host, or host:port).
"""

import ipaddress
import socket
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

import certifi
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, Timeout
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError
from urllib3.util.connection import create_connection

from roster_dash.roster.errors import BadInput

SECONDS = 10
LONGEST_URL = 1000
_KEPT = 200
_TUNNELS: Final = tuple(
    map(ipaddress.ip_network, ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32"))
)
"""IPv6 addresses with an IPv4 address inside, which would have to be checked, too."""


@dataclass(frozen=True, slots=True)
class Answer:
    """`status` is 0 if there was none; then `text` says why. Else it is how the answer begins."""

    status: int
    text: str

    @property
    def is_good(self) -> bool:
        return 200 <= self.status < 300


def check_url(url: str, allowed: Collection[str]) -> None:
    """Errors: BadInput for an address that is not to be asked, and why."""
    parts = _parts(url)
    is_allowed = _is_allowed(parts.hostname or "", _port(parts), allowed)
    if parts.scheme != "https" and not is_allowed:
        raise BadInput("The address must begin with https://, so that nobody can read along.")
    _address(parts.hostname or "", _port(parts), allowed)


def post(url: str, body: bytes, headers: Mapping[str, str], allowed: Collection[str]) -> Answer:
    """What the server answers; refusals and failures are an Answer, too."""
    try:
        check_url(url, allowed)
        parts = _parts(url)
        path = parts.path or "/"
        with _pool(parts, allowed) as pool:
            answer = pool.urlopen(
                "POST",
                f"{path}?{parts.query}" if parts.query else path,
                body=body,
                headers=dict(headers),
                redirect=False,
                retries=False,
                preload_content=False,
            )
            text = answer.read(_KEPT).decode("utf-8", "replace")
            answer.release_conn()
            return Answer(answer.status, text)
    except BadInput as error:
        return Answer(0, error.message)
    except (HTTPError, OSError) as error:
        return Answer(0, f"No answer: {type(error).__name__}.")


def _pool(parts: SplitResult, allowed: Collection[str]) -> HTTPConnectionPool:
    host, port = parts.hostname or "", _port(parts)
    limit = Timeout(connect=SECONDS, read=SECONDS)

    class Guarded(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return _connected(self, allowed)

    class GuardedTls(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return _connected(self, allowed)

    if parts.scheme == "https":
        pool = HTTPSConnectionPool(host, port, timeout=limit, ca_certs=certifi.where())
        pool.ConnectionCls = GuardedTls
        return pool
    plain = HTTPConnectionPool(host, port, timeout=limit)
    plain.ConnectionCls = Guarded
    return plain


def _connected(connection: Any, allowed: Collection[str]) -> socket.socket:
    address = _address(connection.host, connection.port, allowed)
    return create_connection((address, connection.port), timeout=SECONDS)


def _parts(url: str) -> SplitResult:
    told = "That is no address to send to: type one like https://example.org/path."
    if not (url.isascii() and url.isprintable() and " " not in url and len(url) <= LONGEST_URL):
        raise BadInput(told)
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise BadInput(told) from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise BadInput(told)
    if parts.username is not None or parts.password is not None:
        raise BadInput("An address must not carry a name or a password.")
    return parts


def _port(parts: SplitResult) -> int:
    return parts.port or (443 if parts.scheme == "https" else 80)


def _is_allowed(host: str, port: int, allowed: Collection[str]) -> bool:
    return host.casefold() in allowed or f"{host.casefold()}:{port}" in allowed


def _address(host: str, port: int, allowed: Collection[str]) -> str:
    """Where a host is; all its addresses must be public. Errors: BadInput."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise BadInput(f"There is no server called “{host[:100]}”.") from None
    addresses = [str(each[4][0]) for each in found]
    if not _is_allowed(host, port, allowed) and not all(map(is_public, addresses)):
        raise BadInput(
            f"“{host[:100]}” is not on the internet, so nothing is sent there. Whoever runs this "
            "server can allow it in OUTBOUND_ALLOW."
        )
    return addresses[0]


def is_public(address: str) -> bool:
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return is_public(str(ip.ipv4_mapped))
        if any(ip in network for network in _TUNNELS):
            return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved
