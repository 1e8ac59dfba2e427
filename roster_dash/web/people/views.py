"""The People Manager: find people, see where each value comes from, and edit by hand."""

from collections.abc import Callable
from functools import partial

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from roster_dash.planning import today_at
from roster_dash.roster.errors import BadInput
from roster_dash.roster.history import FOR_EVER
from roster_dash.roster.importing import COLUMNS, NEEDED, plan_import
from roster_dash.roster.origin import capital
from roster_dash.roster.roles import FORM_ORDER, Role
from roster_dash.store import edits, people
from roster_dash.store.export import PEOPLE_COLUMNS
from roster_dash.store.rosters import load_kept
from roster_dash.store.settings import load_settings
from roster_dash.store.tables import PersonRow, School
from roster_dash.store.transactions import commit, rollback
from roster_dash.web.access import person_or_404, school_or_404
from roster_dash.web.downloads import csv_file
from roster_dash.web.htmx import asks_for
from roster_dash.web.login import viewing
from roster_dash.web.people.leaving import countdown, snooze_day
from roster_dash.web.people.person import exported, fields_of, in_roster
from roster_dash.web.values import row_number

blueprint = Blueprint("people", __name__)


@blueprint.get("/schools/<int:school_id>/people")
def page(school_id: int) -> str:
    school = school_or_404(school_id)
    wanted = _wanted()
    found = people.find_people(school.id, wanted)
    return render_template(
        "web/people/_people.html" if asks_for("people") else "web/people/page.html",
        school=school,
        is_part=asks_for("people"),
        people=found[: people.PAGE],
        place=people.place_of_people(school.id, wanted, found),
        asked=_asked(wanted),
        grades=people.grades_of(school.id),
        roles=FORM_ORDER,
        wanted=wanted,
        countdown=partial(countdown, school=school, settings=load_settings(school.id)),
    )


@blueprint.get("/schools/<int:school_id>/people.csv")
def export(school_id: int) -> Response:
    """What the page's filter shows, all pages of it; safe to open in a spreadsheet."""
    school = school_or_404(school_id)
    rows = people.find_people(school.id, _wanted(), limit=None)
    return csv_file(f"people-{school.id}", PEOPLE_COLUMNS, map(exported, rows), school=school)


@blueprint.post("/schools/<int:school_id>/people/bulk")
def change_many(school_id: int) -> AnyResponse:
    """The same change for everybody who is ticked."""
    school, what = school_or_404(school_id), request.form.get("what", "")
    rows = people.people_of(school.id, request.form.getlist("person", type=row_number))
    if what in _CHANGES:
        for row in rows:
            _CHANGES[what](row, viewing().id)
        commit()
        done = _DONE[what].format(source=school.origin.name)
        flash(f"{len(rows):,} {'person' if len(rows) == 1 else 'people'}: {done}")
    return redirect(url_for("people.page", school_id=school.id), 303)


@blueprint.get("/schools/<int:school_id>/people/new")
def new(school_id: int) -> str:
    school = school_or_404(school_id)
    return render_template(
        "web/people/new.html", school=school, roles=FORM_ORDER, form={}, error=""
    )


@blueprint.post("/schools/<int:school_id>/people/new")
def add(school_id: int) -> AnyResponse | tuple[str, int]:
    school = school_or_404(school_id)
    names = ("first_name", "last_name", "email", "grade")
    values = {name: request.form.get(name, "") for name in names}
    try:
        person = edits.add_person(school.id, _role(), values, viewing().id)
    except BadInput as error:
        rollback()
        told = {"school": school, "roles": FORM_ORDER, "form": request.form, "error": error.message}
        return render_template("web/people/new.html", **told), 422
    commit()
    return _to(person, "Added.")


def _role() -> Role:
    """The role that was chosen. Errors: BadInput."""
    chosen = request.form.get("role", "")
    if chosen not in FORM_ORDER:
        raise BadInput("Choose the role that the person has.")
    return Role(chosen)


@blueprint.get("/schools/<int:school_id>/people/import")
def choose_file(school_id: int) -> str:
    school = school_or_404(school_id)
    return render_template("web/people/import.html", school=school, plan=None, text="", **_FILE)


@blueprint.post("/schools/<int:school_id>/people/import")
def import_file(school_id: int) -> AnyResponse | str:
    """Shows what a file would add; with `confirm` adds it."""
    school = school_or_404(school_id)
    sent = request.files.get("file")
    text = sent.read().decode("utf-8", "replace") if sent else request.form.get("text", "")
    plan = plan_import(text, load_kept(school.id).people)
    if "confirm" not in request.form or plan.errors:
        told = {"school": school, "plan": plan, "text": text, **_FILE}
        return render_template("web/people/import.html", **told)
    edits.add_people(school.id, plan.new, viewing().id)
    commit()
    flash(f"{len(plan.new):,} added, {len(plan.here):,} were here already.")
    return redirect(url_for("people.page", school_id=school.id), 303)


