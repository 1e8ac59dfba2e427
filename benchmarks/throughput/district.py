"""A made-up district whose records are rendered once, served so that no server is the bottleneck.

python -m benchmarks.throughput.district PORT PEOPLE SCHOOLS: pages of a Clever-shaped API, school
by school and whole. POST /_state/STEP shows another day: 0 the first, 1 with 2 % of people and
classes changed, 2 a new school year; /_delay/MILLISECONDS and /_limit/REQUESTS (a minute, 0: as
many as you like) make it as slow as others are. GET /_counts: requests, refusals and bytes since
the last call.
"""

import json
import subprocess
import sys
import threading
import time
import urllib.request
from bisect import bisect_right
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

TOKEN = "benchmark-token"  # noqa: S105 - of a made-up district
DISTRICT = "65b000000000000000000001"
CLASS_SIZE, CLASSES_EACH, PUPILS_PER_TEACHER = 25, 6, 16
CHANGED_EACH = 50
"""One in so many is changed: 2 %."""
MINUTE_SECONDS = 60.0
FIRST = ("Ana", "Ben", "Cleo", "Dev", "Ema", "Finn", "Gia", "Hugo", "Ida", "Jon", "Kim", "Leo")
LAST = ("Abbott", "Baker", "Cruz", "Diaz", "Evans", "Ford", "Garcia", "Hill", "Ito", "Jones")


def new_id(kind: int, number: int) -> str:
    return f"65b{kind:05x}{number:016x}"


