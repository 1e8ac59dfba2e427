"""What an Owner does, in a real browser: with JavaScript, and without."""

import re

import pytest
from playwright.sync_api import Page, expect

from roster_dash.store import runs
from roster_dash.store import settings as settings_store
from tests.browser.conftest import Site, log_in, violations
from tests.clever import Clever
from tests.processes import wait_until

pytestmark = pytest.mark.browser


def fill_in(page: Page) -> None:
    """Students and teachers with their classes of the current terms, and a mail."""
    for name in ("Students: sync", "Teachers: sync", "Make user lists from classes"):
        page.get_by_role("switch", name=name).check()
    page.get_by_role("checkbox", name="Current terms").check()
    page.get_by_role("checkbox", name="All grades").check()
    page.get_by_label("Send to").fill("alice@school.example")


def check_run_page(page: Page, site: Site, clever: Clever) -> None:
    """The run's page names the people whom Clever has for the school."""
    school = next(s for s in clever.schools if s.name == site.school_name)
    students = [
        user
        for user in clever.raw()["users"]
        if school.id in user["roles"].get("student", {}).get("schools", [])
    ]
    expect(page.get_by_role("heading", level=1)).to_contain_text("joined")
    joined = page.locator("details.kind", has_text="Joined")
    while (more := joined.get_by_role("link", name="Show more")).count():
        before = joined.locator("li").count()
        more.click()
        expect(joined.locator("li")).not_to_have_count(before)
    text = joined.inner_text()
    for student in students:
        assert student["name"]["last"] in text
    expect(page.get_by_role("row", name=re.compile("Joined"))).to_contain_text(
        str(joined.locator("li").count())
    )


def test_an_owner_sets_up_the_sync_watches_it_and_gets_the_mail(
    page: Page, site: Site, clever: Clever
) -> None:
    clever.fault("slow", path="/users", times=0, seconds=0.4)
    log_in(page, site)
    expect(page.get_by_text("Nothing is synced yet.")).to_be_visible()
    assert violations(page) == []
    fill_in(page)
    expect(page.get_by_text("Not saved yet")).to_be_visible()
    page.evaluate("window.stillHere = true")
    page.get_by_role("button", name="Save and sync").click()
    expect(page.get_by_text("Saved as version 1.")).to_be_visible()
    expect(page.get_by_text("Not saved yet")).to_be_hidden()
    expect(page.get_by_text("Reading the roster from Clever.")).to_be_visible()
    assert violations(page) == []
    state = page.locator("#run-state")
    expect(state).to_contain_text("Succeeded")
    expect(state).to_contain_text("joined")
    assert page.evaluate("window.stillHere"), "the page was loaded anew"
    assert violations(page) == []
    page.get_by_role("link", name="See the run").click()
    check_run_page(page, site, clever)
    assert violations(page) == []
    (mail,) = wait_until(clever.inbox)
    assert mail["to"] == ["alice@school.example"]
    assert "joined" in mail["subject"]
    page.goto(f"{site.url}/schools/{site.school_id}/history")
    expect(page.locator("tbody tr")).to_have_count(1)
    assert violations(page) == []


def test_the_same_without_javascript(plain_page: Page, site: Site, clever: Clever) -> None:
    page = plain_page
    log_in(page, site)
    fill_in(page)
    page.get_by_role("button", name="Save and sync").click()
    expect(page.get_by_text("Saved as version 1.")).to_be_visible()
    wait_until(lambda: runs.active_run(site.school_id) is None)
    page.reload()
    expect(page.locator("#run-state")).to_contain_text("Succeeded")
    page.get_by_role("link", name="See the run").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("joined")
    page.get_by_role("link", name="Show more").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Joined")
    assert wait_until(clever.inbox)
    page.goto(f"{site.url}/schools/{site.school_id}/history")
    page.get_by_label("Show").select_option("failed")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_text("No such run")).to_be_visible()


def test_a_mistake_is_shown_in_place_with_what_was_typed(page: Page, site: Site) -> None:
    log_in(page, site)
    page.get_by_role("switch", name="Students: sync").check()
    page.get_by_label("Send to").fill("not an address")
    page.get_by_role("button", name="Save and sync").click()
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("Nothing was saved")
    expect(alert).to_be_focused()
    expect(page.get_by_label("Send to")).to_have_value("not an address")
    expect(page.get_by_role("switch", name="Students: sync")).to_be_checked()
    assert violations(page) == []
    assert settings_store.latest_version(site.school_id) is None


def test_a_run_is_cancelled_while_it_reads(page: Page, site: Site, clever: Clever) -> None:
    clever.fault("slow", path="/", times=0, seconds=1)
    log_in(page, site)
    page.get_by_role("button", name="Sync now").click()
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator("#run-state")).to_contain_text("Cancelled")
    clever.mend()


def test_everything_is_reached_with_the_keyboard(page: Page, site: Site) -> None:
    log_in(page, site)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    reached: set[str] = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.add(
            page.evaluate("document.activeElement.name || document.activeElement.innerText")
        )
    assert {"students", "admins.archive", "contacts", "class_lists", "schedule.time"} <= reached
    assert {"notify.emails", "notify.when", "Sync now", "Save and sync"} <= reached


@pytest.mark.parametrize("width", [1440, 1024, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_overflows_or_has_a_violation(
    width: int, scheme: str, page: Page, site: Site
) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.goto(f"{site.url}/login")
    assert violations(page) == []
    log_in(page, site)
    for path in ("/schools", f"/schools/{site.school_id}/rostering", "/schools/1/history"):
        page.goto(site.url + path)
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
