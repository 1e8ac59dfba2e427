"""Requests to addresses that users typed, and to providers that they connect: never into the
network that this server stands in.

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
from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, Timeout
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, NewConnectionError
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
    _check_host(parts.hostname or "", _port(parts), allowed)


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
    pools = _pools(allowed)
    if parts.scheme == "https":
        return pools["https"](host, port, timeout=limit, ca_certs=certifi.where())
    return pools["http"](host, port, timeout=limit)


def _pools(allowed: Collection[str]) -> dict[str, type[HTTPConnectionPool]]:
    """By scheme, pools whose connections are looked at when they are made."""

    class Guarded(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return _connected(self, allowed)

    class GuardedTls(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return _connected(self, allowed)

    class Pool(HTTPConnectionPool):
        ConnectionCls = Guarded

    class TlsPool(HTTPSConnectionPool):
        ConnectionCls = GuardedTls

    return {"http": Pool, "https": TlsPool}


class GuardedAdapter(HTTPAdapter):
    """For sessions of `requests`: every connection leads to the internet, or to what is allowed.

    Behind a proxy of the environment the name is looked at before each request; who runs the proxy
    decides where it goes. Errors: BadInput from `send`.
    """

    def __init__(self, allowed: Collection[str]) -> None:
        self._allowed = allowed
        super().__init__()

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = _pools(self._allowed)

    def send(self, request: PreparedRequest, *args: Any, **options: Any) -> Response:
        if options.get("proxies"):
            check_url(request.url or "", self._allowed)
        return super().send(request, *args, **options)


def _connected(connection: Any, allowed: Collection[str]) -> socket.socket:
    """To any of the addresses that were looked at, as `requests` itself would."""
    limit = connection.timeout
    seconds = limit if isinstance(limit, int | float) else SECONDS
    try:
        addresses = _addresses(connection.host, connection.port)
        _must_be_outside(connection.host, connection.port, addresses, allowed)
        return _to_any(addresses, connection.port, seconds)
    except OSError as error:
        raise NewConnectionError(connection, f"no connection: {error}") from error


def _to_any(addresses: list[str], port: int, seconds: float) -> socket.socket:
    *others, last = addresses
    for address in others:
        try:
            return create_connection((address, port), timeout=seconds)
        except OSError:
            continue
    return create_connection((last, port), timeout=seconds)


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


def _check_host(host: str, port: int, allowed: Collection[str]) -> None:
    try:
        addresses = _addresses(host, port)
    except OSError:
        raise BadInput(f"There is no server called “{host[:100]}”.") from None
    _must_be_outside(host, port, addresses, allowed)


def _addresses(host: str, port: int) -> list[str]:
    """Where a host is. Errors: OSError."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError as error:
        raise OSError(str(error)) from None
    return list(dict.fromkeys(str(each[4][0]) for each in found))


def _must_be_outside(host: str, port: int, addresses: list[str], allowed: Collection[str]) -> None:
    """All addresses of a host must be public, unless it is allowed. Errors: BadInput."""
    if not _is_allowed(host, port, allowed) and not all(map(is_public, addresses)):
        raise BadInput(
            f"“{host[:100]}” is not on the internet, so nothing is sent there. Whoever runs this "
            "server can allow it in OUTBOUND_ALLOW."
        )


def is_public(address: str) -> bool:
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return is_public(str(ip.ipv4_mapped))
        if any(ip in network for network in _TUNNELS):
            return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved
