"""Pages of runs in Spanish, in every state that they have: no English word is left."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from roster_dash import jobs
from roster_dash.extensions import db
from roster_dash.language import speaking
from roster_dash.roster.days import DayState
from roster_dash.store import mails
from roster_dash.store.days import Day, DistrictDay
from roster_dash.store.tables import HoldRow, MailRow, PersonRow, Run, School, User
from roster_dash.store.transactions import commit
from roster_dash.web.pictures import words as pictures
from tests.builders import Builder, a_section, a_snapshot, a_student, a_teacher
from tests.visitor import Visitor
from tests.web.english import english_left, english_words

SPANISH = {"Accept-Language": "es"}
STUDENTS = [a_student(f"s{n}", first_name="Ana", last_name=f"Ruiz{n}") for n in range(40)]
FAILURE = "No answer of the roster is kept any more; the next sync decides anew."
DATA = {"Lincoln High", "Riverdale", "Biology", "Fall", "alice@school.example"}
DATA |= {f"{who}@b.example" for who in "abcd"}


@pytest.fixture(scope="module")
def words() -> set[str]:
    return english_words("es")


@pytest.fixture
def school(make: Builder) -> School:
    return make.school_with(STUDENTS)


@pytest.fixture
def owner(make: Builder, school: School) -> User:
    return make.owner(school)


@pytest.fixture
def visitor(app: Flask, owner: User) -> Visitor:
    its = Visitor(app)
    its.log_in(owner)
    return its


@pytest.fixture
def left(visitor: Visitor, words: set[str]) -> Callable[..., set[str]]:
    """The English texts in the main part of a page."""

    def look(path: str, **options: object) -> set[str]:
        method = "POST" if "data" in options else "GET"
        html = visitor.ask(method, path, headers=SPANISH, **options).text
        return english_left(
            html.split("<main", 1)[1].split(">", 1)[1].split("</main>")[0], words, DATA
        )

    return look


def test_a_run_that_changed_all_kinds_of_things_and_its_mails(
    left: Callable[..., set[str]], make: Builder, school: School
) -> None:
    teacher = a_teacher("t1", first_name="Bo", last_name="Lind")
    section = a_section("c1", name="Biology", teachers=("t1",), students=("s0", "s1"))
    others = [a_student(f"s{n}", first_name="Ana", last_name=f"Lara{n}") for n in range(2)]
    nameless = a_student("nobody", first_name="", last_name="")
    people = [*others, *STUDENTS[2:38], teacher, nameless, a_student("p", email="broken")]
    run = make.synced(school, a_snapshot(people, [section]))
    ids = mails.add_mails(run.id, "run_result", [f"{who}@b.example" for who in "abcd"])
    for status, error, mail_id in zip(
        ("sent", "failed", "due", "due"),
        ("", "The mail server refuses this address.", "", "The mail server can’t be reached."),
        ids,
        strict=True,
    ):
        mail = db.session.get_one(MailRow, mail_id)
        mail.status, mail.error, mail.attempts = status, error, 1
        mail.sent_at = mail.due_at if status == "sent" else None
    commit()
    assert not left(f"/runs/{run.id}")
    for kind in ("person/create", "person/update", "members/update", "person/vanish"):
        assert not left(f"/runs/{run.id}/operations/{kind}")


def test_runs_that_wait_are_at_work_failed_or_were_cancelled(
    left: Callable[..., set[str]], make: Builder, school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    for status, phase in (
        ("queued", ""),
        ("running", "fetching"),
        ("running", "applying"),
        ("failed", ""),
        ("cancelled", ""),
    ):
        progress = {"phase": phase, "done": 1, "total": 2}
        monkeypatch.setattr(jobs, "progress_of", lambda _, told=progress: told)
        run = make.run(school, status, message=FAILURE, started_at=datetime.now(UTC))
        assert not left(f"/runs/{run.id}"), status
        run.status, run.finished_at = "succeeded", datetime.now(UTC)
        commit()


def test_a_run_that_holds_and_what_was_decided_of_it(
    left: Callable[..., set[str]], make: Builder, school: School, visitor: Visitor
) -> None:
    old = [a_student(f"old{n}", first_name="Jo", last_name="Same", grade="9") for n in range(4)]
    new = [a_student(f"new{n}", first_name="Jo", last_name="Same", grade="9") for n in range(4)]
    DATA.add("Jo Same")
    make.synced(school, a_snapshot([*STUDENTS, *old]))
    run = make.synced(school, a_snapshot([*STUDENTS, *new]))
    path = f"/runs/{run.id}"
    assert not left(path)
    ids = db.session.scalars(select(HoldRow.id).where(HoldRow.last_run_id == run.id)).all()
    assert ids
    for decision, some in (("approve", ids[:1]), ("reject", ids[1:])):
        visitor.post(f"{path}/decide", {"decision": decision, "hold": some}, page=path)
        assert not left(path)


def test_a_run_is_taken_back(
    left: Callable[..., set[str]], make: Builder, school: School, visitor: Visitor
) -> None:
    changed = [a_student(f"s{n}", first_name="Ana", last_name=f"Lara{n}") for n in range(3)]
    many = [a_student(f"n{n}", first_name="Eva", last_name=f"Sosa{n}") for n in range(60)]
    run = make.synced(school, a_snapshot([*changed, *STUDENTS[3:], *many]))
    path = f"/runs/{run.id}/revert"
    assert not left(path)
    row = db.session.scalars(select(PersonRow).where(PersonRow.source_id == "s0")).one()
    visitor.post(f"/people/{row.id}", {"last_name": "Vega"}, page=f"/people/{row.id}")
    for part in ("person:update", "person:create"):
        form = {"part": "some", "kind": [part], "confirm": "yes"}
        answer = visitor.post(path, form, page=path)
        assert answer.status_code == 303
        assert not left(answer.headers["Location"])
        assert not left(f"/runs/{run.id}")
    assert not left(f"/schools/{school.id}/history")
    failed = make.run(school, "failed", message=FAILURE)
    assert not left(f"/runs/{failed.id}/revert")


@pytest.mark.parametrize(
    "query", ["?status=failed", "?day=2026-01-05", "?day=2026-01-05&status=failed", "?before=1"]
)
def test_a_history_without_such_runs(
    left: Callable[..., set[str]], school: School, query: str
) -> None:
    assert not left(f"/schools/{school.id}/history{query}")


def test_the_report_stays_english_and_says_so(visitor: Visitor, school: School) -> None:
    run = db.session.scalars(select(Run)).one()
    html = visitor.ask("GET", f"/runs/{run.id}/report", headers=SPANISH).text
    assert 'lang="en" rows="24" readonly>status: succeeded' in html


def test_what_is_marked_as_english_is_no_mistake_and_what_is_beside_it_is(
    words: set[str],
) -> None:
    html = '<p title="Nothing waits"><b lang="en">The <b>school</b> waits</b> Here</p> <i>Why</i>'
    assert english_left(html, words, set()) == {"Nothing waits", "Here", "Why"}


TODAY = date(2026, 11, 26)


def test_pictures_are_told_in_spanish(app: Flask) -> None:
    def back(days: int) -> date:
        return TODAY - timedelta(days)

    told = [
        Day(back(9), DayState.SUCCEEDED, 1, 4120, 1),
        *(Day(back(n), DayState.FAILED, 2, 0, 2) for n in (8, 7)),
        *(Day(back(n), DayState.SUCCEEDED, 1, 0, 3) for n in (6, 5, 4, 3, 2)),
        Day(back(1), DayState.HELD, 1, 3, 4),
    ]
    with speaking("es"):
        assert pictures.of_calendar(told, TODAY) == (
            "Días desde el 17 nov: 6 sin problemas, 2 con fallas (18 nov, 19 nov), "
            "1 espera su decisión (25 nov). El día con más cambios fue el 17 nov: 4,120 cambios."
        )
        assert pictures.of_day(told[1], TODAY) == (
            "miércoles 18 de noviembre: Falló; 2 ejecuciones, nada cambió"
        )
        assert pictures.long_day(TODAY, TODAY) == "jueves 26 de noviembre, hoy"
        assert pictures.short_day(date(2025, 9, 3), TODAY) == "3 sep 2025"
        bad = DistrictDay(back(1), {DayState.SUCCEEDED: 37, DayState.FAILED: 2}, 1)
        assert pictures.of_district_day(bad, TODAY) == (
            "miércoles 25 de noviembre, 39 escuelas: 2 con fallas, 37 sin problemas; 1 cambio"
        )
        points = [(back(90), 405), (back(60), 380), (back(30), 415), (back(1), 412)]
        assert pictures.of_numbers(points, TODAY) == (
            "405 el 28 ago, 412 ahora; mínimo 380 el 27 sep, máximo 415 el 27 oct"
        )
