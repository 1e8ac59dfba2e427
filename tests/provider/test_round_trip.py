"""Our own consumer reads our own provider, and our own export, back to the same roster.

A school is synced from the sandbox Clever, and edited by hand. A second district takes it from
there: over the network, or as a zip. What it has then is compared with the school, column by
column.
"""

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner
from sqlalchemy import select

from roster_dash import sync
from roster_dash.arriving import accept, arrive
from roster_dash.connecting import connect_files, connect_oneroster
from roster_dash.connection import open_source
from roster_dash.extensions import db
from roster_dash.roster.difference import SIDES
from roster_dash.roster.roles import Role
from roster_dash.store import edits, export, past, runs, schools
from roster_dash.store.settled import note_change
from roster_dash.store.tables import District, ListRow, PersonRow, School
from roster_dash.store.transactions import commit
from tests.builders import ALL, Builder
from tests.clever import Clever
from tests.processes import free_port
from tests.provider.served import a_key, serving

pytestmark = pytest.mark.slow

EVERYTHING = ALL | {"admins": "on", "staff__auto_update": "on"}
NAMES = ('Ana, "Annie" María', "O’Brien-Łukasiewicz, Jr.", "李", "=1+1", "de la Cruz\u00a0Ñ")
GRADES = ("Other", "PostGraduate", "InfantToddler", "Ungraded", "KG", "9, 10", "13")
PERIODS = ("3,4", "A, B", "1 (A-B)")


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def environment(environment: dict[str, str], port: int) -> dict[str, str]:
    address = f"127.0.0.1:{port}"
    return environment | {"PUBLIC_URL": f"http://{address}", "OUTBOUND_ALLOW": address}


@pytest.fixture
def school(make: Builder, clever: Clever) -> School:
    """From Clever, with contacts, several roles and odd classes; then edited by hand."""
    _make_odd(clever)
    [school] = make.linked(clever, 1, **EVERYTHING)
    _sync(school)
    user = make.owner(school)
    students = _people(school, Role.STUDENT)
    for grade, person in zip(GRADES, students[10:], strict=False):
        edits.edit_person(person, {"grade": grade}, user.id)
    edits.edit_person(students[0], {"sis_id": "", "email": ""}, user.id)
    edits.edit_person(students[1], {"contact_relationship": "", "contact_name": "Cher"}, user.id)
    away = {f"contact_{name}": "" for name in ("name", "email", "phone")}
    edits.edit_person(students[2], away | {"contact_relationship": "Case Worker"}, user.id)
    edits.edit_person(students[3], dict.fromkeys(edits.CONTACT_COLUMNS, ""), user.id)
    edits.edit_person(students[4], {"preferred_name": "Kit, the 2nd"}, user.id)
    edits.archive_person(students[5], user.id)
    helper = edits.add_person(school.id, Role.STAFF, {"first_name": "By", "last_name": "Hand"}, 1)
    chess = ListRow(school_id=school.id, title='Chess; "Club", 1', term="Winter", course="Games")
    db.session.add(chess)
    db.session.flush()
    note_change(school.id)
    edits.put_on_list(chess, "managers", helper, user.id)
    edits.put_on_list(chess, "members", students[6], user.id)
    commit()
    return school


def _make_odd(clever: Clever) -> None:
    raw, here = clever.raw(), clever.schools[0].id
    students = [
        each
        for each in raw["users"]
        if each["roles"].get("student", {}).get("school") == here and len(each["roles"]) == 1
    ]
    for name, student in zip(NAMES, students, strict=False):
        clever.change(student["id"], {"name.first": name, "name.last": name[::-1].strip()})
    sections = [each for each in raw["sections"] if each["school"] == here and each["period"]]
    for period, section in zip(PERIODS, sections[8:], strict=False):
        clever.change(section["id"], {"period": period, "name": f"Art, “{period}”"})


def _people(school: School, role: Role) -> list[PersonRow]:
    rows = select(PersonRow).where(PersonRow.school_id == school.id).order_by(PersonRow.id)
    return [row for row in db.session.scalars(rows) if row.roles == [role]]


def _sync(school: School) -> None:
    run = runs.request_run(school.id, runs.Trigger.MANUAL)
    commit()
    done = sync.sync_run(run.id).run
    assert done.status == "succeeded", done.message


