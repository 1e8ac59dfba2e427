"""python -m benchmarks.pages: what every page weighs, and how long the server takes for it.

A demo of its own, on which a sync has left something to decide. Every page and part of a page that
somebody who is logged in may open is asked for so many times, as a browser asks; bytes are those
that came over the wire, with the answer's headers, and beside them those before compressing. The
first page brings stylesheet and scripts along, which browsers keep. Says what is over the
budget, and stops where a page was forgotten.
"""

import re
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import requests
from werkzeug.routing import Rule

from roster_dash.app import create_app
from roster_dash.config import load_config
from roster_dash.demo import PASSWORD, Demo, Ports, Seeded, choose_ports

ASKED = 20
MOST_AT_FIRST, MOST_AFTER = 100_000, 20_000
"""Bytes of the first page with all that it needs, and of every page after it."""
MOST_SECONDS = 0.1
"""Of the server, for 95 of 100 requests."""
LEFT_OUT = {
    "account.log_in": "is seen before anybody is logged in; measured as the first page",
    "account.home": "leads elsewhere",
    "account.unsubscribe": "needs a mailed link",
    "links.page": "needs a mailed link",
    "links.forgot": "is smaller than the log-in page, and before it",
    "clever_login.log_in": "leads to Clever",
    "second_factor.ask": "needs half a log-in",
    "files.page": "is there for districts that send files",
    "switching.preview": "is there once another source was tried",
    "help.sharing": "leads elsewhere",
    "help.picture": "is no page",
}
"""Pages that aren't measured -> why."""
NO_PAGES = ("static", "api", "api_description", "oneroster", "health")
FURTHER = {
    "people.page": ("?status=leaving", "?q=an", "?q=nobody+at+all"),
    "lists.page": ("?q=a",),
    "past.page": ("?at={today}", "?at={today}&what=lists", "?at=2026-01-01&compare={today}"),
    "why.page": ("?q=anna",),
    "history.page": ("?status=held",),
}
"""The same pages, asked for something."""
PARTS = {
    "people.page": "people",
    "lists.page": "lists",
    "history.page": "runs",
    "audit.page": "entries",
    "district.page": "schools",
    "district.history": "runs",
}
"""What HTMX puts into a page -> the id of the element that it replaces."""


@dataclass(frozen=True, slots=True)
class Page:
    """`size`: bytes over the wire; `whole`: those of the page itself."""

    size: int
    whole: int
    seconds: list[float]

    @property
    def p95(self) -> float:
        return sorted(self.seconds)[int(len(self.seconds) * 0.95) - 1]


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for: an address, and which part of the page if not all of it."""

    path: str
    part: str = ""

    def __str__(self) -> str:
        return f"{self.path} #{self.part}" if self.part else self.path


class Visitor:
    """Somebody's browser, with a connection that stays."""

    def __init__(self, url: str, email: str = "") -> None:
        self._url, self._session = url, requests.Session()
        self._session.headers.update({"Accept-Encoding": "gzip", "Sec-Fetch-Site": "same-origin"})
        if email:
            form = {"email": email, "password": PASSWORD}
            self.post("/login", form, page="/login")

    def post(self, path: str, form: Mapping[str, str], *, page: str) -> None:
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.text(page))
        if token is None:
            raise SystemExit(f"{page} has no form")
        sent = {"csrf_token": token[1], **form}
        self._session.post(f"{self._url}{path}", sent, timeout=30).raise_for_status()

    def page(self, wish: Wish) -> Page:
        sizes, times, whole = [], [], 0
        headers = {"HX-Request": "true", "HX-Target": wish.part} if wish.part else {}
        for _ in range(ASKED):
            began = time.perf_counter()
            answer = self._session.get(
                self._url + wish.path,
                headers=headers,
                stream=True,
                timeout=60,
                allow_redirects=False,
            )
            body = answer.raw.read(decode_content=False)
            times.append(time.perf_counter() - began)
            sizes.append(_wire_size(answer, body))
            if answer.status_code != 200:
                raise SystemExit(f"{wish} answers {answer.status_code}")
        whole = len(self._session.get(self._url + wish.path, headers=headers, timeout=60).content)
        return Page(max(sizes), whole, times)

    def needed(self, path: str) -> int:
        """Bytes of stylesheets, scripts and pictures of a page."""
        found = set(re.findall(r'(?:src|href)="(/static/[^"]+)"', self.text(path)))
        answers = [self._session.get(self._url + each, stream=True, timeout=30) for each in found]
        return sum(_wire_size(each, each.raw.read(decode_content=False)) for each in answers)

    def found(self, path: str, pattern: str) -> str:
        """What the first address on a page that fits has in its place of a number."""
        found = re.search(rf'href="{pattern}"', self.text(path))
        if found is None:
            raise SystemExit(f"{path} leads to no {pattern}")
        return found[1]

    def text(self, path: str) -> str:
        return self._session.get(self._url + path, timeout=60).text


