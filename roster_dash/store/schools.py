"""Districts and linked schools, and finding them by our id or by Clever's."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, select, update

from roster_dash import clock
from roster_dash.extensions import db
from roster_dash.roster.errors import BadInput, UnknownThing
from roster_dash.roster.origin import Origin
from roster_dash.roster.records import SharedSchool
from roster_dash.store import accepted, audit
from roster_dash.store.audit import Did
from roster_dash.store.tables import District, PlannedSwitch, Run, School

DEFAULT_TIMEZONE = "America/New_York"
LONGEST_ID = 64


def save_district(
    name: str,
    clever_id: str,
    token: bytes | None,
    *,
    source: str = "clever",
    connection: Mapping[str, str] | None = None,
) -> District:
    """Connects a district, or connects it anew with another name and token."""
    district = db.session.scalar(select(District).where(District.clever_id == clever_id))
    if district is None:
        district = District(clever_id=clever_id, created_at=clock.now())
    district.name = name
    district.token = token
    district.source, district.connection = source, dict(connection or {})
    district.disconnected_at = None
    forget_outage(district)
    db.session.add(district)
    db.session.flush()
    audit.record(Did.DISTRICT_CONNECTED, district_id=district.id, about=name)
    return district


def forget_outage(district: District) -> None:
    """Its source isn't down, as far as is known."""
    district.outage_since = district.retry_at = district.outage_told_at = None
    district.outage_attempts = 0


def save_token(district_id: int, token: bytes) -> None:
    db.session.get_one(District, district_id).token = token
    db.session.flush()


def link_school(district: District, shared: SharedSchool, timezone: str | None) -> School:
    """Links a shared school; linking it again renews its name, and its zone if one is given.

    Errors: BadInput for an unknown zone, or an id that is too long.
    """
    try:
        ZoneInfo(timezone or DEFAULT_TIMEZONE)
    except (KeyError, ValueError, OSError):
        raise BadInput(
            f"There is no time zone “{timezone}”; say one like America/Chicago."
        ) from None
    if len(shared.source_id) > LONGEST_ID:
        raise BadInput(
            f"The id of {shared.name or 'a school'} at its source has {len(shared.source_id)} "
            f"characters; at most {LONGEST_ID} are possible."
        )
    school = db.session.scalar(select(School).where(School.clever_id == shared.source_id))
    if school is None:
        school = School(
            clever_id=shared.source_id, created_at=clock.now(), timezone=DEFAULT_TIMEZONE
        )
    if school.district_id != district.id:
        school.policy_number = 0
    school.district_id = district.id
    school.name = shared.name or f"School {shared.source_id}"
    school.timezone = timezone or school.timezone
    school.unlinked_at = None
    db.session.add(school)
    db.session.flush()
    audit.record(Did.SCHOOL_LINKED, school=school, after={"timezone": school.timezone})
    return school


def unlink_school(school: School) -> None:
    """Stops a school's syncs. Its people, lists, settings and history stay."""
    lock_school(school.id)
    db.session.refresh(school)
    now = clock.now()
    school.unlinked_at = now
    school.next_due_at = school.next_due_day = school.next_digest_at = None
    forget_wish(school)
    _stop_runs(school.id, now)
    audit.record(Did.SCHOOL_UNLINKED, school=school)


def forget_wish(school: School) -> None:
    """No sync waits any more behind the one at work."""
    school.rerun_trigger = school.rerun_user_id = None
    school.rerun_day = school.rerun_told_at = None


def _stop_runs(school_id: int, now: datetime) -> None:
    """What is queued is cancelled; what is at work is asked to stop, and changes nothing."""
    of_school = update(Run).where(Run.school_id == school_id)
    of_school = of_school.execution_options(synchronize_session="fetch")
    message = "The school was unlinked before this began; nothing was changed."
    over = {"status": "cancelled", "message": message, "error": "cancelled", "finished_at": now}
    db.session.execute(of_school.where(Run.status == "queued").values(**over))
    db.session.execute(of_school.where(Run.status == "running").values(cancel_requested=True))


def disconnect_district(district: District) -> None:
    """Erases a district's token and unlinks its schools; linking again goes on where it was."""
    lock_schools_of(district.id)  # schools before their district, as everybody does
    district.token = None
    accepted.drop_all(district.id)
    accepted.drop_planned(PlannedSwitch.district_id == district.id)
    district.disconnected_at = clock.now()
    forget_outage(district)
    for school in district.schools:
        if school.unlinked_at is None:
            unlink_school(school)
    audit.record(Did.DISTRICT_DISCONNECTED, district_id=district.id, about=district.name)


