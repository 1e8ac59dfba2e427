"""make bench: taking a run back beside the run itself, and how long "why?" takes.

Each round is a fresh SQLite database with a school of 3,000 people on 120 lists. A run is timed
without Clever: planning, writing, log and snapshot; so taking it back has no network to hide in.
"Why?" is asked after 100 runs: about somebody here, somebody missing, somebody never received.
"""

import statistics
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from uuid import uuid4

from flask_migrate import upgrade

from roster_dash.app import create_app
from roster_dash.cli.paths import MIGRATIONS
from roster_dash.config import load_config
from roster_dash.extensions import db
from roster_dash.revert import revert
from roster_dash.roster.records import Person, Section, SharedSchool, Snapshot, Term
from roster_dash.roster.roles import Role
from roster_dash.roster.settings import SyncSettings
from roster_dash.store import runs, schools
from roster_dash.store import settings as settings_store
from roster_dash.store.tables import School
from roster_dash.store.transactions import commit, rollback
from roster_dash.sync import apply_answer
from roster_dash.why import why

ROUNDS = 5
PEOPLE = 3000
RUNS = 100
QUESTIONS = 5
SETTINGS = SyncSettings().changed(
    {
        "students": "on",
        "students.auto_update": "on",
        "students.archive": "on",
        "class_lists": "on",
        "class_lists.terms": "all",
        "class_lists.grades": "all",
    }
)


def student(number: int, grade: str = "9") -> Person:
    return Person(
        f"student-{number:05}",
        (Role.STUDENT,),
        sis_id=f"sis{number}",
        first_name=f"First{number % 97}",
        last_name=f"Last{number}",
        email=f"student{number}@school.example",
        grade=grade,
        student_number=f"n{number}",
    )


def roster(grade: str = "9", changed: int = PEOPLE, people: int = PEOPLE) -> Snapshot:
    """Everybody in six of 120 classes; the first `changed` ones have the grade."""
    students = tuple(student(n, grade if n < changed else "9") for n in range(people))
    sections = tuple(
        Section(
            f"section-{number}",
            name=f"Class {number}",
            term_id="t",
            grade="9",
            students=tuple(row.source_id for row in students[number % 20 :: 20]),
        )
        for number in range(120)
    )
    return Snapshot("Lincoln High", students, sections, (Term("t", "Fall"),))


def timed(step: Callable[[], object]) -> float:
    started = time.perf_counter()
    step()
    return time.perf_counter() - started


class Told:
    """An answer that was read already, and is never taken for the same as another."""

    about: Mapping[str, str] = {}

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self.digest = uuid4().hex

    def snapshot(self) -> Snapshot:
        return self._snapshot

    def dump(self) -> bytes:
        raise NotImplementedError


def follow(school_id: int, snapshot: Snapshot) -> int:
    """A run that has read a snapshot already."""
    run = runs.request_run(school_id, runs.Trigger.MANUAL)
    commit()
    token = runs.claim_run(run.id)
    commit()
    assert token is not None
    return apply_answer(run.id, token, Told(snapshot), SETTINGS).run.id


def timed_with_revert(school_id: int, snapshot: Snapshot) -> tuple[float, float]:
    """(seconds of a run, seconds of taking it back)."""
    started = time.perf_counter()
    run_id = follow(school_id, snapshot)
    ran = time.perf_counter() - started
    rollback()
    return ran, timed(lambda: revert(run_id, user_id=None, hold=True))


def ask(school_id: int, text: str) -> float:
    rollback()
    db.session.expunge_all()
    school = schools.find_school(str(school_id))
    return statistics.median(timed(lambda: why(school, text)) for _ in range(QUESTIONS))


def a_school() -> School:
    district = schools.save_district("Riverdale", "district", None)
    school = schools.link_school(district, SharedSchool("school", "Lincoln High"), "UTC")
    settings_store.save_settings(school, SETTINGS, None)
    commit()
    return school


def measure() -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(load_config({}, instance=Path(folder)))
        with app.app_context():
            upgrade(directory=MIGRATIONS)
            school_id = a_school().id
            follow(school_id, roster())
            times = dict(
                zip(
                    ("3,000 grades change", "taking that back"),
                    timed_with_revert(school_id, roster("10")),
                    strict=True,
                )
            )
            for number in range(RUNS - 3):
                follow(school_id, roster("10", changed=number % 20, people=PEOPLE - 5))
            times["why? of somebody here"] = ask(school_id, "Last1500")
            times["why? of somebody missing"] = ask(school_id, f"student-{PEOPLE - 1:05}")
            times["why? of somebody never received"] = ask(school_id, "Nobody Atall")
            db.session.remove()
            db.engine.dispose()
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(load_config({}, instance=Path(folder)))
        with app.app_context():
            upgrade(directory=MIGRATIONS)
            first, back = timed_with_revert(a_school().id, roster())
            times |= {"3,000 people and 120 lists join": first, "taking that back, too": back}
            db.session.remove()
            db.engine.dispose()
    return times


def main() -> None:
    rounds = [measure() for _ in range(ROUNDS)]
    print(f"\n{PEOPLE:,} people, {RUNS} runs, SQLite, medians of {ROUNDS}")  # noqa: T201
    medians = {name: statistics.median(times[name] for times in rounds) for name in rounds[0]}
    for name, median in medians.items():
        print(f"  {name:34}{median * 1000:8.0f} ms")  # noqa: T201
    for run, back in (
        ("3,000 grades change", "taking that back"),
        ("3,000 people and 120 lists join", "taking that back, too"),
    ):
        ratio = medians[back] / medians[run]
        print(f"  taking back / {run:20}{ratio:8.2f} ×")  # noqa: T201


if __name__ == "__main__":
    main()
