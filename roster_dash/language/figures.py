"""Numbers and days, as a language writes them. In English as they have always been shown."""

import re
from datetime import date
from functools import cache, lru_cache

from babel.dates import format_date, get_day_names, get_month_names
from babel.numbers import format_decimal

_NUMBER = re.compile(r"\d{1,3}(,\d{3})*")
_MOMENT = re.compile(
    r"(?:(?P<weekday>[A-Z][a-z]+),? ?)?"
    r"(?:(?P<day>\d{1,2}) (?P<month>[A-Z][a-z]+)(?: (?P<year>\d{4}))?)?"
    r"(?P<rest>,? ?\d{1,2}:\d{2}(?::\d{2})?(?: [A-Z]{3,4})?)?"
)


def number_in(locale: str, value: int) -> str:
    return f"{value:,}" if _has_our_commas(locale) else str(format_decimal(value, locale=locale))


@cache
def _has_our_commas(locale: str) -> bool:
    """Pages have thousands of numbers, and Python writes them far quicker than CLDR's rules."""
    return all(format_decimal(each, locale=locale) == f"{each:,}" for each in (1234, 12345678))


@lru_cache(maxsize=2048)
def day_in(locale: str, day: date, pattern: str) -> str:
    """A day by one of CLDR's patterns: "EEE d MMM" is "Tue 24 Nov", "mar 24 nov"."""
    return str(format_date(day, pattern, locale=locale))


def in_figures(english: str, locale: str, of: str) -> str | None:
    """A number or a moment that was written in English; None if the text is something else.

    `of` stands between a day, a month that is written out, and its year.
    """
    if _NUMBER.fullmatch(english):
        return number_in(locale, int(english.replace(",", "")))
    found = _MOMENT.fullmatch(english)
    if not found or not (found["month"] or (found["weekday"] and found["rest"])):
        return None
    days, months = _names(locale)
    if found["weekday"] and found["weekday"] not in days:
        return None
    if found["month"] and found["month"] not in months:
        return None
    joint = of if found["month"] and len(found["month"]) > 3 else " "
    day = f"{found['day']}{joint}{months[found['month']]}" if found["month"] else ""
    year = f"{joint}{found['year']}" if found["year"] else ""
    rest = (found["rest"] or "").strip()
    told = " ".join(each for each in (days.get(found["weekday"], ""), day) if each) + year
    return told + ("" if not rest or rest.startswith(",") else " ") + rest


@cache
def _names(locale: str) -> tuple[dict[str, str], dict[str, str]]:
    """The English names of days, and of months -> those of a language."""
    days: dict[str, str] = {}
    months: dict[str, str] = {}
    for names, get in ((days, get_day_names), (months, get_month_names)):
        for width in ("wide", "abbreviated"):
            ours, theirs = get(width, locale="en_US"), get(width, locale=locale)
            names.update((ours[key], theirs[key]) for key in ours)
    return days, months
