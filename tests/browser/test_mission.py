"""The mission's steps on a fresh database: request, link and first sync, settings, daily mail."""

import pytest
from playwright.sync_api import Page, expect

from roster_dash.store.transactions import commit
from tests.browser.conftest import violations
from tests.builders import PASSWORD, Builder
from tests.clever import Clever
from tests.processes import Start, free_port, start_web, wait_until

pytestmark = pytest.mark.browser


def log_in(page: Page, url: str, email: str) -> None:
    page.goto(f"{url}/login")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("button", name="Log out").wait_for()


def log_out(page: Page) -> None:
    page.get_by_role("button", name="Log out").click()
    page.get_by_role("heading", name="Log in").wait_for()


def ask_for_the_school(page: Page, url: str, name: str) -> None:
    page.goto(f"{url}/requests")
    page.get_by_role("link", name="Ask for a school").click()
    page.get_by_label("District").fill("Riverdale")
    page.get_by_label("School").fill(name)
    page.get_by_label("IT contact’s name").fill("Ira Tee")
    page.get_by_label("IT contact’s e-mail").fill("it@riverdale.example")
    assert violations(page) == []
    page.get_by_role("button", name="Send the request").click()
    expect(page.get_by_text("Whose move: Integration specialist.")).to_be_visible()
    assert violations(page) == []


def link_and_push_the_first_sync(page: Page, url: str, clever: Clever) -> None:
    school = clever.schools[0].name
    page.goto(f"{url}/districts")
    page.get_by_label("Name").fill(clever.district.name)
    page.get_by_label("Id in Clever").fill(clever.district.id)
    assert violations(page) == []
    page.get_by_role("button", name="Connect").click()
    row = page.get_by_role("row", name=school)
    row.get_by_label("School’s clock").fill("America/Chicago")
    assert violations(page) == []
    row.get_by_role("button", name="Link").click()
    page.get_by_role("button", name="Test connection").click()
    expect(page.get_by_text(f"{school} is shared:")).to_be_visible()
    assert violations(page) == []
    page.goto(f"{url}/requests")
    page.get_by_role("link", name=school).click()
    page.get_by_role("button", name="This is the school").click()
    page.get_by_role("button", name="Push the first sync").click()
    expect(page.get_by_text("Succeeded", exact=True)).to_be_visible()


def choose_and_save(page: Page) -> None:
    page.get_by_role("switch", name="Students: sync").check()
    page.get_by_role("switch", name="Teachers: sync").check()
    page.get_by_role("switch", name="Make user lists from classes").check()
    expect(page.get_by_text("choose terms and grades first")).to_be_visible()
    page.get_by_role("checkbox", name="Current terms").check()
    page.get_by_role("checkbox", name="All grades").check()
    page.get_by_label("Send to").fill("alice@school.example")
    save = page.locator("#save")
    expect(save).to_contain_text("people and")
    assert violations(page) == []
    promised = save.inner_text()
    save.click()
    expect(page.locator("#run-state")).to_contain_text("joined")
    assert promised.startswith("Save and change ")


def test_from_the_request_to_class_lists_and_the_mail(
    page: Page, make: Builder, clever: Clever, start: Start
) -> None:
    make.owner(make.school(), email="alice@school.example")
    make.specialist("sue@operator.example")
    port = free_port()
    commit()
    url = f"http://127.0.0.1:{port}"
    start_web(start, port)
    start("worker.py")
    name = clever.schools[0].name
    log_in(page, url, "alice@school.example")
    ask_for_the_school(page, url, name)
    log_out(page)
    log_in(page, url, "sue@operator.example")
    link_and_push_the_first_sync(page, url, clever)
    log_out(page)
    ready = wait_until(lambda: [m for m in clever.inbox() if "is ready" in m["subject"]])
    assert ready[0]["to"] == ["alice@school.example"]
    log_in(page, url, "alice@school.example")
    page.goto(f"{url}/requests")
    page.get_by_role("link", name=name).click()
    page.get_by_role("link", name="To Rostering").click()
    choose_and_save(page)
    page.get_by_role("link", name="Lists", exact=True).click()
    expect(page.locator("tbody tr").first).to_be_visible()
    assert violations(page) == []
    page.get_by_role("link", name="People", exact=True).click()
    page.locator("tbody a").first.click()
    expect(page.get_by_role("heading", name="What is here")).to_be_visible()
    assert violations(page) == []
    assert wait_until(lambda: [m for m in clever.inbox() if "lists made" in m["subject"]])
