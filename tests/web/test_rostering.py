"""The Rostering page: settings, Save, Sync now, and the run's state in place."""

import re
from collections.abc import Callable
from html import unescape
from typing import Any

from rq import Queue

from roster_dash import jobs
from roster_dash.roster.records import Snapshot, Term
from roster_dash.store import runs, snapshots
from roster_dash.store import settings as settings_store
from roster_dash.store.tables import School
from roster_dash.store.transactions import commit
from tests.builders import Builder, a_section, a_snapshot
from tests.clever import Clever
from tests.visitor import Visitor

VisitAs = Callable[..., Visitor]


def filled_in(html: str) -> dict[str, Any]:
    """The form of a page as a browser would send it: what is ticked, typed and hidden."""
    form = html[html.index('<form id="settings"') :]
    form = form[: form.index("</form>")]
    values: dict[str, Any] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        about = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        ticked = " checked" in tag
        if about["type"] in ("checkbox", "radio") and not ticked:
            continue
        values.setdefault(about["name"], []).append(unescape(about["value"]))
    for name, text in re.findall(r'<textarea[^>]* name="([^"]+)"[^>]*>([^<]*)<', form):
        values[name] = unescape(text)
    return values


def address(school: School) -> str:
    return f"/schools/{school.id}/rostering"


def saved(school: School) -> dict[str, str]:
    settings = settings_store.load_settings(school.id).flat()
    commit()
    return settings


def test_the_form_starts_with_everything_off_and_the_advice_to_look_first(
    make: Builder, visit_as: VisitAs
) -> None:
    school = make.school()
    page = visit_as(make.owner(school)).get(address(school)).text
    assert "Nothing is synced yet" in page
    form = filled_in(page)
    assert set(form) == {
        "base",
        "csrf_token",
        "auto_update.fields",
        "class_lists.grades",
        "class_lists.terms",
        "calendar",
        "grace.students",
        "grace.adults",
        "guard.removals.percent",
        "guard.removals.people",
        "guard.removals_7_days.percent",
        "guard.updates.percent",
        "guard.lists.percent",
        "pause.until",
        "schedule.enabled",
        "schedule.events",
        "schedule.time",
        "notify.emails",
        "notify.when",
    }


def test_save_stores_a_version_and_enqueues_one_sync(make: Builder, visit_as: VisitAs) -> None:
    school = make.school()
    owner = make.owner(school)
    visitor = visit_as(owner)
    form = filled_in(visitor.get(address(school)).text) | {
        "students": "on",
        "students.archive": "on",
        "contacts": "primary",
    }
    answer = visitor.post(address(school), form, page=address(school))
    assert (answer.status_code, answer.location) == (303, address(school))
    version = settings_store.latest_version(school.id)
    assert version is not None
    assert version.number == 1
    assert version.saved_by_id == owner.id
    assert version.changes == {
        "students": ["off", "on"],
        "students.archive": ["off", "on"],
        "contacts": ["off", "primary"],
    }
    run = runs.active_run(school.id)
    assert run is not None
    assert (run.status, run.trigger, run.user_id) == ("queued", "settings", owner.id)
    queue: Queue = jobs.queue("sync")
    assert queue.job_ids == [f"run-{run.id}"]


def test_what_the_form_shows_saves_to_the_same_settings(make: Builder, visit_as: VisitAs) -> None:
    """Every setting survives a Save that changes nothing, those without a field too."""
    school = make.school()
    terms = (Term("t1", "Fall, first half"), Term("t2", "Spring"))
    sections = [a_section(term_id="t1", grade="9"), a_section(term_id="t2", grade="Kindergarten")]
    make.snapshot(school, a_snapshot([], sections, terms))
    make.settings(
        school,
        students="on",
        students__auto_update="on",
        staff="on",
        staff__archive="on",
        contacts="primary",
        class_lists="on",
        class_lists__terms='"Fall, first half",gone-term,current',
        class_lists__grades="9,Kindergarten,12",
        schedule__time="23:45",
        schedule__enabled="off",
        notify__emails="a@school.example,b@school.example",
        notify__when="problems",
    )
    before = saved(school)
    visitor = visit_as(make.owner(school))
    form = filled_in(visitor.get(address(school)).text)
    visitor.post(address(school), form, page=address(school))
    after = saved(school)
    chosen = {"class_lists.terms", "class_lists.grades"}
    assert {key: after[key] for key in after if key not in chosen} == {
        key: before[key] for key in before if key not in chosen
    }
    assert set(after["class_lists.terms"].split(",")) == {"t1", "gone-term", "current"}
    assert set(after["class_lists.grades"].split(",")) == {"9", "Kindergarten", "12"}


