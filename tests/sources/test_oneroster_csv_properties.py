"""Whatever a roster holds, it comes out of its zip as it went in; however large, row by row."""

import tracemalloc
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from roster_dash.sources.oneroster.csv_archive import open_archive
from roster_dash.sources.oneroster.csv_notes import Notes, UnusableCsv
from roster_dash.sources.oneroster.csv_records import ENROLLMENTS
from roster_dash.sources.oneroster.csv_table import Table
from roster_dash.sources.oneroster.csv_zip import apply_delta, read_bulk
from roster_dash.sources.oneroster.files import DistrictOfParts
from roster_dash.sources.oneroster.meaning import District
from roster_dash.sources.oneroster.parts import ShelfParts, merged
from roster_dash.sources.oneroster.records import (
    AcademicSession,
    ClassRecord,
    Course,
    Enrollment,
    OneRoster,
    Org,
    RoleAt,
    UserRecord,
)
from tests.csv_zips import SCHOOL, files_of, on_shelf, whole, write_zip

_TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=12).map(str.strip)
_DAYS = st.none() | st.dates(date(2000, 1, 1), date(2100, 1, 1))
_WORDS = st.sampled_from(["student", "teacher", "administrator", "parent", "ext:coach"])


def ids(letter: str) -> st.SearchStrategy[str]:
    return st.sampled_from([f"{letter}{number}" for number in range(4)])


