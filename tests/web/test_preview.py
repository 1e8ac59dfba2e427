"""The preview inside the form: the same planner as the run, no Clever, nothing written."""

import re
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, given
from hypothesis import settings as examples

from roster_dash import sync
from roster_dash.roster.records import Snapshot, Term
from roster_dash.roster.settings import SyncSettings
from roster_dash.store import holds, rosters, runs
from roster_dash.store import settings as settings_store
from roster_dash.store.tables import School
from tests import strategies
from tests.builders import Builder, a_section, a_snapshot, a_student, a_teacher
from tests.visitor import Visitor

VisitAs = Callable[..., Visitor]
FORM = {"students": "on", "schedule.time": "02:00", "notify.when": "always"}


def preview(visitor: Visitor, school: School, **values: Any) -> str:
    path = f"/schools/{school.id}/rostering"
    return visitor.post(f"{path}/preview", FORM | values, page=path, htmx=True).text


def test_it_says_for_each_role_how_many_would_change_zero_out_loud(
    make: Builder, visit_as: VisitAs
) -> None:
    school = make.school()
    make.snapshot(school, a_snapshot([a_student(), a_student(), a_teacher()]))
    visitor = visit_as(make.owner(school))
    seen = preview(visitor, school)
    assert "2 joined." in seen
    assert "2 join, 0 return, 0 are updated, 0 are archived; 0 stay as they are." in seen
    assert "0 join, 0 return, 0 are updated, 0 are archived; 1 stay as they are." in seen
    assert "Save and change 2 people" in seen
    assert "3 people" in preview(visitor, school, teachers="on")


def test_it_names_who_would_change(make: Builder, visit_as: VisitAs) -> None:
    school = make.school()
    make.snapshot(school, a_snapshot([a_student(first_name="<Ana>", last_name="Ruiz")]))
    assert "&lt;Ana&gt; Ruiz" in preview(visit_as(make.owner(school)), school)


def test_it_says_what_is_missing_for_class_lists(make: Builder, visit_as: VisitAs) -> None:
    school = make.school()
    make.snapshot(school, a_snapshot([a_student()], [a_section()]))
    visitor = visit_as(make.owner(school))
    assert "choose terms and grades first" in preview(visitor, school, class_lists="on")
    chosen = {"class_lists": "on", "class_lists.terms": "all"}
    assert "choose grades first" in preview(visitor, school, **chosen)
    assert "Lists: 1 made" in preview(visitor, school, **chosen, **{"class_lists.grades": "all"})


def test_it_writes_nothing(make: Builder, visit_as: VisitAs) -> None:
    school = make.school()
    make.snapshot(school, a_snapshot([a_student()]))
    preview(visit_as(make.owner(school)), school)
    assert settings_store.latest_version(school.id) is None
    assert runs.list_runs() == []
    assert rosters.load_kept(school.id).people == ()


def test_before_the_first_answer_it_says_when_it_will_be_there(
    make: Builder, visit_as: VisitAs
) -> None:
    school = make.school()
    assert "once Clever has answered" in preview(visit_as(make.owner(school)), school)


def test_a_mistake_is_named_and_nothing_is_guessed(make: Builder, visit_as: VisitAs) -> None:
    school = make.school()
    make.snapshot(school, a_snapshot([a_student()]))
    seen = preview(visit_as(make.owner(school)), school, **{"schedule.time": "noon"})
    assert "The time of day can’t be “noon”" in seen


def test_it_works_without_javascript_and_keeps_what_was_typed(
    make: Builder, visit_as: VisitAs
) -> None:
    school = make.school()
    make.snapshot(school, a_snapshot([a_student()]))
    path = f"/schools/{school.id}/rostering"
    page = visit_as(make.owner(school)).post(f"{path}/preview", FORM, page=path).text
    assert "1 joined." in page
    assert 'name="students" value="on" id="students" checked' in page
    assert settings_store.latest_version(school.id) is None


@given(
    before=strategies.snapshots,
    old=strategies.settings,
    snapshot=strategies.snapshots,
    new=strategies.settings,
)
@examples(
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_the_preview_equals_what_the_next_run_then_does(
    make: Builder, before: Snapshot, old: SyncSettings, snapshot: Snapshot, new: SyncSettings
) -> None:
    school = make.school()
    make.follow(school, before, old)
    make.snapshot(school, snapshot)
    foreseen = sync.preview(school, new)
    if foreseen.plan.outcomes or not rosters.load_kept(school.id).people:
        done = make.follow(school, snapshot, new)
        logged = [(row.entity, row.action, row.label) for row in runs.operations_of(done.id)]
        seen = [(op.entity, op.action, op.label) for op in foreseen.plan.operations]
        assert sorted(logged) == sorted(seen)
        held = [(row.entity, row.action, row.label) for row in holds.holds_of(done)]
        assert sorted(held) == sorted(
            (h.operation.entity, h.operation.action, h.operation.label) for h in foreseen.plan.held
        )
        assert done.counts == foreseen.counts


def test_it_counts_lists_and_students_for_every_term_and_grade(
    make: Builder, visit_as: VisitAs
) -> None:
    school = make.school()
    sections = [
        a_section(term_id="t1", grade="9", students=("a", "b")),
        a_section(term_id="t1", grade="9", students=("b", "c")),
        a_section(term_id="t1", grade="Kindergarten", students=("d",)),
        a_section(term_id="", grade="", students=()),
    ]
    make.snapshot(school, a_snapshot([a_student()], sections, [Term("t1", "Fall")]))
    chosen = {"class_lists": "on", "class_lists.terms": "t1", "class_lists.grades": "9"}
    seen = preview(visit_as(make.owner(school)), school, **chosen)
    cells = re.findall(r"<td( class=\"chosen\")?>(.*?)</td>", seen)
    words = [" ".join(re.sub(r"<[^>]+>", " ", text).split()) for _, text in cells]
    assert words == [
        "1 list 1 student",
        "✓ chosen: 2 lists 3 students",
        "–",
        "–",
        "–",
        "1 list 0 students",
    ]


def test_it_names_settings_that_do_nothing_as_they_stand(make: Builder, visit_as: VisitAs) -> None:
    school = make.school()
    make.snapshot(school, a_snapshot([a_student()]))
    seen = preview(visit_as(make.owner(school)), school, **{"staff.archive": "on"})
    assert "Staff: Archive does nothing while Sync is off." in seen
