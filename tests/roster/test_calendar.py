"""The school's calendar: pauses, and limits that relax to stated numbers and return."""

from datetime import UTC, date, datetime

import pytest

from roster_dash.roster.errors import BadInput
from roster_dash.roster.schedule import next_notice
from roster_dash.roster.settings import Limits, SyncSettings
from tests.builders import some_settings

SUMMER = "2027-06-12..2027-08-10 pause"
ROLLOVER = "2027-08-11..2027-08-25 rollover 60"
TERMS = "2027-01-04..2027-01-08 terms 80"


def with_calendar(*periods: str) -> SyncSettings:
    return some_settings(calendar="\n".join(periods))


def test_periods_are_kept_as_they_were_typed() -> None:
    settings = with_calendar(ROLLOVER, SUMMER, TERMS)
    assert settings.flat()["calendar"] == f"{TERMS}, {SUMMER}, {ROLLOVER}"
    assert some_settings(calendar=settings.flat()["calendar"]) == settings


@pytest.mark.parametrize(
    ("day", "relaxed"),
    [
        (date(2027, 8, 10), 10),
        (date(2027, 8, 11), 60),
        (date(2027, 8, 25), 60),
        (date(2027, 8, 26), 10),
    ],
)
def test_a_rollover_relaxes_the_limits_of_people_on_its_days_only(day: date, relaxed: int) -> None:
    assert with_calendar(ROLLOVER).limits_on(day).removals == relaxed


def test_a_rollover_relaxes_to_its_number_and_never_tightens() -> None:
    limits = with_calendar("2027-08-11..2027-08-25 rollover 15").limits_on(date(2027, 8, 12))
    assert (limits.removals, limits.removals_week, limits.updates) == (15, 20, 50)


def test_new_terms_relax_only_lists() -> None:
    limits = with_calendar(TERMS).limits_on(date(2027, 1, 5))
    assert (limits.removals, limits.lists, limits.lists_retired) == (10, 80, 80)


def test_without_a_calendar_the_limits_are_the_defaults() -> None:
    assert with_calendar().limits_on(date(2027, 8, 12)) == Limits()


def test_a_pause_takes_its_days_only() -> None:
    settings = with_calendar(SUMMER)
    days = [date(2027, 6, 11), date(2027, 6, 12), date(2027, 8, 10), date(2027, 8, 11)]
    assert [settings.pauses_on(day) for day in days] == [False, True, True, False]


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("summer", "say periods as"),
        ("2027-06-31..2027-08-10 pause", "no day 2027-06-31"),
        ("2027-08-10..2027-06-12 pause", "must end on that day or within 400 days"),
        ("2027-06-12..2027-08-10 pause 5", "a pause has no per cent"),
        ("2027-06-12..2027-08-10 rollover", "how many per cent"),
        ("2027-06-12..2027-08-10 rollover 101", "how many per cent"),
    ],
)
def test_a_period_that_cannot_be_says_what_is_wrong(text: str, hint: str) -> None:
    with pytest.raises(BadInput, match=hint):
        with_calendar(text)


def test_the_mail_is_due_on_the_morning_before_each_change() -> None:
    periods = with_calendar(SUMMER, ROLLOVER).calendar
    moment = datetime(2027, 1, 1, tzinfo=UTC)
    found = []
    while moment := next_notice(moment, "America/Chicago", periods):
        found.append(moment)
    assert [f"{each:%m-%d %H:%M}" for each in found] == [
        "06-11 12:00",
        "08-10 12:00",
        "08-25 12:00",
    ]
