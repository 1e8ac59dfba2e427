"""Which records are behind which address of the REST API. All are in the order of their ids."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from roster_dash.provider.rest import Record
from roster_dash.sources.oneroster.records import (
    AcademicSession,
    ClassRecord,
    Course,
    Enrollment,
    OneRoster,
    Org,
    UserRecord,
)


@dataclass(frozen=True, slots=True)
class Named:
    """A collection: how a list of its records and one of them are called in answers."""

    many: str
    one: str
    kind: type[Record]


_SESSIONS = Named("academicSessions", "academicSession", AcademicSession)
_USERS = Named("users", "user", UserRecord)
COLLECTIONS = {
    "orgs": Named("orgs", "org", Org),
    "schools": Named("orgs", "org", Org),
    "academicSessions": _SESSIONS,
    "terms": _SESSIONS,
    "gradingPeriods": _SESSIONS,
    "courses": Named("courses", "course", Course),
    "classes": Named("classes", "class", ClassRecord),
    "users": _USERS,
    "students": _USERS,
    "teachers": _USERS,
    "enrollments": Named("enrollments", "enrollment", Enrollment),
}
PARTS: Mapping[str, Collection[str]] = {
    "schools": ("classes", "courses", "enrollments", "students", "teachers", "terms"),
    "classes": ("students", "teachers"),
    "courses": ("classes",),
    "terms": ("classes", "gradingPeriods"),
    "students": ("classes",),
    "teachers": ("classes",),
    "users": ("classes",),
}
"""Collection -> those that each of its records has of its own."""
CLASS_PARTS = ("enrollments", "students", "teachers")
"""Those of a class of a school."""


class Shelves:
    """A school's records, to be found. All that is served is of the one school."""

    def __init__(self, records: OneRoster) -> None:
        self._records = records
        self._made: dict[str, Mapping[str, Any]] = {}

    def all_of(self, collection: str) -> Mapping[str, Any]:
        """Id -> record."""
        if collection not in self._made:
            self._made[collection] = self._select(collection)
        return self._made[collection]

    def part_of(self, collection: str, sourced_id: str, part: str) -> Sequence[Record] | None:
        """What a record has of its own; None if there is no such record."""
        if sourced_id not in self.all_of(collection):
            return None
        if collection == "schools":
            return list(self.all_of(part).values())
        return list(self._PARTS[collection, part](self, sourced_id, part))

    def part_of_class(self, school_id: str, class_id: str, part: str) -> Sequence[Record] | None:
        if school_id not in self.all_of("schools"):
            return None
        if part != "enrollments":
            return self.part_of("classes", class_id, part)
        there = class_id in self.all_of("classes")
        return self._by_class.get(class_id, []) if there else None

    def _select(self, collection: str) -> Mapping[str, Any]:
        records = self._records
        every: Mapping[str, Mapping[str, Any]] = {
            "orgs": records.orgs,
            "academicSessions": records.sessions,
            "courses": records.courses,
            "classes": records.classes,
            "users": records.users,
            "enrollments": records.enrollments,
        }
        found = every[COLLECTIONS[collection].many]
        is_in = _ONLY.get(collection)
        return {key: found[key] for key in sorted(found) if is_in is None or is_in(found[key])}

    def _people_of_class(self, class_id: str, part: str) -> Iterable[Record]:
        role = part.removesuffix("s")
        users = self.all_of("users")
        ids = {each.user_id for each in self._by_class.get(class_id, ()) if each.role == role}
        return (users[each] for each in sorted(ids))

    def _classes_of_course(self, course_id: str, _part: str) -> Iterable[Record]:
        return (each for each in self._classes if each.course_id == course_id)

    def _classes_of_term(self, term_id: str, _part: str) -> Iterable[Record]:
        return (each for each in self._classes if term_id in each.term_ids)

    def _grading_periods_of_term(self, term_id: str, _part: str) -> Iterable[Record]:
        periods = self.all_of("gradingPeriods").values()
        return (each for each in periods if each.parent_id == term_id)

    def _classes_of_user(self, user_id: str, _part: str) -> Iterable[Record]:
        ids = self._class_ids.get(user_id, ())
        return (each for each in self._classes if each.id in ids)

    @property
    def _classes(self) -> Iterable[ClassRecord]:
        return self.all_of("classes").values()

    @cached_property
    def _by_class(self) -> Mapping[str, list[Enrollment]]:
        found: dict[str, list[Enrollment]] = defaultdict(list)
        for each in self.all_of("enrollments").values():
            found[each.class_id].append(each)
        return found

    @cached_property
    def _class_ids(self) -> Mapping[str, set[str]]:
        """User -> the classes that they are in."""
        found: dict[str, set[str]] = defaultdict(set)
        for each in self._records.enrollments.values():
            found[each.user_id].add(each.class_id)
        return found

    _PARTS: Mapping[tuple[str, str], Callable[["Shelves", str, str], Iterable[Record]]] = {
        ("classes", "students"): _people_of_class,
        ("classes", "teachers"): _people_of_class,
        ("courses", "classes"): _classes_of_course,
        ("terms", "classes"): _classes_of_term,
        ("terms", "gradingPeriods"): _grading_periods_of_term,
        ("students", "classes"): _classes_of_user,
        ("teachers", "classes"): _classes_of_user,
        ("users", "classes"): _classes_of_user,
    }


_ONLY: Mapping[str, Callable[[Any], bool]] = {
    "schools": lambda org: org.type == "school",
    "terms": lambda session: session.type == "term",
    "gradingPeriods": lambda session: session.type == "gradingPeriod",
    "students": lambda user: any(each.role == "student" for each in user.roles),
    "teachers": lambda user: any(each.role == "teacher" for each in user.roles),
}
