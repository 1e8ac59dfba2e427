"""Who of another source is whom here: people by numbers and addresses, lists by words too."""

from dataclasses import replace

import pytest

from roster_dash.roster.operations import Entity
from roster_dash.roster.records import Kept, KeptList, Person, Section, Snapshot, Term
from roster_dash.roster.same_lists import match_lists
from roster_dash.roster.settings import SyncSettings
from roster_dash.roster.switching import Former, Relinked, relink
from tests.builders import (
    MOST,
    a_kept_list,
    a_section,
    a_snapshot,
    a_student,
    a_teacher,
    archived,
    by_hand,
    here,
    kept,
    some_settings,
)

UPDATING = some_settings(**MOST)


def relinked(
    there: Snapshot,
    people: Kept,
    settings: SyncSettings = UPDATING,
    former: Former | None = None,
) -> Relinked:
    return relink(there, people, settings, former or Former())


def new_ids(found: Relinked) -> dict[int | None, str]:
    """Row id -> the id that it gets."""
    return {
        op.kept_id: op.after["source_id"]
        for op in found.operations
        if op.entity is Entity.PERSON and "source_id" in op.after
    }


def elsewhere(person: Person, **values: str) -> Person:
    """The same person as another source has them: other ids, nothing else."""
    return replace(person, **({"source_id": f"new-{person.source_id}"} | values))


ADA = a_student(first_name="Ada", last_name="Abel", sis_id="S1", student_number="1001")
ADA_MAIL = "ada@school.example"


@pytest.mark.parametrize(
    "changed",
    [
        {"sis_id": "other", "email": ""},  # the number and the name
        {"student_number": "other", "email": ""},  # the sis_id and the name
        {"sis_id": "other", "student_number": "other"},  # the e-mail and the name
        {"first_name": "Adele", "sis_id": "other"},  # the number and the e-mail
        {"last_name": "Zane", "email": ""},  # both numbers
    ],
)
def test_somebody_is_recognised_where_two_things_agree(changed: dict[str, str]) -> None:
    row = kept(replace(ADA, email=ADA_MAIL))
    there = elsewhere(replace(ADA, email=ADA_MAIL), **changed)
    assert new_ids(relinked(a_snapshot([there]), here([row]))) == {row.id: there.source_id}


@pytest.mark.parametrize(
    "changed",
    [
        {"sis_id": "other", "last_name": "Zane", "email": ""},  # a number alone
        {"sis_id": "other", "student_number": "other", "email": ""},  # a name alone
        {"sis_id": "o", "student_number": "o", "last_name": "Zane"},  # an address handed on
    ],
)
def test_nobody_is_recognised_by_one_thing_alone(changed: dict[str, str]) -> None:
    row = kept(replace(ADA, email=ADA_MAIL))
    there = elsewhere(replace(ADA, email=ADA_MAIL), **changed)
    assert new_ids(relinked(a_snapshot([there]), here([row]))) == {}


def test_a_number_of_a_teacher_is_no_number_of_a_student() -> None:
    row = kept(a_teacher(first_name="Ada", last_name="Abel", sis_id="S1", email=""))
    there = replace(elsewhere(ADA), email="", student_number="")
    assert new_ids(relinked(a_snapshot([there]), here([row]))) == {}


def test_numbers_that_are_exchanged_make_nobody_somebody_else() -> None:
    """All have numbers of one another, and addresses of their own: the addresses tell."""
    people = [
        a_student(first_name=f"N{n}", sis_id="", student_number=f"{n}", email=f"n{n}@x.example")
        for n in range(20)
    ]
    rows = [kept(person) for person in people]
    there = [elsewhere(person, student_number=f"{(n + 1) % 20}") for n, person in enumerate(people)]
    found = new_ids(relinked(a_snapshot(there), here(rows)))
    assert found == {row.id: f"new-{row.person.source_id}" for row in rows}


def test_whoever_is_archived_is_known_too_and_stays_archived() -> None:
    row = archived(ADA)
    found = relinked(a_snapshot([elsewhere(ADA)]), here([row]))
    (operation,) = found.operations
    assert set(operation.after) == {"source_id"}
    assert not found.kept.people[0].is_active


