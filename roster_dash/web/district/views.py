"""A district at a glance: all its schools, and every school's runs on one page."""

from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, render_template, request

from roster_dash import clock
from roster_dash.roster.health import State
from roster_dash.store import policies, runs, schools
from roster_dash.store.runs import RunStatus, Trigger
from roster_dash.store.tables import Run
from roster_dash.web.access import district_or_404
from roster_dash.web.district.schools import SORTS, Wanted, look
from roster_dash.web.downloads import csv_file
from roster_dash.web.htmx import asks_for
from roster_dash.web.values import near_day, row_number

blueprint = Blueprint("district", __name__)

SIZES = {
    1: "Something changed",
    10: "10 changes or more",
    100: "100 or more",
    1000: "1,000 or more",
}
COLUMNS = ("run", "school", "status", "trigger", "by", "created", "finished", "changes", "message")


@blueprint.get("/districts/<int:district_id>")
def page(district_id: int) -> str:
    """What needs somebody comes first; the filter stays in the address."""
    row, wanted = district_or_404(district_id), _wanted()
    return render_template(
        "web/district/_schools.html" if asks_for("schools") else "web/district/page.html",
        is_part=asks_for("schools"),
        district=row,
        seen=look(row.id, wanted, clock.now()),
        wanted=wanted,
        asked=_asked("q", "state", "sort"),
        states=list(State),
        sorts=SORTS,
        has_policy=policies.latest_version(row.id) is not None,
    )


@blueprint.get("/districts/<int:district_id>/history")
def history(district_id: int) -> str:
    """Newest first; `before` is the run to go on from."""
    row, wanted = district_or_404(district_id), _wanted_runs(district_id)
    found = runs.find_runs(row.id, wanted)
    shown = found[: runs.PAGE]
    return render_template(
        "web/district/_runs.html" if asks_for("runs") else "web/district/history.html",
        district=row,
        runs=shown,
        newer=runs.newer_of_district(row.id, wanted),
        older=found[runs.PAGE - 1].id if len(found) > runs.PAGE else None,
        is_live=any(run.status in runs.ACTIVE for run in shown),
        wanted=wanted,
        asked=_asked(*FILTERS),
        schools=[(school.id, school.name) for school in schools.schools_of(row.id)],
        statuses=list(RunStatus),
        sizes=SIZES,
    )


@blueprint.get("/districts/<int:district_id>/history.csv")
def export(district_id: int) -> Response:
    """All runs that the filter shows."""
    row = district_or_404(district_id)
    found = runs.find_runs(row.id, _wanted_runs(row.id), limit=None)
    return csv_file(f"runs-{row.id}", COLUMNS, map(_row, found), district_id=row.id)


FILTERS = ("school", "status", "trigger", "since", "until", "size")


def _wanted() -> Wanted:
    asked = request.args
    states, sort = {state.key for state in State}, asked.get("sort", "")
    state = asked.get("state", "")
    return Wanted(
        text=asked.get("q", "").strip(),
        state=state if state in states else "",
        sort=sort if sort in SORTS else "need",
        page=max(1, asked.get("page", 1, type=row_number)),
    )


def _wanted_runs(district_id: int) -> runs.Wanted:
    """Days are those of the district's first school's clock."""
    asked, first = request.args, next(iter(schools.schools_of(district_id)), None)
    zone = ZoneInfo(first.timezone if first else "UTC")
    status, trigger = asked.get("status", ""), asked.get("trigger", "")
    since, until = (asked.get(name, type=near_day) for name in ("since", "until"))
    return runs.Wanted(
        school_id=asked.get("school", type=row_number),
        status=status if status in set(RunStatus) else "",
        trigger=trigger if trigger in set(Trigger) else "",
        since=_moment(since, time(), zone),
        until=_moment(until, time.max, zone),
        size=asked.get("size", 0, type=row_number),
        before=asked.get("before", type=row_number),
    )


def _moment(day: date | None, at: time, zone: ZoneInfo) -> datetime | None:
    return None if day is None else datetime.combine(day, at, zone)


def _asked(*names: str) -> dict[str, str]:
    """The filter as it was asked for, for links that keep it."""
    return {name: text for name in names if (text := request.args.get(name, ""))}


def _row(run: Run) -> dict[str, Any]:
    return {
        "run": run.id,
        "school": run.school.name,
        "status": run.status,
        "trigger": run.trigger,
        "by": run.user.email if run.user else "",
        "created": run.created_at.isoformat(timespec="seconds"),
        "finished": run.finished_at.isoformat(timespec="seconds") if run.finished_at else "",
        "changes": run.size,
        "message": run.message,
    }
