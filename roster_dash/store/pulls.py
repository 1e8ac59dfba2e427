"""Schools' parts of a pull of their district, on their way from who pulled it to their runs."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select, update

from roster_dash.extensions import db
from roster_dash.store.tables import District, PulledAnswer, Run, School
from roster_dash.store.triggers import BY_ITSELF
from roster_dash.store.upsert import upsert


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """`payload` is None where the answer is the one with which the school had nothing to do."""

    digest: str
    about: Mapping[str, str]
    payload: bytes | None


def keep(school_id: int, answer: StoredAnswer, pulled_at: datetime) -> None:
    """In place of one that nobody took. What came to the source since `pulled_at` isn't in it."""
    payload = None if answer.payload is None else zlib.compress(answer.payload, 1)
    values = {
        "pulled_at": pulled_at,
        "digest": answer.digest,
        "about": dict(answer.about),
        "payload": payload,
    }
    statement = upsert(PulledAnswer).values(school_id=school_id, **values)
    db.session.execute(statement.on_conflict_do_update(index_elements=["school_id"], set_=values))


def take(school_id: int, since: datetime) -> StoredAnswer | None:
    """A school's part of a pull that isn't older than `since`; nobody gets it twice."""
    row = db.session.get(PulledAnswer, school_id, populate_existing=True)
    if row is None:
        return None
    is_new = row.pulled_at >= since
    taken = StoredAnswer(
        row.digest, row.about, None if row.payload is None else zlib.decompress(row.payload)
    )
    db.session.delete(row)
    db.session.flush()
    return taken if is_new else None


def forget(school_id: int) -> None:
    """It is no newer than what a run has gone by."""
    db.session.execute(delete(PulledAnswer).where(PulledAnswer.school_id == school_id))


def forget_of_district(district_id: int) -> None:
    """All its schools' parts are older than what has come now."""
    schools = select(School.id).where(School.district_id == district_id)
    db.session.execute(
        delete(PulledAnswer)
        .where(PulledAnswer.school_id.in_(schools))
        .execution_options(synchronize_session=False)
    )


def forget_old(before: datetime) -> None:
    """What nobody took in time."""
    db.session.execute(delete(PulledAnswer).where(PulledAnswer.pulled_at < before))


def waiting_schools(district_id: int) -> dict[str, int]:
    """Schools whose runs are queued that nobody asked for: id at the source -> id here."""
    rows = db.session.execute(
        select(School.clever_id, School.id)
        .join(Run, Run.school_id == School.id)
        .where(
            School.district_id == district_id,
            School.unlinked_at.is_(None),
            Run.status == "queued",
            Run.trigger.in_(BY_ITSELF),
        )
    )
    return {row[0]: row[1] for row in rows}


def may_pull(district_id: int, now: datetime) -> bool:
    """Unless it was found lately that schools are better asked for one by one."""
    until = db.session.scalar(select(District.no_pull_until).where(District.id == district_id))
    return until is None or until <= now


def put_off(district_id: int, until: datetime) -> None:
    """No pull of the district before then."""
    db.session.execute(
        update(District)
        .where(District.id == district_id)
        .values(no_pull_until=until)
        .execution_options(synchronize_session=False)
    )
