"""Clever's users and sections in their promised form, of which only what we use is decoded.

What comes in another form (numbers for texts, a role that is none) is brought into it field by
field, so there is one way from here on. Absent, null and "" are the same.
Source: Clever's Data API v3.0 and v3.1 (dev.clever.com/docs).
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import msgspec

from roster_dash.sources.pages import RawRecord, as_array, read_object

Json = Mapping[str, Any]
T = TypeVar("T")


class Name(msgspec.Struct, gc=False):
    first: str | None = None
    middle: str | None = None
    last: str | None = None


class HeldRole(msgspec.Struct, gc=False):
    """student, teacher, staff or district_admin: of each what it has."""

    school: str | None = None
    schools: list[str | None] | None = None
    sis_id: str | None = None
    staff_id: str | None = None
    grade: str | None = None
    student_number: str | None = None
    preferred_name: Name | None = None


class Contact(msgspec.Struct, gc=False):
    """Whose relations are read elsewhere."""


class Roles(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """`unreadable`: there is a role that we don't know, or one that is no record."""

    student: HeldRole | None = None
    teacher: HeldRole | None = None
    staff: HeldRole | None = None
    district_admin: HeldRole | None = None
    contact: Contact | None = None
    unreadable: bool = False


class User(msgspec.Struct, gc=False):
    id: str
    roles: Roles
    name: Name | None = None
    email: str | None = None


class RawSection(msgspec.Struct, gc=False):
    """`unsure`: the lists of people ("teachers", "students") of which an entry can't be read."""

    id: str
    name: str | None = None
    course: str | None = None
    term_id: str | None = None
    grade: str | None = None
    period: str | None = None
    teacher: str | None = None
    teachers: list[str | None] | None = None
    students: list[str | None] | None = None
    unsure: list[str] = []


_users = msgspec.json.Decoder(list[User])
_sections = msgspec.json.Decoder(list[RawSection])
_user = msgspec.json.Decoder(User)
_section = msgspec.json.Decoder(RawSection)


def read_users(records: Sequence[RawRecord]) -> list[User]:
    """`records` may hold several each, with commas between them."""
    return _read(records, _users.decode, _user.decode, tidy_user)


def read_sections(records: Sequence[RawRecord]) -> list[RawSection]:
    return _read(records, _sections.decode, _section.decode, tidy_section)


def _read(
    records: Sequence[RawRecord],
    all_of: Callable[[bytes], list[T]],
    one: Callable[[bytes], T],
    tidy: Callable[[Json], T],
) -> list[T]:
    text = as_array(records)
    try:
        return all_of(text)
    except msgspec.ValidationError:
        return [_one(record, one, tidy) for record in _each(text)]


_each = msgspec.json.Decoder(list[msgspec.Raw]).decode


def _one(record: RawRecord, decode: Callable[[bytes], T], tidy: Callable[[Json], T]) -> T:
    try:
        return decode(record)
    except msgspec.ValidationError:
        return tidy(read_object(bytes(record)))


def tidy_user(user: Json) -> User:
    held = as_object(user.get("roles"))
    return User(
        id=as_text(user.get("id")),
        name=_name(user.get("name")),
        email=as_text(user.get("email")),
        roles=Roles(
            student=_role(held.get("student")),
            teacher=_role(held.get("teacher")),
            staff=_role(held.get("staff")),
            district_admin=_role(held.get("district_admin")),
            contact=Contact() if isinstance(held.get("contact"), Mapping) else None,
            unreadable=any(
                name not in Roles.__struct_fields__ or not isinstance(role, Mapping | None)
                for name, role in held.items()
            ),
        ),
    )


def tidy_section(section: Json) -> RawSection:
    teachers, students = section.get("teachers"), section.get("students")
    return RawSection(
        id=as_text(section.get("id")),
        name=as_text(section.get("name")),
        course=as_text(section.get("course")),
        term_id=as_text(section.get("term_id")),
        grade=as_text(section.get("grade")),
        period=as_text(section.get("period")),
        teacher=as_text(section.get("teacher")),
        teachers=as_texts(teachers),
        students=as_texts(students),
        unsure=[
            name
            for name, ids in (("teachers", teachers), ("students", students))
            if not _is_list_of_ids(ids)
        ],
    )


def _is_list_of_ids(value: object) -> bool:
    if value is None:
        return True
    return isinstance(value, list) and all(entry is None or as_text(entry) for entry in value)


def _role(value: object) -> HeldRole | None:
    if not isinstance(value, Mapping):
        return None
    return HeldRole(
        school=as_text(value.get("school")),
        schools=as_texts(value.get("schools")),
        sis_id=as_text(value.get("sis_id")),
        staff_id=as_text(value.get("staff_id")),
        grade=as_text(value.get("grade")),
        student_number=as_text(value.get("student_number")),
        preferred_name=_name(value.get("preferred_name")),
    )


def _name(value: object) -> Name:
    name = as_object(value)
    return Name(*(as_text(name.get(part)) for part in ("first", "middle", "last")))


def clean(text: str | None) -> str:
    """Trimmed text; NUL characters go, since no database takes them."""
    if not text:
        return ""
    return text.replace("\0", "").strip() if "\0" in text else text.strip()


def as_text(value: object) -> str:
    """A text, or a number as one; anything else is ""."""
    if isinstance(value, str):
        return clean(value)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return str(value) if is_number else ""


def as_object(value: object) -> Json:
    return value if isinstance(value, Mapping) else {}


def as_texts(value: object) -> list[str | None] | None:
    """The entries of a list as texts; None for anything that isn't a list."""
    if not isinstance(value, list):
        return None
    return [None if entry is None else as_text(entry) for entry in value]
