"""A district changes its source: people and lists that the new one knows keep their records."""

import json
import os
import re
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from roster_dash import approval, clock, new_source, revert, switching, sync
from roster_dash.extensions import db
from roster_dash.roster.errors import BadInput, NotRevertible, RosterDashError, RunBusy
from roster_dash.roster.records import SharedSchool, Term
from roster_dash.sandbox.oneroster.access import STATIC_TOKEN
from roster_dash.sandbox.oneroster.server import V1P2
from roster_dash.sandbox.oneroster.server import Server as Provider
from roster_dash.sandbox.oneroster.world import World, make_world
from roster_dash.sandbox.server import Server as Sandbox
from roster_dash.store import holds, runs, schools, snapshots, switches
from roster_dash.store import settings as settings_store
from roster_dash.store.tables import (
    AuditEntry,
    District,
    ListRow,
    Membership,
    OperationRow,
    PersonRow,
    PlannedSwitch,
    Run,
    School,
)
from roster_dash.store.transactions import commit
from tests.builders import ALL, Builder
from tests.clever import Clever
from tests.csv_zips import files_of, write_zip
from tests.visitor import Visitor
from tests.ways import as_records, fill

VisitAs = Callable[..., Visitor]


@pytest.fixture
def environment(environment: dict[str, str], look_alike: Provider) -> dict[str, str]:
    """The look-alike is on this machine, which an installation doesn't ask unless it is told to."""
    return environment | {"OUTBOUND_ALLOW": look_alike.url.split("/")[2]}


@pytest.fixture
def provider(look_alike: Provider, app: object, monkeypatch: pytest.MonkeyPatch) -> Provider:
    look_alike.provider.reset()
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 10, 1, 15, tzinfo=UTC))
    return look_alike


@pytest.fixture
def district(
    make: Builder, clever: Clever, sandbox_server: Sandbox, provider: Provider
) -> District:
    """Hill and Dale in Clever, both schools synced, with everything on."""
    world = sandbox_server.sandbox.worlds[0]
    fill(world, make_world())
    row = make.district("Hill and Dale", world.id, world.token)
    for each in clever.schools:
        school = make.school(row, each.name, each.id)
        make.settings(school, **(ALL | {"admins": "on", "admins__auto_update": "on"}))
        assert synced(school).status == "succeeded"
    return row


def synced(school: School) -> Run:
    run = runs.request_run(school.id, runs.Trigger.MANUAL)
    commit()
    return sync.sync_run(run.id).run


def school_of(district: District, name: str = "Hill School") -> School:
    return next(each for each in district.schools if each.name == name)


def way_to(provider: Provider) -> dict[str, str]:
    return {"url": f"{provider.url}{V1P2}", "version": "1.2", "auth": "bearer"}


def planned_for(district: District, provider: Provider) -> PlannedSwitch:
    return new_source.try_source(district, "oneroster", way_to(provider), STATIC_TOKEN, None)


def switched(district: District, provider: Provider) -> switching.Switch:
    return switching.switch(district, planned_for(district, provider), user_id=None)


def people_of(school: School) -> dict[str, PersonRow]:
    db.session.expire_all()
    rows = select(PersonRow).where(PersonRow.school_id == school.id)
    return {row.first_name: row for row in db.session.scalars(rows)}


def lists_of(school: School) -> dict[str, ListRow]:
    rows = select(ListRow).where(ListRow.school_id == school.id)
    return {row.title: row for row in db.session.scalars(rows)}


def memberships() -> set[tuple[int, str, int]]:
    rows = db.session.execute(
        select(Membership.list_id, Membership.side, Membership.person_id)
    ).all()
    return {(row[0], row[1], row[2]) for row in rows}


def seen_of(seen: switching.Switch, name: str = "Hill School") -> switching.Foreseen:
    return next(each for each in seen.schools if each.name == name)


