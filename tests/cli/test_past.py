"""`--as-of` and `difference`: the past from the command line."""

import csv
import io
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from flask.testing import FlaskCliRunner

from roster_dash.roster.records import Term
from roster_dash.store.export import LIST_COLUMNS, PEOPLE_COLUMNS
from roster_dash.store.tables import School
from roster_dash.store.transactions import commit
from tests.builders import Builder, a_section, a_snapshot, a_student, a_teacher
from tests.cli.conftest import CommandLine

MONDAY = datetime(2026, 8, 31, 23, 30, tzinfo=UTC)
TUESDAY = datetime(2026, 9, 2, 3, 30, tzinfo=UTC)
"""Late on Tuesday evening in Chicago; in UTC it is Wednesday."""
TERMS = [Term("term-1", "Fall")]


@pytest.fixture
def school(make: Builder) -> School:
    """Ana, Ben and Bo on Monday; on Tuesday Ben is gone from Biology and Ana is in grade 10."""
    school = make.school()
    ana, bo = a_student("ana", last_name="Ruiz", grade="9"), a_teacher("bo", last_name="Lind")
    ben = a_student("ben", last_name="Kim")
    bio = a_section("bio", name="Biology", students=("ana", "ben"), teachers=("bo",))
    make.synced(school, a_snapshot([ana, ben, bo], [bio], TERMS), MONDAY)
    later = a_student("ana", last_name="Ruiz", grade="10", email=ana.email, sis_id=ana.sis_id)
    alone = a_section("bio", name="Biology", students=("ana",), teachers=("bo",))
    make.synced(school, a_snapshot([later, ben, bo], [alone], TERMS), TUESDAY)
    commit()
    return school


def rows(runner: FlaskCliRunner, what: str, school: School, *words: str) -> list[dict[str, Any]]:
    done = runner.invoke(args=["roster", what, str(school.id), "--format", "json", *words])
    assert done.exit_code == 0, done.output
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def test_people_as_of_a_day_are_those_at_its_end(runner: FlaskCliRunner, school: School) -> None:
    def grades(*words: str) -> list[str]:
        return [row["grade"] for row in rows(runner, "people", school, *words)]

    assert grades("--as-of", "2026-08-30") == []
    assert grades("--as-of", "2026-08-31") == ["9", "9", ""]
    assert grades("--as-of", "2026-09-01") == ["10", "9", ""]
    assert grades("--as-of", "2026-09-01T22:00") == ["9", "9", ""]
    assert grades("--as-of", TUESDAY.isoformat()) == ["10", "9", ""]
    assert grades("--as-of", "2999-01-01") == grades()


def test_lists_as_of_a_day_have_the_people_of_that_day(
    runner: FlaskCliRunner, school: School
) -> None:
    (monday,) = rows(runner, "lists", school, "--as-of", "2026-08-31")
    (now,) = rows(runner, "lists", school)
    assert (monday["members"], now["members"]) == ("ana;ben", "ana")
    assert rows(runner, "lists", school, "--as-of", "2026-08-30", "--all") == []


def test_the_past_has_the_same_columns(runner: FlaskCliRunner, school: School) -> None:
    for what, columns in (("people", PEOPLE_COLUMNS), ("lists", LIST_COLUMNS)):
        done = runner.invoke(args=["roster", what, str(school.id), "--as-of", "2026-08-31"])
        assert tuple(next(csv.reader(io.StringIO(done.stdout)))) == columns
        assert all(tuple(row) == columns for row in rows(runner, what, school))


def test_a_difference_as_json(roster: CommandLine, school: School) -> None:
    found = roster.ask("difference", str(school.id), "2026-08-31", "2026-09-01")
    assert found["summary"] == "1 changed, 1 list changed"
    assert found["from"] == "2026-09-01T04:59:59.999999+00:00"
    assert found["people"]["joined"] == found["people"]["left"] == []
    (ana,) = found["people"]["changed"]
    assert (ana["source_id"], ana["name"]) == ("ana", "Ana Ruiz")
    assert {"column": "grade", "before": "9", "after": "10"} in ana["changes"]
    (biology,) = found["lists"]["changed"]
    assert (biology["source_id"], biology["title"]) == ("bio", "Biology")
    assert [person["source_id"] for person in biology["removed"]["members"]] == ["ben"]
    assert biology["added"] == {"managers": [], "members": []}


def test_a_difference_in_words(runner: FlaskCliRunner, school: School) -> None:
    done = runner.invoke(args=["roster", "difference", str(school.id), "2026-08-30", "2026-08-31"])
    lines = done.stdout.splitlines()
    assert lines[0] == "3 joined, 1 list made."
    assert "Joined: Ana Ruiz" in lines
    assert "List made: Biology: managers added Bo Lind; members added Ana Kim, Ana Ruiz" in lines
    later = runner.invoke(args=["roster", "difference", str(school.id), "2026-08-31", "2026-09-01"])
    assert "grade 9 → 10" in later.stdout
    assert "List changed: Biology: members removed Ana Kim" in later.stdout
    same = runner.invoke(args=["roster", "difference", str(school.id), "2026-09-01", "2026-09-01"])
    assert same.stdout == "Nothing differs.\n"


def test_what_is_no_day_is_refused_in_words(roster: CommandLine, school: School) -> None:
    number = str(school.id)
    for words in (
        ("people", number, "--as-of", "yesterday"),
        ("lists", number, "--as-of", ""),
        ("difference", number, "2026-08-31", "soon"),
    ):
        code, answer = roster.run(*words)
        assert (code, answer["error"]) == (2, "bad_input")
        assert "Say a day like 2026-08-31" in answer["message"]
    code, answer = roster.run("difference", number, "2026-09-01", "2026-08-31")
    assert code == 2
    assert "name the earlier one first" in answer["message"]
    assert roster.run("difference", "nowhere", "2026-09-01", "2026-08-31")[0] == 2
