"""What the sandbox's time machine does: days, school years, single acts, and their events."""

import json
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import requests

from roster_dash import clock
from roster_dash.sandbox import timemachine
from roster_dash.sandbox.generate import UNREADABLE, generate, grade_number
from roster_dash.sandbox.timemachine import ACTS, HOUR
from roster_dash.sandbox.world import World
from tests.clever import Clever
from tests.sandbox.asking import Json, ask, page, users

DAY = date(2026, 3, 2)


def world_after(seed: int, days: int, *, year: bool = False) -> str:
    world = generate(seed, 2, 30, DAY)
    timemachine.advance(world, days)
    if year:
        timemachine.next_year(world)
    return json.dumps([world.objects, world.events])


@pytest.fixture
def world() -> World:
    return generate(1, 2, 30, DAY)


def events(clever: Clever, object_id: str = "") -> list[Json]:
    found = [item["data"] for item in page(clever, "/v3.1/events?limit=10000")["data"]]
    return [e for e in found if object_id in ("", e["data"]["object"]["id"])]


def find(clever: Clever, object_id: str) -> Json:
    found: Json = page(clever, f"/v3.1/users/{object_id}")["data"]
    return found


def classes_of(clever: Clever, user: str) -> set[str]:
    return {s["id"] for s in clever.raw()["sections"] if user in s["students"]}


# The same seed, the same story.


@pytest.mark.parametrize(("days", "year"), [(0, False), (20, False), (20, True)])
def test_the_same_seed_tells_the_same_story(days: int, year: bool) -> None:
    assert world_after(1, days, year=year) == world_after(1, days, year=year)
    assert world_after(1, days, year=year) != world_after(2, days, year=year)


def test_days_one_by_one_are_the_same_as_at_once() -> None:
    first, second = generate(1, 2, 30, DAY), generate(1, 2, 30, DAY)
    timemachine.advance(first, 6)
    for _ in range(6):
        timemachine.advance(second, 1)
    assert first.objects == second.objects
    assert first.events == second.events


def test_hours_one_by_one_are_the_same_as_at_once() -> None:
    first, second = generate(1, 2, 30, DAY), generate(1, 2, 30, DAY)
    timemachine.live_until(first, first.moment + timedelta(hours=30))
    for hours in range(1, 31):
        timemachine.live_until(second, datetime(2026, 3, 2, 6, tzinfo=UTC) + hours * HOUR)
    assert first.objects == second.objects
    assert first.events == second.events


def test_the_hours_of_some_days_bring_about_as_much_as_the_days() -> None:
    by_day, by_hour = generate(1, 2, 60, DAY), generate(1, 2, 60, DAY)
    timemachine.advance(by_day, 30)
    timemachine.live_until(by_hour, by_hour.moment + timedelta(days=30))
    assert by_hour.today == by_day.today
    assert 0.6 < len(by_hour.events) / len(by_day.events) < 1.7


def test_a_sandbox_that_lives_goes_by_the_clock(clever: Clever) -> None:
    shown = datetime(2030, 5, 1, 12, tzinfo=UTC)
    try:
        clock.use(clock.Clock(time.time(), shown.timestamp()))
        clever.live(True)
        assert clever.today == "2030-05-01"
        before = clever.raw()
        page(clever, "/v3.1/schools")
        assert clever.raw() == before
        clock.use(clock.Clock(time.time(), (shown + timedelta(days=3)).timestamp()))
        page(clever, "/v3.1/schools")
        assert clever.today == "2030-05-04"
        assert clever.raw() != before
        clever.live(False)
        clock.use(clock.Clock(time.time(), (shown + timedelta(days=5)).timestamp()))
        page(clever, "/v3.1/schools")
        assert clever.today == "2030-05-04"
    finally:
        clock.use(clock.MACHINE)
        clever.reset()


# Events.


def test_a_new_district_has_no_events(clever: Clever) -> None:
    assert events(clever) == []


