"""Test connection names each state with its fix; linking and unlinking keep people as they are."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from roster_dash.extensions import db
from roster_dash.roster.errors import NotLinked
from roster_dash.store import runs, schools
from roster_dash.store.tables import District, School
from roster_dash.store.transactions import commit
from tests.builders import Builder, a_snapshot, a_student
from tests.clever import Clever
from tests.visitor import Visitor

VisitAs = Callable[..., Visitor]


@pytest.fixture
def school(make: Builder, clever: Clever) -> School:
    district = make.district(clever.district.name, clever.district.id, clever.district.token)
    return make.school(district, clever.schools[0].name, clever.schools[0].id)


def found_on(visitor: Visitor, school: School) -> str:
    page = f"/schools/{school.id}/connection"
    return visitor.post(f"{page}/test", page=page, htmx=True).text


def test_a_good_connection_says_what_was_found(
    make: Builder, school: School, clever: Clever, visit_as: VisitAs
) -> None:
    found = found_on(visit_as(make.owner(school)), school)
    assert f"{clever.district.name} answers." in found
    assert "31 students, 2 teachers" in found
    assert "students have a primary contact." in found
    assert "classes in 2 terms." in found
    assert "Broken" not in found
    assert clever.district.token not in found


def unapproved(clever: Clever) -> None:
    clever.revoke_token()


STATES: dict[str, tuple[Callable[[Clever], None], str, str]] = {
    "nothing shared": (
        lambda clever: clever.share(schools=[]),
        "shares no school with it yet",
        "choose the schools to share",
    ),
    "this school not shared": (
        lambda clever: clever.share(schools=[clever.schools[1].id]),
        "is not shared with us; 1 other schools are",
        "Sharing, and share",
    ),
    "staff not shared": (
        lambda clever: clever.share(staff=False),
        "No staff are shared.",
        "switch on Staff",
    ),
    "contacts not shared": (
        lambda clever: clever.share(contacts=False),
        "No parent contacts are shared.",
        "switch on Student contacts",
    ),
    "sections not shared": (
        lambda clever: clever.share(sections=[]),
        "No classes are shared.",
        "switch on Sections",
    ),
    "paused": (
        lambda clever: clever.act("state", state="paused") and None,
        "has paused its sync in Clever until",
        "end the pause",
    ),
    "pending": (
        lambda clever: clever.act("state", state="pending") and None,
        "an error that the district can fix",
        "district dashboard",
    ),
    "in error": (
        lambda clever: clever.act("state", state="error") and None,
        "an error that Clever must fix",
        "Clever’s support",
    ),
    "token revoked, app no longer approved": (
        unapproved,
        "has not approved Roster Dash",
        "accept its request",
    ),
    "out of reach": (
        lambda clever: clever.fault("status", status=501, times=0),
        "status 501",
        "Try again",
    ),
}


@pytest.mark.parametrize("name", STATES)
def test_each_state_has_its_own_sentence_and_fix(
    name: str, make: Builder, school: School, clever: Clever, visit_as: VisitAs
) -> None:
    bring_about, what, fix = STATES[name]
    bring_about(clever)
    found = found_on(visit_as(make.owner(school)), school)
    assert what in found
    assert fix in found
    assert "Who:" in found


def test_a_revoked_token_without_client_secret_is_told_as_such(
    make: Builder, school: School, clever: Clever, visit_as: VisitAs, app: Any
) -> None:
    app.config["ROSTER_DASH"] = replace(app.config["ROSTER_DASH"], clever_client_secret="")
    clever.revoke_token()
    found = found_on(visit_as(make.owner(school)), school)
    assert "the token was revoked, or the app was disconnected" in found


def test_the_page_works_without_javascript(
    make: Builder, school: School, visit_as: VisitAs
) -> None:
    page = f"/schools/{school.id}/connection"
    answer = visit_as(make.owner(school)).post(f"{page}/test", page=page).text
    assert "<html" in answer
    assert "31 students" in answer


def test_an_owner_tests_but_does_not_link_or_unlink(
    make: Builder, school: School, visit_as: VisitAs
) -> None:
    visitor = visit_as(make.owner(school))
    page = f"/schools/{school.id}/connection"
    assert "Unlink" not in visitor.get(page).text
    assert visitor.post(f"{page}/unlink", page=page).status_code == 404
    assert visitor.get(f"/districts/{school.district_id}/connection").status_code == 404
    assert visitor.post("/districts", page=page).status_code == 404
    assert visitor.post(f"/districts/{school.district_id}/disconnect", page=page).status_code == 404


def test_an_unlinked_school_keeps_its_people_and_is_matched_when_linked_again(
    make: Builder, school: School, clever: Clever, visit_as: VisitAs
) -> None:
    make.settings(school, students="on")
    make.synced(school, a_snapshot([a_student()]))
    visitor = visit_as(make.manager(school.district))
    page = f"/schools/{school.id}/connection"
    visitor.post(f"{page}/unlink", page=page)
    assert "Not linked to Clever any more" in visitor.get(page).text
    assert "1 people here stay" in visitor.get(page).text
    assert school.next_due_at is None
    with pytest.raises(NotLinked):
        runs.request_run(school.id, runs.Trigger.MANUAL)
    commit()
    told = visitor.post(f"/schools/{school.id}/sync", page=page)
    assert told.status_code == 409
    assert "not linked to Clever any more" in told.text
    path = f"/districts/{school.district_id}"
    assert "Linked" not in visitor.get(f"{path}/connection").text.split("<tbody>")[1]
    visitor.post(f"{path}/link", {"school": school.clever_id}, page=f"{path}/connection")
    linked = schools.find_school(school.clever_id)
    assert (linked.id, linked.unlinked_at, linked.timezone) == (school.id, None, "America/Chicago")
    assert linked.next_due_at is not None
    commit()


def test_a_specialist_connects_a_district_and_links_a_school(
    make: Builder, clever: Clever, visit_as: VisitAs
) -> None:
    visitor = visit_as(make.specialist())
    form = {"name": "Riverdale", "clever_id": clever.district.id}
    assert visitor.post("/districts", form, page="/districts").status_code == 303
    page = visitor.get("/districts/1/connection").text
    assert all(school.name in page for school in clever.schools)
    form = {"school": clever.schools[1].id, "timezone": "Europe/Berlin"}
    answer = visitor.post("/districts/1/link", form, page="/districts/1/connection")
    assert answer.location == "/schools/1/connection"
    assert schools.find_school(clever.schools[1].id).timezone == "Europe/Berlin"
    commit()


@pytest.mark.parametrize("token", ["SECRET wrong", "SECRETwrong"])
def test_a_token_that_does_not_work_connects_nothing_and_is_not_repeated(
    token: str, make: Builder, clever: Clever, visit_as: VisitAs
) -> None:
    visitor = visit_as(make.specialist())
    form = {"name": "Riverdale", "clever_id": "65a0ffff", "token": token}
    answer = visitor.post("/districts", form, page="/districts")
    assert answer.status_code == 422
    assert "SECRET" not in answer.text
    assert schools.all_districts() == []


def test_disconnecting_erases_the_token_and_stops_all_syncs(
    make: Builder, school: School, clever: Clever, visit_as: VisitAs
) -> None:
    make.settings(school, students="on")
    visitor = visit_as(make.manager(school.district))
    path = f"/districts/{school.district_id}"
    visitor.post(f"{path}/disconnect", page=f"{path}/connection")
    district = db.session.get_one(District, school.district_id)
    assert district.token is None
    assert school.next_due_at is None
    commit()
    assert "Its token is erased" in visitor.get(f"{path}/connection").text
    clever.forget_requests()
    assert "is disconnected" in found_on(visitor, school)
    assert clever.requested() == []
