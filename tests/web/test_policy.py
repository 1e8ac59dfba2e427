"""A district's policy, its preview over all schools, and many schools at once."""

import re
from collections.abc import Callable

import pytest

from roster_dash import jobs, together
from roster_dash.roster.errors import BadInput
from roster_dash.roster.policy import SHARED
from roster_dash.roster.settings import SyncSettings
from roster_dash.store import policies, runs
from roster_dash.store import settings as settings_store
from roster_dash.store.tables import District, School
from roster_dash.store.transactions import commit
from tests.builders import Builder, a_snapshot, a_student, some_settings
from tests.clever import Clever
from tests.visitor import Visitor

VisitAs = Callable[..., Visitor]


def ids_of(*schools: School) -> list[str]:
    return [str(school.id) for school in schools]


def settings(school_id: int) -> SyncSettings:
    found = settings_store.load_settings(school_id)
    commit()
    return found


def with_policy(district: District, *locked: str, **changes: str) -> None:
    policies.save_policy(district.id, some_settings(**changes), locked, None)
    commit()
    together.spread_policy(district.id)


def posted(district: District, visitor: Visitor, **changes: object) -> str:
    """What saving the district's form answers, with some fields changed."""
    page = f"/districts/{district.id}/policy"
    version = policies.latest_version(district.id)
    values = {key: text for key, text in some_settings().flat().items() if text != "off"}
    form = values | {"base": version.number if version else 0} | changes
    answer = visitor.post(page, form, page=page)
    return visitor.get(page).text if answer.status_code == 303 else answer.text


def test_saving_a_policy_takes_along_the_schools_that_are_the_same(
    make: Builder, visit_as: VisitAs
) -> None:
    district = make.district()
    same, other = make.school(district, "Adams"), make.school(district, "Zola")
    with_policy(district, students="on", grace__students="3")
    make.settings(other, students="on", grace__students="9")
    visitor = visit_as(make.manager(district))
    page = posted(district, visitor, students="on", **{"grace.students": "5"})
    assert "Saved as version 2." in page
    assert "1 is changed and synced" in page
    assert settings(same.id).grace_students == 5
    assert settings(other.id).grace_students == 9
    run = runs.active_run(same.id)
    assert run is not None
    assert run.trigger == "settings"
    assert '<a href="/schools/' in page.split("Differences")[1]


def test_the_preview_shows_every_school_that_a_save_would_change_and_saves_nothing(
    make: Builder, visit_as: VisitAs
) -> None:
    district = make.district()
    schools = [make.school(district, f"School {number:02}") for number in range(12)]
    make.snapshot(schools[0], a_snapshot([a_student(), a_student()]))
    visitor = visit_as(make.manager(district))
    page = f"/districts/{district.id}/policy"
    form = {"students": "on", "base": "0"}
    first = visitor.post(f"{page}/preview", form, page=page, htmx=True).text
    assert "12 of 12 linked schools would change." in first
    assert "2 would join" in first or "2 people would" in first or "2 " in first
    assert "School 09" in first
    assert "School 10" not in first
    rest = visitor.post(f"{page}/preview", form | {"page": "2"}, page=page, htmx=True).text
    assert "School 11" in rest
    assert "first sync only adds" in rest
    whole = visitor.post(f"{page}/preview", form, page=page).text
    assert "12 of 12 linked schools would change." in whole
    assert policies.latest_version(district.id) is None
    assert settings_store.latest_version(schools[0].id) is None


def test_what_is_locked_can_be_saved_otherwise_nowhere(make: Builder, visit_as: VisitAs) -> None:
    district = make.district()
    school = make.school(district)
    with_policy(district, "students.archive", students="on")
    with pytest.raises(BadInput, match="locked"):
        make.settings(school, students="on", students__archive="on")
    visitor = visit_as(make.owner(school))
    page = f"/schools/{school.id}/rostering"
    assert "Locked by the district" in visitor.get(page).text
    stale = {"base": "1", "students": "on", "students.archive": "on"}
    answer = visitor.post(page, stale, page=page)
    assert answer.status_code == 422
    assert "locked by the district as “off”" in answer.text
    assert not settings(school.id).students.archive


