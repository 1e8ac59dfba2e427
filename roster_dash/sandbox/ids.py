"""Ids and moments as Clever writes them: ascending 24-hex ObjectIDs, UTC with milliseconds."""

from datetime import UTC, date, datetime, time, timedelta


class ObjectIds:
    """Gives ids of one district, each greater than the one before; the same ones every time.

    Layout: 8 hex digits of the moment's seconds, 10 of the district's own, 6 of a counter.
    """

    def __init__(self, district_number: int, seed: int) -> None:
        self._owner = f"{(seed * 1_000_003 + district_number) % (1 << 40):010x}"
        self._seconds = 0
        self._count = 0

    def next(self, moment: datetime) -> str:
        self._count += 1
        self._seconds = max(self._seconds + self._count // (1 << 24), int(moment.timestamp()))
        self._count %= 1 << 24
        return f"{self._seconds:08x}{self._owner}{self._count:06x}"


def moment_text(moment: datetime) -> str:
    """`2026-08-17T02:00:00.000Z`"""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z"


def morning_of(day: date) -> datetime:
    """When the nightly import of a day was done."""
    return datetime.combine(day, time(2), tzinfo=UTC)


def years_before(day: date, years: int) -> date:
    return day - timedelta(days=round(365.25 * years))
