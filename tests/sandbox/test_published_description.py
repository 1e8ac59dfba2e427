"""Everything the sandbox serves is what Clever's published description allows.

The description isn't ours to copy: CLEVER_SPEC names its folder, else it is looked for beside the
checkout; without it these tests are skipped.
"""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.clever import Clever

Json = dict[str, Any]

FOLDER = Path(
    os.environ.get("CLEVER_SPEC")
    or Path(__file__).resolve().parents[3] / "shared" / "reference" / "clever-spec"
)
MODEL = FOLDER / "clever-v3.1-model.json"
pytestmark = pytest.mark.skipif(not MODEL.exists(), reason="Clever's description is not here")

_PLAIN = {"string": str, "integer": int, "number": int | float, "boolean": bool, "object": dict}
_FORMATS = {
    "datetime": r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d+)?Z)?",
    "date": r"\d{4}-\d\d-\d\d",
}
OBJECTS = {
    "districts": "District",
    "schools": "School",
    "users": "User",
    "sections": "Section",
    "courses": "Course",
    "terms": "Term",
}


@pytest.fixture(scope="module")
def description() -> Json:
    described: Json = json.loads(MODEL.read_text())
    return described


def faults_of(models: Json, name: str, record: Any, where: str) -> Iterator[str]:
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
            yield from _value_faults(models, kind, value, f"{where}.{field}")


def _value_faults(models: Json, kind: Json, value: Any, where: str) -> Iterator[str]:
    if kind["type"] == "array":
        if not isinstance(value, list):
            yield f"{where} is not a list"
            return
        for number, entry in enumerate(value):
            yield from _value_faults(models, {"type": kind["items"]}, entry, f"{where}[{number}]")
    elif kind["type"] in models:
        yield from faults_of(models, kind["type"], value, where)
    elif not isinstance(value, _PLAIN[kind["type"]]):
        yield f"{where} is {type(value).__name__}"
    elif not _is_allowed(kind, value):
        yield f"{where} can't be “{value}”"


def _is_allowed(kind: Json, value: Any) -> bool:
    if "enum" in kind and value not in kind["enum"]:
        return False
    shape = _FORMATS.get(kind.get("format", "")) or kind.get("pattern")
    return shape is None or re.fullmatch(shape, value) is not None


def ask(clever: Clever, path: str) -> requests.Response:
    headers = {"Authorization": f"Bearer {clever.district.token}"}
    return requests.get(f"{clever.url}{path}", headers=headers, timeout=10)


def kind_of(path: str, ids: dict[str, str]) -> str:
    """The model of what a path gives, by the last word of it that is a collection."""
    words = [word for word in path.split("/") if word]
    last = words[-1] if words[-1] != "{id}" else words[0]
    named = {"mycontacts": "users", "mystudents": "users", "myteachers": "users"}
    plural = {"district": "districts", "school": "schools", "course": "courses", "term": "terms"}
    return named.get(last) or plural.get(last) or last


@pytest.mark.parametrize("moment", ["at first", "five days later", "next year"])
def test_every_object_is_as_described(moment: str, description: Json, clever: Clever) -> None:
    if moment == "five days later":
        clever.advance(5)
    if moment == "next year":
        clever.next_year()
    raw = clever.raw()
    for collection, name in OBJECTS.items():
        assert raw[collection], collection
        for record in raw[collection]:
            faults = list(faults_of(description["models"], name, record, name))
            assert faults == []


@pytest.mark.parametrize("version", ["v3.0", "v3.1"])
def test_every_endpoint_answers_as_described(
    version: str, description: Json, clever: Clever
) -> None:
    clever.advance(2)
    raw = clever.raw()
    student = next(u for u in raw["users"] if "student" in u["roles"])
    whole = next(s for s in raw["sections"] if s.get("term_id") and s.get("course"))
    ids = {name: raw[name][0]["id"] for name in OBJECTS}
    ids |= {"users": student["id"], "sections": whole["id"]}
    ids |= {"terms": whole["term_id"], "courses": whole["course"]}
    events = ask(clever, f"/{version}/events?limit=1").json()["data"]
    ids["events"] = events[0]["data"]["id"]
    answered = 0
    for endpoint in description["endpoints"]:
        path = endpoint["path"]
        collection = path.split("/")[1]
        if collection == "resources" and "{id}" in path:
            continue  # this district has none
        answer = ask(clever, f"/{version}{path}".replace("{id}", ids.get(collection, "")))
        assert answer.status_code == 200, (path, answer.text)
        body = answer.json()
        assert isinstance(body["links"], list)
        assert body["links"][0]["rel"] == "self"
        assert body["links"][0]["uri"].startswith(f"/{version}/{collection}")
        items = body["data"] if isinstance(body["data"], list) else [{"data": body["data"]}]
        name = OBJECTS.get(kind_of(path, ids))
        for item in items:
            if name:
                assert not list(faults_of(description["models"], name, item["data"], path))
        answered += 1
    assert answered > 38


def test_v3_0_lacks_what_v3_1_added(clever: Clever) -> None:
    new = {"preferred_name", "frl_status", "section_504_status", "gifted_status", "disability"}
    for user in ask(clever, "/v3.0/users?role=student&limit=1000").json()["data"]:
        assert not new & user["data"]["roles"]["student"].keys()


def test_what_is_always_there_is_there(clever: Clever) -> None:
    """The fields that Clever's pages call guaranteed."""
    raw = clever.raw()
    for user in raw["users"]:
        assert {"id", "district", "name", "created", "last_modified", "roles"} <= user.keys()
        student = user["roles"].get("student")
        if student:
            assert {"school", "schools", "sis_id", "enrollments", "legacy_id"} <= student.keys()
    for section in raw["sections"]:
        assert {"id", "school", "name", "sis_id", "subject", "students"} <= section.keys()
