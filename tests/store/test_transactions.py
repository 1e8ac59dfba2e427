"""Transactions that only read, and those that wait for others who write."""

import threading

import pytest
from sqlalchemy import select, text

from roster_dash.extensions import db
from roster_dash.store.tables import School
from roster_dash.store.transactions import commit, reading, rollback
from tests.builders import Builder


@pytest.fixture
def school(make: Builder) -> School:
    school = make.school()
    commit()
    return school


def test_what_only_reads_waits_for_nobody_who_writes(school: School) -> None:
    school_id = school.id
    rollback()
    with db.engine.connect() as somebody:
        somebody.execute(text("UPDATE schools SET name = 'Other'"))
        with reading():
            assert db.session.scalar(select(School.id)) == school_id
            assert db.session.scalar(select(School.name)) != "Other"


def test_after_reading_the_session_writes_again(school: School) -> None:
    with reading():
        assert db.session.scalar(select(School.id))
    school.name = "Renamed"
    commit()
    assert db.session.scalar(select(School.name)) == "Renamed"


def test_who_writes_goes_on_when_somebody_else_has_finished_writing(school: School) -> None:
    school_id = school.id
    rollback()
    somebody = db.engine.connect()
    somebody.execute(text("UPDATE schools SET name = 'First'"))
    soon = threading.Timer(0.2, lambda: (somebody.commit(), somebody.close()))
    soon.start()
    db.session.execute(
        text("UPDATE schools SET name = name || ', second' WHERE id = :id"), {"id": school_id}
    )
    commit()
    soon.join()
    assert db.session.scalar(select(School.name)) == "First, second"
