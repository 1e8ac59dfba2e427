"""What a run that found nothing to do went by, so that the next one sees it at a glance."""

from collections.abc import Collection
from datetime import date
from hashlib import blake2b

import orjson
from sqlalchemy import delete, select, update

from roster_dash.extensions import db
from roster_dash.store.tables import Run, School, SettledSchool

_RULES = 1
"""Raised whenever the same roster, school and settings may lead to another plan than before."""


def note_change(school_id: int) -> None:
    """To be told of every write to a school's people, lists and memberships, and of decisions."""
    db.session.execute(
        update(School)
        .where(School.id == school_id)
        .values(content_version=School.content_version + 1)
        .execution_options(synchronize_session=False)
    )


def key_of(run: Run, answer_digest: str) -> str:
    """A digest of all that a run's plan goes by but the day."""
    school = run.school
    content = db.session.scalar(select(School.content_version).where(School.id == school.id))
    parts = (
        _RULES,
        answer_digest,
        content,
        run.settings_version_id,
        school.clever_id,
        school.timezone,
    )
    return blake2b(orjson.dumps(parts), digest_size=16).hexdigest()


def keep(run: Run, answer_digest: str, key: str, until: date | None) -> None:
    """Notes a run that found nothing to do; with no `until`, that the last one did something."""
    db.session.execute(delete(SettledSchool).where(SettledSchool.school_id == run.school_id))
    if until is not None:
        row = {"run_id": run.id, "answer": answer_digest, "key": key, "until": until}
        db.session.add(SettledSchool(school_id=run.school_id, **row))
        db.session.flush()


def answers_of(school_ids: Collection[int]) -> dict[int, str]:
    """School -> the digest of the answer with which it had nothing to do."""
    query = select(SettledSchool.school_id, SettledSchool.answer)
    rows = db.session.execute(query.where(SettledSchool.school_id.in_(school_ids)))
    return {row[0]: row[1] for row in rows}


def same_as(school: School, key: str, today: date) -> Run | None:
    """The run that met the same and found nothing to do, if what it says holds today."""
    row = db.session.get(SettledSchool, school.id, populate_existing=True)
    if row is None or row.key != key or today >= row.until:
        return None
    return db.session.get(Run, row.run_id)