def test_a_field_that_is_locked_says_so_to_who_cannot_see(make: Builder, visit_as: VisitAs) -> None:
    locked = {*SHARED} - {"auto_update.fields", "class_lists.terms", "class_lists.grades"}
    school = make.school()
    with_policy(school.district, *locked, students="on")
    page = visit_as(make.owner(school)).get(f"/schools/{school.id}/rostering").text
    described = set(" ".join(re.findall(r'aria-describedby="([^"]*)"', page)).split())
    ids = re.findall(r'id="([^"]*)"', page)
    assert len(ids) == len(set(ids))
    assert described <= set(ids)
    assert {f"{key}-lock" for key in locked - {"notify.when"}} <= described


def test_an_older_version_put_back_keeps_what_is_locked_since(
    make: Builder, visit_as: VisitAs
) -> None:
    district = make.district()
    school = make.school(district)
    make.settings(school, students="on", students__archive="on")
    make.settings(school, students="on")
    with_policy(district, "students.archive", students="on")
    page = f"/schools/{school.id}/rostering"
    visitor = visit_as(make.owner(school))
    assert visitor.post(f"{page}/put-back/1", page=page).status_code == 303
    assert settings(school.id).students.sync
    assert not settings(school.id).students.archive


def test_a_school_can_be_made_the_same_as_its_district_again(
    make: Builder, visit_as: VisitAs
) -> None:
    district = make.district()
    school = make.school(district)
    with_policy(district, students="on")
    make.settings(school, teachers="on", notify__emails="ann@school.example")
    visitor, page = visit_as(make.owner(school)), f"/schools/{school.id}/rostering"
    shown = visitor.get(page).text
    assert "The same as the district but for:" in shown
    visitor.post(f"{page}/same-as-district", page=page)
    wanted = some_settings(students="on", notify__emails="ann@school.example")
    assert settings(school.id) == wanted
    assert "The same as the district in everything." in visitor.get(page).text


def test_two_who_change_the_same_policy_don_t_undo_each_other(
    make: Builder, visit_as: VisitAs
) -> None:
    district = make.district()
    visitor = visit_as(make.manager(district))
    with_policy(district, students="on")
    assert "Kept from a Save meanwhile" in posted(district, visitor, teachers="on", base="0")
    newest = policies.load_policy(district.id)
    assert newest is not None
    assert newest.settings == some_settings(students="on", teachers="on")
    clash = posted(district, visitor, base="0", **{"grace.students": "9"})
    assert "Saved as version 3" in clash
    clash = posted(district, visitor, base="1", students="on", **{"grace.students": "7"})
    assert "by somebody else meanwhile" in clash


def test_the_schools_left_over_by_a_save_follow_with_the_scheduler(make: Builder) -> None:
    district = make.district()
    schools = [make.school(district, f"School {number}") for number in range(3)]
    policies.save_policy(district.id, some_settings(students="on"), (), None)
    commit()
    assert together.spread_policy(district.id, limit=2).done == 2
    jobs._spread_policies()
    assert [settings(school.id).students.sync for school in schools] == [True] * 3
    assert together.spread_policy().done == 0


@pytest.mark.slow
def test_all_shared_schools_are_linked_at_once_and_begin_with_the_policy(
    make: Builder, visit_as: VisitAs, clever: Clever
) -> None:
    district = make.district("Here", clever.district.id, clever.district.token)
    policies.save_policy(district.id, some_settings(students="on"), (), None)
    commit()
    page = f"/districts/{district.id}/connection"
    visitor = visit_as(make.manager(district))
    answer = visitor.post(f"/districts/{district.id}/link-all", {"timezone": ""}, page=page)
    assert answer.status_code == 303
    found = policies.settings_of_schools(district.id)
    assert len(found) == len(clever.schools)
    assert all(mine is not None and mine.students.sync for _, mine in found)


def choose(district: District, visitor: Visitor, what: str, **form: object) -> str:
    page = f"/districts/{district.id}"
    answer = visitor.post(f"{page}/together", {"do": what, **form}, page=page)
    return visitor.get(answer.location).text if answer.status_code == 303 else answer.text


