"""PostgreSQL crashes while a run writes: the run is done all the same, once."""

import pytest

from roster_dash import jobs
from roster_dash.extensions import db
from roster_dash.store import runs
from roster_dash.store.transactions import commit
from tests.builders import Builder
from tests.clever import Clever
from tests.faults.conftest import Cluster, Undisturbed, link_everything
from tests.faults.outcome import assert_nothing_twice, assert_one_mail_per_run, outcome_of
from tests.processes import Start, wait_until

pytestmark = pytest.mark.faults

SIZES = {"schools": 1, "size": 1500}


@pytest.mark.parametrize("environment", ["postgresql"], indirect=True)
def test_a_database_that_crashes_during_the_writing_costs_a_transaction_not_the_run(
    make: Builder, clever: Clever, start: Start, cluster: Cluster, undisturbed: Undisturbed
) -> None:
    clever.reset(**SIZES)
    ids = link_everything(make, clever)
    worker = start("worker.py")
    run_id = runs.request_run(ids[0], runs.Trigger.MANUAL).id
    commit()
    jobs.enqueue_run(run_id)
    wait_until(lambda: runs.find_run(run_id).phase == "applying")
    db.session.remove()
    cluster.restart()
    db.engine.dispose()
    start("-m", "flask", "--app", "wsgi", "roster", "scheduler", "--every", "0.5")
    run = wait_until(lambda: (found := runs.find_run(run_id)).finished_at and found, 60)
    assert run.status == "succeeded"
    commit()
    wait_until(lambda: clever.inbox())
    assert worker.poll() is None
    assert_nothing_twice()
    assert_one_mail_per_run(clever, ids)
    assert outcome_of(ids) == undisturbed(**SIZES)
