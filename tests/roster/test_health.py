"""How a school is doing, and whose move it is."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from roster_dash.roster.health import Facts, State, health_of

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
WELL = Facts(
    is_linked=True,
    status="succeeded",
    last_good=NOW - timedelta(hours=5),
    next_at=NOW + timedelta(hours=19),
)


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({}, State.HEALTHY),
        ({"held": 3}, State.NEEDS_YOU),
        ({"asks": True}, State.NEEDS_YOU),
        ({"status": "failed", "fails": 2}, State.FAILING),
        ({"status": "failed", "held": 3}, State.FAILING),
        ({"last_good": NOW - timedelta(hours=27), "is_behind": True}, State.STALE),
        ({"last_good": NOW - timedelta(hours=26), "is_behind": True}, State.HEALTHY),
        ({"last_good": NOW - timedelta(days=9), "is_behind": False}, State.HEALTHY),
        ({"next_at": None}, State.PAUSED),
        ({"paused": True, "last_good": NOW - timedelta(days=40)}, State.PAUSED),
        ({"status": "", "last_good": None}, State.NEVER),
        ({"is_linked": False, "held": 3}, State.NOT_LINKED),
    ],
)
def test_the_state_that_matters_most_is_told(changes: dict[str, object], state: State) -> None:
    assert health_of(replace(WELL, **changes), NOW).state is state  # type: ignore[arg-type]


def test_reasons_speak_in_numbers() -> None:
    assert health_of(replace(WELL, held=61), NOW).why == "61 changes wait for a decision."
    failing = replace(WELL, status="failed", fails=3, error="not_shared")
    assert health_of(failing, NOW).why == "3 syncs in a row failed."
    assert health_of(failing, NOW).move == "The district’s Clever admin"
    old = replace(WELL, last_good=NOW - timedelta(days=4), is_behind=True)
    assert health_of(old, NOW).why == "No good sync for 4 days."


def test_what_needs_a_person_comes_before_what_does_not() -> None:
    ranks = [state.rank for state in State]
    assert ranks == sorted(ranks)
    assert State.FAILING.rank < State.NEEDS_YOU.rank < State.HEALTHY.rank
