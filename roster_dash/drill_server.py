"""A stand-in for Clever's API on this machine, for the fire drill: one school, one fault at a time.

It serves a snapshot as Clever's Data API v3.1 has it, to whoever has its token, in a few pages.
"""

import json
import secrets
import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import StrEnum
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from roster_dash.roster.records import Contact, Person, Section, Snapshot, Term
from roster_dash.roster.roles import Role

Json = Mapping[str, Any]

DISTRICT_ID, SCHOOL_ID = "drill-district", "drill-school"
_API = "/v3.1"
_SCHOOL = f"{_API}/schools/{SCHOOL_ID}"
_PAGES = 5
"""Into so many pages a collection goes, if it has so many records."""
_ROLE_NAMES = {Role.ADMIN: "district_admin"}
_NUMBER_NAMES = {Role.STUDENT: "sis_id", Role.TEACHER: "sis_id", Role.STAFF: "staff_id"}


class Fault(StrEnum):
    """What goes wrong while the people are read."""

    NONE = ""
    CUT_PAGE = "cut_page"
    """A page in the middle ends in the middle of its JSON."""
    LAST_PAGE_FAILS = "last_page_fails"
    PAGE_TWICE = "page_twice"
    """The second page has what the first had."""
    ENDLESS = "endless"
    """The last page says that the first one follows."""


class DrillServer(ThreadingHTTPServer):
    """Serves a snapshot. `fault` may be set between two fetches; `token` is the key to it."""

    daemon_threads = True

    def __init__(self, snapshot: Snapshot) -> None:
        self.fault = Fault.NONE
        self.token = secrets.token_urlsafe()
        self._school = {"id": SCHOOL_ID, "name": snapshot.school_name, "district": DISTRICT_ID}
        self._collections = _collections(snapshot)
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Whoever hangs up early is nobody's trouble, and what was said is nobody's business."""

    def answer(self, target: str, authorization: str) -> tuple[HTTPStatus, bytes]:
        """Status and body for a GET."""
        if not secrets.compare_digest(authorization.encode(), f"Bearer {self.token}".encode()):
            return HTTPStatus.UNAUTHORIZED, b'{"error": "unauthorized"}'
        parts = urlsplit(target)
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        if parts.path == _SCHOOL:
            return HTTPStatus.OK, json.dumps({"data": self._school, "links": []}).encode()
        records = self._collections.get((parts.path, query.get("role", "")))
        if records is None:
            return HTTPStatus.NOT_FOUND, b'{"error": "Resource not found"}'
        fault = self.fault if parts.path == f"{_SCHOOL}/users" else Fault.NONE
        return _page(parts.path, query, records, fault)


def _page(
    path: str, query: dict[str, str], records: Sequence[Json], fault: Fault
) -> tuple[HTTPStatus, bytes]:
    size = max(1, -(-len(records) // _PAGES))
    last = max(1, -(-len(records) // size))
    if fault is Fault.PAGE_TWICE:
        last = max(2, last)
    number = min(last, int(query.get("page", "1")))
    if fault is Fault.LAST_PAGE_FAILS and number == last:
        return HTTPStatus.INTERNAL_SERVER_ERROR, b'{"error": "internal server error"}'
    start = 0 if fault is Fault.PAGE_TWICE and number == 2 else (number - 1) * size
    links = [{"rel": "self", "uri": _link(path, query, number)}]
    if number < last:
        links.append({"rel": "next", "uri": _link(path, query, number + 1)})
    elif fault is Fault.ENDLESS:
        links.append({"rel": "next", "uri": _link(path, query, 1)})
    data = [{"data": record} for record in records[start : start + size]]
    text = json.dumps({"data": data, "links": links}).encode()
    if fault is Fault.CUT_PAGE and number == (last + 1) // 2:
        text = text[: len(text) // 2]
    return HTTPStatus.OK, text


def _link(path: str, query: dict[str, str], number: int) -> str:
    first = {name: value for name, value in query.items() if name != "page"}
    return f"{path}?{urlencode(first | ({'page': number} if number > 1 else {}))}"


class _Handler(BaseHTTPRequestHandler):
    server: DrillServer

    def do_GET(self) -> None:
        status, body = self.server.answer(self.path, self.headers.get("Authorization", ""))
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing: the drill tells what matters."""


