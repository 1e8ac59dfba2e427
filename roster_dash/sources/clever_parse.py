"""Clever's JSON as our records. Pure: absent, null and "" are the same; unknown fields ignored.

Source: Clever's Data API v3.0 and v3.1 (dev.clever.com/docs).
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from roster_dash.roster.records import NO_CONTACT, Contact, Person, Section, Term
from roster_dash.roster.roles import Role

Json = Mapping[str, Any]
Rank = tuple[int, str]
"""Of a contact among a student's: the lowest one is taken."""

_CLEVER_ROLES = {
    Role.ADMIN: "district_admin",
    Role.STAFF: "staff",
    Role.TEACHER: "teacher",
    Role.STUDENT: "student",
}
_CONTACT_TYPES = ("Primary", "Parent/Guardian")
"""The relationship types that make a primary contact, best first; never Emergency."""


def parse_user(user: Json, school_id: str) -> Person | None:
    """A user as a person of one school, with the roles held there; None for a mere contact.

    One whose roles can't be read has none here, but is there: nobody takes them for gone.
    Shape: {"id", "name": {first, middle, last}, "email"?, "roles": {role: {...}}}.
    """
    held = _object(user.get("roles"))
    if set(held) == {"contact"}:
        return None
    roles = tuple(
        role
        for role, name in _CLEVER_ROLES.items()
        if name in held and _holds_at(held[name], school_id)
    )
    name = _object(user.get("name"))
    student = _object(held.get("student")) if Role.STUDENT in roles else {}
    return Person(
        source_id=_text(user.get("id")),
        roles=roles,
        sis_id=_sis_id(held, roles),
        first_name=_text(name.get("first")),
        middle_name=_text(name.get("middle")),
        last_name=_text(name.get("last")),
        preferred_name=_full_name(_object(student.get("preferred_name"))),
        email=_text(user.get("email")),
        grade=_text(student.get("grade")),
        student_number=_text(student.get("student_number")),
    )


def _holds_at(role: object, school_id: str) -> bool:
    """Whether a role is held at a school. A role that names no school is held everywhere."""
    if not isinstance(role, Mapping):
        return False
    schools = {_text(role.get("school")), *_ids(role.get("schools"))} - {""}
    return not schools or school_id in schools


def _sis_id(held: Json, roles: tuple[Role, ...]) -> str:
    for role, field in (
        (Role.STUDENT, "sis_id"),
        (Role.TEACHER, "sis_id"),
        (Role.STAFF, "staff_id"),
    ):
        if role in roles and (value := _text(_object(held.get(role.value)).get(field))):
            return value
    return ""


def parse_admin(user: Json) -> Person:
    """A district admin, wherever they are looked at from."""
    name = _object(user.get("name"))
    return Person(
        source_id=_text(user.get("id")),
        roles=(Role.ADMIN,),
        first_name=_text(name.get("first")),
        middle_name=_text(name.get("middle")),
        last_name=_text(name.get("last")),
        email=_text(user.get("email")),
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
    contact_id = _text(user.get("id"))
    role = _object(_object(user.get("roles")).get("contact"))
    for relation in _objects(role.get("student_relationships")):
        student, kind = _text(relation.get("student")), _text(relation.get("type"))
        if student and kind in _CONTACT_TYPES:
            rank = (_CONTACT_TYPES.index(kind), contact_id)
            yield student, rank, _contact(user, role, relation)


def _contact(user: Json, role: Json, relation: Json) -> Contact:
    contact = Contact(
        source_id=_text(user.get("id")),
        name=_full_name(_object(user.get("name"))),
        email=_text(user.get("email")),
        phone=_text(role.get("phone")),
        relationship=_text(relation.get("relationship")),
    )
    return contact if contact.name or contact.email or contact.phone else NO_CONTACT


def parse_section(section: Json, courses: Mapping[str, str]) -> Section:
    """A section; `courses` maps course ids to names. Teacher, term and course may be absent."""
    teachers = [_text(section.get("teacher")), *_ids(section.get("teachers"))]
    return Section(
        source_id=_text(section.get("id")),
        name=_text(section.get("name")),
        course=courses.get(_text(section.get("course")), ""),
        term_id=_text(section.get("term_id")),
        grade=_text(section.get("grade")),
        period=_text(section.get("period")),
        teachers=tuple(dict.fromkeys(teacher for teacher in teachers if teacher)),
        students=tuple(dict.fromkeys(_ids(section.get("students")))),
        unsure=tuple(
            side
            for side, name in (("managers", "teachers"), ("members", "students"))
            if not _is_list_of_ids(section.get(name), may_be_absent=name == "teachers")
        ),
    )


def _is_list_of_ids(value: object, *, may_be_absent: bool) -> bool:
    if value is None:
        return may_be_absent
    return isinstance(value, list) and all(entry is None or _text(entry) for entry in value)


def parse_term(term: Json) -> Term:
    return Term(
        source_id=_text(term.get("id")),
        name=_text(term.get("name")),
        start=_day(term.get("start_date")),
        end=_day(term.get("end_date")),
    )


def course_name(course: Json) -> str:
    return _text(course.get("name")) or _text(course.get("number"))


def _text(value: object) -> str:
    """Trimmed text; NUL characters go, since no database takes them."""
    if isinstance(value, str):
        return value.replace("\0", "").strip() if "\0" in value else value.strip()
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return str(value) if is_number else ""


def _full_name(name: Json) -> str:
    parts = (_text(name.get(part)) for part in ("first", "middle", "last"))
    return " ".join(part for part in parts if part)


def _day(value: object) -> date | None:
    """A date or a datetime's day; what can't be read is unknown."""
    try:
        return date.fromisoformat(_text(value)[:10])
    except ValueError:
        return None


def _object(value: object) -> Json:
    return value if isinstance(value, Mapping) else {}


def _objects(value: object) -> list[Json]:
    return (
        [entry for entry in value if isinstance(entry, Mapping)] if isinstance(value, list) else []
    )


def _ids(value: object) -> list[str]:
    return [text for entry in value if (text := _text(entry))] if isinstance(value, list) else []
