"""Each way in which Clever's answers go wrong: the run ends right, or fails in words; never partly.

The faults are the sandbox's, on the wire. What is compared is what the school has afterwards.
"""

import re
from dataclasses import dataclass, field
from typing import Any

import pytest

from roster_dash import broker
from roster_dash.config import current_config
from roster_dash.extensions import db
from roster_dash.sources import http
from roster_dash.store import export, runs, schools
from roster_dash.store import settings as settings_store
from roster_dash.store.tables import Run, School
from roster_dash.store.transactions import commit
from roster_dash.sync import sync_run
from tests.builders import ALL, Builder, some_settings
from tests.clever import Clever

pytestmark = pytest.mark.slow

EVERYTHING = ALL | {"grace__students": "0"}
Rows = list[dict[str, Any]]


@pytest.fixture(autouse=True)
def _patient_for_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fewer and shorter waits than in earnest; those are looked at in test_http.py."""
    monkeypatch.setattr(http, "_BACK_OFF", (0.005, 0.01, 0.02))
    monkeypatch.setattr(http, "SILENCE_SECONDS", 0.2)


@pytest.fixture
def school(make: Builder, clever: Clever) -> School:
    return make.linked(clever, 1, **EVERYTHING)[0]


def sync(school: School) -> Run:
    run = runs.request_run(school.id, runs.Trigger.MANUAL)
    commit()
    sync_run(run.id)
    return runs.find_run(run.id)


def asked_wait_is_over() -> None:
    """What Redis keeps of a 429 for all workers is gone, as when its time has passed."""
    broker.connect(current_config()).flushdb()


def kept(school: School) -> tuple[Rows, Rows]:
    """Everybody and every list, archived ones too."""
    people = list(export.export_people(school.id, archived=True))
    lists = list(export.export_lists(school.id, archived=True))
    commit()
    return people, lists


@dataclass(frozen=True)
class Fault:
    """A fault of the sandbox, and the words of the run that fails by it."""

    name: str
    says: str = ""
    values: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return "-".join([self.name, *(str(value) for value in self.values.values())])


PASSING = [
    Fault("rate-limited", values={"seconds": 0}),
    *(Fault("status", values={"status": status}) for status in (500, 502, 503, 504)),
    Fault("timeout", values={"seconds": 0.5}),
    Fault("dropped"),
    Fault("cut-json"),
    Fault("cut-body"),
    Fault("html"),
    Fault("slow", values={"seconds": 0.05}),
]
HARMLESS = [
    Fault("empty-page"),
    Fault("duplicate-ids"),
    Fault("not-wrapped"),
    Fault("reordered"),
    Fault("unknown-fields"),
]
FATAL = [
    Fault("rate-limited", "asks us to slow down", {"retry_after": 9999}),
    *(Fault("status", f"status {status}", {"status": status}) for status in (500, 502, 503, 504)),
    Fault("status", "refuses our access token", {"status": 401}),
    Fault("status", "doesn’t let us read", {"status": 403}),
    Fault("status", "doesn’t share", {"status": 404}),
    Fault("status", "doesn’t share", {"status": 410}),
    Fault("status", "status 501", {"status": 501}),
    Fault("timeout", "did not answer in time", {"seconds": 0.5}),
    Fault("dropped", "connection broke"),
    Fault("cut-json", "cut short"),
    Fault("cut-body", "connection broke"),
    Fault("html", "web page"),
    Fault("html-404", "doesn’t share"),
    Fault("next-loop", "leads back|same page twice"),
    Fault("next-foreign", "another host"),
    Fault("next-empty", "is empty"),
    Fault("no-data", "no list of records"),
    Fault("data-null", "no list of records"),
    Fault("no-links", "another page follows"),
    Fault("item-not-object", "not a record"),
]
PLACES = ("/users?", "/sections?", "/terms?", "/courses?", "role=contact", "role=district_admin")


@pytest.mark.parametrize("fault", PASSING, ids=str)
@pytest.mark.parametrize("place", ["/users?", "/sections?"])
def test_a_passing_fault_is_tried_again_and_the_run_ends_right(
    fault: Fault, place: str, school: School, clever: Clever
) -> None:
    clever.fault(fault.name, path=place, times=2, **fault.values)
    run = sync(school)
    assert run.status == "succeeded", run.message
    people, lists = kept(school)
    assert len(people) > 30
    assert lists


@pytest.mark.parametrize("fault", HARMLESS, ids=str)
def test_what_is_odd_but_legal_changes_nothing(
    fault: Fault, school: School, clever: Clever
) -> None:
    sync(school)
    before = kept(school)
    clever.fault(fault.name, path="limit=", times=0)
    run = sync(school)
    assert (run.status, run.message) == ("succeeded", "Nothing changed.")
    assert kept(school) == before


@pytest.mark.parametrize("fault", FATAL, ids=str)
@pytest.mark.parametrize("place", ["/users?", "/sections?", "role=contact"])
def test_a_fault_that_stays_fails_the_run_in_words_and_changes_nothing(
    fault: Fault, place: str, school: School, clever: Clever
) -> None:
    sync(school)
    before = kept(school)
    clever.advance(10)
    clever.fault(fault.name, path=place, times=0, **fault.values)
    run = sync(school)
    assert run.status == "failed"
    assert re.search(fault.says, run.message), run.message
    assert "Nothing was changed" in run.message
    assert kept(school) == before
    clever.mend()
    asked_wait_is_over()
    assert sync(school).status == "succeeded"
    assert kept(school) != before


@pytest.mark.parametrize("place", PLACES)
def test_a_fault_on_any_later_page_counts_as_much(
    place: str, school: School, clever: Clever, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half-read is not read: with pages of 2 the fault hits in the middle of every collection."""
    sync(school)
    before = kept(school)
    monkeypatch.setattr("roster_dash.sources.clever.PAGE", 2)
    clever.fault("status", path=place.rstrip("?"), page=2, times=0, status=503)
    run = sync(school)
    assert run.status == "failed"
    assert kept(school) == before


