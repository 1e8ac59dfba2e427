"""The audit log: who did what, and nobody changes it afterwards."""

import pytest
from flask.testing import FlaskCliRunner
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from roster_dash.extensions import db
from roster_dash.store import audit
from roster_dash.store.audit import Actor, Did, Wanted
from roster_dash.store.tables import AuditEntry
from tests.builders import Builder


def entries() -> list[AuditEntry]:
    return list(db.session.query(AuditEntry).order_by(AuditEntry.id))


def test_a_save_of_settings_is_recorded_with_before_and_after(make: Builder) -> None:
    school = make.school()
    make.settings(school, students="on")
    newest = entries()[-1]
    assert (newest.action, newest.about) == (Did.SETTINGS_SAVED, "version 1")
    assert newest.before == {"students": "off"}
    assert newest.after == {"students": "on"}
    assert (newest.school_id, newest.district_id) == (school.id, school.district_id)


def test_whoever_is_at_work_is_in_every_entry(make: Builder) -> None:
    owner = make.owner(make.school())
    audit.acting(Actor(owner.id, owner.email, "192.0.2.7"))
    make.settings(make.school(), teachers="on")
    newest = entries()[-1]
    assert (newest.user_id, newest.who, newest.address) == (owner.id, owner.email, "192.0.2.7")


def test_commands_are_recorded_as_the_command_line(make: Builder, runner: FlaskCliRunner) -> None:
    school_id = make.school().id
    done = runner.invoke(args=["roster", "settings", str(school_id), "students=on"])
    assert done.exit_code == 0, done.output
    assert entries()[-1].who == "command line"


def test_the_database_refuses_to_change_an_entry(make: Builder) -> None:
    make.school()
    with pytest.raises(DBAPIError, match="append only"):
        db.session.execute(text("UPDATE audit_entries SET who = 'somebody else'"))
    db.session.rollback()
    assert all(entry.who == "system" for entry in entries())


def test_an_account_sees_what_concerns_the_schools_it_answers_for(make: Builder) -> None:
    here, elsewhere = make.school(), make.school()
    owner, manager, specialist = (
        make.owner(here),
        make.manager(here.district),
        make.specialist(),
    )
    make.settings(here, students="on")
    make.settings(elsewhere, students="on")

    def saved(user: object) -> set[int | None]:
        found = audit.find_entries(user, Wanted(kind="settings"))  # type: ignore[arg-type]
        return {entry.school_id for entry in found}

    assert saved(owner) == saved(manager) == {here.id}
    assert saved(specialist) == {here.id, elsewhere.id}
