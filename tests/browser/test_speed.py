"""On a slow line: what a page weighs, that it is read before its scripts are there, that nothing
moves, and that searching as one types never shows an older answer."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import pytest
from playwright.sync_api import Error, Page, Route, expect

from roster_dash.roster.records import Term
from roster_dash.store.people import Wanted, find_lists, find_people
from roster_dash.store.transactions import commit
from tests.browser.conftest import Site, log_in
from tests.builders import PASSWORD, Builder, a_section, a_snapshot, a_student, a_teacher
from tests.processes import Start, free_port, start_web

pytestmark = pytest.mark.browser

MOST_AT_FIRST, MOST_AFTER = 60_000, 18_000
"""Bytes over the wire: of the first page with all that it needs, and of every page after it."""
MOST_SHIFTED = 0.02
"""Of Cumulative Layout Shift, of which 0.1 is called good."""
TERMS = [Term("term-1", "Fall")]
SLOW = {"offline": False, "latency": 400, "downloadThroughput": 50_000, "uploadThroughput": 50_000}
WATCH_SHIFTS = """
  window.shifts = [];
  new PerformanceObserver((list) => list.getEntries().forEach((each) => {
    if (each.hadRecentInput) return;
    const what = each.sources.map(({node}) => node?.id || node?.className || node?.nodeName);
    window.shifts.push({value: each.value, what: what.join(", ")});
  })).observe({type: "layout-shift", buffered: true});
"""


@dataclass(frozen=True, slots=True)
class FullSite(Site):
    """`paths`: pages that people come to most."""

    paths: Sequence[str]


@dataclass(frozen=True, slots=True)
class Line:
    """A browser's slow connection, which counts what comes through."""

    came: list[float]

    def since(self, number: int) -> float:
        return sum(self.came[number:])


@pytest.fixture
def site(make: Builder, start: Start) -> FullSite:
    """A school with more people and lists than fit on a page, and a run that waits for somebody."""
    school = make.school(make.district("Riverdale USD"), "Lincoln High")
    make.owner(school, email="alice@school.example")
    make.specialist()
    students = [
        a_student(
            f"s{n}",
            first_name="Odd" if n % 2 else "Even",
            last_name=f"Person {n}",
            sis_id="",
            student_number="",
        )
        for n in range(230)
    ]
    teacher = a_teacher("t")
    classes = [
        a_section(f"c{n}", students=tuple(f"s{m}" for m in range(n, 230, 20)), teachers=("t",))
        for n in range(60)
    ]
    make.settings(school, students="on", teachers="on")
    make.synced(school, a_snapshot([*students, teacher], classes, TERMS))
    emptied = replace(classes[0], students=("s0",))
    run = make.synced(school, a_snapshot([*students, teacher], [emptied, *classes[1:]], TERMS))
    assert run.status == "held"
    person, a_list = find_people(school.id, Wanted())[0], find_lists(school.id, Wanted())[0]
    names = ("rostering", "people", "lists", "history")
    paths = [f"/schools/{school.id}/{name}" for name in names]
    for part in ("", "/history", "/policy"):
        paths.append(f"/districts/{school.district_id}{part}")
    paths += [f"/runs/{run.id}", f"/people/{person.id}", f"/lists/{a_list[0].id}"]
    paths.append("/audit")
    port = free_port()
    about = FullSite(f"http://127.0.0.1:{port}", school.id, school.name, paths)
    commit()
    start_web(start, port)
    return about


@pytest.fixture
def line(page: Page) -> Iterator[Line]:
    session = page.context.new_cdp_session(page)
    line = Line([])
    session.send("Network.enable")
    session.on("Network.loadingFinished", lambda about: line.came.append(size_of(about)))
    session.send("Network.emulateNetworkConditions", SLOW)
    page.add_init_script(WATCH_SHIFTS)
    yield line
    session.detach()


def size_of(about: dict[str, Any]) -> float:
    size: float = about["encodedDataLength"]
    return size


def shifted(page: Page) -> Sequence[str]:
    """What has moved, if it was too much."""
    shifts = page.evaluate("window.shifts")
    is_much = sum(each["value"] for each in shifts) >= MOST_SHIFTED
    return [f"{each['what']} {each['value']:.3f}" for each in shifts] if is_much else []


@pytest.mark.parametrize("width", [1440, 390])
def test_pages_are_light_and_stay_where_they_are(
    width: int, site: FullSite, page: Page, line: Line
) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{site.url}/login", wait_until="networkidle")
    assert line.since(0) < MOST_AT_FIRST
    moved = {"/login": shifted(page)}
    let_sue_in(page)
    weights = {}
    for path in site.paths:
        before = len(line.came)
        page.goto(site.url + path, wait_until="networkidle")
        weights[path], moved[path] = line.since(before), shifted(page)
    assert {path: size for path, size in weights.items() if size >= MOST_AFTER} == {}
    assert {path: what for path, what in moved.items() if what} == {}


def let_sue_in(page: Page) -> None:
    page.get_by_label("E-mail address").fill("sue@operator.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in", exact=True).click()
    page.get_by_role("button", name="Log out").wait_for()