def test_chosen_schools_sync_and_the_others_don_t(make: Builder, visit_as: VisitAs) -> None:
    district = make.district()
    one, two, other = (make.school(district, name) for name in ("Adams", "Bell", "Cary"))
    visitor = visit_as(make.manager(district))
    page = choose(district, visitor, "sync", school=ids_of(one, two))
    assert "A sync is asked for: 2 schools." in page
    assert [runs.active_run(school.id) is None for school in (one, two, other)] == [
        False,
        False,
        True,
    ]


def test_many_schools_are_asked_to_sync_at_once_while_redis_is_away(
    make: Builder, visit_as: VisitAs, without_redis: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    district = make.district()
    for number in range(5):
        make.school(district, f"School {number}")
    tried: list[int] = []
    real = jobs.enqueue_run
    monkeypatch.setattr(jobs, "enqueue_run", lambda run_id: tried.append(run_id) or real(run_id))
    page = choose(district, visit_as(make.manager(district)), "sync", every="1")
    assert "A sync is asked for: 5 schools." in page
    assert len(tried) == 1
    assert len(runs.queued_run_ids()) == 5


def test_all_that_fit_the_filter_are_chosen_with_one_tick(make: Builder, visit_as: VisitAs) -> None:
    district = make.district()
    schools = [make.school(district, f"Hill {number:02}") for number in range(60)]
    other = make.school(district, "Dale")
    visitor = visit_as(make.manager(district))
    page = choose(district, visitor, "pause", every="1", q="hill", until="2030-01-01")
    assert "Paused: 60 schools." in page
    assert settings(schools[59].id).pause_until is not None
    assert settings(other.id).pause_until is None
    assert "Resumed: 61 schools." in choose(district, visitor, "resume", every="1")
    assert settings(schools[59].id).pause_until is None


def test_nothing_is_done_to_schools_of_another_district(make: Builder, visit_as: VisitAs) -> None:
    district, foreign = make.district(), make.school(make.district("Elsewhere"), "Foreign")
    make.school(district)
    visitor = visit_as(make.manager(district))
    assert "Choose schools first" in choose(district, visitor, "sync", school=ids_of(foreign))
    assert runs.active_run(foreign.id) is None


def test_only_what_was_read_is_approved(make: Builder, visit_as: VisitAs) -> None:
    district = make.district()
    school = make.school(district)
    people = [a_student() for _ in range(8)]
    everything = {"students": "on", "students__archive": "on", "grace__students": "0"}
    make.settings(school, **everything)
    make.synced(school, a_snapshot(people))
    run = make.synced(school, a_snapshot(people[:4]), **everything)
    run_id = run.id
    assert run.status == "held"
    visitor = visit_as(make.manager(district))
    page = choose(district, visitor, "approve", school=ids_of(school))
    assert "Approve 4 changes" in page
    assert people[7].last_name in page
    listed = page.split('name="holds" value="')[1].split('"')[0]
    number, ids = listed.split(":")
    assert number == str(run_id)
    two = ",".join(ids.split(",")[:2])
    address = f"/districts/{district.id}/together/approve"
    answer = visitor.post(address, {"holds": f"{number}:{two}"}, page=address)
    assert "What waited is approved: 1 school." in visitor.get(answer.location).text
    left = runs.find_run(run_id)
    assert left.status == "held"
    assert left.counts is not None
    assert left.counts["people"]["held"] == 2
    assert left.counts["people"]["archived"] == 2
    visitor.post(address, {"holds": listed.replace(two + ",", "")}, page=address)
    commit()
    assert runs.find_run(run_id).status == "succeeded"


def test_a_school_in_trouble_is_named_and_doesn_t_stop_the_others(
    make: Builder, visit_as: VisitAs
) -> None:
    district = make.district()
    first, second = make.school(district, "Adams"), make.school(district, "Bell")
    with_policy(district, "pause.until")
    visitor = visit_as(make.manager(district))
    page = choose(district, visitor, "pause", until="2030-01-01", school=ids_of(first, second))
    assert "Paused: 0 schools." in page
    assert "Adams: The district has locked this" in page
    assert "until which day" in choose(district, visitor, "pause", school=ids_of(first))
    assert "can’t be" in choose(district, visitor, "pause", until="soon", school=ids_of(first))
