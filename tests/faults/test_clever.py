"""Every fault of Clever at a random page: runs end, say so once, and come right."""

import random

import pytest

from roster_dash import jobs
from roster_dash.sandbox.faults import KINDS
from roster_dash.store import runs
from roster_dash.store.transactions import commit
from tests.builders import Builder
from tests.clever import Clever
from tests.faults.conftest import Undisturbed, link_everything
from tests.faults.outcome import assert_nothing_twice, assert_one_mail_per_run, outcome_of
from tests.processes import Start, wait_until

pytestmark = pytest.mark.faults

SIZES = {"schools": 1, "size": 40}
FAULTS = sorted(name for name, kind in KINDS.items() if not kind.stage.startswith("smtp"))
OWN_VALUES = {"timeout": {"seconds": 2}, "revoked-mid-walk": {"rotate": True}}
CHANGES_THE_ROSTER = "mutate-mid-walk"


def test_each_fault_at_a_random_page_ends_the_run_and_the_next_one_comes_right(
    make: Builder, clever: Clever, start: Start, undisturbed: Undisturbed
) -> None:
    seed = random.randrange(1 << 30)
    print("seed", seed)
    pages = random.Random(seed)
    clever.reset(**SIZES)
    (school_id,) = link_everything(make, clever)
    start("worker.py")
    start("-m", "flask", "--app", "wsgi", "roster", "scheduler", "--every", "0.5")

    def synced() -> str:
        run_id = runs.request_run(school_id, runs.Trigger.MANUAL).id
        commit()
        jobs.enqueue_run(run_id)
        run = wait_until(lambda: (found := runs.find_run(run_id)).finished_at and found, 60)
        return str(run.status)

    ends = {}
    for name in FAULTS:
        if name == CHANGES_THE_ROSTER:
            continue
        clever.fault(name, page=pages.randint(1, 12), **OWN_VALUES.get(name, {}))
        ends[name] = synced()
        clever.mend()
        assert synced() == "succeeded", name
    print(ends)
    assert set(ends.values()) <= {"succeeded", "failed", "held"}
    wait_until(lambda: len(clever.inbox()) == 2 * len(ends))
    assert_nothing_twice()
    assert_one_mail_per_run(clever, [school_id])
    assert outcome_of([school_id]) == undisturbed(**SIZES)
