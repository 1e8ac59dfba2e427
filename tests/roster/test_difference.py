"""How a school at one moment differs from what it was at another."""

from typing import Any

from roster_dash.roster.difference import Change, State, Thing, compare


def a_person(source_id: str = "", **values: Any) -> dict[str, Any]:
    texts = ("sis_id", "first_name", "middle_name", "last_name", "preferred_name")
    defaults = dict.fromkeys((*texts, "email", "grade", "student_number"), "")
    row = {**defaults, "roles": ["student"], "status": "active", "last_name": source_id.title()}
    return {**row, "source_id": source_id, **values}


def a_list(title: str, status: str = "active") -> dict[str, Any]:
    return {"source_id": title.casefold(), "title": title, "status": status}


ANA, BO, GUEST = a_person("ana"), a_person("bo"), a_person(first_name="Guest")
NOTHING = State({}, {}, {})


def of_people(**people: dict[str, Any]) -> State:
    return State({int(key[1:]): row for key, row in people.items()}, {}, {})


def test_the_same_moment_differs_in_nothing() -> None:
    state = State({1: ANA}, {7: a_list("Art")}, {(7, "members"): {1}})
    assert compare(state, state) == compare(NOTHING, NOTHING)
    assert compare(state, state).summary == "nothing differs"


def test_people_join_leave_and_change() -> None:
    before = of_people(p1=ANA, p2=BO)
    after = of_people(p1=ANA | {"grade": "10"}, p3=GUEST)
    found = compare(before, after)
    assert found.joined == (Thing(3, "", "Guest"),)
    assert found.left == (Thing(2, "bo", "Bo"),)
    (changed,) = found.changed
    assert changed.person == Thing(1, "ana", "Ana")
    assert changed.changes == (Change("grade", "", "10"),)
    assert found.summary == "1 joined, 1 left, 1 changed"


def test_whoever_is_archived_has_left_and_whoever_comes_back_has_joined() -> None:
    here, away = of_people(p1=ANA), of_people(p1=ANA | {"status": "archived", "grade": "10"})
    assert compare(here, away).left == compare(away, here).joined == (Thing(1, "ana", "Ana"),)
    assert not compare(here, away).changed
    assert compare(away, of_people(p1=away.people[1] | {"grade": "11"})).summary == (
        "nothing differs"
    )


def test_a_new_id_is_a_change_of_the_same_person() -> None:
    (changed,) = compare(of_people(p1=ANA), of_people(p1=ANA | {"source_id": "new"})).changed
    assert changed.changes == (Change("source_id", "ana", "new"),)
    assert changed.person == Thing(1, "new", "Ana")


def test_lists_are_made_retired_and_changed_with_their_people() -> None:
    people = {1: ANA, 2: BO, 3: GUEST}
    before = State(
        people,
        {7: a_list("Art"), 8: a_list("Band"), 9: a_list("Chess")},
        {(7, "members"): {1, 2}, (8, "members"): {1}, (9, "managers"): {2}},
    )
    after = State(
        people,
        {7: a_list("Art II"), 8: a_list("Band", "archived"), 9: a_list("Chess"), 10: a_list("D")},
        {(7, "members"): {2, 3}, (8, "members"): {1}, (9, "managers"): {2}, (10, "managers"): {1}},
    )
    found = compare(before, after)
    (art,), (band,), (new,) = found.changed_lists, found.retired, found.made
    assert art.changes == (Change("source_id", "art", "art ii"), Change("title", "Art", "Art II"))
    assert (art.added, art.removed) == (
        {"members": (Thing(3, "", "Guest"),)},
        {"members": (Thing(1, "ana", "Ana"),)},
    )
    assert (band.list.name, band.removed) == ("Band", {"members": (Thing(1, "ana", "Ana"),)})
    assert (new.list.name, new.added) == ("D", {"managers": (Thing(1, "ana", "Ana"),)})
    assert found.summary == "1 list made, 1 list retired, 1 list changed"


def test_whoever_leaves_is_off_their_lists() -> None:
    lists, members = {7: a_list("Art")}, {(7, "members"): {1}}
    before = State({1: ANA}, lists, members)
    after = State({1: ANA | {"status": "archived"}}, lists, members)
    (art,) = compare(before, after).changed_lists
    assert art.removed == {"members": (Thing(1, "ana", "Ana"),)}


def test_the_way_back_is_the_same_turned_round() -> None:
    there = State({1: ANA, 2: BO}, {7: a_list("Art")}, {(7, "members"): {1, 2}})
    way, back = compare(NOTHING, there), compare(there, NOTHING)
    assert (way.joined, way.made[0].added) == (back.left, back.retired[0].removed)


def test_people_of_a_list_are_in_order_of_their_id_those_without_one_last() -> None:
    people = {1: GUEST, 2: BO, 3: ANA, 4: a_person(), 5: a_person("c", status="archived")}
    state = State(people, {7: a_list("Art")}, {(7, "members"): {1, 2, 3, 4, 5, 6}})
    assert state.on_list(7, "members") == [3, 2, 1, 4]
    assert state.on_list(8, "members") == []
