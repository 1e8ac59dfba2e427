"""From the request to the first sync: who is mailed, whose move it is, and what it leads to."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask

from roster_dash import jobs
from roster_dash.store import accounts, mails, requests, runs
from roster_dash.store.tables import School, SetupRequest
from roster_dash.store.transactions import commit
from tests.builders import Builder
from tests.clever import Clever
from tests.visitor import Visitor

VisitAs = Callable[..., Visitor]

FORM = {
    "district_name": "Riverdale",
    "school_name": "Lincoln High",
    "contact_name": "Ira Tee",
    "contact_email": "it@riverdale.example",
    "sis": "PowerSchool",
}


@pytest.fixture
def school(make: Builder, clever: Clever) -> School:
    district = make.district(clever.district.name, clever.district.id, clever.district.token)
    return make.school(district, clever.schools[0].name, clever.schools[0].id)


@pytest.fixture
def supported(app: Flask) -> None:
    """The installation has somebody who is asked for help."""
    config = replace(app.config["ROSTER_DASH"], support_email="support@operator.example")
    app.config["ROSTER_DASH"] = config


def send_due_mails() -> None:
    for mail_id in mails.due_mail_ids():
        commit()
        jobs.send_mail(mail_id)
    commit()


def the_request() -> SetupRequest:
    request = requests.get_request(1)
    assert request is not None
    commit()
    return request


def test_a_request_is_stored_mailed_to_support_and_confirmed(
    make: Builder, school: School, clever: Clever, visit_as: VisitAs, supported: None
) -> None:
    visitor = visit_as(make.owner(make.school()))
    answer = visitor.post("/requests/new", FORM, page="/requests/new")
    assert answer.location == "/requests/1"
    page = visitor.get("/requests/1").text
    assert "Whose move: Integration specialist." in page
    send_due_mails()
    mailed = {mail["to"][0]: mail for mail in clever.inbox()}
    assert set(mailed) == {"support@operator.example", "alice@school.example"}
    assert "it@riverdale.example" in mailed["support@operator.example"]["text"]
    assert mailed["alice@school.example"]["subject"] == "We have your request for Lincoln High"


@pytest.mark.parametrize(
    "missing", ["district_name", "school_name", "contact_name", "contact_email"]
)
def test_what_is_missing_is_named_and_what_was_typed_stays(
    missing: str, make: Builder, visit_as: VisitAs
) -> None:
    visitor = visit_as(make.owner(make.school()))
    answer = visitor.post("/requests/new", FORM | {missing: " "}, page="/requests/new")
    assert answer.status_code == 422
    assert "Please type" in answer.text
    assert "PowerSchool" in answer.text
    assert requests.get_request(1) is None
    commit()


def test_a_request_goes_step_by_step_to_the_mail_that_settings_can_be_made(
    make: Builder, school: School, clever: Clever, visitor: Visitor
) -> None:
    asker = make.owner(make.school())
    specialist = make.specialist()
    visitor.log_in(asker)
    visitor.post("/requests/new", FORM, page="/requests/new")
    visitor.post("/logout", page="/requests")
    visitor.log_in(specialist)
    page = "/requests/1"
    visitor.post(f"{page}/waiting", page=page)
    assert "The district’s Clever admin" in visitor.get("/requests").text
    visitor.post(f"{page}/link", {"school": school.id}, page=page)
    assert the_request().state == "linked"
    assert accounts.may_see_school(asker, school)
    commit()
    answer = visitor.post(f"{page}/first-sync", page=page)
    run_id = int(answer.location.rsplit("/", 1)[1])
    jobs.run_sync(run_id)
    assert runs.find_run(run_id).status == "succeeded"
    assert the_request().state == "done"
    send_due_mails()
    subjects = [mail["subject"] for mail in clever.inbox() if mail["to"] == [asker.email]]
    assert subjects[0] == "Lincoln High is ready: choose what is synced"
    visitor.post("/logout", page="/requests")
    visitor.log_in(asker)
    assert f"/schools/{school.id}/rostering" in visitor.get(page).text
    form = visitor.get(f"/schools/{school.id}/rostering").text
    assert "Grade 9" in form


def test_a_failed_first_sync_leaves_the_request_open(
    make: Builder, school: School, clever: Clever, visit_as: VisitAs
) -> None:
    visitor = visit_as(make.specialist())
    visitor.post("/requests/new", FORM, page="/requests/new")
    visitor.post("/requests/1/link", {"school": school.id}, page="/requests/1")
    clever.share(schools=[])
    answer = visitor.post("/requests/1/first-sync", page="/requests/1")
    jobs.run_sync(int(answer.location.rsplit("/", 1)[1]))
    assert the_request().state == "linked"


def test_a_request_is_its_askers_and_the_specialists_only(make: Builder, visitor: Visitor) -> None:
    asker, other = make.owner(make.school()), make.owner(make.school(), email="eve@x.example")
    visitor.log_in(asker)
    visitor.post("/requests/new", FORM, page="/requests/new")
    visitor.post("/logout", page="/requests")
    visitor.log_in(other)
    assert visitor.get("/requests/1").status_code == 404
    assert "Lincoln High" not in visitor.get("/requests").text
    forbidden: list[tuple[str, dict[str, Any]]] = [
        ("waiting", {}),
        ("link", {"school": 1}),
        ("first-sync", {}),
    ]
    for what, form in forbidden:
        assert visitor.post(f"/requests/1/{what}", form, page="/requests").status_code == 404
    assert the_request().state == "new"
