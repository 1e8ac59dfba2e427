"""How long a district keeps its data, and one person's data: taken away, or erased."""

import json

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request
from flask import url_for as address
from werkzeug.wrappers import Response as AnyResponse

from roster_dash.roster.errors import BadInput
from roster_dash.roster.retention import kept_days, kinds_for, read_days
from roster_dash.store import audit, privacy, retention, schools
from roster_dash.store.audit import Did
from roster_dash.store.tables import PersonRow
from roster_dash.store.transactions import commit
from roster_dash.web.access import district_or_404, person_or_404, school_or_404

blueprint = Blueprint("privacy", __name__)


@blueprint.get("/districts/<int:district_id>/retention")
def page(district_id: int) -> str:
    row = district_or_404(district_id)
    kinds = kinds_for(row.origin)
    texts = {data: str(kept_days(row.retention, data) or "") for data in kinds}
    return render_template(
        "web/privacy/retention.html", district=row, kinds=kinds, texts=texts, errors={}
    )


@blueprint.post("/districts/<int:district_id>/retention")
def save(district_id: int) -> AnyResponse:
    """What is too old then is deleted within a day."""
    row = district_or_404(district_id)
    days, errors = read_days(request.form, row.origin)
    if errors:
        told = {
            "district": row,
            "kinds": kinds_for(row.origin),
            "texts": request.form,
            "errors": errors,
        }
        return make_response(render_template("web/privacy/retention.html", **told), 422)
    retention.save_days(row, days)
    commit()
    flash("Saved. What is too old is deleted within a day.")
    return redirect(address("privacy.page", district_id=row.id), 303)


@blueprint.get("/people/<int:person_id>/privacy")
def person(person_id: int) -> str:
    return _person_page(person_or_404(person_id))


@blueprint.post("/people/<int:person_id>/privacy/export")
def export(person_id: int) -> Response:
    """Everything that is kept of somebody, as a JSON file."""
    row = person_or_404(person_id)
    text = json.dumps(privacy.data_of(row), default=str, ensure_ascii=False, indent=1)
    audit.record(Did.PERSON_EXPORTED, school=school_or_404(row.school_id), about=f"person {row.id}")
    commit()
    headers = {"Content-Disposition": f"attachment; filename=person-{person_id}.json"}
    return Response(text, mimetype="application/json", headers=headers)


@blueprint.post("/people/<int:person_id>/privacy/erase")
def erase(person_id: int) -> AnyResponse:
    """For good: whoever asks says so with a tick."""
    row = person_or_404(person_id)
    schools.lock_school(row.school_id)
    school = school_or_404(row.school_id)
    try:
        if request.form.get("sure") != "yes":
            raise BadInput("Tick that you mean it; this can’t be taken back.")
        privacy.erase(school, [row])
    except BadInput as error:
        return make_response(_person_page(row, error.message), 422)
    commit()
    flash(f"Person {person_id} is erased.")
    return redirect(address("people.page", school_id=school.id), 303)


def _person_page(row: PersonRow, error: str = "") -> str:
    return render_template(
        "web/privacy/person.html",
        person=row,
        school=school_or_404(row.school_id),
        refusal=privacy.why_not_erased(row),
        error=error,
    )
