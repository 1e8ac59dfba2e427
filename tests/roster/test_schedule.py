"""When a school's daily sync is due: once a day, whatever the clocks do."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roster_dash.roster.schedule import SPREAD, due_on, next_due, spread

START = datetime(2026, 1, 1, tzinfo=UTC)
ZONES = (
    "America/New_York",
    "America/Phoenix",
    "Europe/Berlin",
    "Australia/Lord_Howe",
    "Asia/Tokyo",
)


def days_due(at: str, zone: str, start: datetime, count: int) -> list[tuple[date, datetime]]:
    """The next dues, each found from the one before, as the scheduler does."""
    found, after = [], start
    for _ in range(count):
        day, after = next_due(after, at, zone, "a-school")
        found.append((day, after))
    return found


@given(
    at=st.times().map(lambda time: f"{time:%H:%M}"),
    zone=st.sampled_from(ZONES),
    start=st.integers(0, 730 * 86_400).map(lambda passed: START + timedelta(seconds=passed)),
)
def test_no_day_is_lost_or_doubled(at: str, zone: str, start: datetime) -> None:
    found = days_due(at, zone, start, 10)
    for (day, due), (next_day, next_moment) in pairwise(found):
        assert next_day == day + timedelta(days=1)
        assert next_moment > due


@pytest.mark.parametrize(
    ("day", "at", "utc"),
    [
        (date(2027, 3, 13), "02:30", "07:30"),  # the day before the clocks go forward
        (date(2027, 3, 14), "02:30", "07:30"),  # 02:30 is skipped: an hour later by the clock
        (date(2027, 3, 15), "02:30", "06:30"),
        (date(2027, 11, 7), "01:30", "05:30"),  # 01:30 comes twice: the first one counts
        (date(2027, 11, 8), "01:30", "06:30"),
    ],
)
def test_a_clock_change_keeps_the_time_of_day(day: date, at: str, utc: str) -> None:
    due = due_on(day, at, "America/New_York", "k") - spread("k")
    assert f"{due:%H:%M}" == utc
    assert due.astimezone(ZoneInfo("America/New_York")).date() == day


def test_schools_with_the_same_time_start_spread_over_some_minutes() -> None:
    moments = {due_on(date(2026, 11, 23), "02:00", "UTC", f"school-{n}") for n in range(500)}
    assert len(moments) > 250
    assert max(moments) - min(moments) < SPREAD


def test_a_school_keeps_its_moment_from_day_to_day() -> None:
    found = days_due("02:00", "UTC", datetime(2026, 11, 23, tzinfo=UTC), 3)
    assert {f"{due:%H:%M:%S}" for _, due in found} == {f"{found[0][1]:%H:%M:%S}"}
