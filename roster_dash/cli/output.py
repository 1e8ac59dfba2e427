"""How commands answer: one JSON document or plain lines on stdout, and an exit code.

0 succeeded, 2 usage or unknown name, 3 something is held, 4 failed.
"""

import csv
import functools
import json
import logging
import sys
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, ParamSpec, TypeVar

import click
from flask.cli import AppGroup, with_appcontext
from sqlalchemy.exc import DBAPIError

from roster_dash.roster.errors import BadInput, RosterDashError
from roster_dash.store import audit
from roster_dash.store.transactions import rollback

P = ParamSpec("P")
R = TypeVar("R")

EXIT_USAGE, EXIT_HELD, EXIT_FAILED = 2, 3, 4

UNFORESEEN = "Something unforeseen went wrong; its kind is in the log. Nothing is half done."
DATABASE = (
    "The database can’t be used. If it is new, or older than the program, `roster init` prepares "
    "it; else check DATABASE_URL and that it is up."
)

log = logging.getLogger(__name__)


class Trouble(RosterDashError):
    """What nobody foresaw, as an error document."""

    code = "unforeseen"


as_json = click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")


def answers(function: Callable[P, R]) -> Callable[P, R]:
    """A command in the app's context whose foreseen errors are told in words (or as JSON)."""

    @with_appcontext
    @functools.wraps(function)
    def command(*args: P.args, **kwargs: P.kwargs) -> R:
        audit.acting(audit.COMMAND_LINE)
        try:
            return function(*args, **kwargs)
        except RosterDashError as error:
            rollback()
            _tell_error(error, wants_json=bool(kwargs.get("as_json")))
            raise SystemExit(EXIT_USAGE if isinstance(error, BadInput) else EXIT_FAILED) from None
        except DBAPIError as error:  # its text may quote people: only its kind is told
            rollback()
            log.error("%s: %s", function.__name__, type(error.orig).__name__)
            _tell_error(Trouble(DATABASE), wants_json=bool(kwargs.get("as_json")))
            raise SystemExit(EXIT_FAILED) from None
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:
            rollback()
            log.error("%s: %s %s", function.__name__, type(error).__name__, _place(error))
            _tell_error(Trouble(UNFORESEEN), wants_json=bool(kwargs.get("as_json")))
            raise SystemExit(EXIT_FAILED) from None

    return as_json(command)


def _place(error: Exception) -> str:
    """Where an error was raised; its text stays out of the log, it may quote people."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"at {frames[-1].filename}:{frames[-1].lineno}" if frames else ""


class Commands(AppGroup):
    """Commands whose wrong use is told as JSON too, where that is asked for."""

    def invoke(self, ctx: click.Context) -> Any:
        wants_json = "--json" in (*ctx._protected_args, *ctx.args)
        try:
            return super().invoke(ctx)
        except click.UsageError as error:
            if not wants_json:
                raise
            print_json({"error": "usage", "message": error.format_message()})
            raise SystemExit(EXIT_USAGE) from None


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
