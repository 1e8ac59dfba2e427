"""approve, reject, revert and why on the command line, against the sandbox Clever."""

from typing import Any

import pytest

from tests.clever import Clever
from tests.cli.conftest import CommandLine

SETTINGS = ("students=on", "students.auto_update=on", "students.archive=on", "grace.students=0")


@pytest.fixture
def school(roster: CommandLine, clever: Clever) -> str:
    clever.reset(schools=1, size=40)
    roster.ask("connect-district", clever.district.name, "--clever-id", clever.district.id)
    linked = clever.schools[0].id
    roster.ask("link-school", clever.district.id, linked, "--timezone", "UTC")
    roster.ask("settings", linked, *SETTINGS)
    roster.ask("sync", linked)
    return linked


def leave(roster: CommandLine, clever: Clever, school: str, number: int) -> list[str]:
    gone = [row["source_id"] for row in active(roster, school)][:number]
    for student in gone:
        clever.act("leave", id=student)
    return gone


def active(roster: CommandLine, school: str) -> list[dict[str, Any]]:
    return [row for row in roster.rows("people", school) if row["status"] == "active"]


def held_ids(roster: CommandLine, run: int) -> list[str]:
    operations = roster.ask("run", str(run))["operations"]
    return [op["id"] for op in operations if op["status"] == "held"]


def test_a_run_over_a_limit_ends_held_with_3_and_removes_nobody(
    roster: CommandLine, school: str, clever: Clever
) -> None:
    before = active(roster, school)
    gone = leave(roster, clever, school, 12)
    code, run = roster.run("sync", school)
    assert (code, run["status"]) == (3, "held")
    assert (run["counts"]["people"]["held"], run["counts"]["people"]["archived"]) == (12, 0)
    assert "12 of 40 students (30 %) would be archived; the limit is 10 %." in run["message"]
    assert active(roster, school) == before
    assert len(held_ids(roster, run["run"])) == len(gone)


def test_a_preview_of_the_same_says_so_with_0(
    roster: CommandLine, school: str, clever: Clever
) -> None:
    leave(roster, clever, school, 12)
    seen = roster.ask("preview", school, "--fetch")
    assert (seen["status"], seen["counts"]["people"]["held"]) == ("preview", 12)
    assert "the limit is 10 %" in seen["message"]


def test_approving_does_it_and_the_run_has_succeeded(
    roster: CommandLine, school: str, clever: Clever
) -> None:
    gone = leave(roster, clever, school, 12)
    _, run = roster.run("sync", school)
    done = roster.ask("approve", str(run["run"]))
    assert (done["run"], done["status"]) == (run["run"], "succeeded")
    assert (done["counts"]["people"]["held"], done["counts"]["people"]["archived"]) == (0, 12)
    assert not {row["source_id"] for row in active(roster, school)} & set(gone)
    code, answer = roster.run("approve", str(run["run"]))
    assert (code, answer["error"]) == (2, "not_waiting")


def test_a_part_is_approved_and_the_rest_still_ends_with_3(
    roster: CommandLine, school: str, clever: Clever
) -> None:
    leave(roster, clever, school, 12)
    _, run = roster.run("sync", school)
    first, second, *_ = held_ids(roster, run["run"])
    code, done = roster.run("approve", str(run["run"]), "--only", first, "--only", second)
    assert (code, done["status"]) == (3, "held")
    assert done["counts"]["people"]["archived"] == 2
    code, answer = roster.run("approve", str(run["run"]), "--only", first)
    assert (code, answer["error"]) == (2, "bad_input")
    code, answer = roster.run("approve", str(run["run"]), "--only", "everybody")
    assert code == 2
    assert "takes the id of an operation" in answer["message"]


