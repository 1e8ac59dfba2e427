"""A school's records as they are now. Each process keeps those that it made last.

They are made anew when anything has changed, and with each day: terms whose days aren't known have
those of the school year. Of somebody erased nothing leads to what was made before.
"""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Lock

from roster_dash.planning import today_at
from roster_dash.provider.collections import Shelves
from roster_dash.provider.meaning import Place, records_of
from roster_dash.sources.oneroster.records import OneRoster
from roster_dash.store import served
from roster_dash.store.tables import School
from roster_dash.store.transactions import begin_snapshot_of_database

MOST_SCHOOLS = 4
"""Of which a process keeps the records: some 2 kB a person."""


@dataclass(frozen=True, slots=True)
class Served:
    """`changed` is as OneRoster writes moments."""

    records: OneRoster
    shelves: Shelves
    changed: str


_kept: OrderedDict[int, tuple[object, Served]] = OrderedDict()
_lock = Lock()


def served_of(school: School) -> Served:
    key = (*served.version_of(school), today_at(school))
    with _lock:
        kept = _kept.get(school.id)
    if kept is None or kept[0] != key:
        kept = (key, _make(school))
    with _lock:
        _kept[school.id] = kept
        _kept.move_to_end(school.id)
        while len(_kept) > MOST_SCHOOLS:
            _kept.popitem(last=False)
    return kept[1]


def records_now(school: School) -> OneRoster:
    """As of one moment. It begins a transaction of its own: nothing may be waiting for a commit."""
    begin_snapshot_of_database()
    state, terms = served.state_of(school.id)
    district = school.district
    place = Place(school.clever_id, school.name, district.clever_id, district.name)
    return records_of(place, state, terms, today_at(school))


def _make(school: School) -> Served:
    records = records_now(school)
    return Served(records, Shelves(records), _written(served.changed_at(school)))


def _written(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z"