def some(ids_or_words: st.SearchStrategy[str]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(ids_or_words, max_size=3, unique=True).map(tuple)


def by_id(record: Callable[..., Any], letter: str, **fields: Any) -> st.SearchStrategy[Any]:
    """Always all four ids, so that whatever refers to one of them finds it."""
    each = [st.builds(record, st.just(f"{letter}{number}"), **fields) for number in range(4)]
    return st.tuples(*each).map(lambda records: {each.id: each for each in records})


_AT = st.builds(RoleAt, _WORDS, ids("o"), st.booleans(), _DAYS, _DAYS)
_ROLES_1_1 = st.tuples(_WORDS, some(ids("o"))).map(
    lambda held: tuple(RoleAt(held[0], org) for org in held[1])
)
_ROLES_1_2 = st.lists(_AT, max_size=3, unique_by=lambda at: (at.role, at.org_id)).map(tuple)
_NAMES = ("given_name", "middle_name", "family_name", "username", "identifier", "email", "phone")


def rosters(version: str) -> st.SearchStrategy[OneRoster]:
    preferred = ("preferred_given_name", "preferred_family_name") if version == "1.2" else ()
    return st.builds(
        OneRoster,
        orgs=by_id(
            Org, "o", name=_TEXT, type=st.just("school"), identifier=_TEXT, parent_id=ids("o")
        ),
        sessions=by_id(
            AcademicSession, "t", title=_TEXT, type=st.just("term"), start=_DAYS, end=_DAYS
        ),
        courses=by_id(Course, "c", title=_TEXT, code=_TEXT),
        classes=by_id(
            ClassRecord,
            "k",
            title=_TEXT,
            code=_TEXT,
            type=st.just("scheduled"),
            course_id=ids("c"),
            school_id=ids("o"),
            term_ids=some(ids("t")),
            grades=some(st.sampled_from(["KG", "01", "02"])),
            periods=some(st.sampled_from(["1", "2"])),
        ),
        users=by_id(
            UserRecord,
            "u",
            roles=_ROLES_1_2 if version == "1.2" else _ROLES_1_1,
            is_enabled=st.booleans(),
            sms=_TEXT,
            grades=some(st.sampled_from(["KG", "01", "02"])),
            agents=some(ids("u")),
            **dict.fromkeys((*_NAMES, *preferred), _TEXT),
        ),
        enrollments=by_id(
            Enrollment,
            "e",
            class_id=ids("k"),
            user_id=ids("u"),
            school_id=ids("o"),
            role=_WORDS,
            is_primary=st.booleans(),
            start=_DAYS,
            end=_DAYS,
        ),
    )


_versions = st.sampled_from(["1.0", "1.1", "1.2"])
_on_one_path = settings(
    max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@_on_one_path
@given(st.data(), _versions)
def test_a_roster_comes_back_from_its_zip(
    tmp_path: Path, data: st.DataObject, version: str
) -> None:
    roster = data.draw(rosters(version))
    path = write_zip(tmp_path / "roster.zip", files_of(roster, version))
    assert whole(read_bulk(path, Notes())) == roster


@settings(max_examples=100)
@given(rosters("1.2"))
def test_every_school_is_the_same_from_its_part_as_from_all_there_is(roster: OneRoster) -> None:
    day = date(2050, 1, 1)
    whole_district = District(roster, "or1", day)
    in_parts = DistrictOfParts(ShelfParts(on_shelf(roster)), "or1", day)
    assert in_parts.schools() == whole_district.schools()
    for school in whole_district.schools():
        of_part, of_all = (each.snapshot(school.source_id) for each in (in_parts, whole_district))
        assert of_part == of_all


@settings(max_examples=50)
@given(rosters("1.2"))
def test_all_parts_together_are_all_there_is(roster: OneRoster) -> None:
    orgs = {key: org for key, org in roster.orgs.items() if key != "o0"}  # some belong to no school
    roster = replace(roster, orgs=orgs)
    parts = list(ShelfParts(on_shelf(roster)).all())
    assert merged(*(part.roster for part in parts)) == roster


@_on_one_path
@given(rosters("1.1"), rosters("1.1"))
def test_changes_that_name_every_record_leave_what_they_say(
    tmp_path: Path, before: OneRoster, after: OneRoster
) -> None:
    path = write_zip(tmp_path / "changes.zip", files_of(after, "1.1", "delta"))
    assert whole(apply_delta(on_shelf(before), path, Notes())) == after


_WHOLE = 2300
"""Bytes of the small school's zip, or more."""


@_on_one_path
@given(st.dictionaries(st.integers(0, _WHOLE), st.integers(0, 255), min_size=1, max_size=4))
def test_a_damaged_zip_is_refused_or_the_damage_does_not_matter(
    tmp_path: Path, damage: dict[int, int]
) -> None:
    path = write_zip(tmp_path / "roster.zip", files_of(SCHOOL))
    content = bytearray(path.read_bytes())
    for place, byte in damage.items():
        content[place % len(content)] = byte
    path.write_bytes(content)
    with suppress(UnusableCsv):
        assert whole(read_bulk(path, Notes())) == SCHOOL


def test_a_large_zip_is_read_without_its_records_being_in_memory(tmp_path: Path) -> None:
    """Of its 50,000 records only a few are there at a time; all of them take more than 20 MB."""
    at = (RoleAt("student", "o"),)
    users = {f"u{n}": UserRecord(f"u{n}", at, given_name="Ana") for n in range(10_000)}
    users |= {"t": UserRecord("t", (RoleAt("teacher", "o"),))}
    enrollments = {
        f"e{n}": Enrollment(f"e{n}", f"k{n % 9}", f"u{n % 10_000}", "o", "student")
        for n in range(40_000)
    }
    classes = {f"k{n}": ClassRecord(f"k{n}", "Art", "", "scheduled", "", "o") for n in range(9)}
    orgs = {"o": Org("o", "High", "school")}
    roster = OneRoster(orgs=orgs, classes=classes, users=users, enrollments=enrollments)
    path = write_zip(tmp_path / "roster.zip", files_of(roster))
    del roster, users, enrollments
    tracemalloc.start()
    shelf = read_bulk(path, Notes())
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert sum(1 for _ in shelf.enrollments.values()) == 40_000
    assert peak < 8_000_000


def test_a_large_file_is_never_in_memory(tmp_path: Path) -> None:
    header = ",".join(ENROLLMENTS.columns)
    rows = (f"enrollment-{n},,,class-{n % 999},school-1,user-{n},student,,," for n in range(50_000))
    text = "\n".join([header, *rows])
    path = write_zip(tmp_path / "roster.zip", {"enrollments.csv": text})
    with open_archive(path, Notes()) as archive:
        tracemalloc.start()
        try:
            number = sum(1 for _row in Table(archive, ENROLLMENTS, Notes()).rows())
            _now, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert number == 50_000
    assert peak < len(text) / 5
