"""Zips of OneRoster CSV files: what is read, what is accepted with a note, what is refused."""

import traceback
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from roster_dash.sources.oneroster import csv_reading
from roster_dash.sources.oneroster.csv_notes import Notes, UnusableCsv
from roster_dash.sources.oneroster.csv_zip import mode_of, read_bulk
from roster_dash.sources.oneroster.records import OneRoster, Org, RoleAt, UserRecord
from tests.csv_zips import PASSWORD, SCHOOL, files_of, manifest_of, whole, write_zip

_DATA = ("Ruiz", "Lincoln", "ana1", PASSWORD)
"""Of the small school: in no note and no refusal."""


@pytest.fixture
def files() -> dict[str, str]:
    return files_of(SCHOOL)


class Reader:
    """Reads files as a zip and says what was noted or refused."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "roster.zip"

    def read(self, files: Mapping[str, str | bytes]) -> tuple[OneRoster, list[str]]:
        notes = Notes()
        roster = whole(read_bulk(write_zip(self.path, files), notes))
        said = [str(note) for note in notes]
        assert not any(datum in note for note in said for datum in _DATA)
        return roster, said

    def noted(self, files: Mapping[str, str | bytes]) -> list[str]:
        """The notes of a zip that says the same as the small school's."""
        roster, notes = self.read(files)
        assert roster == SCHOOL
        return notes

    def refusal(self, files: Mapping[str, str | bytes]) -> str:
        with pytest.raises(UnusableCsv) as refused:
            self.read(files)
        assert refused.value.code == "unusable_csv"
        told = "".join(traceback.format_exception(refused.value))
        assert not any(datum in told for datum in _DATA)
        return refused.value.message


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    return Reader(tmp_path)


# What is read


@pytest.mark.parametrize("version", ["1.1", "1.2"])
def test_a_faultless_zip_is_read_without_a_note(reader: Reader, version: str) -> None:
    assert reader.noted(files_of(SCHOOL, version)) == []
    assert mode_of(reader.path) == "bulk"


def test_a_zip_without_a_manifest_is_of_version_1_0(reader: Reader, files: dict[str, str]) -> None:
    del files["manifest.csv"]
    (note,) = reader.noted(files)
    assert note.startswith("the zip: it has no manifest.csv: it is read as OneRoster 1.0")


def test_columns_as_version_1_0_called_them_are_known(
    reader: Reader, files: dict[str, str]
) -> None:
    del files["manifest.csv"]
    for old, new, file in (
        ("agents", "agentSourcedIds", "users.csv"),
        ("grade", "grades", "classes.csv"),
        ("termSourcedId", "termSourcedIds", "classes.csv"),
    ):
        files[file] = files[file].replace(new, old)
    assert "classes.csv, line 1: the column grades is written otherwise in the header." in (
        reader.noted(files)
    )


def test_a_user_has_their_role_at_each_of_their_organizations(reader: Reader) -> None:
    roster, _notes = reader.read(files_of(SCHOOL))
    assert [(each.role, each.org_id) for each in roster.users["t1"].roles] == [
        ("teacher", "school-1"),
        ("teacher", "school-2"),
    ]


def test_version_1_2_has_several_roles_with_their_dates(reader: Reader) -> None:
    teacher = SCHOOL.users["t1"]
    first, second = teacher.roles
    roles = (
        replace(first, is_primary=True, start=date(2026, 8, 1), end=date(2027, 7, 1)),
        replace(second, role="aide"),
    )
    users = {**SCHOOL.users, "t1": replace(teacher, roles=roles, preferred_given_name="Tommy")}
    roster = replace(SCHOOL, users=users)
    assert reader.read(files_of(roster, "1.2")) == (roster, [])


def test_passwords_are_not_kept(reader: Reader) -> None:
    for version in ("1.1", "1.2"):
        files = files_of(SCHOOL, version)
        assert PASSWORD in files["users.csv"]
        roster, notes = reader.read(files)
        assert PASSWORD not in f"{roster} {notes}"


# What is accepted with a note


def test_a_byte_order_mark_is_skipped(reader: Reader, files: dict[str, str]) -> None:
    files["orgs.csv"] = "\ufeff" + files["orgs.csv"]
    assert reader.noted(files) == ["orgs.csv: the file starts with a byte order mark."]


def test_names_of_files_in_other_capitals_are_found(reader: Reader, files: dict[str, str]) -> None:
    files["AcademicSessions.CSV"] = files.pop("academicSessions.csv")
    assert reader.noted(files) == ["academicSessions.csv: the file’s name is written otherwise."]


