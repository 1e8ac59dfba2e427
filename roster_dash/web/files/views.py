"""A district's files: uploaded, shown as what they would do, then accepted or refused."""

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from roster_dash import arriving
from roster_dash.config import current_config
from roster_dash.extensions import csrf
from roster_dash.roster.errors import RosterDashError
from roster_dash.store import accepted, dropped
from roster_dash.store.tables import District
from roster_dash.store.transactions import commit, rollback
from roster_dash.web.access import district_or_404
from roster_dash.web.login import viewing
from roster_dash.web.uploads import sent_zip

_SHOWN = 30
_REFUSED_SHOWN = 5

blueprint = Blueprint("files", __name__)


@blueprint.get("/districts/<int:district_id>/files")
def page(district_id: int) -> str:
    return render_template("web/files/page.html", **_about(district_or_404(district_id)))


@blueprint.post("/districts/<int:district_id>/files")
def upload(district_id: int) -> AnyResponse:
    """Reads a zip and lays it aside."""
    district = district_or_404(district_id)
    try:
        with sent_zip() as path:
            arrived = arriving.arrive(district, path)
        arriving.lay_aside(district, arrived, viewing().id)
    except RosterDashError as error:
        rollback()
        told = _about(district_or_404(district_id), error.message)
        return make_response(render_template("web/files/page.html", **told), 422)
    return redirect(url_for("files.page", district_id=district_id), 303)


csrf.exempt(upload)


@blueprint.post("/districts/<int:district_id>/files/accept")
def accept(district_id: int) -> AnyResponse:
    district = district_or_404(district_id)
    arriving.accept_waiting(district, request.form.get("digest", ""))
    flash("Accepted: the next syncs go by it.")
    return redirect(url_for("files.page", district_id=district_id), 303)


@blueprint.post("/districts/<int:district_id>/files/refuse")
def refuse(district_id: int) -> AnyResponse:
    district = district_or_404(district_id)
    arriving.refuse_waiting(district, request.form.get("digest", ""))
    flash("Refused: nothing of it is kept.")
    return redirect(url_for("files.page", district_id=district_id), 303)


@blueprint.post("/districts/<int:district_id>/files/folder")
def folder(district_id: int) -> AnyResponse:
    """What becomes of files that come into the district's folder."""
    district = district_or_404(district_id)
    by_itself = request.form.get("by_itself") == "on"
    dropped.choose(district, accepts_by_itself=by_itself)
    commit()
    flash("Saved.")
    return redirect(url_for("files.page", district_id=district_id), 303)


def _about(district: District, error: str = "") -> dict[str, object]:
    in_force, waiting = accepted.since(district.id), arriving.waiting(district)
    return {
        "district": district,
        "error": error,
        "in_force": in_force,
        "waiting": waiting,
        "shown": _SHOWN,
        "is_watched": current_config().roster_files_dir is not None,
        "by_itself": dropped.accepts_by_itself(district),
        "refused": dropped.refused(district.id, _REFUSED_SHOWN),
    }
