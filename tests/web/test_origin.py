"""Whoever's district doesn't use Clever never reads of it; whoever's does reads what they know."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from flask import Flask

from roster_dash import notify
from roster_dash.drill import drill
from roster_dash.roster.errors import BadInput, NotLinked
from roster_dash.roster.origin import CLEVER, ORIGINS, common_origin
from roster_dash.roster.records import Term
from roster_dash.roster.roles import Role
from roster_dash.store import edits, mails, people, runs
from roster_dash.store.tables import School
from roster_dash.store.transactions import commit
from roster_dash.why import why
from tests.builders import Builder, a_section, a_snapshot, a_student, a_teacher
from tests.clever import Clever
from tests.web.test_who_may import is_for
from tests.web.world import World, build_world, path_of, routes, visitors

ELSEWHERE = sorted(set(ORIGINS) - {"clever"})
OFFERED = {
    *("switching.page", "connection.districts", "health.numbers"),
    *("help.guide", "help.index", "account.log_in"),
}
"""Pages where another source is offered, or that are of no district."""
FIRM = {"students__archive": "on", "teachers__archive": "on"}
OFFER = "Change the source</a>: from Clever to OneRoster, or back."


@pytest.fixture(params=ELSEWHERE)
def world(request: pytest.FixtureRequest, make: Builder, clever: Clever) -> World:
    return build_world(make, clever, source=request.param)


@pytest.fixture
def school(world: World) -> School:
    return world.here.school


def pages(app: Flask, world: World, who: str) -> Iterator[tuple[str, str]]:
    """(endpoint, address) of every page that somebody may open."""
    for rule, method in routes(app):
        is_page = method == "GET" and "token" not in rule.arguments
        if is_page and is_for(who, rule) and rule.endpoint.partition(".")[0] != "api_description":
            yield rule.endpoint, path_of(rule, world.here.values())


def test_no_page_says_clever_where_the_roster_comes_from_elsewhere(
    app: Flask, world: World, school: School
) -> None:
    """With somebody who leaves, somebody edited here, changes that wait, and a sync that failed."""
    leaver = edits.add_person(school.id, Role.STUDENT, {"last_name": "Gone"}, world.here.owner.id)
    leaver.source_id, leaver.leaving_since, leaver.leaving_runs = "x", datetime.now(UTC).date(), 1
    school.district.outage_since = datetime.now(UTC)
    commit()
    everybody, found, seen = visitors(app, world), [], 0
    for who in ("owner", "manager"):
        for endpoint, path in pages(app, world, who):
            answer = everybody[who].get(f"{path}?q=Here&at={datetime.now(UTC):%Y-%m-%d}")
            text = answer.get_data().decode("utf-8", "replace").replace(OFFER, "")
            seen += 1
            if "Clever" in text and endpoint not in OFFERED:
                found.append((who, endpoint, re.findall(".{40}Clever.{20}", text)))
    assert found == []
    assert seen > 60


def test_what_forms_and_buttons_answer_names_the_source(
    app: Flask, world: World, school: School
) -> None:
    here, owner = world.here, visitors(app, world)["owner"]
    shown = f"/people/{here.person.id}"
    for path, form, page in (
        (f"{shown}/give-back/email", {}, shown),
        (f"{shown}/stay", {}, shown),
        (f"{shown}/keep", {}, shown),
        (f"/runs/{here.run.id}/decide", {"decision": "reject"}, f"/runs/{here.run.id}"),
        (f"/schools/{school.id}/connection/test", {}, f"/schools/{school.id}/connection"),
        (f"/schools/{school.id}/drill", {}, f"/schools/{school.id}/drill"),
        (f"/schools/{school.id}/rostering/preview", {}, f"/schools/{school.id}/rostering"),
    ):
        answer = owner.post(path, form, page=page)
        text = owner.get(page).text if answer.status_code == 303 else answer.text
        assert answer.status_code in (200, 303), path
        assert "Clever" not in text, path


def test_why_and_the_drill_name_the_source(world: World, school: School) -> None:
    for asked in ("Ana", "nobody at all", world.here.person.email):
        answers = why(school, asked)
        assert "Clever" not in f"{answers.message} {answers.stories}"
    done = drill(school)
    assert done.results
    assert "Clever" not in " ".join(f"{each.title} {each.detail}" for each in done.results)
    assert not re.search(r"[{}]", " ".join(each.title for each in done.results))


def mailed(clever: Clever, mail_ids: list[int]) -> str:
    for mail_id in mail_ids:
        assert notify.deliver(mail_id)
    told = [f"{mail['subject']} {mail['text']} {mail['html']}" for mail in clever.inbox()]
    assert len(told) == len(mail_ids)
    return " ".join(told)


def test_no_mail_says_clever_where_the_roster_comes_from_elsewhere(
    make: Builder, clever: Clever, world: World, school: School
) -> None:
    """Of a sync that succeeded, was held, and failed; of an outage, a request, an invitation."""
    students = [a_student(grade="9") for _ in range(20)]
    teacher = a_teacher()
    strangers = a_section(students=("nobody",), teachers=(teacher.source_id,))
    fall = [Term("term-1", "Fall")]
    done = make.synced(school, a_snapshot([*students, teacher], [strangers], fall), **FIRM)
    doubted = make.synced(school, a_snapshot([teacher], [strangers], fall), **FIRM)
    held = make.synced(school, a_snapshot([*students[:10], teacher], [strangers], fall), **FIRM)
    failed = make.synced(school, a_snapshot([]), **FIRM)
    assert (held.status, failed.status) == ("held", "failed")
    assert any("was removed" in warning for warning in doubted.warnings)
    ids = [
        mail_id
        for run in (world.here.run, done, doubted, held, failed)
        for mail_id in mails.add_mails(run.id, "run_result", ["o@school.example"])
    ]
    request = world.here.request
    for kind in ("request_received", "request_confirmed", "request_ready"):
        ids += mails.add_mails(None, kind, ["o@school.example"], request.id)
    now = datetime.now(UTC)
    for kind in ("outage", "outage_over"):
        ids += mails.add_notices(
            kind, ["m@school.example"], about_at=now, district_id=school.district_id
        )
    commit()
    text = mailed(clever, list(ids))
    assert "Clever" not in text
    assert school.origin.sharer in text
    assert school.origin.start in text


def test_errors_name_the_source(world: World, school: School) -> None:
    row = world.here.list
    member = next(
        person.id
        for person, side, by_hand in people.people_on_list(row.id)
        if side == "members" and not by_hand
    )
    with pytest.raises(BadInput, match=school.origin.name):
        edits.take_off_list(row, "members", member, world.here.owner.id)
    school.unlinked_at = datetime.now(UTC)
    commit()
    with pytest.raises(NotLinked, match=f"not linked to {school.origin.name} any more"):
        runs.request_run(school.id, runs.Trigger.MANUAL)


def test_people_of_several_sources_read_of_clever() -> None:
    assert common_origin(["files", "files"]) is ORIGINS["files"]
    assert common_origin(["files", "oneroster"]) is CLEVER
    assert common_origin([]) is CLEVER
