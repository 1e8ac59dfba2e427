"""When a school's daily sync is due: its own time, in its own zone."""

from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta
from hashlib import blake2b
from zoneinfo import ZoneInfo

from roster_dash.roster.calendar import Period

DIGEST_TIME = time(7)
SPREAD = timedelta(minutes=20)
"""Schools with the same time start within this, so that 500 don't start at one second."""


def next_due(after: datetime, at: str, zone: str, key: str) -> tuple[date, datetime]:
    """The first due moment later than `after`: (its day in the school's calendar, UTC).

    `at` is HH:MM of the school's clock; `key` spreads schools, the same way each day. A time
    that a clock change skips is taken an hour later, one that it repeats is taken once.
    """
    tz = ZoneInfo(zone)
    day = after.astimezone(tz).date() - timedelta(days=1)
    while (due := due_on(day, at, zone, key)) <= after:
        day += timedelta(days=1)
    return day, due


def due_on(day: date, at: str, zone: str, key: str) -> datetime:
    """The due moment of one day, UTC."""
    clock = time.fromisoformat(at)
    return datetime.combine(day, clock, ZoneInfo(zone)).astimezone(UTC) + spread(key)


def next_digest(after: datetime, zone: str) -> datetime:
    """The next Monday, 07:00 of the school's clock, later than `after`; UTC."""
    tz = ZoneInfo(zone)
    day = after.astimezone(tz).date()
    day += timedelta(days=-day.weekday() % 7)
    due = datetime.combine(day, DIGEST_TIME, tz).astimezone(UTC)
    if due <= after:
        due = datetime.combine(day + timedelta(days=7), DIGEST_TIME, tz).astimezone(UTC)
    return due


def next_notice(after: datetime, zone: str, periods: Collection[Period]) -> datetime | None:
    """The next 07:00 later than `after` on the day before the calendar changes anything; UTC."""
    tz = ZoneInfo(zone)
    days = {period.start - timedelta(days=1) for period in periods} | {p.end for p in periods}
    moments = (datetime.combine(day, DIGEST_TIME, tz).astimezone(UTC) for day in days)
    return min((moment for moment in moments if moment > after), default=None)


def spread(key: str) -> timedelta:
    """A school's own delay, from 0 up to SPREAD; the same for the same key."""
    fraction = int.from_bytes(blake2b(key.encode(), digest_size=4).digest()) / 2**32
    return timedelta(seconds=int(SPREAD.total_seconds() * fraction))
