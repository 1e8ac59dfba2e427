"""What is wrong with a page as it is now: for those who use it otherwise, and for the eye."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

from playwright.sync_api import Page

WIDTHS = (1440, 1024, 390)
THEMES = ("light", "dark")
TAGS = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]
OF_COLOUR = ["color-contrast", "link-in-text-block"]
"""All that a theme can break: it changes colours only (tests/web/test_stylesheet.py)."""

_HERE = Path(__file__).parent
_WHATEVER = {"resultTypes": ["violations"], "preload": False}


@cache
def _script(name: str) -> str:
    return (_HERE / name).read_text()


def load_axe(page: Page) -> None:
    if not page.evaluate("'axe' in window"):
        page.evaluate(_script("axe.min.js"))


def violations(page: Page, *rules: str, within: str = "html") -> list[str]:
    """What axe-core finds, by all rules or by some."""
    load_axe(page)
    by = {"type": "rule", "values": rules} if rules else {"type": "tag", "values": TAGS}
    found = page.evaluate(
        "([within, how]) => axe.run(within, how)", [within, {"runOnly": by, **_WHATEVER}]
    )
    return [
        f"{violation['id']}: {node['html'][:200]}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]


def misfits(page: Page) -> list[str]:
    """Text that is cut off or sticks out, controls that lie on each other, a page that is wider
    than its window."""
    found: list[str] = page.evaluate(_script("misfits.js"))
    return found


def faults(page: Page, *, within: str = "html") -> Iterator[str]:
    """All that is wrong, in each theme and width. `within`: the part that axe-core looks at."""
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        for theme in THEMES:
            page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
            rules = () if theme == THEMES[0] else OF_COLOUR
            for each in violations(page, *rules, within=within):
                yield f"{theme} {width}: {each}"
        for each in misfits(page):
            yield f"{width}: {each}"
