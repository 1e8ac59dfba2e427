"""`flask --app wsgi roster ...`: everything the dashboard does, for people and scripts."""

from flask import Flask

from roster_dash.cli import (
    asking,
    backups,
    data,
    deciding,
    drilling,
    files,
    giving,
    processes,
    setup,
    switching,
    syncing,
)
from roster_dash.cli.output import Commands


def register(app: Flask) -> None:
    group = Commands("roster", help="Keep schools equal to what their districts share.")
    for module in (
        setup,
        files,
        switching,
        syncing,
        deciding,
        asking,
        drilling,
        data,
        giving,
        backups,
        processes,
    ):
        for command in module.COMMANDS:
            group.add_command(command)
    app.cli.add_command(group)
