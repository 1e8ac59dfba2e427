"""People and lists as they were at any past moment, and what differs between two."""

from flask import Blueprint, Response, render_template, request

from roster_dash.language import translated
from roster_dash.roster.errors import BadInput
from roster_dash.web.access import school_or_404
from roster_dash.web.downloads import csv_file
from roster_dash.web.htmx import asks_for
from roster_dash.web.past import looking
from roster_dash.web.values import row_number

blueprint = Blueprint("past", __name__)


@blueprint.get("/schools/<int:school_id>/past")
def page(school_id: int) -> str | tuple[str, int]:
    """`at` is a day or moment; with `compare`, another one, the difference between the two."""
    school, asked = school_or_404(school_id), _asked()
    told = {"school": school, "asked": asked, "suggestions": looking.suggestions(school)}
    try:
        seen = looking.view(school, asked)
    except BadInput as error:
        return render_template("web/past/page.html", **told, error=error.message), 422
    if isinstance(seen, looking.Comparison):
        return render_template("web/past/difference.html", **told, compared=seen)
    name = "web/past/_rows.html" if seen and asks_for("rows") else "web/past/page.html"
    return render_template(name, **told, view=seen, is_part=asks_for("rows"))


@blueprint.get("/schools/<int:school_id>/past.csv")
def export(school_id: int) -> Response | tuple[str, int]:
    school, asked = school_or_404(school_id), _asked()
    try:
        columns, rows = looking.exported(school, asked)
    except BadInput as error:
        title = "That could not be done"
        told = {"code": 422, "title": translated(title), "text": translated(error.message)}
        return render_template("web/layout/error.html", **told), 422
    return csv_file(f"{asked.what}-{school.id}-{asked.at[:10]}", columns, rows, school=school)


def _asked() -> looking.Asked:
    asked = request.args
    return looking.Asked(
        at=asked.get("at", "").strip(),
        compare=asked.get("compare", "").strip(),
        what=looking.LISTS if asked.get("what") == looking.LISTS else looking.PEOPLE,
        q=asked.get("q", "").strip(),
        status=asked.get("status", "active"),
        after=asked.get("after", 0, type=row_number),
    )
