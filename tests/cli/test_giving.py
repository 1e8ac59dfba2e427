"""`roster export`: a school as a zip of OneRoster files."""

import csv
import io
import zipfile
from pathlib import Path

import pytest
from sqlalchemy import select

from roster_dash.extensions import db
from roster_dash.sources.oneroster.csv_notes import Notes, UnusableCsv
from roster_dash.sources.oneroster.csv_zip import read_bulk
from roster_dash.store.audit import Did
from roster_dash.store.tables import AuditEntry
from tests.builders import Builder
from tests.cli.conftest import CommandLine
from tests.csv_zips import whole
from tests.provider.served import a_school


def test_a_school_is_written_as_a_zip_for_its_user_only(
    roster: CommandLine, make: Builder, tmp_path: Path
) -> None:
    school = a_school(make, "Lincoln High", "s-1")
    path = tmp_path / "out.zip"
    path.write_text("what was there before")
    done = roster.ask("export", str(school.id), str(path))
    assert done == {"export": str(path), "school": school.id, "people": 16, "lists": 2}
    assert path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in tmp_path.iterdir() if "out" in each.name] == ["out.zip"]
    notes = Notes()
    assert len(whole(read_bulk(path, notes)).users) == 16
    assert list(notes) == []
    entry = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()[-1]
    assert (entry.action, entry.school_id, entry.after) == (
        Did.EXPORTED,
        school.id,
        {"people": 16, "lists": 2},
    )


def test_the_manifest_names_every_file_and_columns_are_in_the_standards_order(
    roster: CommandLine, make: Builder, tmp_path: Path
) -> None:
    school = a_school(make, "Lincoln High", "s-1")
    roster.ask("export", str(school.id), str(tmp_path / "out.zip"))
    with zipfile.ZipFile(tmp_path / "out.zip") as zipped:
        files = {name: zipped.read(name).decode() for name in zipped.namelist()}
    said = dict(csv.reader(io.StringIO(files.pop("manifest.csv"))))
    assert said["oneroster.version"] == "1.2"
    bulk = {name.removeprefix("file.") for name, value in said.items() if value == "bulk"}
    assert {f"{name}.csv" for name in bulk} == files.keys()
    assert said["file.demographics"] == "absent"
    roles = files["roles.csv"].splitlines()[0]
    assert roles == (
        "sourcedId,status,dateLastModified,userSourcedId,roleType,role,beginDate,endDate,"
        "orgSourcedId,userProfileSourcedId"
    )
    for text in files.values():
        header = text.splitlines()[0].split(",")
        said_last = [name.startswith("metadata.") for name in header]
        assert said_last == sorted(said_last)
        for row in csv.DictReader(io.StringIO(text)):
            assert row["status"] == row["dateLastModified"] == ""
            assert not row.get("password")


def test_a_school_without_anybody_is_written_and_taken_by_nobody_for_a_roster(
    roster: CommandLine, make: Builder, tmp_path: Path
) -> None:
    path = tmp_path / "out.zip"
    roster.ask("export", str(make.school().id), str(path))
    with pytest.raises(UnusableCsv, match="nobody in the zip’s users"):
        read_bulk(path, Notes())


def test_a_file_that_can_t_be_written_is_said_and_nothing_is_left(
    roster: CommandLine, make: Builder, tmp_path: Path
) -> None:
    number = str(make.school().id)
    code, told = roster.run("export", number, str(tmp_path / "nowhere" / "out.zip"))
    assert (code, told["error"]) == (2, "bad_input")
    assert "can’t be written" in told["message"]
    (tmp_path / "folder.zip").mkdir()
    code, _ = roster.run("export", number, str(tmp_path / "folder.zip"))
    assert code == 2