_FILE = {"columns": COLUMNS, "needed": NEEDED}


@blueprint.get("/people/<int:person_id>")
def person(person_id: int) -> str:
    return render_template("web/people/person.html", **_about(person_or_404(person_id)))


@blueprint.post("/people/<int:person_id>")
def edit(person_id: int) -> AnyResponse | tuple[str, int]:
    row = person_or_404(person_id)
    values = {name: text for name, text in request.form.items() if name in edits.EDITABLE}
    try:
        edits.edit_person(row, values, viewing().id)
    except BadInput as error:
        rollback()
        about = _about(row) | {"typed": values, "error": error.message}
        return render_template("web/people/person.html", **about), 422
    commit()
    return _to(row, "Saved. What you set here stays; syncs leave it alone.")


@blueprint.post("/people/<int:person_id>/give-back/<field>")
def give_back(person_id: int, field: str) -> AnyResponse:
    row = person_or_404(person_id)
    roster, origin = in_roster(row), _school(row).origin
    if roster is None or field not in row.set_here:
        return _to(row, f"{origin.start} has nothing to put in its place; yours stays.")
    edits.give_back(row, field, roster, viewing().id)
    commit()
    return _to(row, f"{capital(origin.whose)} value is used again.")


@blueprint.post("/people/<int:person_id>/<any(include,leave_out,keep,archive,restore):what>")
def change(person_id: int, what: str) -> AnyResponse:
    row = person_or_404(person_id)
    _CHANGES[what](row, viewing().id)
    commit()
    return _to(row, _DONE[what].format(source=_school(row).origin.name))


@blueprint.post("/people/<int:person_id>/stay")
def stay(person_id: int) -> AnyResponse:
    """Somebody missing from Clever stays: for good, or until a day."""
    row = person_or_404(person_id)
    day, text = FOR_EVER, request.form.get("until", "")
    if text:
        typed = snooze_day(text, today_at(_school(row)))
        if typed is None:
            return _to(row, f"“{text[:20]}” is no day from tomorrow to a year ahead; choose one.")
        day = typed
    if row.leaving_since is None:
        return _to(row, f"They are not missing from {_school(row).origin.name} (any more).")
    edits.let_stay(row, day, viewing().id)
    commit()
    return _to(row, "They stay.")


_CHANGES: dict[str, Callable[[PersonRow, int], None]] = {
    "include": lambda row, user_id: edits.include_person(row, True, user_id),
    "keep": lambda row, user_id: _keep(row, user_id),
    "leave_out": lambda row, user_id: edits.include_person(row, False, user_id),
    "archive": edits.archive_person,
    "restore": edits.restore_person,
}
_DONE = {
    "keep": "They stay until {source} has them again.",
    "include": "They follow the roster again.",
    "leave_out": "Left out of the sync: nothing is updated or archived until you change that.",
    "archive": "Archived.",
    "restore": "They are back, and in the sync.",
}


def _keep(row: PersonRow, user_id: int) -> None:
    if row.leaving_since is not None:
        edits.let_stay(row, FOR_EVER, user_id)


def _to(row: PersonRow, message: str) -> AnyResponse:
    flash(message)
    return redirect(url_for("people.person", person_id=row.id), 303)


def _about(row: PersonRow) -> dict[str, object]:
    return {
        "school": _school(row),
        "person": row,
        "name": edits.name_of(row),
        "fields": fields_of(row),
        "lists": people.lists_of_person(row.id),
        "history": people.history_of("person", row.id),
        "countdown": countdown(row, _school(row), load_settings(row.school_id)),
        "typed": {},
        "error": "",
    }


def _school(row: PersonRow) -> School:
    return school_or_404(row.school_id)


def _wanted() -> people.Wanted:
    asked = request.args
    return people.Wanted(
        text=asked.get("q", "").strip(),
        role=asked.get("role", ""),
        grade=asked.get("grade", ""),
        status=asked.get("status", "active"),
        after=asked.get("after", 0, type=row_number),
        without=asked.get("without", ""),
    )


def _asked(wanted: people.Wanted) -> dict[str, str]:
    """The filter for links that keep it; what is as usual stays out of them."""
    return {
        name: text
        for name, text in (
            *(("q", wanted.text), ("role", wanted.role), ("grade", wanted.grade)),
            *(("without", wanted.without), ("status", wanted.status)),
        )
        if text != ("active" if name == "status" else "")
    }
