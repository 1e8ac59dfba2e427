"""The fire drill: the guards stop every scenario, and without a guard the drill says so."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from roster_dash.roster import drills, lists
from roster_dash.roster import plan as planner
from roster_dash.roster.drills import SCENARIOS, End, Result, Scratch, try_as_it_is, try_scenarios
from roster_dash.roster.errors import EmptyAnswer
from roster_dash.roster.guard_lists import Judged
from roster_dash.roster.history import History
from roster_dash.roster.operations import Operation
from roster_dash.roster.records import Person, Snapshot, Term
from roster_dash.roster.rekey import Suspicion
from roster_dash.roster.roles import Role
from tests.builders import (
    a_kept_list,
    a_section,
    a_snapshot,
    a_student,
    a_teacher,
    here,
    kept,
    some_settings,
)

TODAY = date(2026, 10, 6)


def a_school(students: int = 60, teachers: int = 6, **settings: str) -> Scratch:
    """Everybody and every class of a snapshot is here already, in classes of ten."""
    pupils = [a_student(f"s{number}") for number in range(students)]
    adults = [a_teacher(f"t{number}") for number in range(teachers)]
    rows = {person.source_id: kept(person) for person in (*pupils, *adults)}
    sections = [
        a_section(
            f"class-{number}",
            students=tuple(pupil.source_id for pupil in pupils[number * 10 : number * 10 + 10]),
            teachers=(adults[number].source_id,),
        )
        for number in range(min(teachers, -(-students // 10)))
    ]
    kept_lists = [
        a_kept_list(
            section,
            members=frozenset(rows[source].id for source in section.students),
            managers=frozenset(rows[source].id for source in section.teachers),
        )
        for section in sections
    ]
    return Scratch(
        here(list(rows.values()), kept_lists),
        a_snapshot([*pupils, *adults], sections, [Term("term-1", "Fall")]),
        some_settings(**settings),
        TODAY,
        History(),
    )


def ends(scratch: Scratch) -> dict[str, Result]:
    return {result.name: result for result in try_scenarios(scratch)}


STOPPED_BY = {
    "empty": ("An answer without anybody is refused", "66 synced people are here"),
    "half": ("Many would be archived at once", "30 of 60 students (50 %)"),
    "ids_swapped": (
        "Many would get another name, e-mail, id or parent",
        "60 of 60 students (100 %)",
    ),
    "new_ids": ("The same people under new ids?", "60 of 60 students (100 %)"),
    "new_ids_and_numbers": ("The same people under new ids?", "60 students left the roster"),
    "emails": ("Many would get another name, e-mail, id or parent", "6 of 6 teachers (100 %)"),
    "roles": ("A role with more rights", "60 students would become staff"),
    "classes_emptied": (
        "A list would lose most of its members",
        "6 lists would lose more than 50 % of their members at once",
    ),
}


@pytest.mark.parametrize("name", [scenario.name for scenario in SCENARIOS])
def test_every_scenario_is_stopped_with_the_limits_of_a_new_school(name: str) -> None:
    result = ends(a_school())[name]
    guard, words = STOPPED_BY[name]
    assert result.end is End.STOPPED, result
    assert guard in result.by
    assert words in " ".join(result.sentences)


def test_the_answer_as_it_is_does_no_harm() -> None:
    scratch = a_school()
    result = try_as_it_is(scratch, scratch.snapshot)
    assert result.stopped
    assert result.detail == "It came whole: 66 people, 6 classes."
    spoiled = next(each for each in SCENARIOS if each.name == "emails").spoil(scratch.snapshot)
    assert try_as_it_is(scratch, spoiled).stopped


Patch = pytest.MonkeyPatch


def _without_judge(patch: Patch) -> None:
    patch.setattr(planner, "judge", lambda *arguments: [])


def _without_doubts(patch: Patch) -> None:
    patch.setattr(planner, "doubts", lambda *arguments: [])
    patch.setattr(drills, "refuse_empty_school", lambda *arguments: None)


def _without_suspicion(patch: Patch) -> None:
    patch.setattr(planner, "suspect_new_ids", lambda proposals, history: Suspicion(list(proposals)))


def _without_list_guards(patch: Patch) -> None:
    def judge_nothing(wanted: Any, *arguments: Any) -> Judged:
        operations: list[Operation] = [change.operation for change in wanted]
        return Judged(operations)

    patch.setattr(lists, "judge_lists", judge_nothing)


@pytest.mark.parametrize(
    ("name", "take_away", "words"),
    [
        ("empty", (_without_judge, _without_doubts), "60 of 60 students would be archived"),
        ("half", (_without_judge,), "30 of 60 students would be archived"),
        ("half", (_without_list_guards,), "3 of 6 lists would be retired"),
        ("ids_swapped", (_without_judge,), "60 of 60 students would get another name"),
        (
            "new_ids",
            (_without_judge,),
            "6 of 6 teachers would get another name, e-mail, id or parent",
        ),
        (
            "new_ids_and_numbers",
            (_without_suspicion,),
            "60 of 60 students would be added a second time",
        ),
        ("emails", (_without_judge,), "60 of 60 students would get another name, e-mail"),
        ("roles", (_without_judge,), "60 students would become staff"),
        ("roles", (_without_judge,), "6 people would become admin"),
        ("classes_emptied", (_without_list_guards,), "6 of 6 lists would lose most"),
    ],
)
def test_without_a_guard_the_drill_says_what_gets_through(
    name: str,
    take_away: tuple[Callable[[Patch], None], ...],
    words: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for remove in take_away:
        remove(monkeypatch)
    result = ends(a_school())[name]
    assert result.end is End.THROUGH, result
    assert not result.stopped
    assert words in result.detail
    assert "nobody would be asked" in result.detail


def test_a_limit_that_was_opened_wide_lets_through_and_is_named() -> None:
    wide = {"guard__removals__percent": "60", "guard__removals_7_days__percent": "60"}
    result = ends(a_school(**wide))["half"]
    assert result.end is End.THROUGH
    assert "30 of 60 students would be archived, and this school’s own limit of 60 %" in (
        result.detail
    )


def test_an_empty_role_is_doubted_even_if_a_limit_lets_everybody_go() -> None:
    scratch = a_school(guard__removals__percent="100")
    no_teachers = tuple(p for p in scratch.snapshot.people if Role.STUDENT in p.roles)
    planned = scratch.plan(replace(scratch.snapshot, people=no_teachers))
    assert not planned.is_whole


def test_a_school_of_two_says_that_it_is_too_small() -> None:
    found = ends(a_school(students=2, teachers=0))
    assert found["half"].end is End.HARMLESS
    assert (
        found["half"].detail == "1 of 2 students would be archived; so few are within the limits."
    )
    assert found["emails"].end is End.HARMLESS
    assert found["empty"].end is End.STOPPED
    assert found["roles"].end is End.STOPPED
    assert all(result.stopped for result in found.values())


def test_small_classes_may_be_emptied_and_the_drill_says_so() -> None:
    found = ends(a_school(students=7, teachers=1))
    assert found["classes_emptied"].end is End.HARMLESS
    assert "1 list of fewer than 8" in found["classes_emptied"].detail


def test_decisions_of_before_neither_help_nor_harm() -> None:
    scratch = a_school()
    half = next(scenario for scenario in SCENARIOS if scenario.name == "half")
    held = scratch.plan(half.spoil(scratch.snapshot)).held
    marks = frozenset(each.fingerprint for each in held)
    decided = replace(scratch, history=History(approved=marks, rejected=marks))
    assert ends(decided)["half"] == ends(scratch)["half"]


def test_what_waits_anyway_is_not_counted_as_stopping_a_scenario() -> None:
    scratch = a_school(students=60, teachers=0)
    gone: list[Person] = [a_student(f"gone{number}") for number in range(10)]
    people = (*scratch.kept.people, *map(kept, gone))
    waiting = replace(scratch, kept=replace(scratch.kept, people=people))
    assert waiting.plan(waiting.snapshot).held
    found = ends(waiting)["emails"]
    assert found.by == ("Many would get another name, e-mail, id or parent",)


def test_a_school_whose_answers_are_doubted_anyway_says_so() -> None:
    scratch = a_school()
    without_terms = replace(scratch, snapshot=replace(scratch.snapshot, terms=()))
    found = ends(without_terms)["half"]
    assert found.end is End.HARMLESS
    assert "no terms, while 6 synced user lists are here" in found.detail


def test_the_switches_are_at_their_worst_and_the_limits_are_the_schools_own() -> None:
    scratch = a_school(guard__updates__percent="7", students__archive="off")
    settings = scratch.settings_for(scratch.snapshot)
    assert settings.students == settings.teachers
    assert settings.students.archive
    assert not settings.staff.sync
    assert settings.grace(Role.STUDENT) == settings.grace(Role.TEACHER) == 0
    assert settings.limits.updates == 7


def test_an_empty_answer_is_refused_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(fed: Snapshot, kept_here: Any) -> None:
        raise EmptyAnswer("Nobody came.")

    monkeypatch.setattr(drills, "refuse_empty_school", refuse)
    assert {result.detail for result in try_scenarios(a_school())} == {"Nobody came."}
