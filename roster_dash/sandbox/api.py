"""The Data API and the Events API: which paths there are and what they answer, page by page.

Pure over a View; authorisation, rate limit and faults are the server's. `prev` after
`starting_after` and `next` after `ending_before` are always given, as Clever warns that they may
be; that they lead to an empty page is legal.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from roster_dash.sandbox.world import COLLECTIONS, ROLES, Json, View, World, schools_of

VERSIONS = ("v3.0", "v3.1")
DEFAULT_LIMIT, MAX_LIMIT = 100, 10_000
_ONLY_V31 = {
    "student": (
        "preferred_name",
        "disability",
        "gifted_status",
        "section_504_status",
        "frl_status",
        "home_language_code",
    ),
    "districts": ("lms_state", "lms_type", "last_attendance_sync"),
    "sections": ("lms_status",),
    "users": ("lms_status",),
}
Args = Mapping[str, Any]


class Refused(Exception):
    """An answer that isn't 200: `status`, and the message in its body."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class UnknownEndpoint(Exception):
    """No such path in the API at all."""


@dataclass(frozen=True, slots=True)
class Question:
    """A request to the API: version, path without it, and the query (values as lists)."""

    version: str
    path: tuple[str, ...]
    query: Mapping[str, list[str]]

    def one(self, name: str) -> str:
        values = self.query.get(name)
        return values[-1] if values else ""

    @property
    def address(self) -> str:
        return f"/{self.version}/{'/'.join(self.path)}"


def answer(world: World, question: Question) -> Json:
    """The body of a 200. Errors: Refused, UnknownEndpoint."""
    view, path = world.view, question.path
    if question.version not in VERSIONS:
        raise UnknownEndpoint
    if path[:1] == ("events",):
        return _events(world, question)
    match path:
        case (collection,) if collection in ("districts", *COLLECTIONS):
            records = _filtered(view, collection, question)
            return _page(collection, records, question, counted=True)
        case (collection, object_id) if collection in ("districts", *COLLECTIONS):
            return _single(collection, _existing(view, collection, object_id), question)
        case (collection, object_id, nested) if (collection, nested) in LISTS:
            record = _existing(view, collection, object_id)
            kind = KINDS.get(nested, nested)
            return _page(kind, LISTS[collection, nested](view, record, question), question)
        case (collection, object_id, nested) if (collection, nested) in ONES:
            record = _existing(view, collection, object_id)
            kind, key = ONES[collection, nested]
            return _single(kind, _existing(view, kind, record.get(key) or ""), question)
    raise UnknownEndpoint


def _existing(view: View, collection: str, object_id: str) -> Json:
    record = view.one(collection, object_id)
    if record is None:
        raise Refused(404, "Resource not found")
    return record


def _filtered(view: View, collection: str, question: Question) -> list[Json]:
    if collection == "users":
        return view.users_with(_role(question))
    return view.lists[collection]


def _role(question: Question, allowed: tuple[str, ...] = ROLES) -> str:
    role = question.one("role")
    if role and role not in allowed:
        raise Refused(400, f"role must be one of {', '.join(allowed)}; got {role}")
    return role


def _users_of_school(view: View, school: Json, question: Question) -> list[Json]:
    role = _role(question, ("staff", "student", "teacher"))
    primary = "primary" in question.query and question.one("primary") in ("", "true")
    users = view.users_of_school(school["id"])
    return [
        user
        for user in users
        if (not role or _holds(user, role, school["id"]))
        and (not primary or _is_primary(user, school["id"]))
    ]


def _holds(user: Json, role: str, school_id: str) -> bool:
    held = user["roles"].get(role)
    return held is not None and school_id in schools_of({"roles": {role: held}})


def _is_primary(user: Json, school_id: str) -> bool:
    return any(
        role.get("school", (role.get("schools") or [""])[0]) == school_id
        for role in user["roles"].values()
    )


def _users_of_section(view: View, section: Json, question: Question) -> list[Json]:
    role = _role(question, ("student", "teacher"))
    students = section.get("students") or []
    teachers = [section.get("teacher"), *(section.get("teachers") or [])]
    wanted = {"student": students, "teacher": teachers}.get(role, [*students, *teachers])
    return view.some("users", wanted)


def _schools_of_user(view: View, user: Json, question: Question) -> list[Json]:
    ids = schools_of(user)
    if "primary" in question.query:
        ids = [role["school"] for role in user["roles"].values() if role.get("school")]
    return view.some("schools", ids)


def _others(side: str) -> Callable[[View, Json, Question], list[Json]]:
    """The students of a teacher's classes, or the teachers of a student's."""

    def list_them(view: View, user: Json, question: Question) -> list[Json]:
        sections = view.sections_of("person", user["id"])
        if side == "students":
            ids = [key for s in sections for key in s.get("students") or []]
        else:
            ids = [key for s in sections for key in (s.get("teacher"), *(s.get("teachers") or []))]
        return view.some("users", (key for key in ids if key != user["id"]))

    return list_them


def _sections_by(key: str) -> Callable[[View, Json, Question], list[Json]]:
    return lambda view, record, question: view.sections_of(key, record["id"])


def _through_sections(
    key: str, kind: str, shown: str
) -> Callable[[View, Json, Question], list[Json]]:
    """Schools of a course, terms of a school and the like: known by their sections only."""

    def list_them(view: View, record: Json, question: Question) -> list[Json]:
        return view.some(kind, (s.get(shown) for s in view.sections_of(key, record["id"])))

    return list_them


