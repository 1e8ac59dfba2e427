"""Schools that have not had a good sync for long although they should: told once per episode."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import or_, select

from roster_dash import clock
from roster_dash.extensions import db
from roster_dash.store import mails
from roster_dash.store import settings as settings_store
from roster_dash.store.schools import lock_school
from roster_dash.store.tables import School

TOLD_AFTER = timedelta(hours=48)


def untold() -> Sequence[int]:
    """Schools that are behind, whose last good sync is too long ago, and nobody was told."""
    limit = clock.now() - TOLD_AFTER
    good = School.glance["good"].as_string()
    rows = db.session.execute(
        select(School.id, good, School.stale_told_at).where(
            School.unlinked_at.is_(None),
            or_(School.missed_since.is_not(None), School.next_due_at <= clock.now()),
            good > "",
            good < limit.isoformat(),
        )
    )
    return [
        school_id
        for school_id, text, told_at in rows
        if told_at is None or told_at < datetime.fromisoformat(text)
    ]


def tell(school_id: int) -> Sequence[int]:
    """One mail to each address of the school; gives the mails."""
    lock_school(school_id)
    school = db.session.get_one(School, school_id, populate_existing=True)
    good = last_good(school)
    if good is None or (school.stale_told_at is not None and school.stale_told_at > good):
        return ()
    school.stale_told_at = clock.now()
    settings = settings_store.load_settings(school_id)
    wanted = settings.notify_emails if settings.notify_when != "never" else ()
    return mails.add_notices("stale", wanted, day=good.date(), school_id=school_id)


def last_good(school: School) -> datetime | None:
    """When its last good sync ended."""
    text = school.glance.get("good", "")
    return datetime.fromisoformat(text) if text else None
