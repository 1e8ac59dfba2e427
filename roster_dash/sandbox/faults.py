"""Faults that can be switched on, each as it happens on the wire.

A fault applies to the requests whose path and query contain `path`; from the `page`th such
request on, `times` times (0: until it is switched off). A NEW FAULT IS A FUNCTION HERE.
"""

import copy
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from flask import Response, request

from roster_dash.sandbox.world import Json, World

if TYPE_CHECKING:
    from roster_dash.sandbox.state import Sandbox

FIELDS = ("path", "page", "times")


@dataclass
class Fault:
    """One that is switched on. `values` are its own ones: seconds, status and the like."""

    name: str
    path: str = ""
    page: int = 1
    times: int = 1
    values: Json = field(default_factory=dict)
    matched: int = 0
    used: int = 0

    def applies(self, address: str) -> bool:
        """Counts a request, and whether this is one to spoil."""
        if self.path not in address:
            return False
        self.matched += 1
        if self.matched < self.page or (self.times and self.used >= self.times):
            return False
        self.used += 1
        return True

    def number(self, name: str, default: float) -> float:
        return float(self.values.get(name, default))


@dataclass(frozen=True, slots=True)
class Kind:
    """What a fault does and where it comes in: before the answer, in its body, on the wire."""

    name: str
    about: str
    stage: str
    act: Callable[..., Any]


KINDS: dict[str, Kind] = {}


