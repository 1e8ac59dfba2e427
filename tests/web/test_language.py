"""In which language a page or a mail is, and that nothing for programs changes with it."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from roster_dash import notify
from roster_dash.app import create_app
from roster_dash.config import load_config
from roster_dash.extensions import db
from roster_dash.language import LANGUAGES
from roster_dash.store import mails, tokens
from roster_dash.store.tables import AuditEntry, School, User
from roster_dash.store.transactions import commit
from tests.builders import Builder, a_snapshot, a_student
from tests.clever import Clever
from tests.visitor import Visitor

MEXICAN = {"Accept-Language": "es-MX,es;q=0.9,en;q=0.5"}


@pytest.fixture
def school(make: Builder) -> School:
    return make.school(name="Lincoln High")


@pytest.fixture
def owner(make: Builder, school: School) -> User:
    return make.owner(school)


@pytest.fixture
def page(app: Flask, visitor: Visitor, owner: User) -> Callable[..., TestResponse]:
    """A page as the Owner's browser, a Spanish one, gets it."""
    visitor.log_in(owner)

    def get(path: str, **headers: str) -> TestResponse:
        return visitor.ask("GET", path, headers=MEXICAN | headers)

    return get


def choose(visitor: Visitor, language: str) -> TestResponse:
    return visitor.post("/account/language", {"language": language}, page="/account")


def test_english_is_what_is_spoken_where_nothing_is_asked_for(visitor: Visitor) -> None:
    answer = visitor.get("/login")
    assert '<html lang="en">' in answer.text
    assert "Accept-Language" in answer.vary


def test_a_browser_is_answered_in_its_language(app: Flask, visitor: Visitor, owner: User) -> None:
    before = visitor.ask("GET", "/login", headers=MEXICAN)
    assert '<html lang="es">' in before.text
    assert (
        '<html lang="en">' in visitor.ask("GET", "/login", headers={"Accept-Language": "de"}).text
    )


def test_what_python_says_is_said_in_spanish_too(
    page: Callable[..., TestResponse], make: Builder, school: School
) -> None:
    """A run's state, why it ran, its verdict and when; a refusal; a page that isn't there."""
    run = make.synced(school, a_snapshot([a_student(), a_student()]), students="on")
    told = page(f"/runs/{run.id}").text
    for words in ("Correcta", "2 nuevas, no tiene que hacer nada", "hoy, ", "Sincronizar ahora"):
        assert words in told
    assert "2 joined, nothing needs you" not in told
    assert "Aquí no hay nada" in page("/schools/999/history").text


def test_the_choice_of_an_account_is_worth_more_than_its_browsers(
    page: Callable[..., TestResponse], visitor: Visitor
) -> None:
    assert '<html lang="es">' in page("/account").text
    assert choose(visitor, "en").status_code == 303
    assert '<html lang="en">' in page("/account").text
    assert choose(visitor, "es").status_code == 303
    told = page("/account", **{"Accept-Language": "en"}).text
    assert '<html lang="es">' in told
    assert "Guardado." in told
    assert '<option value="es" lang="es" selected>' in told
    assert choose(visitor, "").status_code == 303
    assert '<html lang="en">' in page("/account", **{"Accept-Language": "en"}).text


def test_a_choice_is_in_the_audit_log_and_a_language_that_is_none_is_refused(
    page: Callable[..., TestResponse], visitor: Visitor, owner: User
) -> None:
    choose(visitor, "es")
    entry = db.session.query(AuditEntry).order_by(AuditEntry.id.desc()).first()
    assert entry is not None
    assert (entry.before, entry.after) == ({"language": None}, {"language": "es"})
    assert choose(visitor, "tlh").status_code == 409
    db.session.refresh(owner)
    assert owner.language == "es"


def test_half_a_translation_is_shown_to_nobody(
    environment: dict[str, str], visitor: Visitor, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until a language is complete, only a developer's switch shows it."""
    commit()
    visitor.log_in(owner)
    monkeypatch.setitem(LANGUAGES, "es", replace(LANGUAGES["es"], is_complete=False))
    answer = visitor.ask("GET", "/account", headers=MEXICAN)
    assert '<html lang="en">' in answer.text
    assert "Español" not in answer.text
    assert choose(visitor, "es").status_code == 409
    drafts = create_app(load_config(environment | {"DRAFT_LANGUAGES": "on"}))
    developer = Visitor(drafts)
    developer.log_in(owner)
    assert "Español" in developer.ask("GET", "/account", headers=MEXICAN).text
    with drafts.app_context():
        db.engine.dispose()


def test_what_programs_read_is_the_same_in_every_language(
    page: Callable[..., TestResponse],
    visitor: Visitor,
    make: Builder,
    school: School,
    owner: User,
) -> None:
    make.synced(school, a_snapshot([a_student()]), students="on")
    key = tokens.make_token(school, "Library", ["runs:read"], 30, owner.id)
    commit()
    path, bearer = "/api/v1/runs", {"Authorization": f"Bearer {key}"}
    assert visitor.ask("GET", path, headers=bearer | MEXICAN).data == (
        visitor.ask("GET", path, headers=bearer).data
    )
    table = f"/schools/{school.id}/people.csv"
    assert page(table).data == page(table, **{"Accept-Language": "en"}).data


def test_a_mail_is_in_the_language_that_its_reader_has_chosen(
    make: Builder, school: School, owner: User, clever: Clever
) -> None:
    owner.language = "es"
    run = make.synced(school, a_snapshot([a_student()]), students="on")
    for address in (owner.email, "office@school.example"):
        (mail_id,) = mails.add_mails(run.id, "run_result", [address])
        commit()
        assert notify.deliver(mail_id)
    told = {mail["to"][0]: mail["subject"] for mail in clever.inbox()}
    assert told == {
        owner.email: "Lincoln High: 1 nueva, no tiene que hacer nada",
        "office@school.example": "Lincoln High: 1 joined, nothing needs you",
    }
