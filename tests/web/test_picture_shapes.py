"""Where pictures put things, and what they say in words; no database."""

import re
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roster_dash.roster.days import DayState
from roster_dash.store.days import Day, DistrictDay
from roster_dash.web.pictures import geometry, words

TODAY = date(2026, 11, 26)
DAYS = st.dates(date(2000, 1, 1), date(2100, 1, 1))
STATES = st.lists(st.sampled_from(DayState), min_size=1, max_size=40)


@given(DAYS, st.integers(1, 12))
def test_each_day_of_the_weeks_has_a_place_of_its_own_in_the_picture(
    today: date, weeks: int
) -> None:
    drawn = geometry.grid(today, weeks)
    days = [place.day for place in drawn.places]
    assert days == [days[0] + timedelta(days=number) for number in range(len(days))]
    assert (days[0].weekday(), days[-1]) == (0, today)
    assert 7 * (weeks - 1) < len(days) <= 7 * weeks
    assert len(drawn.heads) == weeks
    assert len({(place.x, place.y) for place in drawn.places}) == len(days)
    for place in drawn.places:
        assert 0 < place.x <= drawn.width - geometry.CELL_WIDTH
        assert geometry.HEAD <= place.y <= drawn.height - geometry.CELL_HEIGHT


@given(STATES)
def test_a_strip_has_a_bar_for_each_day_and_a_mark_where_it_did_not_go_well(
    states: list[DayState],
) -> None:
    bands = geometry.strip(states)
    assert {band.state for band in bands} == set(states)
    assert len(bands) == len(set(states))
    bars = {int(x): band.state for band in bands for x in re.findall(r"M(\d+) 0h", band.bars)}
    assert bars == {geometry.PITCH * number: state for number, state in enumerate(states)}
    marked = sum(len(re.findall(r"M\d+ 3", band.marks)) for band in bands)
    assert marked == sum(state is not DayState.SUCCEEDED for state in states)
    assert geometry.strip_width(len(states)) == geometry.PITCH * len(states) - 1.5


@given(
    st.lists(st.tuples(st.integers(0, 90), st.integers(0, 10**6)), min_size=1, max_size=60),
    st.integers(0, 30),
)
def test_a_line_stays_in_its_picture_and_ends_with_the_newest_number(
    points: list[tuple[int, int]], more: int
) -> None:
    points = sorted(dict(points).items())
    line = geometry.steps(points, points[-1][0] + more, 240, 44)
    across = [float(x) for x in re.findall(r"[MH](-?[\d.]+)", line.path)]
    down = [float(y) for y in re.findall(r"(?:V|M[\d.]+ )(-?[\d.]+)", line.path)]
    assert across == sorted(across)
    assert all(0 <= x <= 240 for x in across)
    assert all(3 <= y <= 41 for y in down)
    assert (across[-1], down[-1]) == (line.x, line.y)
    numbers = [number for _, number in points]
    if len(set(numbers)) > 1:
        assert (min(down), max(down)) == (3, 41)


def test_a_single_number_is_a_level_line_and_one_of_today_a_dot() -> None:
    assert geometry.steps([(0, 7)], 10, 240, 44) == geometry.Line("M3 22H237", 237, 22)
    assert geometry.steps([(0, 7)], 0, 240, 44) == geometry.Line("M237 22H237", 237, 22)


def test_every_state_has_a_mark_and_a_word_of_its_own() -> None:
    assert len(set(geometry.MARKS.values())) == len(DayState)
    assert len({words.word(state) for state in DayState}) == len(DayState)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, ""),
        (7, "7"),
        (999, "999"),
        (1000, "1k"),
        (1249, "1.2k"),
        (9949, "9.9k"),
        (9950, "10k"),
        (12_345, "12k"),
        (5_000_000, "999k"),
    ],
)
def test_numbers_in_cells_are_short(number: int, text: str) -> None:
    assert words.short_number(number) == text
    assert len(text) <= 4


def back(days: int) -> date:
    return TODAY - timedelta(days=days)


def test_a_schools_weeks_are_told_with_what_did_not_go_well() -> None:
    told = [
        Day(back(9), DayState.SUCCEEDED, 1, 4120, 1),
        Day(back(8), DayState.FAILED, 2, 0, 2),
        *(Day(back(n), DayState.SUCCEEDED, 1, 0, 3) for n in (6, 5, 4, 3, 2)),
        Day(back(1), DayState.HELD, 1, 3, 4),
    ]
    assert words.of_calendar(told, TODAY) == (
        "Days since 17 Nov: 6 went well, 1 failed (18 Nov), 1 needs you (25 Nov), "
        "1 without a sync (19 Nov). Most changed on 17 Nov: 4,120 changes."
    )
    assert words.of_day(told[1], TODAY) == "Wednesday 18 November: Failed; 2 runs, nothing changed"
    now = Day(TODAY, DayState.SUCCEEDED, 1, 1, 5)
    assert words.of_day(now, TODAY) == "Thursday 26 November, today: Succeeded; 1 run, 1 change"


def test_many_days_of_a_kind_are_counted_and_not_named() -> None:
    states = {back(n): DayState.FAILED for n in range(1, 5)}
    assert words.of_states(states, TODAY, back(4)) == "4 failed"
    assert words.of_states({}, TODAY, back(13)) == "13 without a sync"


def test_a_districts_weeks_are_told_with_their_worst_day() -> None:
    well = DistrictDay(back(2), {DayState.SUCCEEDED: 40}, 12)
    bad = DistrictDay(back(1), {DayState.SUCCEEDED: 37, DayState.FAILED: 2, DayState.HELD: 1}, 0)
    assert words.of_district([well], TODAY) == "Of 1 day with syncs, 1 went well in every school."
    assert words.of_district([well, bad], TODAY) == (
        "Of 2 days with syncs, 1 went well in every school. "
        "Most trouble was on 25 Nov, in 3 schools."
    )
    assert words.of_district_day(bad, TODAY) == (
        "Wednesday 25 November, 40 schools: 2 failed, 1 needs you, 37 went well; nothing changed"
    )


def test_a_line_is_told_by_its_ends_and_extremes() -> None:
    points = [(back(90), 405), (back(60), 380), (back(30), 415), (back(1), 412)]
    assert words.of_numbers(points, TODAY) == (
        "405 on 28 Aug, 412 now; lowest 380 on 27 Sep, highest 415 on 27 Oct"
    )
    assert words.of_numbers(points[:1], TODAY) == "405 all the time since 28 Aug"
    assert words.short_day(date(2025, 12, 31), TODAY) == "31 Dec 2025"
