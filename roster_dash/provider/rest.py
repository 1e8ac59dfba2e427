"""Records as the JSON documents of OneRoster 1.2's REST API. What isn't known is left out."""

from collections.abc import Iterable
from datetime import date
from typing import Any
from urllib.parse import quote

from roster_dash.provider.meaning import school_year
from roster_dash.sources.oneroster.records import (
    AcademicSession,
    ClassRecord,
    Course,
    Enrollment,
    Org,
    RoleAt,
    UserRecord,
)

Json = dict[str, Any]
Record = Org | AcademicSession | Course | ClassRecord | UserRecord | Enrollment

_BASE = ("sourcedId", "status", "dateLastModified")


def _refers(*names: str) -> tuple[str, ...]:
    return tuple(f"{name}.{part}" for name in names for part in ("href", "sourcedId", "type"))


_OF_ROLES = (*(f"roles.{each}" for each in ("roleType", "role", "beginDate", "endDate")),)
FIELDS = {
    Org: (*_BASE, "name", "type", "identifier", *_refers("parent", "children")),
    AcademicSession: (
        *(*_BASE, "title", "startDate", "endDate", "type", "schoolYear"),
        *(*_refers("parent", "children"), "metadata.stand_in"),
    ),
    Course: (
        *(*_BASE, "title", "courseCode", "grades", "subjects", "subjectCodes"),
        *(*_refers("schoolYear", "org", "resources"), "metadata.stand_in"),
    ),
    ClassRecord: (
        *(*_BASE, "title", "classCode", "classType", "location", "grades", "subjects"),
        *("subjectCodes", "periods", *_refers("course", "school", "terms", "resources")),
        *("metadata.exact_grade", "metadata.exact_period"),
    ),
    UserRecord: (
        *(*_BASE, "username", "enabledUser", "givenName", "familyName", "middleName"),
        *("preferredGivenName", "preferredMiddleName", "preferredFamilyName", "pronouns"),
        *("identifier", "userMasterIdentifier", "email", "sms", "phone", "grades"),
        *("userIds.type", "userIds.identifier", *_OF_ROLES, *_refers("roles.org")),
        *_refers("agents", "primaryOrg", "resources"),
        *("metadata.sis_id", "metadata.relationship", "metadata.exact_grade"),
    ),
    Enrollment: (
        *(*_BASE, "role", "primary", "beginDate", "endDate"),
        *_refers("user", "class", "school"),
    ),
}
"""What may be asked about, by kind of record: the standard's fields, whether they are ever filled
here or not, and our extensions; with dots where a field is an object, or several."""


class Documents:
    """Makes documents. `base`: the address of the collections; `changed`: when anything of the
    school changed last, since nothing is known of single records."""

    def __init__(self, base: str, changed: str) -> None:
        self._base = base
        self._changed = changed
        self._makers: dict[type[Record], Any] = {
            Org: self._org,
            AcademicSession: self._session,
            Course: self._course,
            ClassRecord: self._class,
            UserRecord: self._user,
            Enrollment: self._enrollment,
        }

    def of(self, record: Record) -> Json:
        base = {
            "sourcedId": record.id,
            "status": "active",
            "dateLastModified": self._changed,
        }
        filled: Json = self._makers[type(record)](record)
        return base | {name: value for name, value in filled.items() if value is not None}

    def _org(self, each: Org) -> Json:
        return {
            "name": each.name,
            "type": each.type,
            "identifier": each.identifier or None,
            "parent": self._ref("orgs", "org", each.parent_id),
        }

    def _session(self, each: AcademicSession) -> Json:
        return {
            "title": each.title,
            "startDate": _day(each.start),
            "endDate": _day(each.end),
            "type": each.type,
            "schoolYear": str(school_year(each.end)) if each.end else None,
            "parent": self._ref("academicSessions", "academicSession", each.parent_id),
            "metadata": {"stand_in": "true"} if each.is_stand_in else None,
        }

    def _course(self, each: Course) -> Json:
        return {
            "title": each.title,
            "courseCode": each.code or None,
            "metadata": {"stand_in": "true"} if each.is_stand_in else None,
        }

    def _class(self, each: ClassRecord) -> Json:
        said = {"exact_grade": each.exact_grade, "exact_period": each.exact_period}
        return {
            "title": each.title,
            "classCode": each.code or None,
            "classType": each.type,
            "grades": list(each.grades),
            "course": self._ref("courses", "course", each.course_id),
            "school": self._ref("schools", "org", each.school_id),
            "terms": self._refs("academicSessions", "academicSession", each.term_ids),
            "periods": list(each.periods),
            "metadata": _filled(said),
        }

    def _user(self, each: UserRecord) -> Json:
        said = {"sis_id": each.sis_id, "relationship": each.relationship}
        if each.exact_grade:
            said["exact_grade"] = each.exact_grade
        texts = {
            "middleName": each.middle_name,
            "preferredGivenName": each.preferred_given_name,
            "preferredFamilyName": each.preferred_family_name,
            "identifier": each.identifier,
            "email": each.email,
            "sms": each.sms,
            "phone": each.phone,
        }
        return {
            "username": each.username,
            "userIds": [],
            "enabledUser": each.is_enabled,
            "givenName": each.given_name,
            "familyName": each.family_name,
            **(_filled(texts) or {}),
            "roles": [self._role(role) for role in each.roles],
            "primaryOrg": self._ref("orgs", "org", each.roles[0].org_id if each.roles else ""),
            "agents": self._refs("users", "user", each.agents),
            "grades": list(each.grades),
            "metadata": {name: text for name, text in said.items() if text is not None} or None,
        }

    def _role(self, each: RoleAt) -> Json:
        days = {"beginDate": _day(each.start), "endDate": _day(each.end)}
        return {
            "roleType": "primary" if each.is_primary else "secondary",
            "role": each.role,
            "org": self._ref("orgs", "org", each.org_id),
        } | {name: day for name, day in days.items() if day is not None}

    def _enrollment(self, each: Enrollment) -> Json:
        return {
            "user": self._ref("users", "user", each.user_id),
            "class": self._ref("classes", "class", each.class_id),
            "school": self._ref("schools", "org", each.school_id),
            "role": each.role,
            "primary": True if each.is_primary else None,
            "beginDate": _day(each.start),
            "endDate": _day(each.end),
        }

    def _ref(self, collection: str, kind: str, sourced_id: str) -> Json | None:
        if not sourced_id:
            return None
        href = f"{self._base}/{collection}/{quote(sourced_id, safe='@')}"
        return {"href": href, "sourcedId": sourced_id, "type": kind}

    def _refs(self, collection: str, kind: str, ids: Iterable[str]) -> list[Json]:
        found = [self._ref(collection, kind, each) for each in ids]
        return [each for each in found if each is not None]


def _filled(texts: Json) -> Json | None:
    return {name: text for name, text in texts.items() if text} or None


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None
