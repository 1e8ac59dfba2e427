"""The REST API, 1.1 and 1.2: whatever liberties a provider takes, a roster is whole or an error."""

from dataclasses import dataclass
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st

from roster_dash.roster.doubts import DOUBT
from roster_dash.roster.errors import AccessRefused, NotShared, SourceDown, SourceError
from roster_dash.roster.plan import plan
from roster_dash.sandbox.oneroster.access import STATIC_TOKEN
from roster_dash.sandbox.oneroster.server import Server
from roster_dash.sources import Source
from roster_dash.sources.oneroster.api_access import StaticToken
from tests.builders import here, kept, some_settings
from tests.oneroster import (
    DALE,
    EXPECTED,
    HILL,
    NAMESPACE,
    TODAY,
    ZOE,
    open_source,
    rosters,
    silent,
)


@pytest.fixture
def provider(look_alike: Server) -> Server:
    look_alike.provider.reset()
    return look_alike


@pytest.fixture(params=["1.1", "1.2"])
def version(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@dataclass(frozen=True)
class Liberty:
    """Switches of the look-alike, and the words of the error where they make one."""

    on: dict[str, Any]
    says: str = ""
    page_size: int = 4

    def __str__(self) -> str:
        return "-".join(f"{name}={value}" for name, value in self.on.items())


HARMLESS = [
    Liberty({}),
    Liberty({}, page_size=5000),
    Liberty({"largest_limit": 100}, page_size=5000),
    Liberty({"clamp": 3}),
    Liberty({"clamp": 3}, page_size=5000),
    Liberty({"clamp": 3, "total_header": ""}, page_size=5000),
    Liberty({"clamp": 3, "links": True}),
    Liberty({"clamp": 3, "links": True, "total_header": ""}),
    Liberty({"total_header": ""}),
    Liberty({"total_header": "x-total-count"}),
    Liberty({"total_header": "", "page_count_header": "x-count"}),
    Liberty({"page_count_header": "x-count"}),
    Liberty({"total_is_the_pages": True}),
    Liberty({"total_is_the_pages": True, "clamp": 3}, page_size=5000),
    Liberty({"total_off_by": -1}),
    Liberty({"total_off_by": -1, "clamp": 3}, page_size=5000),
    Liberty({"short_pages": True}),
    Liberty({"short_pages": True, "total_header": ""}),
    Liberty({"overlaps": True}),
    Liberty({"reverses": True}),
    Liberty({"links": True}),
    Liberty({"cursor": True}),
    Liberty({"cursor": True, "clamp": 3, "total_header": ""}),
    Liberty({"links": True, "link_host": "http://inside.example"}),
    Liberty({"ignores_paging": True}),
    Liberty({"ignores_paging": True, "total_header": ""}, page_size=5000),
    Liberty({"cursor": True, "total_header": ""}, page_size=5000),
    Liberty({"past_the_end_is_unknown": True}),
    Liberty({"shows_gone": True}),
    Liberty({"shows_gone": True, "gone_status": "inactive"}),
    Liberty({"shows_gone": True, "gone_status": "ToBeDeleted"}),
    Liberty({"agents_at": "contact"}),
    Liberty({"agents_at": "both"}),
    Liberty({"booleans_as_texts": "true"}),
    Liberty({"booleans_as_texts": "TRUE"}),
    Liberty({"roleless": "user-fay"}),
    Liberty({"doubles": "users", "total_header": ""}, page_size=5000),
    Liberty({"doubles": "enrollments", "total_is_the_pages": True}, page_size=5000),
    Liberty({"dangling": "classes"}),
    Liberty({"revisions": 0}),
    Liberty({"revisions": 3}),
    Liberty({"revisions": 3, "clamp": 3}, page_size=5000),
    Liberty({"blanks": "null"}),
    Liberty({"blanks": "absent"}),
    Liberty({"extras": True}),
    Liberty({"fails_after": 0}),
    Liberty({"fails_after": 7, "failures": 3, "failure_status": 503}),
    Liberty({"total_falls": 1}),
    Liberty({"reshuffles": True}),
    Liberty({"reshuffles": True, "total_header": ""}, page_size=2),
    Liberty({"past_the_end_is_refused": True}),
    Liberty({"cursor": True, "total_header": "", "next_word": "prefetch Next"}, page_size=2),
    Liberty({"fails_after": 7, "failure_status": 429}),
    Liberty({"fails_after": 7, "failures": 2, "failure_status": 429, "retry_after": 3}),
    *(
        Liberty({"fails_after": after, "failures": 2, "failure_body": body})
        for body in ("page", "cut", "dropped")
        for after in (0, 9)
    ),
]


@pytest.mark.parametrize("liberty", HARMLESS, ids=str)
def test_the_roster_is_the_same_whatever_liberty_a_provider_takes(
    liberty: Liberty, version: str, provider: Server
) -> None:
    switch_on(provider, liberty)
    assert rosters(open_source(provider, version, page_size=liberty.page_size)) == EXPECTED


HARMFUL = [
    Liberty({"largest_limit": 3}, "with status 400"),
    Liberty({"overlaps": True, "total_header": ""}, "the same page twice"),
    Liberty({"repeats_a_page": True}, "the same page twice"),
    Liberty({"repeats_a_page": True, "total_header": ""}, "the same page twice"),
    Liberty({"repeats_first_page": True}, "the same page twice"),
    Liberty({"repeats_first_page": True, "total_header": ""}, "the same page twice"),
    Liberty({"repeats_first_page": True, "links": True, "total_header": ""}, "same page twice"),
    Liberty({"total_off_by": 1}, "gave us 3"),
    Liberty({"counts_gone": True}, "it says that there are 4 and gave us 3"),
    Liberty({"reshuffles": True, "ignores_sort": True}, "people is not complete"),
    Liberty({"reshuffles": True, "ignores_sort": True, "total_header": ""}, "is not complete", 2),
    Liberty({"reshuffles": True, "ignores_sort": True, "total_is_the_pages": True}, "changed", 2),
    Liberty({"empty_after": 2, "links": True, "total_header": ""}, "says that more follow", 2),
    Liberty({"cursor": True, "loops": True, "total_header": ""}, "the same page twice"),
    Liberty({"total_falls": 1000}, "it changed each time"),
    Liberty({"cursor": True, "link_host": "http://elsewhere.example"}, "another host"),
    *(
        Liberty({"missing_envelope": name}, f"there is no list named “{name}”")
        for name in ("orgs", "academicSessions", "courses", "classes", "users", "enrollments")
    ),
    Liberty({"doubles": "users"}, "people is not complete"),
    Liberty({"doubles": "users", "total_header": ""}, "changed each time"),
    Liberty({"roleless": "*"}, "none of its 15 people has a role"),
    Liberty({"empties": "users"}, "enrollments is of anybody in it"),
    Liberty({"empties": "classes"}, "enrollments is in any class of it"),
    Liberty({"empties": "orgs"}, "classes is at any school of it"),
    Liberty({"revisions": 1000}, "its records were changed each time while we read them"),
    Liberty({"revisions": 1000, "total_header": ""}, "changed each time while we read them"),
    *(
        Liberty({"fails_after": 8, "failures": 1000, "failure_body": body}, says)
        for body, says in (
            ("page", "a web page in place of data"),
            ("cut", "cut short"),
            ("dropped", "cut short|connection broke"),
        )
    ),
    Liberty({"fails_after": 8, "failures": 1000, "failure_status": 429}, "slow down"),
    Liberty({"null_envelope": "users"}, "there is no list named “users”"),
    Liberty({"renamed_ids": True}, "a record of the answer has no sourcedId"),
    Liberty({"missing_collection": "enrollments"}, "has no enrollments at http://127"),
    Liberty({"fails_after": 8, "failures": 1000}, "status 500"),
    Liberty({"fails_after": 8, "failures": 1000, "failure_status": 400}, "with status 400"),
    Liberty({"fails_after": 8, "failures": 1000, "failure_status": 401}, "refuses"),
    Liberty({"fails_after": 8, "failures": 1000, "failure_status": 403}, "doesn’t let us read"),
]


@pytest.mark.parametrize("liberty", HARMFUL, ids=str)
def test_what_cannot_be_proved_whole_is_an_error_and_never_a_part(
    liberty: Liberty, version: str, provider: Server
) -> None:
    switch_on(provider, liberty)
    with pytest.raises(SourceError, match=liberty.says) as error:
        open_source(provider, version, page_size=liberty.page_size).pull([HILL], silent)
    assert "Nothing was changed here" in error.value.message


def test_a_provider_that_fails_for_long_is_down(provider: Server) -> None:
    switch_on(provider, Liberty({"fails_after": 0, "failures": 1000, "failure_status": 503}))
    with pytest.raises(SourceDown, match="The OneRoster provider could not give us the schools"):
        open_source(provider).schools()


def test_clevers_people_are_not_called_for_help(provider: Server) -> None:
    switch_on(provider, Liberty({"fails_after": 0, "failure_status": 403}))
    with pytest.raises(AccessRefused, match="Whoever runs it for the district") as error:
        open_source(provider).schools()
    assert "Clever" not in error.value.message


def test_it_asks_for_whole_collections_however_many_schools_are_wanted(provider: Server) -> None:
    open_source(provider, page_size=5000).pull([HILL, DALE], silent)
    asked = [address.partition("?")[0].rpartition("/")[2] for address in provider.provider.requests]
    assert dict.fromkeys(asked) == dict.fromkeys(
        ["orgs", "academicSessions", "courses", "classes", "users", "enrollments"]
    )
    assert len(asked) == 12  # the second of each proves the end


PAGING = st.fixed_dictionaries(
    {},
    optional={
        "clamp": st.integers(3, 9),
        "total_header": st.sampled_from(["", "x-total-count"]),
        "total_off_by": st.integers(-3, 3),
        **{
            name: st.just(True)
            for name in (
                "short_pages",
                "ignores_paging",
                "repeats_first_page",
                "repeats_a_page",
                "overlaps",
                "reverses",
                "past_the_end_is_unknown",
                "total_is_the_pages",
                "links",
                "cursor",
                "shows_gone",
                "counts_gone",
            )
        },
    },
)


@hypothesis.settings(
    max_examples=50, suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture]
)
@hypothesis.given(on=PAGING, page_size=st.sampled_from([3, 4, 5000]))
@hypothesis.example(
    on={
        "short_pages": True,
        "overlaps": True,
        "past_the_end_is_unknown": True,
        "total_is_the_pages": True,
    },
    page_size=3,
)
def test_however_a_provider_pages_nobody_is_ever_missing(
    on: dict[str, Any], page_size: int, provider: Server
) -> None:
    provider.provider.reset()
    switch_on(provider, Liberty(on))
    try:
        found = rosters(open_source(provider, page_size=page_size))
    except SourceError:
        return
    assert found == EXPECTED


