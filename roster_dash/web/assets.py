"""Stylesheet, scripts and icon: read and compressed once, and kept by browsers.

Their addresses change with their contents, so that they may be kept for ever. Under any other
address they may not: while a new release starts, an old process could give the file of before.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from mimetypes import guess_type
from pathlib import Path

from flask import Flask, Response, abort, request, url_for
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from werkzeug.wrappers import Response as AnyResponse

from roster_dash.web.compression import packed, takes_gzip

STATIC = Path(__file__).parent / "static"
_FOR_EVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Asset:
    content: bytes
    packed: bytes
    mimetype: str
    digest: str


class Sessions(SecureCookieSessionInterface):
    """As Flask's; files have none, or browsers would ask for them again after every log-in."""

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        if request.endpoint != "static":
            super().save_session(app, session, response)


def register(app: Flask) -> None:
    app.session_interface = Sessions()
    app.add_url_rule("/static/<path:filename>", "static", send)
    app.add_template_global(asset)


def asset(name: str) -> str:
    """The address of a static file; it changes with the file, so it may be kept for ever."""
    return url_for("static", filename=name, v=_assets()[name].digest)


def send(filename: str) -> AnyResponse:
    found = _assets().get(filename) or abort(404)
    is_packed = takes_gzip() and len(found.packed) < len(found.content)
    answer = Response(found.packed if is_packed else found.content, mimetype=found.mimetype)
    answer.vary.add("Accept-Encoding")
    answer.set_etag(f"{found.digest}-gzip" if is_packed else found.digest)
    if is_packed:
        answer.content_encoding = "gzip"
    is_this = request.args.get("v") == found.digest
    answer.headers["Cache-Control"] = _FOR_EVER if is_this else "no-cache"
    return answer.make_conditional(request)


@cache
def _assets() -> Mapping[str, Asset]:
    """All of them, by name."""
    return {path.name: _read(path) for path in STATIC.iterdir() if path.is_file()}


def _read(path: Path) -> Asset:
    content = path.read_bytes()
    mimetype = guess_type(path.name)[0] or "application/octet-stream"
    return Asset(content, packed(content), mimetype, sha256(content).hexdigest()[:12])
