"""A school's history: its runs, newest first."""

from flask import Blueprint, render_template, request

from roster_dash.roster.moments import span_of
from roster_dash.store import runs
from roster_dash.store.runs import RunStatus
from roster_dash.web.access import school_or_404
from roster_dash.web.htmx import asks_for
from roster_dash.web.values import near_day, row_number

blueprint = Blueprint("history", __name__)


@blueprint.get("/schools/<int:school_id>/history")
def page(school_id: int) -> str:
    """`status` and `day` filter, `before` is the run id to go on from; all stay in the address."""
    school = school_or_404(school_id)
    status = request.args.get("status", "")
    wanted = status if status in set(RunStatus) else ""
    day = request.args.get("day", type=near_day)
    ended = span_of(day, school.timezone) if day else None
    before = request.args.get("before", type=row_number)
    found = runs.list_runs([school.id], wanted, before, runs.PAGE + 1, ended)
    return render_template(
        "web/history/_runs.html" if asks_for("runs") else "web/history/page.html",
        school=school,
        runs=found[: runs.PAGE],
        status=wanted,
        day=day,
        before=before,
        newer=runs.newer_of_school(school.id, wanted, before, ended),
        older=found[runs.PAGE - 1].id if len(found) > runs.PAGE else None,
        statuses=list(RunStatus),
    )
