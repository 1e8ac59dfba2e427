"""A SQLite database as one file, and back, while other processes use it."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import Engine

from roster_dash.roster.errors import BadInput, RosterDashError

MAGIC = b"SQLite format 3\0"
PATIENCE_SECONDS = 30.0
"""For how long others at work in the database are waited for."""


def write(engine: Engine, target: Path) -> None:
    """Copies what is committed at one moment; those at work meanwhile aren't held up."""
    with _opened(_path(engine)) as source, _opened(target) as copy:
        source.backup(copy, progress=_patience())
        copy.execute("PRAGMA journal_mode=DELETE")  # one file, with no others beside it


def revision_of(path: Path) -> str:
    """Which migration a backup is at. Errors: BadInput for a file that isn't whole or not ours."""
    try:
        with _opened(path, "?mode=ro&immutable=1") as backup:
            pages, size, health = (
                backup.execute(f"PRAGMA {name}").fetchone()[0]
                for name in ("page_count", "page_size", "quick_check")
            )
            if health != "ok" or path.stat().st_size != pages * size:
                raise sqlite3.DatabaseError
            [(revision,)] = backup.execute("SELECT version_num FROM alembic_version").fetchall()
    except (sqlite3.Error, ValueError):
        raise BadInput(
            f"{path} is damaged, or no backup of Roster Dash. Nothing was changed; "
            "take another backup."
        ) from None
    return str(revision)


def load(engine: Engine, path: Path) -> None:
    """Puts a backup in the place of everything, in one transaction of the database."""
    engine.dispose()
    with _opened(path, "?mode=ro&immutable=1") as backup, _opened(_path(engine)) as target:
        backup.backup(target, progress=_patience())


def _path(engine: Engine) -> Path:
    return Path(engine.url.database or "").absolute()


@contextmanager
def _opened(path: Path, options: str = "") -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}{options}", uri=True)) as connection:
        yield connection


def _patience() -> Callable[[int, int, int], None]:
    """sqlite3 itself would wait for ever."""
    deadline = time.monotonic() + PATIENCE_SECONDS

    def look(_status: int, _remaining: int, _total: int) -> None:
        if time.monotonic() > deadline:
            raise RosterDashError(
                f"Somebody has been at work in the database for {PATIENCE_SECONDS:.0f} seconds. "
                "Nothing was changed; stop the web, the workers and the scheduler, and try again."
            )

    return look
