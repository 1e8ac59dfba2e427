"""Less over the wire: gzip for whoever takes it, and for pages only where it tells nobody anything.

The length of a compressed page tells how much of it is alike. Whoever can watch lengths and make
somebody's browser ask for addresses of their choice could guess at what is on the page, letter by
letter (BREACH). So a page is compressed only for a request that our own pages or the person at the
browser made, which browsers say (Sec-Fetch-Site) and other sites can't forge.
"""

import gzip

from flask import Flask, Response, request

_OF_THEIR_OWN = ("same-origin", "none")
_LEAST = 1000
"""Bytes; what is shorter fits into one packet as it is."""
_LEVEL = 5


def register(app: Flask) -> None:
    app.after_request(_pack_page)


def packed(content: bytes, level: int = 9) -> bytes:
    return gzip.compress(content, level, mtime=0)


def takes_gzip() -> bool:
    return request.accept_encodings.quality("gzip") > 0


def _pack_page(response: Response) -> Response:
    if response.mimetype != "text/html" or response.is_streamed:
        return response
    response.vary.update(("Accept-Encoding", "Sec-Fetch-Site"))
    page = response.get_data()
    asked_by = request.headers.get("Sec-Fetch-Site")
    if takes_gzip() and asked_by in _OF_THEIR_OWN and len(page) >= _LEAST:
        response.set_data(packed(page, _LEVEL))
        response.content_encoding = "gzip"
    return response
