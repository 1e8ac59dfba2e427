"""What is deployed: systemd's units and the image start just what the Procfile starts."""

import re
import shutil
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path

import pytest

from tests.processes import PROCFILE, Start, free_port, start_web

ROOT = Path(__file__).resolve().parent.parent
UNITS = ROOT / "deploy" / "systemd"
PLACE = "/opt/roster-dash"
IMAGE = (ROOT / "Containerfile").read_text()
DEFAULTS = dict(re.findall(r"\$\{(\w+):-(\w+)\}", " ".join(PROCFILE.values())))


class Unit(ConfigParser):
    """A unit; of what is said several times, the last word."""

    def __init__(self, name: str) -> None:
        super().__init__(strict=False, interpolation=None)
        self.optionxform = str  # type: ignore[assignment,method-assign]
        self.read_string((UNITS / name).read_text())


@pytest.mark.parametrize(
    ("process", "name"),
    [
        ("web", "roster-dash-web.service"),
        ("worker", "roster-dash-worker@.service"),
        ("scheduler", "roster-dash-scheduler.service"),
    ],
)
def test_a_unit_starts_what_the_procfile_starts(process: str, name: str) -> None:
    service = Unit(name)["Service"]
    command = service["ExecStart"].removeprefix(f"{PLACE}/.venv/bin/")
    assert command == re.sub(r"(\$\{\w+):-\w+\}", r"\1}", PROCFILE[process])
    assert service["WorkingDirectory"] == PLACE
    assert service["KillMode"] == "mixed"  # else the job at work is killed with its worker
    assert service["NoNewPrivileges"] == "yes"
    text = (UNITS / name).read_text()
    for variable in re.findall(r"\$\{(\w+)\}", command):
        assert f"{variable}={DEFAULTS[variable]}" in text
    assert re.search(r"SECRET|_KEY|TOKEN|PASSWORD", text) is None


def test_the_web_opens_no_second_door(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """gunicorn's socket for commands, which it makes in the user's home unless told not to."""
    home = tmp_path / "home"
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(home))
    home.mkdir()
    start_web(start, free_port())
    assert [path for path in home.rglob("*") if path.is_socket()] == []


def test_a_worker_has_time_to_end_what_it_is_sending() -> None:
    from roster_dash import jobs

    service = Unit("roster-dash-worker@.service")["Service"]
    assert int(service["TimeoutStopSec"]) > jobs.MAIL_SECONDS


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd here")
def test_systemd_understands_the_units(tmp_path: Path) -> None:
    programs = str(Path(sys.executable).parent)
    for path in UNITS.iterdir():
        text = path.read_text().replace(f"{PLACE}/.venv/bin", programs)
        (tmp_path / path.name).write_text(text.replace(PLACE, str(ROOT)))
    names = [str(path) for path in tmp_path.iterdir() if "@" not in path.name]
    names.append(str(tmp_path / "roster-dash-worker@1.service"))
    done = subprocess.run(["systemd-analyze", "verify", *names], capture_output=True, text=True)
    assert [line for line in done.stderr.splitlines() if "roster-dash" in line] == []
    assert done.returncode == 0


def instructions(word: str) -> list[str]:
    whole = IMAGE.replace("\\\n", " ")
    return [line.split(None, 1)[1] for line in whole.splitlines() if line.startswith(f"{word} ")]


def test_the_image_has_what_is_pinned_and_nothing_that_is_secret() -> None:
    assert re.fullmatch(r"python:3\.1[1-9]-slim", instructions("FROM")[0])
    assert any("pip install" in run and "-r requirements.txt" in run for run in instructions("RUN"))
    copied = [source for copy in instructions("COPY") for source in copy.split()[:-1]]
    assert all((ROOT / source).exists() for source in copied)
    kept = set((ROOT / ".containerignore").read_text().split("\n"))
    assert {f"!{source}" for source in copied} <= kept
    assert "*" in kept
    said = " ".join(instructions("ENV") + instructions("ARG"))
    assert re.search(r"SECRET|_KEY|TOKEN|PASSWORD|_URL", said) is None


def test_the_image_is_run_by_nobody_special() -> None:
    [user] = instructions("USER")
    assert user.isdecimal()
    assert user != "0"
    assert IMAGE.index("\nUSER ") < IMAGE.index("\nENTRYPOINT ")


@pytest.mark.parametrize("process", PROCFILE)
def test_the_image_starts_what_the_procfile_starts(process: str, tmp_path: Path) -> None:
    """The image's entry, with programs that only say how they were called."""
    assert instructions("ENTRYPOINT") == ['["start"]']
    assert instructions("CMD")[-1] == '["web"]'
    for name in ("gunicorn", "python", "flask"):
        (tmp_path / name).write_text(f'#!/bin/sh\nprintf "%s|" {name} "$@"\n')
        (tmp_path / name).chmod(0o755)
    done = subprocess.run(
        [ROOT / "deploy" / "start", process],
        cwd=ROOT,
        env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    command = re.sub(r"\$\{\w+:-(\w+)\}", r"\1", PROCFILE[process]).replace("''", "")
    assert done.stdout.rstrip("|").split("|") == command.split(" ")


def test_the_image_runs_any_other_command_as_it_is() -> None:
    done = subprocess.run(
        [ROOT / "deploy" / "start", "echo", "a b"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.stdout == "a b\n"
