"""The commands one by one: what they answer, and how they refuse."""

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskCliRunner

from roster_dash import clock
from roster_dash.app import create_app
from roster_dash.config import load_config
from roster_dash.roster.outcomes import Outcome
from roster_dash.store import accounts, runs, schools, snapshots
from roster_dash.store.export import LIST_COLUMNS, PEOPLE_COLUMNS
from roster_dash.store.transactions import commit
from tests.builders import PASSWORD, Builder, a_section, a_snapshot, a_student, a_teacher
from tests.clever import Clever
from tests.cli.conftest import CommandLine


@pytest.fixture
def school(make: Builder, clever: Clever) -> str:
    district = make.district(clever.district.name, clever.district.id, clever.district.token)
    return make.school(district, clever.schools[0].name, clever.schools[0].id).clever_id


def test_init_can_be_repeated(roster: CommandLine) -> None:
    assert roster.ask("init") == {"database": "head"}
    assert roster.ask("init") == {"database": "head"}


def test_a_district_is_connected_with_a_token_or_without(
    roster: CommandLine, clever: Clever
) -> None:
    about = clever.district
    found = roster.ask("connect-district", "Riverdale", "--clever-id", about.id)
    given = roster.ask(
        "connect-district", "Riverdale", "--clever-id", about.id, "--token-stdin", stdin=about.token
    )
    assert found == given == {"district": 1}


def test_a_wrong_token_connects_nothing(roster: CommandLine, clever: Clever) -> None:
    code, answer = roster.run(
        "connect-district", "R", "--clever-id", "65a0", "--token-stdin", stdin="wrong"
    )
    assert code == 4
    assert set(answer) == {"error", "message"}
    assert "wrong" not in answer["message"]
    code, _ = roster.run("schools", "1")
    assert code == 2


def test_schools_lists_what_is_shared_linked_or_not(
    roster: CommandLine, school: str, clever: Clever
) -> None:
    rows = roster.ask("schools", clever.district.id)
    assert {row["clever_id"]: row["linked"] for row in rows} == {
        clever.schools[0].id: True,
        clever.schools[1].id: False,
    }


def test_a_school_that_is_not_shared_is_not_linked(
    roster: CommandLine, school: str, clever: Clever
) -> None:
    code, answer = roster.run("link-school", clever.district.id, "65a0ffff")
    assert code == 4
    assert "doesn’t share" in answer["message"]
    code, answer = roster.run(
        "link-school", clever.district.id, clever.schools[1].id, "--timezone", "Mars/Olympus"
    )
    assert code == 2
    assert "Mars/Olympus" in answer["message"]


@pytest.mark.parametrize(
    ("words", "allowed"),
    [
        (["--role", "owner", "--school", "1"], True),
        (["--role", "owner"], False),
        (["--role", "district_manager", "--district", "1"], True),
        (["--role", "district_manager"], False),
        (["--role", "specialist"], True),
    ],
)
def test_an_account_needs_its_place(
    words: list[str], allowed: bool, roster: CommandLine, school: str
) -> None:
    command = ("create-user", "someone@x.example", *words, "--password-stdin")
    code, answer = roster.run(*command, stdin=PASSWORD)
    assert code == (0 if allowed else 2), answer
    user = accounts.check_password("someone@x.example", PASSWORD)
    assert (user is not None) == allowed
    commit()


def test_settings_are_shown_and_saved_as_versions_without_a_sync(
    roster: CommandLine, school: str
) -> None:
    assert roster.ask("settings", school)["version"] == 0
    saved = roster.ask("settings", school, "students=on", "class_lists.terms=current,Fall")
    assert saved["version"] == 1
    assert saved["settings"]["students"] == "on"
    assert saved["settings"]["class_lists.terms"] == "current,Fall"
    assert runs.list_runs() == []


def test_settings_with_sync_asks_for_one(roster: CommandLine, school: str) -> None:
    saved = roster.ask("settings", school, "students=on", "--sync")
    assert runs.find_run(saved["run"]).status == "queued"


@pytest.mark.parametrize("words", [["students"], ["pupils=on"], ["students=maybe"]])
def test_settings_that_cannot_be_used_change_nothing(
    words: list[str], roster: CommandLine, school: str
) -> None:
    code, answer = roster.run("settings", school, "teachers=on", *words)
    assert code == 2
    assert words[0].split("=")[0] in answer["message"]
    assert roster.ask("settings", school)["version"] == 0


