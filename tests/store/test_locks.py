"""Who locks a school's row keeps off others who decide about it, and nobody else."""

import os

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from roster_dash.extensions import db
from roster_dash.store import audit, schools
from roster_dash.store.audit import Did
from roster_dash.store.tables import School
from roster_dash.store.transactions import commit, rollback
from tests.builders import Builder

pytestmark = pytest.mark.skipif(
    "TEST_DATABASE_URL" not in os.environ, reason="SQLite has one lock for everything"
)


@pytest.fixture
def school(make: Builder) -> School:
    school = make.school()
    commit()
    return school


def impatient() -> None:
    db.session.execute(text("SET LOCAL lock_timeout = '2s'"))


def write_a_row_of(school: School) -> None:
    audit.record(Did.SETTINGS_SAVED, school=school, about="version 1")
    db.session.flush()


def test_who_has_written_a_row_of_the_school_keeps_nobody_from_deciding_about_it(
    school: School,
) -> None:
    with Session(db.engine) as other:
        other.execute(
            text(
                "INSERT INTO settings_versions (school_id, number, values, changes, saved_at)"
                " VALUES (:school, 1, '{}', '{}', now())"
            ),
            {"school": school.id},
        )
        write_a_row_of(school)
        impatient()
        schools.lock_school(school.id)  # or both would wait for each other in the end
        rollback()


def test_two_dont_decide_about_a_school_at_once(school: School) -> None:
    with Session(db.engine) as other:
        other.execute(
            text("SELECT id FROM schools WHERE id = :id FOR NO KEY UPDATE"), {"id": school.id}
        )
        impatient()
        with pytest.raises(OperationalError, match="lock timeout"):
            schools.lock_school(school.id)
        rollback()
