"""A district that sends files: read whole, shown as what they would do, accepted, then synced."""

import json
import zlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskCliRunner
from sqlalchemy import insert, select

from roster_dash import arriving, clock, sync
from roster_dash.connecting import connect_files
from roster_dash.connection import open_source, parts_kept
from roster_dash.extensions import db
from roster_dash.roster.errors import BadInput, NotLinked, SourceError
from roster_dash.sources.oneroster.csv_notes import UnusableCsv
from roster_dash.sources.oneroster.files import DistrictOfParts, dump
from roster_dash.sources.oneroster.records import OneRoster
from roster_dash.store import accepted, pulls, runs, schools
from roster_dash.store.audit import Did
from roster_dash.store.pulls import StoredAnswer
from roster_dash.store.tables import (
    AcceptedRoster,
    AuditEntry,
    District,
    PersonRow,
    RosterPart,
    Run,
    School,
)
from roster_dash.store.transactions import commit
from tests.builders import ALL, Builder
from tests.csv_zips import SCHOOL, files_of, write_zip


@pytest.fixture
def district(app: object, monkeypatch: pytest.MonkeyPatch) -> District:
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 10, 1, 15, tzinfo=UTC))
    return connect_files("Paper Valley")


def zip_of(folder: Path, roster: OneRoster = SCHOOL, mode: str = "bulk", **values: Any) -> Path:
    files = files_of(roster, "1.2", mode, **values)
    return write_zip(folder / f"{mode}.zip", files)


def accept(district: District, path: Path) -> None:
    arriving.accept(district, arriving.arrive(district, path))


def linked(district: District, make: Builder) -> School:
    shared = open_source(district).schools()[0]
    commit()
    school = schools.link_school(district, shared, "UTC")
    make.settings(school, **ALL, grace__students="0")
    return school


def synced(school: School) -> Run:
    run = runs.request_run(school.id, runs.Trigger.MANUAL)
    commit()
    return sync.sync_run(run.id).run


def here(school: School) -> set[str]:
    of_school = (PersonRow.school_id == school.id, PersonRow.status == "active")
    return set(db.session.scalars(select(PersonRow.sis_id).where(*of_school)))


def without_a_student(roster: OneRoster = SCHOOL) -> tuple[OneRoster, str]:
    gone = max(key for key in roster.users if key.startswith("s"))
    users = {key: user for key, user in roster.users.items() if key != gone}
    kept = {key: each for key, each in roster.enrollments.items() if each.user_id != gone}
    return replace(roster, users=users, enrollments=kept), gone


def test_nothing_can_be_synced_before_a_file_is_accepted(
    district: District, tmp_path: Path
) -> None:
    arriving.arrive(district, zip_of(tmp_path))
    with pytest.raises(SourceError, match="accepted yet"):
        open_source(district).schools()


def test_an_accepted_file_is_what_the_next_sync_goes_by(
    district: District, make: Builder, tmp_path: Path
) -> None:
    accept(district, zip_of(tmp_path))
    school = linked(district, make)
    assert synced(school).status == "succeeded"
    assert {key for key in SCHOOL.users if key.startswith("s")} <= here(school)
    assert synced(school).size == 0


def test_what_a_file_would_do_is_shown_before_it_is_accepted(
    district: District, make: Builder, tmp_path: Path
) -> None:
    accept(district, zip_of(tmp_path))
    school = linked(district, make)
    synced(school)
    before = here(school)
    roster, _gone = without_a_student()
    (foreseen,) = arriving.arrive(district, zip_of(tmp_path, roster)).foreseen
    assert foreseen.counts is not None
    assert foreseen.counts["people"]["archived"] == 1
    assert synced(school).size == 0
    assert here(school) == before


def test_a_file_that_lacks_somebody_archives_them_once_it_is_accepted(
    district: District, make: Builder, tmp_path: Path
) -> None:
    accept(district, zip_of(tmp_path))
    school = linked(district, make)
    synced(school)
    before = here(school)
    roster, gone = without_a_student()
    accept(district, zip_of(tmp_path, roster))
    assert synced(school).status == "succeeded"
    assert here(school) == before - {gone}


def test_a_file_that_can_not_be_used_leaves_the_one_before_in_force(
    district: District, tmp_path: Path
) -> None:
    accept(district, zip_of(tmp_path))
    before = accepted.in_force(district.id)
    broken = tmp_path / "broken.zip"
    broken.write_bytes(b"not a zip at all")
    with pytest.raises(UnusableCsv):
        accept(district, broken)
    assert accepted.in_force(district.id) == before


def test_a_file_that_lacks_a_linked_school_says_so(
    district: District, make: Builder, tmp_path: Path
) -> None:
    accept(district, zip_of(tmp_path))
    school = linked(district, make)
    school.clever_id = f"{district.clever_id}.of-another-file"
    commit()
    (foreseen,) = arriving.arrive(district, zip_of(tmp_path)).foreseen
    assert foreseen.counts is None
    assert "doesn’t share the school" in foreseen.message


def test_changes_are_applied_to_what_is_in_force(
    district: District, make: Builder, tmp_path: Path
) -> None:
    with pytest.raises(UnusableCsv, match="nothing to change"):
        arriving.arrive(district, zip_of(tmp_path, mode="delta"))
    accept(district, zip_of(tmp_path))
    school = linked(district, make)
    synced(school)
    one = next(user for key, user in SCHOOL.users.items() if key.startswith("s"))
    renamed = replace(one, given_name="Renamed")
    accept(district, zip_of(tmp_path, OneRoster(users={one.id: renamed}), "delta"))
    assert synced(school).size == 1
    assert "Renamed" in set(db.session.scalars(select(PersonRow.first_name)))


