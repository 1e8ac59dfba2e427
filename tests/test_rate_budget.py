"""How many requests all workers together make under one token."""

from dataclasses import replace

import pytest

from roster_dash import broker
from roster_dash.config import Config
from roster_dash.rate_budget import REFUSALS, REQUESTS, WINDOW_MILLISECONDS, SharedBudget
from roster_dash.roster.errors import SourceDown
from roster_dash.sources.http import JsonApi
from tests.clever import Clever


@pytest.fixture
def small(config: Config, app: object) -> Config:
    return replace(config, clever_requests_per_minute=8)


def test_workers_share_what_a_token_may_ask_and_other_tokens_have_their_own(small: Config) -> None:
    one, other = SharedBudget(small, "district"), SharedBudget(small, "district")
    assert [each.take() for each in (one, other) * 4] == [0.0] * 8
    assert 0 < one.take() <= WINDOW_MILLISECONDS / 1000
    assert 0 < other.take() <= WINDOW_MILLISECONDS / 1000
    assert SharedBudget(small, "another").take() == 0


def test_what_one_worker_is_asked_to_wait_all_wait(small: Config) -> None:
    one, other = SharedBudget(small, "district"), SharedBudget(small, "district")
    one.block(30, refused=True)
    assert 29 < other.take() <= 30


def test_an_absurd_wait_silences_nobody_for_longer_than_a_quarter_of_an_hour(small: Config) -> None:
    budget = SharedBudget(small, "district")
    budget.block(86_400, refused=True)
    assert 899 < budget.take() <= 900


def test_requests_and_refusals_are_counted(small: Config) -> None:
    budget = SharedBudget(small, "district")
    budget.take()
    budget.take()
    budget.block(1, refused=True)
    budget.block(1, refused=False)
    redis = broker.connect(small)
    assert (redis.get(REQUESTS), redis.get(REFUSALS)) == (b"2", b"1")


def test_without_redis_each_process_keeps_to_a_quarter(small: Config, without_redis: None) -> None:
    budget = SharedBudget(small, "district")
    assert [budget.take() for _ in range(2)] == [0.0, 0.0]
    assert 59 < budget.take() <= 60
    budget.block(30, refused=True)


def test_no_more_is_asked_than_the_budget_has(small: Config, clever: Clever) -> None:
    waits: list[float] = []

    class WaitedError(Exception):
        pass

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        raise WaitedError

    budget = SharedBudget(small, "district")
    api = JsonApi(clever.url, clever.district.token, name="Clever", budget=budget, sleep=sleep)
    clever.forget_requests()
    for _ in range(8):
        api.get("/v3.1/schools?limit=1", "schools")
    with pytest.raises(WaitedError):
        api.get("/v3.1/schools?limit=1", "schools")
    assert len(clever.requested()) == 8
    assert 55 < waits[0] <= 60


def test_nobody_who_waits_before_the_screen_is_left_waiting_for_the_budget(
    small: Config, clever: Clever
) -> None:
    budget = SharedBudget(small, "district")
    budget.block(50, refused=True)
    api = JsonApi(clever.url, clever.district.token, name="Clever", budget=budget, patience=20)
    with pytest.raises(SourceDown, match="try again in a minute"):
        api.get("/v3.1/schools", "schools")


def test_a_refusal_blocks_the_others(small: Config, clever: Clever) -> None:
    clever.fault("rate-limited", times=1, retry_after=40)
    one = JsonApi(
        clever.url,
        clever.district.token,
        name="Clever",
        budget=SharedBudget(small, "district"),
        patience=1,
    )
    with pytest.raises(SourceDown):
        one.get("/v3.1/schools", "schools")
    assert 38 < SharedBudget(small, "district").take() <= 41
