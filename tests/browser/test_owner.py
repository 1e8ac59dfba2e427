"""What an Owner does, in a real browser: with JavaScript, and without."""

import re

import pytest
from playwright.sync_api import Page, expect

from roster_dash.roster.records import Term
from roster_dash.store import mails, runs, schools
from roster_dash.store import settings as settings_store
from roster_dash.store.transactions import commit
from tests.browser.conftest import Site, log_in, violations
from tests.builders import Builder, a_section, a_snapshot, a_student, a_teacher
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
    for _ in range(90):
        page.keyboard.press("Tab")
        reached.add(
            page.evaluate("document.activeElement.name || document.activeElement.innerText")
        )
    assert {"students", "admins.archive", "contacts", "class_lists", "schedule.time"} <= reached
    assert {"notify.emails", "notify.when", "Sync now", "Save and sync"} <= reached


def a_school_in_use(make: Builder, school_id: int) -> int:
    """Long names, a list, changes, problems and a failed mail; gives a run's id."""
    school = schools.get_school(school_id)
    assert school is not None
    name = "Wolfeschlegelsteinhausenbergerdorff-Montgomery-Featherstonehaugh"
    people = [a_student(first_name="Maximiliane", last_name=name), a_teacher(last_name=name)]
    section = a_section(
        name=f"Advanced {name} - {name} - 1",
        teachers=(people[1].source_id,),
        students=(people[0].source_id,),
    )
    grades = [a_section(grade=str(grade), term_id="t1") for grade in range(1, 13)]
    terms = [Term("t1", "Fall"), Term("term-1", "Spring")]
    nameless = a_student(first_name="", last_name="")
    everything = {"class_lists": "on", "class_lists__terms": "all", "class_lists__grades": "all"}
    make.settings(school, students="on", notify__emails="a@x.example", **everything)
    make.snapshot(school, a_snapshot([*people, nameless], [section, *grades], terms))
    run = make.synced(school, a_snapshot([*people, nameless], [section, *grades], terms))
    run.warnings = [f"1 person has no e-mail ({name}). Fix: correct it."]
    (mail_id,) = mails.add_mails(run.id, "run_result", [f"{name.lower()}@school.example"])
    mails.mark_unsent(mail_id, "The mail server can’t be reached.")
    run_id = run.id
    commit()
    return run_id


@pytest.mark.parametrize("width", [1440, 1024, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_overflows_or_has_a_violation(
    width: int, scheme: str, page: Page, site: Site, make: Builder
) -> None:
    run = a_school_in_use(make, site.school_id)
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.goto(f"{site.url}/login")
    assert violations(page) == []
    log_in(page, site)
    parts = ("rostering", "people", "people/new", "lists", "history", "connection")
    paths = [f"/schools/{site.school_id}/{part}" for part in parts]
    paths += ["/schools", "/people/1", "/lists/1", f"/runs/{run}", "/runs/999"]
    for path in (*paths, "/requests", "/requests/new", "/help/sharing"):
        page.goto(site.url + path)
        page.wait_for_load_state("networkidle")
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
