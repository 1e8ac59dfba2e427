"""What a worker has done once, before a job has a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
BEFORE_THE_FIRST_JOB = """
import gc
import worker
from roster_dash.extensions import db

def work():
    mappers = list(db.Model.registry.mappers)
    print(len(mappers) > 20, all(each.configured for each in mappers), gc.get_freeze_count() > 0)
    return True

worker._work = work
worker.main()
"""


def test_what_every_job_needs_is_there_before_the_first_one(environment: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", BEFORE_THE_FIRST_JOB],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["True", "True", "True"]
