"""Pages stand still while they load on a slow line, and nothing is sent twice."""

import pytest
from playwright.sync_api import Page, Route, expect

from roster_dash.store.transactions import commit
from tests.browser.staging import log_in_as
from tests.browser.town import OWNER, Town
from tests.builders import Builder, a_section, a_student, a_teacher
from tests.clever import Clever
from tests.processes import Start, free_port, start_web

pytestmark = pytest.mark.browser

MOST_SHIFT = 0.02
"""Up to 0.1 is called good. A table that comes in parts settles its columns."""
WATCH = """
window.shifts = [];
new PerformanceObserver((list) => {
  for (const shift of list.getEntries())
    window.shifts.push([shift.value, shift.sources.map(({ node }) => node?.id || node?.className)]);
}).observe({ type: "layout-shift", buffered: true });
"""
SLOW = {"offline": False, "latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 90_000}
"""Milliseconds and bytes a second: a phone with a fair signal."""


@pytest.fixture
def town(make: Builder, clever: Clever) -> Town:
    """A school in use: lists, people, a run with changes, settings that would change something."""
    town = Town(make, clever)
    people = [a_student(f"p{number}") for number in range(60)]
    ids = tuple(each.source_id for each in people)
    lists = [a_section(f"c{n}", students=ids[:20], teachers=("t",)) for n in range(12)]
    town.synced("first", [*people, a_teacher("t")], lists)
    town.synced("first", [*people[1:], a_student("new"), a_teacher("t")], lists)
    town.looked_at()
    return town


@pytest.fixture
def url(town: Town, start: Start, page: Page) -> str:
    commit()
    port = free_port()
    start_web(start, port)
    url = f"http://127.0.0.1:{port}"
    page.goto(f"{url}/login")
    log_in_as(OWNER)(page)
    page.get_by_role("button", name="Log out").wait_for()
    return url


@pytest.mark.parametrize("width", [1440, 390])
def test_nothing_jumps_while_a_page_loads(width: int, town: Town, url: str, page: Page) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.context.new_cdp_session(page).send("Network.emulateNetworkConditions", SLOW)
    page.add_init_script(WATCH)
    parts = ("rostering", "people", "lists", "history", "past", "why", "connection", "api")
    paths = [f"/schools/{town.at['first']}/{part}" for part in parts]
    jumped = {}
    for path in (*paths, f"/runs/{town.at['first_run']}", "/schools", "/audit", "/account"):
        page.goto(url + path)
        page.wait_for_load_state("networkidle")
        shifts = page.evaluate("window.shifts")
        if sum(value for value, _ in shifts) > MOST_SHIFT:
            jumped[path] = shifts
    assert jumped == {}


def test_what_is_at_work_shows_it_and_is_not_sent_twice(town: Town, url: str, page: Page) -> None:
    page.goto(f"{url}/schools/{town.at['first']}/connection")
    held: list[Route] = []
    page.route("**/connection/test", lambda route: held.append(route))
    button = page.get_by_role("button", name="Test connection")
    bar = "getComputedStyle(document.querySelector('.top'), '::after').content"
    assert page.evaluate(bar) == "none"
    button.click()
    button.click(force=True)
    button.focus()
    page.keyboard.press("Enter")
    page.wait_for_function(f"{bar} !== 'none'")
    assert len(held) == 1
    held.pop().continue_()
    expect(page.locator(".findings")).to_be_visible()
    assert page.evaluate(bar) == "none"


def test_the_last_that_was_typed_is_what_is_found(town: Town, url: str, page: Page) -> None:
    page.goto(f"{url}/schools/{town.at['first']}/people")
    held: list[Route] = []
    page.route("**/people?q=*", lambda route: held.append(route))
    field = page.get_by_label("Search", exact=True)
    for text in ("p1", "p12", "p12x"):
        with page.expect_request(lambda asked, text=text: f"q={text}&" in asked.url):
            field.fill(text)
    for route in held:
        route.continue_()
    expect(page.locator("#people").get_by_text("Nobody found")).to_be_visible()
