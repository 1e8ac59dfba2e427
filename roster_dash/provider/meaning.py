"""A school's people and lists as a provider's records. Pure.

What is active is served; what is archived, and whoever isn't active, isn't there. OneRoster has no
word for some of what we know, so that is said as an extension (sources/oneroster/records.py): our
own consumer reads the same people and lists from it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from roster_dash.provider.ids import joined, made_of, sourced_id
from roster_dash.roster.difference import SIDES, State
from roster_dash.roster.records import Term
from roster_dash.roster.roles import Role
from roster_dash.sources.oneroster.records import (
    AcademicSession,
    ClassRecord,
    Course,
    Enrollment,
    OneRoster,
    Org,
    RoleAt,
    UserRecord,
)
from roster_dash.sources.oneroster.words import CONTACTS, SAID, grade, grade_words

_SIDES = dict(zip(SIDES, ("teacher", "student"), strict=True))
_PARENT, _GUARDIAN, _RELATIVE = CONTACTS
_PARENTS = ("parent", "mother", "father", "mom", "dad")
_LAST_MONTH = 7
"""Of a school year."""

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Place:
    """A school and its district: ids at the source, and names."""

    school_id: str
    school_name: str
    district_id: str
    district_name: str


def records_of(place: Place, state: State, terms: Iterable[Term], today: date) -> OneRoster:
    """A school as of now. `terms`: what is known of their days; `today` is the school's."""
    return _School(place, state, {term.source_id: term for term in terms}, today).records()


def school_year(end: date) -> int:
    """The school year, as the year in which it ends, of what ends on a day."""
    return end.year + (end.month > _LAST_MONTH)