def _kind(name: str, stage: str, about: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def note(act: Callable[..., Any]) -> Callable[..., Any]:
        KINDS[name] = Kind(name, about, stage, act)
        return act

    return note


class Faults:
    """The faults that are on."""

    def __init__(self) -> None:
        self.on: list[Fault] = []
        self._lock = threading.Lock()

    def switch_on(self, name: str, values: Json) -> Fault:
        """Errors: ValueError names what is known."""
        if name not in KINDS:
            raise ValueError(f"no fault is called {name}; there are {', '.join(KINDS)}")
        known = {
            "path": str(values.get("path", "")),
            "page": int(values.get("page", 1)),
            "times": int(values.get("times", 1)),
        }
        own = {key: value for key, value in values.items() if key not in FIELDS}
        fault = Fault(name, **known, values=own)  # type: ignore[arg-type]
        with self._lock:
            self.on.append(fault)
        return fault

    def switch_off(self, name: str = "") -> None:
        with self._lock:
            self.on = [fault for fault in self.on if name and fault.name != name]

    def for_request(self, address: str) -> list[Fault]:
        """Those that spoil this request; each request is counted once."""
        with self._lock:
            return [
                fault
                for fault in self.on
                if not KINDS[fault.name].stage.startswith("smtp") and fault.applies(address)
            ]

    def for_mail(self, stage: str = "smtp") -> list[Fault]:
        """Those that spoil this message: at its recipient ("smtp") or its text ("smtp-data")."""
        with self._lock:
            return [f for f in self.on if KINDS[f.name].stage == stage and f.applies("")]


# Before the answer: gives a response in its place, or None to go on.


@_kind("rate-limited", "before", "429 with an empty body; Reset is `seconds` (1) away")
def _rate_limited(fault: Fault, sandbox: "Sandbox", world: World | None) -> Response:
    reset = int(time.time() + fault.number("seconds", 1))
    headers = {
        "X-RateLimit-Limit": "1200",
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset": str(reset),
        "X-RateLimit-Bucket": "sandbox",
    }
    if "retry_after" in fault.values:
        headers["Retry-After"] = str(fault.values["retry_after"])
    return Response(b"", 429, headers)


@_kind("status", "before", "answers with `status` (500) and a message")
def _status(fault: Fault, sandbox: "Sandbox", world: World | None) -> Response:
    status = int(fault.values.get("status", 500))
    return Response(json.dumps({"message": f"fault {status}"}), status, mimetype="application/json")


@_kind("timeout", "before", "holds the request for `seconds` (30), then closes without an answer")
def _timeout(fault: Fault, sandbox: "Sandbox", world: World | None) -> Response:
    sandbox.closing.wait(fault.number("seconds", 30))
    _cut_connection()
    return Response(b"")


@_kind("dropped", "before", "closes the connection without an answer")
def _hang_up(fault: Fault, sandbox: "Sandbox", world: World | None) -> Response:
    _cut_connection()
    return Response(b"")


@_kind("slow", "before", "answers after `seconds` (0.3)")
def _slow(fault: Fault, sandbox: "Sandbox", world: World | None) -> None:
    sandbox.closing.wait(fault.number("seconds", 0.3))


@_kind("html", "before", "a web page with 200")
def _html(fault: Fault, sandbox: "Sandbox", world: World | None) -> Response:
    return Response("<!doctype html><title>Clever</title>", 200, mimetype="text/html")


@_kind("html-404", "before", "a web page with 404")
def _html_404(fault: Fault, sandbox: "Sandbox", world: World | None) -> Response:
    return Response("<!doctype html><title>Not found</title>", 404, mimetype="text/html")


@_kind("revoked-mid-walk", "before", "the token is revoked; with `rotate` there is a new one")
def _revoked(fault: Fault, sandbox: "Sandbox", world: World | None) -> None:
    if world is not None:
        if fault.values.get("rotate"):
            sandbox.rotate_token(world)
        else:
            sandbox.revoke_token(world)


@_kind("mutate-mid-walk", "before", "the last student leaves while pages are being read")
def _mutate(fault: Fault, sandbox: "Sandbox", world: World | None) -> None:
    if world is not None:
        students = [u["id"] for u in world.objects["users"].values() if "student" in u["roles"]]
        world.remove("users", students[-1])


# In the body: changes a 200's JSON.


@_kind("empty", "body", "no records and no next page, with 200")
def _empty(fault: Fault, body: Json) -> Json:
    return body | {"data": [], "links": [_self(body)]}


@_kind("empty-page", "body", "a next page at the end that is empty, which is legal")
def _empty_page(fault: Fault, body: Json) -> Json:
    items = _items(body)
    if not items or _link(body, "next"):
        return body
    joint = "&" if "?" in _self(body)["uri"] else "?"
    uri = f"{_self(body)['uri']}{joint}starting_after={items[-1]['data']['id']}"
    return body | {"links": [*body["links"], {"rel": "next", "uri": uri}]}


@_kind("no-data", "body", "the answer lacks `data`")
def _no_data(fault: Fault, body: Json) -> Json:
    return {"links": body["links"]}


@_kind("no-links", "body", "the answer lacks `links`")
def _no_links(fault: Fault, body: Json) -> Json:
    return {"data": body["data"]}


@_kind("data-null", "body", "`data` is null")
def _data_null(fault: Fault, body: Json) -> Json:
    return body | {"data": None}


@_kind("next-loop", "body", "the next page's link leads back to the same page")
def _next_loop(fault: Fault, body: Json) -> Json:
    return _with_next(body, _self(body)["uri"])


@_kind("next-foreign", "body", "the next page's link leads to another host (`host`)")
def _next_foreign(fault: Fault, body: Json) -> Json:
    return _with_next(body, str(fault.values.get("host", "http://evil.example/v3.1/users")))


@_kind("next-empty", "body", "the next page's link is empty")
def _next_empty(fault: Fault, body: Json) -> Json:
    return _with_next(body, "")


@_kind("duplicate-ids", "body", "the page's first record comes a second time at its end")
def _duplicates(fault: Fault, body: Json) -> Json:
    items = _items(body)
    return body | {"data": [*items, *items[:1]]} if items else body


@_kind("item-not-object", "body", "a record of the page is a number")
def _not_object(fault: Fault, body: Json) -> Json:
    return body | {"data": [*_items(body), {"data": 7}]}


@_kind("no-id", "body", "the page's first record has no id")
def _no_id(fault: Fault, body: Json) -> Json:
    if not _items(body):
        return body
    first, *rest = _items(body)
    nameless = {key: value for key, value in first["data"].items() if key != "id"}
    return body | {"data": [first | {"data": nameless}, *rest]}


@_kind("no-roles", "body", "users come without their roles")
def _no_roles(fault: Fault, body: Json) -> Json:
    return _each(body, lambda record: record | {"roles": {}})


@_kind("not-wrapped", "body", "records come without the second `data`")
def _not_wrapped(fault: Fault, body: Json) -> Json:
    items = _items(body)
    return body | {"data": [item["data"] for item in items]} if items else body


@_kind("reordered", "body", "fields come in another order")
def _reordered(fault: Fault, body: Json) -> Json:
    reversed_body: Json = _deep(body, lambda record: dict(reversed(record.items())))
    return reversed_body


@_kind("unknown-fields", "body", "records have fields that nobody knows")
def _unknown(fault: Fault, body: Json) -> Json:
    return _each(body, lambda record: record | {"zodiac": "Leo", "ext": {"deep": [1, {"a": None}]}})


@_kind("nulls", "body", "optional fields are null")
def _nulls(fault: Fault, body: Json) -> Json:
    return _each(body, lambda record: _blanked(record, None))


@_kind("blanks", "body", 'optional fields are ""')
def _blanks(fault: Fault, body: Json) -> Json:
    return _each(body, lambda record: _blanked(record, ""))


@_kind("absent", "body", "optional fields are left out")
def _absent(fault: Fault, body: Json) -> Json:
    return _each(body, lambda record: _blanked(record, ...))


# On the wire: sends the encoded body in another way.


@_kind("cut-json", "wire", "the JSON ends in the middle, with a length that fits")
def _cut_json(fault: Fault, payload: bytes) -> Response:
    return Response(payload[: len(payload) // 2], 200, mimetype="application/json")


@_kind("cut-body", "wire", "the connection breaks in the middle of the body")
def _cut_body(fault: Fault, payload: bytes) -> Response:
    connection = _connection()

    def half() -> Iterator[bytes]:
        yield payload[: len(payload) // 2]
        connection.shutdown(socket.SHUT_RDWR)

    response = Response(half(), 200, mimetype="application/json")
    response.content_length = len(payload)
    return response


# Mail.


@_kind("smtp-refuse", "smtp", "550 for the recipient")
def _smtp_refuse(fault: Fault) -> str:
    return "550 No such mailbox"


@_kind("smtp-busy", "smtp", "451 for the recipient")
def _smtp_busy(fault: Fault) -> str:
    return "451 Try again later"


@_kind("smtp-drop", "smtp", "421 and the connection is closed")
def _smtp_drop(fault: Fault) -> str:
    return "421 Closing"


@_kind("smtp-hang", "smtp", "says nothing for `seconds` (30), then 421")
def _smtp_hang(fault: Fault) -> str:
    return "421 Too late"


@_kind("smtp-drop-after", "smtp-data", "takes the message, then closes without a good-bye")
def _smtp_drop_after(fault: Fault) -> str:
    return "250 Kept"


_OPTIONAL = ("email", "course", "term_id", "period", "section_number", "grade", "lms_status")
_OPTIONAL_STUDENT = ("grade", "student_number", "state_id", "dob", "gender", "preferred_name")


def _blanked(record: Json, blank: Any) -> Json:
    """A record whose optional fields are all blank in one way; ... leaves them out."""

    def without(values: Json, names: tuple[str, ...]) -> Json:
        kept = {key: value for key, value in values.items() if key not in names}
        return kept if blank is ... else kept | dict.fromkeys(names, blank)

    names = _OPTIONAL if "roles" not in record else ("email", "lms_status")
    shown = without(record, names) if "roles" in record or "students" in record else record
    if "student" in record.get("roles", {}):
        student = without(record["roles"]["student"], _OPTIONAL_STUDENT)
        shown = shown | {"roles": record["roles"] | {"student": student}}
    return shown


def _items(body: Json) -> list[Json]:
    """The records of a page; a single object has none."""
    data = body.get("data")
    return data if isinstance(data, list) else []


def _each(body: Json, change: Callable[[Json], Json]) -> Json:
    data = body["data"]
    if isinstance(data, dict):
        return body | {"data": change(data)}
    return body | {"data": [item | {"data": change(item["data"])} for item in data]}


def _deep(value: Any, change: Callable[[Json], Json]) -> Any:
    if isinstance(value, dict):
        return change({key: _deep(inner, change) for key, inner in value.items()})
    if isinstance(value, list):
        return [_deep(inner, change) for inner in value]
    return copy.copy(value)


def _self(body: Json) -> Json:
    found: Json = _link(body, "self") or {"rel": "self", "uri": request.full_path}
    return found


def _link(body: Json, rel: str) -> Json | None:
    return next((link for link in body["links"] if link["rel"] == rel), None)


def _with_next(body: Json, uri: str) -> Json:
    links = [link for link in body["links"] if link["rel"] != "next"]
    return body | {"links": [*links, {"rel": "next", "uri": uri}]}


def _cut_connection() -> None:
    _connection().shutdown(socket.SHUT_RDWR)


def _connection() -> socket.socket:
    connection: socket.socket = request.environ["werkzeug.socket"]
    return connection
