"""Clever's events, as hints: which schools and people they are about, not what they say.

What they say isn't applied. A school of which there is news is read anew and synced as at night, so
that events can be late, doubled, out of order or incomplete, and nothing here goes wrong by that.

Shape: {"id", "type": "users.updated", "data": {"object": {...}, "previous_attributes": {...}}};
the published description has `previous_attributes` beside `data`, recorded answers inside it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from roster_dash.roster.news import News
from roster_dash.sources.pages import Json

PAGE = 1000
"""Clever doesn't say how many events a page may have; more than this was refused to others."""
_OF_NOBODY = ("districts", "resources")
_OF_SCHOOLS = ("users", "sections", "schools")


def news_of(events: Iterable[Json], cursor: str) -> News:
    """What a page of events is about. `cursor`: the id of its last event."""
    news = News(cursor)
    for event in events:
        news |= _about(event)
    return news


def _about(event: Json) -> News:
    kind = str(event.get("type") or "").partition(".")[0]
    if kind in _OF_NOBODY:
        return News(number=1)
    if kind not in _OF_SCHOOLS:  # terms and courses are of no school; what is new is anybody's
        return News(number=1, everywhere=True)
    found: dict[str, set[str]] = defaultdict(set)
    for record in _records(event):
        found[kind].update(_texts(record.get("id")))
        for name, value in _fields(record):
            found[name].update(_texts(value))
    return News(
        number=1,
        schools=frozenset(found["school"] | found["schools"]),
        people=frozenset(found["users"] | found["student"]),
        everywhere="district_admin" in found,
        district_part="district_admin" in found or "contact" in found,
    )


def _records(event: Json) -> Iterator[Json]:
    """The object as it is, and what was different before."""
    data = event.get("data")
    inside = data if isinstance(data, dict) else {}
    for record in (
        inside.get("object"),
        inside.get("previous_attributes"),
        event.get("previous_attributes"),
    ):
        if isinstance(record, dict):
            yield record


def _fields(value: Any) -> Iterator[tuple[str, Any]]:
    """Every name in a record with its value, however deep."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield name, inner
            yield from _fields(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _fields(inner)


def _texts(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [each for each in values if isinstance(each, str)]
