"""The outbox: what has to be sent to whom, and how it went. One row, one message, one address."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from sqlalchemy import select, update

from roster_dash.extensions import db
from roster_dash.store.tables import MailRow


class MailStatus(StrEnum):
    DUE = "due"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"


_RETRY_AFTER = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240, 480))
_SENDING_FOR = timedelta(minutes=5)
"""How long a claimed message is left to its sender."""


def add_mails(
    run_id: int | None, kind: str, recipients: Iterable[str], request_id: int | None = None
) -> Sequence[int]:
    """Puts one message per address into the outbox, due now; gives their ids."""
    now = datetime.now(UTC)
    about = {"run_id": run_id, "request_id": request_id, "kind": kind}
    rows = [
        MailRow(**about, recipient=recipient, status=MailStatus.DUE, due_at=now)
        for recipient in recipients
    ]
    db.session.add_all(rows)
    db.session.flush()
    return [row.id for row in rows]


def add_calendar_mails(school_id: int, day: date, recipients: Iterable[str]) -> Sequence[int]:
    """One message per address about what the school's calendar changes on the day after `day`."""
    now = datetime.now(UTC)
    about = {"school_id": school_id, "day": day, "kind": "calendar"}
    rows = [
        MailRow(**about, recipient=recipient, status=MailStatus.DUE, due_at=now)
        for recipient in recipients
    ]
    db.session.add_all(rows)
    db.session.flush()
    return [row.id for row in rows]


def add_link_mail(link_id: int, kind: str, recipient: str) -> int:
    """One message about an account's link."""
    now = datetime.now(UTC)
    about = {"link_id": link_id, "kind": kind, "recipient": recipient}
    row = MailRow(**about, status=MailStatus.DUE, due_at=now)
    db.session.add(row)
    db.session.flush()
    return row.id


def claim_mail(mail_id: int) -> MailRow | None:
    """Takes a due message; None if it isn't due or somebody else has it."""
    now = datetime.now(UTC)
    claimed = db.session.execute(
        update(MailRow)
        .where(
            MailRow.id == mail_id,
            MailRow.status.in_((MailStatus.DUE, MailStatus.SENDING)),
            MailRow.due_at <= now,
        )
        .values(status=MailStatus.SENDING, due_at=now + _SENDING_FOR)
        .execution_options(synchronize_session=False)
    )
    if not claimed.rowcount:  # type: ignore[attr-defined]
        return None
    return db.session.get(MailRow, mail_id, populate_existing=True)


def mark_sent(mail_id: int) -> None:
    mail = db.session.get_one(MailRow, mail_id)
    mail.status, mail.sent_at, mail.error = MailStatus.SENT, datetime.now(UTC), ""
    mail.attempts += 1
    db.session.flush()


def postpone(mail: MailRow, why: str) -> None:
    """Leaves a message due, without counting an attempt."""
    mail.status, mail.error = MailStatus.DUE, why
    mail.due_at = datetime.now(UTC) + _RETRY_AFTER[1]
    db.session.flush()


def mark_unsent(mail_id: int, error: str) -> None:
    """Notes why, and plans the next attempt; after the last one the message has failed."""
    mail = db.session.get_one(MailRow, mail_id)
    mail.error = error
    mail.attempts += 1
    if mail.attempts > len(_RETRY_AFTER):
        mail.status = MailStatus.FAILED
    else:
        mail.status = MailStatus.DUE
        mail.due_at = datetime.now(UTC) + _RETRY_AFTER[mail.attempts - 1]
    db.session.flush()


def due_mail_ids(run_id: int | None = None, limit: int = 500) -> Sequence[int]:
    """Messages to send now: due ones, and ones whose sender has not come back."""
    query = select(MailRow.id).where(
        MailRow.status.in_((MailStatus.DUE, MailStatus.SENDING)),
        MailRow.due_at <= datetime.now(UTC),
    )
    if run_id is not None:
        query = query.where(MailRow.run_id == run_id)
    return db.session.scalars(query.order_by(MailRow.id).limit(limit)).all()
