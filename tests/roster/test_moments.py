"""Days and moments as people type them."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roster_dash.roster.errors import BadInput
from roster_dash.roster.moments import EARLIEST, LATEST, end_of, is_day, moment_of

CHICAGO = "America/Chicago"


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-08-31", utc(2026, 9, 1, 4, 59, 59, 999999)),
        ("2026-12-31", utc(2027, 1, 1, 5, 59, 59, 999999)),
        ("2026-08-31T14:30", utc(2026, 8, 31, 19, 30)),
        ("2026-08-31T14:30:15", utc(2026, 8, 31, 19, 30, 15)),
        ("2026-08-31T14:30:15.25", utc(2026, 8, 31, 19, 30, 15, 250000)),
        ("2026-08-31T14:30Z", utc(2026, 8, 31, 14, 30)),
        ("2026-08-31t14:30z", utc(2026, 8, 31, 14, 30)),
        ("2026-08-31T14:30+02:00", utc(2026, 8, 31, 12, 30)),
        ("2026-08-31T14:30:15.123456-0530", utc(2026, 8, 31, 20, 0, 15, 123456)),
        (" 2026-08-31 ", utc(2026, 9, 1, 4, 59, 59, 999999)),
    ],
)
def test_a_day_ends_at_its_end_and_a_moment_is_itself(text: str, moment: datetime) -> None:
    assert moment_of(text, CHICAGO) == moment


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "2026-8-31",
        "31.08.2026",
        "20260831",
        "2026-W36-1",
        "2026-13-01",
        "2026-02-30",
        "2026-08-31 14:30",
        "2026-08-31T25:00",
        "2026-08-31T14",
        "2026-08-31T14:30+99:00",
        "2026-08-31T14:30 00:00",
        "٢٠٢٦-08-31",
        "9" * 5000,
    ],
)
def test_what_is_no_day_or_moment_is_refused_in_words(text: str) -> None:
    with pytest.raises(BadInput) as refusal:
        moment_of(text, CHICAGO)
    assert "Say a day like 2026-08-31" in refusal.value.message
    assert text.strip()[:40] in refusal.value.message
    assert len(refusal.value.message) < 200


def test_days_on_which_the_clocks_change_end_at_their_end() -> None:
    spring, autumn = date(2026, 3, 8), date(2026, 11, 1)
    lengths = [
        end_of(day, CHICAGO) - end_of(day - timedelta(days=1), CHICAGO) for day in (spring, autumn)
    ]
    assert lengths == [timedelta(hours=23), timedelta(hours=25)]
    skipped_midnight = end_of(date(2026, 9, 5), "America/Santiago")
    assert skipped_midnight == utc(2026, 9, 6, 3, 59, 59, 999999)


def test_a_repeated_time_is_its_first() -> None:
    assert moment_of("2026-11-01T01:30", CHICAGO) == utc(2026, 11, 1, 6, 30)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("0001-01-01", EARLIEST),
        ("0001-01-01T00:00+14:00", EARLIEST),
        ("9999-12-31", LATEST),
        ("9999-12-31T23:59-12:00", LATEST),
    ],
)
def test_what_is_out_of_every_school_s_time_is_as_far_as_clocks_go(
    text: str, moment: datetime
) -> None:
    assert moment_of(text, CHICAGO) == moment
    moment.astimezone(UTC)


@given(st.timedeltas(timedelta(days=400), timedelta(days=400_000)))
def test_what_is_told_as_json_is_understood(since: timedelta) -> None:
    moment = EARLIEST + since
    assert moment_of(moment.isoformat(), CHICAGO) == moment


@given(st.text(max_size=40))
def test_any_text_is_a_moment_or_refused(text: str) -> None:
    try:
        moment = moment_of(text, CHICAGO)
    except BadInput:
        return
    assert EARLIEST <= moment <= LATEST
    assert is_day(text) == (len(text.strip()) == 10)
