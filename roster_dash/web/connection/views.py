"""Ways to sources: test a school's connection, connect districts, link and unlink schools."""

from collections.abc import Callable, Mapping, Sequence

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from roster_dash import linking
from roster_dash.connecting import AUTHS, VERSIONS, connect_clever, connect_files, connect_oneroster
from roster_dash.connection import check_school, open_source, shared_schools
from roster_dash.roster.errors import BadInput, RosterDashError
from roster_dash.store import accounts, people, policies, schools
from roster_dash.store.tables import District
from roster_dash.store.transactions import commit, rollback
from roster_dash.web.access import district_or_404, school_or_404, specialist_or_404
from roster_dash.web.login import viewing

_PROVIDER = ("renewed", "name", "url", "version", "auth", "key", "token_url")

blueprint = Blueprint("connection", __name__)


@blueprint.get("/schools/<int:school_id>/connection")
def page(school_id: int) -> str:
    return render_template("web/connection/page.html", **_about(school_id), findings=None)


@blueprint.post("/schools/<int:school_id>/connection/test")
def test(school_id: int) -> str:
    """Asks the source now, and says what was found; changes nothing."""
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
    return render_template("web/connection/districts.html", **_connecting(seen))


@blueprint.post("/districts")
def connect() -> AnyResponse:
    """Connects a district: the token that is pasted, or the one that client id and secret find."""
    specialist_or_404()
    typed = {name: request.form.get(name, "").strip() for name in ("name", "clever_id", "token")}
    return _connected("clever", typed, lambda: connect_clever(**typed))


@blueprint.post("/districts/oneroster")
def connect_provider() -> AnyResponse:
    """Connects a district to a OneRoster provider."""
    specialist_or_404()
    typed = {name: request.form.get(name, "").strip() for name in _PROVIDER}
    secret = request.form.get("secret", "").strip()

    def step() -> District:
        renewed = schools.find_district(typed["renewed"]) if typed["renewed"] else None
        return connect_oneroster(typed["name"], typed, secret, renewed)

    return _connected("oneroster", typed, step)


@blueprint.post("/districts/files")
def connect_sender() -> AnyResponse:
    """Connects a district that sends files."""
    specialist_or_404()
    typed = {"name": request.form.get("name", "").strip()}
    return _connected("files", typed, lambda: connect_files(**typed))


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


def _connected(kind: str, typed: dict[str, str], step: Callable[[], District]) -> AnyResponse:
    """The district's page; or the form again, with all that was typed but secrets."""
    try:
        district = step()
    except RosterDashError as error:
        rollback()
        told = _connecting(schools.all_districts(), kind, typed | {"token": ""}, error.message)
        return make_response(render_template("web/connection/districts.html", **told), 422)
    flash(f"{district.name} is connected.")
    return redirect(url_for("connection.district", district_id=district.id), 303)


def _connecting(
    districts: Sequence[District],
    kind: str = "",
    typed: Mapping[str, str] | None = None,
    error: str = "",
) -> dict[str, object]:
    """`kind`: of which form `typed` and `error` are."""
    return {
        "districts": districts,
        "kind": kind,
        "typed": typed or {},
        "error": error,
        "auths": AUTHS,
        "versions": VERSIONS,
    }


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
