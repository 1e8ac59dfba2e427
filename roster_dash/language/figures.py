"""Numbers and days, as a language writes them. In English as they have always been shown."""

import re
from datetime import date, datetime, timedelta
from functools import cache

from babel.dates import format_date, format_skeleton, get_day_names, get_month_names
from babel.numbers import format_decimal

_NUMBER = re.compile(r"\d{1,3}(,\d{3})*")
_DAY = re.compile(
    r"(?:(?P<weekday>[A-Z][a-z]+),? ?)?(?:(?P<day>\d{1,2}) (?P<month>[A-Z][a-z]+)(?: (?P<year>\d{4}))?)?"
    r"(?P<rest>,? ?\d{1,2}:\d{2}(?::\d{2})?(?: [A-Z]{3,4})?)?"
)


def number_in(locale: str, value: int) -> str:
    return format_decimal(value, locale=locale)


def day_in(locale: str, day: date, *, with_year: bool) -> str:
    """A day in few letters: "Tue 24 Nov", "mar 24 nov"."""
    return format_date(day, "EEE d MMM y" if with_year else "EEE d MMM", locale=locale)


def whole_day_in(locale: str, day: date) -> str:
    """ "Tuesday 24 November 2026"; with two digits for the day, as it has always been."""
    if locale.startswith("en"):
        return format_date(day, "EEEE dd MMMM y", locale=locale)
    return format_skeleton("yMMMMEEEEd", datetime(day.year, day.month, day.day), locale=locale)


def in_figures(english: str, locale: str) -> str | None:
    """A number or a moment that was written in English; None if the text is something else."""
    if _NUMBER.fullmatch(english):
        return number_in(locale, int(english.replace(",", "")))
    found = _DAY.fullmatch(english)
    if not found or not (found["weekday"] or found["month"]):
        return None
    names, words = _names(locale), [found["weekday"], found["month"]]
    if not all(word is None or word in names for word in words):
        return None
    weekday, month = (names[word] if word else "" for word in words)
    of = " de " if found["month"] and len(found["month"]) > 3 and locale.startswith("es") else " "
    day = f"{found['day']}{of}{month}" if month else ""
    year = f"{of}{found['year']}" if found["year"] else ""
    return " ".join(each for each in (weekday, day) if each) + year + (found["rest"] or "")


@cache
def _names(locale: str) -> dict[str, str]:
    """The English names of months and days -> those of a language."""
    names: dict[str, str] = {}
    for get in (get_month_names, get_day_names):
        for width in ("wide", "abbreviated"):
            ours, theirs = get(width, locale="en_US"), get(width, locale=locale)
            names.update((ours[key], theirs[key]) for key in ours)
    return names


def tomorrow_and_others(today: date) -> dict[date, str]:
    return {today: "today", today - timedelta(1): "yesterday", today + timedelta(1): "tomorrow"}
