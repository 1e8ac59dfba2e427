"""What processes write about themselves: lines with the run's number and nobody's data."""

import json
import logging
from collections.abc import Iterator

import pytest

from roster_dash import logs, sync
from roster_dash.store import runs
from roster_dash.store.transactions import commit
from tests.builders import Builder
from tests.clever import Clever

NAME = "Ana Student"


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def fail() -> None:
    raise KeyError(NAME)


def written(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().err.splitlines()


def test_a_line_says_when_what_and_about_which_run(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up("text")
    with logs.about(run=12):
        logging.getLogger("roster_dash.sync").info("it %s", "succeeded")
    logging.getLogger("roster_dash.sync").info("another")
    first, second = written(capsys)
    assert first.endswith("INFO roster_dash.sync run=12: it succeeded")
    assert second.endswith("INFO roster_dash.sync: another")


def test_lines_for_machines_are_one_object_each(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up("json")
    with logs.about(run=12), logs.about(school=3):
        logging.getLogger("rq.worker").warning("two\nlines")
    (line,) = written(capsys)
    told = json.loads(line)
    assert told.pop("at").endswith("Z")
    assert told.pop("process") > 0
    assert told == {
        "level": "warning",
        "logger": "rq.worker",
        "run": 12,
        "school": 3,
        "message": "two\nlines",
    }


@pytest.mark.parametrize("form", ["text", "json"])
def test_of_an_exception_only_kind_and_place_are_written(
    form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.set_up(form)
    try:
        fail()
    except KeyError:
        logging.getLogger("roster_dash").exception("it failed")
    (line,) = written(capsys)
    assert "KeyError in test_logs.py:" in line
    assert NAME not in line


def test_the_lines_of_a_run_have_its_number_and_no_names(
    make: Builder, clever: Clever, capsys: pytest.CaptureFixture[str]
) -> None:
    district = make.district(clever.district.name, clever.district.id, clever.district.token)
    school = make.school(district, clever.schools[0].name, clever.schools[0].id)
    make.settings(school, students="on")
    run_id = runs.request_run(school.id, runs.Trigger.MANUAL).id
    commit()
    logs.set_up("json")
    sync.sync_run(run_id)
    lines = [json.loads(line) for line in written(capsys)]
    assert {line["run"] for line in lines if line["logger"].startswith("roster_dash")} == {run_id}
    emails = [user["email"] for user in clever.raw()["users"] if user.get("email")]
    assert not any(email in json.dumps(lines) for email in emails)
