"""Settings versions: every Save is one, the newest holds."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select

from roster_dash import clock
from roster_dash.extensions import db
from roster_dash.roster.schedule import next_digest, next_due, next_notice
from roster_dash.roster.settings import SyncSettings, from_flat
from roster_dash.store import audit, glance, policies, schools
from roster_dash.store.audit import Did
from roster_dash.store.tables import Run, School, SettingsVersion

_LONGER_THAN_A_NIGHT = timedelta(hours=30)
MOST_DAYS = 1000
"""So many paused days are passed over for the next daily sync."""


def latest_version(school_id: int) -> SettingsVersion | None:
    return db.session.scalar(
        select(SettingsVersion)
        .where(SettingsVersion.school_id == school_id)
        .order_by(SettingsVersion.number.desc())
        .limit(1)
    )


def load_settings(school_id: int) -> SyncSettings:
    """What holds for a school now; the defaults before the first Save."""
    version = latest_version(school_id)
    return from_flat(version.values) if version else SyncSettings()


def settings_of(school_id: int, number: int | None) -> SyncSettings:
    """What held under a version: 0 is before the first Save, None or an unknown one the newest."""
    if number == 0:
        return SyncSettings()
    version = db.session.scalar(
        select(SettingsVersion).where(
            SettingsVersion.school_id == school_id, SettingsVersion.number == number
        )
    )
    return from_flat(version.values) if version else load_settings(school_id)


def settings_of_run(run: Run) -> SyncSettings | None:
    """What held when a run was made; None if that isn't known."""
    if run.settings_version_id is None:
        return None
    return from_flat(db.session.get_one(SettingsVersion, run.settings_version_id).values)


def save_settings(school: School, settings: SyncSettings, user_id: int | None) -> SettingsVersion:
    """Stores a new version, and when the school is due next under it.

    Errors: BadInput for a value that the district has locked otherwise.
    """
    schools.lock_school(school.id)
    policies.check(school.district_id, settings)
    latest = latest_version(school.id)
    before = from_flat(latest.values) if latest else SyncSettings()
    now = clock.now()
    version = SettingsVersion(
        school_id=school.id,
        number=latest.number + 1 if latest else 1,
        values=settings.flat(),
        changes=dict(before.differences(settings)),
        saved_by_id=user_id,
        saved_at=now,
    )
    db.session.add(version)
    audit.record(
        Did.SETTINGS_SAVED,
        school=school,
        about=f"version {version.number}",
        before={key: change[0] for key, change in version.changes.items()},
        after={key: change[1] for key, change in version.changes.items()},
    )
    set_next_due(school, settings, now)
    db.session.flush()
    glance.refresh(school.id)
    return version


def set_next_due(school: School, settings: SyncSettings, after: datetime) -> None:
    """Plans a school's next daily sync; none if it is switched off or nothing is synced."""
    now = after
    school.next_due_day = school.next_due_at = None
    if school.unlinked_at is None and settings.schedule_enabled and settings.syncs_anything:
        school.next_due_day, school.next_due_at = _next_unpaused(school, settings, after)
    if school.next_due_at is None or school.next_due_at - after > _LONGER_THAN_A_NIGHT:
        school.missed_since = None  # nobody expects a sync during a pause
    if school.unlinked_at or not (settings.notify_digest and settings.notify_emails):
        school.next_digest_at = None
    elif school.next_digest_at is None or school.next_digest_at > now:  # else one is still due
        school.next_digest_at = next_digest(now, school.timezone)
    if school.unlinked_at or not settings.notify_emails:
        school.next_notice_at = None
    elif school.next_notice_at is None or school.next_notice_at > now:
        school.next_notice_at = next_notice(now, school.timezone, settings.calendar)


def _next_unpaused(
    school: School, settings: SyncSettings, after: datetime
) -> tuple[date, datetime]:
    """The next daily moment on a day that isn't paused."""
    if settings.pause_until is not None:
        paused = datetime.combine(settings.pause_until, time(), ZoneInfo(school.timezone))
        after = max(after, paused)
    for _ in range(MOST_DAYS):
        day, after = next_due(after, settings.schedule_time, school.timezone, school.clever_id)
        if not settings.pauses_on(day):
            break
    return day, after


def versions(school_id: int, limit: int = 20) -> Sequence[SettingsVersion]:
    """Newest first."""
    return db.session.scalars(
        select(SettingsVersion)
        .where(SettingsVersion.school_id == school_id)
        .order_by(SettingsVersion.number.desc())
        .limit(limit)
    ).all()
