"""What is too old is deleted, a district at a time, as the district has chosen.

Safe to do at any time and twice: whatever is gone is gone.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, delete, exists, func, not_, or_, select, update

from roster_dash.extensions import db
from roster_dash.roster.errors import BadInput
from roster_dash.roster.operations import Action, Entity
from roster_dash.roster.records import Status
from roster_dash.roster.retention import FOREVER, Data, kept_days
from roster_dash.store import audit, privacy
from roster_dash.store.audit import Did
from roster_dash.store.tables import (
    AccountLink,
    AuditEntry,
    District,
    HoldRow,
    ListRow,
    LoginSession,
    MailRow,
    OperationRow,
    PersonRow,
    Run,
    School,
    StoredSnapshot,
    Webhook,
    WebhookDelivery,
)

GONE_UNTIL = "history_gone_until"
"""Beside the days in `districts.retention`: up to when the log has been deleted."""
LOG_IN_DAYS = 30
"""Of ended log-ins and links that are over."""
ERASED_AT_ONCE = 500
DELETED_AT_ONCE = 5000
"""Of the log: syncs don’t wait for longer than that takes."""


def save_days(district: District, days: Mapping[str, int]) -> None:
    before = {data.value: kept_days(district.retention, data) for data in Data}
    kept = {key: value for key, value in district.retention.items() if key == GONE_UNTIL}
    district.retention = {**kept, **days}
    changed = [key for key in days if before[key] != days[key]]
    audit.record(
        Did.RETENTION_SAVED,
        district_id=district.id,
        about=district.name,
        before={key: before[key] for key in changed},
        after={key: days[key] for key in changed},
    )


def clean(district: District, now: datetime) -> Iterator[None]:
    """Deletes what is too old but the log of changes, which is long. It is done bit by bit; the
    caller commits each, so that nobody waits for a whole district.

    From its end on the past before it is refused: `clean_log` may take its time.
    """
    yield from _erase_archived(district, now)
    for data, step in _STEPS.items():
        if (horizon := _horizon(district, data, now)) is not None:
            step(district, horizon)
            yield


def _horizon(district: District, data: Data, now: datetime) -> datetime | None:
    """What is older is deleted; None: nothing is."""
    days = kept_days(district.retention, data)
    return None if days == FOREVER else now - timedelta(days=days)


def clean_log(district: District, now: datetime) -> bool:
    """Deletes some of the log that is too old; whether there is more. The caller commits each."""
    horizon = _horizon(district, Data.HISTORY, now)
    if horizon is None:
        return False
    schools = select(School.id).where(_schools(district))
    old = select(Run.id).where(Run.school_id.in_(schools), Run.finished_at < horizon)
    people = select(PersonRow.id).where(PersonRow.school_id.in_(schools))
    lists = select(ListRow.id).where(ListRow.school_id.in_(schools))
    of_people = OperationRow.entity == Entity.PERSON
    by_hand = OperationRow.at < horizon
    return (
        _delete_some(OperationRow.run_id.in_(old), OperationRow.at.is_(None))
        or _delete_some(by_hand, of_people, OperationRow.entity_id.in_(people))
        or _delete_some(by_hand, not_(of_people), OperationRow.entity_id.in_(lists))
    )


def _delete_some(*which: ColumnElement[bool]) -> bool:
    """Whether as many were found as are deleted at once."""
    some = select(OperationRow.id).where(*which).limit(DELETED_AT_ONCE)
    done = db.session.execute(delete(OperationRow).where(OperationRow.id.in_(some)))
    return bool(done.rowcount == DELETED_AT_ONCE)  # type: ignore[attr-defined]


def clean_accounts(now: datetime) -> None:
    """Ended log-ins, and links that can't be used any more and that no mail refers to."""
    horizon = now - timedelta(days=LOG_IN_DAYS)
    db.session.execute(delete(LoginSession).where(LoginSession.ended_at < horizon))
    over = or_(AccountLink.used_at < horizon, AccountLink.expires_at < horizon)
    links = select(AccountLink.id).where(over)
    mails = delete(MailRow).where(MailRow.link_id.in_(links), MailRow.status != "due")
    db.session.execute(mails)
    told = select(MailRow.link_id).where(MailRow.link_id.is_not(None))
    db.session.execute(delete(AccountLink).where(over, AccountLink.id.not_in(told)))


def _schools(district: District) -> ColumnElement[bool]:
    return School.district_id == district.id


