"""Deciding about runs from the command line: approve, reject, revert, cancel."""

import click

from roster_dash import approval, notify
from roster_dash import revert as reverting
from roster_dash.cli.documents import exit_code, hold_number, line
from roster_dash.cli.output import answers, tell
from roster_dash.roster.errors import BadInput
from roster_dash.store import runs
from roster_dash.store.export import run_document
from roster_dash.store.tables import Run
from roster_dash.store.transactions import commit

_run = click.argument("run_id", metavar="RUN", type=int)
_only = click.option(
    "--only", multiple=True, metavar="OPERATION", help="Just this one; may be said several times."
)


@click.command("approve", help="Apply what a run held.")
@_run
@_only
@answers
def approve(run_id: int, only: tuple[str, ...], as_json: bool) -> None:
    chosen = _numbers(only) if only else None
    _answer(approval.approve(run_id, user_id=None, only=chosen), as_json)


@click.command("reject", help="Never do what a run held, until the roster asks for another thing.")
@_run
@_only
@click.option("--reason", default="", help="Why; shown to everybody who asks.")
@answers
def reject(run_id: int, only: tuple[str, ...], reason: str, as_json: bool) -> None:
    chosen = _numbers(only) if only else None
    _answer(approval.reject(run_id, user_id=None, note=reason, only=chosen), as_json)


@click.command("revert", help="Take a run back, whole or in part.")
@_run
@_only
@click.option("--hold", is_flag=True, help="The next syncs ask before they do it again.")
@answers
def revert(run_id: int, only: tuple[str, ...], hold: bool, as_json: bool) -> None:
    chosen = _numbers(only) if only else None
    result = reverting.revert(run_id, user_id=None, only=chosen, hold=hold)
    number = result.run.id
    for mail_id in result.mail_ids:
        notify.deliver(mail_id)
    _answer(runs.find_run(number), as_json)


@click.command("cancel", help="Cancel a queued or running run.")
@click.argument("run_id", metavar="RUN", type=int)
@answers
def cancel(run_id: int, as_json: bool) -> None:
    run = runs.find_run(run_id)
    if not runs.request_cancel(run):
        raise BadInput(f"Run {run_id} is over already ({run.status}); there is nothing to cancel.")
    commit()
    document = run_document(runs.find_run(run_id))
    tell(document, [line(document)], wants_json=as_json)


def _numbers(only: tuple[str, ...]) -> set[int]:
    try:
        return {hold_number(text) for text in only}
    except ValueError:
        raise BadInput(
            f"--only takes the id of an operation, not “{', '.join(only)}”; `roster run RUN` "
            "lists them."
        ) from None


def _answer(run: Run, as_json: bool) -> None:
    document = run_document(run)
    tell(document, [line(document)], wants_json=as_json)
    raise SystemExit(exit_code(document))


COMMANDS = (approve, reject, revert, cancel)
