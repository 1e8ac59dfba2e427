"""A district's source that is down: since when, who may try it again, and who was told.

While it is down the scheduled runs wait; one of them at a time tries again, with back-off.
"""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import delete, select, update

from roster_dash import clock
from roster_dash.extensions import db
from roster_dash.store import mails, schools
from roster_dash.store import settings as settings_store
from roster_dash.store.accounts import AccountRole
from roster_dash.store.tables import District, MailRow, Run, School, User
from roster_dash.store.triggers import BY_ITSELF

BACK_OFF = tuple(timedelta(minutes=minutes) for minutes in (1, 2, 4, 8, 15, 30))
"""After each failed try; the last one from then on."""
TURN = timedelta(minutes=3)
"""For how long who tries again has the district to itself."""
TOLD_AFTER = timedelta(minutes=30)
_WAITING = (Run.status == "queued", Run.trigger.in_(BY_ITSELF))


def take_turn(district_id: int) -> bool:
    """Whether a scheduled run may ask the source now; while it is down only one run at a time."""
    moment = clock.now()
    since = db.session.scalar(select(District.outage_since).where(District.id == district_id))
    if since is None:
        return True
    taken = db.session.execute(
        update(District)
        .where(District.id == district_id, District.retry_at <= moment)
        .values(retry_at=clock.lease(TURN))
        .execution_options(synchronize_session=False)
    )
    return bool(taken.rowcount)  # type: ignore[attr-defined]


def waits_for_source(run: Run, district: District) -> bool:
    """Whether a queued run is one of those that wait for the district's source."""
    return run.trigger in BY_ITSELF and district.outage_since is not None


def failures(district_id: int) -> int:
    """How many tries in a row have failed; 0 while the source answers."""
    query = select(District.outage_attempts).where(District.id == district_id)
    return db.session.scalar(query) or 0


def note_failure(district_id: int, seen: int) -> None:
    """One more try has failed that began after `seen` failures; one of several at once counts."""
    moment = clock.now()
    db.session.execute(
        update(District)
        .where(District.id == district_id, District.outage_attempts == seen)
        .values(
            outage_attempts=seen + 1,
            retry_at=moment + BACK_OFF[min(seen, len(BACK_OFF) - 1)],
            outage_since=moment if seen == 0 else District.outage_since,
        )
        .execution_options(synchronize_session=False)
    )


def end(district_id: int) -> None:
    """The source answers again; those who were told get a mail that says so."""
    if db.session.scalar(select(District.outage_since).where(District.id == district_id)) is None:
        return
    district = schools.lock_district(district_id)
    if district is None or district.outage_since is None:
        return
    if district.outage_told_at is not None:
        since = district.outage_since
        about = (MailRow.district_id == district_id, MailRow.about_at == since)
        db.session.execute(delete(MailRow).where(*about, MailRow.status == mails.MailStatus.DUE))
        told = db.session.scalars(select(MailRow.recipient).where(*about)).all()
        mails.add_notices("outage_over", told, about_at=since, district_id=district_id)
    schools.forget_outage(district)
    db.session.flush()


def untold() -> Sequence[int]:
    """Districts that have been down for so long that people should know."""
    since = clock.now() - TOLD_AFTER
    query = select(District.id).where(
        District.outage_since <= since,
        District.outage_told_at.is_(None),
        District.disconnected_at.is_(None),
        District.id.in_(select(School.district_id).join(Run).where(*_WAITING)),
    )
    return db.session.scalars(query).all()


def tell(district_id: int) -> Sequence[int]:
    """One mail to each address that the district's syncs concern; gives the mails."""
    district = schools.lock_district(district_id)
    if district is None or district.outage_since is None or district.outage_told_at is not None:
        return ()
    district.outage_told_at = clock.now()
    addresses = sorted(_concerned(district_id), key=str.casefold)
    since = district.outage_since
    return mails.add_notices("outage", addresses, about_at=since, district_id=district_id)


def waiting_schools(district_id: int) -> int:
    """How many schools' scheduled runs wait for the source."""
    query = select(Run.id).join(School).where(School.district_id == district_id, *_WAITING)
    return len(db.session.scalars(query).all())


def _concerned(district_id: int) -> set[str]:
    """Its District Managers, and whom the schools whose syncs wait write to."""
    managers = db.session.scalars(
        select(User.email).where(
            User.district_id == district_id,
            User.role == AccountRole.DISTRICT_MANAGER,
            User.disabled_at.is_(None),
        )
    )
    waiting = db.session.scalars(
        select(School.id)
        .join(Run, Run.school_id == School.id)
        .where(School.district_id == district_id, *_WAITING)
    )
    addresses = set(managers)
    for school_id in waiting.all():
        settings = settings_store.load_settings(school_id)
        if settings.notify_when != "never":
            addresses |= set(settings.notify_emails)
    return addresses