def _none(view: View, record: Json, question: Question) -> list[Json]:
    return []


KINDS = {"mycontacts": "users", "mystudents": "users", "myteachers": "users"}
"""What a nested path lists, where its name doesn't say so."""

LISTS: dict[tuple[str, str], Callable[[View, Json, Question], list[Json]]] = {
    ("schools", "users"): _users_of_school,
    ("schools", "sections"): _sections_by("school"),
    ("schools", "courses"): _through_sections("school", "courses", "course"),
    ("schools", "terms"): _through_sections("school", "terms", "term_id"),
    ("users", "schools"): _schools_of_user,
    ("users", "sections"): _sections_by("person"),
    ("users", "mycontacts"): lambda view, user, question: view.contacts_of(user["id"]),
    ("users", "mystudents"): _others("students"),
    ("users", "myteachers"): _others("teachers"),
    ("users", "resources"): _none,
    ("sections", "users"): _users_of_section,
    ("sections", "resources"): _none,
    ("courses", "schools"): _through_sections("course", "schools", "school"),
    ("courses", "sections"): _sections_by("course"),
    ("courses", "resources"): _none,
    ("terms", "schools"): _through_sections("term_id", "schools", "school"),
    ("terms", "sections"): _sections_by("term_id"),
    ("resources", "courses"): _none,
    ("resources", "sections"): _none,
    ("resources", "users"): _none,
}
ONES = {
    **{
        (kind, "district"): ("districts", "district") for kind in COLLECTIONS if kind != "resources"
    },
    ("sections", "course"): ("courses", "course"),
    ("sections", "school"): ("schools", "school"),
    ("sections", "term"): ("terms", "term_id"),
}
"""Nested single objects -> (collection, the key that names it)."""


def _events(world: World, question: Question) -> Json:
    types = {kind for value in question.query.get("record_type", []) for kind in value.split(",")}
    school = question.one("school")
    events = [
        event
        for event in world.events
        if (not types or event["type"].split(".")[0] in types)
        and (not school or _is_about_school(event, school))
    ]
    match question.path:
        case ("events",):
            return _page("events", events, question)
        case ("events", event_id):
            for event in events:
                if event["id"] == event_id:
                    return _single("events", event, question)
            raise Refused(404, "Resource not found")
    raise UnknownEndpoint


def _is_about_school(event: Json, school_id: str) -> bool:
    record = event["data"]["object"]
    if event["type"].startswith("users."):
        return school_id in schools_of(record)
    return school_id in (record.get("school"), record["id"])


def _page(kind: str, records: list[Json], question: Question, *, counted: bool = False) -> Json:
    limit, after, before = (
        _limit(question),
        question.one("starting_after"),
        question.one("ending_before"),
    )
    if after:
        start = bisect_right(records, after, key=_id)
        end = min(start + limit, len(records))
    elif before:
        end = bisect_left(records, before, key=_id)
        start = max(0, end - limit)
    else:
        start, end = 0, min(limit, len(records))
    page = records[start:end]
    links = [{"rel": "self", "uri": _link(question)}]
    if before or end < len(records):
        last = page[-1]["id"] if page else before
        links.append({"rel": "next", "uri": _link(question, starting_after=last)})
    if after or start > 0:
        first = page[0]["id"] if page else after
        links.append({"rel": "prev", "uri": _link(question, ending_before=first)})
    body: Json = {
        "data": [
            {
                "data": _of_version(kind, record, question.version),
                "uri": f"/{question.version}/{kind}/{record['id']}",
            }
            for record in page
        ],
        "links": links,
    }
    if counted and "count" in question.query and question.one("count") in ("", "true"):
        body["count"] = len(records)
    return body


def _id(record: Json) -> str:
    key: str = record["id"]
    return key


def _limit(question: Question) -> int:
    text = question.one("limit") or str(DEFAULT_LIMIT)
    if not text.isdecimal() or int(text) == 0:
        raise Refused(400, f"limit must be a positive number; got {text}")
    if int(text) > MAX_LIMIT:
        raise Refused(413, f"limit must not be over {MAX_LIMIT}; got {text}")
    return int(text)


def _link(question: Question, **cursor: str) -> str:
    query = {
        name: values
        for name, values in question.query.items()
        if not (cursor and name in ("starting_after", "ending_before"))
    }
    text = urlencode({**query, **cursor}, doseq=True)
    return f"{question.address}?{text}" if text else question.address


def _single(kind: str, record: Json, question: Question) -> Json:
    links = [{"rel": "self", "uri": question.address}]
    if "district" in record:
        links.append(
            {"rel": "district", "uri": f"/{question.version}/districts/{record['district']}"}
        )
    return {"data": _of_version(kind, record, question.version), "links": links}


def _of_version(kind: str, record: Json, version: str) -> Json:
    """v3.0 lacks what v3.1 added, in events too."""
    if version != "v3.0":
        return record
    if kind == "events":
        about = record["type"].split(".")[0]
        shown = {key: _of_version(about, part, version) for key, part in record["data"].items()}
        return record | {"data": shown}
    shown = {key: value for key, value in record.items() if key not in _ONLY_V31.get(kind, ())}
    student = (record.get("roles") or {}).get("student") if kind == "users" else None
    if student:
        kept = {key: value for key, value in student.items() if key not in _ONLY_V31["student"]}
        shown["roles"] = record["roles"] | {"student": kept}
    return shown