@pytest.mark.parametrize("written", ["SOURCEDID", "sourced_id", " Sourced Id "])
def test_headers_with_other_capitals_spaces_or_underscores_are_known(
    reader: Reader, files: dict[str, str], written: str
) -> None:
    files["orgs.csv"] = files["orgs.csv"].replace("sourcedId", written, 1)
    assert reader.noted(files) == [
        "orgs.csv, line 1: the column sourcedId is written otherwise in the header."
    ]


def test_words_in_other_capitals_are_known(reader: Reader, files: dict[str, str]) -> None:
    files["academicSessions.csv"] = files["academicSessions.csv"].replace(
        "schoolYear,2026", "School Year,2026"
    )
    assert reader.noted(files) == [
        "academicSessions.csv, line 2: type is written otherwise than in the standard."
    ]


def test_words_that_the_standard_does_not_have_are_kept(
    reader: Reader, files: dict[str, str]
) -> None:
    files["orgs.csv"] = files["orgs.csv"].replace("High,school", "High,academy")
    roster, notes = reader.read(files)
    assert roster.orgs["school-1"].type == "academy"
    assert notes == ["orgs.csv, line 3: the type is none of the standard’s; it is kept as it is."]


def test_columns_may_come_in_any_order(reader: Reader, files: dict[str, str]) -> None:
    lines = [line.split(",") for line in files["enrollments.csv"].splitlines()]
    files["enrollments.csv"] = "\n".join(",".join(reversed(line)) for line in lines)
    assert reader.noted(files) == [
        "enrollments.csv, line 1: the columns are in another order than the standard’s."
    ]


def test_columns_of_others_are_ignored(reader: Reader, files: dict[str, str]) -> None:
    lines = files["orgs.csv"].splitlines()
    files["orgs.csv"] = "\n".join(
        [f"{lines[0]},metadata.color,homepage", *(f"{line},red,x" for line in lines[1:])]
    )
    assert reader.noted(files) == [
        "orgs.csv, line 1: columns that are none of the standard’s are ignored: 1."
    ]


def test_an_optional_column_may_be_missing(reader: Reader, files: dict[str, str]) -> None:
    files["courses.csv"] = "sourcedId,status,title\r\nc1,,Algebra\r\n"
    roster, notes = reader.read(files)
    assert roster.courses["c1"].code == ""
    assert "courses.csv, line 1: the column courseCode is missing; it is taken for empty." in notes


def test_a_file_may_have_a_header_only(reader: Reader, files: dict[str, str]) -> None:
    files["enrollments.csv"] = files["enrollments.csv"].splitlines()[0]
    roster, notes = reader.read(files)
    assert roster == replace(SCHOOL, enrollments={})
    assert notes == ["enrollments.csv: the file has a header only."]


def test_empty_cells_at_the_end_of_a_row_may_be_missing(
    reader: Reader, files: dict[str, str]
) -> None:
    files["enrollments.csv"] = files["enrollments.csv"].replace("student,false,,", "student")
    assert reader.noted(files) == [
        "enrollments.csv, lines 2, 3, 4, 5, 6 and 25 more: the row lacks empty cells at its end."
    ]


@pytest.mark.parametrize("written", ["TRUE", "1", "yes"])
def test_booleans_may_be_written_otherwise(
    reader: Reader, files: dict[str, str], written: str
) -> None:
    files["enrollments.csv"] = files["enrollments.csv"].replace("true", written)
    assert reader.noted(files) == [
        "enrollments.csv, line 32: primary is written otherwise than true or false."
    ]


@pytest.mark.parametrize(
    "written",
    ["8/01/2026", "08/1/2026 0:00", "8/1/2026 12:00:00 AM", "2026-8-1", "2026-08-01T00:00:00.000Z"],
)
def test_dates_may_be_written_otherwise(
    reader: Reader, files: dict[str, str], written: str
) -> None:
    files["enrollments.csv"] = files["enrollments.csv"].replace("2026-08-01", written)
    assert reader.noted(files) == [
        "enrollments.csv, line 32: beginDate is a date written otherwise than 2027-01-31."
    ]