def test_a_school_by_itself_is_as_it_is_in_a_pull(version: str, provider: Server) -> None:
    source = open_source(provider, version)
    part = source.fetch_district_part(silent)
    assert part.admins == (ZOE,)
    asked = len(provider.provider.requests)
    assert source.fetch_school(HILL, part, silent) == EXPECTED[HILL]
    assert len(provider.provider.requests) == asked  # the part came with all the rest


def test_a_part_of_another_reading_is_not_trusted_to_be_the_present_one(provider: Server) -> None:
    part = open_source(provider).fetch_district_part(silent)
    provider.provider.world["users"][0]["givenName"] = "Adele"
    snapshot = open_source(provider).fetch_school(HILL, part, silent)
    assert snapshot.people[0].first_name == "Adele"


def test_an_answer_can_be_dumped_and_read_by_another(version: str, provider: Server) -> None:
    source = open_source(provider, version)
    answer = source.pull([HILL], silent).answer(HILL)
    read = open_source(provider).read_answer(answer.dump(), answer.digest, answer.about)
    assert read.snapshot() == EXPECTED[HILL]
    assert read.digest == answer.digest


def test_the_same_roster_has_the_same_digest_and_another_one_has_another(provider: Server) -> None:
    first = open_source(provider).pull([HILL], silent)
    switch_on(provider, Liberty({"reverses": True, "extras": True}))
    same = open_source(provider, "1.1").pull([HILL], silent)
    provider.provider.world["users"][0]["givenName"] = "Adele"
    other = open_source(provider).pull([HILL], silent)
    assert first.answer(HILL).digest == same.answer(HILL).digest != other.answer(HILL).digest
    assert first.answer(DALE).digest == other.answer(DALE).digest