class District:
    """`people` in `schools`, and classes for them; `step` says which day it is."""

    def __init__(self, people: int, schools: int) -> None:
        self.step = 0
        self.schools = [new_id(1, n) for n in range(schools)]
        self.terms = [new_id(2, n) for n in range(2)]
        self.courses = [new_id(3, n) for n in range(12)]
        self._people, self._sections, self._bounds = self._number(people)
        self._rendered: dict[tuple[int, str], list[bytes]] = {}

    def _number(self, people: int) -> tuple[int, list[tuple[int, int, int, int]], list[Any]]:
        """Who is where: people and classes of a school are next to each other."""
        each, sections, bounds, begin = people // len(self.schools), [], [], 0
        for school in range(len(self.schools)):
            size = each + (school < people % len(self.schools))
            teachers = max(1, size // (PUPILS_PER_TEACHER + 1))
            pupils, first_section = size - teachers, len(sections)
            for period in range(CLASSES_EACH):
                for start in range(0, pupils, CLASS_SIZE):
                    stop = min(start + CLASS_SIZE, pupils)
                    first = begin + teachers
                    sections.append((school, period, first + start, first + stop))
            bounds.append((begin, begin + teachers, begin + size, first_section, len(sections)))
            begin += size
        return begin, sections, bounds

    def records(self, kind: str) -> list[bytes]:
        """Every record of a collection on this day, as JSON."""
        key = (self.step, kind)
        if key not in self._rendered:
            self._rendered = {k: v for k, v in self._rendered.items() if k[0] == self.step}
            self._rendered[key] = [json.dumps(each).encode() for each in self._make(kind)]
        return self._rendered[key]

    def of_school(self, kind: str, school: str) -> list[bytes]:
        begin, _, end, first, last = self._bounds[self.schools.index(school)]
        whole = self.records(kind)
        return whole[begin:end] if kind == "users" else whole[first:last]

    def _make(self, kind: str) -> Iterator[dict[str, Any]]:
        if kind == "users":
            for school, (begin, pupils, end, _, _) in enumerate(self._bounds):
                for number in range(begin, end):
                    yield self._user(number, school, is_teacher=number < pupils)
        else:
            for number, (school, period, start, stop) in enumerate(self._sections):
                yield self._section(number, school, period, range(start, stop))

    def _is_changed(self, number: int) -> bool:
        return self.step == 1 and number % CHANGED_EACH == 0

    def _user(self, number: int, school: int, *, is_teacher: bool) -> dict[str, Any]:
        first, last = FIRST[number % len(FIRST)], LAST[number // 7 % len(LAST)]
        last = f"{last}-{first}" if self._is_changed(number) else last
        role: dict[str, Any] = {
            "created": "2026-08-01T06:00:00.000Z",
            "credentials": {"district_username": f"u{number}"},
            "last_modified": "2026-08-01T06:00:00.000Z",
            "legacy_id": new_id(9, number),
            "school": self.schools[school],
            "schools": [self.schools[school]],
            "sis_id": f"S{number:07}",
        }
        if is_teacher:
            role |= {"teacher_number": f"{number}", "title": "Teacher", "state_id": f"{number:09}"}
        else:
            role |= {
                "dob": "2012-03-04T00:00:00.000Z",
                "ell_status": "N",
                "enrollments": [],
                "gender": "F",
                "grade": str(1 + (number + (self.step == 2)) % 12),
                "graduation_year": "2031",
                "hispanic_ethnicity": "N",
                "home_language": "English",
                "state_id": f"{number:09}",
                "student_number": f"{400_000 + number}",
            }
        return {
            "created": "2026-08-01T06:00:00.000Z",
            "district": DISTRICT,
            "email": f"{first}.{last}.{number}@district.example".lower(),
            "id": new_id(4, number),
            "last_modified": "2026-08-01T06:00:00.000Z",
            "name": {"first": first, "middle": "", "last": last},
            "roles": {"teacher" if is_teacher else "student": role},
        }

    def _section(self, number: int, school: int, period: int, members: range) -> dict[str, Any]:
        begin, pupils, *_ = self._bounds[school]
        year = 1_000_000_000 if self.step == 2 else 0
        teacher = new_id(4, begin + number % (pupils - begin))
        students = [new_id(4, member) for member in members]
        if self._is_changed(number):
            students.pop()
        return {
            "course": self.courses[period],
            "created": "2026-08-01T06:00:00.000Z",
            "district": DISTRICT,
            "grade": str(1 + number % 12),
            "id": new_id(5, year + number),
            "last_modified": "2026-08-01T06:00:00.000Z",
            "name": f"Class {number} - {period}",
            "period": str(period + 1),
            "school": self.schools[school],
            "section_number": f"{number}",
            "sis_id": f"X{number}",
            "students": students,
            "subject": "math",
            "teacher": teacher,
            "teachers": [teacher],
            "term_id": self.terms[0],
        }

    def few(self, kind: str) -> list[bytes]:
        made: dict[str, list[dict[str, Any]]] = {
            "districts": [{"id": DISTRICT, "name": "Large USD", "state": "running"}],
            "schools": [{"id": key, "name": f"School {n}"} for n, key in enumerate(self.schools)],
            "terms": [
                {
                    "id": key,
                    "name": f"Term {n}",
                    "start_date": "2026-08-01",
                    "end_date": "2027-06-30",
                }
                for n, key in enumerate(self.terms)
            ],
            "courses": [{"id": key, "name": f"Course {n}"} for n, key in enumerate(self.courses)],
        }
        return [json.dumps(record).encode() for record in made[kind]]

    def found(self, path: str, query: dict[str, list[str]]) -> list[bytes] | bytes | None:
        """The records at a path without its version: a list, one record, or None."""
        parts = path.strip("/").split("/")
        if parts == ["users"] and query.get("role", [""])[0] in ("contact", "district_admin"):
            return []
        if parts in (["users"], ["sections"]):
            return self.records(parts[0])
        if len(parts) == 1 and parts[0] in ("districts", "schools", "terms", "courses"):
            return self.few(parts[0])
        if parts[0] == "schools" and len(parts) == 2:
            return self.few("schools")[self.schools.index(parts[1])]
        if parts[0] == "schools" and parts[2] in ("users", "sections"):
            return self.of_school(parts[2], parts[1])
        return self.few(parts[2]) if parts[0] == "schools" else None


class Handler(BaseHTTPRequestHandler):
    """Pages with the links that Clever gives; ids ascend in the order of the records."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else a body waits 40 ms for its head to be acknowledged
    district: District
    delay = 0.0
    limit = 0
    counts: ClassVar = {"requests": 0, "refusals": 0, "bytes": 0}
    taken: ClassVar[deque[float]] = deque()
    lock = threading.Lock()

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if parts.path == "/_counts":
            with self.lock:
                body = json.dumps(self.counts).encode()
                self.counts.update(requests=0, refusals=0, bytes=0)
            return self._send(body)
        time.sleep(self.delay)
        if wait := self._wait():
            return self._refuse(wait)
        version, _, rest = parts.path.lstrip("/").partition("/")
        query = parse_qs(parts.query)
        found = self.district.found(rest, query)
        if found is None:
            return self.send_error(404)
        if isinstance(found, bytes):
            body = b'{"data":' + found + b"}"
        else:
            body = self._page(found, f"/{version}/{rest}", query)
        with self.lock:
            self.counts["requests"] += 1
            self.counts["bytes"] += len(body)
        return self._send(body)

    def do_POST(self) -> None:
        """/_state/STEP, /_delay/MILLISECONDS or /_limit/REQUESTS."""
        _, what, value = self.path.split("/")
        if what == "_state":
            self.district.step = int(value)
            for kind in ("users", "sections"):
                self.district.records(kind)
        elif what == "_delay":
            type(self).delay = int(value) / 1000
        else:
            type(self).limit = int(value)
        self._send(b"{}")

    def _wait(self) -> float:
        """How long whoever asks now has to wait; 0: not at all."""
        with self.lock:
            now = time.monotonic()
            while self.taken and self.taken[0] <= now - MINUTE_SECONDS:
                self.taken.popleft()
            if self.limit and len(self.taken) >= self.limit:
                self.counts["refusals"] += 1
                return self.taken[0] + MINUTE_SECONDS - now
            self.taken.append(now)
            return 0.0

    def _refuse(self, wait: float) -> None:
        self.send_response(429)
        self.send_header("X-Ratelimit-Reset", str(int(time.time() + wait) + 1))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _page(self, found: list[bytes], path: str, query: dict[str, list[str]]) -> bytes:
        limit = int(query.get("limit", ["100"])[0])
        after = query.get("starting_after", [""])[0]
        start = bisect_right(found, after, key=_id_of) if after else 0
        page = found[start : start + limit]
        links = [{"rel": "self", "uri": path}]
        if start + limit < len(found):
            role = f"&role={query['role'][0]}" if "role" in query else ""
            uri = f"{path}?limit={limit}{role}&starting_after={_id_of(page[-1])}"
            links.append({"rel": "next", "uri": uri})
        data = b'{"data":' + b'},{"data":'.join(page) + b"}" if page else b""
        return b'{"data":[' + data + b'],"links":' + json.dumps(links).encode() + b"}"

    def _send(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_told: object) -> None:
        pass


def _id_of(record: bytes) -> str:
    begin = record.index(b'"id": "') + 7
    return record[begin : begin + 24].decode()


@contextmanager
def served(port: int, people: int, schools: int) -> Iterator[str]:
    """The address of such a district in a process of its own."""
    words = [sys.executable, "-m", "benchmarks.throughput.district"]
    server = subprocess.Popen([*words, str(port), str(people), str(schools)])  # noqa: S603
    url = f"http://127.0.0.1:{port}"
    try:
        while not _answers(url):
            if server.poll() is not None:
                raise SystemExit("the made-up district has ended")
            time.sleep(0.2)
        yield url
    finally:
        server.terminate()
        server.wait()


def _answers(url: str) -> bool:
    try:
        urllib.request.urlopen(f"{url}/_counts", timeout=5).read()  # noqa: S310 - our own server
    except OSError:
        return False
    return True


def tell(url: str, what: str, value: int) -> None:
    """What Handler.do_POST takes."""
    asked = urllib.request.Request(f"{url}/_{what}/{value}", method="POST")  # noqa: S310
    urllib.request.urlopen(asked, timeout=600).read()  # noqa: S310 - our own server


def counted(url: str) -> dict[str, int]:
    """{requests, refusals, bytes} since this was last asked."""
    with urllib.request.urlopen(f"{url}/_counts", timeout=60) as answer:  # noqa: S310
        counts: dict[str, int] = json.load(answer)
        return counts


def main() -> None:
    port, people, schools = map(int, sys.argv[1:4])
    Handler.district = District(people, schools)
    for kind in ("users", "sections"):
        Handler.district.records(kind)
    ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()


if __name__ == "__main__":
    main()
