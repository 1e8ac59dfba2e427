"""The outbox: what has to be sent to whom, and how it went. One row, one message, one address."""

import hmac
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Any

from sqlalchemy import select, update

from roster_dash import clock
from roster_dash.config import current_config
from roster_dash.extensions import db
from roster_dash.store import era
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
    now = clock.now()
    about = {"run_id": run_id, "request_id": request_id, "kind": kind}
    rows = [
        MailRow(**about, recipient=recipient, status=MailStatus.DUE, due_at=now)
        for recipient in recipients
    ]
    db.session.add_all(rows)
    db.session.flush()
    return [row.id for row in rows]


def add_notices(
    kind: str,
    recipients: Iterable[str],
    *,
    day: date | None = None,
    school_id: int | None = None,
    district_id: int | None = None,
    about_at: datetime | None = None,
) -> Sequence[int]:
    """One message per address about a school's day or a district's moment; none comes twice."""
    now = clock.now()
    about: dict[str, Any] = {"kind": kind, "school_id": school_id, "district_id": district_id}
    about |= {"day": day, "about_at": about_at}
    had = set(db.session.scalars(select(MailRow.recipient).filter_by(**about)))
    rows = [
        MailRow(**about, recipient=recipient, status=MailStatus.DUE, due_at=now)
        for recipient in recipients
        if recipient not in had
    ]
    db.session.add_all(rows)
    db.session.flush()
    return [row.id for row in rows]


def add_link_mail(link_id: int, kind: str, recipient: str) -> int:
    """One message about an account's link."""
    now = clock.now()
    about = {"link_id": link_id, "kind": kind, "recipient": recipient}
    row = MailRow(**about, status=MailStatus.DUE, due_at=now)
    db.session.add(row)
    db.session.flush()
    return row.id


def claim_mail(mail_id: int) -> MailRow | None:
    """Takes a due message; None if it isn't due or somebody else has it."""
    now = clock.now()
    claimed = db.session.execute(
        update(MailRow)
        .where(
            MailRow.id == mail_id,
            MailRow.status.in_((MailStatus.DUE, MailStatus.SENDING)),
            MailRow.due_at <= now,
        )
        .values(status=MailStatus.SENDING, due_at=clock.lease(_SENDING_FOR))
        .execution_options(synchronize_session=False)
    )
    if not claimed.rowcount:  # type: ignore[attr-defined]
        return None
    return db.session.get(MailRow, mail_id, populate_existing=True)


def message_id(mail: MailRow) -> str:
    """The left part of a message's id: of this row in this installation, and nobody can guess it.

    A sender that is killed between the server's answer and the note of it sends once more.
    """
    secret = current_config().secret_key.encode()
    return hmac.new(secret, f"mail-{mail.id}{era.mark()}".encode(), sha256).hexdigest()[:32]


def mark_sent(mail_id: int) -> None:
    mail = db.session.get_one(MailRow, mail_id)
    mail.status, mail.sent_at, mail.error = MailStatus.SENT, clock.now(), ""
    mail.attempts += 1
    db.session.flush()


def postpone(mail: MailRow, why: str) -> None:
    """Leaves a message due, without counting an attempt."""
    mail.status, mail.error = MailStatus.DUE, why
    mail.due_at = clock.now() + _RETRY_AFTER[1]
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
        mail.due_at = clock.now() + _RETRY_AFTER[mail.attempts - 1]
    db.session.flush()


def due_mail_ids(run_id: int | None = None, limit: int = 500) -> Sequence[int]:
    """Messages to send now: due ones, and ones whose sender has not come back."""
    query = select(MailRow.id).where(
        MailRow.status.in_((MailStatus.DUE, MailStatus.SENDING)),
        MailRow.due_at <= clock.now(),
    )
    if run_id is not None:
        query = query.where(MailRow.run_id == run_id)
    return db.session.scalars(query.order_by(MailRow.id).limit(limit)).all()