def _history(district: District, horizon: datetime) -> None:
    """The names in reports; runs keep their numbers. What waits stays."""
    schools = select(School.id).where(_schools(district))
    old = select(Run.id).where(Run.school_id.in_(schools), Run.finished_at < horizon)
    if horizon.isoformat() > str(district.retention.get(GONE_UNTIL, "")):
        district.retention = {**district.retention, GONE_UNTIL: horizon.isoformat()}
    db.session.execute(
        update(Run)
        .where(Run.id.in_(old), Run.status != "held")
        .values(problems=[], warnings=[], holds=[])
        .execution_options(synchronize_session=False)
    )
    over = or_(HoldRow.state.in_(("approved", "cleared")), HoldRow.lapsed_at.is_not(None))
    decided = (HoldRow.school_id.in_(schools), HoldRow.decided_at < horizon, over)
    db.session.execute(delete(HoldRow).where(*decided))


def _erase_archived(district: District, now: datetime) -> Iterator[None]:
    """People archived for long whom nothing keeps from being erased, a school at a time.

    How long is read anew each time: a district that keeps them from now on is heard at once.
    """
    in_order = select(School.id).where(_schools(district)).order_by(School.id)
    for school_id in db.session.scalars(in_order).all():
        horizon = _horizon(district, Data.ARCHIVED, now)
        if horizon is None:
            return
        rows = db.session.scalars(
            select(PersonRow)
            .where(
                PersonRow.school_id == school_id,
                PersonRow.status == Status.ARCHIVED,
                _archived_before(district, horizon),
            )
            .limit(ERASED_AT_ONCE)
        ).all()
        free = [row for row in rows if not privacy.why_not_erased(row)]
        if free:
            with suppress(BadInput):  # a sync has begun, or somebody is back: another day
                privacy.erase(db.session.get_one(School, school_id), free)
        yield


def _archived_before(district: District, horizon: datetime) -> ColumnElement[bool]:
    """Whose archiving isn't in the log was archived before what is left of it begins."""
    theirs = (  # by the person: the log of all schools is long
        OperationRow.entity == Entity.PERSON,
        OperationRow.entity_id == PersonRow.id,
        OperationRow.action == Action.ARCHIVE,
    )
    archived_at = (
        select(func.max(func.coalesce(OperationRow.at, Run.finished_at)))
        .select_from(OperationRow)
        .outerjoin(Run, Run.id == OperationRow.run_id)
        .where(*theirs)
        .correlate(PersonRow)
        .scalar_subquery()
    )
    is_old: ColumnElement[bool] = archived_at < horizon
    if str(district.retention.get(GONE_UNTIL, "~")) > horizon.isoformat():
        return is_old
    return or_(is_old, ~exists().where(*theirs).correlate(PersonRow))


def _answers(district: District, horizon: datetime) -> None:
    schools = select(School.id).where(_schools(district))
    newest = (
        select(func.max(StoredSnapshot.id))
        .where(StoredSnapshot.school_id.in_(schools), StoredSnapshot.payload.is_not(None))
        .group_by(StoredSnapshot.school_id)
    )
    db.session.execute(
        update(StoredSnapshot)
        .where(
            StoredSnapshot.school_id.in_(schools),
            StoredSnapshot.fetched_at < horizon,
            StoredSnapshot.payload.is_not(None),
            StoredSnapshot.id.not_in(newest),
        )
        .values(payload=None)
        .execution_options(synchronize_session=False)
    )


def _mails(district: District, horizon: datetime) -> None:
    schools = select(School.id).where(_schools(district))
    of_runs = select(Run.id).where(Run.school_id.in_(schools))
    mine = or_(MailRow.run_id.in_(of_runs), MailRow.school_id.in_(schools))
    over = (MailRow.status.in_(("sent", "failed")), MailRow.due_at < horizon)
    db.session.execute(delete(MailRow).where(mine, *over))


def _deliveries(district: District, horizon: datetime) -> None:
    schools = select(School.id).where(_schools(district))
    hooks = select(Webhook.id).where(Webhook.school_id.in_(schools))
    over = WebhookDelivery.status.in_(("sent", "failed"))
    mine = (WebhookDelivery.webhook_id.in_(hooks), WebhookDelivery.created_at < horizon)
    db.session.execute(delete(WebhookDelivery).where(over, *mine))


def _audit(district: District, horizon: datetime) -> None:
    mine = (AuditEntry.district_id == district.id, AuditEntry.at < horizon)
    db.session.execute(delete(AuditEntry).where(*mine))


_STEPS: Mapping[Data, Callable[[District, datetime], None]] = {
    Data.HISTORY: _history,
    Data.ANSWERS: _answers,
    Data.MAILS: _mails,
    Data.DELIVERIES: _deliveries,
    Data.AUDIT: _audit,
}


def history_since(school_id: int) -> datetime | None:
    """Up to when a school's log has been deleted; None if it is whole."""
    stored = db.session.scalar(
        select(District.retention)
        .join(School, School.district_id == District.id)
        .where(School.id == school_id)
    )
    gone = (stored or {}).get(GONE_UNTIL)
    return datetime.fromisoformat(gone).astimezone(UTC) if isinstance(gone, str) else None
