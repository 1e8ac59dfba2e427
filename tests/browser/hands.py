"""Two ways to use the dashboard: with the keyboard only, and in a browser without JavaScript.

Both can do the same few things, so that a task is told once (tests/browser/tasks.py) and done in
both ways.
"""

import re
from pathlib import Path
from typing import Any, Protocol

from playwright.sync_api import ElementHandle, Locator, Page, expect

from tests.builders import PASSWORD

Name = str | re.Pattern[str]
LOOKS = Path(__file__).parent / "looks.js"


class Hand(Protocol):
    """What somebody does to a page. Names are what is read out: labels, links, buttons."""

    page: Page

    def press(self, role: Any, name: Name) -> None:
        """Presses a button, follows a link; the first of that name."""

    def fill(self, label: str, text: str) -> None:
        """Types over what a field holds."""

    def choose(self, label: str, option: str) -> None:
        """One of a list's options."""

    def tick(self, role: Any, name: Name) -> None:
        """Switches on what is off, and off what is on; chooses one of several."""

    def open(self, words: str) -> None:
        """Opens what can be opened."""

    def show(self, button: str) -> None:
        """Asks for what a filter says; with JavaScript it has come by itself."""

    def look_until(self, words: str) -> None:
        """Waits until a page that tells of something at work says something."""

    def go_back(self) -> None:
        """To the page before."""


def log_in(hand: Hand, url: str, email: str) -> None:
    hand.page.goto(f"{url}/login")
    hand.fill("E-mail address", email)
    hand.fill("Password", PASSWORD)
    hand.press("button", "Log in")
    expect(hand.page.get_by_role("button", name="Log out")).to_be_visible()


def log_out(hand: Hand) -> None:
    hand.press("button", "Log out")
    expect(hand.page.get_by_role("heading", name="Log in")).to_be_visible()


_STATE = "#run-state, .run-head"


class Plain:
    """A browser that runs no scripts."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, role: Any, name: Name) -> None:
        self.page.get_by_role(role, name=name, exact=True).first.click()

    def fill(self, label: str, text: str) -> None:
        self.page.get_by_label(label, exact=True).fill(text)

    def choose(self, label: str, option: str) -> None:
        self.page.get_by_label(label, exact=True).select_option(label=option)

    def tick(self, role: Any, name: Name) -> None:
        box = self.page.get_by_role(role, name=name, exact=True).first
        box.set_checked(not box.is_checked())

    def open(self, words: str) -> None:
        self.page.locator("summary", has_text=words).first.click()

    def show(self, button: str) -> None:
        self.press("button", button)

    def look_until(self, words: str) -> None:
        """Presses Reload as long as the page offers it."""
        for _ in range(300):
            if not (reload := self.page.get_by_role("link", name=re.compile("^Reload"))).count():
                break
            reload.click()
        expect(self.page.locator(_STATE).first).to_contain_text(words)

    def go_back(self) -> None:
        self.page.go_back()


class Keyboard:
    """Tab, Shift+Tab, Enter, Space, arrows and typing: no mouse, no script of ours.

    Whatever has the focus on the way must be seen: within the window, under nothing, marked.
    """

    MOST = 200
    """Presses of Tab; no page here has as many places to stop."""

    def __init__(self, page: Page) -> None:
        self.page = page
        page.add_init_script(path=LOOKS)

    def press(self, role: Any, name: Name) -> None:
        self.go_to(self.page.get_by_role(role, name=name, exact=True))
        self.page.keyboard.press("Enter")

    def fill(self, label: str, text: str) -> None:
        self.go_to(self.page.get_by_label(label, exact=True))
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type(text)

    def choose(self, label: str, option: str) -> None:
        field = self.page.get_by_label(label, exact=True)
        self.go_to(field)
        texts = field.locator("option").all_inner_texts()
        ahead = texts.index(option) - int(field.evaluate("list => list.selectedIndex"))
        for _ in range(abs(ahead)):
            self.page.keyboard.press("ArrowDown" if ahead > 0 else "ArrowUp")
        expect(field.locator("option:checked")).to_have_text(option)

    def tick(self, role: Any, name: Name) -> None:
        box = self.page.get_by_role(role, name=name, exact=True)
        if role == "radio":
            self._turn_to(box)
            return
        self.go_to(box)
        before = box.first.is_checked()
        self.page.keyboard.press("Space")
        expect(box.first).to_be_checked(checked=not before)

    def _turn_to(self, radio: Locator) -> None:
        """Tab stops once in a group; the arrows go round in it."""
        group = self.page.locator(f"input[name='{radio.get_attribute('name')}']")
        self.go_to(group)
        for _ in range(group.count()):
            if radio.is_checked():
                return
            self.page.keyboard.press("ArrowDown")
        raise AssertionError(f"not reached: {radio}")

    def open(self, words: str) -> None:
        self.go_to(self.page.locator("summary", has_text=words))
        self.page.keyboard.press("Enter")

    def show(self, button: str) -> None:
        assert self.page.get_by_role("button", name=button, exact=True).count() == 0

    def look_until(self, words: str) -> None:
        expect(self.page.locator(_STATE).first).to_contain_text(words)

    def go_back(self) -> None:
        self.page.go_back()  # the browser’s own key, which a browser without a window hasn’t

    def go_to(self, wanted: Locator, key: str = "Tab") -> None:
        """Tabs on until the first of `wanted` that comes has the focus."""
        wanted.first.wait_for(state="attached")
        expect(wanted.first).to_be_enabled()
        passed: list[str] = []
        targets = wanted.element_handles()
        if self.stop(targets)["there"]:
            return
        while len(passed) < self.MOST:
            self.page.keyboard.press(key)
            stop = self.stop(targets)
            passed.append(stop["name"])
            assert not stop["faults"], f"{passed[-1]}: {stop['faults']}"
            if stop["there"]:
                return
            if stop["gone"]:  # a swap has brought another one
                targets = wanted.element_handles()
        raise AssertionError(f"not reached: {wanted}; passed {passed}")

    def stop(self, targets: list[ElementHandle] | None = None) -> dict[str, Any]:
        """Where the focus is now, and what is wrong with how it is seen."""
        found: dict[str, Any] = self.page.evaluate("targets => looks.stop(targets)", targets or [])
        return found
