"""The read API: a school's runs, people and lists, for whoever has a key of the school."""

from flask import Blueprint, Response

from roster_dash.roster.difference import SIDES
from roster_dash.store import people, runs
from roster_dash.store.export import LIST_COLUMNS, PEOPLE_COLUMNS, run_document
from roster_dash.store.people import Wanted
from roster_dash.store.tables import ListRow, PersonRow
from roster_dash.store.tokens import Scope
from roster_dash.web.api.asking import (
    MOST,
    USUAL,
    Document,
    answer_with,
    asked,
    authenticate,
    needs,
    number,
    page,
    refuse,
)
from roster_dash.web.api.description import DESCRIPTION

blueprint = Blueprint("api", __name__, url_prefix="/api/v1")
open_blueprint = Blueprint("api_description", __name__, url_prefix="/api/v1")
blueprint.before_request(authenticate)

STATUSES = ("active", "archived", "all")


@open_blueprint.get("/openapi.json")
def description() -> Response:
    return answer_with(DESCRIPTION)


@blueprint.get("/runs")
def list_runs() -> Response:
    """Newest first."""
    token, told = needs(Scope.RUNS), asked(after=(), limit=())
    limit = number("limit", told["limit"], USUAL, MOST)
    before = number("after", told["after"], 0) or None
    wanted = runs.Wanted(school_id=token.school_id, before=before)
    rows = runs.find_runs(token.school.district_id, wanted, limit)
    return page(rows, [run_document(row) for row in rows], limit)


@blueprint.get("/runs/<int:run_id>")
def one_run(run_id: int) -> Response:
    token, _ = needs(Scope.RUNS), asked()
    run = runs.get_run(run_id)
    if run is None or run.school_id != token.school_id:
        refuse(404, "This school has no such run.")
    return answer_with(run_document(run))


@blueprint.get("/people")
def list_people() -> Response:
    token, (wanted, limit) = needs(Scope.PEOPLE), _wanted()
    rows = people.find_people(token.school_id, wanted, limit)
    return page(rows, [_person(row) for row in rows], limit)


@blueprint.get("/people/<int:person_id>")
def one_person(person_id: int) -> Response:
    token, _ = needs(Scope.PEOPLE), asked()
    row = people.get_person(person_id)
    if row is None or row.school_id != token.school_id:
        refuse(404, "This school has no such person.")
    return answer_with(_person(row))


@blueprint.get("/lists")
def list_lists() -> Response:
    token, (wanted, limit) = needs(Scope.LISTS), _wanted()
    rows = [found[0] for found in people.find_lists(token.school_id, wanted, limit)]
    return page(rows, [_list(row) for row in rows], limit)


@blueprint.get("/lists/<int:list_id>")
def one_list(list_id: int) -> Response:
    """With who is on it."""
    token, _ = needs(Scope.LISTS), asked()
    row = people.get_list(list_id)
    if row is None or row.school_id != token.school_id:
        refuse(404, "This school has no such list.")
    on_it: dict[str, list[Document]] = {side: [] for side in SIDES}
    for person, side, _by_hand in people.people_on_list(row.id):
        on_it[side].append({"id": person.id, "source_id": person.source_id})
    return answer_with({**_list(row), **on_it})


def _wanted() -> tuple[Wanted, int]:
    told = asked(after=(), limit=(), status=STATUSES)
    status = "" if told["status"] == "all" else told["status"]
    after = number("after", told["after"], 0)
    return Wanted(status=status, after=after), number("limit", told["limit"], USUAL, MOST)


def _person(row: PersonRow) -> Document:
    return {"id": row.id} | {name: getattr(row, name) for name in PEOPLE_COLUMNS}


def _list(row: ListRow) -> Document:
    names = [name for name in LIST_COLUMNS if name not in SIDES]
    return {"id": row.id} | {name: getattr(row, name) for name in names}
