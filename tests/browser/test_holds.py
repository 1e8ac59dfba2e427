"""From the mail about what waits to a decision, and back again: in a real browser."""

import re

import pytest
from playwright.sync_api import Page, expect

from roster_dash.store import runs, schools
from roster_dash.store.people import Wanted, count_people
from roster_dash.store.settings import save_settings
from roster_dash.store.transactions import commit, rollback
from tests.browser.conftest import Site, log_in, violations
from tests.builders import some_settings
from tests.clever import Clever
from tests.processes import wait_until

pytestmark = pytest.mark.browser

GONE = 10
APPROVED = 4


def sync_now(page: Page, site: Site, state: str) -> None:
    page.goto(f"{site.url}/schools/{site.school_id}/rostering")
    before = finished(site)
    page.get_by_role("button", name="Sync now").click()
    wait_until(lambda: finished(site) > before)
    page.reload()
    expect(page.locator("#run-state")).to_contain_text(state)


def finished(site: Site) -> int:
    number = sum(1 for run in runs.list_runs([site.school_id]) if run.finished_at)
    rollback()
    return number


def active_students(site: Site) -> int:
    number = count_people(site.school_id, Wanted(role="student"))
    rollback()
    return number


def prepare(page: Page, site: Site, clever: Clever) -> int:
    """A synced school of which ten students leave at once; how many it had."""
    settings = some_settings(
        students="on",
        students__auto_update="on",
        students__archive="on",
        grace__students="0",
        notify__emails="alice@school.example",
        notify__when="problems",
    )
    save_settings(schools.find_school(str(site.school_id)), settings, None)
    commit()
    log_in(page, site)
    sync_now(page, site, "Succeeded")
    school = next(s for s in clever.schools if s.name == site.school_name)
    students = [
        user["id"]
        for user in clever.raw()["users"]
        if school.id in user["roles"].get("student", {}).get("schools", [])
    ]
    for student in students[:GONE]:
        clever.act("leave", id=student)
    sync_now(page, site, "Needs you")
    return len(students)


def link_of_the_mail(clever: Clever) -> str:
    (mail,) = wait_until(clever.inbox)
    assert f"{GONE} changes wait for you" in mail["subject"]
    assert "nothing changed" in mail["subject"]
    link = re.search(r"Approve or reject:\s+https?://[^/]+(/\S+)", mail["text"])
    assert link, mail["text"]
    return link[1]


def decide(page: Page, site: Site, total: int, path: str) -> None:
    """Approves some of what waits, rejects the rest, takes the run back."""
    page.goto(site.url + path)
    expect(
        page.get_by_role("heading", name=f"{GONE} changes wait for you", exact=True)
    ).to_be_visible()
    assert active_students(site) == total
    ticks = page.locator('input[name="hold"]')
    expect(ticks).to_have_count(GONE)
    for number in range(APPROVED, GONE):
        ticks.nth(number).uncheck()
    page.get_by_role("button", name="Approve what is ticked").click()
    expect(page.get_by_text("Approved and done.")).to_be_visible()
    assert active_students(site) == total - APPROVED
    expect(page.locator('input[name="hold"]')).to_have_count(GONE - APPROVED)
    page.get_by_label("Reason, if you reject").fill("They are on a trip")
    page.get_by_role("button", name="Reject what is ticked").click()
    expect(page.get_by_text("Rejected: it stays")).to_be_visible()
    expect(page.get_by_role("heading", name="Nothing waits any more")).to_be_visible()
    expect(page.get_by_text("They are on a trip").first).to_be_visible()
    expect(page.locator(".run-head .badge")).to_have_text("Succeeded")
    page.get_by_role("link", name="Take this run back").click()
    expect(page.get_by_text(f"{APPROVED} Returned")).to_be_visible()


def take_back(page: Page, site: Site, total: int) -> None:
    page.get_by_role("button", name="Take it back").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(f"{APPROVED} returned")
    assert active_students(site) == total


def test_a_held_run_is_found_from_the_mail_partly_approved_partly_rejected_and_taken_back(
    page: Page, site: Site, clever: Clever
) -> None:
    total = prepare(page, site, clever)
    path = link_of_the_mail(clever)
    page.goto(site.url + path)
    assert violations(page) == []
    decide(page, site, total, path)
    assert violations(page) == []
    take_back(page, site, total)
    assert violations(page) == []
    sync_now(page, site, "Needs you")
    assert active_students(site) == total
    page.get_by_role("link", name="Changes wait for your decision").click()
    expect(
        page.get_by_role("heading", name=f"{APPROVED} changes wait for you", exact=True)
    ).to_be_visible()


def test_the_same_decisions_without_javascript(
    plain_page: Page, site: Site, clever: Clever
) -> None:
    page = plain_page
    total = prepare(page, site, clever)
    decide(page, site, total, link_of_the_mail(clever))
    take_back(page, site, total)
