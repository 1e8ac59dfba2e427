"""make bench: how long a school's sync takes, and what of it is not ours.

Each round is a fresh database and the same sandbox school: (a) reading everything and parsing it,
(b) the first sync, (c) a sync with nothing changed, (d) the form's preview, (e) a day later.
Prints medians and their ratio to (a), which is what network and JSON cost anyway.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from flask_migrate import upgrade

from roster_dash.app import create_app
from roster_dash.cli.paths import MIGRATIONS
from roster_dash.config import load_config
from roster_dash.connection import open_source
from roster_dash.extensions import db
from roster_dash.roster.settings import SyncSettings
from roster_dash.sandbox.server import Server, running
from roster_dash.sandbox.timemachine import advance
from roster_dash.store import rosters, runs, schools
from roster_dash.store import settings as settings_store
from roster_dash.store.secrets import Vault
from roster_dash.store.tables import School
from roster_dash.store.transactions import commit
from roster_dash.sync import sync_run
from roster_dash.web.rostering.foresight import foresee

ROUNDS = 5
PREVIEWS = 20
EVERYTHING = {
    **dict.fromkeys(("students", "teachers", "staff", "admins"), "on"),
    "students.auto_update": "on",
    "students.archive": "on",
    "contacts": "primary",
    "class_lists": "on",
    "class_lists.terms": "all",
    "class_lists.grades": "all",
}
SETTINGS = SyncSettings().changed(EVERYTHING)


def timed(step: Callable[[], object]) -> float:
    started = time.perf_counter()
    step()
    return time.perf_counter() - started


def sync(school_id: int) -> None:
    run = runs.request_run(school_id, runs.Trigger.MANUAL)
    commit()
    sync_run(run.id)
    ended = runs.find_run(run.id)
    if ended.status != "succeeded":
        raise SystemExit(f"the run ended {ended.status}: {ended.message}")


def preview(school_id: int, settings: SyncSettings) -> None:
    """What the Rostering page does at every change of a switch."""
    foresee(schools.find_school(str(school_id)), settings)
    commit()


def read_all(school: School) -> None:
    source = open_source(school.district)
    commit()
    part = source.fetch_district_part(lambda what, pages, records: None)
    source.fetch_school(school.clever_id, part, lambda what, pages, records: None)


def linked(server: Server, keys: tuple[str, ...]) -> School:
    world = server.sandbox.world()
    token = Vault(keys).lock(world.token)
    district = schools.save_district(str(world.about["name"]), world.id, token)
    source = open_source(district)
    school = schools.link_school(district, source.schools()[0], "UTC")
    settings_store.save_settings(school, SETTINGS, None)
    commit()
    return school


def measure(size: int) -> tuple[dict[str, float], int]:
    with tempfile.TemporaryDirectory() as folder, running(schools=1, size=size) as server:
        url = {"CLEVER_API_URL": server.url, "CLEVER_AUTH_URL": server.url}
        config = load_config(url, instance=Path(folder))
        app = create_app(config)
        with app.app_context():
            upgrade(directory=MIGRATIONS)
            school = linked(server, config.credentials_keys)
            school_id = school.id
            times = {
                "read and parse": timed(lambda: read_all(school)),
                "first sync": timed(lambda: sync(school_id)),
                "nothing changed": timed(lambda: sync(school_id)),
            }
            settings = settings_store.load_settings(school_id)
            previews = [timed(lambda: preview(school_id, settings)) for _ in range(PREVIEWS)]
            times["preview"] = statistics.median(previews)
            times["preview, p95"] = sorted(previews)[int(PREVIEWS * 0.95) - 1]
            advance(server.sandbox.world(), 1)
            times["a day later"] = timed(lambda: sync(school_id))
            people = len(rosters.load_kept(school_id).people)
            db.session.remove()
            db.engine.dispose()
    return times, people


def main() -> None:
    for size in map(int, sys.argv[1:] or ("300", "3000")):
        rounds = [measure(size) for _ in range(ROUNDS)]
        floor = statistics.median(times["read and parse"] for times, _ in rounds)
        print(f"\n{rounds[0][1]:,} people of one school, SQLite, medians of {ROUNDS}")  # noqa: T201
        for name in rounds[0][0]:
            median = statistics.median(times[name] for times, _ in rounds)
            print(f"  {name:18}{median:8.2f} s   {median / floor:5.2f} ×")  # noqa: T201


if __name__ == "__main__":
    main()
