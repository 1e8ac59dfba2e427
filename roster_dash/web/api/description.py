"""What the API offers, as OpenAPI 3.1: served at /api/v1/openapi.json, and tested against it."""

from collections.abc import Mapping
from typing import Any

from roster_dash.roster.difference import SIDES
from roster_dash.store.export import LIST_COLUMNS, PEOPLE_COLUMNS
from roster_dash.store.runs import RunStatus, Trigger
from roster_dash.store.tokens import Scope

Schema = dict[str, Any]
_LARGEST = (1 << 31) - 1


def _object(**properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, "required": list(properties)}


def _named(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


_TEXT: Schema = {"type": "string"}
_MAYBE: Schema = {"type": ["string", "null"]}
_ID: Schema = {"type": "integer", "minimum": 1, "maximum": _LARGEST}
_COUNTS: Schema = {"type": "object", "additionalProperties": {"type": "integer"}}
_STATUS: Schema = {"type": "string", "enum": ["active", "archived"]}
_ODD: Mapping[str, Schema] = {
    "source_id": _MAYBE,
    "roles": {"type": "array", "items": _TEXT},
    "status": _STATUS,
    "included_in_sync": {"type": "boolean"},
}
"""The columns that aren't plain text."""

_ON_LIST = {"type": "array", "items": _object(id=_ID, source_id=_MAYBE)}
_LIST = {name: _ODD.get(name, _TEXT) for name in LIST_COLUMNS if name not in SIDES}
SCHEMAS: dict[str, Schema] = {
    "Run": _object(
        run=_ID,
        school=_ID,
        status={"type": "string", "enum": list(map(str, RunStatus))},
        trigger={"type": "string", "enum": list(map(str, Trigger))},
        message=_TEXT,
        snapshot={"type": ["integer", "null"]},
        counts=_object(people=_COUNTS, lists=_COUNTS, memberships=_COUNTS),
        started_at=_MAYBE,
        finished_at=_MAYBE,
    ),
    "Person": _object(id=_ID, **{name: _ODD.get(name, _TEXT) for name in PEOPLE_COLUMNS}),
    "List": _object(id=_ID, **_LIST),
    "ListWithPeople": _object(id=_ID, **_LIST, **dict.fromkeys(SIDES, _ON_LIST)),
    "Problem": _object(type=_TEXT, title=_TEXT, status={"type": "integer"}, detail=_TEXT),
}


def _parameter(name: str, help_: str, schema: Schema, where: str = "query") -> Schema:
    told = {"name": name, "in": where, "description": help_, "schema": schema}
    return {**told, "required": where == "path"}


_PAGED = [
    _parameter("limit", "How many, at most.", {"type": "integer", "minimum": 1, "maximum": 200}),
    _parameter("after", "Go on after this id; `next` of a page says it.", _ID),
]
_STATE = _parameter(
    "status", "Active ones unless said.", {"type": "string", "enum": ["active", "archived", "all"]}
)


def _operation(
    name: str, help_: str, scope: Scope, schema: Schema, parameters: list[Schema], *errors: int
) -> Schema:
    words = {401: "No good key.", 403: "The key lacks the scope.", 404: "Not in this school."}
    words[422] = "A parameter can’t be used."
    refused = {"content": {"application/problem+json": {"schema": _named("Problem")}}}
    good = {
        "description": help_,
        "headers": {"ETag": {"schema": _TEXT}},
        "content": {"application/json": {"schema": schema}},
    }
    answers: Schema = {"200": good, "304": {"description": "Unchanged since that ETag."}}
    for code in (401, 403, 422, *errors):
        answers[str(code)] = {"description": words[code], **refused}
    return {
        "get": {
            "operationId": name,
            "summary": help_,
            "description": f"Needs the scope `{scope}`.",
            "security": [{"key": []}],
            "parameters": parameters,
            "responses": answers,
        }
    }


def _many(name: str, help_: str, scope: Scope, schema: str, *more: Schema) -> Schema:
    listed = _object(data={"type": "array", "items": _named(schema)}, next=_MAYBE)
    return _operation(name, help_, scope, listed, [*_PAGED, *more])


def _one(name: str, help_: str, scope: Scope, schema: str, key: str) -> Schema:
    parameters = [_parameter(key, "Our id.", _ID, "path")]
    return _operation(name, help_, scope, _named(schema), parameters, 404)


DESCRIPTION: Mapping[str, Any] = {
    "openapi": "3.1.0",
    "info": {
        "title": "Roster Dash",
        "version": "1",
        "description": "Reads one school’s runs, people and lists. The key decides which school.",
    },
    "servers": [{"url": "/"}],
    "paths": {
        "/api/v1/runs": _many("runs", "Runs, newest first.", Scope.RUNS, "Run"),
        "/api/v1/runs/{run_id}": _one("run", "One run.", Scope.RUNS, "Run", "run_id"),
        "/api/v1/people": _many("people", "People, by id.", Scope.PEOPLE, "Person", _STATE),
        "/api/v1/people/{person_id}": _one(
            "person", "One person.", Scope.PEOPLE, "Person", "person_id"
        ),
        "/api/v1/lists": _many("lists", "User lists, by id.", Scope.LISTS, "List", _STATE),
        "/api/v1/lists/{list_id}": _one(
            "list", "One list, with its people.", Scope.LISTS, "ListWithPeople", "list_id"
        ),
    },
    "components": {
        "schemas": SCHEMAS,
        "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
    },
}
