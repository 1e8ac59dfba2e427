"""Listens for writes to what a school keeps that the school's version is not raised for.

A run that meets what an earlier one met does nothing; so whoever writes to people or lists must say
so (store/settled.py), or the next run would take the school for what it was.
"""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import event

from roster_dash.extensions import db

_KEPT = re.compile(r"\s*(?:INSERT INTO|UPDATE|DELETE FROM) (people|user_lists|memberships)\b")
_NOTED = re.compile(r"\s*UPDATE schools SET content_version\b")
_PRODUCT = str(Path(__file__).parent.parent / "roster_dash")


class _Listener:
    """Of one engine; `found` has a line for each transaction that wrote and didn't say so."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def before_cursor_execute(
        self, connection: Any, _cursor: Any, statement: str, *_more: Any
    ) -> None:
        if _NOTED.match(statement):
            connection.info["noted"] = True
        elif (kept := _KEPT.match(statement)) and (writer := _writer()):
            connection.info["unnoted"] = f"{writer} wrote to {kept[1]}"

    def commit(self, connection: Any) -> None:
        if "unnoted" in connection.info and "noted" not in connection.info:
            self.found.append(connection.info["unnoted"])
        self.rollback(connection)

    def rollback(self, connection: Any) -> None:
        if not connection.invalidated:  # what was lost with its connection was never written
            connection.info.pop("noted", None)
            connection.info.pop("unnoted", None)


@contextmanager
def unnoted_changes() -> Iterator[list[str]]:
    """Fills with what is written meanwhile. Writes that a test makes itself don't count."""
    listener, engine = _Listener(), db.engine
    names = ("before_cursor_execute", "commit", "rollback")
    for name in names:
        event.listen(engine, name, getattr(listener, name))
    yield listener.found
    for name in names:
        event.remove(engine, name, getattr(listener, name))


def _writer() -> str:
    """Where in the product the statement comes from; "" if a test's own flush made it."""
    frame = sys._getframe(2)
    while frame is not None:
        path = frame.f_code.co_filename
        if path.startswith(_PRODUCT) and not path.endswith("transactions.py"):
            return f"{Path(path).relative_to(_PRODUCT)}:{frame.f_lineno}"
        if "/tests/" in path and not path.endswith("changes.py"):
            return ""
        frame = frame.f_back  # type: ignore[assignment]
    return ""
