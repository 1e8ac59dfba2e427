"""Invitations, new passwords and new addresses, through the real mail server of the sandbox."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from roster_dash.extensions import db
from roster_dash.notify import deliver
from roster_dash.store import accounts, links, mails, tokens
from roster_dash.store.tables import AccountLink, AuditEntry, LoginSession, User
from roster_dash.store.transactions import commit
from tests.builders import PASSWORD, Builder
from tests.clever import Clever
from tests.visitor import Visitor

VisitAs = Callable[..., Visitor]

NEW = "purple anvil drifting north"


def mailed_link(clever: Clever) -> str:
    """The path of the link in the newest mail, after everything due has been sent."""
    for mail_id in mails.due_mail_ids():
        assert deliver(mail_id)
    raw = clever.inbox()[0]
    found = re.search(r"http://127\.0\.0\.1:8000(/links/[\w.-]+)", raw["text"])
    assert found, raw["text"]
    return found[1]


def follow(app: Flask, path: str, password: str = NEW) -> tuple[Visitor, int]:
    visitor = Visitor(app)
    answer = visitor.post(path, {"password": password}, page=path)
    return visitor, answer.status_code


def test_an_owner_invites_a_colleague_who_then_sees_that_school_only(
    make: Builder, visit_as: VisitAs, clever: Clever, app: Flask
) -> None:
    school, other = make.school(), make.school(name="Far High")
    form = {"email": "New@School.example", "school": school.id}
    visitor = visit_as(make.owner(school))
    assert visitor.post("/accounts/invite", form, page="/accounts").status_code == 303
    assert "new@school.example" in visitor.get("/accounts").text
    path = mailed_link(clever)
    assert "Lincoln High" in clever.inbox()[0]["subject"]
    page = Visitor(app).get(path).text
    assert "alice@school.example invites you" in page
    assert follow(app, path)[1] == 303
    user = accounts.user_of("new@school.example")
    assert user is not None
    newcomer = Visitor(app)
    assert newcomer.log_in(user, NEW).status_code == 303
    assert newcomer.get(f"/schools/{school.id}/rostering").status_code == 200
    assert newcomer.get(f"/schools/{other.id}/rostering").status_code == 404


def test_an_invitation_works_once(
    make: Builder, visit_as: VisitAs, clever: Clever, app: Flask
) -> None:
    school = make.school()
    form = {"email": "new@school.example", "school": school.id}
    visit_as(make.owner(school)).post("/accounts/invite", form, page="/accounts")
    path = mailed_link(clever)
    assert follow(app, path, "password1")[1] == 422, "a weak password doesn't use it up"
    assert follow(app, path)[1] == 303
    assert Visitor(app).get(path).status_code == 404


@pytest.mark.parametrize("how", ["expired", "withdrawn", "forged", "disabled", "its maker is out"])
def test_a_link_that_holds_no_more_opens_nothing(
    how: str, make: Builder, visit_as: VisitAs, clever: Clever, app: Flask
) -> None:
    school = make.school()
    owner = make.owner(school)
    visitor = visit_as(owner)
    form = {"email": "new@school.example", "school": school.id}
    visitor.post("/accounts/invite", form, page="/accounts")
    path, link = mailed_link(clever), db.session.query(AccountLink).one()
    if how == "expired":
        link.expires_at = datetime.now(UTC) - timedelta(seconds=1)
    elif how == "withdrawn":
        visitor.post(f"/accounts/invitations/{link.id}/withdraw", page="/accounts")
    elif how == "disabled":
        owner.disabled_at = datetime.now(UTC)
        link.user_id = owner.id
    elif how == "its maker is out":
        owner.disabled_at = datetime.now(UTC)
    else:
        path = f"{path[:-2]}xx"
    commit()
    assert Visitor(app).get(path).status_code == 404
    assert accounts.user_of("new@school.example") is None


def test_an_owner_who_is_invited_again_gets_the_school_added(
    make: Builder, visit_as: VisitAs, clever: Clever, app: Flask
) -> None:
    district = make.district()
    one, two = make.school(district, "One"), make.school(district, "Two")
    owner = make.owner(one)
    form = {"email": owner.email, "role": "owner", "school": two.id}
    visit_as(make.manager(district)).post("/accounts/invite", form, page="/accounts")
    assert follow(app, mailed_link(clever), "")[1] == 303
    assert [school.name for school in owner.schools] == ["One", "Two"]
    assert Visitor(app).log_in(owner, PASSWORD).status_code == 303, "the password stays"


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ({"email": "new@x.example", "role": "specialist"}, "can’t invite people in that role"),
        ({"email": "new@x.example", "role": "owner"}, "Choose the school"),
        ({"email": "new@x.example", "role": "owner", "school": "{far}"}, "none of yours"),
        ({"email": "new@x.example", "role": "king"}, "Choose what the person"),
        ({"email": "nobody", "role": "owner", "school": "{school}"}, "not an e-mail address"),
        ({"email": "a@b\r\nBcc: c@d", "role": "owner", "school": "{school}"}, "not an e-mail"),
        ({"email": "bob@district.example", "role": "owner", "school": "{school}"}, "already"),
    ],
)
def test_an_invitation_that_cannot_be_made_is_told_and_mails_nobody(
    form: dict[str, str], told: str, make: Builder, visit_as: VisitAs
) -> None:
    district = make.district()
    ids = {"school": make.school(district).id, "far": make.school(name="Far").id}
    sent = {name: value.format(**ids) for name, value in form.items()}
    answer = visit_as(make.manager(district)).post("/accounts/invite", sent, page="/accounts")
    assert answer.status_code == 422
    assert told in answer.text
    assert not mails.due_mail_ids()


def test_a_manager_invites_managers_of_their_own_district_whatever_the_form_says(
    make: Builder, visit_as: VisitAs, clever: Clever, app: Flask
) -> None:
    own, other = make.district("Own"), make.district("Other")
    form = {"email": "m@own.example", "role": "district_manager", "district": other.id}
    visit_as(make.manager(own)).post("/accounts/invite", form, page="/accounts")
    assert follow(app, mailed_link(clever))[1] == 303
    user = accounts.user_of("m@own.example")
    assert user is not None
    assert user.district_id == own.id


def forget(visitor: Visitor, email: str) -> str:
    return visitor.post("/forgot", {"email": email}, page="/forgot").text


def test_a_forgotten_password_is_set_anew_and_everything_is_logged_out(
    make: Builder, clever: Clever, app: Flask
) -> None:
    owner = make.owner(make.school())
    logged_in = Visitor(app)
    logged_in.log_in(owner)
    forget(Visitor(app), owner.email)
    path = mailed_link(clever)
    assert follow(app, path)[1] == 303
    assert logged_in.get("/account").status_code == 303
    assert Visitor(app).log_in(owner, NEW).status_code == 303
    assert Visitor(app).log_in(owner, PASSWORD).status_code == 422


def test_asking_for_a_new_password_does_not_tell_who_has_an_account(
    make: Builder, app: Flask
) -> None:
    owner = make.owner(make.school())
    told = re.compile(r'value="[^"]+"')
    there, nobody = (forget(Visitor(app), each) for each in (owner.email, "x@school.example"))
    assert told.sub("", there) == told.sub("", nobody)
    assert db.session.query(AccountLink).count() == 1


def test_nobodys_inbox_is_flooded_from_the_log_in_page(make: Builder, app: Flask) -> None:
    owner = make.owner(make.school())
    for _ in range(links.MOST_OPEN + 2):
        forget(Visitor(app), owner.email)
    assert len(mails.due_mail_ids()) == links.MOST_OPEN


def test_a_changed_password_makes_older_links_worthless(
    make: Builder, clever: Clever, app: Flask
) -> None:
    owner = make.owner(make.school())
    forget(Visitor(app), owner.email)
    path = mailed_link(clever)
    accounts.change_password(owner, NEW)
    commit()
    assert Visitor(app).get(path).status_code == 404


def test_a_new_address_holds_once_it_is_confirmed_and_the_old_one_is_told(
    make: Builder, visit_as: VisitAs, clever: Clever, app: Flask
) -> None:
    owner = make.owner(make.school())
    visitor = visit_as(owner)
    form = {"address": "alice@new.example", "password": PASSWORD}
    assert visitor.post("/account/address", form, page="/account").status_code == 303
    path = mailed_link(clever)
    assert owner.email == "alice@school.example"
    assert follow(app, path)[1] == 303
    assert owner.email == "alice@new.example"
    for mail_id in mails.due_mail_ids():
        deliver(mail_id)
    told = clever.inbox()[0]
    assert told["to"] == ["alice@school.example"]
    assert "was changed" in told["subject"]
    assert "/links/" not in told["text"]


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ({"address": "alice@new.example", "password": "wrong"}, "not your present password"),
        ({"address": "bob@district.example", "password": PASSWORD}, "already"),
        ({"address": "alice", "password": PASSWORD}, "not an e-mail address"),
    ],
)
def test_an_address_that_cannot_be_had_is_told(
    form: dict[str, str], told: str, make: Builder, visit_as: VisitAs
) -> None:
    make.manager(make.district())
    answer = visit_as(make.owner(make.school())).post("/account/address", form, page="/account")
    assert answer.status_code == 422
    assert told in answer.text
    assert not mails.due_mail_ids()


def test_a_manager_switches_an_owner_off_and_on(
    make: Builder, visit_as: VisitAs, app: Flask
) -> None:
    district = make.district()
    owner = make.owner(make.school(district))
    theirs = Visitor(app)
    theirs.log_in(owner)
    tokens.make_token(owner.schools[0], "Library", ["people:read"], 30, owner.id)
    visitor = visit_as(make.manager(district))
    visitor.post(f"/accounts/{owner.id}/disable", page="/accounts")
    assert "API keys of theirs that still hold: 1;" in visitor.get("/accounts").text
    assert theirs.get("/account").status_code == 303
    assert "Switched off" in visitor.get("/accounts").text
    visitor.post(f"/accounts/{owner.id}/enable", page="/accounts")
    assert Visitor(app).log_in(owner).status_code == 303


def test_a_manager_cannot_switch_off_who_also_answers_for_another_district(
    make: Builder, visit_as: VisitAs
) -> None:
    district = make.district()
    owner = make.owner(make.school(district), make.school(name="Far High"))
    visitor = visit_as(make.manager(district))
    assert visitor.post(f"/accounts/{owner.id}/disable", page="/accounts").status_code == 404


def test_all_of_it_is_in_the_audit_log(
    make: Builder, visit_as: VisitAs, clever: Clever, app: Flask
) -> None:
    school = make.school()
    form = {"email": "new@school.example", "school": school.id}
    visit_as(make.owner(school)).post("/accounts/invite", form, page="/accounts")
    follow(app, mailed_link(clever))
    forget(Visitor(app), "new@school.example")
    follow(app, mailed_link(clever), "another strange wooden lamp")
    kinds = [row.action for row in db.session.query(AuditEntry).order_by(AuditEntry.id)]
    assert [kind for kind in kinds if kind.startswith("account.")] == [
        "account.made",
        "account.invited",
        "account.made",
        "account.reset_asked",
        "account.password_changed",
    ]


def test_no_link_is_kept_readable(make: Builder, clever: Clever, app: Flask) -> None:
    owner = make.owner(make.school())
    forget(Visitor(app), owner.email)
    token = mailed_link(clever).removeprefix("/links/")
    for table in (AccountLink, User, LoginSession, AuditEntry):
        assert token not in str([tuple(row) for row in db.session.execute(db.select(table))])
