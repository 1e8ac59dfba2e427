"""Numbers for Prometheus."""

from datetime import timedelta
from pathlib import Path

from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from roster_dash import clock
from roster_dash.app import create_app
from roster_dash.config import Config, load_config
from roster_dash.extensions import db
from roster_dash.rate_budget import SharedBudget
from roster_dash.store import beats, glance, mails
from roster_dash.store.transactions import commit
from tests.builders import Builder, a_snapshot, a_student


def told(client: FlaskClient) -> dict[str, float]:
    """Sample, with its label's value in brackets -> number."""
    answer = client.get("/metrics")
    assert answer.status_code == 200
    found = {}
    for family in text_string_to_metric_families(answer.text):
        for sample in family.samples:
            label = "".join(f"[{value}]" for value in sample.labels.values())
            found[sample.name.removeprefix("roster_dash_") + label] = sample.value
    return found


def test_runs_mails_and_ages_are_numbers(make: Builder, client: FlaskClient) -> None:
    started = clock.now() - timedelta(seconds=30)
    ended = make.run(make.school(), "succeeded", started_at=started)
    make.run(make.school(), "failed")
    make.run(make.school(), "queued", created_at=clock.now() - timedelta(minutes=5))
    make.run(make.school(), "succeeded", finished_at=clock.now() - timedelta(days=2))
    mails.add_mails(ended.id, "run_result", ["owner@school.example"])
    commit()
    numbers = told(client)
    assert numbers["runs[succeeded]"] == numbers["runs[failed]"] == numbers["runs[queued]"] == 1
    assert numbers["runs[running]"] == 0
    assert 29 < numbers["run_seconds[0.5]"] < 40
    assert 299 < numbers["queue_age_seconds"] < 330
    assert numbers["mails[due]"] == 1
    assert numbers["mails[sent]"] == 0


def test_schools_are_counted_by_state_with_the_oldest_good_sync(
    make: Builder, client: FlaskClient
) -> None:
    school = make.school()
    make.settings(school, students="on")
    make.synced(school, a_snapshot([a_student()]), clock.now() - timedelta(hours=40))
    school.missed_since = clock.now() - timedelta(hours=16)
    glance.refresh(school.id)
    make.school()
    commit()
    numbers = told(client)
    assert numbers["schools[stale]"] == 1
    assert numbers["schools[healthy]"] == 0
    assert 39 * 3600 < numbers["freshness_seconds"] < 41 * 3600


def test_what_clever_was_asked_and_who_is_alive(
    make: Builder, config: Config, client: FlaskClient
) -> None:
    budget = SharedBudget(config, "district")
    budget.take()
    budget.block(1, refused=True)
    beats.beat("scheduler")
    commit()
    numbers = told(client)
    assert numbers["clever_requests_total"] == numbers["clever_refusals_total"] == 1
    assert (numbers["queue_up"], numbers["scheduler_up"], numbers["workers"]) == (1, 1, 0)


def test_without_redis_the_rest_is_told(client: FlaskClient, without_redis: None) -> None:
    numbers = told(client)
    assert numbers["queue_up"] == 0
    assert "clever_requests_total" not in numbers


def test_with_a_token_only_who_has_it_sees_numbers(
    environment: dict[str, str], tmp_path: Path
) -> None:
    app = create_app(load_config(environment | {"METRICS_TOKEN": "let me in"}, instance=tmp_path))
    client = app.test_client()
    assert client.get("/metrics").status_code == 404
    wrong = {"Authorization": "Bearer let me out"}
    assert client.get("/metrics", headers=wrong).status_code == 404
    right = {"Authorization": "Bearer let me in"}
    assert client.get("/metrics", headers=right).status_code == 200
    with app.app_context():
        db.engine.dispose()
