"""What monitors ask: how many, how old, how long. No number is of a person or a school."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, func, select

from roster_dash import clock
from roster_dash.extensions import db
from roster_dash.store.tables import District, HoldRow, MailRow, Run, School

RECENT = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Numbers:
    """`runs`: status -> how many are queued or running, or ended within the last day; `seconds`:
    how long those that ended were at work, ascending. Ages: seconds; None where there is nothing.
    """

    runs: Mapping[str, int]
    seconds: Sequence[float]
    queue_age: float | None
    held: int
    mails: Mapping[str, int]
    mail_age: float | None
    districts_down: int


def collect() -> Numbers:
    now = clock.now()
    since = now - RECENT
    recent = db.session.execute(
        select(Run.status, Run.started_at, Run.finished_at).where(Run.finished_at >= since)
    ).all()
    active = select(Run.status, func.count()).where(Run.status.in_(("queued", "running")))
    numbers = dict.fromkeys(("queued", "running", "succeeded", "held", "failed", "cancelled"), 0)
    for status, _, _ in recent:
        numbers[status] += 1
    for status, number in db.session.execute(active.group_by(Run.status)):
        numbers[status] = number
    oldest_run = select(func.min(Run.created_at)).where(Run.status == "queued")
    made = func.coalesce(MailRow.made_at, MailRow.due_at)
    oldest_mail = select(func.min(made)).where(MailRow.status.in_(("due", "sending")))
    return Numbers(
        runs=numbers,
        seconds=sorted((end - start).total_seconds() for _, start, end in recent if start and end),
        queue_age=_age(db.session.scalar(oldest_run), now),
        held=_count(select(func.count()).where(HoldRow.state == "waiting")),
        mails=_mails(since),
        mail_age=_age(db.session.scalar(oldest_mail), now),
        districts_down=_count(
            select(func.count()).select_from(District).where(District.outage_since.is_not(None))
        ),
    )


def glances() -> Sequence[tuple[bool, datetime | None, datetime | None, Mapping[str, object]]]:
    """(is linked, next moment, first one missed, glance) of every school."""
    columns = (School.unlinked_at, School.next_due_at, School.missed_since, School.glance)
    rows = db.session.execute(select(*columns))
    return [
        (unlinked is None, next_at, missed, glance) for unlinked, next_at, missed, glance in rows
    ]


def _mails(since: datetime) -> dict[str, int]:
    waiting = select(MailRow.status, func.count()).where(MailRow.status != "sent")
    numbers = dict.fromkeys(("due", "sending", "failed"), 0)
    for status, number in db.session.execute(waiting.group_by(MailRow.status)):
        numbers[status] = number
    sent = select(func.count()).where(MailRow.status == "sent", MailRow.due_at >= since)
    return numbers | {"sent": _count(sent)}


def _count(query: Select[int]) -> int:
    return db.session.scalar(query) or 0


def _age(moment: datetime | None, now: datetime) -> float | None:
    return None if moment is None else max(0.0, (now - moment).total_seconds())