def test_every_change_is_an_event_with_the_old_values_inside_data(clever: Clever) -> None:
    student = users(clever, "student")[0]
    clever.act("rename", id=student["id"], last="Newname")
    (event,) = events(clever)
    assert event["type"] == "users.updated"
    assert event.keys() == {"id", "type", "created", "data"}
    assert event["data"]["object"] == find(clever, student["id"])
    assert event["data"]["previous_attributes"]["name"] == student["name"]


def test_events_replayed_over_the_start_give_the_end(clever: Clever) -> None:
    before = clever.raw()
    kinds = ("schools", "users", "sections", "terms", "courses")
    known = {kind: {r["id"]: r for r in before[kind]} for kind in kinds}
    clever.advance(20)
    clever.act("change_sis_id")
    clever.act("split")
    for event in events(clever):
        kind, what = event["type"].split(".")
        record = event["data"]["object"]
        if what == "deleted":
            del known[kind][record["id"]]
            continue
        assert (record["id"] in known[kind]) == (what == "updated")
        if what == "updated":
            old = known[kind][record["id"]]
            assert {key: old[key] for key in event["data"]["previous_attributes"]} == (
                event["data"]["previous_attributes"]
            )
        known[kind][record["id"]] = record
    after = clever.raw()
    readable = {user["id"] for user in after["users"]}
    for kind in kinds:
        ends = {
            key: record for key, record in known[kind].items() if not _is_orphan(record, readable)
        }
        assert ends == {r["id"]: r for r in after[kind]}


def _is_orphan(record: Json, readable: set[str]) -> bool:
    """A contact whose students have all left is not shared, and no event tells it."""
    contact = record.get("roles", {}).get("contact")
    return contact is not None and readable.isdisjoint(
        relation["student"] for relation in contact["student_relationships"]
    )


def test_events_are_in_order_and_forgotten_after_thirty_days(clever: Clever) -> None:
    clever.act("rename")
    first = events(clever)[0]["id"]
    clever.advance(30)
    kept = events(clever)
    assert kept[0]["id"] == first
    assert [e["created"] for e in kept] == sorted(e["created"] for e in kept)
    clever.advance(1)
    kept = events(clever)
    assert kept
    assert first not in {event["id"] for event in kept}
    assert kept[0]["created"][:10] >= f"{date.fromisoformat(clever.today) - timedelta(days=30)}"


def test_without_the_opt_in_there_are_no_events(world: World) -> None:
    world.events_enabled = False
    timemachine.advance(world, 10)
    assert world.events == []


def test_events_can_be_of_one_school_or_of_some_kinds(clever: Clever) -> None:
    clever.next_year()
    school = clever.schools[0].id
    only = page(clever, "/v3.1/events?record_type=terms&record_type=sections&limit=10000")["data"]
    assert {e["data"]["type"].split(".")[0] for e in only} == {"terms", "sections"}
    here = page(clever, f"/v3.1/events?school={school}&record_type=sections&limit=10000")["data"]
    assert {e["data"]["data"]["object"]["school"] for e in here} == {school}


# Acts.

Check = Callable[[Clever], None]
CHECKS: dict[str, Check] = {}


def of(name: str) -> Callable[[Check], Check]:
    def note(check: Check) -> Check:
        CHECKS[name] = check
        return check

    return note


@pytest.mark.parametrize("name", ACTS)
def test_an_act_does_what_it_says(name: str, clever: Clever) -> None:
    CHECKS[name](clever)


def test_every_check_is_of_an_act() -> None:
    assert CHECKS.keys() == ACTS.keys()


def _gone(clever: Clever, user: str) -> bool:
    return ask(clever, f"/v3.1/users/{user}").status_code == 404


def _in_class(clever: Clever) -> Json:
    return next(u for u in users(clever, "student") if classes_of(clever, u["id"]))


