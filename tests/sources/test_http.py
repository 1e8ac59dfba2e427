"""How patient the reader of an API is, and where it ever sends the token."""

import pytest

from roster_dash.roster.errors import SourceError
from roster_dash.sources.http import JsonApi
from tests.clever import Clever


def reader(clever: Clever, slept: list[float]) -> JsonApi:
    """A reader that notes its waits in place of sleeping."""
    return JsonApi(clever.url, clever.district.token, name="Clever", sleep=slept.append)


def test_it_backs_off_longer_and_longer_and_gives_up_within_two_minutes(clever: Clever) -> None:
    slept: list[float] = []
    clever.fault("status", times=0, status=503)
    with pytest.raises(SourceError, match="status 503"):
        reader(clever, slept).get("/v3.1/districts", "district")
    assert 3 < len(slept) < 12
    assert sum(slept) < 120
    assert slept[0] < slept[3] < slept[-1]


def test_its_patience_is_one_for_everything_it_reads(clever: Clever) -> None:
    slept: list[float] = []
    api = reader(clever, slept)
    for _ in range(9):
        clever.fault("status", times=5, status=503)
        try:
            api.get("/v3.1/districts", "district")
        except SourceError:
            break
    else:
        pytest.fail("it never gave up")
    assert sum(slept) < 120


def test_a_429_waits_until_reset_by_the_servers_clock(clever: Clever) -> None:
    slept: list[float] = []
    clever.fault("rate-limited", seconds=7)
    reader(clever, slept).get("/v3.1/districts", "district")
    assert len(slept) == 1
    assert 5.5 < slept[0] < 8.5


def test_retry_after_is_obeyed_where_it_is_given(clever: Clever) -> None:
    slept: list[float] = []
    clever.fault("rate-limited", seconds=50, retry_after=3)
    reader(clever, slept).get("/v3.1/districts", "district")
    assert 3 < slept[0] < 4


def test_the_windows_last_request_is_followed_by_waiting_not_by_a_429(clever: Clever) -> None:
    slept: list[float] = []
    clever.limit_rate(1, seconds=60)
    api = reader(clever, slept)
    api.get("/v3.1/districts", "district")
    with pytest.raises(SourceError):
        api.get("/v3.1/districts", "district")
    assert 50 < slept[0] <= 61
    clever.limit_rate(1200, seconds=60)


def test_the_token_is_never_sent_to_another_host(clever: Clever) -> None:
    clever.fault("next-foreign", host=f"{clever.url.replace('127.0.0.1', 'localhost')}/v3.1/users")
    clever.forget_requests()
    with pytest.raises(SourceError, match="another host"):
        list(reader(clever, []).pages("/v3.1/users", {"limit": "2"}, "people"))
    assert len(clever.requested()) == 1


def test_a_full_page_without_a_link_does_not_prove_the_end(clever: Clever) -> None:
    """The next page is asked for, and only its being empty ends the walk."""
    there = len(clever.raw()["schools"])
    clever.forget_requests()
    pages = list(reader(clever, []).pages("/v3.1/schools", {"limit": str(there)}, "schools"))
    assert [len(page.records) for page in pages] == [there, 0]


def test_neither_token_nor_people_are_in_what_is_told(clever: Clever) -> None:
    clever.fault("cut-json", times=0)
    with pytest.raises(SourceError) as error:
        reader(clever, []).get("/v3.1/users", "people")
    told = f"{error.value!r} {error.value.__cause__!r}"
    assert clever.district.token not in told
    assert "riverdale" not in told