def test_somebody_added_here_waits_for_the_next_sync() -> None:
    assert not relinked(a_snapshot([elsewhere(ADA)]), here([by_hand(ADA)])).operations


def test_the_sis_id_goes_along_where_syncs_may_set_it() -> None:
    there = elsewhere(ADA, sis_id="uuid-1")
    for settings, expected in ((UPDATING, "uuid-1"), (some_settings(students="on"), "S1")):
        row = kept(ADA)
        found = relinked(a_snapshot([there]), here([row]), settings)
        assert found.kept.people[0].person.sis_id == expected
    mine = kept(ADA, set_here=frozenset({"sis_id"}))
    assert relinked(a_snapshot([there]), here([mine])).kept.people[0].person.sis_id == "S1"


def test_who_comes_back_is_known_by_the_id_that_they_had() -> None:
    row = kept(replace(ADA, source_id="or1.x", sis_id="", student_number="", email=""))
    there = replace(ADA, source_id="clever-1", last_name="Married", email="")
    former = Former({"clever-1": row.id, "or0.x": row.id})
    found = relinked(a_snapshot([there]), here([row]), former=former)
    assert new_ids(found) == {row.id: "clever-1"}
    has_it = kept(there)
    assert not relinked(a_snapshot([there]), here([row, has_it]), former=former).operations


STUDENTS = [a_student() for _ in range(6)]
ROWS = [kept(person) for person in STUDENTS]
FALL = Term("term-1", "Fall")


def a_list(section: Section, *members: int) -> KeptList:
    return a_kept_list(section, members=frozenset(ROWS[each].id for each in members))


def a_class(name: str, *students: int, **values: str) -> Section:
    ids = tuple(STUDENTS[each].source_id for each in students)
    return a_section(**({"name": name, "term_id": "term-1"} | values), students=ids)


def matched(lists: list[KeptList], classes: list[Section]) -> dict[str, int]:
    """A class's id -> the list's."""
    snapshot = a_snapshot(STUDENTS, classes, [FALL])
    found = match_lists(snapshot, here(ROWS, lists))
    return {source_id: row.id for source_id, row in found.items()}


def test_a_class_with_the_same_words_is_the_same_one() -> None:
    row, there = a_list(a_class("Biology"), 0, 1), a_class("biology ", 1, 2)
    assert matched([row], [there]) == {there.source_id: row.id}


def test_a_class_of_strangers_with_the_same_words_is_another_one() -> None:
    assert matched([a_list(a_class("Biology"), 0, 1)], [a_class("Biology", 2, 3)]) == {}


def test_of_several_with_one_title_the_people_tell() -> None:
    one, two = a_list(a_class("Biology"), 0, 1, 2), a_list(a_class("Biology"), 3, 4, 5)
    first = a_class("Biology", 0, 1, period="A")
    second = a_class("Biology", 3, 4, 5, period="B")
    assert matched([one, two], [first, second]) == {
        first.source_id: one.id,
        second.source_id: two.id,
    }


def test_another_title_with_the_same_people_and_course_is_the_same_class() -> None:
    row = a_list(a_class("Biology - Lee - 1"), 0, 1, 2, 3, 4)
    there = a_class("Biology", 0, 1, 2, 3, 4)
    assert matched([row], [there]) == {there.source_id: row.id}
    elsewhere_too = a_class("Biology", 0, 1, course="Chemistry", period="7")
    assert matched([row], [elsewhere_too]) == {}


def test_one_homeroom_with_several_classes_is_told_by_titles_or_not_at_all() -> None:
    """The same children have the same teacher all day long."""
    every = (0, 1, 2, 3, 4, 5)
    maths, reading = a_list(a_class("Maths"), *every), a_list(a_class("Reading"), *every)
    same = [a_class("Maths", *every), a_class("Reading", *every)]
    assert matched([maths, reading], same) == {
        same[0].source_id: maths.id,
        same[1].source_id: reading.id,
    }
    assert matched([maths, reading], [a_class("3M", *every), a_class("3R", *every)]) == {}
