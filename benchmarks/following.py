"""python -m benchmarks.following: from a look at Clever's events to what changed being here.

A school of 3,000 of which so many students changed since the last look; the look, and the run that
it asks for. Medians of five, each with other students.
"""

import copy
import statistics
import sys
import tempfile
from pathlib import Path

from flask_migrate import upgrade

from benchmarks.sync import linked, sync, timed
from roster_dash import following
from roster_dash.app import create_app
from roster_dash.cli.paths import MIGRATIONS
from roster_dash.config import load_config
from roster_dash.extensions import db
from roster_dash.sandbox.server import running
from roster_dash.sandbox.timemachine import students
from roster_dash.sandbox.world import World
from roster_dash.store import runs
from roster_dash.sync import sync_run

PEOPLE, ROUNDS = 3000, 5


def change(world: World, number: int, turn: int) -> None:
    for key in students(world)[turn::ROUNDS][:number]:
        record = copy.deepcopy(world.objects["users"][key])
        record["name"]["middle"] = f"Turn {turn}"
        world.put("users", record)


def follow(district_id: int, expected: int) -> None:
    (run_id,) = following.look(district_id)
    sync_run(run_id)
    run = runs.find_run(run_id)
    if run.status != "succeeded" or run.size != expected:
        raise SystemExit(f"the run ended {run.status} with {run.size} changes: {run.message}")


def main() -> None:
    number = int(sys.argv[1]) if sys.argv[1:] else 500
    with tempfile.TemporaryDirectory() as folder, running(schools=1, size=PEOPLE) as server:
        url = {"CLEVER_API_URL": server.url, "CLEVER_AUTH_URL": server.url}
        config = load_config(url, instance=Path(folder))
        with create_app(config).app_context():
            upgrade(directory=MIGRATIONS)
            school = linked(server, config.credentials_keys)
            district_id, world = school.district_id, server.sandbox.world()
            sync(school.id)
            following.look(district_id)
            idle = statistics.median(timed(lambda: following.look(district_id)) for _ in range(5))
            rounds = []
            for turn in range(ROUNDS):
                change(world, number, turn)
                rounds.append(timed(lambda: follow(district_id, number)))
            db.session.remove()
            db.engine.dispose()
    seconds = statistics.median(rounds)
    print(f"A look without news: {idle:.2f} s and one request")  # noqa: T201
    print(f"{number} changed students of {PEOPLE:,}, looked at and synced: {seconds:.2f} s")  # noqa: T201


if __name__ == "__main__":
    main()
