"""Why is this person here, missing or unchanged? One box, answered as a checklist."""

from flask import Blueprint, render_template, request

from roster_dash.language import translated
from roster_dash.roster.errors import BadInput
from roster_dash.roster.why import note_of
from roster_dash.web.access import school_or_404
from roster_dash.why import why

blueprint = Blueprint("why", __name__)


@blueprint.get("/schools/<int:school_id>/why")
def page(school_id: int) -> tuple[str, int]:
    school, asked = school_or_404(school_id), request.args.get("q", "").strip()[:200]
    found, error = None, ""
    try:
        found = why(school, asked) if asked else None
    except BadInput as refusal:
        error = refusal.message
    told = {"school": school, "asked": asked, "found": found, "error": error}
    page = render_template("web/why/page.html", **told, note_of=note_of, say=translated)
    return page, 422 if error else 200