def test_a_preview_has_a_runs_shape_and_writes_nothing(roster: CommandLine, school: str) -> None:
    seen = roster.ask("preview", school, "students=on")
    run = roster.ask("sync", school)
    assert set(seen) >= set(run)
    assert seen["status"] == "preview"
    assert seen["counts"]["people"]["created"] > 20
    assert run["counts"]["people"]["created"] == 0
    assert roster.ask("settings", school)["version"] == 0


def test_a_preview_uses_the_last_answer_unless_told_to_fetch(
    roster: CommandLine, school: str, clever: Clever
) -> None:
    roster.ask("settings", school, "students=on", "students.archive=on", "grace.students=0")
    roster.ask("sync", school)
    gone = next(row for row in roster.rows("people", school) if row["roles"] == "student")
    clever.act("leave", id=gone["source_id"])
    clever.forget_requests()
    assert roster.ask("preview", school)["counts"]["people"]["archived"] == 0
    assert clever.requested() == []
    assert roster.ask("preview", school, "--fetch")["counts"]["people"]["archived"] == 1
    assert roster.rows("people", school)[0]["status"] == "active"


def test_a_run_as_json_has_every_outcome_and_moment(roster: CommandLine, school: str) -> None:
    run = roster.ask("sync", school)
    assert set(run) == {
        "run",
        "school",
        "status",
        "trigger",
        "message",
        "snapshot",
        "counts",
        "started_at",
        "finished_at",
    }
    assert set(run["counts"]["people"]) == set(Outcome)
    assert set(run["counts"]["lists"]) == {
        "created",
        "updated",
        "archived",
        "restored",
        "unchanged",
        "held",
    }
    assert set(run["counts"]["memberships"]) == {"added", "removed"}
    assert roster.ask("run", str(run["run"])) | run == roster.ask("run", str(run["run"]))
    assert roster.ask("runs", school) == [run]


def test_a_failed_sync_exits_with_4_and_prints_the_run(
    roster: CommandLine, school: str, clever: Clever
) -> None:
    clever.share(schools=[])
    code, run = roster.run("sync", school)
    assert code == 4
    assert run["status"] == "failed"
    assert run["message"]
    assert run["finished_at"]


def test_sync_takes_over_a_run_that_waits_and_needs_no_redis(
    roster: CommandLine, school: str, make: Builder, without_redis: None
) -> None:
    waiting = make.run(schools.find_school(school), "queued")
    assert roster.ask("sync", school)["run"] == waiting.id


def test_sync_refuses_while_another_process_is_at_work(
    roster: CommandLine, school: str, make: Builder
) -> None:
    make.run(schools.find_school(school), "running", started_at=clock.now())
    code, answer = roster.run("sync", school)
    assert code == 4
    assert "at work" in answer["message"]


def test_sync_of_a_district_without_schools_syncs_none(
    roster: CommandLine, school: str, make: Builder
) -> None:
    empty = make.district("Empty")
    assert roster.ask("sync", "--district", str(empty.id)) == []
    assert runs.list_runs() == []


def test_enqueue_leaves_it_to_the_workers(roster: CommandLine, school: str) -> None:
    assert roster.ask("sync", school, "--enqueue")["status"] == "queued"


def test_cancel_ends_a_queued_run_and_refuses_an_ended_one(
    roster: CommandLine, school: str
) -> None:
    number = str(roster.ask("sync", school, "--enqueue")["run"])
    assert roster.ask("cancel", number)["status"] == "cancelled"
    code, answer = roster.run("cancel", number)
    assert code == 2
    assert "over already" in answer["message"]


@pytest.mark.parametrize(
    "words",
    [
        ("sync", "nowhere"),
        ("sync",),
        ("preview", "nowhere"),
        ("settings", "nowhere"),
        ("run", "999"),
        ("cancel", "999"),
        ("runs", "nowhere"),
        ("schools", "nowhere"),
        ("link-school", "nowhere", "x"),
        ("create-user", "not-an-address", "--role", "specialist"),
    ],
)
def test_an_unknown_name_or_wrong_use_exits_with_2(
    words: tuple[str, ...], roster: CommandLine, app: Any
) -> None:
    code, answer = roster.run(*words)
    assert code == 2
    assert set(answer) == {"error", "message"}


def rows(runner: FlaskCliRunner, *words: str) -> list[dict[str, str]]:
    done = runner.invoke(args=["roster", *words, "--format", "csv"])
    assert done.exit_code == 0, done.output
    return list(csv.DictReader(io.StringIO(done.stdout)))