def test_a_status_may_be_filled_in_bulk_and_what_is_gone_is_left_out(
    reader: Reader, files: dict[str, str]
) -> None:
    files["users.csv"] = (
        files["users.csv"]
        .replace("s0,,", "s0,Active,2026-11-01T00:00:00Z")
        .replace("s1,,", "s1,tobedeleted,")
        .replace("s2,,", "s2,inactive,")
    )
    roster, notes = reader.read(files)
    assert SCHOOL.users.keys() - roster.users.keys() == {"s1", "s2"}
    assert SCHOOL.enrollments.keys() - roster.enrollments.keys() == {"es1", "es2"}
    assert notes == [
        "users.csv, lines 2, 3, 4: status or dateLastModified is filled, though the file holds all "
        "there is.",
        "users.csv, line 2: status is written otherwise than in the standard.",
        "users.csv, line 4: the status is inactive; it is taken for tobedeleted.",
        "enrollments.csv, lines 3, 4: the userSourcedId is of something deleted or inactive; the "
        "row is left out.",
    ]


def test_blank_lines_are_skipped(reader: Reader, files: dict[str, str]) -> None:
    header, *lines = files["orgs.csv"].splitlines()
    files["orgs.csv"] = "\n".join(["", header, "", *lines, ",,,,,,"])
    assert reader.noted(files) == ["orgs.csv, lines 1, 3, 7: the line is blank."]


def test_files_may_be_in_one_folder_as_the_mac_zips_them(
    reader: Reader, files: dict[str, str]
) -> None:
    zipped = {f"Export/{name}": text for name, text in files.items()}
    junk = {"Export/": "", "Export/.DS_Store": "x", "__MACOSX/Export/._users.csv": "x"}
    assert reader.noted({**junk, **zipped}) == [
        "the zip: its files are in a folder; they belong at the top."
    ]


def test_an_identical_row_may_come_twice(reader: Reader, files: dict[str, str]) -> None:
    files["courses.csv"] += files["courses.csv"].splitlines()[1]
    assert reader.noted(files) == ["courses.csv, line 3: the row is there twice."]


def test_other_files_are_ignored(reader: Reader, files: dict[str, str]) -> None:
    others = {"demographics.csv": "anything", "secret.csv": "x", "readme.txt": "x"}
    assert reader.noted({**files, **others}) == [
        "the zip: it holds files that are no CSV files; they are ignored.",
        "the zip: it holds CSV files that are none of the standard’s; they are ignored.",
    ]


def test_files_that_are_not_read_may_hold_changes_only(
    reader: Reader, files: dict[str, str]
) -> None:
    files["manifest.csv"] += "file.demographics,delta\r\n"
    assert reader.noted({**files, "demographics.csv": "anything"}) == []


def test_a_file_that_the_manifest_does_not_name_is_read(
    reader: Reader, files: dict[str, str]
) -> None:
    files["manifest.csv"] = files["manifest.csv"].replace(
        "file.courses,bulk", "file.courses,absent"
    )
    assert reader.noted(files) == [
        "courses.csv: manifest.csv doesn’t name the file; it is read all the same."
    ]


@pytest.mark.parametrize("version", ["1.1", "1.2"])
def test_without_a_version_in_the_manifest_the_files_tell_it(reader: Reader, version: str) -> None:
    files = files_of(SCHOOL, version)
    files["manifest.csv"] = files["manifest.csv"].replace(f"oneroster.version,{version}\r\n", "")
    assert reader.noted(files) == [
        f"manifest.csv: it doesn’t say oneroster.version; it is read as OneRoster {version}."
    ]


def test_roles_csv_is_ignored_where_users_have_their_role_in_their_row(
    reader: Reader, files: dict[str, str]
) -> None:
    files["roles.csv"] = files_of(SCHOOL, "1.2")["roles.csv"]
    assert reader.noted(files) == [
        "the zip: it holds roles.csv, which belongs to OneRoster 1.2; it is ignored."
    ]


def test_a_reason_is_noted_once_however_often_it_comes(
    reader: Reader, files: dict[str, str]
) -> None:
    files["users.csv"] = files["users.csv"].replace(",true,", ",TRUE,")
    (note,) = reader.noted(files)
    assert note == (
        "users.csv, lines 2, 3, 4, 5, 6 and 26 more: enabledUser is written otherwise than true or "
        "false."
    )


def test_a_few_enrollments_of_nobody_are_left_out(reader: Reader, files: dict[str, str]) -> None:
    files["enrollments.csv"] += "x,,,k1,school-1,nobody,student,,,\r\n"
    assert reader.noted(files) == [
        "enrollments.csv, line 33: the userSourcedId is of nothing that is there; the row is left "
        "out."
    ]


def test_an_enrollment_that_names_nobody_stays(reader: Reader, files: dict[str, str]) -> None:
    """So the list isn't taken for known."""
    files["enrollments.csv"] += "x,,,k1,school-1,,student,,,\r\n"
    roster, notes = reader.read(files)
    assert roster.enrollments["x"].user_id == ""
    assert notes == [
        "enrollments.csv, line 33: the userSourcedId is of nothing that is there; the row is kept "
        "as it is."
    ]


