"""States that a page can be in: how each is brought about, and what is wrong with it then."""

import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Error, FilePayload, Page, expect

from roster_dash.store.transactions import commit
from tests.browser.looking import THEMES, WIDTHS, faults
from tests.builders import PASSWORD

Act = Callable[[Page], object]
PICTURES = os.environ.get("PICTURES", "")
"""A folder for a picture of every state, for somebody who wants to look at them."""


@dataclass(frozen=True, slots=True)
class State:
    """`shows`: text that is seen then, so that nothing else is looked at by mistake. `act`: what
    is done on the page first. `status`: of the page or of what was sent. `within`: the part that is
    new in this state; whole pages are the rule.
    """

    title: str
    path: str
    shows: str
    act: Act | None = None
    who: str = ""
    status: int = 200
    within: str = "html"


class Stage:
    """A browser before a running dashboard. `at`: what the states' addresses name in braces."""

    def __init__(self, page: Page, url: str, at: Mapping[str, object], errors: list[str]) -> None:
        self._page, self._url, self._at, self._errors = page, url, at, errors
        self._who = ""

    def play(self, states: Iterable[State]) -> None:
        """Looks at all of them before it says what is wrong in any."""
        commit()
        found = []
        for state in states:
            try:
                found += [f"{state.title}: {fault}" for fault in self._look(state)]
            except (AssertionError, Error) as error:
                found.append(f"{state.title}: {str(error).split('Aria')[0]}")
        assert not found, "\n".join(found)

    def _look(self, state: State) -> list[str]:
        page = self._page
        self._become(state.who)
        answer = page.goto(self._url + state.path.format_map(self._at))
        if state.act:
            page.wait_for_load_state("networkidle")
            state.act(page)
        else:
            assert answer is not None
            assert answer.status == state.status, f"it answers {answer.status}"
        page.wait_for_load_state("networkidle")
        expect(page.get_by_text(state.shows).filter(visible=True).first).to_be_visible()
        found = [*self._complaints(state), *faults(page, within=state.within)]
        if PICTURES:
            draw(page, Path(PICTURES), state.title)
        return found

    def _complaints(self, state: State) -> list[str]:
        """What the console says, but for the answer that the state is about."""
        told = [each for each in self._errors if f"status of {state.status}" not in each]
        self._errors.clear()
        return told

    def _become(self, who: str) -> None:
        if who == self._who:
            return
        self._page.context.clear_cookies()
        self._who = who
        if who:
            self._page.goto(f"{self._url}/login")
            log_in_as(who)(self._page)
            self._page.get_by_role("button", name="Log out").wait_for()


def draw(page: Page, folder: Path, title: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    name = re.sub(r"\W+", "-", title)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        for theme in THEMES:
            page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
            file = folder / f"{name}-{width}-{theme}.png"
            page.screenshot(path=file, full_page=True, animations="disabled")


def log_in_as(email: str, password: str = PASSWORD) -> Act:
    return fill({"E-mail address": email, "Password": password}, "Log in")


def fill(fields: Mapping[str, str], then: str = "") -> Act:
    """Types into fields, by label, and presses a button, if one is named."""

    def act(page: Page) -> None:
        for label, text in fields.items():
            labelled = page.get_by_label(label, exact=True)  # a section may be, too
            page.locator("input, textarea").and_(labelled).first.fill(text)
        if then:
            page.get_by_role("button", name=then, exact=True).first.click()

    return act


def press(*names: str) -> Act:
    """Presses buttons, links and what opens and closes, one after the other, by the text."""

    def act(page: Page) -> None:
        for name in names:
            page.locator("button, a, summary, label").filter(has_text=name).first.click()
            page.wait_for_load_state("networkidle")

    return act


def switch(*names: str) -> Act:
    """Turns switches round."""

    def act(page: Page) -> None:
        for name in names:
            page.get_by_role("switch", name=name, exact=True).click()

    return act


def choose(label: str, option: str) -> Act:
    return lambda page: page.get_by_label(label, exact=True).select_option(option)


def one_after_another(*acts: Act) -> Act:
    def act(page: Page) -> None:
        for each in acts:
            each(page)
            page.wait_for_load_state("networkidle")

    return act


def open_all(page: Page) -> None:
    """Opens everything that can be opened."""
    page.eval_on_selector_all("main details", "all => all.forEach(each => each.open = true)")


def search(text: str) -> Act:
    """Types as people do, and waits for the answer."""

    def act(page: Page) -> None:
        with page.expect_response(lambda answer: "q=" in answer.url):
            page.get_by_label("Search", exact=True).fill(text)

    return act


def tick_first(page: Page) -> None:
    page.locator(".tick input").first.check()


def choose_csv(text: str) -> Act:
    return _choose_file("CSV file", "people.csv", text.encode(), "Show what it would do")


def choose_zip(content: bytes) -> Act:
    return _choose_file("Zip file", "roster.zip", content, "Upload and read")


def _choose_file(label: str, name: str, content: bytes, then: str) -> Act:
    def act(page: Page) -> None:
        file: FilePayload = {"name": name, "mimeType": "text/plain", "buffer": content}
        page.get_by_label(label).set_input_files([file])
        page.get_by_role("button", name=then).click()

    return act


def unchecked(page: Page) -> None:
    """Forms go to the server as they are typed."""
    page.eval_on_selector_all("form", "all => all.forEach(each => each.noValidate = true)")
