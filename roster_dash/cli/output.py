"""How commands answer: one JSON document or plain lines on stdout, and an exit code.

0 succeeded, 2 usage or unknown name, 3 something is held, 4 failed.
"""

import csv
import functools
import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ParamSpec, TypeVar

import click
from flask.cli import with_appcontext

from roster_dash.roster.errors import BadInput, RosterDashError
from roster_dash.store.transactions import rollback

P = ParamSpec("P")
R = TypeVar("R")

EXIT_USAGE, EXIT_HELD, EXIT_FAILED = 2, 3, 4

as_json = click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")


def answers(function: Callable[P, R]) -> Callable[P, R]:
    """A command in the app's context whose foreseen errors are told in words (or as JSON)."""

    @with_appcontext
    @functools.wraps(function)
    def command(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except RosterDashError as error:
            rollback()
            _tell_error(error, wants_json=bool(kwargs.get("as_json")))
            raise SystemExit(EXIT_USAGE if isinstance(error, BadInput) else EXIT_FAILED) from None

    return as_json(command)


def _tell_error(error: RosterDashError, *, wants_json: bool) -> None:
    if wants_json:
        print_json({"error": error.code, "message": error.message})
    else:
        click.echo(f"Error: {error.message}", err=True)


def print_json(document: Any) -> None:
    click.echo(json.dumps(document, ensure_ascii=False, indent=2, default=str))


def tell(document: Any, lines: Iterable[str], *, wants_json: bool) -> None:
    """The document for programs, or the lines for people."""
    if wants_json:
        print_json(document)
    else:
        for line in lines:
            click.echo(line)


def print_csv(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
    writer = csv.DictWriter(sys.stdout, columns, lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: _csv_value(row[name]) for name in columns})


def _csv_value(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value
