"""What WCAG 2.2 AA asks and axe-core doesn't see: what is said while things change, motion, small
windows, wider text, the size of targets, tables. docs/accessibility.md has the whole list."""

from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from roster_dash.store.transactions import commit
from tests.browser.hands import LOOKS, Plain, log_in
from tests.browser.tasks import OWNER, Place
from tests.browser.test_every_page import opened, url, world
from tests.processes import Start
from tests.web.world import World

pytestmark = pytest.mark.browser
__all__ = ["url", "world"]

# What is said while things change


@pytest.fixture
def page(start: Start, page: Page) -> Page:
    """Closed before the processes that it asks."""
    page.add_init_script(path=LOOKS)
    return page


def listen(page: Page) -> None:
    """From now on, what the regions say that are on the page already and can be heard."""
    page.wait_for_load_state("networkidle")
    assert page.evaluate("looks.listen()") == [], "a region that isn't shown isn't heard"


def heard(page: Page) -> list[str]:
    found: list[str] = page.evaluate("looks.heard")
    return found


def test_a_run_is_told_from_its_beginning_to_its_end_and_each_thing_once(
    page: Page, place: Place
) -> None:
    place.sync(place.own_school(), students="on")
    place.clever.reset()
    commit()
    place.clever.fault("slow", path="/users", times=0, seconds=0.8)
    place.start("worker.py")
    log_in(Plain(page), place.url, OWNER)
    listen(page)
    page.get_by_role("button", name="Sync now").click()
    state = page.locator("#run-state")
    expect(state).to_contain_text("Reading the roster from Clever.")
    expect(state).to_contain_text("Succeeded")
    said = heard(page)
    assert said[0] == "The sync is on its way."
    assert "Running Reading the roster from Clever." in said
    assert said[-1].startswith("Succeeded ")
    assert len(said) == len(set(said)) <= 5  # on its way, waiting, reading, writing, done


def test_a_filter_says_how_much_it_shows_and_the_preview_what_it_means(
    page: Page, place: Place
) -> None:
    school = place.own_school()
    place.sync(school, students="on")
    commit()
    log_in(Plain(page), place.url, OWNER)
    listen(page)
    page.get_by_role("switch", name="Teachers: sync").check()
    expect(page.locator("#said")).to_contain_text("joined")
    assert [text for text in heard(page) if "joined" in text]
    page.get_by_role("link", name="People", exact=True).click()
    page.get_by_label("Search").wait_for()
    listen(page)
    page.get_by_label("Search").fill("nobody is called that")
    expect(page.locator("#found")).to_have_text("0 people")
    assert heard(page) == ["0 people"]


def test_a_page_says_what_it_was_opened_with(page: Page, place: Place) -> None:
    place.own_school()
    commit()
    page.add_init_script("""addEventListener("DOMContentLoaded", () => {
      window.again = 0;
      new MutationObserver(seen => window.again += seen.length)
        .observe(document.getElementById("toast"), {childList: true});
    })""")
    log_in(Plain(page), place.url, OWNER)
    page.get_by_role("link", name="People", exact=True).click()
    page.get_by_role("link", name="Add a person").click()
    page.get_by_label("Last name").fill("Guest")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_text("Added.", exact=True)).to_be_visible()
    assert page.evaluate("window.again") > 0
    assert page.locator("#toast").get_attribute("role") == "status"


# Motion


@pytest.mark.parametrize("wish", ["reduce", "no-preference"])
def test_nothing_moves_for_those_who_ask_for_it(wish: str, page: Page, place: Place) -> None:
    school = place.own_school()
    place.make.run(school, "running")
    commit()
    page.emulate_media(reduced_motion="reduce" if wish == "reduce" else "no-preference")
    log_in(Plain(page), place.url, OWNER)
    page.get_by_role("switch", name="Students: sync").check()
    expect(page.locator("#run-state .badge.busy")).to_be_visible()
    assert bool(page.evaluate("looks.moving()")) == (wish != "reduce")


# Every page: small windows, wider text, targets, tables


def faults(page: Page) -> Iterator[str]:
    """At 400 %, at 200 %, with everything open, with text as wide as somebody may need it."""
    for width, height in ((320, 256), (640, 400), (1280, 800)):
        page.set_viewport_size({"width": width, "height": height})
        for name in ("tooWide", "cutOff", "small"):
            yield from (f"{width} {name}: {each}" for each in page.evaluate(f"looks.{name}()"))
    yield from page.evaluate("looks.bareTables()")
    page.evaluate("looks.space()")
    for width in (1280, 320):
        page.set_viewport_size({"width": width, "height": 800})
        for name in ("tooWide", "cutOff"):
            yield from (
                f"{width} spaced, {name}: {each}" for each in page.evaluate(f"looks.{name}()")
            )


@pytest.mark.parametrize("who", ["anonymous", "specialist"])
def test_every_page_fits_small_windows_wider_text_and_fingers(
    who: str, app: Flask, world: World, url: str, page: Page
) -> None:
    found = []
    for path in opened(app, world, who, url, page):
        page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
        found += [f"{path} {fault}" for fault in faults(page)]
    assert not found, "\n".join(found)
