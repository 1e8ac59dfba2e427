"""Redis harmed while somebody saves: every Save counts, and the sync follows."""

import threading
from collections.abc import Callable

import pytest
import requests

from roster_dash import jobs
from roster_dash.store import runs
from roster_dash.store import settings as settings_store
from roster_dash.store.transactions import commit
from tests.builders import PASSWORD, Builder
from tests.clever import Clever
from tests.faults.conftest import MortalRedis
from tests.processes import Start, free_port, start_web, wait_until
from tests.visitor import csrf_token

pytestmark = pytest.mark.faults

SAVES = 8


class Owner:
    """Saves over the web as a browser without JavaScript does."""

    def __init__(self, port: int, school_id: int) -> None:
        self._site = f"http://127.0.0.1:{port}"
        self._page = f"{self._site}/schools/{school_id}/rostering"
        self._session = requests.Session()
        page = self._session.get(f"{self._site}/login", timeout=30).text
        sent = {
            "csrf_token": csrf_token(page),
            "email": "alice@school.example",
            "password": PASSWORD,
        }
        self._session.post(f"{self._site}/login", sent, timeout=30)

    def save(self, emails: str) -> int:
        """The answer's status; the school syncs its students from now on."""
        sent = {
            "csrf_token": csrf_token(self._session.get(self._page, timeout=30).text),
            "students": "on",
            "notify.emails": emails,
            "notify.when": "never",
        }
        return self._session.post(self._page, sent, timeout=30).status_code


HARMS: dict[str, Callable[[MortalRedis], None]] = {
    "killed": MortalRedis.kill,
    "flushed": MortalRedis.flush,
    "restarted": lambda server: (server.kill(), server.start())[0],
}


@pytest.mark.parametrize("harm", HARMS)
def test_saves_count_whatever_happens_to_redis(
    harm: str,
    make: Builder,
    clever: Clever,
    start: Start,
    redis_server: MortalRedis,
) -> None:
    district = make.district(clever.district.name, clever.district.id, clever.district.token)
    school = make.school(district, clever.schools[0].name, clever.schools[0].id)
    make.owner(school)
    school_id, port = school.id, free_port()
    commit()
    start_web(start, port)
    start("worker.py")
    start("-m", "flask", "--app", "wsgi", "roster", "scheduler", "--every", "0.5")
    owner, half, statuses = Owner(port, school_id), threading.Event(), []

    def save_all() -> None:
        for number in range(SAVES):
            statuses.append(owner.save(f"owner{number}@school.example"))
            if number == SAVES // 2:
                half.set()

    saving = threading.Thread(target=save_all)
    saving.start()
    assert half.wait(60)
    HARMS[harm](redis_server)
    saving.join()
    if harm == "killed":
        redis_server.start()
    assert [status for status in statuses if status >= 400] == []
    assert len(statuses) == SAVES
    settings = settings_store.load_settings(school_id)
    assert settings.notify_emails == (f"owner{SAVES - 1}@school.example",)
    wait_until(lambda: runs.active_run(school_id) is None, 60)
    last = runs.last_finished(school_id)
    assert last is not None
    assert last.status == "succeeded"
    assert last.settings_version_id == settings_store.latest_version(school_id).id  # type: ignore[union-attr]
    commit()
    assert jobs.health()["workers"] == 1
