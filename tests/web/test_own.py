"""One's own account: its password, where it is logged in, and how slow guessing is."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from roster_dash.extensions import db
from roster_dash.store import attempts, sessions
from roster_dash.store.tables import AuditEntry, LoginSession, User
from roster_dash.store.transactions import commit
from tests.builders import PASSWORD, Builder
from tests.visitor import Visitor

VisitAs = Callable[..., Visitor]

NEW = "purple anvil drifting north"


@pytest.fixture
def owner(make: Builder) -> User:
    return make.owner(make.school())


def is_in(visitor: Visitor) -> bool:
    return visitor.get("/account").status_code == 200


def guess(app: Flask, owner: User, times: int, visitor: Visitor | None = None) -> list[int]:
    guessing = visitor or Visitor(app)
    return [guessing.log_in(owner, "a wrong guess").status_code for _ in range(times)]


def test_a_new_password_logs_every_other_device_out(app: Flask, owner: User) -> None:
    here, elsewhere = Visitor(app), Visitor(app)
    here.log_in(owner)
    elsewhere.log_in(owner)
    form = {"present": PASSWORD, "new": NEW}
    assert here.post("/account/password", form, page="/account").status_code == 303
    assert is_in(here)
    assert not is_in(elsewhere)
    assert Visitor(app).log_in(owner).status_code == 422
    assert Visitor(app).log_in(owner, NEW).status_code == 303


@pytest.mark.parametrize(
    ("present", "new", "told"),
    [
        ("wrong", NEW, "not your present password"),
        (PASSWORD, "short", "it needs 8"),
        (PASSWORD, "password123", "easy to guess"),
        (PASSWORD, "alice@school.example", "easy to guess"),
        (PASSWORD, "horse " * 60, "longer than 256"),
    ],
)
def test_a_password_that_will_not_do_is_told_and_nothing_changes(
    present: str, new: str, told: str, owner: User, app: Flask
) -> None:
    visitor = Visitor(app)
    visitor.log_in(owner)
    answer = visitor.post("/account/password", {"present": present, "new": new}, page="/account")
    assert answer.status_code == 422
    assert told in answer.text
    assert answer.text.count(new) == visitor.get("/account").text.count(new), "it is not echoed"
    assert Visitor(app).log_in(owner).status_code == 303


def test_a_lost_laptop_is_logged_out_from_another_device(app: Flask, owner: User) -> None:
    laptop, phone = Visitor(app), Visitor(app)
    laptop.log_in(owner)
    [lost] = sessions.sessions_of(owner.id)
    lost_id = lost.id
    phone.log_in(owner)
    phone.post("/account/sessions/end", {"session": lost_id}, page="/account")
    assert is_in(phone)
    assert not is_in(laptop)


def test_all_other_devices_are_logged_out_at_once(app: Flask, owner: User) -> None:
    visitors = [Visitor(app) for _ in range(3)]
    for visitor in visitors:
        visitor.log_in(owner)
    visitors[1].post("/account/sessions/end", page="/account")
    assert [is_in(visitor) for visitor in visitors] == [False, True, False]
    entry = db.session.query(AuditEntry).filter_by(action="login.sessions_ended").one()
    assert entry.after == {"sessions": 2}


def test_nobody_ends_somebody_elses_session(make: Builder, app: Flask, owner: User) -> None:
    mine, theirs = Visitor(app), Visitor(app)
    mine.log_in(owner)
    other = make.owner(make.school(), email="other@school.example")
    theirs.log_in(other)
    [session] = sessions.sessions_of(owner.id)
    theirs.post("/account/sessions/end", {"session": session.id}, page="/account")
    assert is_in(mine)


@pytest.mark.parametrize(
    "changes",
    [
        {"seen_at": timedelta(hours=13)},
        {"created_at": timedelta(days=15)},
    ],
)
def test_a_session_ends_by_itself(
    changes: dict[str, timedelta], visit_as: VisitAs, owner: User
) -> None:
    visitor = visit_as(owner)
    for name, age in changes.items():
        db.session.query(LoginSession).update({name: datetime.now(UTC) - age})
    commit()
    assert not is_in(visitor)


def test_use_keeps_a_session_alive(visit_as: VisitAs, owner: User) -> None:
    visitor = visit_as(owner)
    long_ago = datetime.now(UTC) - timedelta(hours=11)
    db.session.query(LoginSession).update({"seen_at": long_ago})
    commit()
    assert is_in(visitor)
    commit()
    assert db.session.query(LoginSession).one().seen_at > long_ago


def test_a_cookie_kept_after_logging_out_opens_nothing(app: Flask, owner: User) -> None:
    visitor = Visitor(app)
    visitor.log_in(owner)
    cookie = visitor.cookie("session")
    visitor.post("/logout", page="/account")
    visitor.set_cookie("session", cookie)
    assert not is_in(visitor)


def test_each_log_in_has_its_own_key_and_the_database_has_none(app: Flask, owner: User) -> None:
    first, second = Visitor(app), Visitor(app)
    first.log_in(owner)
    second.log_in(owner)
    digests = {session.digest for session in sessions.sessions_of(owner.id)}
    assert len(digests) == 2
    assert not any(digest in first.cookie("session") for digest in digests)


def test_a_disabled_account_is_out_at_once(visit_as: VisitAs, owner: User, app: Flask) -> None:
    visitor = visit_as(owner)
    owner.disabled_at = datetime.now(UTC)
    commit()
    assert not is_in(visitor)
    assert Visitor(app).log_in(owner).status_code == 422


def test_guessing_is_slowed_down_even_with_the_right_password(app: Flask, owner: User) -> None:
    assert set(guess(app, owner, attempts.PER_PLACE)) == {422}
    assert guess(app, owner, 1) == [429]
    assert Visitor(app).log_in(owner).status_code == 429


def test_whoever_guesses_cannot_lock_out_a_browser_that_was_logged_in(
    app: Flask, owner: User
) -> None:
    known = Visitor(app)
    known.log_in(owner)
    known.post("/logout", page="/account")
    guess(app, owner, attempts.PER_PLACE + 1)
    assert known.log_in(owner).status_code == 303


def test_a_known_browser_is_no_way_to_guess_for_ever(app: Flask, owner: User) -> None:
    known = Visitor(app)
    known.log_in(owner)
    known.post("/logout", page="/account")
    assert guess(app, owner, attempts.PER_PLACE + 1, known)[-1] == 429


def test_a_device_key_of_one_account_is_worth_nothing_for_another(
    app: Flask, owner: User, make: Builder
) -> None:
    known = Visitor(app)
    known.log_in(owner)
    known.post("/logout", page="/account")
    other = make.owner(make.school(), email="other@school.example")
    guess(app, other, attempts.PER_PLACE)
    assert known.log_in(other).status_code == 429


def test_one_guessed_account_does_not_slow_down_the_others(
    app: Flask, owner: User, make: Builder
) -> None:
    guess(app, owner, attempts.PER_PLACE + 1)
    other = make.owner(make.school(), email="other@school.example")
    assert Visitor(app).log_in(other).status_code == 303


def test_after_a_quarter_of_an_hour_it_may_be_tried_again(app: Flask, owner: User) -> None:
    guess(app, owner, attempts.PER_PLACE + 1)
    old = datetime.now(UTC) - attempts.WINDOW - timedelta(seconds=1)
    db.session.query(attempts.LoginAttempt).update({"at": old})
    commit()
    assert Visitor(app).log_in(owner).status_code == 303


def test_what_was_typed_is_not_kept(app: Flask, owner: User) -> None:
    Visitor(app).post("/login", {"email": "hunter2", "password": "x"}, page="/login")
    kept = db.session.query(attempts.LoginAttempt).one()
    assert "hunter2" not in kept.account
    assert len(kept.account) == 64