def test_everybody_keeps_their_record_and_the_next_sync_finds_them(
    district: District, provider: Provider
) -> None:
    school = school_of(district)
    ids = {name: row.id for name, row in people_of(school).items()}
    lists, on_lists = {name: row.id for name, row in lists_of(school).items()}, memberships()
    switched(district, provider)
    assert (district.source, district.clever_id[:2]) == ("oneroster", "or")
    found = people_of(school)
    assert {name: row.id for name, row in found.items()} == ids
    assert all(row.source_id.startswith(f"{district.clever_id}.user-") for row in found.values())
    assert school.clever_id == f"{district.clever_id}.org-hill"
    run = synced(school)
    assert run.status == "succeeded"
    assert run.counts["people"]["created"] == run.counts["people"]["archived"] == 0
    assert run.counts["lists"]["created"] == run.counts["lists"]["archived"] == 0
    assert {name: row.id for name, row in people_of(school).items()} == ids
    assert {name: row.id for name, row in lists_of(school).items()} == lists
    assert memberships() == on_lists


def test_what_it_would_do_is_said_and_nothing_is_done(
    district: District, provider: Provider
) -> None:
    def not_in_the_new_one(world: World) -> None:
        world["users"] = [each for each in world["users"] if each["sourcedId"] != "user-ben"]
        new = dict(world["users"][0]) | {"sourcedId": "user-new", "identifier": "2000"}
        world["users"].append(new | {"givenName": "Nia", "email": "nia@hilldale.example"})

    not_in_the_new_one(provider.provider.world)
    school = school_of(district)
    before = {name: row.source_id for name, row in people_of(school).items()}
    seen = switching.foresee(district, planned_for(district, provider))
    counted = seen_of(seen).counted
    assert counted is not None
    numbers = (counted.recognised, counted.new, counted.missing, counted.ambiguous)
    assert numbers == (6, 1, 1, 0)
    assert (counted.lists, counted.all_lists) == (2, 2)
    assert {name: row.source_id for name, row in people_of(school).items()} == before
    assert district.source == "clever"


def test_who_is_missing_in_the_new_source_is_archived_by_nobody_but_a_sync(
    district: District, provider: Provider
) -> None:
    world = provider.provider.world
    world["users"] = [each for each in world["users"] if each["sourcedId"] != "user-ben"]
    school = school_of(district)
    switched(district, provider)
    assert people_of(school)["Ben"].status == "active"
    run = synced(school)
    assert run.counts["people"]["leaving"] == 1
    assert people_of(school)["Ben"].status == "active"


def test_a_number_that_is_somebody_elses_there_makes_nobody_somebody_else(
    district: District, provider: Provider
) -> None:
    """Another system numbers its people otherwise: its 1001 is Cleo, and Ada is 1003."""
    users = {each["sourcedId"]: each for each in provider.provider.world["users"]}
    for name in users:
        if name.startswith("user-"):
            users[name]["sourcedId"] = f"other-{name}"
    ada, cleo = users["user-ada"], users["user-cleo"]
    ada["identifier"], cleo["identifier"] = "1003", "1001"
    ada["email"] = cleo["email"] = ""
    for enrollment in provider.provider.world["enrollments"]:
        enrollment["user"]["sourcedId"] = f"other-{enrollment['user']['sourcedId']}"
    for user in users.values():
        for agent in user.get("agents") or ():
            agent["sourcedId"] = f"other-{agent['sourcedId']}"
    school = school_of(district)
    before = {name: row.source_id for name, row in people_of(school).items()}
    seen = switched(district, provider)
    counted = seen_of(seen).counted
    assert counted is not None
    assert counted.ambiguous == 2
    after = people_of(school)
    assert {name for name in before if after[name].source_id == before[name]} == {"Ada", "Cleo"}
    synced(school)
    assert {row.last_name for row in people_of(school).values()} >= {"Abel", "Cruz"}
    assert people_of(school)["Ada"].student_number == "1001"


