"""The whole database as one file, and back: of the kind that DATABASE_URL names."""

import os
import tempfile
from pathlib import Path
from types import ModuleType

from sqlalchemy import func, inspect, select
from sqlalchemy import table as named

from roster_dash.extensions import db
from roster_dash.roster.errors import BadInput, RosterDashError
from roster_dash.store import dump_postgresql, dump_sqlite

_KINDS = {"sqlite": dump_sqlite, "postgresql": dump_postgresql}
_TOLD = ("districts", "schools", "people", "users")
"""Tables that every release has had, by which a database says what is in it."""
_ALEMBIC = "alembic_version"


def write(target: Path, *, force: bool) -> None:
    """Writes what is committed at one moment. Under its name a backup is whole or isn't there.

    Errors: BadInput for a target that can't be, RosterDashError.
    """
    if target.exists() and not force:
        raise BadInput(f"{target} is there already; choose another name, or say --force.")
    try:
        descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}-")
    except OSError as error:
        raise BadInput(f"{target} can’t be written: {error.strerror}.") from None
    draft = Path(name)
    try:
        _kind().write(db.engine, draft)
        os.fsync(descriptor)
        _give_name(draft, target, force=force)
    finally:
        os.close(descriptor)
        draft.unlink(missing_ok=True)


def _give_name(draft: Path, target: Path, *, force: bool) -> None:
    if force:
        draft.replace(target)
    else:
        try:
            os.link(draft, target)
        except FileExistsError:
            raise BadInput(f"{target} has been made meanwhile; choose another name.") from None
    folder = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def revision_of(path: Path) -> str:
    """Which migration a backup is at. Errors: BadInput for a file that can't be restored here."""
    try:
        with open(path, "rb") as file:
            begin = file.read(16)
    except OSError as error:
        raise BadInput(f"{path} can’t be read: {error.strerror}.") from None
    found = next((name for name, kind in _KINDS.items() if begin.startswith(kind.MAGIC)), None)
    if found is None:
        raise BadInput(f"{path} is no backup of Roster Dash. Nothing was changed.")
    if found != db.engine.dialect.name:
        raise BadInput(
            f"{path} is a backup of {found}, and DATABASE_URL names {db.engine.dialect.name}. "
            "Nothing was changed; restore it into a database of its kind."
        )
    revision: str = _KINDS[found].revision_of(path)
    return revision


def load(path: Path) -> None:
    """Puts a backup in the place of everything: all of it, or nothing is changed."""
    db.session.remove()
    _kind().load(db.engine, path)
    db.engine.dispose()


def contents() -> dict[str, int]:
    """How many rows the tables have that tell what is in the database; {} if nothing is."""
    tables = set(inspect(db.session.connection()).get_table_names())
    rows = {
        name: db.session.scalar(select(func.count()).select_from(named(name))) or 0
        for name in _TOLD
        if name in tables
    }
    db.session.rollback()
    return rows if any(rows.values()) else {}


def has(table: str) -> bool:
    return inspect(db.session.connection()).has_table(table)


def unknown_tables() -> list[str]:
    """Tables that this release doesn't have: of a newer one, or somebody else's."""
    known = {_ALEMBIC, *db.metadata.tables}
    return sorted(set(inspect(db.session.connection()).get_table_names()) - known)


def _kind() -> ModuleType:
    found = _KINDS.get(db.engine.dialect.name)
    if found is None:
        raise RosterDashError("Only SQLite and PostgreSQL can be backed up.")
    return found