def test_an_organization_above_and_parents_may_be_left_out(
    reader: Reader, files: dict[str, str]
) -> None:
    for file, gone in (("orgs.csv", "district,,"), ("users.csv", "p1,,")):
        kept = (line for line in files[file].splitlines() if not line.startswith(gone))
        files[file] = "\n".join(kept)
    roster, notes = reader.read(files)
    assert roster.orgs["school-1"].parent_id == "district"
    assert notes == [
        "orgs.csv, 2 times: parentSourcedId is of nothing that is there.",
        "users.csv, 30 times: agentSourcedIds is of nothing that is there.",
    ]


def test_a_user_without_a_role_is_noted(reader: Reader) -> None:
    files = files_of(SCHOOL, "1.2")
    files["roles.csv"] = "\n".join(files["roles.csv"].splitlines()[:-1])
    roster, notes = reader.read(files)
    assert roster.users["p1"].roles == ()
    assert notes == ["users.csv: a user has no role."]


# What is refused


@pytest.mark.parametrize(
    "file", ["orgs", "academicSessions", "courses", "classes", "users", "enrollments", "roles"]
)
def test_a_file_that_is_named_but_not_there_is_refused(reader: Reader, file: str) -> None:
    files = files_of(SCHOOL, "1.2")
    del files[f"{file}.csv"]
    assert reader.refusal(files) == (
        f"manifest.csv: it names {file}.csv as bulk, but the zip doesn’t hold it. The zip is not "
        "whole: export it again."
    )


@pytest.mark.parametrize(
    "file", ["orgs", "academicSessions", "courses", "classes", "users", "enrollments", "roles"]
)
def test_a_file_that_is_needed_but_absent_is_refused(reader: Reader, file: str) -> None:
    files = files_of(SCHOOL, "1.2")
    del files[f"{file}.csv"]
    files["manifest.csv"] = files["manifest.csv"].replace(
        f"file.{file},bulk", f"file.{file},absent"
    )
    assert reader.refusal(files).startswith(f"The zip lacks {file}.csv.")


@pytest.mark.parametrize(
    ("file", "column"),
    [
        ("orgs", "name"),
        ("academicSessions", "endDate"),
        ("classes", "schoolSourcedId"),
        ("users", "role"),
        ("users", "enabledUser"),
        ("enrollments", "userSourcedId"),
        ("enrollments", "sourcedId"),
    ],
)
def test_a_missing_required_column_is_refused(
    reader: Reader, files: dict[str, str], file: str, column: str
) -> None:
    header, rest = files[f"{file}.csv"].split("\r\n", 1)
    names = ["typo" if name == column else name for name in header.split(",")]
    files[f"{file}.csv"] = ",".join(names) + "\r\n" + rest
    assert reader.refusal(files).startswith(
        f"{file}.csv, line 1: the header lacks the column {column}."
    )


def test_a_file_without_a_header_is_refused_without_its_data(
    reader: Reader, files: dict[str, str]
) -> None:
    files["users.csv"] = files["users.csv"].split("\r\n", 1)[1]
    message = reader.refusal(files)
    assert message.startswith("users.csv, line 1: the header lacks the columns sourcedId, ")
    assert "Ruiz" not in message


