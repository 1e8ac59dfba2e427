"""The Events API's feed: what changed between two views, oldest first, kept for 30 days."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from roster_dash.sandbox.view import View

Json = dict[str, Any]
KEPT = timedelta(days=30)
ORDER = ("districts", "schools", "terms", "courses", "users", "sections", "resources")


@dataclass(frozen=True, slots=True)
class Change:
    """One object that came, went or became another. `before` and `after` are None if it wasn't."""

    collection: str
    id: str
    before: Json | None
    after: Json | None

    @property
    def kind(self) -> str:
        if self.before is None:
            return "created"
        return "deleted" if self.after is None else "updated"

    def as_event(self, event_id: str, created: str) -> Json:
        data: Json = {"object": self.before if self.after is None else self.after}
        if self.before is not None and self.after is not None:
            data["previous_attributes"] = _previous(self.before, self.after)
        return {
            "id": event_id,
            "type": f"{self.collection}.{self.kind}",
            "created": created,
            "data": data,
        }


def changes(before: View, after: View) -> Iterator[Change]:
    """What differs; objects are never changed in place, so that most are known by identity."""
    for name in ORDER:
        old, new = before.collections[name], after.collections[name]
        for key in sorted({*old, *new}):
            was, now = old.get(key), new.get(key)
            if was is not now and was != now:
                yield Change(name, key, was, now)


def _previous(before: Json, after: Json) -> Json:
    """The old values of the keys that changed; objects inside are looked into."""
    previous: Json = {}
    for key in before.keys() | after.keys():
        was, now = before.get(key), after.get(key)
        if was == now:
            continue
        both = isinstance(was, dict) and isinstance(now, dict)
        previous[key] = _previous(was or {}, now or {}) if both else was
    return dict(sorted(previous.items()))


class Feed:
    """The events that are still kept. Off until the app opted in."""

    def __init__(self, *, enabled: bool = True) -> None:
        self.enabled = enabled
        self._events: dict[str, tuple[date, Json]] = {}

    def append(self, today: date, event: Json) -> None:
        if self.enabled:
            self._events[event["id"]] = (today, event)

    def trim(self, today: date) -> None:
        kept = {key: each for key, each in self._events.items() if today - each[0] <= KEPT}
        self._events = kept

    def all(self) -> dict[str, Json]:
        return {key: event for key, (_day, event) in self._events.items()}