class _School:
    def __init__(self, place: Place, state: State, terms: Mapping[str, Term], today: date) -> None:
        self._place = place
        self._state = state
        self._terms = terms
        self._today = today
        self._school = sourced_id(place.school_id)
        self._district = sourced_id(place.district_id)
        self._sessions: dict[str, AcademicSession] = {}
        self._courses: dict[str, Course] = {}
        self._users: dict[str, UserRecord] = {}

    def records(self) -> OneRoster:
        place, lists = self._place, self._state.active_lists()
        for person_id, row in self._state.active_people().items():
            self._add_person(_id(person_id, row), row)
        classes = [self._class(_id(list_id, row), row) for list_id, row in lists.items()]
        enrolled = [each for list_id, row in lists.items() for each in self._enrolled(list_id, row)]
        return OneRoster(
            orgs={
                self._district: Org(self._district, place.district_name, "district"),
                self._school: Org(
                    self._school, place.school_name, "school", parent_id=self._district
                ),
            },
            sessions=self._sessions,
            courses=self._courses,
            classes={each.id: each for each in classes},
            users=self._users,
            enrollments={each.id: each for each in enrolled},
        )

    def _add_person(self, user_id: str, row: Values) -> None:
        words = grade_words(row["grade"])
        contact = self._contact(user_id, row) if Role.STUDENT in row["roles"] else None
        self._users[user_id] = UserRecord(
            user_id,
            roles=self._roles(row),
            given_name=row["first_name"],
            middle_name=row["middle_name"],
            family_name=row["last_name"],
            preferred_given_name=row["preferred_name"],
            username=row["email"] or user_id,
            identifier=row["student_number"],
            email=row["email"],
            grades=words,
            agents=(contact.id,) if contact else (),
            sis_id=row["sis_id"],
            relationship="",
            exact_grade=_exact(row["grade"], grade(words)),
        )
        if contact:
            self._users[contact.id] = contact

    def _roles(self, row: Values) -> tuple[RoleAt, ...]:
        """The first one at each organization is the primary one there."""
        orgs = [self._district if each == Role.ADMIN else self._school for each in row["roles"]]
        return tuple(
            RoleAt(SAID[Role(each)], org, is_primary=org not in orgs[:number])
            for number, (each, org) in enumerate(zip(row["roles"], orgs, strict=True))
        )

    def _contact(self, student_id: str, row: Values) -> UserRecord | None:
        """The primary contact of a student, as a user of their own: whose else they are isn't
        known."""
        relationship = row["contact_relationship"]
        said = [row[f"contact_{each}"] for each in ("name", "email", "phone")]
        if not any((relationship, *said)):
            return None
        name, email, phone = said
        first, _, last = name.rpartition(" ")
        given, family = (first, last) if _is_trim(first) and _is_trim(last) else ("", name)
        user_id = joined("contact", "of", student_id)
        return UserRecord(
            user_id,
            roles=(RoleAt(_contact_word(relationship), self._school, is_primary=True),),
            given_name=given,
            family_name=family,
            username=email or user_id,
            email=email,
            phone=phone,
            sis_id="",
            relationship=relationship,
        )

    def _class(self, class_id: str, row: Values) -> ClassRecord:
        words = grade_words(row["grade"])
        periods = tuple(dict.fromkeys(filter(None, map(str.strip, row["period"].split(",")))))
        return ClassRecord(
            class_id,
            title=row["title"],
            type="scheduled",
            course_id=self._course(row["course"]),
            school_id=self._school,
            term_ids=(self._session(row["term_id"], row["term"]),),
            grades=words,
            periods=periods,
            exact_grade=_exact(row["grade"], grade(words)),
            exact_period=_exact(row["period"], ", ".join(periods)),
        )

    def _course(self, title: str) -> str:
        course = (
            Course(made_of("course", title), title)
            if title
            else Course("no-course", "No course", is_stand_in=True)
        )
        self._courses[course.id] = course
        return course.id

    def _session(self, term_id: str, name: str) -> str:
        """A term that nothing is known of but its name has the school year's days."""
        year = school_year(self._today)
        first, last = date(year - 1, _LAST_MONTH + 1, 1), date(year, _LAST_MONTH, 31)
        after = last + timedelta(days=1)
        if not (term_id or name):
            title = f"{year - 1}–{year}"
            session = AcademicSession("no-term", title, "schoolYear", first, after, "", True)
        else:
            term = self._terms.get(term_id, Term(term_id))
            start, end = sorted((term.start or first, term.end or last))
            session_id = self._session_id(term_id, name)
            after = end + timedelta(days=1)
            session = AcademicSession(session_id, name, "term", start, after)
        self._sessions[session.id] = session
        return session.id

    def _session_id(self, term_id: str, name: str) -> str:
        """Lists of one term may know it by different names; then it is several here."""
        if not term_id:
            return made_of("term", name)
        there = self._sessions.get(sourced_id(term_id))
        if there is not None and there.title != name:
            return made_of("term", term_id, name)
        return sourced_id(term_id)

    def _enrolled(self, list_id: int, row: Values) -> Iterable[Enrollment]:
        """Who of several managers is the first one isn't known here."""
        class_id = _id(list_id, row)
        for side, role in _SIDES.items():
            for person_id in self._state.on_list(list_id, side):
                user_id = _id(person_id, self._state.people[person_id])
                enrollment_id = joined(class_id, role[0], user_id)
                yield Enrollment(enrollment_id, class_id, user_id, self._school, role)


def _is_trim(text: str) -> bool:
    return text == text.strip()


def _contact_word(relationship: str) -> str:
    """The standard's word that comes nearest."""
    text = relationship.casefold()
    if not text or (any(each in text for each in _PARENTS) and "grand" not in text):
        return _PARENT
    return _GUARDIAN if "guardian" in text else _RELATIVE


def _id(row_id: int, row: Values) -> str:
    """Whatever was made by hand has no id but ours."""
    return sourced_id(row["source_id"] or f"local-{row_id}")


def _exact(text: str, read: str) -> str:
    return "" if text == read else text
