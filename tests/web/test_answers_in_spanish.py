"""What is answered to mistakes, and told after a click: in Spanish, without an English word left.

tests/web/test_english_left.py opens every page; here is what only comes once something is sent.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from roster_dash.extensions import db
from roster_dash.roster.roles import Role
from roster_dash.roster.settings import KEYS, UPDATE_FIELDS
from roster_dash.store import edits
from roster_dash.store.tables import PersonRow, School
from roster_dash.store.transactions import commit
from tests.builders import Builder, a_snapshot, a_student, a_teacher
from tests.clever import Clever
from tests.language.test_what_is_said import TYPED as CHOSEN
from tests.visitor import Visitor
from tests.web.english import english_left, english_words
from tests.web.forms import Form
from tests.web.test_english_left import data_of
from tests.web.test_every_form import ODD, posts, send, sent
from tests.web.world import World, build_world, visitors

TYPED = {
    *("pupil", "Zoé", "Núñez", "nunca", "Núñez,student", "Núñez,staff", "<script>", "pause.until"),
    *("first_name,last_name,role", "first_name, last_name, role"),
    "student, students, teacher, teachers, staff, admin, admins",
}
"""What was typed, and what is to be typed in English."""
LEADS_AWAY = ("/logout", "/account/language")
LONG = "é" * 301
NEW, IMPORT = "/schools/{school_id}/people/new", "/schools/{school_id}/people/import"
BULK, STAY = "/schools/{school_id}/people/bulk", "/people/{person_id}/stay"
LIST, PUT_ON = "/lists/{list_id}", "/lists/{list_id}/people"
TOGETHER, SWITCH = "/districts/{district_id}/together", "/districts/{district_id}/switch"
HEAD = "first_name,last_name,role\n"
SENT: tuple[tuple[str, dict[str, str]], ...] = (
    (NEW, {"role": "student"}),
    (NEW, {"role": "pupil", "last_name": "Núñez"}),
    (NEW, {"role": "student", "first_name": LONG}),
    (NEW, {"role": "student", "email": LONG}),
    (NEW, {"role": "student", "first_name": "Zoé", "last_name": "Núñez"}),
    (IMPORT, {"text": ""}),
    (IMPORT, {"text": 'first_name,last_name,role\n"Zoé'}),
    (IMPORT, {"text": HEAD + "Zoé,Núñez,pupil\n,,student\n"}),
    (IMPORT, {"text": HEAD + "Zoé,Núñez,pupil\n" * 30}),
    (IMPORT, {"text": HEAD + "Zoé,Núñez,student\n" * 5001}),
    (IMPORT, {"text": HEAD}),
    (IMPORT, {"text": HEAD + "Zoé,Núñez,staff\n"}),
    (IMPORT, {"text": HEAD + "Zoé,Núñez,staff\n" * 60}),
    (IMPORT, {"text": HEAD + "Zoé,Núñez,staff\n", "confirm": "yes"}),
    ("/people/{person_id}", {"first_name": "", "middle_name": "", "last_name": ""}),
    ("/people/{person_id}", {"preferred_name": LONG}),
    ("/people/{person_id}", {"student_number": "7"}),
    ("/people/{person_id}/give-back/grade", {}),
    ("/people/{person_id}/give-back/email", {}),
    (STAY, {"until": "nunca"}),
    (STAY, {"until": ""}),
    *(
        (f"/people/{{person_id}}/{what}", {})
        for what in ("leave_out", "include", "keep", "archive", "restore")
    ),
    *(
        (BULK, {"what": what, "person": person})
        for what in ("keep", "leave_out", "include", "archive", "restore")
        for person in ("{person_id}", "")
    ),
    (LIST, {"title": "Zoé"}),
    (LIST, {"title": "", "visibility": "public", "included_in_sync": "on"}),
    (PUT_ON, {"person": "{person_id}", "side": "nunca"}),
    (PUT_ON, {"person": "{person_id}", "side": "members"}),
    ("/lists/{list_id}/people/{person_id}/members/off", {}),
    ("/lists/{list_id}/people/{person_id}/managers/off", {}),
    (PUT_ON, {"person": "0", "side": "members"}),
    (TOGETHER, {"do": "sync"}),
    (TOGETHER, {"school": "{school_id}", "do": "nunca"}),
    (TOGETHER, {"school": "{school_id}", "do": "pause"}),
    (TOGETHER, {"school": "{school_id}", "do": "pause", "until": "nunca"}),
    (TOGETHER, {"school": "{school_id}", "do": "pause", "until": "2020-01-01"}),
    *((TOGETHER, {"school": "{school_id}", "do": do}) for do in ("resume", "policy", "sync")),
    (f"{TOGETHER}/approve", {"holds": "nunca"}),
    (f"{TOGETHER}/approve", {"holds": "{run_id}:{hold_id}"}),
    (f"{TOGETHER}/approve", {"holds": "{run_id}:{hold_id}"}),
    (f"{SWITCH}/schools", {}),
    (f"{SWITCH}/schools", {"school-{school_id}": "nunca"}),
    (f"{SWITCH}/schools", {"school-0": "or1.school-1"}),
    (f"{SWITCH}/confirm", {"mark": "nunca"}),
    (f"{SWITCH}/cancel", {}),
    (SWITCH, {"to": "nunca"}),
    (SWITCH, {"to": "clever"}),
    (SWITCH, {"to": "clever", "clever_id": "nunca"}),
    (SWITCH, {"to": "oneroster"}),
    (SWITCH, {"to": "oneroster", "url": "nunca", "secret": "x"}),
    (SWITCH, {"to": "oneroster", "url": "https://127.0.0.1:9", "secret": "x", "version": "1"}),
    (f"{SWITCH}/file", {"file": "nunca"}),
    (f"{SWITCH}/schools", {}),
)
"""(Where, what is sent), in this order: each of the buttons, and every mistake."""

ASKED = (
    "/schools/{school_id}/people?q=nunca",
    "/schools/{school_id}/people?status=archived&without=class",
    "/schools/{school_id}/people?status=leaving",
    "/schools/{school_id}/lists?q=nunca",
    "/schools/{school_id}/lists?status=archived",
    "/schools/{school_id}/lists?without=people",
    "/schools/{busy_id}/people",
    "/schools/{busy_id}/lists",
    "/lists/{list_id}?q=nunca",
    "/lists/{list_id}?q=Ana",
    "/schools/{school_id}/why?q=x",
    "/schools/{school_id}/why?q=nunca",
    "/schools/{school_id}/why?q=Herzog",
    "/schools/{busy_id}/why?q=nunca",
    "/districts/{district_id}/together/approve?school={busy_id}",
    "/people/0",
)

PARTS = (
    ("/schools/{school_id}/people?q=nunca", "people"),
    ("/schools/{school_id}/lists?q=nunca", "lists"),
    ("/lists/{list_id}?q=Ana", "candidates"),
    ("/lists/{list_id}?q=nunca", "candidates"),
)


@pytest.fixture
def world(make: Builder, clever: Clever) -> World:
    made = build_world(make, clever)
    for user in made.actors().values():
        user.language = "es"
    commit()
    return made


def mistakes(form: Form) -> Iterator[dict[str, list[str]]]:
    """Everything empty; each field odd, one at a time."""
    fixed = {"csrf_token": form.fields["csrf_token"][:1]}
    yield {name: [""] for name in form.fields} | fixed
    for number, name in enumerate(name for name in form.fields if name != "csrf_token"):
        yield sent(form, **{name: [ODD[number % len(ODD)]]})


def outcome(visitor: Visitor, answer: TestResponse) -> TestResponse:
    """The answer, or the page that it leads to, with what was told."""
    return visitor.get(answer.location) if answer.status_code == 303 else answer


def test_what_forms_answer_is_spanish(app: Flask, world: World) -> None:
    visitor, words = visitors(app, world)["specialist"], english_words("es")
    here = world.here.values() | {"hold_id": world.here.hold.id}
    left: dict[str, set[str]] = {}
    data = data_of(world) | TYPED
    for path, fields in SENT:
        typed = {key.format(**here): value.format(**here) for key, value in fields.items()}
        answer = outcome(visitor, visitor.post(path.format(**here), typed, page="/account"))
        assert answer.status_code in (200, 404, 409, 422), (path, fields, answer.status_code)
        assert 'lang="es"' in answer.text, path
        data |= data_of(world)
        left[f"{path} {str(fields)[:90]}"] = english_left(answer.text, words, data)
    assert not any(left.values()), _listed(left)


def test_what_is_found_or_not_is_spanish(app: Flask, world: World) -> None:
    visitor, words = visitors(app, world)["specialist"], english_words("es")
    here = world.here.values() | {"busy_id": world.here.busy.id}
    data = data_of(world) | TYPED
    left = {
        path: english_left(visitor.get(path.format(**here)).text, words, data) for path in ASKED
    } | {
        f"{path}, {part}": english_left(
            visitor.get(path.format(**here), htmx=True, target=part).text, words, data
        )
        for path, part in PARTS
    }
    assert not any(left.values()), _listed(left)


def test_why_of_every_kind_of_person_is_spanish(
    app: Flask, make: Builder, visitor: Visitor, clever: Clever
) -> None:
    school: School = make.school()
    owner = make.owner(school)
    owner.language = "es"
    make.settings(school, students="on", students__archive="on", teachers="off")
    names = ["Presente", "Editada", "Excluida", "Guardada", "Pendiente", "Docente"]
    made = {name: a_student(name, first_name=name, last_name="Paz") for name in names}
    made["Docente"] = a_teacher("Docente", first_name="Docente", last_name="Paz")
    pupils = [a_student(f"p{number}", last_name="Ruiz") for number in range(30)]
    now = datetime.now(UTC)
    make.synced(school, a_snapshot([*made.values(), *pupils]), now=now - timedelta(days=2))
    rows = {row.first_name: row for row in db.session.scalars(select(PersonRow))}
    edits.edit_person(
        rows["Editada"], {"email": "e@x.example", "first_name": "Editada A"}, owner.id
    )
    edits.include_person(rows["Excluida"], False, owner.id)
    edits.archive_person(rows["Guardada"], owner.id)
    edits.add_person(
        school.id, Role.STAFF, {"first_name": "Invitada", "last_name": "Paz"}, owner.id
    )
    commit()
    stay = [person for name, person in made.items() if name != "Pendiente"]
    make.synced(school, a_snapshot([*stay, *pupils[:15]]), now=now)
    visitor.log_in(owner)
    page = visitor.get(f"/schools/{school.id}/why?q=Paz").text
    assert page.count('class="checklist"') == len(made) + 1
    data = {"Lincoln High", "Riverdale", owner.email, "Paz", *names, "Invitada", "e@x.example"}
    assert not english_left(page, english_words("es"), data)


def test_odd_values_in_any_form_are_answered_in_spanish(
    app: Flask, world: World, clever: Clever
) -> None:
    visitor, words = visitors(app, world)["specialist"], english_words("es")
    shared = {school.name for school in clever.schools} | {"odd, but clear"}
    keys = {key for key in KEYS if {".", "_"} & set(key)} | set(UPDATE_FIELDS)
    data = data_of(world) | TYPED | CHOSEN | keys | shared | {"primary"}
    left: dict[str, set[str]] = {}
    for form in posts(visitor):
        if form.action.endswith(LEADS_AWAY):
            continue
        for fields in mistakes(form):
            answer = outcome(visitor, send(visitor, form, fields))
            if answer.mimetype == "text/html":
                found = english_left(answer.text, words, data)
                left[form.action] = left.get(form.action, set()) | found
    assert not any(left.values()), _listed(left)


def _listed(left: dict[str, set[str]]) -> str:
    return "\n".join(_lines(left))


def _lines(left: dict[str, set[str]]) -> Iterator[str]:
    for where, texts in left.items():
        if texts:
            yield "\n    ".join([where, *sorted(texts)])
