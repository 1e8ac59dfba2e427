"""Everything the sandbox serves is what Clever's published description allows.

The description isn't ours to copy: CLEVER_SPEC names its folder, else it is looked for beside the
checkout; without it these tests are skipped.
"""

import copy
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.clever import Clever
from tests.sandbox.asking import Json, ask, page

FOLDER = Path(
    os.environ.get("CLEVER_SPEC")
    or Path(__file__).resolve().parents[3] / "shared" / "reference" / "clever-spec"
)
MODEL = FOLDER / "clever-v3.1-model.json"
pytestmark = pytest.mark.skipif(not MODEL.exists(), reason="Clever's description is not here")

NOBODY = "0123456789abcdef01234567"
_PLAIN = {"string": str, "integer": int, "number": int | float, "boolean": bool, "object": dict}
_DATE_TIME = r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d+)?Z)?"
_FORMATS = {"datetime": _DATE_TIME, "date-time": _DATE_TIME, "date": r"\d{4}-\d\d-\d\d"}
_NEW_IN_V31 = {
    "Student": (
        "preferred_name",
        "disability",
        "gifted_status",
        "section_504_status",
        "frl_status",
        "home_language_code",
    ),
    "District": ("lms_state", "lms_type", "last_attendance_sync"),
    "Section": ("lms_status",),
    "User": ("lms_status",),
}


@pytest.fixture(scope="module")
def description() -> Json:
    described: Json = json.loads(MODEL.read_text())
    return described


def models_of(description: Json, version: str) -> Json:
    models: Json = copy.deepcopy(description["models"])
    if version == "v3.0":
        for name, fields in _NEW_IN_V31.items():
            for field in fields:
                del models[name][field]
    return models


def wrongs(models: Json, name: str, record: object, where: str) -> Iterator[str]:
    """What a record has that its model doesn't allow."""
    if not isinstance(record, dict):
        yield f"{where} is not an object"
        return
    for field, value in record.items():
        kind = models[name].get(field)
        if kind is None:
            yield f"{where}.{field} is unknown"
        elif value is None:
            if not kind.get("nullable"):
                yield f"{where}.{field} is null"
        else:
            yield from _wrong_values(models, kind, value, f"{where}.{field}")


def _wrong_values(models: Json, kind: Json, value: object, where: str) -> Iterator[str]:
    if kind["type"] == "array":
        if not isinstance(value, list):
            yield f"{where} is not a list"
            return
        for number, entry in enumerate(value):
            yield from _wrong_values(models, {"type": kind["items"]}, entry, f"{where}[{number}]")
    elif kind["type"] in models:
        yield from wrongs(models, kind["type"], value, where)
    elif not isinstance(value, _PLAIN[kind["type"]]):
        yield f"{where} is {type(value).__name__}"
    elif not _is_allowed(kind, value):
        yield f"{where} can't be “{value}”"


def _is_allowed(kind: Json, value: object) -> bool:
    if "enum" in kind and value not in kind["enum"]:
        return False
    shape = _FORMATS.get(kind.get("format", "")) or kind.get("pattern")
    return shape is None or re.fullmatch(shape, str(value)) is not None


def wrong_answer(description: Json, models: Json, ok: str, body: Json, path: str) -> Iterator[str]:
    """What an answer has that its model doesn't allow: the envelope, links and objects."""
    if body.keys() != {"data", "links"}:
        yield f"{path} has {sorted(body)}"
    kind = models[ok]["data"]
    items = body["data"] if kind["type"] == "array" else [{"data": body["data"]}]
    inner = models[kind["items"]]["data"]["type"] if kind["type"] == "array" else kind["type"]
    for item in items:
        if not item.keys() <= {"data", "uri"}:
            yield f"{path} has an item with {sorted(item)}"
        if inner == "Event":
            yield from wrong_event(description, models, item["data"], path)
        else:
            yield from wrongs(models, inner, item["data"], f"{path} {inner}")
    if kind["type"] == "array":
        for link in body["links"]:
            yield from wrongs(models, "Link", link, f"{path} link")


def wrong_event(description: Json, models: Json, event: Json, path: str) -> Iterator[str]:
    if event["type"] not in description["event_types"]:
        yield f"{path}: no event is called {event['type']}"
        return
    outer = {key: value for key, value in event.items() if key != "data"}
    yield from wrongs(models, "Event", outer, path)
    if not event["data"].keys() <= {"object", "previous_attributes"}:
        yield f"{path} has {sorted(event['data'])}"
    name = event["type"].split(".")[0].removesuffix("s").capitalize()
    yield from wrongs(models, name, event["data"]["object"], f"{path} {event['type']}")
    before = event["data"].get("previous_attributes", {})
    yield from wrongs(models, name, before, f"{path} {event['type']} before")