def test_terms_and_grades_of_the_last_answer_are_offered_in_order(
    make: Builder, visit_as: VisitAs
) -> None:
    school = make.school()
    sections = [a_section(grade=grade) for grade in ("10", "9", "Kindergarten", "")]
    make.snapshot(school, a_snapshot([], sections, [Term("t1", "Fall <2026>")]))
    page = visit_as(make.owner(school)).get(address(school)).text
    assert re.findall(r'name="class_lists.grades" value="([^"]*)"', page) == [
        "",
        "all",
        "Kindergarten",
        "9",
        "10",
    ]
    assert "Fall &lt;2026&gt;" in page


def test_a_mistake_is_told_beside_its_field_and_nothing_is_saved(
    make: Builder, visit_as: VisitAs
) -> None:
    school = make.school()
    visitor = visit_as(make.owner(school))
    form = {"students": "on", "schedule.time": "25:00", "notify.emails": "not an address"}
    answer = visitor.post(address(school), form, page=address(school))
    assert answer.status_code == 422
    assert "Nothing was saved" in answer.text
    assert "The time of day can’t be “25:00”" in answer.text
    assert "“Send to” can’t be “not an address”" in answer.text
    assert 'name="students" value="on" id="students" checked' in answer.text
    assert settings_store.latest_version(school.id) is None
    assert runs.active_run(school.id) is None


def test_a_mistake_with_htmx_answers_with_the_form_alone(make: Builder, visit_as: VisitAs) -> None:
    school = make.school()
    visitor = visit_as(make.owner(school))
    answer = visitor.post(
        address(school), {"schedule.time": "noon"}, page=address(school), htmx=True
    )
    assert answer.status_code == 422
    assert answer.text.strip().startswith('<form id="settings"')


def test_save_with_htmx_answers_with_the_runs_state(make: Builder, visit_as: VisitAs) -> None:
    school = make.school()
    visitor = visit_as(make.owner(school))
    form = filled_in(visitor.get(address(school)).text)
    answer = visitor.post(address(school), form, page=address(school), htmx=True)
    assert answer.status_code == 200
    assert 'id="run-state"' in answer.text
    assert "No worker is running; the sync starts as soon as one does." in answer.text
    assert "Saved as version 1" in answer.text
    assert "<html" not in answer.text


def test_the_state_is_asked_for_again_only_until_the_run_is_over(
    make: Builder, visit_as: VisitAs
) -> None:
    school = make.school()
    run = make.run(school, "running")
    visitor = visit_as(make.owner(school))
    path = f"{address(school)}/state"
    for page in (path, f"/runs/{run.id}"):  # what asks again has no place of its own on the page
        assert re.search(r'<div [^>]*hx-trigger="every 1s"[^>]* hidden>', visitor.get(page).text)
    assert "every 1s" in visitor.get(path, htmx=True).text
    runs.finish_run(run.id, run.token, runs.Ending(runs.RunStatus.SUCCEEDED, "Nothing changed."))
    commit()
    finished = visitor.get(path, htmx=True).text
    assert "every 1s" not in finished
    assert "nothing needs you" in finished


def test_a_failed_run_tells_why(make: Builder, visit_as: VisitAs) -> None:
    school = make.school()
    make.run(school, "failed", message="Clever refuses our token. Connect the district again.")
    page = visit_as(make.owner(school)).get(address(school)).text
    assert "Clever refuses our token. Connect the district again." in page


def test_sync_now_joins_a_sync_that_waits(make: Builder, visit_as: VisitAs) -> None:
    school = make.school()
    visitor = visit_as(make.owner(school))
    for _ in range(3):
        visitor.post(f"/schools/{school.id}/sync", page=address(school))
    assert len(runs.list_runs([school.id])) == 1


def test_a_save_while_a_sync_is_at_work_is_followed_by_another_sync(
    make: Builder, visit_as: VisitAs
) -> None:
    school = make.school()
    make.run(school, "running")
    visitor = visit_as(make.owner(school))
    form = filled_in(visitor.get(address(school)).text) | {"students": "on"}
    answer = visitor.post(address(school), form, page=address(school), htmx=True)
    assert "another one follows it" in answer.text
    assert saved(school)["students"] == "on"


def test_a_queued_run_is_cancelled_at_once(make: Builder, visit_as: VisitAs) -> None:
    school = make.school()
    run = make.run(school, "queued")
    visitor = visit_as(make.owner(school))
    visitor.post(f"/runs/{run.id}/cancel", page=address(school))
    assert runs.find_run(run.id).status == "cancelled"


