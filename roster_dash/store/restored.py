"""What a restored database must forget, so that nothing of before comes between."""

from sqlalchemy import delete, select, update

from roster_dash import clock
from roster_dash.extensions import db
from roster_dash.store import audit, era, runs
from roster_dash.store.audit import Did
from roster_dash.store.runs import RunStatus
from roster_dash.store.tables import Beat, LoginSession, MailRow, Run, WebhookDelivery

_WAITING = ("due", "sending")
NOT_SENT = "Was due when the backup was made; not sent after restoring, as it may have been before."


def settle(about: str, revision: str, *, send_mail: bool) -> int:
    """After restoring, at head: how many runs were at work in the backup. The caller commits.

    They are queued again: a worker that has survived it has no right to end them any more.
    """
    running = select(Run.id, Run.token).where(Run.status == RunStatus.RUNNING)
    given = [
        runs.give_back(run_id, token, counted=False)
        for run_id, token in db.session.execute(running).all()
    ]
    db.session.execute(
        delete(Beat).where((Beat.name == "scheduler") | Beat.name.startswith("run-"))
    )
    open_ones = LoginSession.ended_at.is_(None)
    db.session.execute(update(LoginSession).where(open_ones).values(ended_at=clock.now()))
    if not send_mail:
        _give_up_mail()
    era.begin()
    after = {"revision": revision, "runs_queued_again": sum(given)}
    audit.record(Did.RESTORED, about=about, after=after)
    return sum(given)


def _give_up_mail() -> None:
    mails, deliveries = MailRow.status.in_(_WAITING), WebhookDelivery.status.in_(_WAITING)
    db.session.execute(update(MailRow).where(mails).values(status="failed", error=NOT_SENT))
    db.session.execute(
        update(WebhookDelivery).where(deliveries).values(status="failed", answer=NOT_SENT)
    )