def real_ids(clever: Clever, version: str) -> Json:
    """For each collection an id that has something behind all of its nested addresses."""
    raw = clever.raw()
    whole = next(s for s in raw["sections"] if s["students"] and s["term_id"] and s["course"])
    contact = next(u for u in raw["users"] if "contact" in u["roles"])
    return {
        "districts": raw["districts"][0]["id"],
        "schools": whole["school"],
        "sections": whole["id"],
        "users": contact["roles"]["contact"]["student_relationships"][0]["student"],
        "terms": whole["term_id"],
        "courses": whole["course"],
        "resources": raw["resources"][0]["id"],
        "events": page(clever, f"/{version}/events?limit=1")["data"][0]["data"]["id"],
    }


@pytest.fixture
def clever(clever: Clever) -> Clever:
    """With a resource, which the made-up districts have none of, and an event of every sort."""
    resource = {
        "resource_id": "book",
        "title": "A book",
        "roles": ["student"],
        "created": "2026-01-01T00:00:00.000Z",
        "updated": "2026-01-01T00:00:00.000Z",
    }
    requests.post(f"{clever.url}/_sandbox/objects/resources", json=resource, timeout=10)
    return clever


def _pass_time(clever: Clever, moment: str) -> None:
    if moment == "five days later":
        clever.advance(5)
    if moment == "next year":
        clever.next_year()
    if moment == "during a pause":
        clever.act("state", state="paused")


@pytest.mark.parametrize("moment", ["at first", "five days later", "next year", "during a pause"])
@pytest.mark.parametrize("version", ["v3.0", "v3.1"])
def test_every_endpoint_answers_as_described(
    version: str, moment: str, description: Json, clever: Clever
) -> None:
    _pass_time(clever, moment)
    models, known = models_of(description, version), real_ids(clever, version)
    found: list[str] = []
    for endpoint in description["endpoints"]:
        path = endpoint["path"].replace("{id}", known[endpoint["path"].split("/")[1]])
        limited = any(param["name"] == "limit" for param in endpoint["params"])
        body = page(clever, f"/{version}{path}{'?limit=10000' if limited else ''}")
        found += wrong_answer(description, models, endpoint["ok"], body, path)
        assert body["links"][0]["rel"] == "self"
        assert body["links"][0]["uri"].startswith(f"/{version}{path}")
    assert found == []


def test_every_value_of_every_parameter_is_understood(description: Json, clever: Clever) -> None:
    known = real_ids(clever, "v3.1")
    for endpoint in description["endpoints"]:
        path = endpoint["path"].replace("{id}", known[endpoint["path"].split("/")[1]])
        for param in endpoint["params"]:
            for value in param.get("enum", ()):
                assert page(clever, f"/v3.1{path}?{param['name']}={value}")["links"]


def test_an_unknown_id_is_404_with_a_message(description: Json, clever: Clever) -> None:
    for endpoint in description["endpoints"]:
        if "{id}" in endpoint["path"]:
            assert "404" in endpoint["errors"]
            answer = ask(clever, f"/v3.1{endpoint['path'].replace('{id}', NOBODY)}")
            assert answer.status_code == 404
            assert not list(wrongs(description["models"], "NotFound", answer.json(), "404"))


def test_nothing_is_served_that_is_not_described(description: Json, clever: Clever) -> None:
    known = real_ids(clever, "v3.1")
    described = {endpoint["path"] for endpoint in description["endpoints"]}
    last_words = {path.split("/")[3] for path in described if path.count("/") == 3}
    for collection, known_id in known.items():
        for word in last_words:
            if f"/{collection}/{{id}}/{word}" not in described:
                answer = ask(clever, f"/v3.1/{collection}/{known_id}/{word}")
                assert answer.status_code == 404, f"{collection} have no {word}"
                assert answer.headers["Content-Type"].startswith("text/html")


def test_v3_0_lacks_what_v3_1_added_in_lists_and_in_events(clever: Clever) -> None:
    student = next(u for u in clever.raw()["users"] if "student" in u["roles"])
    clever.change(student["id"], {"roles.student.preferred_name": {"first": "Al", "last": "Oh"}})
    for version, shown in (("v3.0", False), ("v3.1", True)):
        user = page(clever, f"/{version}/users/{student['id']}")["data"]
        assert ("preferred_name" in user["roles"]["student"]) == shown
        event = page(clever, f"/{version}/events?record_type=users")["data"][-1]["data"]["data"]
        assert ("preferred_name" in event["object"]["roles"]["student"]) == shown


def test_what_clever_guarantees_is_there(clever: Clever) -> None:
    raw = clever.raw()
    for user in raw["users"]:
        assert {"id", "district", "name", "created", "last_modified", "roles"} <= user.keys()
        if student := user["roles"].get("student"):
            assert {"school", "schools", "sis_id", "enrollments", "legacy_id"} <= student.keys()
    for section in raw["sections"]:
        assert {"id", "school", "name", "sis_id", "subject", "students"} <= section.keys()
