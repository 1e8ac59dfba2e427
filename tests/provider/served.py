"""A school to be served, and this installation as its provider: asked, or on the network."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

from flask import Flask
from werkzeug.serving import make_server
from werkzeug.test import TestResponse

from roster_dash.extensions import db
from roster_dash.roster.records import Term
from roster_dash.roster.roles import Role
from roster_dash.sandbox.server import QuietHandler
from roster_dash.store import tokens
from roster_dash.store.tables import School
from roster_dash.store.transactions import commit
from tests.builders import Builder, a_contact, a_section, a_snapshot, a_student, a_teacher

V1P2, TOKEN = "/ims/oneroster/rostering/v1p2", "/ims/oneroster/token"
STUDENTS = [f"s-1-student-{number:02}" for number in range(12)]
TERM = Term("fall", "Fall", date(2026, 8, 24), date(2026, 12, 18))


@contextmanager
def serving(app: Flask, port: int) -> Iterator[None]:
    server = make_server("127.0.0.1", port, app, threaded=True, request_handler=QuietHandler)
    server.daemon_threads = True  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def a_key(school: School, *scopes: str, days: int = 30) -> str:
    key = tokens.make_token(school, "Library", scopes or ("roster:read",), days, None)
    commit()
    return key


def a_school(make: Builder, name: str, clever_id: str) -> School:
    """Twelve students, one with a contact; two teachers; an admin who teaches; two classes."""
    school = make.school(name=name, clever_id=clever_id)
    students = [
        a_student(
            f"{clever_id}-student-{number:02}",
            last_name=("Lee", "O’Brien", "O'Brien")[number % 3],
            grade=("9", "10")[number % 2],
            contact=a_contact(relationship="Mother")
            if number == 1
            else a_contact(name="", phone=""),
        )
        for number in range(12)
    ]
    teachers = [a_teacher(f"{clever_id}-teacher-{number}") for number in range(2)]
    both = a_teacher(f"{clever_id}-both", roles=(Role.ADMIN, Role.TEACHER))
    ids = [each.source_id for each in students]
    sections = [
        a_section(
            f"{clever_id}-bio", term_id="fall", students=tuple(ids[:7]), teachers=(both.source_id,)
        ),
        a_section(
            f"{clever_id}-art",
            term_id="",
            course="",
            students=tuple(ids[5:]),
            teachers=(teachers[0].source_id, teachers[1].source_id),
        ),
    ]
    snapshot = a_snapshot([*students, *teachers, both], sections, [TERM])
    make.snapshot(school, snapshot)
    make.synced(school, snapshot, admins="on", staff="on")
    return school


def ask(app: Flask, path: str, key: str = "", method: str = "GET", **options: Any) -> TestResponse:
    db.session.commit()
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    with app.app_context():
        return app.test_client().open(
            path, method=method, headers=headers, buffered=True, **options
        )


def ids(answer: TestResponse) -> list[str]:
    assert answer.status_code == 200, answer.text
    [found] = answer.json.values()
    return [each["sourcedId"] for each in found]


def minor_of(answer: TestResponse) -> str:
    document = answer.json
    assert document["imsx_codeMajor"] == "failure"
    assert document["imsx_description"]
    [field] = document["imsx_CodeMinor"]["imsx_codeMinorField"]
    return str(field["imsx_codeMinorFieldValue"])