@of("leave")
def _(clever: Clever) -> None:
    student = _in_class(clever)["id"]
    clever.act("leave", id=student)
    assert _gone(clever, student)
    assert not classes_of(clever, student)
    assert [event["type"] for event in events(clever, student)] == ["users.deleted"]


@of("return")
def _(clever: Clever) -> None:
    student = _in_class(clever)
    before = classes_of(clever, student["id"])
    clever.act("leave", id=student["id"])
    clever.advance(3)
    assert clever.act("return", id=student["id"])["id"] == student["id"]
    assert find(clever, student["id"])["roles"] == student["roles"]
    assert classes_of(clever, student["id"]) == before
    assert events(clever, student["id"])[-1]["type"] == "users.created"


@of("join")
def _(clever: Clever) -> None:
    school = clever.schools[1].id
    known = {user["id"] for user in clever.raw()["users"]}
    joined = clever.act("join", school=school)["id"]
    assert joined not in known
    assert find(clever, joined)["roles"]["student"]["school"] == school
    assert classes_of(clever, joined)
    assert page(clever, f"/v3.1/users/{joined}/mycontacts")["data"]
    assert events(clever, joined)[0]["type"] == "users.created"


@of("move")
def _(clever: Clever) -> None:
    first, second = (school.id for school in clever.schools)
    student = next(
        u for u in users(clever, "student") if u["roles"]["student"]["schools"] == [first]
    )["id"]
    clever.act("move", id=student)
    role = find(clever, student)["roles"]["student"]
    assert (role["school"], role["schools"]) == (second, [second])
    schools = {s["id"]: s["school"] for s in clever.raw()["sections"]}
    assert {schools[key] for key in classes_of(clever, student)} <= {second}


@of("rename")
def _(clever: Clever) -> None:
    student = users(clever, "student")[0]
    clever.act("rename", id=student["id"], last="Ångström")
    assert find(clever, student["id"])["name"] == student["name"] | {"last": "Ångström"}


@of("change_email")
def _(clever: Clever) -> None:
    student = users(clever, "student")[0]["id"]
    clever.act("change_email", id=student)
    assert find(clever, student)["email"] == f"new.{student[-6:]}@riverdale.example"
    clever.act("change_email", id=student, email="own@school.example")
    assert find(clever, student)["email"] == "own@school.example"


@of("blank")
def _(clever: Clever) -> None:
    student = next(u for u in users(clever, "student") if u.get("email"))["id"]
    clever.act("blank", id=student)
    assert find(clever, student)["email"] == ""


@of("change_grade")
def _(clever: Clever) -> None:
    student = next(
        u for u in users(clever, "student") if u["roles"]["student"]["grade"] != "Kindergarten"
    )
    before = grade_number(student["roles"]["student"]["grade"])
    clever.act("change_grade", id=student["id"])
    assert grade_number(find(clever, student["id"])["roles"]["student"]["grade"]) == before - 1
    clever.act("change_grade", id=student["id"], grade="Ungraded")
    assert find(clever, student["id"])["roles"]["student"]["grade"] == "Ungraded"


@of("change_class")
def _(clever: Clever) -> None:
    student = _in_class(clever)["id"]
    clever.act("change_class", id=student)
    about = [e for e in events(clever) if e["type"] == "sections.updated"]
    assert about
    assert all(
        student in {*e["data"]["object"]["students"], *e["data"]["previous_attributes"]["students"]}
        for e in about
    )
    assert classes_of(clever, student)


def _contact(clever: Clever, *, known: bool) -> Json:
    contacts = users(clever, "contact")
    return next(u for u in contacts if bool(u["roles"]["contact"].get("sis_id")) == known)


@of("change_contact")
def _(clever: Clever) -> None:
    contact = _contact(clever, known=True)
    changed = clever.act("change_contact", id=contact["id"])
    assert changed["id"] == contact["id"]
    new = find(clever, contact["id"])["roles"]["contact"]
    assert new["phone"] != contact["roles"]["contact"]["phone"]
    assert new | {"phone": ""} == contact["roles"]["contact"] | {"phone": ""}