def test_the_log_tells_it_and_it_is_changed_back_the_same_way(
    district: District, provider: Provider, clever: Clever
) -> None:
    school = school_of(district)
    before = {name: (row.id, row.source_id) for name, row in people_of(school).items()}
    lists = {name: (row.id, row.source_id) for name, row in lists_of(school).items()}
    clever_id, shared = district.clever_id, school.clever_id
    switched(district, provider)
    run = db.session.scalars(
        select(Run).where(Run.school_id == school.id).order_by(Run.id.desc())
    ).first()
    assert run is not None
    assert (run.trigger, run.status) == ("switch", "succeeded")
    assert "7 people and 2 lists were recognised" in run.message
    logged = select(OperationRow.reason).where(OperationRow.run_id == run.id)
    assert set(db.session.scalars(logged)) == {"switched"}
    with pytest.raises(NotRevertible, match="change that back under Connection"):
        revert.revert(run.id, user_id=None)
    entries = db.session.scalars(
        select(AuditEntry).where(AuditEntry.action == "credentials.source_switched")
    ).all()
    assert [(each.before, each.after["source"]) for each in entries] == [
        ({"source": "clever"}, "oneroster")
    ]
    synced(school)
    back = new_source.try_source(district, "clever", {"clever_id": clever_id}, "", None)
    switching.switch(district, back, user_id=None)
    assert {name: (row.id, row.source_id) for name, row in people_of(school).items()} == before
    assert {name: (row.id, row.source_id) for name, row in lists_of(school).items()} == lists
    assert (district.clever_id, school.clever_id) == (clever_id, shared)


def test_a_run_before_the_switch_can_still_be_taken_back(
    district: District, provider: Provider
) -> None:
    school = school_of(district)
    first = runs.last_finished(school.id)
    assert first is not None
    switched(district, provider)
    reverted = revert.revert(first.id, user_id=None).run
    assert reverted.counts["people"]["archived"] == 7
    assert all(row.source_id.startswith(district.clever_id) for row in people_of(school).values())


def test_a_file_is_switched_to_like_a_provider(
    district: District, provider: Provider, tmp_path: Path
) -> None:
    zipped = write_zip(tmp_path / "all.zip", files_of(as_records(make_world()), "1.2"))
    planned = new_source.try_files(district, zipped, None)
    seen = switching.switch(district, planned, user_id=None)
    counted = seen_of(seen).counted
    assert counted is not None
    assert (counted.recognised, counted.missing, counted.lists) == (7, 0, 2)
    assert district.source == "files"
    school = school_of(district)
    run = synced(school)
    assert run.counts["people"]["created"] == run.counts["people"]["leaving"] == 0


def test_schools_are_proposed_by_name_and_then_by_number() -> None:
    there = [
        SharedSchool("or1.a", "HILL school "),
        SharedSchool("or1.b", "Dale Elementary", "17"),
        SharedSchool("or1.c", "Twin"),
        SharedSchool("or1.d", "Twin"),
    ]
    linked = [(1, "Hill School", ""), (2, "Dale School", "17"), (3, "Twin", "")]
    assert new_source.propose(linked, there) == {1: "or1.a", 2: "or1.b"}


def test_a_school_that_is_not_matched_is_unlinked_and_keeps_its_people(
    district: District, provider: Provider
) -> None:
    planned = planned_for(district, provider)
    hill, dale = school_of(district), school_of(district, "Dale School")
    matches = {hill.id: planned.matches[str(hill.id)]}
    new_source.match_schools(district, planned, matches)
    before = {name: row.source_id for name, row in people_of(dale).items()}
    switching.switch(district, planned, user_id=None)
    assert dale.unlinked_at is not None
    assert hill.unlinked_at is None
    after = people_of(dale)
    assert {name: row.source_id for name, row in after.items()} == before
    assert {row.status for row in after.values()} == {"active"}


@pytest.mark.parametrize("wrong", [{999: "or1.a"}, {}, {"twice": ""}])
def test_schools_that_cannot_be_matched_so_are_refused(
    wrong: dict[object, str], district: District, provider: Provider
) -> None:
    planned = planned_for(district, provider)
    hill, dale = school_of(district), school_of(district, "Dale School")
    there = planned.matches[str(hill.id)]
    matches = {hill.id: there, dale.id: there} if "twice" in wrong else wrong
    with pytest.raises(BadInput):
        new_source.match_schools(district, planned, matches)  # type: ignore[arg-type]


