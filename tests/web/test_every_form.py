"""Every form of the dashboard, found by crawling it: odd values, missing ones, foreign ids."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from roster_dash.extensions import db
from roster_dash.store.tables import Membership
from roster_dash.store.transactions import commit
from tests.builders import Builder
from tests.clever import Clever
from tests.visitor import Visitor
from tests.web.forms import Form, crawl
from tests.web.test_who_may import who_may
from tests.web.world import Tenant, World, build_world, routes, state_of_database, visitors

ODD = ("", "é" * 400, "9" * 30, "-1", "\x01\x7f\u202e", "<script>", "a\r\nb: c", "\ud800", "٣")
"""Nothing, too long, too large, negative, control characters, markup, a new line, half a
character, a digit of another script."""
TOO_MUCH = "x" * 1_100_000
ENDS_THE_WALK = ("/logout", "/disconnect", "/unlink")


@pytest.fixture
def world(make: Builder, clever: Clever) -> World:
    return build_world(make, clever)


def posts(visitor: Visitor) -> list[Form]:
    found = [form for form in crawl(visitor) if form.method == "POST"]
    return sorted(found, key=lambda form: form.action.endswith(ENDS_THE_WALK))


def sent(form: Form, **changes: list[str]) -> dict[str, list[str]]:
    """What a browser would send: of several choices the first."""
    return {name: values[:1] for name, values in form.fields.items()} | changes


def send(visitor: Visitor, form: Form, fields: dict[str, list[str]]) -> TestResponse:
    return visitor.ask("POST", form.action, data=_encodable(fields))


def _encodable(fields: dict[str, list[str]]) -> dict[str, list[bytes]]:
    return {
        name: [value.encode("utf-8", "surrogatepass") for value in values]
        for name, values in fields.items()
    }


def variants(form: Form) -> Iterator[dict[str, list[str]]]:
    """Each field odd, missing and repeated, one at a time; all missing; an unknown one."""
    fixed = {"csrf_token": form.fields["csrf_token"][:1]}
    yield fixed
    yield sent(form, surprise=["1", "2"])
    for number, name in enumerate(name for name in form.fields if name != "csrf_token"):
        for step in range(3):
            yield sent(form, **{name: [ODD[(number + 3 * step) % len(ODD)]]})
        yield {key: values for key, values in sent(form).items() if key != name}
        yield sent(form, **{name: ["1", "2", *form.fields[name]]})


def test_every_route_that_changes_something_is_behind_a_form(app: Flask, world: World) -> None:
    """So that the walks below leave none out."""
    everybody, adapter = visitors(app, world), app.url_map.bind("")
    reached = {
        adapter.match(urlsplit(form.action).path, method="POST")[0]
        for name in ("owner", "manager", "specialist")
        for form in posts(everybody[name])
    }
    expected = {
        rule.endpoint
        for rule, method in routes(app)
        if method == "POST" and "anonymous" not in who_may(rule)
    }
    assert expected <= reached, f"no form leads to {expected - reached}"


def test_odd_values_in_any_form_are_answered_and_what_is_refused_changes_nothing(
    app: Flask, world: World
) -> None:
    visitor = visitors(app, world)["specialist"]
    before = state_of_database()
    for form in posts(visitor):
        for fields in variants(form):
            answer = send(visitor, form, fields)
            assert answer.status_code < 500, (form.action, fields)
            after = state_of_database()
            if answer.status_code >= 400:
                changed = {name for name in before if before[name] != after[name]}
                assert not changed, (form.action, fields, changed)
            before = after
            if form.action == "/logout":
                break


def test_no_form_does_anything_without_its_token_or_with_too_much(app: Flask, world: World) -> None:
    visitor = visitors(app, world)["specialist"]
    forms = posts(visitor)
    before = state_of_database()
    for form in forms:
        untold = {name: values for name, values in sent(form).items() if name != "csrf_token"}
        assert send(visitor, form, untold).status_code == 400, form.action
        assert send(visitor, form, sent(form, surprise=[TOO_MUCH])).status_code == 413, form.action
    assert state_of_database() == before


FOREIGN = (
    "person",
    "hold",
    "school",
    "run",
    "list",
    "request",
    "district",
    "owner",
    "token",
    "delivery",
)


def foreign_ids(there: Tenant, form: Form) -> Iterator[tuple[str, str]]:
    """(field, an id of the other tenant) for every field that may hold one."""
    numbers = sorted({str(getattr(there, thing).id) for thing in FOREIGN})
    for name in form.fields:
        if name != "csrf_token":
            yield from ((name, number) for number in numbers)


def rows_of(there: Tenant) -> dict[str, list[str]]:
    """Everything that is the other school's."""
    commit()
    found: dict[str, list[str]] = {}
    for name, table in db.metadata.tables.items():
        if "school_id" in table.c:
            query = select(table).where(table.c.school_id == there.school.id)
            found[name] = sorted(repr(tuple(row)) for row in db.session.execute(query))
    schools = db.metadata.tables["schools"]
    row = db.session.execute(select(schools).where(schools.c.id == there.school.id)).one()
    found["schools"] = [repr(tuple(row))]
    mine = select(Membership.list_id, Membership.person_id).where(
        (Membership.list_id == there.list.id) | (Membership.person_id == there.person.id)
    )
    found["memberships"] = sorted(repr(tuple(row)) for row in db.session.execute(mine))
    commit()
    return found


@pytest.mark.parametrize("name", ["owner", "manager"])
def test_ids_of_another_district_in_any_form_field_reach_nothing_of_it(
    name: str, app: Flask, world: World
) -> None:
    visitor = visitors(app, world)[name]
    before = rows_of(world.elsewhere)
    for form in posts(visitor):
        if form.action == "/logout":
            continue
        for field, number in foreign_ids(world.elsewhere, form):
            answer = send(visitor, form, sent(form, **{field: [number]}))
            assert answer.status_code < 500, (form.action, field)
            assert "Elsewhere" not in answer.text, (form.action, field)
        assert rows_of(world.elsewhere) == before, form.action
