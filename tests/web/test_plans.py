"""What a page or an answer costs must not grow with the schools beside its own."""

from collections.abc import Mapping

import pytest
from flask import Flask

from roster_dash.store import tokens
from roster_dash.store.tokens import Scope
from roster_dash.store.transactions import commit
from tests.builders import Builder
from tests.clever import Clever
from tests.plans import explained, of_all_schools
from tests.visitor import Visitor
from tests.web.world import World, build_world, path_of, routes, visitors

OF_ALL = {"health.numbers"}
"""What is about all schools."""


@pytest.fixture
def world(make: Builder, clever: Clever) -> World:
    return build_world(make, clever)


def wide(
    app: Flask, world: World, visitor: Visitor, headers: Mapping[str, str], *, is_key: bool
) -> dict[str, object]:
    """Endpoint -> the statements by which it reads rows of all schools."""
    found, asked = {}, 0
    values = {**world.here.values(), "sourced_id": "here-0"}
    for rule, method in routes(app):
        is_for_keys = rule.endpoint.startswith(("api.", "oneroster."))
        if method != "GET" or is_for_keys != is_key or rule.endpoint in OF_ALL:
            continue
        with explained() as steps:
            answer = visitor.ask("GET", path_of(rule, values), headers=headers)
        asked += answer.status_code == 200
        if reads := of_all_schools(steps):
            found[rule.endpoint] = reads
    assert asked > 5
    return found


def test_pages_read_nothing_of_other_schools(app: Flask, world: World) -> None:
    assert wide(app, world, visitors(app, world)["specialist"], {}, is_key=False) == {}


def test_answers_to_keys_read_nothing_of_other_schools(app: Flask, world: World) -> None:
    key = tokens.make_token(world.here.school, "Library", tuple(Scope), 30, None)
    commit()
    bearer = {"Authorization": f"Bearer {key}"}
    assert wide(app, world, Visitor(app), bearer, is_key=True) == {}
