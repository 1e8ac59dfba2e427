"""Policy versions of districts: every Save is one, the newest holds."""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import func, select

from roster_dash import clock
from roster_dash.extensions import db
from roster_dash.roster.errors import BadInput
from roster_dash.roster.policy import SHARED, Policy
from roster_dash.roster.settings import SyncSettings, from_flat
from roster_dash.store import audit
from roster_dash.store.audit import Did
from roster_dash.store.tables import PolicyVersion, School, SettingsVersion


def latest_version(district_id: int) -> PolicyVersion | None:
    return db.session.scalar(
        select(PolicyVersion)
        .where(PolicyVersion.district_id == district_id)
        .order_by(PolicyVersion.number.desc())
        .limit(1)
    )


def version_of(district_id: int, number: int) -> PolicyVersion | None:
    return db.session.scalar(
        select(PolicyVersion).where(
            PolicyVersion.district_id == district_id, PolicyVersion.number == number
        )
    )


def policy_of(version: PolicyVersion | None) -> Policy | None:
    """Keys that this version of the product doesn't know are dropped."""
    if version is None:
        return None
    return Policy(from_flat(version.values), frozenset(version.locked) & frozenset(SHARED))


def load_policy(district_id: int) -> Policy | None:
    return policy_of(latest_version(district_id))


def followed_by(school: School) -> Policy | None:
    """The version that a school followed last."""
    return policy_of(version_of(school.district_id, school.policy_number))


def check(district_id: int, settings: SyncSettings) -> None:
    """Errors: BadInput if a school's settings differ in what its district has locked."""
    policy = load_policy(district_id)
    if policy and (broken := policy.broken_by(settings)):
        told = "; ".join(
            f"{key} is “{ours}”, not “{wanted}”" for key, (ours, wanted) in broken.items()
        )
        raise BadInput(f"The district has locked this for all its schools: {told}.")


def save_policy(
    district_id: int, settings: SyncSettings, locked: Collection[str], user_id: int | None
) -> PolicyVersion:
    """A new version. Schools follow it later, each in a transaction of its own."""
    latest = latest_version(district_id)
    before = policy_of(latest) or Policy(SyncSettings())
    changes: dict[str, Sequence[str]] = dict(before.settings.differences(settings))
    kept = [key for key in SHARED if key in locked]
    was = [key for key in SHARED if key in before.locked]
    if kept != was:
        changes["locked"] = (", ".join(was), ", ".join(kept))
    version = PolicyVersion(
        district_id=district_id,
        number=latest.number + 1 if latest else 1,
        values=settings.flat(),
        locked=kept,
        changes=changes,
        saved_by_id=user_id,
        saved_at=clock.now(),
    )
    db.session.add(version)
    audit.record(
        Did.POLICY_SAVED,
        district_id=district_id,
        about=f"version {version.number}",
        before={key: change[0] for key, change in changes.items()},
        after={key: change[1] for key, change in changes.items()},
    )
    db.session.flush()
    return version


def versions(district_id: int, limit: int = 20) -> Sequence[PolicyVersion]:
    """Newest first."""
    return db.session.scalars(
        select(PolicyVersion)
        .where(PolicyVersion.district_id == district_id)
        .order_by(PolicyVersion.number.desc())
        .limit(limit)
    ).all()


def behind(district_id: int | None = None, limit: int = 500) -> Sequence[int]:
    """Linked schools that don't follow their district's newest version yet."""
    newest = (
        select(func.max(PolicyVersion.number))
        .where(PolicyVersion.district_id == School.district_id)
        .correlate(School)
        .scalar_subquery()
    )
    query = select(School.id).where(School.policy_number < newest, School.unlinked_at.is_(None))
    if district_id is not None:
        query = query.where(School.district_id == district_id)
    return db.session.scalars(query.order_by(School.id).limit(limit)).all()


def settings_of_schools(district_id: int) -> Sequence[tuple[School, SyncSettings | None]]:
    """A district's linked schools, by name, with their newest settings; None if never saved."""
    newest = (
        select(SettingsVersion.school_id, func.max(SettingsVersion.number).label("number"))
        .join(School, School.id == SettingsVersion.school_id)
        .where(School.district_id == district_id)
        .group_by(SettingsVersion.school_id)
        .subquery()
    )
    query = (
        select(School, SettingsVersion.values)
        .outerjoin(newest, newest.c.school_id == School.id)
        .outerjoin(
            SettingsVersion,
            (SettingsVersion.school_id == School.id) & (SettingsVersion.number == newest.c.number),
        )
        .where(School.district_id == district_id, School.unlinked_at.is_(None))
        .order_by(School.name, School.id)
    )
    rows = db.session.execute(query).all()
    return [(school, _settings(values)) for school, values in rows]


def _settings(values: Mapping[str, str] | None) -> SyncSettings | None:
    return None if values is None else from_flat(values)
