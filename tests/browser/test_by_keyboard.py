"""Every task by the keyboard alone; where the focus is after something has been swapped in place;
and that nothing hides it, traps it, or takes Enter for a decision."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from roster_dash.store import runs
from roster_dash.store.transactions import commit
from tests.browser import tasks
from tests.browser.hands import Hand, Keyboard, log_in
from tests.browser.tasks import MANAGER, OWNER, Place
from tests.builders import ALL

pytestmark = pytest.mark.browser


@pytest.fixture
def hand(place: Place, page: Page) -> Keyboard:
    """The page is closed before the web is."""
    return Keyboard(page)


def has_focus(page: Page, selector: str) -> bool:
    found: bool = page.evaluate(f"document.activeElement.matches({selector!r})")
    return found


@pytest.mark.parametrize("task", tasks.EVERY_TASK, ids=lambda task: task.__name__)
def test_a_task_needs_no_mouse(
    task: Callable[[Hand, Place], None], hand: Keyboard, place: Place
) -> None:
    task(hand, place)


def test_the_first_tab_of_a_page_skips_what_every_page_has(hand: Keyboard, place: Place) -> None:
    place.own_school()
    commit()
    log_in(hand, place.url, OWNER)
    hand.page.keyboard.press("Tab")
    expect(hand.page.get_by_role("link", name="Skip to the content")).to_be_focused()
    assert not hand.stop()["faults"]
    hand.page.keyboard.press("Enter")
    expect(hand.page.locator("main")).to_be_focused()
    hand.page.keyboard.press("Tab")
    expect(hand.page.get_by_role("button", name="Sync now")).to_be_focused()


# Where the focus is after a swap


def test_save_keeps_the_focus_while_the_run_is_followed(hand: Keyboard, place: Place) -> None:
    place.sync(place.own_school())
    commit()
    place.clever.fault("slow", path="/users", times=0, seconds=0.4)
    place.start("worker.py")
    log_in(hand, place.url, OWNER)
    hand.tick("switch", "Students: sync")
    hand.go_to(hand.page.locator("#save"))
    hand.page.keyboard.press("Enter")
    expect(hand.page.get_by_text("Reading the roster from Clever.")).to_be_visible()
    assert has_focus(hand.page, "#save")
    expect(hand.page.locator("#run-state")).to_contain_text("joined")
    assert has_focus(hand.page, "#save")


def test_the_cancel_button_that_goes_leaves_the_focus_beside_it(
    hand: Keyboard, place: Place
) -> None:
    place.own_school()
    commit()
    place.clever.fault("slow", path="/", times=0, seconds=1)
    place.start("worker.py")
    log_in(hand, place.url, OWNER)
    hand.press("button", "Sync now")
    hand.press("button", "Cancel")
    expect(hand.page.locator("#run-state")).to_contain_text("Cancelled")
    expect(hand.page.get_by_role("button", name="Cancel")).to_have_count(0)
    assert has_focus(hand.page, "#run-state *")
    place.clever.mend()


def test_a_mistake_takes_the_focus_once_and_goes_when_it_is_mended(
    hand: Keyboard, place: Place
) -> None:
    place.sync(place.own_school())
    commit()
    log_in(hand, place.url, OWNER)
    hand.fill("Send to", "not an address")
    hand.go_to(hand.page.locator("#save"))
    hand.page.keyboard.press("Enter")
    alert = hand.page.get_by_role("alert")
    expect(alert).to_be_focused()
    hand.fill("Send to", OWNER)
    with hand.page.expect_response("**/rostering/preview"):
        hand.page.keyboard.press("Tab")
    expect(hand.page.locator("#preview")).not_to_contain_text("waits until")
    expect(hand.page.get_by_role("button", name="Send me a test mail")).to_be_focused()
    hand.go_to(hand.page.locator("#save"))
    hand.page.keyboard.press("Enter")
    expect(hand.page.get_by_text("Saved as version 2.")).to_be_visible()
    expect(alert).to_have_count(0)
    expect(hand.page.locator("[aria-invalid]")).to_have_count(0)


def test_more_of_a_runs_changes_are_read_on_from_the_first_of_them(
    hand: Keyboard, place: Place
) -> None:
    run = place.sync(place.own_school(), **ALL)
    run_id = run.id
    commit()
    log_in(hand, place.url, OWNER)
    hand.press("link", "See the run")
    expect(hand.page).to_have_url(f"{place.url}/runs/{run_id}")
    joined = hand.page.locator("details.kind", has_text="Joined").locator("li")
    expect(joined.last).to_contain_text("Show more")
    before = joined.count()
    hand.press("link", "Show more")
    expect(joined).not_to_have_count(before)
    expect(joined.nth(before - 1)).to_be_focused()


def test_a_filter_keeps_the_focus_and_so_does_a_table_that_follows_runs(
    hand: Keyboard, place: Place
) -> None:
    school = place.school()
    place.make.run(school, "queued")
    commit()
    log_in(hand, place.url, MANAGER)
    hand.press("link", "History")
    hand.choose("State", "Waiting")
    expect(hand.page).to_have_url(re.compile("status=queued"))
    expect(hand.page.get_by_label("State")).to_be_focused()
    link = hand.page.get_by_role("link", name=re.compile(", run 1$"))
    hand.go_to(link)
    for _ in range(2):
        with hand.page.expect_response("**/history?**"):
            pass
    expect(link).to_be_focused()


# Nothing hides the focus or traps it; Enter decides nothing by accident


def stops(hand: Keyboard, key: str) -> Iterator[str]:
    """Goes through the page to its end."""
    for _ in range(hand.MOST):
        hand.page.keyboard.press(key)
        stop = hand.stop()
        if stop["name"] == "(the end of the page)":
            return
        yield from (f"{key}: {stop['name']}: {fault}" for fault in stop["faults"])
    yield f"{key} never comes to the end of the page"


@pytest.mark.parametrize("size", [(1280, 720), (640, 400), (390, 844), (320, 256)])
def test_everything_is_reached_and_seen_at_any_size(
    size: tuple[int, int], hand: Keyboard, place: Place
) -> None:
    school = place.own_school()
    tasks.held_run(place, school)
    school_id, run = school.id, runs.last_finished(school.id)
    assert run is not None
    run_id = run.id
    commit()
    hand.page.set_viewport_size({"width": size[0], "height": size[1]})
    log_in(hand, place.url, OWNER)
    found: list[str] = []
    for path in (
        f"/schools/{school_id}/rostering",
        f"/runs/{run_id}",
        f"/schools/{school_id}/people",
    ):
        hand.page.goto(place.url + path)
        hand.page.wait_for_load_state("networkidle")
        found += [f"{path} {fault}" for fault in stops(hand, "Tab")]
        found += [f"{path} missed: {each}" for each in hand.page.evaluate("looks.missed()")]
        found += [f"{path} {fault}" for fault in stops(hand, "Shift+Tab")]
    assert not found, "\n".join(found)


def test_enter_in_a_field_decides_nothing(hand: Keyboard, place: Place) -> None:
    school = place.own_school()
    total = tasks.held_run(place, school)
    school_id = school.id
    commit()
    log_in(hand, place.url, OWNER)
    hand.press("link", "Changes wait for your decision")
    hand.fill("Reason, if you reject", "They are on a trip")
    hand.page.keyboard.press("Enter")
    hand.go_to(hand.page.get_by_role("button", name="Reject what is ticked"))
    expect(hand.page.get_by_label("Reason, if you reject")).to_have_value("They are on a trip")
    assert tasks.students(school_id) == total
    hand.page.keyboard.press("Enter")
    expect(hand.page.get_by_text("Rejected: it stays")).to_be_visible()
    hand.press("link", "Rostering")
    hand.fill("Days a student is missing before Archive", "5")
    hand.page.keyboard.press("Enter")
    hand.go_to(hand.page.locator("#save"))
    expect(hand.page.locator("#saved")).to_contain_text("Version 2")
    assert place.clever.inbox() == []
    hand.page.keyboard.press("Enter")
    expect(hand.page.get_by_text("Saved as version 3.")).to_be_visible()
