"""Every state of logging in, of links in mails and of one’s own account."""

from datetime import UTC, datetime

import pytest

from roster_dash.config import current_config
from roster_dash.store import attempts, invitations, links, mails, second_factor
from roster_dash.store.accounts import AccountRole
from roster_dash.store.links import LinkKind
from roster_dash.store.secrets import Vault
from roster_dash.store.tables import AccountLink
from roster_dash.store.transactions import commit
from roster_dash.store.unsubscribe import token_of as leaving_token
from tests.browser.staging import (
    Stage,
    State,
    fill,
    log_in_as,
    one_after_another,
    press,
    unchecked,
)
from tests.browser.town import (
    LONG_MAIL,
    OWNER,
    SPECIALIST,
    Town,
)
from tests.builders import a_student

pytestmark = pytest.mark.browser


def a_link(town: Town, key: str, link: AccountLink, **values: object) -> None:
    for name, value in values.items():
        setattr(link, name, value)
    town.at[key] = links.token_of(link.id)


def test_coming_in(town: Town, stage: Stage) -> None:
    make, now = town.make, datetime.now(UTC)
    guarded = make.owner(*town.owner.schools, email="guarded@school.example")
    guarded.totp_key = Vault(current_config().credentials_keys).lock(second_factor.new_key())
    for _ in range(10):
        attempts.note_failure(attempts.attempt_of("tired@school.example", "127.0.0.1"))
    by = town.owner
    a_link(town, "new", invitations.invite(by, LONG_MAIL, AccountRole.OWNER, owned=by.schools))
    known = invitations.invite(by, guarded.email, AccountRole.OWNER, owned=by.schools)
    a_link(town, "known", known)
    a_link(town, "reset", links.make_link(LinkKind.RESET, by.email, user_id=by.id))
    a_link(town, "address", links.make_link(LinkKind.ADDRESS, LONG_MAIL, user_id=by.id))
    reset = {"user_id": by.id}
    a_link(town, "used", links.make_link(LinkKind.RESET, by.email, **reset), used_at=now)
    a_link(town, "late", links.make_link(LinkKind.RESET, by.email, **reset), expires_at=now)
    run = town.synced("first", [a_student()])
    (mail_id,) = mails.add_mails(run.id, "run_result", [LONG_MAIL])
    town.at["leaving"] = leaving_token(mail_id)
    commit()
    wrong = log_in_as(OWNER, "not the password")
    code = log_in_as("guarded@school.example")
    stage.play(
        [
            State("log in", "/login", "Forgot your password?"),
            State("log in refused", "/login", "is not right", wrong, status=422),
            State(
                "too many attempts",
                "/login",
                "Too many attempts",
                log_in_as("tired@school.example"),
                status=429,
            ),
            State(
                "Clever says no",
                "/login/clever?error=access_denied",
                "doesn’t share your account",
                status=422,
            ),
            State(
                "a strange launch",
                "/login/clever?code=1&state=2",
                "not begun in this browser",
                status=422,
            ),
            State("a code is asked for", "/login", "Open your authenticator app", code),
            State(
                "a wrong code",
                "/login",
                "That code isn’t right",
                one_after_another(code, fill({"Code": "000000"}, "Log in")),
                status=422,
            ),
            State("forgotten", "/forgot", "We mail you a link"),
            State(
                "a link is mailed",
                "/forgot",
                "Look into your inbox",
                fill({"E-mail address": OWNER}, "Mail me a link"),
            ),
            State("invited", "/links/{new}", "You are invited"),
            State("invited with an account", "/links/{known}", "gets it added"),
            State(
                "a weak password",
                "/links/{new}",
                "easy to guess",
                fill({"New password": "password"}, "Accept the invitation"),
                status=422,
            ),
            State("a new password", "/links/{reset}", "Choose a new password"),
            State("another address", "/links/{address}", "Use this address?"),
            State("a used link", "/links/{used}", "There is nothing here", status=404),
            State("an expired link", "/links/{late}", "There is nothing here", status=404),
            State("leave a list", "/unsubscribe/{leaving}", "Leave the list?"),
            State(
                "left", "/unsubscribe/{leaving}", "You are off the list", press("Leave the list")
            ),
            State(
                "logged out",
                "/login",
                "You are logged out.",
                one_after_another(log_in_as(OWNER), press("Log out")),
            ),
            State(
                "invited and in",
                "/links/{new}",
                "Welcome. Log in",
                fill({"New password": "heron ladder violet tin"}, "Accept the invitation"),
            ),
        ]
    )


def test_ones_own_account(town: Town, stage: Stage) -> None:
    make = town.make
    lonely = make.owner(*town.owner.schools, email="lonely@school.example")
    lonely.schools.clear()
    sure = make.owner(*town.owner.schools, email=LONG_MAIL)
    sure.totp_key = Vault(current_config().credentials_keys).lock(second_factor.new_key())
    emails = (lonely.email, OWNER)
    commit()
    present = {"Present password": "not mine", "New password": "heron ladder violet tin"}
    weak = {"Present password": "correct horse battery", "New password": "password"}
    taken = {"New address": SPECIALIST, "Password": "correct horse battery"}
    code = {"Code that the app shows": "000000", "Password": "correct horse battery"}
    stage.play(
        [
            State("no school", "/schools", "No school yet", who=emails[0]),
            State("no request", "/requests", "No request", who=emails[0]),
            State(
                "a wrong password",
                "/account",
                "not your present password",
                fill(present, "Change the password"),
                OWNER,
                422,
            ),
            State(
                "a weak password",
                "/account",
                "easy to guess",
                fill(weak, "Change the password"),
                OWNER,
                422,
            ),
            State(
                "a taken address",
                "/account",
                "There is an account",
                fill(taken, "Mail a link to the new address"),
                OWNER,
                422,
            ),
            State(
                "a link on its way",
                "/account",
                "A link is on its way",
                fill({**taken, "New address": f"x{LONG_MAIL}"}, "Mail a link to the new address"),
                OWNER,
            ),
            State("a second factor", "/account/second-factor", "Read the picture", who=OWNER),
            State(
                "its wrong code",
                "/account/second-factor",
                "That code isn’t right",
                fill(code, "Switch the second factor on"),
                OWNER,
                422,
            ),
            State(
                "invite refused",
                "/accounts",
                "is not an e-mail address",
                one_after_another(unchecked, fill({"E-mail address": "nobody"}, "Invite")),
                OWNER,
                422,
            ),
            State(
                "invited",
                "/accounts",
                "is on its way",
                fill({"E-mail address": LONG_MAIL.replace("x@", "y@")}, "Invite"),
                OWNER,
            ),
            State(
                "a request refused",
                "/requests/new",
                "Please type",
                one_after_another(unchecked, press("Send the request")),
                OWNER,
                422,
            ),
        ]
    )