def test_what_is_rejected_is_not_asked_again(
    roster: CommandLine, school: str, clever: Clever
) -> None:
    before = active(roster, school)
    leave(roster, clever, school, 12)
    _, run = roster.run("sync", school)
    done = roster.ask("reject", str(run["run"]), "--reason", "a trip")
    assert done["status"] == "succeeded"
    again = roster.ask("sync", school)
    assert (again["status"], again["counts"]["people"]["skipped"]) == ("succeeded", 12)
    assert active(roster, school) == before


def test_what_comes_back_in_the_next_feed_clears_itself(
    roster: CommandLine, school: str, clever: Clever
) -> None:
    gone = leave(roster, clever, school, 12)
    _, run = roster.run("sync", school)
    for student in gone:
        clever.act("return", id=student)
    roster.ask("sync", school)
    assert roster.ask("run", str(run["run"]))["status"] == "succeeded"
    assert held_ids(roster, run["run"]) == []


def test_a_run_is_taken_back_whole_and_once(
    roster: CommandLine, school: str, clever: Clever
) -> None:
    before = roster.rows("people", school)
    leave(roster, clever, school, 3)
    run = roster.ask("sync", school)
    assert run["counts"]["people"]["archived"] == 3
    back = roster.ask("revert", str(run["run"]))
    assert (back["trigger"], back["status"]) == ("revert", "succeeded")
    assert back["counts"]["people"]["restored"] == 3
    assert roster.rows("people", school) == before
    code, answer = roster.run("revert", str(run["run"]))
    assert (code, answer["error"]) == (2, "not_revertible")


def test_a_reverted_run_may_keep_the_next_one_from_doing_it_again(
    roster: CommandLine, school: str, clever: Clever
) -> None:
    before = roster.rows("people", school)
    leave(roster, clever, school, 3)
    run = roster.ask("sync", school)
    roster.ask("revert", str(run["run"]), "--hold")
    code, again = roster.run("sync", school)
    assert (code, again["counts"]["people"]["held"]) == (3, 3)
    assert roster.rows("people", school) == before
    roster.ask("approve", str(again["run"]))
    assert len(active(roster, school)) == len(before) - 3


def test_one_operation_is_taken_back(roster: CommandLine, school: str, clever: Clever) -> None:
    leave(roster, clever, school, 3)
    run = roster.ask("sync", school)
    one = roster.ask("run", str(run["run"]))["operations"][0]
    back = roster.ask("revert", str(run["run"]), "--only", str(one["id"]))
    assert back["counts"]["people"]["restored"] == 1
    code, _ = roster.run("revert", str(run["run"]), "--only", "999999")
    assert code == 2


def test_an_unknown_run_is_a_usage_error(roster: CommandLine, school: str) -> None:
    for command in ("approve", "reject", "revert"):
        code, answer = roster.run(command, "424242")
        assert (code, answer["error"]) == (2, "unknown")


def test_why_answers_for_somebody_here_missing_and_unknown(
    roster: CommandLine, school: str, clever: Clever
) -> None:
    (gone,) = leave(roster, clever, school, 1)
    roster.ask("sync", school)
    (answer,) = roster.ask("why", school, gone)["answers"]
    assert answer["status"] == "archived"
    assert answer["first_cross"] == "Are they in Clever’s last answer?"
    assert answer["fix"]
    here = active(roster, school)[0]
    (answer,) = roster.ask("why", school, here["email"] or here["source_id"])["answers"]
    assert (answer["status"], answer["first_cross"]) == ("active", None)
    nobody = roster.ask("why", school, "Nobody Atall")
    assert nobody["answers"] == []
    assert "not in anything that Clever sent since" in nobody["message"]


def test_an_unshared_school_keeps_everybody_and_the_run_fails_with_4(
    roster: CommandLine, school: str, clever: Clever
) -> None:
    before = roster.rows("people", school)
    clever.share(schools=[])
    code, run = roster.run("sync", school)
    assert (code, run["status"]) == (4, "failed")
    assert run["message"]
    assert roster.rows("people", school) == before
