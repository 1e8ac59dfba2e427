"""One run: its verdict, counts, warnings, mails and every operation."""

from flask import Blueprint, render_template, request

from roster_dash import jobs
from roster_dash.revert import is_revertible
from roster_dash.roster.report import KINDS, NO_COUNTS
from roster_dash.store import runs
from roster_dash.web.access import run_or_404
from roster_dash.web.deciding.held import held_of
from roster_dash.web.htmx import asks_for
from roster_dash.web.runs.changes import Kind, kind_of, kinds_of
from roster_dash.web.runs.report import redacted
from roster_dash.web.values import row_number

blueprint = Blueprint("runs", __name__)


@blueprint.get("/runs/<int:run_id>")
def page(run_id: int) -> str:
    run = run_or_404(run_id)
    template = "_run" if asks_for("run") else "page"
    return render_template(
        f"web/runs/{template}.html",
        run=run,
        school=run.school,
        counts=run.counts or NO_COUNTS,
        kinds=kinds_of(run),
        held=held_of(run) if run.holds else None,
        reverted_by=runs.reverts_of(run.id),
        may_revert=is_revertible(run),
        progress=jobs.progress_of(run.id) if run.status in runs.ACTIVE else {},
    )


@blueprint.get("/runs/<int:run_id>/report")
def report(run_id: int) -> str:
    """Codes and numbers only, to be pasted where anybody can read it."""
    run = run_or_404(run_id)
    text = redacted(run)
    return render_template("web/runs/report.html", run=run, school=run.school, text=text)


@blueprint.get("/runs/<int:run_id>/operations/<entity>/<action>")
def operations(run_id: int, entity: str, action: str) -> str:
    """One kind of change, a page at a time; `after` is the operation to go on from."""
    run = run_or_404(run_id)
    kind: Kind | None = None
    if (entity, action) in KINDS:
        kind = kind_of(run, entity, action, after=request.args.get("after", 0, type=row_number))
    template = "_more" if "HX-Request" in request.headers else "operations"
    return render_template(f"web/runs/{template}.html", run=run, school=run.school, kind=kind)