def test_it_says_what_is_shared(version: str, provider: Server) -> None:
    source: Source = open_source(provider, version)
    assert source.district_name() == "Hill and Dale District"
    assert [school.source_id for school in source.schools()] == [DALE, HILL]
    assert source.school(HILL).name == "Hill School"


def test_a_school_that_is_not_shared_is_told(provider: Server) -> None:
    source = open_source(provider)
    for unknown in (f"{NAMESPACE}.org-closed", f"{NAMESPACE}.org-district", "org-hill"):
        with pytest.raises(NotShared, match="doesn’t share the school"):
            source.school(unknown)
        with pytest.raises(NotShared):
            source.pull([unknown], silent).answer(unknown)


def test_a_base_address_may_end_with_a_slash(provider: Server) -> None:
    provider.provider.switches.clamp = 3
    source = open_source(provider)
    source._provider = type(source._provider)(
        f"{source._provider.base_url}/", StaticToken(STATIC_TOKEN), NAMESPACE
    )
    assert len(source.schools()) == 2


def test_progress_is_told_with_every_page(provider: Server) -> None:
    told: list[tuple[str, int, int]] = []
    open_source(provider).pull([HILL], lambda *each: told.append(each))
    assert [each for each in told if each[0] == "people"] == [
        ("people", 1, 4),
        ("people", 2, 8),
        ("people", 3, 12),
        ("people", 4, 15),
    ]


