"""Every mail in a real browser, on a desk and on a phone, by day and by night, with its styles and
without them; and the gallery that shows them all."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from roster_dash.sandbox.gallery import LOOKS
from roster_dash.sandbox.samples import Sample, samples
from tests.browser.looking import load_axe, violations
from tests.clever import Clever

pytestmark = pytest.mark.browser

THEMES = ("light", "dark")
STRIP = """() => {
  for (const style of document.querySelectorAll("style")) style.remove()
  for (const element of document.querySelectorAll("[style]")) element.removeAttribute("style")
  document.documentElement.style.backgroundColor = "Canvas"
}"""
"""Then the browser's own colours are left; axe-core takes paper that isn't named for white."""
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"],
    "rules": {name: {"enabled": False} for name in ("region", "landmark-one-main")},
}
"""A mail is a part of its reader's page, which has the landmarks."""


def faults(page: Page, width: int) -> Iterator[str]:
    load_axe(page)
    for violation in page.evaluate("rules => axe.run(document, rules)", RULES)["violations"]:
        for node in violation["nodes"]:
            yield f"{violation['id']}: {node['html'][:200]}"
    wide = page.evaluate("document.documentElement.scrollWidth")
    if wide > width:
        yield f"it is {wide} wide"


@pytest.mark.parametrize("sample", samples(), ids=lambda sample: sample.name)
def test_it_is_good_on_a_desk_and_on_a_phone_with_and_without_styles(
    sample: Sample, page: Page
) -> None:
    found = []
    for theme in THEMES:
        page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
        for width in (600, 375):
            page.set_viewport_size({"width": width, "height": 900})
            page.set_content(sample.mail.html)
            found += [f"{theme} {width}: {fault}" for fault in faults(page, width)]
            page.evaluate(STRIP)
            found += [f"{theme} {width} bare: {fault}" for fault in faults(page, width)]
    assert found == []


def test_by_night_the_paper_is_dark_and_what_lists_show_stays_hidden(page: Page) -> None:
    page.set_content(samples()[0].mail.html)
    papers = []
    for theme in THEMES:
        page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
        papers.append(
            page.evaluate("getComputedStyle(document.querySelector('.card')).backgroundColor")
        )
    assert papers == ["rgb(255, 255, 255)", "rgb(26, 32, 37)"]
    hidden = page.locator("[hidden]")
    assert not hidden.is_visible()
    page.evaluate(STRIP)
    assert not hidden.is_visible()


@pytest.mark.parametrize("look", LOOKS)
def test_the_gallery_shows_every_mail_as_html_and_as_text(
    look: str, page: Page, clever: Clever
) -> None:
    found = []
    for theme in THEMES:
        page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
        for width in (1440, 390):
            page.set_viewport_size({"width": width, "height": 900})
            page.goto(f"{clever.url}/gallery?look={look}")
            found += [f"{theme} {width}: {fault}" for fault in violations(page)]
            wide = page.evaluate("document.documentElement.scrollWidth")
            if wide > width:
                found.append(f"{theme} {width}: it is {wide} wide")
    assert found == []
    last = samples()[-1]
    page.get_by_role("navigation").get_by_role("link", name=last.mail.subject).click()
    article = page.get_by_role("article", name=last.mail.subject)
    assert article.locator("pre").inner_text().strip() == last.mail.text.strip()
    for frame in article.locator("iframe").all():
        assert frame.content_frame.get_by_role("heading", level=1).inner_text()
