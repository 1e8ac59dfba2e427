"""Who is in which class, and when that counts."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date

from roster_dash.roster.roles import Role
from roster_dash.sources.oneroster.records import (
    AcademicSession,
    ClassRecord,
    Enrollment,
    OneRoster,
)
from roster_dash.sources.oneroster.words import holds, known_day, last_day

_SIDES = (("managers", "teacher"), ("members", "student"))
_AS_STUDENT = {Role.STUDENT}
_AS_ADULT = {Role.TEACHER, Role.STAFF}


class Enrolled:
    """The classes of all schools with those who are in them.

    An enrollment counts if it holds today. In a class whose term is over or yet to come it is the
    term's last or first day that is asked about: enrollments end and begin with their term, and
    a class isn't emptied by its being over.
    """

    def __init__(self, said: OneRoster, school_of: Mapping[str, str], today: date) -> None:
        self._said = said
        self._today = today
        self._classes: dict[str, list[ClassRecord]] = defaultdict(list)
        self._terms: dict[str, AcademicSession | None] = {}
        self._in_class: dict[str, list[Enrollment]] = defaultdict(list)
        self._roles: dict[str, dict[str, set[Role]]] = defaultdict(lambda: defaultdict(set))
        for each in sorted(said.classes.values(), key=lambda record: record.id):
            self._terms[each.id] = self._choose_term(each)
            if each.school_id in school_of:
                self._classes[school_of[each.school_id]].append(each)
        for enrollment in said.enrollments.values():
            record = said.classes.get(enrollment.class_id)
            if record is not None and self._counts(enrollment):
                self._in_class[record.id].append(enrollment)
                if school := school_of.get(record.school_id):
                    self._roles[enrollment.user_id][school] |= _roles(enrollment)

    def classes_at(self, school_id: str) -> list[ClassRecord]:
        return self._classes.get(school_id, [])

    def term_of(self, record: ClassRecord) -> AcademicSession | None:
        """Of several terms, the one that is the last to end: the class goes on until then."""
        return self._terms[record.id]

    def roles_of(self, user_id: str) -> Mapping[str, set[Role]]:
        """School -> the roles that somebody's enrollments there may be those of."""
        return self._roles.get(user_id, {})

    def teachers_of(self, class_id: str) -> list[str]:
        """The primary teacher first; then in the order of ids."""
        return self._users(class_id, "teacher")

    def students_of(self, class_id: str) -> list[str]:
        return self._users(class_id, "student")

    def unsure_of(self, class_id: str) -> tuple[str, ...]:
        """The sides of a class on which somebody is whom the provider doesn't name."""
        nameless = {
            each.role.casefold() for each in self._in_class.get(class_id, ()) if not each.user_id
        }
        return tuple(side for side, role in _SIDES if role in nameless)

    def _users(self, class_id: str, role: str) -> list[str]:
        ranked = sorted(
            (role == "teacher" and not each.is_primary, each.user_id)
            for each in self._in_class.get(class_id, ())
            if each.role.casefold() == role and each.user_id
        )
        return list(dict.fromkeys(user_id for _rank, user_id in ranked))

    def _choose_term(self, record: ClassRecord) -> AcademicSession | None:
        there = [
            self._said.sessions[each] for each in record.term_ids if each in self._said.sessions
        ]
        terms = [term for term in there if not term.is_stand_in]
        terms.sort(key=lambda term: (known_day(term.start) or date.min, term.id))
        return max(terms, key=lambda term: last_day(term.end) or date.max, default=None)

    def _counts(self, enrollment: Enrollment) -> bool:
        term = self._terms[enrollment.class_id]
        day = self._today if term is None else _nearest_day(term, self._today)
        return holds(enrollment.start, enrollment.end, day)


def _nearest_day(term: AcademicSession, day: date) -> date:
    start, last = known_day(term.start), last_day(term.end)
    if start is not None and day < start:
        return start
    return last if last is not None and day > last else day


def _roles(enrollment: Enrollment) -> set[Role]:
    return _AS_STUDENT if enrollment.role.casefold() == "student" else _AS_ADULT
