"""What the database is asked meanwhile."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from roster_dash.extensions import db


@contextmanager
def executed(note: Callable[[str, Any], object]) -> Iterator[None]:
    """`note` is told each statement and its parameters."""

    def listen(_connection: Any, _cursor: Any, text: str, parameters: Any, *_more: Any) -> None:
        note(text, parameters)

    event.listen(db.engine, "before_cursor_execute", listen)
    try:
        yield
    finally:
        event.remove(db.engine, "before_cursor_execute", listen)


@contextmanager
def statements() -> Iterator[list[str]]:
    asked: list[str] = []
    with executed(lambda text, _parameters: asked.append(text)):
        yield asked