def test_an_accepted_file_goes_before_what_was_pulled_earlier_that_night(
    district: District, make: Builder, tmp_path: Path
) -> None:
    accept(district, zip_of(tmp_path))
    school = linked(district, make)
    pulls.keep(school.id, StoredAnswer("of before", {}, b"{}"), clock.now())
    commit()
    accept(district, zip_of(tmp_path))
    assert pulls.take(school.id, clock.now()) is None
    commit()
    assert synced(school).status == "succeeded"


def test_nothing_stays_of_rosters_that_are_not_in_force_any_more(
    district: District, make: Builder, tmp_path: Path
) -> None:
    user = make.manager(district).id
    for _ in range(2):
        accept(district, zip_of(tmp_path))
        arriving.lay_aside(district, arriving.arrive(district, zip_of(tmp_path)), user)
    named = (accepted.in_force(district.id), accepted.waiting(district.id))
    assert kept_digests() == {each.digest for each in named if each}
    schools.disconnect_district(district)
    commit()
    assert kept_digests() == set()


def test_a_roster_that_can_not_be_accepted_leaves_nothing(
    district: District, tmp_path: Path
) -> None:
    first, second = (arriving.arrive(district, zip_of(tmp_path)) for _ in range(2))
    arriving.accept(district, first)
    before = kept_digests()
    with pytest.raises(BadInput, match="Another file has been accepted"):
        arriving.accept(district, second)
    assert kept_digests() == before


def test_parts_whose_writer_was_killed_are_dropped_a_day_later(
    district: District, tmp_path: Path
) -> None:
    accept(district, zip_of(tmp_path))
    in_force = kept_digests()
    accepted.add_part("of nobody", "school-1", b"{}")
    accepted.drop_unnamed(clock.now() + timedelta(hours=23))
    assert kept_digests() == in_force | {"of nobody"}
    accepted.drop_unnamed(clock.now() + timedelta(hours=25))
    commit()
    assert kept_digests() == in_force


def test_a_roster_that_was_accepted_by_an_earlier_release_is_read_as_before(
    district: District, make: Builder, tmp_path: Path
) -> None:
    """It is all in the row itself."""
    values = {"accepted_at": clock.now(), "payload": zlib.compress(dump(SCHOOL))}
    db.session.execute(insert(AcceptedRoster).values(district_id=district.id, **values))
    commit()
    school = linked(district, make)
    assert synced(school).status == "succeeded"
    assert {key for key in SCHOOL.users if key.startswith("s")} <= here(school)
    renamed = replace(SCHOOL.users["s1"], given_name="Renamed")
    accept(district, zip_of(tmp_path, OneRoster(users={"s1": renamed}), "delta"))
    assert synced(school).size == 1


def test_a_school_is_not_read_from_a_roster_that_was_replaced_meanwhile(
    district: District, tmp_path: Path
) -> None:
    accept(district, zip_of(tmp_path))
    before = accepted.in_force(district.id)
    assert before is not None
    parts = parts_kept(district.id, before.digest)
    provided = DistrictOfParts(parts, district.clever_id, clock.now().date())
    (school, *_) = provided.schools()
    accept(district, zip_of(tmp_path))
    with pytest.raises(SourceError, match="isn’t kept any more"):
        provided.snapshot(school.source_id)


def kept_digests() -> set[str]:
    found = set(db.session.scalars(select(RosterPart.roster)))
    commit()
    return found


def test_a_district_that_doesn_t_send_files_takes_none(make: Builder, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="doesn’t send files"):
        arriving.arrive(make.district(), zip_of(tmp_path))


def test_a_disconnected_district_keeps_no_file_and_goes_on_where_it_was(
    district: District, make: Builder, tmp_path: Path
) -> None:
    accept(district, zip_of(tmp_path))
    school = linked(district, make)
    synced(school)
    schools.disconnect_district(district)
    commit()
    assert accepted.in_force(district.id) is None
    with pytest.raises(NotLinked):
        arriving.arrive(district, zip_of(tmp_path))
    again = connect_files("Paper Valley")
    assert again.id == district.id
    accept(again, zip_of(tmp_path))
    linked(again, make)
    assert synced(school).size == 0


def test_who_accepted_a_file_is_in_the_audit_log(district: District, tmp_path: Path) -> None:
    accept(district, zip_of(tmp_path))
    entries = select(AuditEntry.action).where(AuditEntry.district_id == district.id)
    assert Did.FILE_ACCEPTED in db.session.scalars(entries).all()


def test_the_command_line_shows_and_accepts_a_file(
    runner: FlaskCliRunner, district: District, tmp_path: Path
) -> None:
    number, path = str(district.id), str(zip_of(tmp_path))
    commit()
    shown = runner.invoke(args=["roster", "import", number, path, "--json"])
    assert shown.exit_code == 0, shown.output
    assert json.loads(shown.stdout)["accepted"] is False
    assert accepted.in_force(district.id) is None
    commit()
    done = runner.invoke(args=["roster", "import", number, path, "--accept"])
    assert done.exit_code == 0
    assert "Accepted: the next syncs go by it." in done.stdout
    assert accepted.in_force(district.id) is not None
