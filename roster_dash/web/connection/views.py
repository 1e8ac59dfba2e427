"""Ways to Clever: test a school's connection, connect districts, link and unlink schools."""

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from roster_dash import linking
from roster_dash.config import current_config
from roster_dash.connection import check_school, clever_app, open_source, shared_schools
from roster_dash.roster.errors import BadInput, RosterDashError
from roster_dash.sources.clever import CleverSource, find_token
from roster_dash.store import accounts, people, policies, schools
from roster_dash.store.secrets import Vault
from roster_dash.store.tables import District
from roster_dash.store.transactions import commit, rollback
from roster_dash.web.access import district_or_404, school_or_404, specialist_or_404
from roster_dash.web.login import viewing

blueprint = Blueprint("connection", __name__)


@blueprint.get("/schools/<int:school_id>/connection")
def page(school_id: int) -> str:
    return render_template("web/connection/page.html", **_about(school_id), findings=None)


@blueprint.post("/schools/<int:school_id>/connection/test")
def test(school_id: int) -> str:
    """Asks Clever now, and says what was found; changes nothing."""
    about = _about(school_id)
    findings = check_school(school_or_404(school_id))
    part = "HX-Request" in request.headers
    template = "web/connection/_findings.html" if part else "web/connection/page.html"
    return render_template(template, **about, findings=findings)


@blueprint.post("/schools/<int:school_id>/connection/unlink")
def unlink(school_id: int) -> AnyResponse:
    school = school_or_404(school_id)
    district_or_404(school.district_id)
    schools.unlink_school(school)
    commit()
    flash(f"{school.name} is unlinked. Its people and lists stay; syncs have stopped.")
    return redirect(url_for("connection.page", school_id=school.id), 303)


@blueprint.get("/districts")
def districts() -> str:
    user = viewing()
    seen = [each for each in schools.all_districts() if accounts.may_manage_district(user, each)]
    return render_template("web/connection/districts.html", districts=seen, typed={}, error="")


@blueprint.post("/districts")
def connect() -> AnyResponse:
    """Connects a district: the token that is pasted, or the one that client id and secret find."""
    specialist_or_404()
    typed = {name: request.form.get(name, "").strip() for name in ("name", "clever_id", "token")}
    try:
        district = _connect(**typed)
    except RosterDashError as error:
        rollback()
        typed["token"] = ""
        told = {"districts": schools.all_districts(), "typed": typed, "error": error.message}
        return make_response(render_template("web/connection/districts.html", **told), 422)
    flash(f"{district.name} is connected.")
    return redirect(url_for("connection.district", district_id=district.id), 303)


@blueprint.get("/districts/<int:district_id>/connection")
def district(district_id: int) -> str:
    """What the district shares now, linked or not."""
    row = district_or_404(district_id)
    linked = schools.linked_clever_ids(row)
    disconnected = row.disconnected_at is not None
    shared, findings = ([], []) if disconnected else shared_schools(row)
    return render_template(
        "web/connection/district.html",
        district=row,
        disconnected=disconnected,
        shared=shared,
        findings=findings,
        linked=linked,
        default_zone=schools.DEFAULT_TIMEZONE,
    )


@blueprint.post("/districts/<int:district_id>/link")
def link(district_id: int) -> AnyResponse:
    row = district_or_404(district_id)
    clever_id = request.form.get("school", "")
    zone = request.form.get("timezone", "").strip() or None
    source = open_source(row)
    commit()
    [school_id] = linking.link(row.id, [source.school(clever_id)], zone)
    flash(f"The school is linked. {_syncs_when(row)}")
    return redirect(url_for("connection.page", school_id=school_id), 303)


@blueprint.post("/districts/<int:district_id>/link-all")
def link_all(district_id: int) -> AnyResponse:
    """Every school that the district shares and that isn't linked yet."""
    row, zone = district_or_404(district_id), request.form.get("timezone", "").strip() or None
    shared, findings = shared_schools(row)
    if findings:
        raise BadInput(findings[0].what)
    there = schools.linked_clever_ids(row)
    ids = linking.link(row.id, [each for each in shared if each.source_id not in there], zone)
    flash(f"{len(ids)} schools are linked. {_syncs_when(row)}")
    return redirect(url_for("connection.district", district_id=row.id), 303)


@blueprint.post("/districts/<int:district_id>/disconnect")
def disconnect(district_id: int) -> AnyResponse:
    row = district_or_404(district_id)
    schools.disconnect_district(row)
    commit()
    flash(f"{row.name} is disconnected: its token is erased and its syncs have stopped.")
    return redirect(url_for("connection.districts"), 303)


@blueprint.get("/guide/sharing")
def guide() -> str:
    return render_template("web/connection/guide.html")


def _connect(name: str, clever_id: str, token: str) -> District:
    if not (name and clever_id):
        raise BadInput("Type the district’s name and its id in Clever.")
    if not (token.isascii() and token.isprintable() and " " not in token):
        raise BadInput("A token is one word of plain letters and digits; that isn’t one.")
    app = clever_app()
    token = token or find_token(app, clever_id)
    CleverSource(app, clever_id, token, patience=20.0).district_name()
    vault = Vault(current_config().credentials_keys)
    district = schools.save_district(name, clever_id, vault.lock(token))
    commit()
    return district


def _syncs_when(district: District) -> str:
    if policies.latest_version(district.id):
        return "The district’s policy holds, and a first sync follows; it only adds."
    return "Nothing is synced until settings say so."


def _about(school_id: int) -> dict[str, object]:
    school = school_or_404(school_id)
    return {
        "school": school,
        "may_manage": accounts.may_manage_district(viewing(), school.district),
        "people": people.count_people(school.id, people.Wanted()),
    }
