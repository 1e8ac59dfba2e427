"""Numbers and days, as a language writes them. In English as they have always been shown."""

import re
from datetime import date
from functools import cache

from babel.dates import format_date, get_day_names, get_month_names
from babel.numbers import format_decimal

_NUMBER = re.compile(r"\d{1,3}(,\d{3})*")
_MOMENT = re.compile(
    r"(?:(?P<weekday>[A-Z][a-z]+),? ?)?"
    r"(?:(?P<day>\d{1,2}) (?P<month>[A-Z][a-z]+)(?: (?P<year>\d{4}))?)?"
    r"(?P<rest>,? ?\d{1,2}:\d{2}(?::\d{2})?(?: [A-Z]{3,4})?)?"
)


def number_in(locale: str, value: int) -> str:
    return str(format_decimal(value, locale=locale))


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
    if not found or not (found["weekday"] or found["month"]):
        return None
    names, words = _names(locale), [found["weekday"], found["month"]]
    if not all(word is None or word in names for word in words):
        return None
    weekday, month = (names[word] if word else "" for word in words)
    joint = of if found["month"] and len(found["month"]) > 3 else " "
    day = f"{found['day']}{joint}{month}" if month else ""
    year = f"{joint}{found['year']}" if found["year"] else ""
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
