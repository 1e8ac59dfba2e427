"""Clever's records as ours: what they mean here. Pure; unknown fields are ignored."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

from roster_dash.roster.records import NO_CONTACT, Contact, Person, Section, Term
from roster_dash.roster.roles import Role
from roster_dash.sources.clever_types import (
    HeldRole,
    Json,
    Name,
    RawSection,
    Roles,
    User,
    as_object,
    as_text,
    clean,
)

Rank = tuple[int, str]
"""Of a contact among a student's: the lowest one is taken."""

_CONTACT_TYPES = ("Primary", "Parent/Guardian")
"""The relationship types that make a primary contact, best first; never Emergency."""
_SIDES = (("managers", "teachers"), ("members", "students"))
_NAMELESS, _NO_ROLE = Name(), HeldRole()


def parse_user(user: User, school_id: str) -> Person | None:
    """A user as a person of one school, with the roles held there; None for a mere contact.

    One whose roles can't be read has none here, but is there: nobody takes them for gone.
    """
    held = user.roles
    roles = _roles_at(held, school_id)
    if not roles and _is_mere_contact(held):
        return None
    name = user.name or _NAMELESS
    student = (held.student if Role.STUDENT in roles else None) or _NO_ROLE
    called = student.preferred_name
    return Person(
        clean(user.id),
        roles,
        _sis_id(held, roles),
        clean(name.first),
        clean(name.middle),
        clean(name.last),
        _full_name((called.first, called.middle, called.last)) if called else "",
        clean(user.email),
        clean(student.grade),
        clean(student.student_number),
    )  # in the order of its fields: keywords would cost as much as all the rest


def _is_mere_contact(held: Roles) -> bool:
    others = (held.student, held.teacher, held.staff, held.district_admin)
    return held.contact is not None and not any(others) and not held.unreadable


def _roles_at(held: Roles, school_id: str) -> tuple[Role, ...]:
    """In the order of precedence."""
    by_role = (
        (Role.ADMIN, held.district_admin),
        (Role.STAFF, held.staff),
        (Role.TEACHER, held.teacher),
        (Role.STUDENT, held.student),
    )
    return tuple([role for role, each in by_role if each and _holds_at(each, school_id)])


def _holds_at(role: HeldRole, school_id: str) -> bool:
    """Whether a role is held at a school. A role that names no school is held everywhere."""
    if role.school == school_id:
        return True
    schools = {clean(role.school), *map(clean, role.schools or ())} - {""}
    return not schools or school_id in schools


def _sis_id(held: Roles, roles: tuple[Role, ...]) -> str:
    for role, each in ((Role.STUDENT, held.student), (Role.TEACHER, held.teacher)):
        if role in roles and each and (value := clean(each.sis_id)):
            return value
    return clean(held.staff.staff_id) if Role.STAFF in roles and held.staff else ""


def parse_admin(user: Json) -> Person:
    """A district admin, wherever they are looked at from."""
    name = as_object(user.get("name"))
    return Person(
        source_id=as_text(user.get("id")),
        roles=(Role.ADMIN,),
        first_name=as_text(name.get("first")),
        middle_name=as_text(name.get("middle")),
        last_name=as_text(name.get("last")),
        email=as_text(user.get("email")),
    )


def parse_contacts(users: Iterable[Json]) -> dict[str, Contact]:
    """Student's id -> their primary contact: type Primary, else Parent/Guardian.

    Of several equal ones the lowest id wins, so that the answer is the same every night. Many
    systems put a contact's whole name into `name.last`.
    """
    best: dict[str, tuple[Rank, Contact]] = {}
    for user in users:
        for student, rank, contact in contacts_of(user):
            if student not in best or rank < best[student][0]:
                best[student] = (rank, contact)
    return {student: contact for student, (_rank, contact) in best.items()}


def contacts_of(user: Json) -> Iterator[tuple[str, Rank, Contact]]:
    """(student's id, rank, contact) for each student whose primary contact somebody may be."""
    contact_id = as_text(user.get("id"))
    role = as_object(as_object(user.get("roles")).get("contact"))
    for relation in _objects(role.get("student_relationships")):
        student, kind = as_text(relation.get("student")), as_text(relation.get("type"))
        if student and kind in _CONTACT_TYPES:
            rank = (_CONTACT_TYPES.index(kind), contact_id)
            yield student, rank, _contact(user, role, relation)


def _contact(user: Json, role: Json, relation: Json) -> Contact:
    name = as_object(user.get("name"))
    contact = Contact(
        source_id=as_text(user.get("id")),
        name=_full_name(as_text(name.get(part)) for part in ("first", "middle", "last")),
        email=as_text(user.get("email")),
        phone=as_text(role.get("phone")),
        relationship=as_text(relation.get("relationship")),
    )
    return contact if contact.name or contact.email or contact.phone else NO_CONTACT


def parse_section(section: RawSection, courses: Mapping[str, str]) -> Section:
    """A section; `courses` maps course ids to names. Teacher, term and course may be absent."""
    teachers = _ids([section.teacher, *(section.teachers or ())])
    unsure = [*section.unsure]
    if section.students is None:
        unsure.append("students")
    unsure += [
        name
        for name, ids in (("teachers", section.teachers), ("students", section.students))
        if ids and not all(each is None or clean(each) for each in ids)
    ]
    return Section(
        clean(section.id),
        clean(section.name),
        courses.get(clean(section.course), ""),
        clean(section.term_id),
        clean(section.grade),
        clean(section.period),
        teachers,
        _ids(section.students or ()),
        tuple(side for side, name in _SIDES if name in unsure) if unsure else (),
    )


def _ids(ids: Sequence[str | None]) -> tuple[str, ...]:
    """Each once, in their order."""
    return tuple(dict.fromkeys([text for each in ids if each and (text := clean(each))]))


def parse_term(term: Json) -> Term:
    return Term(
        source_id=as_text(term.get("id")),
        name=as_text(term.get("name")),
        start=_day(term.get("start_date")),
        end=_day(term.get("end_date")),
    )


def course_name(course: Json) -> str:
    return as_text(course.get("name")) or as_text(course.get("number"))


def _full_name(parts: Iterable[str | None]) -> str:
    return " ".join(text for part in parts if (text := clean(part)))


def _day(value: object) -> date | None:
    """A date or a datetime's day; what can't be read is unknown."""
    try:
        return date.fromisoformat(as_text(value)[:10])
    except ValueError:
        return None


def _objects(value: object) -> list[Json]:
    return (
        [entry for entry in value if isinstance(entry, Mapping)] if isinstance(value, list) else []
    )
