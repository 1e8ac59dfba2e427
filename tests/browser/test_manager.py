"""What a District Manager does, in a real browser: a policy, many schools at once, keys."""

import pytest
from playwright.sync_api import Page, expect

from roster_dash import together
from roster_dash.store import people, policies, runs, schools, tokens, webhooks
from roster_dash.store import settings as settings_store
from roster_dash.store.transactions import commit
from tests.browser.conftest import Site, violations
from tests.builders import PASSWORD, Builder, a_snapshot, a_student, some_settings

pytestmark = pytest.mark.browser

ARCHIVING = {"students": "on", "students__archive": "on", "grace__students": "0"}


@pytest.fixture
def other(site: Site, make: Builder) -> int:
    """Bob manages the district; in its other school, by id, half of the students would leave."""
    school = schools.get_school(site.school_id)
    assert school is not None
    make.manager(school.district)
    other = make.school(school.district, "Zola High")
    make.settings(other, **ARCHIVING)
    everybody = [a_student() for _ in range(8)]
    make.synced(other, a_snapshot(everybody), **ARCHIVING)
    make.synced(other, a_snapshot(everybody[:4]), **ARCHIVING)
    number = other.id
    commit()
    return number


def enter(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/login")
    page.get_by_label("E-mail address").fill("bob@district.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url("**/districts/1")


def test_a_policy_is_previewed_in_every_school_and_locked(
    page: Page, site: Site, other: int
) -> None:
    enter(page, site)
    page.get_by_role("link", name="Policy").click()
    page.get_by_role("switch", name="Students: sync").check()
    page.get_by_role("checkbox", name="Lock Students: Archive").check()
    preview = page.locator("#preview")
    expect(preview).to_contain_text("2 of 2 linked schools would change.")
    expect(preview).to_contain_text("Students: Archive: on → off")
    expect(preview).to_contain_text("first sync only adds")
    page.get_by_role("button", name="Save for the district").click()
    expect(page.get_by_text("Saved as version 1.")).to_be_visible()
    settings = settings_store.load_settings(other)
    commit()
    assert not settings.students.archive
    page.goto(f"{site.url}/schools/{other}/rostering")
    archive = page.get_by_role("switch", name="Students: archive")
    expect(archive).to_be_disabled()
    assert violations(page) == []


@pytest.mark.parametrize("script", [True, False], ids=["with JavaScript", "without"])
def test_what_waits_in_chosen_schools_is_read_and_approved(
    script: bool, page: Page, plain_page: Page, site: Site, other: int
) -> None:
    used = page if script else plain_page
    enter(used, site)
    used.get_by_role("checkbox", name="Choose Zola High").check()
    used.get_by_role("button", name="Approve what waits").click()
    expect(used.get_by_role("heading", name="Zola High")).to_be_visible()
    used.get_by_role("button", name="Approve 4 changes").click()
    expect(used.get_by_text("What waited is approved: 1 school.")).to_be_visible()
    left = people.find_people(other, people.Wanted())
    commit()
    assert len(left) == 4


@pytest.mark.parametrize("width", [1440, 1024, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_of_a_district_overflows_or_has_a_violation(
    width: int, scheme: str, page: Page, site: Site, other: int
) -> None:
    school = schools.get_school(other)
    assert school is not None
    district = school.district_id
    policies.save_policy(district, some_settings(teachers="on"), ["students.archive"], None)
    tokens.make_token(school, "Library", ["people:read"], 30, None)
    hook = ("https://hooks.library.example/roster/updates", b"locked", ["run.held"])
    webhooks.add_webhook(school, *hook, None)
    last = runs.last_finished(other)
    assert last is not None
    webhooks.add_deliveries(last)
    commit()
    together.spread_policy(district)
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    enter(page, site)
    paths = [f"/districts/1{part}" for part in ("", "/history", "/policy", "/retention")]
    paths += ["/districts/1/together/approve", "/districts/1/connection", "/accounts", "/account"]
    paths += [f"/schools/{other}/{part}" for part in ("rostering", "api", "drill", "why", "past")]
    paths += ["/audit", "/people/1/privacy", "/runs/2", "/runs/2/report"]
    for path in paths:
        page.goto(site.url + path)
        page.wait_for_load_state("networkidle")
        assert violations(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
