"""A district in one go gives each school what it gets when it is asked for by itself."""

from collections.abc import Sequence
from typing import Any

import pytest

from roster_dash.connection import open_source
from roster_dash.roster.errors import NotShared, SourceError
from roster_dash.sources import Pulled, Source
from roster_dash.sources.clever_pull import is_worth_it
from roster_dash.store.transactions import commit
from tests.builders import Builder
from tests.clever import Clever


def silent(_what: str, _pages: int, _records: int) -> None:
    pass


@pytest.fixture
def source(make: Builder, clever: Clever) -> Source:
    district = make.district(clever.district.name, clever.district.id, clever.district.token)
    opened = open_source(district, patience=1.0)
    commit()
    return opened


def pulled(source: Source, clever: Clever) -> Pulled:
    pull = source.pull([school.id for school in clever.schools], silent)
    assert pull is not None
    return pull


def both(source: Source, clever: Clever) -> list[tuple[Any, Any]]:
    """Each school's answer out of a pull, and by itself."""
    pull = pulled(source, clever)
    part = source.fetch_district_part(silent)
    ids = [school.id for school in clever.schools]
    return [(pull.answer(each), source.fetch_answer(each, part, silent)) for each in ids]


def is_the_same(pairs: Sequence[tuple[Any, Any]]) -> bool:
    return all(
        (one.digest, one.about, one.snapshot()) == (other.digest, other.about, other.snapshot())
        for one, other in pairs
    )


@pytest.mark.parametrize("page", [3, 10_000])
def test_each_school_gets_what_it_gets_by_itself(
    source: Source, clever: Clever, monkeypatch: pytest.MonkeyPatch, page: int
) -> None:
    monkeypatch.setattr("roster_dash.sources.clever.PAGE", page)
    pairs = both(source, clever)
    assert is_the_same(pairs)
    first = pairs[0][0].snapshot()
    assert len(first.people) > 30
    assert first.sections
    assert first.terms
    assert any(person.contact.name for person in first.people)


@pytest.mark.parametrize("days", [1, 40, 300])
def test_it_does_so_on_any_day(source: Source, clever: Clever, days: int) -> None:
    clever.advance(days)
    assert is_the_same(both(source, clever))


def test_somebody_at_two_schools_is_in_both(source: Source, clever: Clever) -> None:
    guests = {
        user["id"]
        for user in clever.raw()["users"]
        if len(user["roles"].get("student", {}).get("schools", ())) == 2
    }
    assert guests
    for answer, _ in both(source, clever):
        assert guests <= {person.source_id for person in answer.snapshot().people}


def test_a_change_of_one_school_leaves_the_others_digest(source: Source, clever: Clever) -> None:
    before = [answer.digest for answer, _ in both(source, clever)]
    of_first = next(
        user["id"]
        for user in clever.raw()["users"]
        if user["roles"].get("student", {}).get("schools") == [clever.schools[0].id]
    )
    clever.act("rename", id=of_first)
    after = [answer.digest for answer, _ in both(source, clever)]
    assert before[0] != after[0]
    assert before[1] == after[1]


def test_a_school_that_is_not_shared_is_refused(source: Source, clever: Clever) -> None:
    with pytest.raises(NotShared):
        pulled(source, clever).answer("65b00000000000000000dead")


@pytest.mark.parametrize("fault", ["duplicate-ids", "reordered", "not-wrapped"])
def test_what_is_odd_but_legal_is_the_same_or_is_asked_for_school_by_school(
    source: Source, clever: Clever, fault: str
) -> None:
    clever.fault(fault, path="limit=", times=0)
    pull = source.pull([school.id for school in clever.schools], silent)
    if pull is not None:
        part = source.fetch_district_part(silent)
        ids = [school.id for school in clever.schools]
        got = [pull.answer(each).snapshot() for each in ids]
        assert got == [source.fetch_school(each, part, silent) for each in ids]


@pytest.mark.parametrize("fault", ["cut-json", "next-loop", "no-links", "item-not-object"])
@pytest.mark.parametrize("place", ["/users?", "/sections?", "/terms?", "/courses?", "/schools?"])
def test_a_pull_is_whole_or_an_error(
    source: Source, clever: Clever, fault: str, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("roster_dash.sources.http._BACK_OFF", (0.005,))
    clever.fault(fault, path=place, times=0)
    with pytest.raises(SourceError):
        source.pull([school.id for school in clever.schools], silent)


@pytest.mark.parametrize(
    ("linked", "shared", "worth"),
    [(1, 1, False), (2, 2, True), (3, 500, False), (40, 500, True), (500, 500, True)],
)
def test_a_pull_is_made_where_it_costs_fewer_requests(
    linked: int, shared: int, worth: bool
) -> None:
    assert is_worth_it(linked, shared) is worth
