"""`flask --app wsgi roster ...`: everything the dashboard does, for people and scripts."""

from flask import Flask
from flask.cli import AppGroup

from roster_dash.cli import data, processes, setup, syncing


def register(app: Flask) -> None:
    group = AppGroup("roster", help="Keep schools equal to what their districts share in Clever.")
    for module in (setup, syncing, data, processes):
        for command in module.COMMANDS:
            group.add_command(command)
    app.cli.add_command(group)