def test_people_and_lists_as_csv_have_their_columns_in_order(
    runner: FlaskCliRunner, make: Builder
) -> None:
    school = make.school()
    ana, bo = a_student("ana", email=" ", last_name='O"Neil, Jr.'), a_teacher("bo")
    section = a_section("bio", students=("ana",), teachers=("bo",))
    make.synced(school, a_snapshot([ana, bo], [section]))
    people, lists = rows(runner, "people", str(school.id)), rows(runner, "lists", str(school.id))
    assert tuple(people[0]) == PEOPLE_COLUMNS
    assert tuple(lists[0]) == LIST_COLUMNS
    assert people[0]["last_name"] == 'O"Neil, Jr.'
    assert (people[0]["roles"], people[0]["included_in_sync"]) == ("student", "true")
    assert (lists[0]["managers"], lists[0]["members"]) == ("bo", "ana")


def test_archived_people_are_shown_only_with_all(runner: FlaskCliRunner, make: Builder) -> None:
    school = make.school()
    ana, zoe = a_student("ana"), a_student("zoe")
    make.synced(school, a_snapshot([ana, zoe]))
    make.synced(school, a_snapshot([ana]), students__archive="on")
    active = rows(runner, "people", str(school.id))
    everybody = rows(runner, "people", str(school.id), "--all")
    assert [row["source_id"] for row in active] == ["ana"]
    assert {row["source_id"]: row["status"] for row in everybody} == {
        "ana": "active",
        "zoe": "archived",
    }


def test_no_token_is_ever_printed_or_kept_in_the_clear(
    runner: FlaskCliRunner, roster: CommandLine, school: str, clever: Clever
) -> None:
    token = clever.district.token
    district = schools.find_district(clever.district.id)
    assert district.token is not None
    assert token.encode() not in district.token
    commit()
    for words in (["schools", clever.district.id], ["sync", school], ["runs", school]):
        done = runner.invoke(args=["roster", *words, "--json"])
        assert token not in done.output
        json.loads(done.stdout)
    assert snapshots.latest_snapshot(schools.find_school(school).id) is not None
    commit()


def test_a_killed_sync_does_not_block_its_school(
    roster: CommandLine, school: str, make: Builder
) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    process = f"{os.uname().nodename}:{gone.pid}"
    killed = make.run(schools.find_school(school), "running", process=process)
    done = roster.ask("sync", school)
    assert (done["run"], done["status"]) == (killed.id, "succeeded")
    killed = make.run(schools.find_school(school), "running", process=process)
    assert roster.ask("cancel", str(killed.id))["status"] == "cancelled"


def test_a_preview_of_an_empty_answer_says_what_the_run_would_say(
    roster: CommandLine, school: str, clever: Clever
) -> None:
    roster.ask("settings", school, "students=on", "students.archive=on")
    roster.ask("sync", school)
    clever.fault("empty", path=f"/schools/{school}/users", times=0)
    seen = roster.ask("preview", school, "--fetch")
    assert "nobody in it" in seen["message"]
    assert seen["counts"]["people"]["archived"] == 0


def test_wrong_use_is_told_as_json_where_that_is_asked_for(roster: CommandLine) -> None:
    for words in (("run", "abc"), ("sync", "--nonsense"), ("create-user", "x@y.example")):
        code, answer = roster.run(*words)
        assert code == 2
        assert answer["error"] == "usage"


def test_an_enormous_number_is_an_unknown_run(roster: CommandLine, app: Any) -> None:
    assert roster.run("run", "9" * 20)[0] == 2


def test_a_database_that_was_never_made_is_told(tmp_path: Path) -> None:
    application = create_app(load_config({}, instance=tmp_path))
    done = application.test_cli_runner().invoke(args=["roster", "schools", "1", "--json"])
    assert done.exit_code == 4
    assert "roster init" in json.loads(done.stdout)["message"]


def test_linking_again_keeps_the_schools_clock(
    roster: CommandLine, school: str, clever: Clever
) -> None:
    roster.ask("link-school", clever.district.id, school)
    assert schools.find_school(school).timezone == "America/Chicago"
    commit()


def test_a_token_of_two_lines_is_refused_and_not_repeated(
    runner: FlaskCliRunner, clever: Clever
) -> None:
    command = ["roster", "connect-district", "R", "--clever-id", clever.district.id]
    done = runner.invoke(args=[*command, "--token-stdin"], input="SECRET\nmore")
    assert done.exit_code == 2
    assert "SECRET" not in done.output


def test_a_lost_phone_is_helped_from_the_command_line(roster: CommandLine, make: Builder) -> None:
    user = make.specialist()
    user.totp_key = b"a key"
    commit()
    assert roster.ask("second-factor-off", user.email)["email"] == user.email
    found = accounts.user_of(user.email)
    assert found is not None
    assert found.totp_key is None
    code, answer = roster.run("second-factor-off", "nobody@x.example")
    assert (code, "nobody@x.example" in answer["message"]) == (2, True)