def test_save_works_while_redis_is_away_and_says_so(
    make: Builder, visit_as: VisitAs, without_redis: None
) -> None:
    school = make.school()
    visitor = visit_as(make.owner(school))
    form = filled_in(visitor.get(address(school)).text)
    answer = visitor.post(address(school), form, page=address(school), htmx=True)
    assert "The queue is away" in answer.text
    run = runs.active_run(school.id)
    assert run is not None
    assert run.status == "queued"


def test_a_stored_snapshot_is_not_needed(make: Builder, visit_as: VisitAs) -> None:
    school = make.school()
    assert snapshots.latest_snapshot(school.id) is None
    commit()
    assert visit_as(make.owner(school)).get(address(school)).status_code == 200


def test_two_who_change_different_settings_both_keep_theirs(
    make: Builder, visit_as: VisitAs
) -> None:
    school = make.school()
    visitor = visit_as(make.owner(school))
    opened = filled_in(visitor.get(address(school)).text)
    make.settings(school, teachers="on")
    answer = visitor.post(
        address(school), opened | {"students": "on"}, page=address(school), htmx=True
    )
    assert "Kept from a Save meanwhile: Teachers: sync." in answer.text
    settings = saved(school)
    assert (settings["students"], settings["teachers"]) == ("on", "on")


def test_two_who_change_one_setting_are_told_and_the_second_save_means_it(
    make: Builder, visit_as: VisitAs
) -> None:
    school = make.school()
    visitor = visit_as(make.owner(school))
    opened = filled_in(visitor.get(address(school)).text) | {"schedule.time": "05:00"}
    make.settings(school, schedule__time="03:00", staff="on")
    told = visitor.post(address(school), opened, page=address(school))
    assert told.status_code == 422
    assert "was set to “03:00” by somebody else meanwhile; you set “05:00”" in told.text
    assert saved(school)["schedule.time"] == "03:00"
    again = filled_in(told.text)
    assert again["schedule.time"] == ["05:00"]
    visitor.post(address(school), again, page=address(school))
    settings = saved(school)
    assert (settings["schedule.time"], settings["staff"]) == ("05:00", "on")


def test_an_older_version_can_be_put_back(make: Builder, visit_as: VisitAs) -> None:
    school = make.school()
    make.settings(school, students="on", students__archive="on")
    make.settings(school, teachers="on")
    visitor = visit_as(make.owner(school))
    page = visitor.get(address(school)).text
    assert "Students: Archive: off → on" in page
    visitor.post(f"{address(school)}/put-back/1", page=address(school))
    settings = saved(school)
    assert (settings["students.archive"], settings["teachers"]) == ("on", "off")
    newest = settings_store.latest_version(school.id)
    assert newest is not None
    assert newest.number == 3


def test_a_pause_moves_the_next_daily_sync_behind_it(make: Builder, visit_as: VisitAs) -> None:
    school = make.school()
    visitor = visit_as(make.owner(school))
    form = filled_in(visitor.get(address(school)).text) | {
        "students": "on",
        "pause.until": "2099-01-05",
    }
    visitor.post(address(school), form, page=address(school))
    assert school.next_due_at is not None
    assert f"{school.next_due_at:%Y-%m-%d}" == "2099-01-05"


def test_a_test_mail_says_how_it_went(make: Builder, clever: Clever, visit_as: VisitAs) -> None:
    school = make.school()
    visitor = visit_as(make.owner(school))
    path = f"{address(school)}/test-mail"
    answer = visitor.post(path, page=address(school), htmx=True)
    assert "A test mail is on its way to alice@school.example." in answer.text
    assert clever.inbox()[0]["subject"] == "Lincoln High: test mail"
    clever.fault("smtp-refuse")
    answer = visitor.post(path, page=address(school), htmx=True)
    assert "The mail server refuses this address." in answer.text


def test_every_page_of_a_school_says_how_fresh_its_data_is(
    make: Builder, visit_as: VisitAs
) -> None:
    school = make.school()
    visitor = visit_as(make.owner(school))
    assert "nothing has come from Clever yet" in visitor.get(address(school)).text
    about = {"last_sync": "2026-11-20T09:30:00.000Z"}
    make.snapshot(school, Snapshot(about=about))
    make.run(school)
    for path in ("rostering", "people", "lists", "history", "connection"):
        page = visitor.get(f"/schools/{school.id}/{path}").text
        assert "Fri 20 Nov, 03:30" in page, path
