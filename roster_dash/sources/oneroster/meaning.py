"""What a provider's records mean here: its schools, and who and what is at each. Pure.

Ids: sourcedIds are unique within a provider only, so here they are `<namespace>.<sourcedId>`.
Numbers: `sis_id` is the bare sourcedId, which systems make of their own key for somebody, unless
the provider says it (we do, where we are one); a student's `student_number` is `identifier`, the
number that people know. The username is used for nothing: it is no proof of who somebody is.
Days: what has ended or not begun doesn't count; what doesn't say so counts.
Log-ins: somebody who isn't enabled is still there; that is about logging in elsewhere.
"""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from functools import cached_property

from roster_dash.roster.errors import NotShared
from roster_dash.roster.records import (
    NO_CONTACT,
    DistrictPart,
    Person,
    Section,
    SharedSchool,
    Snapshot,
    Term,
)
from roster_dash.roster.roles import PRECEDENCE, Role
from roster_dash.sources.oneroster.contacts import primary_contacts
from roster_dash.sources.oneroster.enrolled import Enrolled
from roster_dash.sources.oneroster.orgs import district_name, is_above_schools, schools_of
from roster_dash.sources.oneroster.records import (
    AcademicSession,
    ClassRecord,
    OneRoster,
    RoleAt,
    UserRecord,
)
from roster_dash.sources.oneroster.words import CONTACTS, ROLES, grade, holds, known_day, last_day