def test_nothing_is_switched_while_a_school_syncs_and_a_queued_run_goes_by_the_new_source(
    district: District, provider: Provider, make: Builder
) -> None:
    dale = school_of(district, "Dale School")
    planned = planned_for(district, provider)
    run = make.run(dale, "running")
    with pytest.raises(RunBusy, match="Dale School is being synced"):
        switching.switch(district, planned, user_id=None)
    assert district.source == "clever"
    run.status = "queued"
    commit()
    switching.switch(district, planned, user_id=None)
    done = sync.sync_run(run.id).run
    assert done.status == "succeeded"
    assert done.counts["people"]["created"] == 0


def test_only_what_was_looked_at_is_done(district: District, provider: Provider) -> None:
    planned = planned_for(district, provider)
    seen = switching.foresee(district, planned)
    world = provider.provider.world
    world["users"] = [each for each in world["users"] if each["sourcedId"] != "user-ada"]
    with pytest.raises(BadInput, match="have changed since you looked"):
        switching.switch(district, planned, user_id=None, mark=seen.mark)
    assert district.source == "clever"
    again = switching.foresee(district, planned)
    switching.switch(district, planned, user_id=None, mark=again.mark)
    assert district.source == "oneroster"


def test_answers_of_one_source_are_never_taken_for_those_of_another(
    district: District, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody else begins anew while the source is read."""
    planned = planned_for(district, provider)
    real = switching._snapshots

    def meanwhile(*args: object) -> object:
        answers = real(*args)  # type: ignore[arg-type]
        planned_for(district, provider)
        return answers

    monkeypatch.setattr(switching, "_snapshots", meanwhile)
    with pytest.raises(BadInput, match="or has changed"):
        switching.switch(district, planned, user_id=None)
    assert district.source == "clever"


def test_a_school_of_strangers_is_refused_unless_somebody_wants_it(
    district: District, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("roster_dash.roster.switching.FEW", 5)
    for user in provider.provider.world["users"]:
        user |= {"email": "", "identifier": "", "familyName": f"{user['familyName']} II"}
    planned = planned_for(district, provider)
    with pytest.raises(BadInput, match="Hardly anybody of Dale School is known"):
        switching.switch(district, planned, user_id=None)
    assert district.source == "clever"
    switching.switch(district, planned, user_id=None, even_if_few=True)
    assert district.source == "oneroster"


def test_an_empty_school_there_is_refused(district: District, provider: Provider) -> None:
    planned = planned_for(district, provider)
    world = provider.provider.world
    for name in ("users", "enrollments", "classes"):
        world[name] = [each for each in world[name] if "org-dale" not in repr(each)]
    with pytest.raises(BadInput, match="nobody in Dale School at the new source"):
        switching.foresee(district, planned)


def test_nothing_is_kept_of_a_source_that_does_not_answer(
    district: District, provider: Provider
) -> None:
    with pytest.raises(RosterDashError, match="refuses"):
        new_source.try_source(district, "oneroster", way_to(provider), "wrong", None)
    assert switches.planned(district.id) is None
    provider.provider.switches.missing_envelope = "users"
    planned = planned_for(district, provider)
    with pytest.raises(RosterDashError, match="no list named"):
        switching.switch(district, planned, user_id=None)
    assert district.source == "clever"


def test_the_source_that_it_has_and_that_of_another_district_are_refused(
    district: District, provider: Provider, make: Builder, clever: Clever
) -> None:
    with pytest.raises(BadInput, match="comes from there already"):
        new_source.try_source(district, "clever", {"clever_id": district.clever_id}, "", None)
    other = make.district("Other")
    with pytest.raises(BadInput, match="is connected to that district of Clever already"):
        new_source.try_source(
            other, "clever", {"clever_id": district.clever_id}, clever.district.token, None
        )


def test_terms_that_were_chosen_by_their_id_are_chosen_by_name_then(
    district: District, provider: Provider, make: Builder
) -> None:
    school = school_of(district)
    latest = snapshots.latest_snapshot(school.id)
    assert latest is not None
    autumn: Term = next(each for each in latest[1].terms if each.name == "Autumn")
    make.settings(school, **(ALL | {"class_lists__terms": autumn.source_id}))
    synced(school)
    switched(district, provider)
    assert settings_store.load_settings(school.id).class_list_terms == ("Autumn",)
    commit()
    assert synced(school).counts["lists"]["archived"] == 0
    assert lists_of(school)["Algebra 1"].status == "active"


def test_what_was_tried_is_forgotten_with_its_secret(
    district: District, provider: Provider
) -> None:
    planned = planned_for(district, provider)
    assert STATIC_TOKEN.encode() not in (planned.token or b"")
    switches.forget_old(clock.now())
    assert switches.planned(district.id) is not None
    schools.disconnect_district(district)
    commit()
    assert switches.planned(district.id) is None


def test_a_manager_changes_the_source_in_the_browser(
    district: District, provider: Provider, make: Builder, visit_as: VisitAs
) -> None:
    visitor = visit_as(make.manager(district))
    path = f"/districts/{district.id}/switch"
    assert f'href="{path}"' in visitor.get(f"/districts/{district.id}/connection").text
    form = {"to": "oneroster", "secret": STATIC_TOKEN, "key": "", "token_url": ""}
    assert visitor.post(path, form | way_to(provider), page=path).location == path
    hill, dale = school_of(district), school_of(district, "Dale School")
    page = visitor.get(path).text
    assert "OneRoster answers: 2 schools" in page
    planned = switches.planned(district.id)
    assert planned is not None
    there = {name: each for each, name in planned.schools}
    commit()
    chosen = {f"school-{hill.id}": there["Hill School"], f"school-{dale.id}": ""}
    answer = visitor.post(f"{path}/schools", chosen, page=path)
    assert answer.location == f"{path}/preview"
    seen = visitor.get(f"{path}/preview").text
    assert "Not matched: it is unlinked" in seen
    assert STATIC_TOKEN not in page + seen
    mark = seen.partition('name="mark" value="')[2].partition('"')[0]
    assert visitor.post(f"{path}/confirm", {"mark": "old"}, page=path).status_code == 409
    answer = visitor.post(f"{path}/confirm", {"mark": mark}, page=path)
    assert answer.location == f"/districts/{district.id}/connection"
    db.session.expire_all()
    assert (district.source, hill.clever_id) == ("oneroster", there["Hill School"])
    assert dale.unlinked_at is not None
    commit()
    history = visitor.get(f"/schools/{hill.id}/history").text
    assert "Another source" in history
    ben = people_of(hill)["Ben"]
    assert "Recognised in the district’s new source." in visitor.get(f"/people/{ben.id}").text


def test_what_does_not_answer_is_told_on_the_form_without_the_secret(
    district: District, provider: Provider, make: Builder, visit_as: VisitAs
) -> None:
    visitor = visit_as(make.specialist())
    path = f"/districts/{district.id}/switch"
    form = {"to": "oneroster", "secret": "SECRETwrong"} | way_to(provider)
    answer = visitor.post(path, form, page=path)
    assert answer.status_code == 422
    assert "refuses our access token" in answer.text
    assert way_to(provider)["url"] in answer.text
    assert "SECRETwrong" not in answer.text
    assert visitor.get(f"{path}/preview").location == path
    assert visitor.post(f"{path}/confirm", page=path).status_code == 404


def test_a_zip_is_uploaded_and_seen_and_forgotten(
    district: District, make: Builder, visit_as: VisitAs, tmp_path: Path
) -> None:
    zipped = write_zip(tmp_path / "all.zip", files_of(as_records(make_world()), "1.2"))
    visitor = visit_as(make.specialist())
    path = f"/districts/{district.id}/switch"
    sent = {"file": (zipped.open("rb"), "all.zip")}
    assert visitor.post(f"{path}/file", sent, page=path).location == path
    assert "7" in visitor.get(f"{path}/preview").text
    visitor.post(f"{path}/cancel", page=path)
    assert switches.planned(district.id) is None
    commit()


def test_the_command_line_says_what_would_happen_and_does_it(
    district: District, provider: Provider, runner: FlaskCliRunner
) -> None:
    hill, dale = school_of(district), school_of(district, "Dale School")
    way = way_to(provider)
    options = ["--to", "oneroster", "--url", way["url"], "--auth", "bearer", "--secret-stdin"]
    command = ["roster", "switch-source", str(district.id), *options, "--json"]
    commit()
    tried = runner.invoke(args=[*command, "--dry-run"], input=STATIC_TOKEN)
    assert tried.exit_code == 0
    told = json.loads(tried.stdout)
    assert (told["switched"], told["source"]) == (False, "oneroster")
    by_name = {each["name"]: each for each in told["schools"]}
    assert by_name["Hill School"]["people_and_lists"] == {
        "recognised": 7,
        "new": 0,
        "missing": 0,
        "ambiguous": 0,
        "lists": 2,
        "all_lists": 2,
    }
    db.session.expire_all()
    assert district.source == "clever"
    assert switches.planned(district.id) is None
    commit()
    done = runner.invoke(
        args=[*command, "--match", f"{hill.id}=org-hill", "--match", f"{dale.id}="],
        input=STATIC_TOKEN,
    )
    assert done.exit_code == 0
    db.session.expire_all()
    assert (district.source, hill.clever_id) == ("oneroster", f"{district.clever_id}.org-hill")
    assert dale.unlinked_at is not None


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--to", "files"], "which zip"),
        (["--to", "oneroster", "--url", "http://10.0.0.8/x"], "OAuth 2|client id|key"),
        (["--to", "clever"], "id in Clever"),
    ],
)
def test_the_command_line_refuses_in_words(
    options: list[str], says: str, district: District, runner: FlaskCliRunner
) -> None:
    commit()
    answer = runner.invoke(args=["roster", "switch-source", str(district.id), *options, "--json"])
    assert answer.exit_code == 2
    assert re.search(says, json.loads(answer.stdout)["message"])


@pytest.mark.skipif("TEST_DATABASE_URL" not in os.environ, reason="SQLite has one writer at a time")
def test_a_run_that_begins_while_the_change_waits_for_its_school_is_seen(
    district: District, provider: Provider, make: Builder, app: Flask
) -> None:
    planned_for(district, provider)
    district_id, dale_id = district.id, school_of(district, "Dale School").id
    run_id = make.run(school_of(district, "Dale School"), "queued").id
    refused: list[RosterDashError] = []

    def change() -> None:
        with app.app_context():
            mine = schools.get_district(district_id)
            planned = switches.planned(district_id)
            assert mine is not None
            assert planned is not None
            try:
                switching.switch(mine, planned, user_id=None)
            except RosterDashError as error:
                refused.append(error)

    with Session(db.engine) as worker:
        of_dale = {"id": dale_id}
        worker.execute(text("SELECT id FROM schools WHERE id = :id FOR NO KEY UPDATE"), of_dale)
        changing = threading.Thread(target=change)
        changing.start()
        waits = text(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        deadline = time.monotonic() + 60
        while not worker.scalar(waits):
            assert time.monotonic() < deadline
            worker.execute(text("SELECT pg_stat_clear_snapshot()"))
        worker.execute(text("UPDATE runs SET status = 'running' WHERE id = :id"), {"id": run_id})
        worker.commit()
        changing.join(60)
    assert [type(error) for error in refused] == [RunBusy]
    assert district.source == "clever"


@pytest.mark.parametrize("role", ["student", "aide"])
def test_what_waits_for_somebody_is_planned_anew_when_it_is_approved_after_the_switch(
    role: str, district: District, provider: Provider, clever: Clever, make: Builder
) -> None:
    """Ben became staff in Clever, which waits. Nobody is matched across students and adults."""
    school = school_of(district)
    make.settings(school, **(ALL | {"staff__auto_update": "on"}))
    ben = people_of(school)["Ben"]
    staff = {"staff": {"schools": [school.clever_id], "staff_id": "user-ben"}}
    clever.change(str(ben.source_id), {"roles": staff})
    held = synced(school)
    assert held.status == "held"
    there = next(u for u in provider.provider.world["users"] if u["sourcedId"] == "user-ben")
    there["roles"][0]["role"] = role
    switched(district, provider)
    [waiting] = holds.holds_of(held, state=holds.HoldState.WAITING)
    approval.approve(held.id, user_id=None)
    assert waiting.state == "cleared"
    ben = people_of(school)["Ben"]
    assert (ben.roles, ben.status) == (["student"], "active")
    assert str(ben.source_id).startswith(district.clever_id) == (role == "student")
