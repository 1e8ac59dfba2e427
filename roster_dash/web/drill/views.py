"""The fire drill: what it is, and how each scenario ended."""

from flask import Blueprint, render_template, request

from roster_dash.drill import drill
from roster_dash.roster.drills import END_WORDS, End
from roster_dash.roster.errors import BadInput
from roster_dash.web.access import school_or_404

blueprint = Blueprint("drill", __name__)

BADGES = {
    End.STOPPED: (END_WORDS[End.STOPPED], "good"),
    End.HARMLESS: (END_WORDS[End.HARMLESS], "calm"),
    End.THROUGH: (END_WORDS[End.THROUGH], "bad"),
    End.UNPROVEN: (END_WORDS[End.UNPROVEN], "bad"),
}
"""How a scenario ended -> (its word, its tone)."""


@blueprint.get("/schools/<int:school_id>/drill")
def page(school_id: int) -> str:
    return render_template("web/drill/page.html", school=school_or_404(school_id))


@blueprint.post("/schools/<int:school_id>/drill")
def run(school_id: int) -> tuple[str, int]:
    """Tries every scenario now; writes nothing."""
    school = school_or_404(school_id)
    done, error = None, ""
    try:
        done = drill(school)
    except BadInput as refused:
        error = refused.message
    part = "HX-Request" in request.headers
    html = render_template(
        "web/drill/_results.html" if part else "web/drill/page.html",
        school=school,
        drill=done,
        error=error,
        badges=BADGES,
    )
    return html, 422 if error else 200
