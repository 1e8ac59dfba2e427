"""A provider's JSON, 1.1 or 1.2, as records. Unknown fields are ignored."""

import sys
from collections.abc import Mapping
from datetime import date

from roster_dash.sources.clever_types import clean
from roster_dash.sources.oneroster.records import (
    AcademicSession,
    ClassRecord,
    Course,
    Enrollment,
    Org,
    RoleAt,
    UserRecord,
)
from roster_dash.sources.pages import Json

_GONE = ("tobedeleted", "inactive")


def is_there(record: Json) -> bool:
    return _text(record, "status").casefold() not in _GONE


def read_org(sourced_id: str, record: Json) -> Org:
    return Org(
        sourced_id,
        name=_text(record, "name"),
        type=_text(record, "type"),
        identifier=_text(record, "identifier"),
        parent_id=_ref(record.get("parent")),
    )


def read_session(sourced_id: str, record: Json) -> AcademicSession:
    return AcademicSession(
        sourced_id,
        title=_text(record, "title"),
        type=_text(record, "type"),
        start=_day(record, "startDate"),
        end=_day(record, "endDate"),
        parent_id=_ref(record.get("parent")),
        is_stand_in=_said(record, "stand_in") == "true",
    )


def read_course(sourced_id: str, record: Json) -> Course:
    return Course(
        sourced_id,
        title=_text(record, "title"),
        code=_text(record, "courseCode"),
        is_stand_in=_said(record, "stand_in") == "true",
    )


def read_class(sourced_id: str, record: Json) -> ClassRecord:
    return ClassRecord(
        sourced_id,
        title=_text(record, "title"),
        code=_text(record, "classCode"),
        type=_text(record, "classType"),
        course_id=_ref(record.get("course")),
        school_id=_ref(record.get("school")),
        term_ids=_refs(record.get("terms")),
        grades=_texts(record.get("grades")),
        periods=_texts(record.get("periods")),
        exact_grade=_said(record, "exact_grade") or "",
        exact_period=_said(record, "exact_period") or "",
    )


def read_user(sourced_id: str, record: Json) -> UserRecord:
    return UserRecord(
        sourced_id,
        roles=_roles(record),
        is_enabled=_text(record, "enabledUser").casefold() != "false",
        given_name=_text(record, "givenName"),
        middle_name=_text(record, "middleName"),
        family_name=_text(record, "familyName"),
        preferred_given_name=_text(record, "preferredGivenName"),
        preferred_family_name=_text(record, "preferredFamilyName"),
        username=_text(record, "username"),
        identifier=_text(record, "identifier"),
        email=_text(record, "email"),
        phone=_text(record, "phone"),
        sms=_text(record, "sms"),
        grades=_texts(record.get("grades")),
        agents=_refs(record.get("agents")),
        sis_id=_said(record, "sis_id"),
        relationship=_said(record, "relationship"),
        exact_grade=_said(record, "exact_grade") or "",
    )


def read_enrollment(sourced_id: str, record: Json) -> Enrollment:
    return Enrollment(
        sourced_id,
        class_id=_ref(record.get("class")),
        user_id=_ref(record.get("user")),
        school_id=_ref(record.get("school")),
        role=_text(record, "role"),
        is_primary=_text(record, "primary").casefold() == "true",
        start=_day(record, "beginDate"),
        end=_day(record, "endDate"),
    )


def _roles(record: Json) -> tuple[RoleAt, ...]:
    """1.2's roles; in 1.1 one role, which is held at each of the organizations."""
    if stated := _objects(record.get("roles")):
        return tuple(
            RoleAt(
                _text(each, "role"),
                _ref(each.get("org")),
                is_primary=_text(each, "roleType") == "primary",
                start=_day(each, "beginDate"),
                end=_day(each, "endDate"),
            )
            for each in stated
        )
    role = _text(record, "role")
    return tuple(RoleAt(role, org) for org in _refs(record.get("orgs")) or ("",)) if role else ()


def _said(record: Json, name: str) -> str | None:
    """An extension; None if it isn't there."""
    metadata = record.get("metadata")
    return _text(metadata, name) if isinstance(metadata, dict) and name in metadata else None


def _text(record: Json, name: str) -> str:
    """Numbers and booleans as JSON writes them: some systems send texts in their place."""
    return as_text(record.get(name))


def as_text(value: object) -> str:
    """Trimmed; numbers and booleans as JSON writes them; "" for anything else."""
    if isinstance(value, bool):
        return str(value).lower()
    return clean(str(value)) if isinstance(value, str | int | float) else ""


def _texts(value: object) -> tuple[str, ...]:
    """A list; some systems send one text with commas in it."""
    items = value if isinstance(value, list) else as_text(value).split(",")
    return tuple(text for item in items if (text := as_text(item)))


def _ref(value: object) -> str:
    """Whom or what a reference names. Most are named more than once: each text is kept once."""
    found = value.get("sourcedId") if isinstance(value, Mapping) else value
    return sys.intern(as_text(found))


def _refs(value: object) -> tuple[str, ...]:
    items = value if isinstance(value, list) else [value]
    return tuple(ref for item in items if (ref := _ref(item)))


def _objects(value: object) -> list[Json]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _day(record: Json, name: str) -> date | None:
    """A date's or a datetime's day; what can't be read is unknown."""
    try:
        return date.fromisoformat(_text(record, name)[:10])
    except ValueError:
        return None