def test_somebody_without_a_role_is_where_their_classes_are(provider: Server) -> None:
    fay = next(u for u in provider.provider.world["users"] if u["sourcedId"] == "user-fay")
    fay["roles"] = []
    for version in ("1.1", "1.2"):
        assert rosters(open_source(provider, version)) == EXPECTED


def test_enrollments_that_have_never_had_a_day_hold(provider: Server) -> None:
    """What .NET writes for no day is the year 1, before which everything had ended."""
    for enrollment in provider.provider.world["enrollments"]:
        if "endDate" in enrollment and enrollment["endDate"] > "2026-10":
            del enrollment["endDate"], enrollment["beginDate"]
    switch_on(provider, Liberty({"days_never_set": True}))
    assert rosters(open_source(provider)) == EXPECTED


def test_records_that_lead_nowhere_make_nobody_leave_a_class(provider: Server) -> None:
    switch_on(provider, Liberty({"dangling": "enrollments"}))
    assert rosters(open_source(provider)) == EXPECTED


@pytest.mark.parametrize("name", ["academicSessions", "courses", "enrollments"])
def test_what_may_be_empty_costs_nobody_their_place_at_school(name: str, provider: Server) -> None:
    """Before the classes of a new year are filled, say. What is blank wipes nothing (docs/sync)."""
    switch_on(provider, Liberty({"empties": name}))
    found = rosters(open_source(provider))
    for school, expected in EXPECTED.items():
        ids = {each.source_id for each in found[school].people}
        at_home = {each.source_id for each in expected.people} - {"or7.user-fay"}
        assert at_home <= ids
        assert len(found[school].sections) == len(expected.sections)


def test_a_pull_is_begun_anew_three_times_where_the_records_change(provider: Server) -> None:
    switch_on(provider, Liberty({"revisions": 1000}))
    with pytest.raises(SourceError, match="changed each time while we read them"):
        open_source(provider).pull([HILL], silent)
    assert len([path for path in provider.provider.requests if "offset=0" in path]) == 4


def switch_on(server: Server, liberty: Liberty) -> None:
    for name, value in liberty.on.items():
        assert hasattr(server.provider.switches, name)
        setattr(server.provider.switches, name, value)


def test_a_roster_whose_people_are_fewer_than_its_enrollments_tell_of_removes_nobody(
    version: str, provider: Server
) -> None:
    """Each collection came whole, as far as can be seen; the users are half of what they were."""
    switch_on(provider, Liberty({"cuts": "users"}))
    hill = rosters(open_source(provider, version))[HILL]
    gone = [kept(person) for person in EXPECTED[HILL].people]
    settings = some_settings(students="on", students__archive="on", grace__students="0")
    made = plan(hill, here(gone), settings, TODAY)
    assert made.operations == ()
    assert (
        "enrollments are of somebody that the OneRoster provider doesn’t show" in made.warnings[0]
    )


def test_enrollments_of_those_who_have_left_are_no_reason_to_doubt(provider: Server) -> None:
    switch_on(provider, Liberty({"shows_gone": True}))
    assert DOUBT not in rosters(open_source(provider))[HILL].about
