"""Deciding: what a run held is approved or rejected, and a run is taken back."""

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as AnyResponse

from roster_dash import approval, jobs, revert
from roster_dash.roster.effects import effects_of
from roster_dash.roster.errors import BadInput
from roster_dash.roster.report import KINDS, would_happen
from roster_dash.store import holds, runs
from roster_dash.store.holds import HoldState
from roster_dash.store.tables import Run
from roster_dash.web.access import run_or_404
from roster_dash.web.deciding.held import shown_ids
from roster_dash.web.downloads import csv_file
from roster_dash.web.login import viewing
from roster_dash.web.runs.changes import kinds_of
from roster_dash.web.values import row_number

blueprint = Blueprint("deciding", __name__)

HELD_COLUMNS = ("operation", "who_or_what", "source_id", "would_happen", "guard")


@blueprint.post("/runs/<int:run_id>/decide")
def decide(run_id: int) -> AnyResponse:
    """Approves or rejects what is ticked, and says how it went."""
    run = run_or_404(run_id)
    chosen, number, user_id = _chosen(run), run.id, viewing().id
    asker = run.school.origin.name
    try:
        if request.form.get("decision") == "reject":
            note = request.form.get("note", "")
            approval.reject(number, user_id=user_id, note=note, only=chosen)
            flash(f"Rejected: it stays as it is until {asker} asks for something else.")
        else:
            picked = _picked(chosen)
            approval.approve(number, user_id=user_id, only=chosen, same_as=picked)
            flash("Approved and done. What was new meanwhile waits for the next sync.")
    except BadInput as error:
        flash(error.message)
    return redirect(url_for("runs.page", run_id=number), 303)


@blueprint.get("/runs/<int:run_id>/held.csv")
def export(run_id: int) -> Response:
    """Everything that waits, safe to open in a spreadsheet."""
    run = run_or_404(run_id)
    rows = (
        {
            "operation": f"h{row.id}",
            "who_or_what": row.label,
            "source_id": row.source_id,
            "would_happen": would_happen(row.entity, row.action, run.school.origin),
            "guard": row.guard,
        }
        for row in holds.holds_of(run, state=HoldState.WAITING)
    )
    return csv_file(f"held-{run.id}", HELD_COLUMNS, rows, school=run.school)


@blueprint.get("/runs/<int:run_id>/revert")
def revert_page(run_id: int) -> str | tuple[str, int]:
    return _revert_page(run_or_404(run_id))


@blueprint.post("/runs/<int:run_id>/revert")
def do_revert(run_id: int) -> AnyResponse | tuple[str, int]:
    """Shows what taking back the ticked part would do; with `confirm` does it."""
    run = run_or_404(run_id)
    if "confirm" not in request.form:
        return _revert_page(run)
    number, hold = run.id, request.form.get("hold") == "on"
    try:
        done = revert.revert(number, user_id=viewing().id, only=_part(run), hold=hold)
    except BadInput as error:
        return _revert_page(runs.find_run(number), error.message)
    made, mail_ids = done.run.id, done.mail_ids
    for mail_id in mail_ids:
        jobs.enqueue_mail(mail_id)
    flash(f"Run {number} was taken back.")
    return redirect(url_for("runs.page", run_id=made), 303)


def _revert_page(run: Run, refusal: str = "") -> tuple[str, int]:
    part, seen, error = None, None, refusal
    try:
        part = _part(run) if request.method == "POST" else None
        seen = revert.preview_revert(run.id, part)
    except BadInput as refused:
        error = error or refused.message
    page = render_template(
        "web/deciding/revert.html",
        run=run,
        school=run.school,
        kinds=kinds_of(run),
        seen=seen,
        effects=effects_of(seen.reversal.operations) if seen else (),
        error=error,
        typed=request.form if request.method == "POST" else MultiDict({"hold": "on"}),
    )
    return page, 422 if error else 200


def _chosen(run: Run) -> set[int]:
    """The holds that are ticked, with those not shown if "rest" is."""
    chosen = set(request.form.getlist("hold", type=row_number))
    if "rest" in request.form:
        waiting = {row.id for row in holds.holds_of(run, state=HoldState.WAITING)}
        chosen |= waiting - shown_ids(run)
    return chosen


def _picked(chosen: set[int]) -> dict[int, int]:
    """Hold -> the person here whom somebody has picked for it."""
    picked = {hold: request.form.get(f"same-{hold}", 0, type=row_number) for hold in chosen}
    return {hold: person for hold, person in picked.items() if person}


def _part(run: Run) -> set[int] | None:
    """The operations that are ticked, one by one or by kind; None for all of the run."""
    if request.form.get("part", "all") == "all":
        return None
    chosen = set(request.form.getlist("operation", type=row_number))
    for kind in KINDS:
        if ":".join(kind) in request.form.getlist("kind"):
            entity, action = kind
            chosen |= {row.id for row in runs.operations_of(run.id, entity=entity, action=action)}
    return chosen
