"""The story of a backup, and of a database that is put back from one.

Whatever goes wrong while a backup is put back, the database is as it was or as the backup says,
never between. It holds no keys: CREDENTIALS_KEY and SECRET_KEY are kept elsewhere.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from roster_dash import jobs
from roster_dash.config import Config, current_config
from roster_dash.extensions import db
from roster_dash.roster.errors import BadInput
from roster_dash.store import audit, beats, dump, locked, restored
from roster_dash.store.audit import Did
from roster_dash.store.secrets import Vault
from roster_dash.store.tables import Beat
from roster_dash.store.transactions import commit, rollback


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that was made. `key`: where the key is that opens the tokens in it."""

    path: Path
    size: int
    revision: str
    key: str


@dataclass(frozen=True, slots=True)
class Restored:
    """`unreadable`: what is stored encrypted and no present key opens, by name and id."""

    revision: str
    runs_queued_again: int
    unreadable: list[str]


def back_up(target: Path, *, force: bool) -> Backup:
    """Writes the whole database, as it is at one moment, into a file. Errors: RosterDashError."""
    dump.write(target, force=force)
    revision = dump.revision_of(target)
    size = target.stat().st_size
    audit.record(Did.BACKED_UP, about=target.name, after={"bytes": size, "revision": revision})
    commit()
    return Backup(target, size, revision, _where_the_key_is(current_config()))


def restore(
    path: Path,
    *,
    migrate: Callable[[], None],
    revisions: Collection[str],
    replace: bool,
    send_mail: bool,
) -> Restored:
    """Puts a backup in the place of the database and migrates it to head.

    `revisions`: the migrations that this release knows. Errors: RosterDashError.
    """
    revision = dump.revision_of(path)
    if revision not in revisions:
        raise BadInput(
            f"{path} was made by a newer release (its database is at {revision}, this release "
            f"knows {max(revisions)}). Nothing was changed; restore it with that release."
        )
    if not replace:
        _must_be_empty()
    _nobody_may_be_at_work()
    dump.load(path)
    migrate()
    number = restored.settle(path.name, revision, send_mail=send_mail)
    commit()
    unreadable = locked.unreadable(Vault(current_config().credentials_keys))
    rollback()
    return Restored(revision, number, unreadable)


def _must_be_empty() -> None:
    """Errors: BadInput says what is in the database."""
    found, unknown = dump.contents(), dump.unknown_tables()
    told = [f"{number} {name}" for name, number in found.items()]
    if unknown:
        told.append(f"tables that this release doesn’t know ({', '.join(unknown[:5])})")
    if told:
        raise BadInput(
            f"The database isn’t empty: {', '.join(told)}. Restoring deletes all that is in it. "
            "Say --yes if that is meant; a backup of it first does no harm."
        )


def _nobody_may_be_at_work() -> None:
    """Errors: BadInput. Who was killed is heard of for a minute longer."""
    if not dump.has(Beat.__tablename__):
        return  # nobody can work on a database without tables
    alive = [f"{number} worker(s)" for number in (jobs.health()["workers"],) if number]
    alive += [_word(name) for name in _beating()]
    if alive:
        raise BadInput(
            f"Somebody is at work on this database: {', '.join(alive)}. Nothing was changed. Stop "
            "the web, all workers and schedulers; a minute after the last one try again."
        )


def _beating() -> list[str]:
    names = db.session.scalars(select(Beat.name)).all()
    found = [
        name
        for name in names
        if (name == "scheduler" or beats.run_of(name) is not None) and beats.is_alive(name)
    ]
    rollback()
    return found


def _word(name: str) -> str:
    run_id = beats.run_of(name)
    return "a scheduler" if run_id is None else f"run {run_id}"


def _where_the_key_is(config: Config) -> str:
    kept = config.instance / "credentials_key"
    is_kept = kept.exists() and config.credentials_keys == (kept.read_text().strip(),)
    return str(kept) if is_kept else "CREDENTIALS_KEY"
