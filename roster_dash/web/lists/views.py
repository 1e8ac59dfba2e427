"""User lists: find them, see who is on them, and edit by hand what syncs leave alone."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from roster_dash.roster.errors import BadInput
from roster_dash.store import edits, people
from roster_dash.store.tables import ListRow
from roster_dash.store.transactions import commit, rollback
from roster_dash.web.access import list_or_404, person_or_404, school_or_404
from roster_dash.web.htmx import asks_for
from roster_dash.web.login import viewing
from roster_dash.web.values import row_number

blueprint = Blueprint("lists", __name__)

CANDIDATES = 10
"""So many of those whom a search finds are offered for a list."""


@blueprint.get("/schools/<int:school_id>/lists")
def page(school_id: int) -> str:
    school = school_or_404(school_id)
    asked = request.args
    wanted = people.Wanted(
        text=asked.get("q", "").strip(),
        status=asked.get("status", "active"),
        after=asked.get("after", 0, type=row_number),
        without=asked.get("without", ""),
    )
    found = people.find_lists(school.id, wanted)
    is_part = asks_for("lists")
    kept = {"q": wanted.text or None, "without": wanted.without or None}
    return render_template(
        "web/lists/_lists.html" if is_part else "web/lists/page.html",
        is_part=is_part,
        school=school,
        lists=found[: people.PAGE],
        place=people.place_of_lists(school.id, wanted, found),
        wanted=wanted,
        asked=kept | {"status": wanted.status if wanted.status != "active" else None},
    )


@blueprint.get("/lists/<int:list_id>")
def list_page(list_id: int) -> str:
    row = list_or_404(list_id)
    text = request.args.get("q", "").strip()
    found = people.find_people(row.school_id, people.Wanted(text=text), CANDIDATES) if text else []
    told = {"list": row, "text": text, "found": found}
    if asks_for("candidates"):
        return render_template("web/lists/_candidates.html", **told, is_part=True)
    return render_template(
        "web/lists/list.html",
        **told,
        school=school_or_404(row.school_id),
        people=people.people_on_list(row.id),
    )


@blueprint.post("/lists/<int:list_id>")
def edit(list_id: int) -> AnyResponse:
    row = list_or_404(list_id)
    values = {
        "title": request.form.get("title", ""),
        "visibility": "public" if request.form.get("visibility") == "public" else "private",
        "included_in_sync": request.form.get("included_in_sync") == "on",
    }
    edits.edit_list(row, values, viewing().id)
    commit()
    return _to(row, "Saved. A title you set stays; syncs keep the class’s own name beside it.")


@blueprint.post("/lists/<int:list_id>/people")
def put_on(list_id: int) -> AnyResponse:
    row = list_or_404(list_id)
    person = person_or_404(request.form.get("person", 0, type=row_number))
    name = edits.name_of(person)
    try:
        edits.put_on_list(row, request.form.get("side", ""), person, viewing().id)
    except BadInput as error:
        rollback()
        return _to(row, error.message)
    commit()
    return _to(row, f"{name} is on the list. Syncs leave them on.")


@blueprint.post("/lists/<int:list_id>/people/<int:person_id>/<side>/off")
def take_off(list_id: int, person_id: int, side: str) -> AnyResponse:
    row = list_or_404(list_id)
    try:
        edits.take_off_list(row, side, person_id, viewing().id)
    except BadInput as error:
        rollback()
        return _to(row, error.message)
    commit()
    return _to(row, "Taken off the list.")


def _to(row: ListRow, message: str) -> AnyResponse:
    flash(message)
    return redirect(url_for("lists.list_page", list_id=row.id), 303)
