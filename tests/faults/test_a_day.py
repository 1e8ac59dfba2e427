"""A day of many schools in minutes, with everything that can go wrong: nothing is lost or wrong.

One clock is read by the scheduler, the workers and the sandbox Clever, whose districts live on
hour by hour. SOAK_SCHOOLS, SOAK_MINUTES and SOAK_HARMS say how much; `make soak` is the long one.
"""

import os
import random
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from roster_dash import clock, sync
from roster_dash.extensions import db
from roster_dash.roster.settings import SyncSettings
from roster_dash.sandbox.server import running
from roster_dash.store import export, mails, runs, schools
from roster_dash.store import settings as settings_store
from roster_dash.store.tables import District, MailRow, Run, School
from roster_dash.store.transactions import commit, rollback
from tests import expected
from tests.builders import Builder
from tests.clever import Clever
from tests.cli.test_equals_clever import BASE, NO_LIMITS, both
from tests.faults.conftest import Cluster, MortalRedis
from tests.faults.harms import Harms, memory_of, own_memory_of
from tests.faults.outcome import assert_nothing_twice
from tests.processes import Start, wait_until

pytestmark = pytest.mark.soak

SCHOOLS = int(os.environ.get("SOAK_SCHOOLS", "16"))
MINUTES = float(os.environ.get("SOAK_MINUTES", "0.7"))
HARMS = int(os.environ.get("SOAK_HARMS", "24"))
DISTRICTS = max(2, SCHOOLS // 30)
SIZE = 40
WORKERS = 4
DAY = timedelta(days=1)
MIDNIGHT = datetime(2026, 3, 3, tzinfo=UTC)
SPEED = DAY / timedelta(minutes=MINUTES)
SETTINGS = BASE | NO_LIMITS | both("auto_update", "on") | both("archive", "on")
MOST_MEBIBYTES = 200
MOST_GROWTH_MEBIBYTES = 16
Rows = list[dict[str, Any]]


@pytest.fixture
def clever() -> Iterator[Clever]:
    """Some districts, as they are the day before."""
    made = {"schools": SCHOOLS // DISTRICTS, "districts": DISTRICTS, "size": SIZE}
    with running(today=(MIDNIGHT - DAY).date(), **made) as server:
        server.sandbox.inbox.kept = 100_000
        yield Clever(server)


@pytest.fixture(autouse=True)
def _machine_time_again() -> Iterator[None]:
    yield
    clock.use(clock.MACHINE)


def go_by(environment: dict[str, str], shown: datetime, speed: float) -> None:
    """This process and those that are started from now on."""
    environment["SIMULATED_CLOCK"] = f"{time.time()},{shown.timestamp()},{speed}"
    clock.use(clock.Clock.parse(environment["SIMULATED_CLOCK"]))


def link_schools(make: Builder, clever: Clever) -> dict[int, tuple[str, str]]:
    """Links and syncs every school; their days begin at times spread over the day.

    Gives the ids in Clever of each school and its district.
    """
    links = {}
    span = timedelta(hours=20) / SCHOOLS
    for about, shared_schools in clever.districts:
        district = make.district(about.name, about.id, about.token)
        for shared in shared_schools:
            school = make.school(district, shared.name, shared.id, "UTC")
            due = MIDNIGHT + timedelta(minutes=15) + len(links) * span
            own = {"schedule.time": f"{due:%H:%M}", "notify.emails": f"{shared.id}@school.example"}
            settings = SyncSettings().changed(SETTINGS | own | {"notify.when": "always"})
            settings_store.save_settings(school, settings, None)
            links[school.id] = (shared.id, about.id)
            commit()
            sync_by_hand(school.id)
    return links


def sync_by_hand(school_id: int) -> Run:
    run = runs.request_run(school_id, runs.Trigger.MANUAL)
    commit()
    return sync.sync_run(run.id).run


def due_days(school_ids: list[int]) -> dict[int, date]:
    rows = db.session.scalars(select(School).where(School.id.in_(school_ids)))
    days = {school.id: school.next_due_day for school in rows}
    commit()
    return days  # type: ignore[return-value]


def daily_runs() -> Counter[tuple[int, date]]:
    rows = db.session.execute(
        select(Run.school_id, Run.scheduled_for).where(Run.scheduled_for.is_not(None))
    ).all()
    return Counter((row[0], row[1]) for row in rows)


def rows_of(school_id: int, as_of: datetime | None = None) -> tuple[Rows, Rows]:
    """Everybody and every list, archived ones too, in the order of their ids."""
    people = list(export.export_people(school_id, archived=True, as_of=as_of))
    lists = list(export.export_lists(school_id, archived=True, as_of=as_of))
    commit()

    def source_id(row: dict[str, Any]) -> str:
        return str(row["source_id"])

    return sorted(people, key=source_id), sorted(lists, key=source_id)


def stop_the_schedules(school_ids: list[int]) -> None:
    for school_id in school_ids:
        school = schools.get_school(school_id)
        assert school is not None
        settings = settings_store.load_settings(school_id).changed({"schedule.enabled": "off"})
        settings_store.save_settings(school, settings, None)
        commit()


def all_runs_ended() -> bool:
    """Who was killed while a district's next try was theirs is waited for no longer."""
    db.session.execute(
        update(District).where(District.outage_since.is_not(None)).values(retry_at=clock.now())
    )
    commit()
    return not db.session.scalars(select(Run.id).where(Run.status.in_(runs.ACTIVE))).first()


def hurry_mails(status: str) -> None:
    db.session.execute(update(MailRow).where(MailRow.status == status).values(due_at=clock.now()))
    commit()


def all_mails_are(*status: str) -> bool:
    unlike = select(MailRow.id).where(MailRow.status.not_in(status))
    return db.session.scalars(unlike).first() is None


def wait_for_the_rest() -> None:
    """A message whose sender was killed is left to them for minutes; here for none."""
    wait_until(all_runs_ended, 240)
    hurry_mails(mails.MailStatus.DUE)
    wait_until(lambda: all_mails_are(mails.MailStatus.SENT, mails.MailStatus.SENDING), 120)
    hurry_mails(mails.MailStatus.SENDING)
    wait_until(lambda: all_mails_are(mails.MailStatus.SENT), 120)


def live_through_the_day(harms: Harms) -> list[tuple[int, int]]:
    """Does harm until the day is over; gives now and then the MiB of the largest worker process,
    and of the worker that nobody harms.
    """
    memory = []
    while clock.now() < MIDNIGHT + DAY:
        time.sleep(harms.chance.uniform(0.5, 1.5) * harms.pause)
        try:
            harms.do_one()
        finally:
            rollback()
        largest = max(map(memory_of, (worker.pid for worker in harms.workers)))
        memory.append((largest, own_memory_of(harms.workers[0].pid)))
    return memory


def assert_one_mail_for_each_run(came: set[tuple[str, str]]) -> None:
    """A failure that goes on is told once; every message came, under one id. What followed a
    change during the day is told by the next daily mail."""
    told = Counter(
        db.session.execute(
            select(MailRow.run_id).where(MailRow.kind == "run_result", MailRow.run_id.is_not(None))
        ).scalars()
    )
    mailed = (Run.reverts_id.is_(None), Run.trigger != runs.Trigger.EVENTS)
    ended = set(db.session.scalars(select(Run.id).where(*mailed)))
    untold = [run_id for run_id in ended - set(told) if not runs.repeats_failure(run_id)]
    sent = {(row.recipient, mails.message_id(row)) for row in db.session.scalars(select(MailRow))}
    commit()
    assert untold == []
    assert set(told.values()) == {1}
    assert {(to, message_id.strip("<>").partition("@")[0]) for to, message_id in came} == sent


def test_a_day_full_of_harm_loses_doubles_and_falsifies_nothing(
    environment: dict[str, str],
    request: pytest.FixtureRequest,
    make: Builder,
    clever: Clever,
    start: Start,
    redis_server: MortalRedis,
) -> None:
    seed = int(os.environ.get("SOAK_SEED", random.randrange(1 << 30)))
    print("seed", seed)
    go_by(environment, MIDNIGHT - timedelta(minutes=5), 0.01)
    links = link_schools(make, clever)
    ids = list(links)
    days = due_days(ids)
    began = clock.now()
    before = {school_id: rows_of(school_id) for school_id in ids}
    cluster: Cluster | None = None
    if environment["DATABASE_URL"].startswith("postgresql"):
        cluster = request.getfixturevalue("cluster")

    go_by(environment, MIDNIGHT, SPEED)
    clever.live(True)
    harms = Harms(
        start, clever, redis_server, cluster, ids, random.Random(seed), MINUTES * 60 / HARMS
    )
    harms.start_processes(WORKERS)
    memory = live_through_the_day(harms)

    harms.mend_clever()
    wait_until(lambda: all(daily_runs()[school_id, days[school_id]] for school_id in ids), 60)
    stop_the_schedules(ids)
    wait_for_the_rest()
    came = {(mail["to"][0], mail["message_id"]) for mail in clever.inbox()}
    errors = Counter(db.session.execute(select(Run.status, Run.error)).all())
    assert harms.workers[0].poll() is None
    print(f"{sum(errors.values())} runs {dict(errors)} under {dict(harms.done)}")
    largest, unharmed = zip(*memory, strict=True)
    print(f"MiB of the largest worker process: {max(largest)}; of the unharmed: {unharmed[::20]}")

    assert not [row for row in errors if row[0] in runs.ACTIVE or row[1] == "unforeseen"]
    assert set(daily_runs().values()) == {1}
    assert_nothing_twice()
    assert_one_mail_for_each_run(came)
    assert max(largest) < MOST_MEBIBYTES
    assert unharmed[-1] - unharmed[len(unharmed) // 3] < MOST_GROWTH_MEBIBYTES
    clever.live(False)
    raw = {district_id: clever.raw(district_id) for district_id in {*dict(links.values()).values()}}
    for school_id, (shared_id, district_id) in links.items():
        assert rows_of(school_id, began) == before[school_id]
        assert_equals_clever(school_id, shared_id, clever, raw[district_id])


def assert_equals_clever(school_id: int, shared_id: str, clever: Clever, raw: Any) -> None:
    """One more sync makes the school what Clever's raw JSON says, computed independently."""
    people, lists = rows_of(school_id)
    people = expected.people(raw, shared_id, SETTINGS, people)
    lists = expected.lists(raw, shared_id, people, lists, clever.today)
    assert sync_by_hand(school_id).status == "succeeded"
    commit()
    found_people, found_lists = rows_of(school_id)
    assert found_people == people
    assert _active(found_lists) == _active(lists)


def _active(rows: Rows) -> Rows:
    return [row for row in rows if row["status"] == "active"]
