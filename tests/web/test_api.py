"""The read API: who gets at what, pages, ETags, and that it is as its description says."""

from datetime import UTC, datetime, timedelta

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from werkzeug.test import TestResponse

from roster_dash.extensions import db
from roster_dash.roster.errors import BadInput
from roster_dash.store import audit, tokens
from roster_dash.store.tables import ApiToken, School
from roster_dash.store.tokens import Scope
from roster_dash.store.transactions import commit
from roster_dash.web.api.description import DESCRIPTION
from tests.builders import Builder, a_section, a_snapshot, a_student, a_teacher
from tests.clever import Clever
from tests.web.world import World, build_world, path_of, routes


def a_key(school: School, *scopes: str, days: int = 30) -> str:
    key = tokens.make_token(school, "Library", scopes or tuple(Scope), days, None)
    commit()
    return key


def ask(app: Flask, path: str, key: str = "", method: str = "GET", **headers: str) -> TestResponse:
    db.session.commit()
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    if key:
        told["Authorization"] = f"Bearer {key}"
    with app.app_context():
        return app.test_client().open(path, method=method, headers=told, buffered=True)


def the_row(key: str) -> ApiToken:
    row = tokens.find_token(key, datetime.now(UTC))
    assert row is not None
    return row


@pytest.fixture
def world(make: Builder, clever: Clever) -> World:
    return build_world(make, clever)


def keys_of(world: World) -> dict[str, str]:
    here = world.here.school
    found = {
        "none": "",
        "wrong": "rd_wrong",
        "expired": a_key(here),
        "revoked": a_key(here),
        "another school's": a_key(world.elsewhere.school),
        "without a scope": tokens.make_token(here, "Odd", [Scope.RUNS], 1, None),
        "good": a_key(here),
    }
    the_row(found["without a scope"]).scopes = []
    the_row(found["expired"]).expires_at = datetime.now(UTC) - timedelta(seconds=1)
    tokens.revoke(the_row(found["revoked"]))
    commit()
    return found


EXPECTED = {
    "none": 401,
    "wrong": 401,
    "expired": 401,
    "revoked": 401,
    "without a scope": 403,
    "good": 200,
}


def test_every_route_of_the_api_is_open_to_a_good_key_only(app: Flask, world: World) -> None:
    keys, values = keys_of(world), world.here.values()
    for rule, method in routes(app):
        if not rule.endpoint.startswith("api."):
            continue
        assert method == "GET", rule.rule
        path = path_of(rule, values)
        for name, key in keys.items():
            expected = EXPECTED.get(name) or (404 if rule.arguments else 200)
            answer = ask(app, path, key)
            assert answer.status_code == expected, (path, name)
            if name == "another school's":
                assert "Here" not in answer.text
                assert '"here-' not in answer.text


def test_the_description_names_every_route(app: Flask) -> None:
    described = {path.replace("{", "<int:").replace("}", ">") for path in DESCRIPTION["paths"]}
    routed = {rule.rule for rule, _ in routes(app) if rule.endpoint.startswith("api.")}
    assert described == routed
    assert ask(app, "/api/v1/openapi.json").json["openapi"] == "3.1.0"


def test_a_browser_s_log_in_opens_nothing_of_the_api(app: Flask, make: Builder, visit_as) -> None:
    visitor = visit_as(make.owner(make.school()))
    assert visitor.get("/api/v1/people").status_code == 401


def test_each_scope_opens_its_own_part_only(app: Flask, make: Builder) -> None:
    school = make.school()
    parts = {Scope.RUNS: "runs", Scope.PEOPLE: "people", Scope.LISTS: "lists"}
    for scope in Scope:
        key = a_key(school, scope)
        for other, part in parts.items():
            status = ask(app, f"/api/v1/{part}", key).status_code
            assert status == (200 if other is scope else 403)


def test_pages_go_on_until_everybody_was_there_once(app: Flask, make: Builder) -> None:
    school = make.school()
    make.synced(school, a_snapshot([a_student() for _ in range(23)]))
    key, path, seen = a_key(school), "/api/v1/people?limit=10", []
    while path:
        answer = ask(app, path, key)
        seen += [person["source_id"] for person in answer.json["data"]]
        path = answer.json["next"]
        assert ("Link" in answer.headers) == bool(path)
    assert len(seen) == len(set(seen)) == 23


