"""The OneRoster provider says what the standard's description allows.

The description isn't ours to copy: ONEROSTER_SPEC names the file, else it is looked for beside the
checkout; without it those tests are skipped.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from flask import Flask

from roster_dash.provider.collections import COLLECTIONS
from roster_dash.store.tables import School
from tests.builders import Builder
from tests.provider.served import STUDENTS, V1P2, a_key, a_school, ask, ids

SWAGGER = Path(
    os.environ.get("ONEROSTER_SPEC")
    or Path(__file__).resolve().parents[3] / "shared/reference/oneroster-1.2-rostering.swagger.yml"
)


@pytest.fixture
def school(make: Builder) -> School:
    return a_school(make, "Lincoln High", "s-1")


def test_a_person_is_said_in_the_standards_words(app: Flask, school: School) -> None:
    key = a_key(school)
    student = ask(app, f"{V1P2}/users/{STUDENTS[1]}", key).json["user"]
    assert student["grades"] == ["10"]
    assert student["metadata"]["sis_id"]
    [agent] = student["agents"]
    contact = ask(app, agent["href"].partition("127.0.0.1:8000")[2], key).json["user"]
    assert [role["role"] for role in contact["roles"]] == ["parent"]
    assert (contact["givenName"], contact["familyName"]) == ("Pat", "Parent")
    assert contact["metadata"]["relationship"] == "Mother"
    both = ask(app, f"{V1P2}/users/s-1-both", key).json["user"]
    assert [(role["role"], role["roleType"]) for role in both["roles"]] == [
        ("districtAdministrator", "primary"),
        ("teacher", "primary"),
    ]
    assert [role["org"]["sourcedId"] for role in both["roles"]] == [
        school.district.clever_id,
        "s-1",
    ]


def test_terms_end_on_the_first_day_after_them(app: Flask, school: School) -> None:
    fall = ask(app, f"{V1P2}/terms/fall", a_key(school)).json["academicSession"]
    assert (fall["startDate"], fall["endDate"]) == ("2026-08-24", "2026-12-19")
    assert fall["schoolYear"] == "2027"


def described() -> Any:
    if not SWAGGER.exists():
        pytest.skip("OneRoster's description is not here")
    return yaml.safe_load(SWAGGER.read_text())


OF_THE_STANDARD = {
    "user": {"enabledUser", "grades", "primaryOrg"},
    "class": {"grades"},
}
"""What the standard has and this description, made by one of its implementers, has not."""
ROLES_OF_1_2 = ("districtAdministrator",)
REFERENCE = {"href", "sourcedId", "type"}
PLAIN = {"string": str, "boolean": bool, "object": dict}


def wrongs(schemas: Any, name: str, record: dict[str, Any]) -> Iterator[str]:
    known = schemas[name]["properties"]
    for field, value in record.items():
        schema = known.get(field)
        if schema is None:
            if field not in OF_THE_STANDARD.get(name, ()):
                yield f"{name}.{field} is unknown"
        elif field == "roles":
            for role in value:
                yield from wrongs(schemas, "role", role)
        else:
            yield from wrong_values(name, field, schema, value)


def wrong_values(name: str, field: str, schema: Any, value: Any) -> Iterator[str]:
    """Its lists are said as what is in them."""
    for each in value if isinstance(value, list) else [value]:
        if not isinstance(each, PLAIN[schema.get("type", "string")]):
            yield f"{name}.{field} is {type(each).__name__}"
        elif "enum" in schema and each not in (*schema["enum"], *ROLES_OF_1_2):
            yield f"{name}.{field} can't be {each}"
        elif schema.get("format") == "date" and not re.fullmatch(r"\d{4}-\d\d-\d\d", each):
            yield f"{name}.{field} is no date"
        elif isinstance(each, dict) and field != "metadata" and each.keys() != REFERENCE:
            yield f"{name}.{field} is no reference"


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_answers_are_as_the_published_description_says(
    collection: str, app: Flask, school: School
) -> None:
    spec, key = described(), a_key(school)
    schemas = spec["components"]["schemas"]
    found: list[str] = []
    for path, one in ((collection, False), (f"{collection}/{{id}}", True)):
        ok = spec["paths"][f"{V1P2}/{path}"]["get"]["responses"]["200"]
        [(envelope, schema)] = ok["content"]["application/json"]["schema"]["properties"].items()
        [kind] = re.findall(r"schemas/(\w+)", str(schema))
        for sourced_id in ids(ask(app, f"{V1P2}/{collection}?limit=10000", key)):
            asked = f"{V1P2}/{path}".replace("{id}", sourced_id)
            answer = ask(app, asked, key)
            assert answer.mimetype == "application/json"
            assert list(answer.json) == [envelope]
            records = [answer.json[envelope]] if one else answer.json[envelope]
            for record in records:
                assert {"sourcedId", "status", "dateLastModified"} <= record.keys()
                found += wrongs(schemas, kind, record)
            if not one:
                break
    assert found == []


def test_every_reference_leads_to_what_it_names(app: Flask, school: School) -> None:
    key, seen = a_key(school), set()
    for collection in ("orgs", "academicSessions", "courses", "classes", "users", "enrollments"):
        text = ask(app, f"{V1P2}/{collection}?limit=10000", key).text
        seen |= set(re.findall(r'"href":"http://127\.0\.0\.1:8000([^"]+)"', text))
    assert len(seen) > 20
    for path in seen:
        assert ask(app, path, key).status_code == 200, path
