"""Backups, putting one back, and new keys for what is stored encrypted."""

from pathlib import Path

import click
from alembic.config import Config as AlembicConfig
from alembic.script import ScriptDirectory
from flask_migrate import upgrade

from roster_dash import backup as backups
from roster_dash.cli.output import answers, tell
from roster_dash.cli.paths import MIGRATIONS
from roster_dash.config import current_config
from roster_dash.store import locked
from roster_dash.store.secrets import Vault
from roster_dash.store.transactions import committed

_file = click.argument("path", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path))


@click.command("backup", help="Copy the whole database into a file, while everything runs.")
@_file
@click.option("--force", is_flag=True, help="Take the place of a file of this name.")
@answers
def backup(path: Path, force: bool, as_json: bool) -> None:
    made = backups.back_up(path, force=force)
    document = {
        "backup": str(made.path),
        "bytes": made.size,
        "revision": made.revision,
        "key": made.key,
    }
    lines = [
        f"{made.path}: {made.size} bytes, the database at {made.revision}.",
        f"The key that opens the tokens in it is not in it: keep {made.key} too, elsewhere.",
    ]
    tell(document, lines, wants_json=as_json)


@click.command("restore", help="Put a backup in the place of the whole database.")
@_file
@click.option("--yes", is_flag=True, help="Delete what is in the database now.")
@click.option("--no-old-mail", is_flag=True, help="Don't send what was due when it was made.")
@answers
def restore(path: Path, yes: bool, no_old_mail: bool, as_json: bool) -> None:
    done = backups.restore(
        path,
        migrate=lambda: upgrade(directory=MIGRATIONS),
        revisions=_revisions(),
        replace=yes,
        send_mail=not no_old_mail,
    )
    document = {
        "restored": str(path),
        "revision": done.revision,
        "runs_queued_again": done.runs_queued_again,
        "unreadable": done.unreadable,
    }
    lines = [f"{path} restored, and migrated from {done.revision} to head."]
    if done.runs_queued_again:
        lines.append(f"{done.runs_queued_again} runs that were at work then are queued again.")
    if done.unreadable:
        lines.append(
            f"No key of CREDENTIALS_KEY opens what is stored for {', '.join(done.unreadable)}: set "
            "the key that was in use when the backup was made."
        )
    lines.append("Everybody has to log in anew. Start the scheduler, the workers and the web.")
    tell(document, lines, wants_json=as_json)


@click.command("rotate-credentials", help="Encrypt all that is stored so with the first key.")
@answers
def rotate_credentials(as_json: bool) -> None:
    vault = Vault(current_config().credentials_keys)
    number = committed(lambda: locked.rotate(vault))
    lines = [
        f"{number} stored secrets are encrypted with the first key of CREDENTIALS_KEY now; "
        "the others can go once every process has been started with it."
    ]
    tell({"encrypted": number}, lines, wants_json=as_json)


def _revisions() -> set[str]:
    config = AlembicConfig()
    config.set_main_option("script_location", MIGRATIONS)
    return {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}


COMMANDS = (backup, restore, rotate_credentials)
