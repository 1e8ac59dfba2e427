"""A district is the same here whichever way OneRoster brings it: REST or a zip, old or new."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from roster_dash.sandbox.oneroster.server import running
from roster_dash.sandbox.oneroster.world import World, as_v1p1, make_world
from roster_dash.sources.oneroster import api_records as records
from roster_dash.sources.oneroster.csv_notes import Notes
from roster_dash.sources.oneroster.csv_zip import read_bulk
from roster_dash.sources.oneroster.files import DistrictOfParts
from roster_dash.sources.oneroster.parts import ShelfParts
from roster_dash.sources.oneroster.records import OneRoster
from tests.csv_zips import files_of, write_zip
from tests.oneroster import EXPECTED, NAMESPACE, TODAY, open_source, rosters


@pytest.mark.parametrize("version", ["1.1", "1.2"])
def test_by_rest(version: str) -> None:
    with running() as server:
        assert rosters(open_source(server, version)) == EXPECTED


@pytest.mark.parametrize("version", ["1.0", "1.1", "1.2"])
def test_by_a_zip(version: str, tmp_path: Path) -> None:
    world = make_world()
    if version != "1.2":
        world["users"] = [as_v1p1(user) for user in world["users"]]
    zipped = write_zip(tmp_path / "roster.zip", files_of(as_records(world), version))
    district = DistrictOfParts(ShelfParts(read_bulk(zipped, Notes())), NAMESPACE, TODAY)
    assert {school: district.snapshot(school) for school in EXPECTED} == EXPECTED


def as_records(world: World) -> OneRoster:
    def there(name: str, read: Callable[[str, Any], Any]) -> dict[str, Any]:
        return {
            each["sourcedId"]: read(each["sourcedId"], each)
            for each in world[name]
            if records.is_there(each)
        }

    return OneRoster(
        orgs=there("orgs", records.read_org),
        sessions=there("academicSessions", records.read_session),
        courses=there("courses", records.read_course),
        classes=there("classes", records.read_class),
        users=there("users", records.read_user),
        enrollments=there("enrollments", records.read_enrollment),
    )
