"""Says while a block runs that its process is alive, from a thread of its own."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask, current_app
from sqlalchemy.exc import SQLAlchemyError

from roster_dash.store import beats
from roster_dash.store.transactions import commit, persistently, rollback

log = logging.getLogger(__name__)


@contextmanager
def beating(name: str, every: float = beats.SECONDS) -> Iterator[None]:
    """Beats under a name until the block ends; the first beat is the caller's own."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    over = threading.Event()
    thread = threading.Thread(target=_beat, args=(app, name, every, over), daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        rollback()  # on SQLite the beat may be waiting for what this thread has open
        thread.join()
        persistently(lambda: _stop(name))


def _beat(app: Flask, name: str, every: float, over: threading.Event) -> None:
    while not over.wait(every):
        with app.app_context():
            try:
                beats.beat(name)
                commit()
            except SQLAlchemyError as error:  # one beat less; the next may go through
                rollback()
                log.warning("%s could not say that it is alive: %s", name, type(error).__name__)


def _stop(name: str) -> None:
    rollback()
    beats.stop(name)
    commit()