def test_a_page_is_read_before_its_scripts_are_there_and_nothing_moves_when_they_come(
    site: Site, page: Page
) -> None:
    log_in(page, site)
    held: list[Route] = []
    page.add_init_script(WATCH_SHIFTS)
    page.route("**/*.js?*", lambda route: held.append(route))
    page.goto(f"{site.url}/schools/{site.school_id}/people", wait_until="commit")
    expect(page.get_by_role("link", name="Even Person 0")).to_be_visible()
    page.wait_for_function("performance.getEntriesByName('first-contentful-paint').length")
    assert len(held) == 2
    for route in held:
        route.continue_()
    page.wait_for_load_state("load")
    page.wait_for_function("window.htmx")
    assert shifted(page) == []


def test_an_older_answer_never_comes_after_a_newer_one(site: Site, page: Page) -> None:
    """The first answer is kept waiting until the second one is there."""
    log_in(page, site)
    page.goto(f"{site.url}/schools/{site.school_id}/people")
    expect(page.locator("#found")).to_have_text("1 to 50 of 231 people")
    page.evaluate("window.number = document.getElementById('found')")
    held: list[Route] = []

    def answer(route: Route) -> None:
        if "q=odd&" in route.request.url:
            held.append(route)
        else:
            route.continue_()

    page.route("**/people?*", answer)
    search = page.get_by_role("searchbox", name="Search")
    with page.expect_request("**/people?q=odd&*"):
        search.press_sequentially("odd")
    search.press_sequentially(" s101")
    search.press("ArrowLeft")
    expect(page.locator("#found")).to_have_text("1 person")
    for route in held:
        with suppress(Error):  # the browser gave this request up
            route.continue_()
    assert len(held) == 1
    page.wait_for_load_state("networkidle")
    expect(page.locator("#found")).to_have_text("1 person")
    expect(page.locator("#people tbody tr")).to_have_count(1)
    expect(search).to_be_focused()
    assert search.evaluate("e => [e.value, e.selectionStart, e.selectionEnd]") == ["odd s101", 7, 7]
    assert page.evaluate("window.number.isConnected"), "what is read aloud must stay in the page"
    assert page.evaluate("window.number.textContent") == "1 person"


def test_what_is_typed_while_an_answer_is_put_in_is_answered_too(site: Site, page: Page) -> None:
    """That answer can't be given up any more, and takes away what the next one was meant for."""
    log_in(page, site)
    page.goto(f"{site.url}/schools/{site.school_id}/people")
    search = page.get_by_role("searchbox", name="Search")
    page.evaluate(
        """addEventListener("htmx:before:swap", () => {
            const field = document.getElementById("q");
            field.value = "odd s101";
            field.dispatchEvent(new Event("search", { bubbles: true }));
        }, { once: true })"""
    )
    search.press_sequentially("odd")
    expect(page.locator("#found")).to_have_text("1 person")
    expect(page.locator("#people tbody tr")).to_have_count(1)


def test_a_search_is_kept_by_reloading_going_back_and_the_address(site: Site, page: Page) -> None:
    log_in(page, site)
    start = f"{site.url}/schools/{site.school_id}/people"
    page.goto(start)
    search = page.get_by_role("searchbox", name="Search")
    search.press_sequentially("person odd s22")
    page.wait_for_url("**/people?q=person+odd+s22&*")
    expect(page.locator("#found")).to_have_text("5 people")
    shared = page.url
    page.reload()
    expect(search).to_have_value("person odd s22")
    page.get_by_role("link", name="Odd Person 221").click()
    page.get_by_role("heading", name="Odd Person 221").wait_for()
    page.go_back()
    expect(search).to_have_value("person odd s22")
    expect(page.locator("#found")).to_have_text("5 people")
    page.goto(start)
    page.goto(shared)
    expect(page.locator("#found")).to_have_text("5 people")
    search.fill("")
    expect(page.locator("#found")).to_have_text("1 to 50 of 231 people")


def test_nobody_found_is_said_and_the_keyboard_leads_out(site: Site, page: Page) -> None:
    log_in(page, site)
    page.goto(f"{site.url}/schools/{site.school_id}/people")
    page.get_by_role("searchbox", name="Search").press_sequentially("qqq")
    expect(page.locator("#found")).to_have_text("0 people")
    page.get_by_role("link", name="Show everybody").press("Enter")
    expect(page.locator("#found")).to_have_text("1 to 50 of 231 people")
    page.get_by_role("link", name="More").press("Enter")
    expect(page.locator("#found")).to_have_text("51 to 100 of 231 people")
    page.get_by_role("link", name="Back").press("Enter")
    expect(page.locator("#found")).to_have_text("1 to 50 of 231 people")


def test_without_javascript_the_button_searches(site: Site, plain_page: Page) -> None:
    log_in(plain_page, site)
    plain_page.goto(f"{site.url}/schools/{site.school_id}/lists")
    expect(plain_page.locator("#found")).to_have_text("1 to 50 of 60 lists")
    plain_page.goto(f"{site.url}/schools/{site.school_id}/people")
    plain_page.get_by_role("searchbox", name="Search").fill("odd s101")
    plain_page.get_by_label("Role").select_option("student")
    plain_page.get_by_role("button", name="Search").click()
    expect(plain_page.locator("#found")).to_have_text("1 person")
    expect(plain_page.get_by_label("Role")).to_have_value("student")