def _taken(district: District, make: Builder) -> School:
    """The one school that a district shares, once it is linked and synced."""
    [shared] = open_source(district).schools()
    commit()
    school = schools.link_school(district, shared, "America/Chicago")
    make.settings(school, **EVERYTHING)
    _sync(school)
    return school


def _known_as(school: School) -> dict[str, dict[str, object]]:
    """Everybody active by the id that they are served under."""
    state = past.people_at(school.id)
    return {row["source_id"] or f"local-{key}": row for key, row in state.active_people().items()}


def _all_of(
    school: School, read: Callable[[str], str] = str
) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    """Every column of people and lists; `read` is done to every id."""
    people = [{**row, "source_id": read(source_id)} for source_id, row in _known_as(school).items()]
    state = past.school_at(school.id)
    by_id = {row["title"]: f"local-{key}" for key, row in state.lists.items()}
    lists = []
    for row in export.export_lists(school.id, archived=False):
        sides = {side: sorted(map(read, str(row[side]).split(";"))) for side in SIDES}
        source_id = read(str(row["source_id"] or by_id[str(row["title"])]))
        lists.append(
            {
                **row,
                **sides,
                "source_id": source_id,
                "synced_title": row["synced_title"] or row["title"],
            }
        )
    return sorted(people, key=_id), sorted(lists, key=_id)


def _id(row: dict[str, object]) -> str:
    return str(row["source_id"])


def assert_same(school: School, taken: School) -> None:
    namespace = f"{taken.district.clever_id}."
    people, lists = _all_of(school)
    people_there, lists_there = _all_of(taken, lambda each: each.removeprefix(namespace))
    assert people_there == people
    assert lists_there == lists
    assert taken.name == school.name
    assert {"9, 10", "KG", "Other"} <= {row["grade"] for row in people}
    assert [row for row in people if len(row["roles"]) > 1]  # type: ignore[arg-type]
    assert [row for row in people if row["contact_name"]]
    assert {"term", "course", "grade", "period"} <= {
        name for row in lists for name in row if row[name] == ""
    }


@pytest.mark.parametrize("auth", ["oauth2", "bearer"])
def test_what_a_provider_serves_is_read_back_to_the_same_roster(
    auth: str, app: Flask, port: int, school: School, make: Builder
) -> None:
    key, base = a_key(school), f"http://127.0.0.1:{port}/ims/oneroster"
    typed = {
        "url": f"{base}/rostering/v1p2",
        "version": "1.2",
        "auth": auth,
        "key": key[:8] if auth == "oauth2" else "",
        "token_url": f"{base}/token" if auth == "oauth2" else "",
    }
    with serving(app, port):
        district = connect_oneroster("Taker", typed, key)
        taken = _taken(district, make)
        assert_same(school, taken)
        run = runs.request_run(taken.id, runs.Trigger.MANUAL)
        commit()
        assert sync.sync_run(run.id).run.size == 0


def test_what_is_exported_is_read_back_to_the_same_roster(
    school: School, make: Builder, runner: FlaskCliRunner, tmp_path: Path
) -> None:
    path, number = tmp_path / "out.zip", str(school.id)
    done = runner.invoke(args=["roster", "export", number, str(path), "--json"])
    assert done.exit_code == 0, done.output
    district = connect_files("Taker")
    arrived = arrive(district, path)
    assert list(arrived.notes) == []
    accept(district, arrived)
    assert_same(schools.find_school(number), _taken(district, make))


def test_what_was_taken_is_the_same_the_day_after(
    app: Flask, port: int, school: School, make: Builder, clever: Clever
) -> None:
    """Changes and leavers of Clever go through both."""
    key, base = a_key(school), f"http://127.0.0.1:{port}/ims/oneroster/rostering/v1p2"
    typed = {"url": base, "version": "1.2", "auth": "bearer", "key": "", "token_url": ""}
    with serving(app, port):
        taken = _taken(connect_oneroster("Taker", typed, key), make)
        student = _people(school, Role.STUDENT)[8]
        commit()
        clever.change(student.source_id or "", {"name.last": "Ångström, née Lee"})
        _sync(school)
        edits.archive_person(_people(school, Role.STUDENT)[9], 1)
        commit()
        make.settings(taken, **EVERYTHING, grace__students="0")
        _sync(taken)
        assert_same(school, taken)
