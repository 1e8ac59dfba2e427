"""A mail server in trouble: runs don't care, and each message comes once."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select, update

from roster_dash import jobs
from roster_dash.extensions import db
from roster_dash.sandbox.faults import KINDS
from roster_dash.store import mails, runs
from roster_dash.store.tables import MailRow
from roster_dash.store.transactions import commit
from tests.builders import Builder
from tests.clever import Clever
from tests.faults.conftest import link_everything
from tests.faults.outcome import assert_nothing_twice
from tests.processes import Start, wait_until

pytestmark = pytest.mark.faults

FAULTS = sorted(name for name, kind in KINDS.items() if kind.stage.startswith("smtp"))


@pytest.mark.parametrize("environment", ["sqlite"], indirect=True)
@pytest.mark.parametrize("fault", FAULTS)
def test_each_message_comes_once_at_last(
    fault: str, make: Builder, clever: Clever, start: Start
) -> None:
    (school_id, _) = link_everything(make, clever)
    clever.fault(fault, times=2)
    start("worker.py")
    start("-m", "flask", "--app", "wsgi", "roster", "scheduler", "--every", "0.5")
    run_id = runs.request_run(school_id, runs.Trigger.MANUAL).id
    commit()
    jobs.enqueue_run(run_id)
    wait_until(lambda: runs.find_run(run_id).finished_at)
    assert runs.find_run(run_id).status == "succeeded"
    commit()

    def sent() -> bool:
        """Messages wait a minute after an attempt; here they don't."""
        waiting = (MailRow.status == mails.MailStatus.DUE, MailRow.attempts > 0)
        db.session.execute(update(MailRow).where(*waiting).values(due_at=datetime.now(UTC)))
        commit()
        return db.session.scalar(select(MailRow.status)) == mails.MailStatus.SENT

    wait_until(sent, 120)
    attempts = db.session.scalar(select(MailRow.attempts))
    commit()
    assert attempts == (1 if fault == "smtp-drop-after" else 3)
    assert len(clever.inbox()) == 1
    assert_nothing_twice()