@pytest.mark.parametrize(
    ("file", "old", "new", "what"),
    [
        ("users", "Ana,Ruiz 3", "Ana,Ruiz, 3", "line 5: the row has more cells than"),
        (
            "enrollments",
            "es3,,,k1,school-1,s3,student,false,,",
            "es3,,,k1",
            "line 5: the row is cut",
        ),
        ("enrollments", "2026-08-01", "31/08/2026", "line 32: the date in beginDate can’t be read"),
        ("enrollments", "2026-08-01", "2026-02-30", "line 32: the date in beginDate can’t be read"),
        ("enrollments", "2026-08-01", "8/1/26", "line 32: the date in beginDate can’t be read"),
        ("enrollments", "true", "perhaps", "line 32: primary is neither true nor false"),
        ("users", "s4,,", "s4,gone,", "line 6: the status is neither active nor tobedeleted"),
        ("users", "s4,,", ",,", "line 6: the sourcedId is empty"),
        ("users", "s4,,", "s" * 256 + ",,", "line 6: the sourcedId is longer than 255 characters"),
        ("users", "s4,,", "s3,,", "line 6: another row with this sourcedId says something else"),
        ("orgs", "Lincoln High", '"Lincoln" High', "line 3: from here on this is not CSV"),
        ("orgs", "Lincoln High", '"Lincoln High', "line 3: from here on this is not CSV"),
        ("orgs", "Lincoln High", "Lincoln\0High", "line 3: this is no text"),
        ("orgs", "\r\n", "\r", "line 1: from here on this is not CSV"),
        ("orgs", "name", "sourcedId", "line 1: the column sourcedId is there twice"),
        ("orgs", "Lincoln High", "x" * 300_000, "line 3: the line is too long"),
        ("orgs", "Lincoln High", ('"' + "x\n" * 50_000 + '",') * 3, "line 3: the row is too long"),
        ("manifest", "1.1", "3.0", "the oneroster.version is none that is known"),
        (
            "manifest",
            "file.orgs,bulk",
            "file.orgs,all",
            "line 4: a file is neither absent nor bulk",
        ),
        ("manifest", "file.orgs,bulk", "file.x,bulk", "it names a file as bulk, but the zip"),
        ("manifest", "file.orgs,bulk", "file.users,delta", "line 8: the property is there twice"),
        ("manifest", "file.orgs,bulk", "file.orgs,delta", "some files hold all there is (bulk)"),
    ],
)
def test_what_is_not_clear_is_refused_by_file_and_line(
    reader: Reader, files: dict[str, str], file: str, old: str, new: str, what: str
) -> None:
    assert old in files[f"{file}.csv"]
    files[f"{file}.csv"] = files[f"{file}.csv"].replace(old, new)
    message = reader.refusal(files)
    assert message.startswith(f"{file}.csv")
    assert what in message


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16"])
def test_other_encodings_than_utf_8_are_refused(
    reader: Reader, files: dict[str, str], encoding: str
) -> None:
    encoded: dict[str, str | bytes] = {**files, "orgs.csv": files["orgs.csv"].encode(encoding)}
    line = {"cp1252": 4, "utf-16": 1}[encoding]
    assert reader.refusal(encoded) == (
        f"orgs.csv, line {line}: this is not UTF-8. Export the files as UTF-8."
    )


@pytest.mark.parametrize(
    ("file", "ids", "column"),
    [
        ("enrollments", ["s1", "s2"], "userSourcedId"),
        ("enrollments", ["k1"], "classSourcedId"),
        ("classes", ["school-1"], "schoolSourcedId"),
        ("classes", ["c1"], "courseSourcedId"),
        ("classes", ["fall"], "termSourcedIds"),
        ("users", ["school-1"], "orgSourcedIds"),
    ],
)
def test_many_rows_that_refer_to_nothing_are_refused(
    reader: Reader, files: dict[str, str], file: str, ids: list[str], column: str
) -> None:
    for each in ids:
        files[f"{file}.csv"] = files[f"{file}.csv"].replace(f",{each},", ",nothing,")
    message = reader.refusal(files)
    assert message.startswith(f"{file}.csv, line ")
    assert f"the {column} is of nothing that is there" in message


def test_more_rows_than_any_district_has_are_refused(
    reader: Reader, files: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_reading, "MOST_ROWS", 30)
    assert reader.refusal(files).startswith("users.csv, line 32: the file has more than 30 rows.")


def test_a_manifest_that_names_no_file_is_refused(reader: Reader, files: dict[str, str]) -> None:
    files["manifest.csv"] = manifest_of("1.1", {})
    assert "it doesn’t say whether the files hold all there is" in reader.refusal(files)


@pytest.mark.parametrize("names", [["manifest.csv"], []])
def test_a_zip_with_nothing_in_it_is_refused(
    reader: Reader, files: dict[str, str], names: list[str]
) -> None:
    empty = {name: manifest_of("1.1", {"users": "absent"}) for name in names}
    expected = "There is nothing in the zip." if names else "The zip lacks orgs.csv, "
    assert reader.refusal(empty).startswith(expected)


def test_files_with_headers_only_are_nothing(reader: Reader) -> None:
    assert reader.refusal(files_of(OneRoster())).startswith("There is nobody in the zip’s users.")


def test_a_file_of_roles_that_is_cut_short_is_refused(reader: Reader) -> None:
    role = RoleAt("student", "hill")
    users = {
        f"u{n}": UserRecord(f"u{n}", (role,) if n < 60 else (), given_name="A") for n in range(100)
    }
    cut = OneRoster(orgs={"hill": Org("hill", "Hill", "school")}, users=users)
    assert "roles.csv: 40 of 100 users have no role" in reader.refusal(files_of(cut, "1.2"))
