"""make bench: the district's pages with 1,500 schools and 200,000 runs.

The rows are written straight into the tables; every page is then asked for through the whole
application, as a District Manager, and its queries are counted.
"""

import os
import statistics
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient
from flask_migrate import upgrade
from sqlalchemy import event, insert, text

from benchmarks.installation import scratch_database
from roster_dash.app import create_app
from roster_dash.cli.paths import MIGRATIONS
from roster_dash.config import load_config
from roster_dash.extensions import db
from roster_dash.store import accounts, schools
from roster_dash.store.accounts import AccountRole
from roster_dash.store.tables import Run, School, SchoolDay

SCHOOLS = 1500
RUNS = 200_000
ASKED = 60
LIMIT = 0.300
PASSWORD = "correct horse battery staple"  # noqa: S105
STATES = ("succeeded",) * 7 + ("failed", "held", "succeeded")


def fill() -> int:
    """A district with its schools and runs; its id."""
    district = schools.save_district("Large USD", "district-large", b"")
    accounts.create_user(
        "m@district.example", PASSWORD, AccountRole.DISTRICT_MANAGER, district=district
    )
    now = datetime.now(UTC)
    db.session.execute(insert(School), [_school(n, district.id, now) for n in range(SCHOOLS)])
    ids = list(db.session.scalars(db.select(School.id).order_by(School.id)))
    for start in range(0, RUNS, 10_000):
        rows = [_run(ids[n % SCHOOLS], n, now) for n in range(start, start + 10_000)]
        db.session.execute(insert(Run), rows)
    for school_id in ids:
        db.session.execute(insert(SchoolDay), [_day(school_id, back, now) for back in range(60)])
    db.session.commit()
    if db.engine.dialect.name == "postgresql":
        db.session.execute(text("ANALYZE"))
        db.session.commit()
    return district.id


def _school(number: int, district_id: int, now: datetime) -> dict[str, object]:
    glance = {
        "people": {"student": 400 + number % 97, "teacher": 30, "staff": 9},
        "held": 12 if number % 41 == 0 else 0,
        "run": number + 1,
        "status": "failed" if number % 53 == 0 else "succeeded",
        "fails": 2 if number % 53 == 0 else 0,
        "good": (now - timedelta(hours=number % 40)).isoformat(),
        "trend": [400 + (number * day) % 23 for day in range(14)],
    }
    return {
        "district_id": district_id,
        "clever_id": f"school-{number}",
        "name": f"School {number:04}",
        "timezone": "America/Chicago",
        "created_at": now,
        "next_due_at": now + timedelta(hours=8),
        "glance": glance,
    }


def _day(school_id: int, back: int, now: datetime) -> dict[str, object]:
    state = STATES[(school_id + back) % len(STATES)]
    day = now.date() - timedelta(days=back)
    return {"school_id": school_id, "day": day, "state": state, "runs": 2, "size": 12}


def _run(school_id: int, number: int, now: datetime) -> dict[str, object]:
    at = now - timedelta(minutes=RUNS - number)
    status = STATES[number % len(STATES)]
    return {
        "school_id": school_id,
        "trigger": "schedule",
        "status": status,
        "created_at": at,
        "started_at": at,
        "finished_at": at + timedelta(seconds=9),
        "token": "",
        "message": "3 created, 2 updated",
        "size": number % 1013,
    }


def pages(district: int) -> dict[str, str]:
    here = f"/districts/{district}"
    return {
        "schools": here,
        "schools, searched and sorted": f"{here}?q=School+01&sort=people",
        "schools, last page": f"{here}?page=30",
        "history": f"{here}/history",
        "history, one school": f"{here}/history?school=700",
        "history, failed": f"{here}/history?status=failed",
        "history, large": f"{here}/history?size=1000",
        "history, days": f"{here}/history?since=2026-09-01&until=2026-10-01",
        "history, nothing fits": f"{here}/history?trigger=revert",
        "history, far back": f"{here}/history?before=900",
    }


def ask(app: Flask, client: FlaskClient, path: str) -> tuple[float, int]:
    """(seconds, queries) of one page."""
    queries = 0

    def note(*_told: object) -> None:
        nonlocal queries
        queries += 1

    with app.app_context():
        event.listen(db.engine, "before_cursor_execute", note)
    started = time.perf_counter()
    with app.app_context():
        answer = client.get(path, buffered=True)
    took = time.perf_counter() - started
    with app.app_context():
        event.remove(db.engine, "before_cursor_execute", note)
    assert answer.status_code == 200, f"{path} answers {answer.status_code}"
    return took, queries


def measure(name: str, environ: dict[str, str]) -> bool:
    """Prints a table; whether every page keeps the limit."""
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(load_config(environ, instance=Path(folder)))
        with app.app_context():
            upgrade(directory=MIGRATIONS)
            district = fill()
            db.session.remove()
        app.config["WTF_CSRF_ENABLED"] = False
        client = app.test_client()
        form = {"email": "m@district.example", "password": PASSWORD}
        with app.app_context():
            client.post("/login", data=form)
        print(f"\n{name}: {SCHOOLS:,} schools, {RUNS:,} runs")  # noqa: T201
        print(f"{'page':32} {'median':>9} {'p95':>9} {'queries':>8}")  # noqa: T201
        good = True
        for label, path in pages(district).items():
            ask(app, client, path)
            asked = [ask(app, client, path) for _ in range(ASKED)]
            times = sorted(took for took, _ in asked)
            p95 = times[int(len(times) * 0.95) - 1]
            queries = sorted({number for _, number in asked})
            good = good and p95 < LIMIT
            shown = "–".join(map(str, queries))
            median = statistics.median(times)
            print(f"{label:32} {median * 1000:6.0f} ms {p95 * 1000:6.0f} ms {shown:>8}")  # noqa: T201
        with app.app_context():
            db.engine.dispose()
        return good


def main() -> None:
    """SQLite, and a scratch database on the PostgreSQL server of BENCH_DATABASE_URL."""
    good = measure("SQLite", {})
    if url := os.environ.get("BENCH_DATABASE_URL"):
        with scratch_database(url) as database:
            good = measure("PostgreSQL", {"DATABASE_URL": database}) and good
    verdict = "every page" if good else "NOT every page"
    print(f"\n{verdict} under {LIMIT * 1000:.0f} ms (p95)")  # noqa: T201


if __name__ == "__main__":
    main()
