"""What was set by hand survives ten ordinary days and a new school year."""

import pytest
from sqlalchemy import select

from roster_dash.extensions import db
from roster_dash.roster.roles import Role
from roster_dash.store import edits
from roster_dash.store.tables import ListRow, Membership, PersonRow, School
from roster_dash.store.transactions import commit
from tests.builders import Builder
from tests.clever import Clever
from tests.cli.conftest import CommandLine

pytestmark = pytest.mark.slow

EVERYTHING = {
    f"{role}{part}": "on"
    for role in ("students", "teachers", "staff", "admins")
    for part in ("", ".auto_update", ".archive")
} | {
    "contacts": "primary",
    "class_lists": "on",
    "class_lists.terms": "all",
    "class_lists.grades": "all",
    "guard.removals.percent": "100",
    "guard.removals_7_days.percent": "100",
    "guard.lists.percent": "100",
    "grace.students": "0",
    "grace.adults": "0",
}


def test_edits_survive_ten_days_and_a_rollover(
    roster: CommandLine, make: Builder, clever: Clever
) -> None:
    clever.reset(size=60)
    district = make.district(clever.district.name, clever.district.id, clever.district.token)
    school: School = make.school(district, clever.schools[0].name, clever.schools[0].id)
    user = make.owner(school).id
    roster.ask("settings", school.clever_id, *(f"{k}={v}" for k, v in EVERYTHING.items()))
    roster.ask("sync", school.clever_id)
    young = (
        select(PersonRow).where(PersonRow.grade == "9").order_by(PersonRow.id)
    )  # they are here next year, too
    ana, ben, cho = db.session.scalars(young.limit(3)).all()
    titled, left_out = db.session.scalars(select(ListRow).order_by(ListRow.id).limit(2)).all()
    edits.edit_person(ana, {"preferred_name": "Annie", "contact_phone": "555-9999"}, user)
    edits.edit_person(ben, {"last_name": "Mine"}, user)
    edits.include_person(cho, False, user)
    before = {column.name: getattr(cho, column.name) for column in PersonRow.__table__.columns}
    guest = edits.add_person(school.id, Role.STAFF, {"last_name": "Guest"}, user)
    edits.edit_list(titled, {"title": "Period one", "visibility": "public"}, user)
    edits.put_on_list(titled, "managers", guest, user)
    edits.edit_list(left_out, {"included_in_sync": False}, user)
    people_left_out = members_of(left_out.id)
    commit()
    clever.change(cho.source_id or "", {"name.last": "Clever’s", "email": "new@x.example"})
    clever.change(ben.source_id or "", {"name.last": "Clever’s"})
    commit()
    for _ in range(10):
        clever.advance(1)
        roster.ask("sync", school.clever_id)
    clever.next_year()
    roster.ask("sync", school.clever_id)
    for row in (ana, ben, cho, guest, titled, left_out):
        db.session.refresh(row)
    assert (ana.preferred_name, ana.contact_phone, ben.last_name) == ("Annie", "555-9999", "Mine")
    assert ben.grade == "10"
    assert {name: getattr(cho, name) for name in before} == before
    assert (guest.status, guest.last_name) == ("active", "Guest")
    assert (titled.title, titled.visibility) == ("Period one", "public")
    assert (guest.id, "managers") in members_of(titled.id)
    assert (left_out.status, members_of(left_out.id)) == ("active", people_left_out)
    commit()


def members_of(list_id: int) -> set[tuple[int, str]]:
    rows = db.session.execute(
        select(Membership.person_id, Membership.side).where(Membership.list_id == list_id)
    )
    return {(row[0], row[1]) for row in rows}