def test_a_contact_without_sis_id_who_changes_is_another_record(clever: Clever) -> None:
    contact = _contact(clever, known=False)
    changed = clever.act("change_contact", id=contact["id"])
    assert changed["id"] != contact["id"]
    assert _gone(clever, contact["id"])
    assert find(clever, changed["id"])["name"] == contact["name"]
    assert [event["type"] for event in events(clever)] == ["users.deleted", "users.created"]


def _contacts_of(clever: Clever, student: str) -> set[str]:
    path = f"/v3.1/users/{student}/mycontacts?limit=100"
    return {item["data"]["id"] for item in page(clever, path)["data"]}


@of("change_sis_id")
def _(clever: Clever) -> None:
    student = _in_class(clever)
    classes, contacts = classes_of(clever, student["id"]), _contacts_of(clever, student["id"])
    new = clever.act("change_sis_id", id=student["id"])["id"]
    assert new != student["id"]
    assert _gone(clever, student["id"])
    assert find(clever, new)["roles"]["student"]["sis_id"] != student["roles"]["student"]["sis_id"]
    assert classes_of(clever, new) == classes
    assert contacts
    assert _contacts_of(clever, new) == contacts


@of("split")
def _(clever: Clever) -> None:
    both = next(u for u in users(clever, "teacher") if "staff" in u["roles"])
    apart = clever.act("split", id=both["id"])["id"]
    assert find(clever, both["id"])["roles"].keys() == {"teacher"}
    assert find(clever, apart)["roles"].keys() == {"staff"}
    assert find(clever, apart).get("email") != both.get("email")


@of("merge")
def _(clever: Clever) -> None:
    merged = clever.act("merge")
    assert find(clever, merged["id"])["roles"].keys() == {"teacher", "staff"}
    assert _gone(clever, merged["was"])


@of("state")
def _(clever: Clever) -> None:
    for state, told in (("pending", True), ("error", True), ("paused", False), ("running", False)):
        clever.act("state", state=state)
        (item,) = page(clever, "/v3.1/districts")["data"]
        assert item["data"]["state"] == state
        assert bool(item["data"]["error"]) == told
        event = events(clever)[-1]
        assert event["type"] == "districts.updated"
        assert event["data"]["object"] == item["data"]
        if state == "paused":
            assert item["data"]["pause_start"] == clever.today
            assert item["data"]["pause_end"] > clever.today
        assert page(clever, "/v3.1/users")["data"], "apps can still read"


@of("unshare_school")
def _(clever: Clever) -> None:
    first, second = (school.id for school in clever.schools)
    before = clever.raw()
    clever.act("unshare_school", school=second)
    after = clever.raw()
    assert [school["id"] for school in after["schools"]] == [first]
    for kind in ("schools", "sections", "users"):
        gone = {r["id"] for r in before[kind]} - {r["id"] for r in after[kind]}
        told = [e["data"]["object"]["id"] for e in events(clever) if e["type"] == f"{kind}.deleted"]
        assert gone
        assert told == sorted(gone), "in id order, so the same for the same seed"


@of("share_school")
def _(clever: Clever) -> None:
    second = clever.schools[1].id
    before = clever.raw()
    clever.act("unshare_school", school=second)
    clever.act("share_school", school=second)
    assert clever.raw() == before
    kinds = Counter(event["type"] for event in events(clever))
    for kind in ("schools", "sections", "users"):
        assert kinds[f"{kind}.created"] == kinds[f"{kind}.deleted"] > 0
    assert {
        e["data"]["object"]["id"] for e in events(clever) if e["type"] == "schools.created"
    } == {second}