class District:
    """All that a provider says, looked at on one day."""

    def __init__(
        self, said: OneRoster, namespace: str, today: date, about: Mapping[str, str] | None = None
    ) -> None:
        self._said = said
        self._namespace = namespace
        self._today = today
        self._about = dict(about or {})
        self._school_of = schools_of(said.orgs)
        self._enrolled = Enrolled(said, self._school_of, today)

    @property
    def name(self) -> str:
        return district_name(self._said.orgs)

    def schools(self) -> list[SharedSchool]:
        return [
            SharedSchool(self._id(org.id), org.name or org.identifier, org.identifier)
            for org in sorted(self._said.orgs.values(), key=lambda org: org.id)
            if self._school_of.get(org.id) == org.id
        ]

    def school(self, source_id: str) -> SharedSchool:
        """Errors: NotShared."""
        for school in self.schools():
            if school.source_id == source_id:
                return school
        raise NotShared(
            "The OneRoster provider doesn’t share the school with us (any more). Nothing was "
            "changed here. Ask the district to share it with Roster Dash."
        )

    @cached_property
    def part(self) -> DistrictPart:
        admins = [user for user in self._said.users.values() if self._is_admin(user)]
        contacts = primary_contacts(self._said.users, self._namespace, self._today)
        return DistrictPart(
            tuple(self._person(user, {Role.ADMIN}) for user in sorted(admins, key=_by_id)),
            {self._id(student): contacts[student] for student in sorted(contacts)},
        )

    def snapshot(self, school_id: str) -> Snapshot:
        """Errors: NotShared. Everything is in the order of ids, whatever order it came in."""
        school = self.school(school_id)
        sourced_id = school_id.removeprefix(f"{self._namespace}.")
        classes = self._enrolled.classes_at(sourced_id)
        terms = {term.id: term for each in classes if (term := self._enrolled.term_of(each))}
        return Snapshot(
            school_name=school.name,
            people=self._people_at(sourced_id),
            sections=tuple(map(self._section, classes)),
            terms=tuple(self._term(terms[term_id]) for term_id in sorted(terms)),
            about=({"district_name": self.name} if self.name else {}) | self._about,
        )

    def _people_at(self, school_id: str) -> tuple[Person, ...]:
        """Everybody of a school, and the district's admins."""
        there = self._roles_at.get(school_id, {})
        people = [self._person(self._said.users[user], there[user]) for user in sorted(there)]
        present = {person.source_id for person in people}
        return (*people, *(each for each in self.part.admins if each.source_id not in present))

    @cached_property
    def _roles_at(self) -> dict[str, dict[str, set[Role]]]:
        """School -> user -> the roles that they hold there; none, if no role of theirs there is
        known: nobody takes them for gone."""
        found: dict[str, dict[str, set[Role]]] = defaultdict(dict)
        for user in self._said.users.values():
            also = {Role.ADMIN} if self._is_admin(user) else set()
            for school, roles in self._held(user).items():
                found[school][user.id] = roles | also
        return found

    def _held(self, user: UserRecord) -> dict[str, set[Role]]:
        """School -> roles. One who is in a class of another school, or whose role is held at the
        district, has their role there, too; one without any role has what the class says."""
        held: dict[str, set[Role]] = defaultdict(set)
        anywhere: set[Role] = set()
        for each in self._present_roles(user):
            role = ROLES.get(each.role.casefold())
            if role is Role.ADMIN:
                continue
            roles: set[Role] = {role} if role else set()
            anywhere |= roles
            if school := self._school_of.get(each.org_id):
                held[school] |= roles
        for school, roles in self._enrolled.roles_of(user.id).items():
            if confirmed := roles & anywhere if user.roles else roles - {Role.STAFF}:
                held[school] |= confirmed
        return held

    def _is_admin(self, user: UserRecord) -> bool:
        """Whether somebody is an administrator of the district. In 1.1 it is one that names no
        school: one who does is that school's, since some systems name what is above it, too."""
        present = self._present_roles(user)
        if any(ROLES.get(each.role.casefold()) is Role.ADMIN for each in present):
            return True
        orgs = [each.org_id for each in present if each.role.casefold() == "administrator"]
        return not any(org in self._school_of for org in orgs) and any(
            is_above_schools(self._said.orgs[org]) for org in orgs if org in self._said.orgs
        )

    def _present_roles(self, user: UserRecord) -> list[RoleAt]:
        """Those that make somebody a person of a roster."""
        return [
            each
            for each in user.roles
            if each.role.casefold() not in CONTACTS and holds(each.start, each.end, self._today)
        ]

    def _person(self, user: UserRecord, roles: set[Role]) -> Person:
        is_student = Role.STUDENT in roles
        preferred = f"{user.preferred_given_name} {user.preferred_family_name}".strip()
        source_id = self._id(user.id)
        return Person(
            source_id=source_id,
            roles=tuple(role for role in PRECEDENCE if role in roles),
            sis_id=user.id if user.sis_id is None else user.sis_id,
            first_name=user.given_name,
            middle_name=user.middle_name,
            last_name=user.family_name,
            preferred_name=preferred,
            email=user.email,
            grade=user.exact_grade or grade(user.grades) if is_student else "",
            student_number=user.identifier if is_student else "",
            contact=self.part.contacts.get(source_id, NO_CONTACT) if is_student else NO_CONTACT,
        )

    def _section(self, record: ClassRecord) -> Section:
        course = self._said.courses.get(record.course_id)
        term = self._enrolled.term_of(record)
        return Section(
            source_id=self._id(record.id),
            name=record.title or record.code,
            course=(course.title or course.code) if course and not course.is_stand_in else "",
            term_id=self._id(term.id) if term else "",
            grade=record.exact_grade or grade(record.grades),
            period=record.exact_period or ", ".join(record.periods),
            teachers=tuple(map(self._id, self._enrolled.teachers_of(record.id))),
            students=tuple(map(self._id, self._enrolled.students_of(record.id))),
            unsure=self._enrolled.unsure_of(record.id),
        )

    def _term(self, session: AcademicSession) -> Term:
        start, end = known_day(session.start), last_day(session.end)
        return Term(self._id(session.id), session.title, start, end)

    def _id(self, sourced_id: str) -> str:
        return f"{self._namespace}.{sourced_id}"


def _by_id(user: UserRecord) -> str:
    return user.id
