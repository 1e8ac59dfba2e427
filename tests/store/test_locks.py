"""PostgreSQL, where several write at once: who waits for whom, and what a lost connection is."""

import os
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session

from roster_dash.extensions import db
from roster_dash.roster.errors import BadInput
from roster_dash.roster.records import Status
from roster_dash.store import audit, bulk, edits, privacy, schools
from roster_dash.store.audit import Did
from roster_dash.store.tables import Beat, PersonRow, School
from roster_dash.store.transactions import commit, is_conflict, is_passing, rollback
from tests.builders import Builder, a_snapshot, a_student

pytestmark = [
    pytest.mark.usefixtures("app"),
    pytest.mark.skipif(
        "TEST_DATABASE_URL" not in os.environ, reason="SQLite has one lock for everything"
    ),
]


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


def test_two_edits_of_one_person_at_once_are_both_kept(school: School, make: Builder) -> None:
    make.synced(school, a_snapshot([a_student("s", grade="9")]))
    owner = make.owner(school)
    row = db.session.scalars(select(PersonRow)).one()
    commit()
    _ = row.set_here  # as it is before the other one edits
    with Session(db.engine) as other:
        other.execute(
            text("UPDATE people SET set_here = '[\"grade\"]' WHERE id = :id"), {"id": row.id}
        )
        other.commit()
    edits.edit_person(row, {"email": "own@school.example"}, owner.id)
    assert row.set_here == ["email", "grade"]


class Fatal(dict[str, object]):
    """A row during whose writing something happens to the connection."""

    def __init__(self, happens: Callable[[], object], **values: object) -> None:
        super().__init__(**values)
        self._happens = happens

    def __getitem__(self, name: str) -> object:
        happens, self._happens = self._happens, lambda: None
        happens()
        return super().__getitem__(name)


def end_connection() -> None:
    """The server ends this session's connection, as when it is shut down."""
    pid = db.session.connection().connection.driver_connection.info.backend_pid  # type: ignore[union-attr]
    with Session(db.engine) as other:
        other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
        other.commit()


def test_a_connection_that_is_lost_while_rows_are_copied_is_a_fault_that_passes() -> None:
    db.session.execute(text("SELECT 1"))
    row = Fatal(end_connection, name="beat", at=datetime.now(UTC))
    with pytest.raises(DBAPIError) as lost:
        bulk.insert(Beat, [row] * 3)
    assert is_passing(lost.value)
    rollback()
    assert db.session.scalar(text("SELECT 1")) == 1


def test_a_row_that_somebody_else_has_added_meanwhile_is_a_conflict() -> None:
    row = {"name": "the same", "at": datetime.now(UTC)}
    with pytest.raises(DBAPIError) as refused:
        bulk.insert(Beat, [row, row])
    assert is_conflict(refused.value)


def test_whoever_is_brought_back_meanwhile_is_not_erased(school: School, make: Builder) -> None:
    make.synced(school, a_snapshot([a_student("s")]))
    row = db.session.scalars(select(PersonRow)).one()
    row.status = Status.ARCHIVED
    commit()
    assert row.status == "archived"  # as it was when somebody asked for it
    with Session(db.engine) as other:
        other.execute(text("UPDATE people SET status = 'active'"))
        other.commit()
    with pytest.raises(BadInput, match="Only somebody archived"):
        privacy.erase(school, [row])