def disconnected_named(name: str, source: str) -> District | None:
    """The one disconnected district of a kind of source that has this name."""
    query = select(District).where(District.name == name, District.source == source)
    found = db.session.scalars(query.where(District.disconnected_at.is_not(None)).limit(2)).all()
    return found[0] if len(found) == 1 else None


def by_source_id(clever_id: str) -> District | None:
    """The district that has this id at its source."""
    return db.session.scalar(select(District).where(District.clever_id == clever_id))


def get_district(district_id: int) -> District | None:
    return db.session.get(District, district_id)


def origin_of(district_id: int) -> Origin:
    return db.session.get_one(District, district_id).origin


def schools_of(district_id: int) -> Sequence[Row[Any]]:
    """(id, name, timezone, unlinked_at, next_due_at, missed_since, glance) of each school."""
    columns = (School.id, School.name, School.timezone, School.unlinked_at, School.next_due_at)
    query = select(*columns, School.missed_since, School.glance).where(
        School.district_id == district_id
    )
    return db.session.execute(query.order_by(School.name, School.id)).all()


def zone_of(district_id: int) -> str:
    """The time zone of a district's first school: what it is told is in it."""
    zones = select(School.timezone).where(School.district_id == district_id)
    return db.session.scalar(zones.order_by(School.id).limit(1)) or "UTC"


def all_districts() -> Sequence[District]:
    return db.session.scalars(select(District).order_by(District.name, District.id)).all()


def find_school(reference: str) -> School:
    """A linked school by our id or Clever's. Errors: UnknownThing."""
    school = db.session.scalar(select(School).where(School.clever_id == reference))
    if school is None and _is_id(reference):
        school = db.session.get(School, int(reference))
    if school is None:
        raise UnknownThing(
            f"There is no linked school “{reference}”. "
            "Name it by our id or Clever’s; `roster schools DISTRICT` lists them."
        )
    return school


def find_district(reference: str) -> District:
    """A connected district by our id or Clever's. Errors: UnknownThing."""
    district = db.session.scalar(select(District).where(District.clever_id == reference))
    if district is None and _is_id(reference):
        district = db.session.get(District, int(reference))
    if district is None:
        raise UnknownThing(
            f"There is no connected district “{reference}”. "
            "Name it by our id or Clever’s; `roster connect-district` connects one."
        )
    return district


def lock_school(school_id: int) -> None:
    """One at a time decides about a school's settings and runs; SQLite's write lock does that.

    Rows that refer to the school may be written meanwhile: a lock that kept them off would be
    waited for in a circle by two who have each written one.
    """
    query = select(School.id).where(School.id == school_id)
    db.session.execute(query.with_for_update(key_share=True))


def lock_district(district_id: int) -> District | None:
    """One at a time decides about a district's source, policy and outage; the row as it is now.

    Rows that refer to it may be written meanwhile.
    """
    return db.session.get(
        District, district_id, populate_existing=True, with_for_update={"key_share": True}
    )


def lock_schools_of(district_id: int) -> None:
    """The same of all schools of a district; what was read of them before is read anew."""
    query = select(School.id).where(School.district_id == district_id).order_by(School.id)
    db.session.execute(query.with_for_update(key_share=True))
    db.session.expire_all()


def get_school(school_id: int) -> School | None:
    return db.session.get(School, school_id)


def all_schools() -> Sequence[School]:
    return db.session.scalars(select(School).order_by(School.name, School.id)).all()


def due_school_ids(now: datetime) -> Sequence[int]:
    """Schools whose daily sync is due, longest waiting first."""
    return db.session.scalars(
        select(School.id).where(School.next_due_at <= now).order_by(School.next_due_at, School.id)
    ).all()


def due_digest_ids(now: datetime) -> Sequence[int]:
    """Schools whose weekly digest is due."""
    return db.session.scalars(
        select(School.id).where(School.next_digest_at <= now).order_by(School.id)
    ).all()


def due_notice_ids(now: datetime) -> Sequence[int]:
    """Schools whose calendar changes something tomorrow, which nobody has been told yet."""
    return db.session.scalars(
        select(School.id).where(School.next_notice_at <= now).order_by(School.id)
    ).all()


def linked_clever_ids(district: District) -> dict[str, int]:
    """Clever's school id -> our id, of a district's linked schools."""
    return {
        school.clever_id: school.id for school in district.schools if school.unlinked_at is None
    }


def all_clever_ids(district: District) -> set[str]:
    """Ids at the source of a district's schools, of those that are unlinked, too."""
    return {school.clever_id for school in district.schools}


def _is_id(reference: str) -> bool:
    return reference.isdecimal() and reference.isascii() and len(reference) < 10
