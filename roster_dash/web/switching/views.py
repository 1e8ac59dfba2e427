"""Changing a district's source: try the new one, match the schools, look, then do it."""

from collections.abc import Callable

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from roster_dash import new_source, switching
from roster_dash.connecting import AUTHS, VERSIONS
from roster_dash.extensions import csrf
from roster_dash.roster.errors import RosterDashError
from roster_dash.roster.origin import ORIGINS
from roster_dash.store import switches
from roster_dash.store.tables import District, PlannedSwitch
from roster_dash.store.transactions import rollback
from roster_dash.web.access import district_or_404, refuse
from roster_dash.web.login import viewing
from roster_dash.web.uploads import sent_zip

_TYPED = ("to", "clever_id", "url", "version", "auth", "key", "token_url")
_FIELD = "school-"

blueprint = Blueprint("switching", __name__)


@blueprint.get("/districts/<int:district_id>/switch")
def page(district_id: int) -> str:
    return render_template("web/switching/page.html", **_about(district_or_404(district_id)))


@blueprint.post("/districts/<int:district_id>/switch")
def try_source(district_id: int) -> AnyResponse:
    """Asks the new source for its schools; nothing is changed."""
    district = district_or_404(district_id)
    typed = {name: request.form.get(name, "").strip() for name in _TYPED}
    secret, user_id = request.form.get("secret", "").strip(), viewing().id

    def step() -> None:
        new_source.try_source(district, typed["to"], typed, secret, user_id)

    return _tried(district_id, typed, step)


@blueprint.post("/districts/<int:district_id>/switch/file")
def upload(district_id: int) -> AnyResponse:
    """The same for a zip."""
    district = district_or_404(district_id)
    return _tried(district_id, {"to": "files"}, lambda: _read(district))


csrf.exempt(upload)


@blueprint.post("/districts/<int:district_id>/switch/schools")
def match(district_id: int) -> AnyResponse:
    district = district_or_404(district_id)
    planned = _planned_or_404(district)
    chosen = {
        int(number): there.strip()
        for name, there in request.form.items()
        if name.startswith(_FIELD) and (number := name.removeprefix(_FIELD)).isdecimal()
    }
    new_source.match_schools(district, planned, chosen)
    return redirect(url_for("switching.preview", district_id=district_id), 303)


@blueprint.get("/districts/<int:district_id>/switch/preview")
def preview(district_id: int) -> AnyResponse:
    """Reads the new source whole, and says what would happen; writes nothing."""
    district = district_or_404(district_id)
    planned = switches.planned(district.id)
    if planned is None:
        return redirect(url_for("switching.page", district_id=district_id), 303)
    try:
        seen, error = switching.foresee(district, planned), ""
    except RosterDashError as refusal:
        rollback()
        seen, error = None, refusal.message
    told = _about(district_or_404(district_id)) | {"seen": seen, "error": error}
    return make_response(render_template("web/switching/preview.html", **told))


@blueprint.post("/districts/<int:district_id>/switch/confirm")
def confirm(district_id: int) -> AnyResponse:
    district = district_or_404(district_id)
    planned = _planned_or_404(district)
    mark, even_if_few = request.form.get("mark", ""), request.form.get("even_if_few") == "on"
    switching.switch(district, planned, user_id=viewing().id, mark=mark, even_if_few=even_if_few)
    flash("The source is changed. The next syncs go by it, with the same limits as ever.")
    return redirect(url_for("connection.district", district_id=district_id), 303)


@blueprint.post("/districts/<int:district_id>/switch/cancel")
def cancel(district_id: int) -> AnyResponse:
    new_source.forget(district_or_404(district_id))
    flash("What was tried is forgotten; nothing was changed.")
    return redirect(url_for("switching.page", district_id=district_id), 303)


def _tried(district_id: int, typed: dict[str, str], step: Callable[[], None]) -> AnyResponse:
    """The schools to match; or the form again, with all that was typed but secrets."""
    try:
        step()
    except RosterDashError as error:
        rollback()
        told = _about(district_or_404(district_id), typed, error.message)
        return make_response(render_template("web/switching/page.html", **told), 422)
    return redirect(url_for("switching.page", district_id=district_id), 303)


def _read(district: District) -> None:
    with sent_zip() as path:
        new_source.try_files(district, path, viewing().id)


def _planned_or_404(district: District) -> PlannedSwitch:
    planned = switches.planned(district.id)
    if planned is None:
        refuse()
    return planned


def _about(
    district: District, typed: dict[str, str] | None = None, error: str = ""
) -> dict[str, object]:
    return {
        "district": district,
        "linked": [school for school in district.schools if school.unlinked_at is None],
        "planned": switches.planned(district.id),
        "names": {kind: origin.title for kind, origin in ORIGINS.items()},
        "typed": typed or {},
        "error": error,
        "auths": AUTHS,
        "versions": VERSIONS,
    }
