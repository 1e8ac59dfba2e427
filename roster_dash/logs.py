"""Log lines on standard error: what happened, about which run; as text, or as JSON for machines.

Of an exception only its kind and place are written: its text may quote a person's data.
"""

import json
import logging
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime

_about: ContextVar[dict[str, int]] = ContextVar("about", default={})  # noqa: B039 - never changed


@contextmanager
def about(**ids: int) -> Iterator[None]:
    """Every line within the block says these ids: run, school, district."""
    token = _about.set({**_about.get(), **ids})
    try:
        yield
    finally:
        _about.reset(token)


def what_it_is_about() -> dict[str, int]:
    return dict(_about.get())


def set_up(log_format: str) -> None:
    """`log_format`: text or json. Call it once, at the start of a process."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if log_format == "json" else TextLines())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)


def place_of(error: BaseException) -> str:
    """Kind and place of an exception: KeyError in plan.py:120."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f" in {frames[-1].filename.rpartition('/')[2]}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{where}"


class TextLines(logging.Formatter):
    """2026-11-25T06:00:01Z INFO roster_dash.sync run=12: it succeeded"""

    def format(self, record: logging.LogRecord) -> str:
        ids = "".join(f" {name}={number}" for name, number in _about.get().items())
        head = f"{_moment(record)} {record.levelname} {record.name}{ids}"
        return f"{head}: {record.getMessage()}{_error(record, ' (%s)')}"


class JsonLines(logging.Formatter):
    """One object a line: at, level, logger, process, message, error, and the ids."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": _moment(record),
            "level": record.levelname.casefold(),
            "logger": record.name,
            "process": record.process,
            **_about.get(),
            "message": record.getMessage(),
        }
        if error := _error(record, "%s"):
            line["error"] = error
        return json.dumps(line, ensure_ascii=False)


def _moment(record: logging.LogRecord) -> str:
    return f"{datetime.fromtimestamp(record.created, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _error(record: logging.LogRecord, form: str) -> str:
    error = record.exc_info[1] if record.exc_info else None
    return form % place_of(error) if error is not None else ""
