"""Log in with Clever, against the sandbox."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from flask import Flask

from roster_dash.extensions import db
from roster_dash.store.tables import AuditEntry, District, LoginSession, User
from roster_dash.store.transactions import commit
from tests.builders import Builder
from tests.clever import Clever
from tests.visitor import Visitor

VisitAs = Callable[..., Visitor]
HERE = "http://127.0.0.1:8000/login/clever"


@pytest.fixture
def district(make: Builder, clever: Clever) -> District:
    return make.district("Here", clever.district.id, clever.district.token)


def a_user(clever: Clever, role: str) -> dict[str, Any]:
    users = clever.raw()["users"]
    return next(user for user in users if role in user["roles"] and user.get("email"))


def begin(visitor: Visitor, path: str = "/login/clever") -> dict[str, str]:
    """What Clever is asked."""
    answer = visitor.get(path)
    assert answer.status_code == 303
    return {name: value[0] for name, value in parse_qs(urlsplit(answer.location).query).items()}


def go_to_clever(clever: Clever, asked: dict[str, str], user: str) -> str:
    """The path with which Clever sends the browser back."""
    answer = requests.get(
        f"{clever.url}/oauth/authorize",
        {**asked, "user": user},
        allow_redirects=False,
        timeout=10,
    )
    parts = urlsplit(answer.headers["Location"])
    return f"{parts.path}?{parts.query}"


def come_in(visitor: Visitor, clever: Clever, user: dict[str, Any]) -> Any:
    return visitor.get(go_to_clever(clever, begin(visitor), user["id"]))


def is_in(visitor: Visitor) -> bool:
    return visitor.get("/account").status_code == 200


def an_owner(make: Builder, district: District, email: str) -> User:
    return make.owner(make.school(district), email=email)


def test_a_teacher_who_is_owner_here_comes_in_and_is_known_by_their_clever_id(
    make: Builder, clever: Clever, district: District, visitor: Visitor, app: Flask
) -> None:
    teacher = a_user(clever, "teacher")
    owner = an_owner(make, district, teacher["email"])
    assert come_in(visitor, clever, teacher).status_code == 303
    assert is_in(visitor)
    assert owner.clever_id == teacher["id"]
    assert db.session.query(LoginSession).one().how == "clever"
    owner.email = "changed@school.example"
    commit()
    again = Visitor(app)
    come_in(again, clever, teacher)
    assert is_in(again), "by the id, whatever the address"


def test_the_way_there_names_us_and_the_way_back_leads_where_one_wanted_to_go(
    make: Builder, clever: Clever, district: District, visitor: Visitor
) -> None:
    teacher = a_user(clever, "teacher")
    owner = an_owner(make, district, teacher["email"])
    path = f"/schools/{owner.schools[0].id}/history"
    asked = begin(visitor, f"/login/clever?next={path}")
    assert asked["redirect_uri"] == HERE
    assert len(asked["state"]) >= 32
    assert visitor.get(go_to_clever(clever, asked, teacher["id"])).location == path


def test_a_launch_from_clevers_portal_is_begun_anew_and_its_code_is_not_used(
    make: Builder, clever: Clever, district: District, visitor: Visitor
) -> None:
    teacher = a_user(clever, "teacher")
    an_owner(make, district, teacher["email"])
    answer = requests.get(
        f"{clever.url}/_sandbox/launch",
        {"redirect_uri": HERE, "user": teacher["id"]},
        allow_redirects=False,
        timeout=10,
    )
    launched = urlsplit(answer.headers["Location"])
    asked = begin(visitor, f"{launched.path}?{launched.query}")
    assert not is_in(visitor)
    assert visitor.get(go_to_clever(clever, asked, teacher["id"])).status_code == 303
    assert is_in(visitor)


def test_a_code_that_somebody_else_began_logs_nobody_in(
    make: Builder, clever: Clever, district: District, app: Flask
) -> None:
    teacher = a_user(clever, "teacher")
    an_owner(make, district, teacher["email"])
    attacker, victim = Visitor(app), Visitor(app)
    path = go_to_clever(clever, begin(attacker), teacher["id"])
    begin(victim)
    answer = victim.get(path)
    assert answer.status_code == 422
    assert "not begun in this browser" in answer.text
    assert not is_in(victim)


def test_a_code_works_once(
    make: Builder, clever: Clever, district: District, visitor: Visitor, app: Flask
) -> None:
    teacher = a_user(clever, "teacher")
    an_owner(make, district, teacher["email"])
    path = go_to_clever(clever, begin(visitor), teacher["id"])
    visitor.get(path)
    visitor.post("/logout", page="/account")
    assert visitor.get(path).status_code == 422
    assert not is_in(visitor)


@pytest.mark.parametrize("why", ["student", "specialist", "other district", "disabled", "nobody"])
def test_an_address_alone_opens_no_account_that_it_should_not(
    why: str, make: Builder, clever: Clever, district: District, visitor: Visitor
) -> None:
    user = a_user(clever, "student" if why == "student" else "teacher")
    if why == "specialist":
        make.specialist(user["email"])
    elif why == "other district":
        an_owner(make, make.district("Elsewhere"), user["email"])
    elif why != "nobody":
        owner = an_owner(make, district, user["email"])
        owner.disabled_at = owner.created_at if why == "disabled" else None
        commit()
    answer = come_in(visitor, clever, user)
    assert answer.status_code == 422
    assert "invite you" in answer.text
    assert not is_in(visitor)


def test_whom_the_district_does_not_share_is_told(clever: Clever, visitor: Visitor) -> None:
    answer = visitor.get(go_to_clever(clever, begin(visitor), "nobody"))
    assert answer.status_code == 422
    assert "doesn’t share your account" in answer.text


def test_a_made_up_code_is_told(clever: Clever, visitor: Visitor) -> None:
    asked = begin(visitor)
    answer = visitor.get(f"/login/clever?code=made-up&state={asked['state']}")
    assert answer.status_code == 422
    assert "didn’t accept" in answer.text


def test_log_ins_with_clever_are_in_the_audit_log(
    make: Builder, clever: Clever, district: District, visitor: Visitor
) -> None:
    teacher = a_user(clever, "teacher")
    owner = an_owner(make, district, teacher["email"])
    come_in(visitor, clever, teacher)
    done = [row.action for row in db.session.query(AuditEntry).filter_by(user_id=owner.id)]
    assert done == ["account.changed", "login.succeeded"]


def test_the_log_in_page_offers_it_where_it_is_set_up_only(
    clever: Clever, visitor: Visitor
) -> None:
    assert "/login/clever" in visitor.get("/login").text


def test_without_a_client_id_there_is_no_such_page(visitor: Visitor) -> None:
    assert visitor.get("/login/clever").status_code == 404
    assert "/login/clever" not in visitor.get("/login").text
