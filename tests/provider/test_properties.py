"""Whatever a roster holds, it comes back from what is said of it: records, JSON and CSV."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import orjson
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from roster_dash.provider.csv_export import write_zip
from roster_dash.provider.ids import LONGEST, joined, sourced_id
from roster_dash.provider.meaning import Place, records_of
from roster_dash.provider.rest import Documents, Record
from roster_dash.roster.difference import State
from roster_dash.roster.records import CONTACT_FIELDS, NO_CONTACT, TEXT_FIELDS, Contact
from roster_dash.roster.roles import PRECEDENCE, Role
from roster_dash.sources.oneroster import api_records as readers
from roster_dash.sources.oneroster.csv_notes import Notes
from roster_dash.sources.oneroster.csv_zip import read_bulk
from roster_dash.sources.oneroster.meaning import District
from roster_dash.sources.oneroster.records import OneRoster
from tests.csv_zips import whole
from tests.sources.test_oneroster_csv_properties import rosters

TODAY = date(2026, 10, 1)
PLACE = Place("school", "Lincoln High", "district", "Riverdale")
_TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12).map(str.strip)
_GRADES = _TEXT | st.sampled_from(["9", "Kindergarten", "KG", "09", "9, 10", "Other", "Ungraded"])
_PERIODS = _TEXT | st.sampled_from(["1", "1, 2", "1,2", "1, 1", "A,B, C"])
_on_one_path = settings(
    max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@st.composite
def said_by_us(draw: st.DrawFn) -> OneRoster:
    """Records in which everything is said that can be, extensions too."""
    roster = draw(rosters("1.2"))
    users = {
        key: replace(
            each,
            sis_id=draw(_TEXT),
            relationship=draw(_TEXT),
            exact_grade=draw(_TEXT),
        )
        for key, each in roster.users.items()
    }
    classes = {
        key: replace(each, exact_grade=draw(_TEXT), exact_period=draw(_TEXT))
        for key, each in roster.classes.items()
    }
    courses = {
        key: replace(each, is_stand_in=draw(st.booleans())) for key, each in roster.courses.items()
    }
    sessions = {
        key: replace(each, is_stand_in=draw(st.booleans())) for key, each in roster.sessions.items()
    }
    return replace(roster, users=users, classes=classes, courses=courses, sessions=sessions)


def through_zip(records: OneRoster, path: Path) -> OneRoster:
    with open(path, "wb") as file:
        write_zip(records, file)
    return whole(read_bulk(path, Notes()))


def through_json(records: OneRoster) -> OneRoster:
    documents = Documents("https://roster.example", "2026-10-01T00:00:00.000Z")

    def read(found: Mapping[str, Record], reader: Any) -> dict[str, Any]:
        texts = {key: orjson.dumps(documents.of(each)) for key, each in found.items()}
        return {key: reader(key, orjson.loads(text)) for key, text in texts.items()}

    return OneRoster(
        orgs=read(records.orgs, readers.read_org),
        sessions=read(records.sessions, readers.read_session),
        courses=read(records.courses, readers.read_course),
        classes=read(records.classes, readers.read_class),
        users=read(records.users, readers.read_user),
        enrollments=read(records.enrollments, readers.read_enrollment),
    )


@_on_one_path
@given(st.one_of(rosters("1.2"), said_by_us()))
def test_records_come_back_from_their_zip(tmp_path: Path, records: OneRoster) -> None:
    assert through_zip(records, tmp_path / "out.zip") == records


@_on_one_path
@given(st.one_of(rosters("1.2"), said_by_us()))
def test_records_come_back_from_their_documents(records: OneRoster) -> None:
    assert through_json(records) == records


def people_rows() -> st.SearchStrategy[dict[str, Any]]:
    texts = dict.fromkeys(TEXT_FIELDS, _TEXT) | {"grade": _GRADES}
    contacts = {f"contact_{name}": _TEXT for name in CONTACT_FIELDS}
    roles = st.lists(st.sampled_from(PRECEDENCE), min_size=1, unique=True)
    in_order = roles.map(lambda held: [str(each) for each in PRECEDENCE if each in held])
    return st.fixed_dictionaries({"roles": in_order, **texts, **contacts})


def list_rows() -> st.SearchStrategy[dict[str, Any]]:
    names = ("course", "term", "term_id")
    texts = dict.fromkeys(names, _TEXT) | {"grade": _GRADES, "period": _PERIODS}
    return st.fixed_dictionaries({"title": _TEXT.filter(bool), **texts})


@_on_one_path
@given(
    st.lists(people_rows(), min_size=1, max_size=4),
    st.lists(list_rows(), max_size=4),
    st.booleans(),
)
def test_people_and_lists_come_back_from_what_is_said_of_them(
    tmp_path: Path, people: list[dict[str, Any]], lists: list[dict[str, Any]], by_zip: bool
) -> None:
    known = {"status": "active", "included_in_sync": True}
    rows = {n: row | known | {"source_id": f"p{n}"} for n, row in enumerate(people)}
    list_rows = {n: row | known | {"source_id": f"l{n}"} for n, row in enumerate(lists)}
    students = {n for n, row in rows.items() if Role.STUDENT in row["roles"]}
    members = {(n, side): ids for n in list_rows for side, ids in _sides(students, set(rows))}
    records = records_of(PLACE, State(rows, list_rows, members), (), TODAY)
    said = through_zip(records, tmp_path / "out.zip") if by_zip else through_json(records)
    snapshot = District(said, "ns", TODAY).snapshot("ns.school")
    there = {each.source_id.removeprefix("ns."): each for each in snapshot.people}
    assert {key: _values(each) for key, each in there.items()} == {
        row["source_id"]: _expected(row) for row in rows.values()
    }
    terms = {term.source_id: term.name for term in snapshot.terms}
    found = [
        (each.name, each.course, terms.get(each.term_id, ""), each.grade, each.period)
        for each in snapshot.sections
    ]
    names = ("title", "course", "term", "grade", "period")
    assert found == [tuple(row[name] for name in names) for row in list_rows.values()]
    for each in snapshot.sections:
        assert set(each.students) == {f"ns.p{n}" for n in students}
        assert set(each.teachers) == {f"ns.p{n}" for n in set(rows) - students}


def _sides(students: set[int], everybody: set[int]) -> list[tuple[str, set[int]]]:
    return [("members", students), ("managers", everybody - students)]


def _values(person: Any) -> dict[str, Any]:
    texts = {name: getattr(person, name) for name in TEXT_FIELDS}
    return texts | {"roles": list(person.roles), "contact": replace(person.contact, source_id="")}


def _expected(row: dict[str, Any]) -> dict[str, Any]:
    """Grade, number and contact are a student's."""
    found = {name: row[name] for name in TEXT_FIELDS} | {"roles": row["roles"]}
    contact = Contact(**{name: row[f"contact_{name}"] for name in CONTACT_FIELDS})
    if Role.STUDENT not in row["roles"]:
        return found | {"grade": "", "student_number": "", "contact": NO_CONTACT}
    return found | {"contact": contact}


@given(st.text(st.characters(codec="utf-8"), max_size=20))
def test_an_id_in_any_characters_is_one_of_oneroster_s_and_comes_back(text: str) -> None:
    written = sourced_id(text)
    assert set(written) <= set("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz.-_@")
    escaped = re.compile(r"(?:@[0-9A-F]{2})+")
    read = escaped.sub(lambda found: bytes.fromhex(found[0].replace("@", "")).decode(), written)
    assert read == text


def test_ids_that_are_too_long_stay_apart() -> None:
    long = "x" * 250
    found = {joined(long, letter, f"{long}{end}") for letter in "st" for end in "12"}
    assert len(found) == 4
    assert max(map(len, found)) <= LONGEST