@contextmanager
def serving(snapshot: Snapshot) -> Iterator[DrillServer]:
    """A server for a snapshot while the block runs; nobody but this machine reaches it."""
    with DrillServer(snapshot) as server:
        thread = threading.Thread(
            target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def _collections(snapshot: Snapshot) -> dict[tuple[str, str], list[Json]]:
    """(path, role) -> records, as Clever has them."""
    courses = {section.course: "" for section in snapshot.sections if section.course}
    courses = {name: f"course-{number}" for number, name in enumerate(courses)}
    of_district = [person for person in snapshot.people if person.roles == (Role.ADMIN,)]
    of_school = [person for person in snapshot.people if person.roles != (Role.ADMIN,)]
    return {
        (f"{_API}/districts", ""): [
            {"id": DISTRICT_ID, "name": snapshot.about.get("district_name", "")}
        ],
        (f"{_API}/users", "district_admin"): [_user(person) for person in of_district],
        (f"{_API}/users", "contact"): _contacts(snapshot.people),
        (f"{_SCHOOL}/users", ""): [_user(person) for person in of_school],
        (f"{_SCHOOL}/sections", ""): [_section(each, courses) for each in snapshot.sections],
        (f"{_SCHOOL}/terms", ""): [_term(term) for term in snapshot.terms],
        (f"{_SCHOOL}/courses", ""): [{"id": key, "name": name} for name, key in courses.items()],
    }


def _user(person: Person) -> Json:
    return {
        "id": person.source_id,
        "district": DISTRICT_ID,
        "email": person.email,
        "name": {
            "first": person.first_name,
            "middle": person.middle_name,
            "last": person.last_name,
        },
        "roles": {_ROLE_NAMES.get(role, role.value): _role(role, person) for role in person.roles},
    }


def _role(role: Role, person: Person) -> Json:
    if role is Role.ADMIN:
        return {}
    held = {
        "school": SCHOOL_ID,
        "schools": [SCHOOL_ID],
        _NUMBER_NAMES[role]: person.sis_id,
    }
    if role is not Role.STUDENT:
        return held
    return held | {
        "grade": person.grade,
        "student_number": person.student_number,
        "preferred_name": {"first": person.preferred_name},
    }


def _contacts(people: Iterable[Person]) -> list[Json]:
    """One record per contact, with all the students who have them."""
    students: dict[Contact, list[Json]] = defaultdict(list)
    about: dict[str, Contact] = {}
    for person in people:
        contact = person.contact
        if contact.name or contact.email or contact.phone:
            key = contact.source_id or f"nameless-{person.source_id}"
            first = about.setdefault(key, contact)
            students[first].append(
                {
                    "student": person.source_id,
                    "type": "Primary",
                    "relationship": contact.relationship,
                }
            )
    return [
        {
            "id": contact.source_id,
            "name": {"first": contact.name},
            "email": contact.email,
            "roles": {"contact": {"phone": contact.phone, "student_relationships": relations}},
        }
        for contact, relations in students.items()
    ]


def _section(section: Section, courses: Mapping[str, str]) -> Json:
    return {
        "id": section.source_id,
        "name": section.name,
        "course": courses.get(section.course),
        "term_id": section.term_id,
        "grade": section.grade,
        "period": section.period,
        "school": SCHOOL_ID,
        "teacher": section.teachers[0] if section.teachers else None,
        "teachers": [*section.teachers, *_unreadable(section, "managers")],
        "students": [*section.students, *_unreadable(section, "members")],
    }


def _unreadable(section: Section, side: str) -> list[Json]:
    return [{}] if side in section.unsure else []


def _term(term: Term) -> Json:
    return {
        "id": term.source_id,
        "name": term.name,
        "start_date": term.start.isoformat() if term.start else None,
        "end_date": term.end.isoformat() if term.end else None,
    }
