"""Moments of the past, as people type them."""

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from roster_dash.roster.errors import BadInput

EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
LATEST = datetime(2999, 12, 31, tzinfo=UTC)
"""No school has a past before the one or after the other, and between them every clock works."""

_MOMENT = re.compile(
    r"(?P<day>\d{4}-\d{2}-\d{2})"
    r"(?:T(?P<clock>\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?)(?P<offset>Z|[+-]\d{2}:?\d{2})?)?",
    re.ASCII | re.IGNORECASE,
)


def moment_of(text: str, zone: str) -> datetime:
    """The moment that a text names, UTC.

    `YYYY-MM-DD` is the end of that day on the clock of `zone`, so that the day's sync is in it.
    `YYYY-MM-DDTHH:MM[:SS[.ffffff]]` is that moment, on the same clock unless an offset follows; a
    time that the clock repeats is taken the first time. What is before EARLIEST or after LATEST
    becomes that. Errors: BadInput.
    """
    match = _MOMENT.fullmatch(text.strip())
    if not match:
        raise _unknown(text)
    try:
        day = date.fromisoformat(match["day"])
        clock = datetime.fromisoformat(text.strip().upper()).timetz()
    except ValueError:
        raise _unknown(text) from None
    if day.year <= EARLIEST.year:
        return EARLIEST
    if day.year >= LATEST.year:
        return LATEST
    if not match["clock"]:
        return end_of(day, zone)
    return datetime.combine(day, clock, clock.tzinfo or ZoneInfo(zone)).astimezone(UTC)


def end_of(day: date, zone: str) -> datetime:
    """The last moment of a day on a zone's clock, UTC."""
    midnight = datetime.combine(day + timedelta(days=1), time(), ZoneInfo(zone))
    return midnight.astimezone(UTC) - timedelta(microseconds=1)


def span_of(day: date, zone: str) -> tuple[datetime, datetime]:
    """The last moments of the day before and of a day on a zone's clock, UTC: what comes after the
    one and not after the other is of the day, be it 23, 24 or 25 hours long."""
    return end_of(day - timedelta(days=1), zone), end_of(day, zone)


def is_day(text: str) -> bool:
    """Whether a text that `moment_of` understands names a whole day."""
    return "T" not in text.upper()


def _unknown(text: str) -> BadInput:
    came = text.strip()
    came = f"{came[:40]}…" if len(came) > 40 else came
    return BadInput(
        f"A day or a moment was expected, not “{came}”. Say a day like 2026-08-31, or a moment "
        "like 2026-08-31T14:30."
    )


def day_of(moment: datetime, zone: str) -> date:
    """The day that a zone's calendar showed at a moment."""
    return moment.astimezone(ZoneInfo(zone)).date()
