"""Zips that are dropped into a district's folder: when they are taken, and what becomes of them."""

import json
import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskCliRunner
from sqlalchemy import select

from roster_dash import arriving, clock, jobs, notify, sync, watching
from roster_dash.config import ConfigError, load_config
from roster_dash.connecting import connect_files
from roster_dash.connection import open_source
from roster_dash.extensions import db
from roster_dash.roster.errors import BadInput
from roster_dash.sources.oneroster.records import OneRoster
from roster_dash.store import accepted, beats, dropped, runs, schools
from roster_dash.store.audit import Did
from roster_dash.store.dropped import Outcome
from roster_dash.store.tables import AuditEntry, District, DroppedFile, MailRow, School
from roster_dash.store.transactions import commit
from tests.builders import ALL, Builder
from tests.clever import Clever
from tests.csv_zips import SCHOOL, files_of, write_zip
from tests.test_arriving import without_a_student

NOW = datetime(2026, 10, 1, 15, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def environment(environment: dict[str, str], tmp_path: Path) -> dict[str, str]:
    return environment | {"ROSTER_FILES_DIR": str(tmp_path / "files")}


@pytest.fixture
def district(app: object, monkeypatch: pytest.MonkeyPatch) -> District:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    return connect_files("Paper Valley")


@pytest.fixture
def folder(district: District, tmp_path: Path) -> Path:
    path = tmp_path / "files" / str(district.id)
    path.mkdir(parents=True)
    return path


def drop(folder: Path, roster: OneRoster = SCHOOL, name: str = "export.zip") -> Path:
    return write_zip(folder / name, files_of(roster, "1.2", "bulk"))


def looks(number: int = 2, first: datetime = NOW) -> list[int]:
    """What the last of several looks, a minute apart, would have taken."""
    found: list[int] = []
    for each in range(number):
        found = watching.look(first + each * MINUTE)
    return found


def taken_in(first: datetime = NOW) -> int:
    """How many files were taken after two looks."""
    found = looks(first=first)
    for file_id in found:
        jobs.take_file(file_id)
    return len(found)


def in_force_since(district: District) -> datetime | None:
    found = accepted.since(district.id)
    commit()
    return found


def linked(district: District, make: Builder, folder: Path) -> School:
    """A school that was synced by a file of before."""
    path = drop(folder.parent)
    arriving.accept(district, arriving.arrive(district, path))
    shared = open_source(district).schools()[0]
    commit()
    school = schools.link_school(district, shared, "UTC")
    make.settings(school, **ALL, grace__students="0")
    run = runs.request_run(school.id, runs.Trigger.MANUAL)
    commit()
    assert sync.sync_run(run.id).run.status == "succeeded"
    return school


def choose(district: District, *, by_itself: bool) -> None:
    dropped.choose(district, accepts_by_itself=by_itself)
    commit()


def names(folder: Path) -> list[str]:
    return sorted(path.name.partition("-export")[2] for path in folder.iterdir())


def test_a_dropped_zip_waits_for_somebody_and_goes_to_taken(
    district: District, folder: Path
) -> None:
    drop(folder)
    assert taken_in() == 1
    waiting = arriving.waiting(district)
    assert waiting is not None
    assert len(waiting.schools) == 2
    assert in_force_since(district) is None
    assert names(folder / "taken") == [".zip"]
    assert not (folder / "export.zip").exists()


def test_a_zip_that_grows_is_left_until_it_has_stopped(district: District, folder: Path) -> None:
    path = drop(folder)
    whole = path.read_bytes()
    path.write_bytes(whole[:100])
    assert looks(1) == []
    path.write_bytes(whole)
    assert looks(1, NOW + MINUTE) == []
    assert len(looks(1, NOW + 2 * MINUTE)) == 1


def test_a_part_of_a_zip_is_waited_for_then_refused(district: District, folder: Path) -> None:
    path = drop(folder)
    path.write_bytes(path.read_bytes()[:-40])
    assert looks() == []
    (file_id,) = looks(1, NOW + timedelta(hours=1))
    jobs.take_file(file_id)
    assert arriving.waiting(district) is None
    (told,) = (folder / "refused").glob("*.txt")
    assert told.read_text(encoding="utf-8").startswith("This is no zip, or only a part of one.")


def test_a_file_that_is_refused_says_why_where_it_lies_and_on_the_page(
    district: District, folder: Path
) -> None:
    files = files_of(SCHOOL, "1.2", "bulk")
    lines = files["users.csv"].splitlines()
    files["users.csv"] = "\r\n".join([*lines[:2], lines[2].replace("true", "perhaps"), *lines[3:]])
    write_zip(folder / "export.zip", files)
    taken_in()
    assert names(folder / "refused") == [".zip", ".zip.txt"]
    (told,) = (folder / "refused").glob("*.txt")
    reason = told.read_text(encoding="utf-8").strip()
    assert reason.startswith("users.csv, line 3: enabledUser is neither true nor false")
    assert "Ruiz" not in reason
    looks(1, NOW + 5 * MINUTE)
    (row,) = dropped.refused(district.id, 5)
    assert (row.name, row.reason) == ("export.zip", reason)


def test_the_manager_is_told_of_a_refused_file_and_of_one_that_waits(
    district: District, folder: Path, make: Builder, clever: Clever
) -> None:
    to = make.manager(district).email
    (folder / "export.zip").write_bytes(b"PK\x05\x06 but no zip")
    taken_in()
    drop(folder)
    taken_in(NOW + 5 * MINUTE)
    mail_ids = db.session.scalars(select(MailRow.id).order_by(MailRow.id)).all()
    commit()
    assert all(map(notify.deliver, mail_ids))
    inbox = clever.inbox()
    assert {(mail["subject"], *mail["to"]) for mail in inbox} == {
        ("A file of Paper Valley was refused", to),
        ("A file of Paper Valley waits for you", to),
    }
    assert all(f"/districts/{district.id}/files" in mail["text"] for mail in inbox)


def test_a_file_is_accepted_by_itself_where_that_was_chosen_and_it_needs_nobody(
    district: District, folder: Path, make: Builder, monkeypatch: pytest.MonkeyPatch
) -> None:
    linked(district, make, folder)
    choose(district, by_itself=True)
    later = NOW + timedelta(hours=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    drop(folder, without_a_student()[0])
    taken_in(later)
    assert in_force_since(district) == later
    assert arriving.waiting(district) is None
    assert names(folder / "taken") == [".zip"]
    entry = select(AuditEntry.who).where(AuditEntry.action == Did.FILE_ACCEPTED)
    assert db.session.scalars(entry.order_by(AuditEntry.id.desc())).first() == "system"


def test_a_file_waits_all_the_same_if_a_sync_would_hold_anything(
    district: District, folder: Path, make: Builder
) -> None:
    linked(district, make, folder)
    choose(district, by_itself=True)
    few = OneRoster(
        orgs=SCHOOL.orgs,
        sessions=SCHOOL.sessions,
        courses=SCHOOL.courses,
        classes=SCHOOL.classes,
        users={key: user for key, user in SCHOOL.users.items() if key in ("s0", "s1", "t1", "p1")},
        enrollments={
            key: each for key, each in SCHOOL.enrollments.items() if each.user_id in ("s0", "t1")
        },
    )
    drop(folder, few)
    taken_in()
    assert in_force_since(district) == NOW
    waiting = arriving.waiting(district)
    assert waiting is not None
    assert waiting.needs_somebody


def test_the_first_file_waits_whatever_was_chosen(district: District, folder: Path) -> None:
    choose(district, by_itself=True)
    drop(folder)
    taken_in()
    assert in_force_since(district) is None
    assert arriving.waiting(district) is not None


def test_files_wait_unless_something_else_was_chosen(
    district: District, folder: Path, make: Builder
) -> None:
    linked(district, make, folder)
    drop(folder)
    taken_in()
    assert in_force_since(district) == NOW
    assert arriving.waiting(district) is not None


def test_two_schedulers_take_a_file_once(district: District, folder: Path) -> None:
    drop(folder)
    (file_id,) = looks()
    assert looks(1, NOW + MINUTE) == []  # the other one, within the same minute
    assert beats.take(beats.of_file(file_id))  # another worker is at it
    commit()
    jobs.take_file(file_id)
    assert (folder / "export.zip").exists()
    assert arriving.waiting(district) is None


def test_a_file_whose_outcome_is_known_is_only_moved(district: District, folder: Path) -> None:
    drop(folder)
    (file_id,) = looks()
    dropped.settle(file_id, Outcome.WAITS, "", NOW)  # and the worker was killed
    commit()
    assert watching.look(NOW + 5 * MINUTE) == [file_id]
    jobs.take_file(file_id)
    assert arriving.waiting(district) is None
    assert names(folder / "taken") == [".zip"]


def test_a_file_of_a_name_that_was_refused_is_read_anew(district: District, folder: Path) -> None:
    (folder / "export.zip").write_bytes(b"PK\x05\x06 but no zip")
    taken_in()
    looks(1, NOW + 5 * MINUTE)
    drop(folder)
    taken_in(NOW + 6 * MINUTE)
    assert arriving.waiting(district) is not None


def test_too_large_a_file_is_refused_unread(
    district: District, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "MOST_BYTES", 100)
    drop(folder)
    taken_in()
    (row,) = db.session.scalars(select(DroppedFile)).all()
    assert (row.outcome, "Send one district’s roster only" in row.reason) == ("refused", True)


def test_folders_of_other_districts_are_left_alone(
    district: District, folder: Path, make: Builder
) -> None:
    other = make.district()
    path = folder.parent / str(other.id)
    path.mkdir()
    drop(path)
    drop(folder)
    schools.disconnect_district(district)
    commit()
    assert looks() == []
    with pytest.raises(BadInput):
        dropped.choose(other, accepts_by_itself=True)


def test_no_name_of_a_file_is_logged(
    district: District, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    drop(folder, name="ana-ruiz-export.zip")
    (folder / "ana-ruiz.txt").write_text("x")
    taken_in()
    assert "taken" not in caplog.text
    assert f"district {district.id}" in caplog.text
    assert "ana-ruiz" not in caplog.text


def test_a_file_that_can_not_be_moved_is_read_once_and_moved_later(
    district: District, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    drop(folder, name="ana-ruiz-export.zip")
    (folder / "taken").write_text("in the way")
    taken_in()
    before = accepted.waiting(district.id)
    (folder / "taken").unlink()
    taken_in(NOW + 5 * MINUTE)
    assert names(folder / "taken") == [".zip"]
    assert before is not None
    assert accepted.waiting(district.id) == before
    assert "ana-ruiz" not in caplog.text


def test_old_taken_files_are_deleted_and_refused_ones_stay(
    district: District, folder: Path
) -> None:
    drop(folder)
    taken_in()
    (folder / "refused").mkdir()
    drop(folder / "refused")
    watching.delete_old(datetime.now(UTC))
    assert names(folder / "taken") == [".zip"]
    watching.delete_old(datetime.now(UTC) + watching.KEPT_FOR + MINUTE)
    assert names(folder / "taken") == []
    assert (folder / "refused" / "export.zip").exists()


def test_the_command_line_says_and_chooses_what_becomes_of_files(
    runner: FlaskCliRunner, district: District, folder: Path
) -> None:
    number = str(district.id)
    commit()
    for words, chosen in (([], False), (["--accept"], True), ([], True), (["--wait"], False)):
        done = runner.invoke(args=["roster", "watch-files", number, *words, "--json"])
        assert done.exit_code == 0, done.output
        told = {"district": district.id, "folder": str(folder), "accepts_by_itself": chosen}
        assert json.loads(done.stdout) == told
        commit()


def test_nothing_is_watched_unless_it_is_said_where(
    environment: dict[str, str], tmp_path: Path
) -> None:
    del environment["ROSTER_FILES_DIR"]
    assert load_config(environment, instance=tmp_path).roster_files_dir is None
    with pytest.raises(ConfigError, match="ROSTER_FILES_DIR is “files”; it must be a whole path"):
        load_config(environment | {"ROSTER_FILES_DIR": "files"}, instance=tmp_path)
