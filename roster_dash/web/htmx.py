"""What HTMX asks for."""

from flask import request


def asks_for(part: str) -> bool:
    """Whether it asks for one part of the page only; a page it restores is asked for whole."""
    return request.headers.get("HX-Target", "").endswith(part)
