"""make bench: how long large zips of OneRoster files take, and how much memory.

python -m benchmarks.files [MEGABYTES]

`roster import --accept` as anybody calls it, then the first sync of one school, each in a process
of its own whose peak is measured. MEGABYTES are those of the files unpacked.
"""

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.exports import write_export

ROOT = Path(__file__).resolve().parent.parent
_MEGABYTES = 100
_ROSTER = (sys.executable, "-m", "flask", "--app", "wsgi", "roster")


@dataclass(frozen=True, slots=True)
class Done:
    seconds: float
    peak_mib: float
    answer: Any


class Installation:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._environment = os.environ | {"INSTANCE_PATH": str(folder)}
        self._environment.pop("DATABASE_URL", None)

    def roster(self, *words: str) -> Done:
        """One command. Errors: SystemExit if it fails."""
        output, begun = self._folder / "output", time.monotonic()
        log = self._folder / "log"
        with output.open("wb") as file, log.open("wb") as said:
            command = (*_ROSTER, *words, "--json")
            process = subprocess.Popen(  # noqa: S603 - our own command
                command, cwd=ROOT, env=self._environment, stdout=file, stderr=said
            )
            _pid, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"roster {words[0]} failed: {log.read_text()[-2000:]}")
        peak = usage.ru_maxrss / (1024**2 if sys.platform == "darwin" else 1024)
        return Done(time.monotonic() - begun, peak, json.loads(output.read_text()))


def measure(megabytes: int, version: str) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "export.zip"
        schools = write_export(path, megabytes, version)
        there = Installation(folder)
        there.roster("init")
        district = str(there.roster("connect-files", "Wide Plains").answer["district"])
        imported = there.roster("import", district, str(path), "--accept")
        assert len(imported.answer["schools"]) == schools
        first = imported.answer["schools"][0]["clever_id"]
        school = str(there.roster("link-school", district, first).answer["school"])
        there.roster("settings", school, "students=on", "teachers=on", "class_lists=on")
        synced = there.roster("sync", school)
        size = path.stat().st_size / 1_000_000
        print(  # noqa: T201
            f"OneRoster {version}, {megabytes:,} MB in a zip of {size:,.0f} MB, {schools} schools: "
            f"import {imported.seconds:.0f} s, peak {imported.peak_mib:.0f} MiB; "
            f"sync of one school {synced.seconds:.1f} s, peak {synced.peak_mib:.0f} MiB",
            flush=True,
        )


def main() -> None:
    megabytes = int(sys.argv[1]) if len(sys.argv) > 1 else _MEGABYTES
    for version in ("1.1", "1.2"):
        measure(megabytes, version)


if __name__ == "__main__":
    main()
