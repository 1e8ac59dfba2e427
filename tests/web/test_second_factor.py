"""The second factor: a password alone opens nothing any more."""

import re
import time
from collections.abc import Callable

import pyotp
import pytest
from flask import Flask

from roster_dash.extensions import db
from roster_dash.store import attempts
from roster_dash.store.tables import User
from roster_dash.store.transactions import commit
from tests.builders import PASSWORD, Builder
from tests.visitor import Visitor

VisitAs = Callable[..., Visitor]
PAGE = "/account/second-factor"


@pytest.fixture
def owner(make: Builder) -> User:
    return make.owner(make.school())


@pytest.fixture
def key(visit_as: VisitAs, owner: User) -> str:
    """The key of the owner's phone, switched on with an earlier code."""
    visitor = visit_as(owner)
    shown = re.search(r"<code>(\w+)</code>", visitor.get(PAGE).text)
    assert shown
    form = {"password": PASSWORD, "code": pyotp.TOTP(shown[1]).at(int(time.time()) - 30)}
    assert visitor.post(PAGE, form, page=PAGE).status_code == 303
    return shown[1]


def log_in(app: Flask, owner: User, code: str) -> tuple[Visitor, int]:
    visitor = Visitor(app)
    assert visitor.log_in(owner).location == "/login/code"
    answer = visitor.post("/login/code", {"code": code}, page="/login/code")
    return visitor, answer.status_code


def is_in(visitor: Visitor) -> bool:
    return visitor.get("/account").status_code == 200


def test_the_password_alone_opens_nothing(app: Flask, owner: User, key: str) -> None:
    visitor = Visitor(app)
    visitor.log_in(owner)
    assert not is_in(visitor)


def test_the_phones_code_opens_it_once(app: Flask, owner: User, key: str) -> None:
    code = pyotp.TOTP(key).now()
    visitor, status = log_in(app, owner, code)
    assert status == 303
    assert is_in(visitor)
    assert log_in(app, owner, code)[1] == 422, "a code that was seen is worth nothing"


@pytest.mark.parametrize("code", ["", "000", "abcdef", "١٢٣٤٥٦", "9" * 500])
def test_an_odd_code_is_told(code: str, app: Flask, owner: User, key: str) -> None:
    visitor, status = log_in(app, owner, code)
    assert status == 422
    assert not is_in(visitor)


def test_an_old_code_opens_nothing(app: Flask, owner: User, key: str) -> None:
    old = pyotp.TOTP(key).at(int(time.time()) - 600)
    assert log_in(app, owner, old)[1] == 422


def test_codes_cannot_be_guessed_for_long(app: Flask, owner: User, key: str) -> None:
    visitor = Visitor(app)
    visitor.log_in(owner)
    guesses = [
        visitor.post("/login/code", {"code": "000000"}, page="/login/code").status_code
        for _ in range(attempts.PER_PLACE + 1)
    ]
    assert guesses[-1] == 429
    answer = visitor.post("/login/code", {"code": pyotp.TOTP(key).now()}, page="/login/code")
    assert answer.status_code == 429


def test_without_a_password_first_there_is_no_code_to_ask_for(app: Flask, visitor: Visitor) -> None:
    assert visitor.get("/login/code").location == "/login"
    answer = visitor.post("/login/code", {"code": "000000"}, page="/login")
    assert answer.location == "/login"


@pytest.mark.parametrize(
    ("password", "code"), [("wrong", "right"), (PASSWORD, "000000"), (PASSWORD, "")]
)
def test_it_is_not_switched_on_by_mistake(
    password: str, code: str, visit_as: VisitAs, owner: User
) -> None:
    visitor = visit_as(owner)
    shown = re.search(r"<code>(\w+)</code>", visitor.get(PAGE).text)
    assert shown
    typed = pyotp.TOTP(shown[1]).now() if code == "right" else code
    form = {"password": password, "code": typed}
    assert visitor.post(PAGE, form, page=PAGE).status_code == 422
    assert owner.totp_key is None


def test_a_key_that_was_never_shown_is_not_taken(visit_as: VisitAs, owner: User) -> None:
    visitor = visit_as(owner)
    form = {"password": PASSWORD, "code": "123456"}
    assert visitor.post(PAGE, form, page="/account").status_code == 422


def test_it_is_switched_off_with_the_password(
    app: Flask, visitor: Visitor, owner: User, key: str
) -> None:
    assert visitor.post(PAGE, {"password": "wrong"}, page=PAGE).status_code == 422
    assert visitor.post(PAGE, {"password": PASSWORD}, page=PAGE).status_code == 303
    assert Visitor(app).log_in(owner).location == "/"


def test_who_lost_the_phone_is_helped_by_their_district_manager(
    app: Flask, make: Builder, owner: User, key: str
) -> None:
    manager = Visitor(app)
    manager.log_in(make.manager(owner.schools[0].district))
    answer = manager.post(f"/accounts/{owner.id}/second-factor/off", page="/accounts")
    assert answer.status_code == 303
    assert Visitor(app).log_in(owner).location == "/"


def test_the_key_is_not_kept_readable(owner: User, key: str) -> None:
    commit()
    kept = db.session.get_one(User, owner.id).totp_key
    assert kept is not None
    assert key.encode() not in kept
