"""Every page there is, in both themes and at three widths: axe-core finds nothing, no page is wider
than its window, and no text is cut off. What pages can be like is for test_every_state_of_*.py."""

from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Page

from roster_dash.store.transactions import commit
from tests.browser.looking import WIDTHS, faults, misfits
from tests.builders import PASSWORD, Builder
from tests.clever import Clever
from tests.processes import Start, free_port, start_web
from tests.web.test_who_may import is_for
from tests.web.world import World, build_world, path_of, routes

pytestmark = pytest.mark.browser


@pytest.fixture
def world(make: Builder, clever: Clever) -> World:
    return build_world(make, clever)


@pytest.fixture
def url(world: World, start: Start) -> str:
    port = free_port()
    start_web(start, port)
    return f"http://127.0.0.1:{port}"


def log_in(page: Page, url: str, email: str) -> None:
    page.goto(f"{url}/login")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in", exact=True).click()
    page.wait_for_url(lambda where: "/login" not in where)


def pages(app: Flask, world: World, who: str) -> Iterator[str]:
    """Addresses of what somebody may open, but for those that need a signed link."""
    values = world.here.values()
    for rule, method in routes(app):
        if method == "GET" and is_for(who, rule) and "token" not in rule.arguments:
            yield path_of(rule, values)


def opened(app: Flask, world: World, who: str, url: str, page: Page) -> Iterator[str]:
    """Every page that somebody may open, one after the other: its address, once it is there."""
    email = world.actors()[who].email if who != "anonymous" else ""
    paths = list(pages(app, world, who))
    commit()
    if email:
        log_in(page, url, email)
    for path in paths:
        answer = page.request.get(f"{url}{path}")
        is_html = "text/html" in answer.headers.get("content-type", "")
        if is_html and "<main" in answer.text():
            page.goto(f"{url}{path}")
            yield path


@pytest.mark.parametrize("who", ["anonymous", "specialist"])
def test_every_page_is_good_for_everybody(
    who: str, app: Flask, world: World, url: str, page: Page
) -> None:
    found = [
        f"{path} {fault}" for path in opened(app, world, who, url, page) for fault in faults(page)
    ]
    assert found == []


def test_every_page_has_room_for_the_longer_words_of_spanish(
    app: Flask, world: World, url: str, page: Page
) -> None:
    found = []
    for path in opened(app, world, "specialist", url, page):
        page.set_extra_http_headers({"Accept-Language": "es"})
        page.goto(f"{url}{path}")
        assert page.locator("html").get_attribute("lang") == "es"
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            found += [f"{path} {width}: {each}" for each in misfits(page)]
    assert found == []
