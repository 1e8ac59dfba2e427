"""Who may do what, at every route and method there is: one table, compared with the truth.

A new route fails here until the table says for whom it is.
"""

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from roster_dash.app import create_app
from roster_dash.config import load_config
from tests.builders import Builder
from tests.clever import Clever
from tests.visitor import Visitor
from tests.web.world import World, build_world, path_of, routes, state_of_database, visitors

PUBLIC = {"anonymous", "any"}
ANYBODY = {"any"}
"""Everybody who is logged in: a page about what is theirs."""
SCHOOL = {"owner", "manager", "specialist"}
DISTRICT = {"manager", "specialist"}
SPECIALIST = {"specialist"}
NOBODY: set[str] = set()
"""No log-in opens it: see test_api.py and test_oneroster.py for the keys that do."""
OWN_REQUEST = {"owner", "specialist"}

WHO = {
    "static": PUBLIC,
    "health": PUBLIC,
    "help": PUBLIC,
    "account.log_in": PUBLIC,
    "account.check": PUBLIC,
    "account.unsubscribe": PUBLIC,  # signed
    "account.leave_list": PUBLIC,  # signed
    "account": ANYBODY,
    "clever_login": PUBLIC,
    "own": ANYBODY,
    "links": PUBLIC,  # signed, or says nothing
    "accounts": ANYBODY,
    "accounts.withdraw": SCHOOL,
    "accounts.disable": DISTRICT,
    "accounts.enable": DISTRICT,
    "accounts.second_factor_off": DISTRICT,
    "second_factor": ANYBODY,
    "second_factor.ask": PUBLIC,
    "second_factor.check": PUBLIC,
    "audit": ANYBODY,
    "rostering": SCHOOL,
    "history": SCHOOL,
    "past": SCHOOL,
    "runs": SCHOOL,
    "deciding": SCHOOL,
    "why": SCHOOL,
    "people": SCHOOL,
    "lists": SCHOOL,
    "drill": SCHOOL,
    "connection": SCHOOL,
    "connection.unlink": DISTRICT,
    "connection.districts": ANYBODY,
    "connection.connect": SPECIALIST,
    "connection.connect_provider": SPECIALIST,
    "connection.connect_sender": SPECIALIST,
    "files": DISTRICT,
    "switching": DISTRICT,
    "connection.district": DISTRICT,
    "connection.link": DISTRICT,
    "connection.disconnect": DISTRICT,
    "connection.link_all": DISTRICT,
    "integrations": SCHOOL,
    "api": NOBODY,
    "api_description": PUBLIC,
    "oneroster": NOBODY,
    "oneroster.token": PUBLIC,  # asks for a key
    "district": DISTRICT,
    "policy": DISTRICT,
    "together": DISTRICT,
    "privacy": SCHOOL,
    "privacy.page": DISTRICT,
    "privacy.save": DISTRICT,
    "requests.page": ANYBODY,
    "requests.new": ANYBODY,
    "requests.add": ANYBODY,
    "requests.one": OWN_REQUEST,
    "requests": SPECIALIST,
}
"""Endpoint, or the area for all others of it -> for whom it is there. 404 for everybody else."""


def who_may(rule: Rule) -> set[str]:
    area = rule.endpoint.split(".")[0]
    found = WHO.get(rule.endpoint, WHO.get(area))
    assert found is not None, f"say in WHO for whom {rule.endpoint} is"
    return found


def is_for(name: str, rule: Rule) -> bool:
    may = who_may(rule)
    return name in may or ("any" in may and name != "anonymous")


@pytest.fixture
def world(make: Builder, clever: Clever) -> World:
    return build_world(make, clever)


def ask(
    visitor: Visitor, method: str, path: str, form: Mapping[str, object] | None = None
) -> TestResponse:
    if method == "GET":
        return visitor.get(path)
    page = (
        "/login"
        if path in ("/login", "/login/code", "/unsubscribe/forged", "/forgot")
        else "/schools"
    )
    return visitor.post(path, dict(form or {}), page=page)


def test_nobody_gets_at_what_is_not_theirs_and_nothing_is_changed_by_trying(
    app: Flask, world: World
) -> None:
    values, everybody = world.here.values(), visitors(app, world)
    before = state_of_database()
    for rule, method in routes(app):
        for name, visitor in everybody.items():
            if is_for(name, rule):
                continue
            path = path_of(rule, values)
            if rule.endpoint.startswith(("api.", "oneroster.")):
                assert visitor.ask(method, path).status_code == 401, (name, path)
                continue
            if name == "anonymous":
                answer = visitor.ask(method, path)
                went_to_log_in = answer.status_code == 303 and answer.location.startswith("/login")
                assert went_to_log_in or answer.status_code == 400, (name, method, path)
                continue
            status = ask(visitor, method, path).status_code
            assert status == 404, f"{method} {path} answers {status} to {name}"
    assert state_of_database() == before


def test_every_page_opens_for_those_whose_it_is(app: Flask, world: World) -> None:
    values, everybody = world.here.values(), visitors(app, world)
    for rule, method in routes(app):
        for name, visitor in everybody.items():
            if method != "GET" or not is_for(name, rule) or "token" in rule.arguments:
                continue
            status = visitor.get(f"{path_of(rule, values)}?at=2030-01-01").status_code
            assert status in (200, 302, 303, 503), f"{rule.rule} answers {status} to {name}"


def endpoints_that_change_things() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(load_config({}, instance=Path(folder)))
        for rule, method in routes(app):
            if method != "GET" and "token" not in rule.arguments:
                yield rule.endpoint


@pytest.mark.parametrize("endpoint", list(endpoints_that_change_things()))
def test_every_form_is_there_for_those_whose_it_is(endpoint: str, app: Flask, world: World) -> None:
    [rule] = app.url_map.iter_rules(endpoint)
    here = world.here
    form = {"person": here.person.id, "side": "members", "school": here.school.id}
    path = path_of(rule, world.here.values())
    for name, visitor in visitors(app, world).items():
        if is_for(name, rule) and name != "anonymous":
            status = ask(visitor, "POST", path, form).status_code
            assert status in (200, 302, 303, 400, 409, 422), f"{path} answers {status} to {name}"
