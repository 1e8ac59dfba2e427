"""People and lists after real syncs equal what Clever's raw JSON says, computed independently."""

from typing import Any

import pytest

from tests import expected
from tests.clever import Clever
from tests.cli.conftest import CommandLine

pytestmark = pytest.mark.slow

BASE = {
    "students": "on",
    "teachers": "on",
    "staff": "on",
    "admins": "on",
    "contacts": "primary",
    "class_lists": "on",
    "class_lists.terms": "current",
    "class_lists.grades": "all",
    "grace.students": "0",
    "grace.adults": "0",
}
NO_LIMITS = {
    f"guard.{limit}.percent": "100" for limit in ("removals", "removals_7_days", "updates", "lists")
}
"""A school of 40 is turned over within days here; the guards have tests of their own."""
ROLES = ("students", "teachers", "staff", "admins")


def linked(roster: CommandLine, clever: Clever) -> str:
    """Connects the sandbox's district by client id and secret, and links its first school."""
    roster.ask("connect-district", clever.district.name, "--clever-id", clever.district.id)
    school = clever.schools[0].id
    roster.ask("link-school", clever.district.id, school, "--timezone", "UTC")
    return school


def save(roster: CommandLine, school: str, settings: dict[str, str]) -> None:
    roster.ask("settings", school, *(f"{key}={value}" for key, value in settings.items()))


def both(part: str, value: str) -> dict[str, str]:
    return {f"{role}.{part}": value for role in ROLES}


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("archive", ["off", "on"])
@pytest.mark.parametrize("auto_update", ["off", "on"])
def test_first_sync_and_the_days_after_equal_the_raw_json(
    seed: int, auto_update: str, archive: str, roster: CommandLine, clever: Clever
) -> None:
    clever.reset(seed=seed, schools=2, size=40)
    school = linked(roster, clever)
    settings = BASE | NO_LIMITS | both("auto_update", auto_update) | both("archive", archive)
    save(roster, school, settings)
    people: list[dict[str, Any]] = []
    lists: list[dict[str, Any]] = []
    for days in (0, 1, 14):
        clever.advance(days) if days else None
        preview = roster.ask("preview", school, "--fetch")
        run = roster.ask("sync", school)
        raw, today = clever.raw(), clever.today
        people = expected.people(raw, school, settings, people)
        lists = expected.lists(raw, school, people, lists, today)
        assert roster.rows("people", school) == people
        active = [row for row in roster.rows("lists", school) if row["status"] == "active"]
        assert active == [row for row in lists if row["status"] == "active"]
        assert len(roster.rows("lists", school)) == len(lists)
        assert run["counts"] == preview["counts"]
        again = roster.ask("sync", school)
        assert again["message"].startswith(("Nothing changed", "1 unreadable")), again["message"]


def test_a_value_blanked_in_clever_keeps_ours(roster: CommandLine, clever: Clever) -> None:
    school = linked(roster, clever)
    save(roster, school, BASE | both("auto_update", "on"))
    roster.ask("sync", school)
    before = roster.rows("people", school)
    row = next(row for row in before if row["roles"] == "student" and row["email"])
    clever.change(row["source_id"], {"email": "", "roles.student.student_number": None})
    roster.ask("sync", school)
    assert roster.rows("people", school) == before


def test_someone_archived_comes_back_to_the_same_row(roster: CommandLine, clever: Clever) -> None:
    school = linked(roster, clever)
    save(roster, school, BASE | both("archive", "on"))
    roster.ask("sync", school)
    row = next(row for row in roster.rows("people", school) if row["roles"] == "student")
    clever.act("leave", id=row["source_id"])
    gone = roster.ask("sync", school)
    assert gone["counts"]["people"]["archived"] == 1
    clever.act("return", id=row["source_id"])
    back = roster.ask("sync", school)
    assert back["counts"]["people"]["restored"] == 1
    assert (
        next(r for r in roster.rows("people", school) if r["source_id"] == row["source_id"]) == row
    )


def test_a_new_school_year_renews_grades_and_lists(roster: CommandLine, clever: Clever) -> None:
    school = linked(roster, clever)
    settings = BASE | NO_LIMITS | both("auto_update", "on") | both("archive", "on")
    save(roster, school, settings)
    roster.ask("sync", school)
    people = roster.rows("people", school)
    clever.next_year()
    roster.ask("sync", school)
    raw = clever.raw()
    assert roster.rows("people", school) == expected.people(raw, school, settings, people)


def test_nothing_is_synced_with_everything_off(roster: CommandLine, clever: Clever) -> None:
    school = linked(roster, clever)
    run = roster.ask("sync", school)
    assert run["status"] == "succeeded"
    assert roster.rows("people", school) == []
    assert roster.rows("lists", school) == []


def test_a_district_sync_reads_every_collection_once_and_whole(
    roster: CommandLine, clever: Clever
) -> None:
    roster.ask("connect-district", clever.district.name, "--clever-id", clever.district.id)
    for school in clever.schools:
        roster.ask("link-school", clever.district.id, school.id)
        save(roster, school.id, BASE)
    clever.forget_requests()
    runs = roster.ask("sync", "--district", clever.district.id)
    assert [run["status"] for run in runs] == ["succeeded"] * len(clever.schools)
    paths = [path.split("/")[-1].split("?")[0] for path in clever.requested()]
    assert sorted(paths) == sorted(
        ["districts", "schools", "users", "sections", "terms", "courses"]
    )
