"""What this product does of the same work: matching, guards, log, snapshot and report included.

python -m benchmarks.throughput.ours prepare|sync: the environment names Clever and the database, as
for every command. `sync` is `roster sync --district`; prints {"seconds", "queries", "statuses"}.
"""

import json
import sys
from collections import Counter

from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import event

from benchmarks import sync
from benchmarks.throughput.district import DISTRICT, TOKEN
from benchmarks.throughput.floor import timed
from roster_dash.app import create_app
from roster_dash.cli.paths import MIGRATIONS
from roster_dash.config import load_config
from roster_dash.connection import open_source
from roster_dash.extensions import db
from roster_dash.store import schools
from roster_dash.store import settings as settings_store
from roster_dash.store.secrets import Vault
from roster_dash.store.transactions import commit

SETTINGS = sync.SETTINGS.changed({"teachers.auto_update": "on", "teachers.archive": "on"})


def prepare(keys: tuple[str, ...]) -> None:
    """Every school linked, all of it on."""
    upgrade(directory=MIGRATIONS)
    district = schools.save_district("Large USD", DISTRICT, Vault(keys).lock(TOKEN))
    commit()
    for shared in open_source(district).schools():
        school = schools.link_school(district, shared, "UTC")
        settings_store.save_settings(school, SETTINGS, None)
    commit()


def sync_all(app: Flask) -> dict[str, object]:
    queries = 0

    def note(*_told: object) -> None:
        nonlocal queries
        queries += 1

    event.listen(db.engine, "before_cursor_execute", note)
    command = ["roster", "sync", "--district", DISTRICT, "--json"]
    documents = json.loads(app.test_cli_runner().invoke(args=command).stdout)
    statuses = Counter(str(document.get("status", document.get("error"))) for document in documents)
    return {"queries": queries, "statuses": dict(statuses)}


def main() -> None:
    config = load_config()
    app = create_app(config)
    with app.app_context():
        if sys.argv[1] == "prepare":
            prepare(config.credentials_keys)
        else:
            with timed() as said:
                said |= sync_all(app)


if __name__ == "__main__":
    main()
