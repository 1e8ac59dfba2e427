"""One district's world: its objects as Clever's API v3.1 returns them, its clock, what it shares,
its tokens and its events.

Objects are never changed in place: `put` replaces them. So a `View` stays true while it is read,
and what an act changed is found by comparing the views before and after it.
"""

import copy
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random
from threading import RLock
from typing import Any

from roster_dash.sandbox.events import Change, Feed, changes
from roster_dash.sandbox.ids import ObjectIds, moment_text, morning_of
from roster_dash.sandbox.sharing import Sharing
from roster_dash.sandbox.view import View

Json = dict[str, Any]
COLLECTIONS = ("schools", "terms", "courses", "users", "sections", "resources")
DATED = ("schools", "users", "sections")
"""Collections whose objects have `created` and `last_modified`."""


@dataclass(frozen=True, slots=True)
class Token:
    """The app's access to a district; `id` is the token's own, not the district's."""

    id: str
    created: str
    access_token: str


class World:
    def __init__(self, seed: int, number: int, name: str, domain: str, today: date) -> None:
        self.name = name
        self.domain = domain
        self.today = today
        self.rng = Random(f"{seed}/{number}")
        self.objects: dict[str, dict[str, Json]] = {name: {} for name in COLLECTIONS}
        self.sharing = Sharing()
        self.feed = Feed()
        self.tokens: list[Token] = []
        self.mailboxes: set[str] = set()  # e-mail addresses that are given away
        self.lock = RLock()
        self._seed = f"{seed}/{number}"
        self._ids = ObjectIds(number, seed)
        self._serial = 10_000 * number
        self._ticks = 0
        self._issued = 0
        self._view: View | None = None
        self._changing = False
        self.id = self.new_id()
        self.district: Json = {"id": self.id, "name": name}
        self.issue_token()

    # Clock, ids and tokens

    def now(self) -> datetime:
        """A moment of today, each later than the one before."""
        self._ticks += 1
        return morning_of(self.today) + timedelta(milliseconds=self._ticks)

    def new_id(self) -> str:
        return self._ids.next(self.now())

    def serial(self) -> str:
        """A number as a student information system gives them."""
        self._serial += 1
        return str(self._serial)

    def set_today(self, today: date) -> None:
        self.today = today
        self._ticks = 0
        self.feed.trim(today)

    def issue_token(self) -> Token:
        self._issued += 1
        text = hashlib.sha256(f"{self._seed}/token/{self._issued}".encode()).hexdigest()[:40]
        token = Token(self.new_id(), moment_text(self.now()), text)
        self.tokens.append(token)
        return token

    def revoke_tokens(self) -> None:
        self.tokens.clear()

    @property
    def token(self) -> str:
        """The newest access token, "" if the app has none."""
        return self.tokens[-1].access_token if self.tokens else ""

    # Objects

    def put(self, collection: str, record: Json) -> None:
        self.objects[collection][record["id"]] = record
        self._view = None

    def remove(self, collection: str, object_id: str) -> Json:
        self._view = None
        return self.objects[collection].pop(object_id)

    def find(self, object_id: str) -> tuple[str, Json] | None:
        """(collection, object) of an id, shared or not."""
        for name, objects in self.objects.items():
            if object_id in objects:
                return name, objects[object_id]
        return ("districts", self.district) if object_id == self.id else None

    def edit(
        self,
        collection: str,
        object_id: str,
        fields: Mapping[str, Any],
        *,
        unset: Iterable[str] = (),
    ) -> Json:
        """Sets fields by dotted names: {"roles.student.grade": "7"}; the changed object."""
        is_district = collection == "districts"
        record = copy.deepcopy(
            self.district if is_district else self.objects[collection][object_id]
        )
        for name, value in fields.items():
            *path, last = name.split(".")
            _inner(record, path)[last] = value
        for name in unset:
            *path, last = name.split(".")
            _inner(record, path).pop(last, None)
        if collection in DATED and "last_modified" not in fields:
            record["last_modified"] = moment_text(self.now())
        if is_district:
            self.district = record
            self._view = None
        else:
            self.put(collection, record)
        return record

    # What is seen from outside

    def view(self) -> View:
        with self.lock:
            if self._view is None:
                self._view = View(self.district, self.sharing.apply(self.objects))
            return self._view

    def share(self, sharing: Sharing) -> None:
        self.sharing = sharing
        self._view = None

    @contextmanager
    def changing(self) -> Iterator[list[Change]]:
        """One act: at its end the list is filled with what changed for the app, as the feed is."""
        with self.lock:
            found: list[Change] = []
            if self._changing:
                yield found
                return
            before = self.view()
            self._changing = True
            try:
                yield found
            finally:
                self._changing = False
            found.extend(changes(before, self.view()))
            for change in found:
                event = change.as_event(self.new_id(), moment_text(self.now()))
                self.feed.append(self.today, event)


def _inner(record: Json, path: Iterable[str]) -> Json:
    for name in path:
        if not isinstance(record.get(name), dict):
            record[name] = {}
        record = record[name]
    return record
