"""make screenshots: draws every picture of docs/ anew, from a demo of its own.

The people are the sandbox's, made by a seed; what happens to them is written here. So pictures
differ from one time to the next only where the product does, and in the times of day.
Needs Chromium, as the browser tests do. A NEW PICTURE IS A CALL OF `draw`.
"""

import tempfile
from pathlib import Path
from typing import Any

import requests
from playwright.sync_api import Page, sync_playwright

from roster_dash.demo import PASSWORD, ROOT, Demo, Ports, Seeded, choose_ports
from tests.browser.conftest import find_chromium

PICTURES = ROOT / "docs"
MOST_BYTES = 150_000
MARGIN = 24
WIDE, PHONE = 1440, 390
FIRM = ("students.auto_update=on", "students.archive=on", "grace.students=0")


class Camera:
    """Somebody who is logged in, and looks with a window of one size."""

    def __init__(self, page: Page, url: str, width: int) -> None:
        self._page = page
        self._url = url
        self._width = width

    def log_in(self, email: str) -> None:
        self._page.goto(f"{self._url}/login")
        self._page.get_by_label("E-mail address").fill(email)
        self._page.get_by_label("Password").fill(PASSWORD)
        self._page.get_by_role("button", name="Log in").click()
        self._page.get_by_role("button", name="Log out").wait_for()

    def log_out(self) -> None:
        self._page.get_by_role("button", name="Log out").click()
        self._page.get_by_role("heading", name="Log in").wait_for()

    def draw(self, name: str, path: str, *, shows: str, height: int, top: str = "body") -> None:
        """At most `height` pixels from `top` (a selector) on, without what is empty beside them.

        `shows`: a selector of what must have come before the picture is taken.
        """
        page = self._page
        page.goto(self._url + path)
        page.locator(shows).first.wait_for()
        page.wait_for_load_state("networkidle")
        content, begin = self._place_of("#content"), round(self._place_of(top)["top"])
        width = self._width
        page.set_viewport_size({"width": width, "height": begin + height})
        left = max(0, round(content["left"]) - MARGIN)
        box = {
            "x": left,
            "y": begin,
            "width": min(width, round(content["right"]) + MARGIN) - left,
            "height": min(height, round(content["bottom"]) + MARGIN - begin),
        }
        file = PICTURES / f"{name}.png"
        page.screenshot(path=file, clip=box, animations="disabled")
        if (size := file.stat().st_size) > MOST_BYTES:
            raise SystemExit(f"{file.name} has {size:,} bytes, more than {MOST_BYTES:,}: show less")
        print(f"{file.name}  {box['width']} x {box['height']}, {size:,} bytes")  # noqa: T201

    def _place_of(self, selector: str) -> dict[str, float]:
        place: dict[str, float] = self._page.locator(selector).evaluate(
            "e => e.getBoundingClientRect().toJSON()"
        )
        return place


class Story:
    """What happens in the demo's Clever before and between the pictures."""

    def __init__(self, demo: Demo, ports: Ports, seeded: Seeded) -> None:
        self._demo = demo
        self._clever = f"{ports.clever_url}/_sandbox/time"
        self.school, self._others = seeded.schools[0], seeded.schools[1:]
        people = demo.roster("people", self.school, "--format", "json")
        students = (row["source_id"] for row in people if row["roles"] == "student")
        self._students = sorted(students)

    def every_school_syncs(self) -> None:
        for school in self._others:
            self._demo.roster("settings", school, "students=on", "teachers=on", "staff=on")
            self._demo.roster("sync", school)
        self._demo.roster("settings", self.school, *FIRM)

    def an_ordinary_day(self) -> int:
        """Some come, change and leave. The run."""
        for _ in range(4):
            self._happens("join", school=self.school)
        for name, first, number in (("rename", 50, 3), ("change_email", 90, 6), ("leave", 0, 2)):
            for student in self._students[first : first + number]:
                self._happens(name, id=student)
        return self._synced()

    def many_are_missing(self) -> int:
        """One in six of most is gone, which is over the limit. The run that holds them."""
        for student in self._students[200::6]:
            self._happens("leave", id=student)
        return self._synced()

    def somebody_who_waits(self) -> str:
        return self._students[200]

    def _synced(self) -> int:
        number: int = self._demo.roster("sync", self.school)["run"]
        return number

    def _happens(self, act: str, **values: str) -> None:
        said: Any = requests.post(self._clever, json={"act": act, **values}, timeout=30)
        said.raise_for_status()


def take_all(wide: Camera, phone: Camera, story: Story) -> None:
    for camera in (wide, phone):
        camera.log_in("owner@riverdale.example")
    story.every_school_syncs()
    story.an_ordinary_day()
    rostering, preview = "/schools/1/rostering", "#preview p"
    wide.draw("rostering", rostering, shows=preview, height=900)
    phone.draw("rostering-phone", rostering, shows=preview, height=1100)
    wide.draw("people", "/schools/1/people", shows="tbody tr", height=760)
    held = story.many_are_missing()
    wide.draw("history", "/schools/1/history", shows="tbody tr", height=760)
    wide.draw("held", f"/runs/{held}", shows="input[name=hold]", height=1070, top="#content")
    who = story.somebody_who_waits()
    wide.draw("why", f"/schools/1/why?q={who}", shows=".checklist", height=1060)
    wide.log_out()
    wide.log_in("manager@riverdale.example")
    wide.draw("district", "/districts/1", shows="tbody tr", height=850)


def main() -> None:
    ports = choose_ports()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium())
        cameras = []
        for width in (WIDE, PHONE):
            size = {"width": width, "height": 900}
            page = browser.new_page(viewport=size, color_scheme="light", locale="en-US")
            cameras.append(Camera(page, ports.web_url, width))
        demo = Demo(ports, Path(folder) / "demo")
        with demo.running() as seeded:
            take_all(*cameras, Story(demo, ports, seeded))
        browser.close()


if __name__ == "__main__":
    main()
