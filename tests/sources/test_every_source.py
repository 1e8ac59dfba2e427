"""A district is the same here whichever kind of source brings it, and whatever happens to it.

The contract of a `Source`: what it tells, that a school by itself is as in a pull of the district,
and that what isn't shared is said to be so.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from roster_dash.roster.errors import NotShared
from roster_dash.roster.records import Snapshot
from roster_dash.sandbox.oneroster.server import Server as Provider
from roster_dash.sandbox.oneroster.world import World, make_world
from roster_dash.sandbox.server import Server as Sandbox
from roster_dash.sandbox.server import running
from tests.oneroster import DALE, EXPECTED, HILL, silent
from tests.ways import WAYS, Way

Rosters = dict[str, Snapshot]


@pytest.fixture(params=WAYS)
def way(
    request: pytest.FixtureRequest,
    sandbox_of_one: Sandbox,
    look_alike: Provider,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Way:
    sandbox_of_one.sandbox.reset()
    look_alike.provider.reset()
    monkeypatch.setattr("roster_dash.sources.clever.PAGE", 4)
    return Way(request.param, make_world(), sandbox_of_one, look_alike, tmp_path)


@pytest.fixture(scope="module")
def sandbox_of_one() -> Sandbox:
    with running(schools=1, size=1) as server:
        yield server


def one_by_one(way: Way) -> Rosters:
    """Each school by itself, as everybody says it."""
    source = way.source()
    part = source.fetch_district_part(silent)
    return {
        school: way.as_everybody(source.fetch_school(way.id_there(school), part, silent))
        for school in (HILL, DALE)
    }


def without(world: World, collection: str, sourced_id: str) -> None:
    world[collection] = [each for each in world[collection] if each["sourcedId"] != sourced_id]


def one(world: World, collection: str, sourced_id: str) -> dict[str, object]:
    return next(each for each in world[collection] if each["sourcedId"] == sourced_id)


def nothing(world: World, now: Rosters) -> None:
    pass


def somebody_leaves(world: World, now: Rosters) -> None:
    without(world, "users", "user-ben")
    world["enrollments"] = [
        each for each in world["enrollments"] if each["user"]["sourcedId"] != "user-ben"
    ]
    algebra, geometry = now[HILL].sections
    now[HILL] = replace(
        now[HILL],
        people=tuple(each for each in now[HILL].people if each.source_id != "or7.user-ben"),
        sections=(replace(algebra, students=("or7.user-ada",)), geometry),
    )


def somebody_is_renamed(world: World, now: Rosters) -> None:
    one(world, "users", "user-cleo")["familyName"] = "Cruz-Lee"
    now[HILL] = replace(
        now[HILL],
        people=tuple(
            replace(each, last_name="Cruz-Lee") if each.first_name == "Cleo" else each
            for each in now[HILL].people
        ),
    )


def somebody_changes_school(world: World, now: Rosters) -> None:
    """With an enrollment left behind at the former one: who isn't there isn't on its lists."""
    one(world, "users", "user-eve")["roles"][0]["org"]["sourcedId"] = "org-hill"
    without(world, "enrollments", "class-home-user-eve")
    (eve,) = (each for each in now[DALE].people if each.first_name == "Eve")
    art, home = now[DALE].sections
    now[DALE] = replace(
        now[DALE],
        people=tuple(each for each in now[DALE].people if each != eve),
        sections=(art, replace(home, students=("or7.user-dan",))),
    )
    people = sorted((*now[HILL].people, eve), key=lambda each: each.source_id)
    now[HILL] = replace(now[HILL], people=tuple(people))


def a_class_is_gone(world: World, now: Rosters) -> None:
    without(world, "classes", "class-geometry")
    world["enrollments"] = [
        each for each in world["enrollments"] if each["class"]["sourcedId"] != "class-geometry"
    ]
    sections = now[HILL].sections[:1]
    now[HILL] = replace(now[HILL], sections=sections, terms=now[HILL].terms[:1])


def a_teacher_joins_a_class(world: World, now: Rosters) -> None:
    added = dict(one(world, "enrollments", "class-algebra-user-tom"))
    added |= {"sourcedId": "class-geometry-user-tom"}
    added["class"] = one(world, "enrollments", "class-geometry-user-tess")["class"]
    world["enrollments"].append(added)
    algebra, geometry = now[HILL].sections
    geometry = replace(geometry, teachers=("or7.user-tess", "or7.user-tom"))
    now[HILL] = replace(now[HILL], sections=(algebra, geometry))


def a_contact_is_gone(world: World, now: Rosters) -> None:
    without(world, "users", "user-rex")
    one(world, "users", "user-ben")["agents"] = []
    now[HILL] = replace(
        now[HILL],
        people=tuple(
            replace(each, contact=type(each.contact)()) if each.first_name == "Ben" else each
            for each in now[HILL].people
        ),
    )


SCENARIOS: list[Callable[[World, Rosters], None]] = [
    nothing,
    somebody_leaves,
    somebody_is_renamed,
    somebody_changes_school,
    a_class_is_gone,
    a_teacher_joins_a_class,
    a_contact_is_gone,
]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda each: each.__name__)
def test_the_people_and_classes_are_the_same_from_every_source(
    scenario: Callable[[World, Rosters], None], way: Way
) -> None:
    expected = dict(EXPECTED)
    scenario(way.world, expected)
    assert one_by_one(way) == {school: way.as_everybody(each) for school, each in expected.items()}


def test_a_school_out_of_a_pull_is_the_same_as_by_itself(way: Way) -> None:
    source = way.source()
    schools = [way.id_there(HILL), way.id_there(DALE)]
    pulled = source.pull(schools, silent)
    part = source.fetch_district_part(silent)
    if pulled is None:
        assert way.name.startswith("zip"), "files are kept school by school"
        return
    for school in schools:
        alone = source.fetch_answer(school, part, silent)
        assert pulled.answer(school).digest == alone.digest
        assert pulled.answer(school).snapshot() == alone.snapshot()
    pulled.close()


def test_a_dumped_answer_is_the_same_when_it_is_read_again(way: Way) -> None:
    source = way.source()
    answer = source.fetch_answer(way.id_there(HILL), source.fetch_district_part(silent), silent)
    again = way.source().read_answer(answer.dump(), answer.digest, answer.about)
    assert again.snapshot() == answer.snapshot()


def test_the_schools_and_the_district_are_named(way: Way) -> None:
    source = way.source()
    assert source.district_name() == "Hill and Dale District"
    assert sorted(each.name for each in source.schools()) == ["Dale School", "Hill School"]
    assert source.school(way.id_there(HILL)).name == "Hill School"


def test_a_school_that_is_not_there_is_not_shared(way: Way) -> None:
    source = way.source()
    with pytest.raises(NotShared):
        source.school("org-of-nobody")
    with pytest.raises(NotShared):
        source.fetch_school("org-of-nobody", source.fetch_district_part(silent), silent)
