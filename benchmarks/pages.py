"""python -m benchmarks.pages: what every page weighs, and how long the server takes for it.

A demo of its own, on which a sync has left something to decide. Each page is asked for so many
times by somebody who is logged in; bytes are those that came over the wire. The first page brings
stylesheet and scripts along, which browsers keep. Ends with 1 where a page is over the budget.
"""

import re
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import requests

from roster_dash.demo import PASSWORD, Demo, Seeded, choose_ports

ASKED = 20
MOST_AT_FIRST, MOST_AFTER = 100_000, 20_000
"""Bytes of the first page with all that it needs, and of every page after it."""
MOST_SECONDS = 0.1
"""Of the server, for 95 of 100 requests."""
SCHOOL = [
    "rostering",
    "history",
    "people",
    "people?status=leaving",
    "lists",
    "past",
    "why",
    "connection",
    "api",
    "drill",
]
DISTRICT = ("", "/history", "/policy", "/retention", "/connection", "/switch")


@dataclass(frozen=True, slots=True)
class Page:
    size: int
    seconds: list[float]

    @property
    def p95(self) -> float:
        return sorted(self.seconds)[int(len(self.seconds) * 0.95) - 1]


class Visitor:
    """Somebody who is logged in, with a connection that stays."""

    def __init__(self, url: str, email: str) -> None:
        self._url, self._session = url, requests.Session()
        self._session.headers["Accept-Encoding"] = "gzip"
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self._text("/login"))
        if token is None:
            raise SystemExit("the log-in page has no form")
        form = {"email": email, "password": PASSWORD, "csrf_token": token[1]}
        self._session.post(f"{url}/login", form, timeout=30).raise_for_status()

    def page(self, path: str) -> Page | None:
        """None for what isn't a page."""
        sizes, times = [], []
        for _ in range(ASKED):
            began = time.perf_counter()
            answer = self._session.get(self._url + path, stream=True, timeout=60)
            body = answer.raw.read(decode_content=False)
            times.append(time.perf_counter() - began)
            sizes.append(len(body))
            if answer.status_code != 200:
                raise SystemExit(f"{path} answers {answer.status_code}")
            if not answer.headers["Content-Type"].startswith("text/html"):
                return None
        return Page(max(sizes), times)

    def needed(self, path: str) -> int:
        """Bytes of stylesheets and scripts of a page."""
        found = set(re.findall(r'(?:src|href)="(/static/[^"]+)"', self._text(path)))
        answers = [self._session.get(self._url + each, stream=True, timeout=30) for each in found]
        return sum(len(each.raw.read(decode_content=False)) for each in answers)

    def links(self, path: str, pattern: str) -> str:
        """The first address on a page that fits."""
        found = re.search(rf'href="({pattern})"', self._text(path))
        if found is None:
            raise SystemExit(f"{path} leads to no {pattern}")
        return found[1]

    def _text(self, path: str) -> str:
        return self._session.get(self._url + path, timeout=60).text


def paths(visitor: Visitor) -> Iterator[str]:
    for name in SCHOOL:
        yield f"/schools/1/{name}"
    yield visitor.links("/schools/1/people", r"/people/\d+")
    yield visitor.links("/schools/1/lists", r"/lists/\d+")
    yield visitor.links("/schools/1/history", r"/runs/\d+")
    for name in DISTRICT:
        yield f"/districts/1{name}"
    yield from ("/districts", "/requests", "/accounts", "/audit", "/account", "/help/sharing")


def prepare(demo: Demo, seeded: Seeded) -> None:
    """Every school synced, and a run that has left something to decide."""
    for school in seeded.schools:
        demo.roster("settings", school, "students=on", "students.archive=on", "class_lists=on")
        demo.roster("sync", school)


def measure(url: str, email: str) -> Mapping[str, Page]:
    visitor = Visitor(url, email)
    found = {path: visitor.page(path) for path in paths(visitor)}
    return {path: page for path, page in found.items() if page is not None}


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        ports = choose_ports(0)
        demo = Demo(ports, Path(folder) / "demo")
        with demo.running() as seeded:
            prepare(demo, seeded)
            email = seeded.accounts[-1].email
            pages = measure(ports.web_url, email)
            needed = Visitor(ports.web_url, email).needed("/schools/1/rostering")
    return report(pages, needed)


def report(pages: Mapping[str, Page], needed: int) -> int:
    over = []
    say(f"{'page':40}{'kB':>8}{'median':>10}{'p95':>10}")
    for path, page in pages.items():
        median = statistics.median(page.seconds)
        say(f"{path:40}{page.size / 1000:8.1f}{median * 1000:7.0f} ms{page.p95 * 1000:7.0f} ms")
        if page.size > MOST_AFTER or page.p95 > MOST_SECONDS:
            over.append(path)
    first = needed + max(page.size for page in pages.values())
    say(f"stylesheet and scripts: {needed / 1000:.1f} kB; with a page at most {first / 1000:.1f}")
    if first > MOST_AT_FIRST:
        over.append("the first page")
    say(f"over the budget: {', '.join(over) or 'nothing'}")
    return 1 if over else 0


def say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - this is its output


if __name__ == "__main__":
    sys.exit(main())