def _wire_size(answer: requests.Response, body: bytes) -> int:
    return len(body) + sum(len(name) + len(text) + 4 for name, text in answer.headers.items())


def pages_of(rules: list[Rule], visitor: Visitor) -> Iterator[Wish]:
    """Everything that can be opened; one that this doesn't know how to open is an error."""
    today = time.strftime("%Y-%m-%d")
    values = {
        "school_id": "1",
        "district_id": "1",
        "person_id": visitor.found("/schools/1/people", r"/people/(\d+)"),
        "list_id": visitor.found("/schools/1/lists", r"/lists/(\d+)"),
        "run_id": visitor.found("/schools/1/history?status=held", r"/runs/(\d+)"),
        "request_id": visitor.found("/requests", r"/requests/(\d+)"),
        "entity": "person",
        "action": "create",
        "guide": "owner",
    }
    for rule in rules:
        path = re.sub(r"<(?:\w+:)?(\w+)>", lambda name: values.get(name[1], ""), rule.rule)
        if rule.arguments - set(values):
            raise SystemExit(f"say in benchmarks/pages.py how {rule.rule} is opened")
        yield Wish(path)
        for query in FURTHER.get(rule.endpoint, ()):
            yield Wish(path + query.format(today=today))
        if part := PARTS.get(rule.endpoint):
            yield Wish(path, part)


def rules_of(folder: Path) -> list[Rule]:
    """The addresses of all pages."""
    app = create_app(load_config({"INSTANCE_PATH": str(folder)}))
    rules = [rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())]
    return [
        rule
        for rule in sorted(rules, key=lambda rule: rule.rule)
        if rule.endpoint not in LEFT_OUT
        and rule.endpoint.split(".")[0] not in NO_PAGES
        and not rule.rule.endswith((".csv", ".zip"))
    ]


def prepare(demo: Demo, ports: Ports, seeded: Seeded) -> None:
    """Every school synced, and a run that has left something to decide: one student in six gone."""
    for school in seeded.schools:
        demo.roster("settings", school, "students=on", "students.archive=on", "class_lists=on")
        demo.roster("sync", school)
    first = seeded.schools[0]
    people = demo.roster("people", first, "--format", "json")
    students = sorted(each["source_id"] for each in people if each["roles"] == "student")
    for student in students[::6]:
        gone = {"act": "leave", "id": student}
        requests.post(f"{ports.clever_url}/_sandbox/time", json=gone, timeout=30).raise_for_status()
    if demo.roster("sync", first)["status"] != "held":
        raise SystemExit("nothing was held: there is nothing to decide on any page")


def ask_for_a_school(visitor: Visitor) -> None:
    """So that there is a request to look at."""
    form = {
        "district_name": "Riverdale",
        "school_name": "Lincoln High",
        "contact_name": "Ann Admin",
        "contact_email": "ann@riverdale.example",
        "sis": "PowerSchool",
    }
    visitor.post("/requests/new", form, page="/requests/new")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        ports = choose_ports(0)
        demo = Demo(ports, Path(folder) / "demo")
        with demo.running() as seeded:
            prepare(demo, ports, seeded)
            visitor = Visitor(ports.web_url, seeded.accounts[-1].email)
            ask_for_a_school(visitor)
            wishes = list(pages_of(rules_of(Path(folder) / "rules"), visitor))
            pages = {str(wish): visitor.page(wish) for wish in wishes}
            first = Visitor(ports.web_url).page(Wish("/login"))
            needed = visitor.needed("/schools/1/rostering")
    report(pages, first, needed)


def report(pages: Mapping[str, Page], first: Page, needed: int) -> None:
    over = []
    say(f"{'page':48}{'kB':>7}{'unpacked':>10}{'median':>10}{'p95':>10}")
    for path, page in pages.items():
        median = statistics.median(page.seconds)
        say(
            f"{path:48}{page.size / 1000:7.1f}{page.whole / 1000:10.1f}"
            f"{median * 1000:7.0f} ms{page.p95 * 1000:7.0f} ms"
        )
        if page.size > MOST_AFTER or page.p95 > MOST_SECONDS:
            over.append(path)
    largest = needed + max(page.size for page in pages.values())
    say(
        f"stylesheet, scripts and icon: {needed / 1000:.1f} kB; with the log-in page "
        f"{(needed + first.size) / 1000:.1f}, with the largest page {largest / 1000:.1f}"
    )
    if largest > MOST_AT_FIRST:
        over.append("the first page")
    say(f"over the budget: {', '.join(over) or 'nothing'}")


def say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - this is its output


if __name__ == "__main__":
    main()
