"""Values as they are found in CSV files, where their meaning is sure however they are written."""

import re
from collections.abc import Sequence
from datetime import date
from functools import lru_cache

Day = date | None

LONGEST_ID = 255

_TIME = (
    r"(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?: ?[AaPp][Mm])?(?: ?(?:Z|UTC|[+-]\d{2}:?\d{2}))?)?"
)
_YEAR_FIRST = re.compile(rf"(?P<year>\d{{4}})-(?P<month>\d{{1,2}})-(?P<day>\d{{1,2}}){_TIME}", re.A)
_MONTH_FIRST = re.compile(
    rf"(?P<month>\d{{1,2}})/(?P<day>\d{{1,2}})/(?P<year>\d{{4}}){_TIME}", re.A
)
"""Spreadsheets in America write so. A day first can't be told from it before the 13th; a file of
such dates is found out by the first later one."""
_PLAIN = re.compile(r"\d{4}-\d{2}-\d{2}", re.A)
_BOOLEANS = {
    word: meant
    for meant, words in ((True, "true t yes y 1"), (False, "false f no n 0"))
    for word in words.split()
}


@lru_cache(maxsize=1024)
def read_day(value: str) -> Day:
    """None if it can't be read for sure. A time is left away."""
    found = _YEAR_FIRST.fullmatch(value) or _MONTH_FIRST.fullmatch(value)
    if not found:
        return None
    try:
        return date(int(found["year"]), int(found["month"]), int(found["day"]))
    except ValueError:
        return None


def is_plain_day(value: str) -> bool:
    return _PLAIN.fullmatch(value) is not None


def read_boolean(value: str) -> bool | None:
    return _BOOLEANS.get(value.casefold())


def folded(name: str) -> str:
    """A name without what is often written otherwise: capitals, spaces, underscores, hyphens."""
    return name.casefold().translate(_NO_SEPARATORS)


def same_word(value: str, words: Sequence[str]) -> str:
    """The one of `words` that is meant, or ""."""
    wanted = folded(value)
    return next((word for word in words if folded(word) == wanted), "")


_NO_SEPARATORS = str.maketrans("", "", " _-")