def test_runs_are_newest_first_and_paged(app: Flask, make: Builder) -> None:
    school = make.school()
    made = [make.run(school).id for _ in range(5)]
    key = a_key(school)
    first = ask(app, "/api/v1/runs?limit=3", key).json
    rest = ask(app, first["next"], key).json
    assert [run["run"] for run in first["data"] + rest["data"]] == made[::-1]
    assert rest["next"] is None


def test_a_list_tells_who_is_on_it(app: Flask, make: Builder) -> None:
    school, student, teacher = make.school(), a_student("s1"), a_teacher("t1")
    section = a_section("bio", students=("s1",), teachers=("t1",))
    make.synced(school, a_snapshot([student, teacher], [section]))
    key = a_key(school)
    [found] = ask(app, "/api/v1/lists", key).json["data"]
    whole = ask(app, f"/api/v1/lists/{found['id']}", key).json
    assert [person["source_id"] for person in whole["members"]] == ["s1"]
    assert [person["source_id"] for person in whole["managers"]] == ["t1"]


def test_what_has_not_changed_is_not_sent_again(app: Flask, make: Builder) -> None:
    school = make.school()
    make.synced(school, a_snapshot([a_student()]))
    key = a_key(school)
    first = ask(app, "/api/v1/people", key)
    again = ask(app, "/api/v1/people", key, If_None_Match=first.headers["ETag"])
    assert (again.status_code, again.data) == (304, b"")
    make.synced(school, a_snapshot([a_student(), a_student()]))
    newer = ask(app, "/api/v1/people", key, If_None_Match=first.headers["ETag"])
    assert newer.status_code == 200
    assert "no-cache" in newer.headers["Cache-Control"]


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=201", "limit=x", "after=-1", "status=gone", "limit=1&limit=2", "page=2"],
)
def test_a_parameter_that_can_t_be_used_is_named(query: str, app: Flask, make: Builder) -> None:
    answer = ask(app, f"/api/v1/people?{query}", a_key(make.school()))
    assert answer.status_code == 422
    assert answer.content_type == "application/problem+json"
    assert query.split("=")[0] in answer.json["detail"]


def test_other_methods_are_refused_in_the_same_form(app: Flask, make: Builder) -> None:
    answer = ask(app, "/api/v1/people", a_key(make.school()), method="DELETE")
    assert (answer.status_code, answer.json["status"]) == (405, 405)
    assert "GET" in answer.headers["Allow"]


def test_a_key_is_shown_once_kept_as_a_digest_and_can_be_revoked(
    app: Flask, make: Builder, visit_as
) -> None:
    school = make.school()
    visitor, page = visit_as(make.owner(school)), f"/schools/{school.id}/api"
    form = {"name": "Library", "scope": "people:read", "days": "90"}
    shown = visitor.post(f"{page}/tokens", form, page=page).text
    key = shown.split('class="secret">')[1].split("<")[0]
    assert ask(app, "/api/v1/people", key).status_code == 200
    assert key not in visitor.get(page).text
    row = the_row(key)
    assert row.used_at is not None
    assert key not in str(vars(row))
    visitor.post(f"{page}/tokens/{row.id}/revoke", page=page)
    assert ask(app, "/api/v1/people", key).status_code == 401
    did = [entry.action for entry in audit.find_entries(make.specialist(), audit.Wanted())]
    assert {"credentials.token_made", "credentials.token_revoked"} <= set(did)


@pytest.mark.parametrize(
    ("name", "scopes", "days", "word"),
    [
        ("", ["people:read"], 30, "name"),
        ("x", [], 30, "read"),
        ("x", ["everything"], 30, "read"),
        ("x", ["people:read"], 0, "days"),
        ("x", ["people:read"], 9999, "days"),
    ],
)
def test_a_key_needs_a_name_a_scope_and_an_end(
    name: str, scopes: list[str], days: int, word: str, make: Builder
) -> None:
    with pytest.raises(BadInput, match=word):
        tokens.make_token(make.school(), name, scopes, days, None)


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_the_api_is_as_it_says_whatever_is_sent(app: Flask, world: World) -> None:
    key = a_key(world.here.school)
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app)

    seen: set[int] = set()
    for found in schema.get_all_operations():

        @settings(
            max_examples=40,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(
            st.one_of(*(found.ok().as_strategy(generation_mode=mode) for mode in GenerationMode))
        )
        def check(case: schemathesis.Case) -> None:
            db.session.commit()
            with app.app_context():
                answer = case.call_and_validate(headers={"Authorization": f"Bearer {key}"})
            seen.add(answer.status_code)

        check()
    assert {200, 404, 422} <= seen
