"""A whole installation, with a real browser in front of it."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    expect,
    sync_playwright,
)

from roster_dash.store.tables import School
from roster_dash.store.transactions import commit
from tests.browser.looking import violations as violations  # tests import it from here
from tests.browser.staging import Stage
from tests.browser.tasks import Place, build_place
from tests.browser.town import Town
from tests.builders import PASSWORD, Builder
from tests.clever import Clever
from tests.processes import Start, free_port, start_web

expect.set_options(timeout=20_000)  # a worker that has just been started takes its time


@dataclass(frozen=True, slots=True)
class Site:
    """Where the dashboard is, and the school that Alice owns there."""

    url: str
    school_id: int
    school_name: str


def find_chromium() -> str:
    names = ("chromium", "chromium-browser", "google-chrome")
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), "")
    assert found, "no Chromium here: install it, or name it with CHROMIUM"
    return found


@pytest.fixture(scope="session")
def _browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium())
        yield browser
        browser.close()


@pytest.fixture
def site(make: Builder, clever: Clever, start: Start, environment: dict[str, str]) -> Site:
    """Web, worker and scheduler are up; Alice owns a linked school that syncs nothing yet."""
    district = make.district(clever.district.name, clever.district.id, clever.district.token)
    school: School = make.school(district, clever.schools[0].name, clever.schools[0].id)
    make.owner(school, email="alice@school.example")
    port = free_port()
    about = Site(f"http://127.0.0.1:{port}", school.id, school.name)
    commit()
    start_web(start, port)
    start("worker.py")
    return about


@pytest.fixture
def place(make: Builder, clever: Clever, start: Start) -> Place:
    return build_place(make, clever, start)


@pytest.fixture
def town(make: Builder, clever: Clever) -> Town:
    return Town(make, clever)


@pytest.fixture
def stage(town: Town, start: Start, page: Page, errors: list[str]) -> Stage:
    """A browser before the town's dashboard; no worker is running."""
    commit()
    port = free_port()
    start_web(start, port)
    return Stage(page, f"http://127.0.0.1:{port}", town.at, errors)


@pytest.fixture
def errors() -> list[str]:
    """What a page's console complained about; must stay empty."""
    return []


@pytest.fixture
def page(_browser: Browser, errors: list[str], start: Start) -> Iterator[Page]:
    """Closed before what `start` has started ends, or it would complain of that."""
    yield from _page(_browser.new_context(), errors)
    assert errors == []


@pytest.fixture
def plain_page(_browser: Browser, errors: list[str]) -> Iterator[Page]:
    """A page without JavaScript."""
    yield from _page(_browser.new_context(java_script_enabled=False), errors)


def _page(context: BrowserContext, errors: list[str]) -> Iterator[Page]:
    page = context.new_page()
    page.set_default_timeout(15_000)
    page.on("console", lambda said: errors.append(said.text) if _is_error(said) else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    context.close()


def _is_error(said: ConsoleMessage) -> bool:
    """The console counts pages that aren't there and forms with mistakes, too; those are ours."""
    ours = ("status of 422", "status of 404")
    return said.type == "error" and not any(status in said.text for status in ours)


def log_in(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/login")
    page.get_by_label("E-mail address").fill("alice@school.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(f"**/schools/{site.school_id}/rostering")
