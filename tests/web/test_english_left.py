"""Every page in Spanish: the English texts that are left on it are listed."""

from collections import defaultdict

import pytest
from flask import Flask
from sqlalchemy import select

from roster_dash.extensions import db
from roster_dash.store.transactions import commit
from tests.builders import Builder
from tests.clever import Clever
from tests.web.english import english_left, english_words, words_of_data
from tests.web.world import World, build_world, path_of, routes, visitors

NAMED = {
    "users": ("email",),
    "districts": ("name",),
    "schools": ("name", "timezone"),
    "people": ("first_name", "last_name", "email"),
    "user_lists": ("title", "synced_title", "course"),
    "holds": ("label",),
    "setup_requests": ("school_name", "district_name", "contact_name", "contact_email"),
    "operations": ("label",),
    "account_links": ("email",),
    "api_tokens": ("name",),
    "webhooks": ("url",),
}


@pytest.fixture
def world(make: Builder, clever: Clever) -> World:
    return build_world(make, clever)


def data_of(world: World) -> set[str]:
    found: set[str] = {"Español", "English", "Fall", "Biology", "PowerSchool", "America/Chicago"}
    found |= {"or1.school-1", "Roosevelt Middle School", "America/New_York"}
    found |= {"audit.csv", "people:read", "run.held"}
    for name, columns in NAMED.items():
        table = db.metadata.tables[name]
        chosen = [table.c[column] for column in columns if column in table.c]
        found |= words_of_data(iter(tuple(row) for row in db.session.execute(select(*chosen))))
    return found


def test_no_english_is_left_on_any_page_in_spanish(app: Flask, world: World) -> None:
    everybody, data, words = visitors(app, world), data_of(world), english_words("es")
    commit()
    left: dict[str, set[str]] = defaultdict(set)
    for rule, method in routes(app):
        if method != "GET":
            continue
        for name in ("anonymous", "owner", "manager", "specialist"):
            path = path_of(rule, world.here.values())
            answer = everybody[name].ask("GET", path, headers={"Accept-Language": "es"})
            if answer.status_code == 200 and answer.mimetype == "text/html":
                left[rule.endpoint] |= english_left(answer.text, words, data)
    every = set().union(*left.values())
    lines = [
        "\n    ".join([f"{endpoint}: {len(texts)}", *sorted(texts)])
        for endpoint, texts in sorted(left.items())
        if texts
    ]
    assert not every, "\n".join([*lines, f"{len(every)} texts are left"])
