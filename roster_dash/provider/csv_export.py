"""Records as a zip of OneRoster 1.2 CSV files that hold all there is (bulk), row by row.

The files' columns are those that our own reader knows. A file without rows is there all the same,
with its header: what a bulk zip lacks could be taken for forgotten.
"""

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import IO

from roster_dash.provider.meaning import school_year
from roster_dash.sources.oneroster import csv_records as layouts
from roster_dash.sources.oneroster.csv_table import Layout
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

_ABSENT = (
    *("categories", "classResources", "courseResources", "demographics"),
    *("lineItemLearningObjectiveIds", "lineItems", "lineItemScoreScales", "resources"),
    *("resultLearningObjectiveIds", "results", "resultScoreScales", "scoreScales"),
    *("userProfiles", "userResources"),
)

Values = Mapping[str, str | None]


def write_zip(records: OneRoster, file: IO[bytes]) -> None:
    """Writes the zip into a file that can be sought in."""
    files: Sequence[tuple[Layout, Iterable[Values]]] = (
        (layouts.ORGS, map(_org, records.orgs.values())),
        (layouts.SESSIONS, map(_session, records.sessions.values())),
        (layouts.COURSES, map(_course, records.courses.values())),
        (layouts.CLASSES, map(_class, records.classes.values())),
        (layouts.USERS_1_2, map(_user, records.users.values())),
        (layouts.ROLES, _roles(records.users.values())),
        (layouts.ENROLLMENTS, map(_enrollment, records.enrollments.values())),
    )
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as zipped:
        _write(zipped, "manifest.csv", ("propertyName", "value"), _manifest(files))
        for layout, rows in files:
            columns = (*layout.columns, *_said(layout, records))
            _write(zipped, layout.file, columns, rows)


def _manifest(files: Iterable[tuple[Layout, object]]) -> Iterator[Values]:
    properties = {
        "manifest.version": "1.0",
        "oneroster.version": "1.2",
        **{f"file.{layout.file.removesuffix('.csv')}": "bulk" for layout, _rows in files},
        **{f"file.{name}": "absent" for name in _ABSENT},
        "source.systemName": "Roster Dash",
        "source.systemCode": "roster-dash",
    }
    for name, value in properties.items():
        yield {"propertyName": name, "value": value}


def _said(layout: Layout, records: OneRoster) -> tuple[str, ...]:
    """A column that nothing is said in isn't there."""
    if layout is not layouts.USERS_1_2:
        return layout.extensions
    users = records.users.values()
    unsaid = {
        layouts.SIS_ID: all(each.sis_id is None for each in users),
        layouts.RELATIONSHIP: all(each.relationship is None for each in users),
    }
    return tuple(each for each in layout.extensions if not unsaid.get(each))


def _write(
    zipped: zipfile.ZipFile, name: str, columns: Sequence[str], rows: Iterable[Values]
) -> None:
    with (
        zipped.open(name, "w", force_zip64=True) as member,
        io.TextIOWrapper(member, "utf-8", newline="") as text,
    ):
        writer = csv.writer(text)
        writer.writerow(columns)
        writer.writerows([row.get(column) or "" for column in columns] for row in rows)


def _org(each: Org) -> Values:
    return {
        "sourcedId": each.id,
        "name": each.name,
        "type": each.type,
        "identifier": each.identifier,
        "parentSourcedId": each.parent_id,
    }


def _session(each: AcademicSession) -> Values:
    return {
        "sourcedId": each.id,
        "title": each.title,
        "type": each.type,
        "startDate": _day(each.start),
        "endDate": _day(each.end),
        "parentSourcedId": each.parent_id,
        "schoolYear": str(school_year(each.end)) if each.end else "",
        layouts.STAND_IN: _yes(each.is_stand_in),
    }


def _course(each: Course) -> Values:
    return {
        "sourcedId": each.id,
        "title": each.title,
        "courseCode": each.code,
        layouts.STAND_IN: _yes(each.is_stand_in),
    }


def _class(each: ClassRecord) -> Values:
    return {
        "sourcedId": each.id,
        "title": each.title,
        "grades": ",".join(each.grades),
        "courseSourcedId": each.course_id,
        "classCode": each.code,
        "classType": each.type,
        "schoolSourcedId": each.school_id,
        "termSourcedIds": ",".join(each.term_ids),
        "periods": ",".join(each.periods),
        layouts.EXACT_GRADE: each.exact_grade,
        layouts.EXACT_PERIOD: each.exact_period,
    }


def _user(each: UserRecord) -> Values:
    return {
        "sourcedId": each.id,
        "enabledUser": "true" if each.is_enabled else "false",
        "username": each.username,
        "givenName": each.given_name,
        "familyName": each.family_name,
        "middleName": each.middle_name,
        "identifier": each.identifier,
        "email": each.email,
        "sms": each.sms,
        "phone": each.phone,
        "agentSourcedIds": ",".join(each.agents),
        "grades": ",".join(each.grades),
        "preferredGivenName": each.preferred_given_name,
        "preferredFamilyName": each.preferred_family_name,
        "primaryOrgSourcedId": each.roles[0].org_id if each.roles else "",
        layouts.SIS_ID: each.sis_id,
        layouts.RELATIONSHIP: each.relationship,
        layouts.EXACT_GRADE: each.exact_grade,
    }


def _roles(users: Iterable[UserRecord]) -> Iterator[Values]:
    for user in users:
        for number, each in enumerate(user.roles, 1):
            yield _role(f"{user.id}@role.{number}", user.id, each)


def _role(role_id: str, user_id: str, each: RoleAt) -> Values:
    return {
        "sourcedId": role_id,
        "userSourcedId": user_id,
        "roleType": "primary" if each.is_primary else "secondary",
        "role": each.role,
        "beginDate": _day(each.start),
        "endDate": _day(each.end),
        "orgSourcedId": each.org_id,
    }


def _enrollment(each: Enrollment) -> Values:
    return {
        "sourcedId": each.id,
        "classSourcedId": each.class_id,
        "schoolSourcedId": each.school_id,
        "userSourcedId": each.user_id,
        "role": each.role,
        "primary": _yes(each.is_primary),
        "beginDate": _day(each.start),
        "endDate": _day(each.end),
    }


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""


def _yes(value: bool) -> str:
    """What isn't known to be so is left out."""
    return "true" if value else ""