def test_small_pages_give_the_same_as_large_ones(
    school: School, clever: Clever, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync(school)
    before = kept(school)
    monkeypatch.setattr("roster_dash.sources.clever.PAGE", 7)
    run = sync(school)
    assert run.message == "Nothing changed."
    assert kept(school) == before


@pytest.mark.parametrize("name", ["nulls", "blanks", "absent"])
def test_null_blank_and_absent_values_keep_ours(name: str, school: School, clever: Clever) -> None:
    sync(school)
    people, _ = kept(school)
    clever.fault(name, path="/users", times=0)
    clever.fault(name, path="/sections", times=0)
    assert sync(school).status == "succeeded"
    assert kept(school)[0] == people


def test_a_record_without_id_is_reported_and_the_rest_goes_on(
    school: School, clever: Clever
) -> None:
    clever.fault("no-id", path="/schools/" + school.clever_id + "/users")
    run = sync(school)
    assert run.status == "succeeded"
    assert run.counts is not None
    assert run.counts["people"]["invalid"] == 1
    assert run.counts["people"]["created"] > 30


def test_while_records_lack_their_ids_nobody_is_removed(school: School, clever: Clever) -> None:
    sync(school)
    before = kept(school)
    clever.fault("no-id", path="/schools/" + school.clever_id + "/users")
    run = sync(school)
    assert "came without an id" in run.message
    assert kept(school) == before


def test_people_whose_roles_cannot_be_read_stay(school: School, clever: Clever) -> None:
    sync(school)
    before = kept(school)[0]
    clever.fault("no-roles", path=f"/schools/{school.clever_id}/users")
    run = sync(school)
    assert run.status == "succeeded"
    assert [row["status"] for row in kept(school)[0]] == [row["status"] for row in before]


def test_a_class_whose_students_cannot_be_read_keeps_its_members(
    school: School, clever: Clever
) -> None:
    sync(school)
    lists = kept(school)[1]
    for row in lists[:3]:
        clever.change(row["source_id"], {"students": "unreadable"})
    assert sync(school).message == "Nothing changed."
    assert kept(school)[1] == lists


def test_a_class_that_lost_its_term_grade_and_name_stays_as_it_was(
    school: School, clever: Clever
) -> None:
    chosen = {"class_lists__terms": "current", "class_lists__grades": "9,10"}
    current = some_settings(**(EVERYTHING | chosen))
    settings_store.save_settings(school, current, None)
    commit()
    sync(school)
    lists = kept(school)[1]
    assert lists
    for row in lists:
        clever.change(row["source_id"], {"term_id": None, "grade": "", "name": ""})
    assert sync(school).message == "Nothing changed."
    assert kept(school)[1] == lists


def test_nothing_is_locked_while_clever_answers(school: School, clever: Clever) -> None:
    run = runs.request_run(school.id, runs.Trigger.MANUAL)
    commit()
    locked: list[str] = []

    def report(phase: str, pages: int, done: int, total: int) -> None:
        if phase == "fetching" and db.session().in_transaction():
            locked.append(phase)

    sync_run(run.id, report)
    assert locked == []


@pytest.mark.parametrize(
    ("empty", "says"),
    [
        ("/users?", "nobody in it"),
        ("/sections?", "no classes"),
        ("/terms?", "no terms"),
    ],
)
def test_an_empty_part_removes_nobody_and_no_list(
    empty: str, says: str, school: School, clever: Clever
) -> None:
    sync(school)
    before = kept(school)
    clever.share(sections=None)
    clever.fault("empty", path=f"/schools/{school.clever_id}{empty}", times=0)
    run = sync(school)
    people, lists = kept(school)
    assert says in run.message
    assert people == before[0]
    assert [row["status"] for row in lists] == ["active"] * len(before[1])


def test_a_role_that_is_shared_no_more_removes_nobody(school: School, clever: Clever) -> None:
    sync(school)
    before = kept(school)
    settings_store.save_settings(school, some_settings(**EVERYTHING, staff__archive="on"), None)
    commit()
    clever.share(staff=False)
    run = sync(school)
    assert run.status == "succeeded"
    assert "no staff" in run.message
    assert [row["status"] for row in kept(school)[0]] == [row["status"] for row in before[0]]


def test_contacts_that_are_shared_no_more_keep_ours(school: School, clever: Clever) -> None:
    sync(school)
    before = kept(school)
    assert any(row["contact_name"] for row in before[0])
    clever.share(contacts=False)
    assert sync(school).status == "succeeded"
    assert kept(school) == before


def test_a_school_that_is_shared_no_more_fails_the_run(school: School, clever: Clever) -> None:
    sync(school)
    before = kept(school)
    clever.share(schools=[clever.schools[1].id])
    run = sync(school)
    assert run.status == "failed"
    assert "doesn’t share the school" in run.message
    assert kept(school) == before


def test_a_token_that_changed_in_the_middle_is_read_again_once(
    school: School, clever: Clever
) -> None:
    clever.fault("revoked-mid-walk", path="/sections", rotate=True)
    assert sync(school).status == "succeeded"
    clever.forget_requests()
    assert sync(school).status == "succeeded"


def test_a_token_that_is_gone_fails_the_run(school: School, clever: Clever) -> None:
    sync(school)
    before = kept(school)
    clever.fault("revoked-mid-walk", path="/sections")
    run = sync(school)
    assert run.status == "failed"
    assert "approved" in run.message
    assert kept(school) == before


def test_a_student_who_leaves_while_pages_are_read_is_either_here_or_gone(
    school: School, clever: Clever
) -> None:
    sync(school)
    clever.fault("mutate-mid-walk", path="/sections")
    assert sync(school).status == "succeeded"
    assert sync(school).status == "succeeded"
    there = {user["id"] for user in clever.raw()["users"]}
    active = {row["source_id"] for row in kept(school)[0] if row["status"] == "active"}
    assert active <= there


def test_the_rate_limit_is_waited_for(school: School, clever: Clever) -> None:
    """Five requests a second are allowed; a run needs more."""
    clever.limit_rate(5, seconds=1)
    assert sync(school).status == "succeeded"
    clever.limit_rate(1200, seconds=60)


def test_another_districts_token_is_refused(make: Builder, school: School, clever: Clever) -> None:
    other = make.district("Elsewhere", "65a0ffff0000000000000001", clever.district.token)
    stranger = make.school(other, "Other High", "65a0ffff0000000000000002")
    run = sync(stranger)
    assert run.status == "failed"
    assert "another district" in run.message


def test_an_empty_answer_about_the_district_is_incomplete_and_no_wrong_token(
    school: School, clever: Clever
) -> None:
    clever.fault("empty", path="/districts", times=1)
    run = sync(school)
    assert (run.status, run.error) == ("failed", "source")
    assert "not complete" in run.message


def test_one_object_that_is_not_there_never_fails_a_run(school: School, clever: Clever) -> None:
    """A class names people, a course and a term that can't be read."""
    section = next(s for s in clever.raw()["sections"] if s["school"] == school.clever_id)
    gone = "65a0eeee0000000000000009"
    clever.change(
        section["id"], {"students": [gone], "teacher": gone, "course": gone, "term_id": gone}
    )
    run = sync(school)
    assert run.status == "succeeded"
    assert any("somebody who is not among the people" in text for text in run.warnings)


def test_schools_of_a_night_read_contacts_and_admins_once(
    make: Builder, school: School, clever: Clever
) -> None:
    second = make.school(school.district, clever.schools[1].name, clever.schools[1].id)
    clever.forget_requests()
    for each in (schools.find_school(school.clever_id), second):
        run = runs.request_run(each.id, runs.Trigger.SCHEDULE)
        commit()
        sync_run(run.id)
        assert runs.find_run(run.id).status == "succeeded"
    asked = [path for path in clever.requested() if "role=" in path]
    assert len(asked) == 2
