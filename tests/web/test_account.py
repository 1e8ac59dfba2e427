"""Logging in and out, and what an account may see."""

from collections.abc import Callable

import pytest

from roster_dash.extensions import db
from roster_dash.store import passwords
from tests.builders import Builder
from tests.visitor import Visitor


def test_logging_in_leads_an_owner_of_one_school_to_its_rostering(
    make: Builder, visitor: Visitor
) -> None:
    school = make.school()
    answer = visitor.log_in(make.owner(school))
    assert (answer.status_code, answer.location) == (303, "/")
    assert visitor.get("/").location == f"/schools/{school.id}/rostering"


def test_a_wrong_password_is_told_and_opens_nothing(make: Builder, visitor: Visitor) -> None:
    answer = visitor.log_in(make.owner(make.school()), password="wrong")
    assert answer.status_code == 422
    assert "not right" in answer.text
    assert visitor.get("/schools").status_code == 303


def test_nobody_waits_for_the_database_while_a_password_is_compared(
    make: Builder, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    user, compare, in_transaction = make.owner(make.school()), passwords.is_right, []

    def is_right(password: str, hashed: str | None) -> bool:
        in_transaction.append(db.session().in_transaction())
        return compare(password, hashed)

    monkeypatch.setattr(passwords, "is_right", is_right)
    assert visitor.log_in(user).status_code == 303
    assert in_transaction == [False]


def test_an_unknown_address_gets_the_same_answer(make: Builder, visitor: Visitor) -> None:
    form = {"email": "nobody@school.example", "password": "wrong"}
    answer = visitor.post("/login", form, page="/login")
    assert answer.status_code == 422
    assert "not right" in answer.text


@pytest.mark.parametrize(
    ("asked", "led_to"),
    [
        ("/runs/3", "/runs/3"),
        ("//evil.example/", "/"),
        ("https://evil.example/", "/"),
        ("/\\evil.example", "/"),
    ],
)
def test_log_in_leads_back_to_our_own_pages_only(
    make: Builder, visitor: Visitor, asked: str, led_to: str
) -> None:
    user = make.owner(make.school())
    form = {"email": user.email, "password": "correct horse battery"}
    assert visitor.post(f"/login?next={asked}", form, page="/login").location == led_to


def test_logging_out_ends_it(
    make: Builder, visitor: Visitor, visit_as: Callable[..., Visitor]
) -> None:
    visit_as(make.owner(make.school()))
    visitor.post("/logout", page="/schools")
    assert visitor.get("/schools").location == "/login?next=/schools"


def test_who_is_logged_out_is_asked_to_log_in_and_brought_back(visitor: Visitor) -> None:
    answer = visitor.get("/schools/1/history?status=failed")
    assert answer.status_code == 303
    assert answer.location == "/login?next=/schools/1/history?status%3Dfailed"


def test_a_part_of_a_page_asked_for_while_logged_out_sends_the_whole_page_to_log_in(
    visitor: Visitor,
) -> None:
    answer = visitor.get("/schools/1/rostering/state", htmx=True)
    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"] == "/login"


def test_a_form_without_its_token_changes_nothing(
    make: Builder, visit_as: Callable[..., Visitor]
) -> None:
    school = make.school()
    visitor = visit_as(make.owner(school))
    path = f"/schools/{school.id}/sync"
    answer = visitor.post(path, {"csrf_token": "forged"}, page=f"/schools/{school.id}/rostering")
    assert answer.status_code == 400
    assert "No run yet" in visitor.get(f"/schools/{school.id}/history").text


def test_an_owner_sees_own_schools_a_manager_the_districts_a_specialist_all(
    make: Builder, visitor: Visitor
) -> None:
    here, elsewhere = make.district(), make.district("Hillside")
    own, other = make.school(here, "Own High"), make.school(here, "Other High")
    foreign = make.school(elsewhere, "Foreign High")
    seen = {
        make.owner(own): {own},
        make.manager(here): {own, other},
        make.specialist(): {own, other, foreign},
    }
    for user, schools in seen.items():
        visitor.log_in(user)
        for school in (own, other, foreign):
            expected = 200 if school in schools else 404
            assert visitor.get(f"/schools/{school.id}/rostering").status_code == expected
        visitor.post("/logout", page="/schools")


def test_every_page_of_a_foreign_school_does_not_exist(
    make: Builder, visit_as: Callable[..., Visitor]
) -> None:
    own, foreign = make.school(), make.school()
    run = make.run(foreign, "queued")
    visitor = visit_as(make.owner(own))
    for path in (
        f"/schools/{foreign.id}/rostering",
        f"/schools/{foreign.id}/rostering/state",
        f"/schools/{foreign.id}/history",
        f"/runs/{run.id}",
        f"/runs/{run.id}/operations/person/create",
    ):
        answer = visitor.get(path)
        assert (path, answer.status_code) == (path, 404)
        assert foreign.name not in answer.text or foreign.name == own.name
    for path in (
        f"/schools/{foreign.id}/rostering",
        f"/schools/{foreign.id}/sync",
        f"/runs/{run.id}/cancel",
    ):
        assert visitor.post(path, page="/schools").status_code == 404
    assert visitor.get("/runs/9999").status_code == 404


def test_answers_keep_other_sites_and_caches_away(
    make: Builder, visit_as: Callable[..., Visitor]
) -> None:
    headers = visit_as(make.owner(make.school())).get("/schools").headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]


def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(
    make: Builder, visitor: Visitor
) -> None:
    cookie = visitor.log_in(make.owner(make.school())).headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