@pytest.mark.parametrize(("days", "same"), [(299, True), (300, False)])
def test_who_is_away_for_300_days_comes_back_as_another(
    days: int, same: bool, clever: Clever
) -> None:
    student = _in_class(clever)["id"]
    contacts = _contacts_of(clever, student)
    clever.act("leave", id=student)
    clever.act("share_school", school=clever.schools[0].id)
    clever.advance(days)
    back = clever.act("return", id=student)
    assert (back["id"] == student) == same
    assert back["was"] == student
    assert _contacts_of(clever, back["id"]) & contacts


@pytest.mark.parametrize(
    "sent",
    [
        {"act": "conquer"},
        {"act": "leave", "id": "nobody"},
        {"act": "return", "id": "nobody"},
        {"act": "return"},
        {"act": "move", "school": "nowhere"},
        {"act": "join", "school": "nowhere"},
        {"act": "share_school"},
        {},
    ],
)
def test_an_act_that_cannot_be_is_refused_in_words(sent: dict[str, Any], clever: Clever) -> None:
    before = clever.raw()
    answer = requests.post(f"{clever.url}/_sandbox/time", json=sent, timeout=10)
    assert answer.status_code == 400
    assert answer.json()["message"]
    assert clever.raw() == before


def test_who_is_at_every_school_moves_to_none_that_is_not_there(clever: Clever) -> None:
    everywhere = {school.id for school in clever.schools}
    student = next(
        user["id"]
        for user in users(clever, "student")
        if set(user["roles"]["student"]["schools"]) == everywhere
    )
    sent = {"act": "move", "id": student, "school": "nowhere"}
    answer = requests.post(f"{clever.url}/_sandbox/time", json=sent, timeout=10)
    assert answer.status_code == 400


# The next school year.


def test_a_new_year_raises_grades_and_lets_the_highest_leave(clever: Clever) -> None:
    before = {u["id"]: u for u in users(clever, "student")}
    highest = {s["id"]: grade_number(s["high_grade"]) for s in clever.raw()["schools"]}
    clever.next_year()
    after = {u["id"]: u for u in users(clever, "student")}
    for key, user in before.items():
        role = user["roles"]["student"]
        grade = grade_number(role["grade"]) + 1
        assert (key in after) == (grade <= highest[role["school"]])
        if key in after:
            assert grade_number(after[key]["roles"]["student"]["grade"]) == grade
    assert before.keys() - after.keys()
    assert after.keys() - before.keys(), "beginners come"


def test_a_new_year_begins_in_august_with_new_classes_and_terms(clever: Clever) -> None:
    before, day = clever.raw(), clever.today
    clever.next_year()
    after = clever.raw()
    assert clever.today > day
    assert clever.today.endswith("-08-20")
    for kind in ("sections", "terms"):
        assert after[kind]
        assert not {r["id"] for r in before[kind]} & {r["id"] for r in after[kind]}
    terms = {term["id"]: term for term in after["terms"]}
    for section in after["sections"]:
        term = terms[section["term_id"]]
        assert term["start_date"] <= clever.today <= term["end_date"]


def test_a_new_years_classes_name_only_who_is_there(clever: Clever) -> None:
    clever.advance(10)
    clever.next_year()
    raw = clever.raw()
    there = {user["id"] for user in raw["users"]}
    for section in raw["sections"]:
        assert {*section["students"], *section["teachers"], section["teacher"]} <= there


def test_days_pass_without_naming_who_has_left(clever: Clever) -> None:
    clever.advance(40)
    raw = clever.raw()
    there = {user["id"] for user in raw["users"]} | {UNREADABLE}
    for section in raw["sections"]:
        assert set(section["students"]) <= there
        assert len(section["students"]) == len(set(section["students"]))


def test_sis_ids_stay_unique_over_the_years(world: World) -> None:
    for _ in range(4):
        timemachine.next_year(world)
        timemachine.advance(world, 60)
    for role, name in (("student", "sis_id"), ("teacher", "sis_id"), ("staff", "staff_id")):
        held = [
            u["roles"][role][name] for u in world.objects["users"].values() if role in u["roles"]
        ]
        assert [key for key, count in Counter(held).items() if count > 1] == []
