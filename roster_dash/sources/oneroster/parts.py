"""A district's records in parts, each of which fits into memory: what all schools share, one for
each school, and what belongs to none.

A school is read from the shared part and its own one, and is the same as if all were there: its
classes with their enrollments, everybody with a role at it or in one of its classes, and whoever
has something to do with its students. Which day it is doesn't matter here.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, Protocol, TypeVar

from roster_dash.sources.oneroster.csv_notes import UnusableCsv
from roster_dash.sources.oneroster.orgs import schools_of
from roster_dash.sources.oneroster.records import ClassRecord, OneRoster, UserRecord
from roster_dash.sources.oneroster.shelf import Kept, Shelf

SHARED = ""
"""In place of a school's sourcedId."""
MOST_IN_SCHOOL = 1_000_000
"""Records; some 500 bytes each while the school is at work."""
_LEFT_AT_ONCE = 20_000

T = TypeVar("T")


class Parts(Protocol):
    def shared(self) -> OneRoster:
        """Organizations, and users who may be administrators of the district."""

    def of_school(self, sourced_id: str) -> OneRoster:
        """What a school has beyond that; nothing if it isn't known."""


@dataclass(frozen=True, slots=True)
class Part:
    """`school` is SHARED, a school's sourcedId, or None for what belongs to no school."""

    school: str | None
    roster: OneRoster


class ShelfParts:
    """The parts of what lies on a shelf."""

    def __init__(self, shelf: Shelf) -> None:
        shelf.index()
        self._shelf = shelf
        self._orgs = {org.id: org for org in shelf.orgs.values()}
        self._places: Mapping[str, list[str]] = defaultdict(list)
        for org, school in schools_of(self._orgs).items():
            self._places[school].append(org)

    def shared(self) -> OneRoster:
        return OneRoster(orgs=self._orgs, users=self._users(self._shelf.users_at("")))

    def of_school(self, sourced_id: str) -> OneRoster:
        """Errors: UnusableCsv if it is too large to be read at all."""
        shelf, places = self._shelf, self._places.get(sourced_id, [])
        classes = {each.id: each for place in places for each in self._kept(shelf.classes, place)}
        enrolled = (each for key in classes for each in shelf.enrollments.at(key))
        enrollments = {each.id: each for each in _not_too_many(enrolled)}
        ids = dict.fromkeys(
            _not_too_many(user for place in places for user in shelf.users_at(place))
        )
        ids |= dict.fromkeys(each.user_id for each in enrollments.values())
        users = self._users(ids)
        return OneRoster(
            sessions=_named(
                shelf.sessions, (term for c in classes.values() for term in c.term_ids)
            ),
            courses=_named(shelf.courses, (each.course_id for each in classes.values())),
            classes=classes,
            users=users | self._users(each for each in self._around(users) if each not in users),
            enrollments=enrollments,
        )

    def all(self) -> Iterator[Part]:
        """Everything, each record in one part at least. Errors: UnusableCsv."""
        shelf = self._shelf
        yield Part(SHARED, self._taken(self.shared()))
        for school in sorted(self._places):
            yield Part(school, self._taken(self.of_school(school)))
        yield from _left(sessions=shelf.sessions.left())
        yield from _left(courses=shelf.courses.left())
        yield from _left(classes=shelf.classes.left())
        yield from _left(users=shelf.users.left())
        yield from _left(enrollments=shelf.enrollments.left())

    def _kept(self, classes: Kept[ClassRecord], place: str) -> Iterator[ClassRecord]:
        return _not_too_many(classes.at(place))

    def _taken(self, roster: OneRoster) -> OneRoster:
        shelf = self._shelf
        shelf.sessions.take(roster.sessions)
        shelf.courses.take(roster.courses)
        shelf.classes.take(roster.classes)
        shelf.users.take(roster.users)
        shelf.enrollments.take(roster.enrollments)
        return roster

    def _users(self, ids: Iterable[str]) -> dict[str, UserRecord]:
        return _named(self._shelf.users, ids)

    def _around(self, users: Mapping[str, UserRecord]) -> Iterator[str]:
        """Who has something to do with students, whichever of the two says so."""
        for user in users.values():
            if any(each.role.casefold() == "student" for each in user.roles):
                yield from user.agents
                yield from self._shelf.users_of_agent(user.id)


def merged(*rosters: OneRoster) -> OneRoster:
    """Parts as one roster."""
    found = OneRoster({}, {}, {}, {}, {}, {})
    for roster in rosters:
        for name in OneRoster.__slots__:
            getattr(found, name).update(getattr(roster, name))
    return found


def _named(kept: Kept[T], ids: Iterable[str]) -> dict[str, T]:
    found = ((each, kept.get(each)) for each in dict.fromkeys(ids))
    return {record_id: record for record_id, record in found if record is not None}


def _not_too_many(records: Iterable[T]) -> Iterator[T]:
    for number, record in enumerate(records):
        if number == MOST_IN_SCHOOL:
            raise UnusableCsv(
                f"A school has more than {MOST_IN_SCHOOL:,} classes, users or enrollments",
                "That is more than there are in any school: see what the export puts into it.",
            )
        yield record


def _left(**of_kind: Iterator[Any]) -> Iterator[Part]:
    ((name, records),) = of_kind.items()
    while portion := list(islice(records, _LEFT_AT_ONCE)):
        yield Part(None, OneRoster(**{name: {each.id: each for each in portion}}))
