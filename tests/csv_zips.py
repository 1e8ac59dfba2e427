"""Zips of OneRoster CSV files: those of a small school, or of any records, in any version."""

import csv
import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path

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
from roster_dash.sources.oneroster.shelf import Shelf


def on_shelf(roster: OneRoster) -> Shelf:
    shelf = Shelf()
    shelf.add_all(roster)
    return shelf


def whole(shelf: Shelf) -> OneRoster:
    """All that lies on a shelf; None, where a record is gone, isn't there."""
    return OneRoster(
        orgs={each.id: each for each in shelf.orgs.values()},
        sessions={each.id: each for each in shelf.sessions.values()},
        courses={each.id: each for each in shelf.courses.values()},
        classes={each.id: each for each in shelf.classes.values()},
        users={each.id: each for each in shelf.users.values()},
        enrollments={each.id: each for each in shelf.enrollments.values()},
    )


HEADERS = {
    "orgs": "name type identifier parentSourcedId",
    "academicSessions": "title type startDate endDate parentSourcedId schoolYear",
    "courses": "schoolYearSourcedId title courseCode grades orgSourcedId subjects subjectCodes",
    "classes": "title grades courseSourcedId classCode classType location schoolSourcedId "
    "termSourcedIds subjects subjectCodes periods",
    "users": "enabledUser orgSourcedIds role username userIds givenName familyName middleName "
    "identifier email sms phone agentSourcedIds grades password",
    "users 1.2": "enabledUser username userIds givenName familyName middleName identifier email "
    "sms phone agentSourcedIds grades password userMasterIdentifier resourceSourcedIds "
    "preferredGivenName preferredMiddleName preferredFamilyName primaryOrgSourcedId pronouns",
    "roles": "userSourcedId roleType role beginDate endDate orgSourcedId userProfileSourcedId",
    "enrollments": "classSourcedId schoolSourcedId userSourcedId role primary beginDate endDate",
}
PASSWORD = "not to be kept"

_STUDENTS = tuple(
    UserRecord(
        f"s{number}",
        (RoleAt("student", "school-1"),),
        given_name="Ana",
        family_name=f"Ruiz {number}",
        username=f"ana{number}",
        identifier=f"n{number}",
        email=f"ana{number}@x.example",
        grades=("09", "10"),
        agents=("p1",),
    )
    for number in range(30)
)
_ADULTS = (
    UserRecord(
        "t1",
        (RoleAt("teacher", "school-1"), RoleAt("teacher", "school-2")),
        given_name="Tom",
        middle_name="J",
        family_name="Lee, Jr",
        phone="555-0100",
        sms="555-0101",
    ),
    UserRecord("p1", (RoleAt("parent", "school-1"),), is_enabled=False, given_name="Pat"),
)


SCHOOL = OneRoster(
    orgs={
        "district": Org("district", "Unified", "district", "d-9"),
        "school-1": Org("school-1", "Lincoln High", "school", "9", "district"),
        "school-2": Org("school-2", "Zoë’s School", "school", "", "district"),
    },
    sessions={
        "year": AcademicSession(
            "year", "2026/27", "schoolYear", date(2026, 8, 1), date(2027, 7, 1)
        ),
        "fall": AcademicSession("fall", "Fall", "term", date(2026, 8, 1), date(2027, 1, 6), "year"),
    },
    courses={"c1": Course("c1", "Algebra", "ALG")},
    classes={
        "k1": ClassRecord(
            *("k1", "Algebra 1", "ALG-1", "scheduled", "c1", "school-1"),
            *(("fall",), ("09", "10"), ("1", "2")),
        )
    },
    users={each.id: each for each in (*_STUDENTS, *_ADULTS)},
    enrollments={
        each.id: each
        for each in (
            *(Enrollment(f"e{s.id}", "k1", s.id, "school-1", "student") for s in _STUDENTS),
            Enrollment("et1", "k1", "t1", "school-1", "teacher", True, date(2026, 8, 1)),
        )
    },
)


def write_zip(path: Path, files: Mapping[str, str | bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, text in files.items():
            zipped.writestr(name, text)
    return path


def files_of(
    roster: OneRoster, version: str = "1.1", mode: str = "bulk", gone: OneRoster | None = None
) -> dict[str, str]:
    """All files as text, by name. In a delta, `gone` are the records to be deleted."""
    delta = {"active": roster, "tobedeleted": gone or OneRoster()}
    said = {"": roster} if mode == "bulk" else delta
    names = ["orgs", "academicSessions", "courses", "classes", "users", "enrollments"]
    if version == "1.2":
        names.insert(5, "roles")
    rows: dict[str, list[Sequence[str]]] = {name: [] for name in names}
    for status, each in said.items():
        for name, values in _rows(each, version):
            when = "2026-11-01T00:00:00Z" if status else ""
            rows[name].append((values[0], status, when, *values[1:]))
    headers = HEADERS | {"users": HEADERS["users 1.2" if version == "1.2" else "users"]}
    files = {f"{name}.csv": text_of(headers[name], rows[name]) for name in names}
    if version != "1.0":
        files["manifest.csv"] = manifest_of(version, dict.fromkeys(names, mode))
    return files


def manifest_of(version: str, modes: Mapping[str, str]) -> str:
    lines = ["propertyName,value", "manifest.version,1.0", f"oneroster.version,{version}"]
    return "\r\n".join([*lines, *(f"file.{name},{mode}" for name, mode in modes.items()), ""])


def text_of(columns: str, rows: Iterable[Sequence[str]]) -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(["sourcedId", "status", "dateLastModified", *columns.split()])
    writer.writerows(rows)
    return text.getvalue()


def _rows(roster: OneRoster, version: str) -> Iterable[tuple[str, Sequence[str]]]:
    for org in roster.orgs.values():
        yield "orgs", (org.id, org.name, org.type, org.identifier, org.parent_id)
    for term in roster.sessions.values():
        days = (_day(term.start), _day(term.end))
        yield "academicSessions", (term.id, term.title, term.type, *days, term.parent_id, "2027")
    for course in roster.courses.values():
        yield "courses", (course.id, "", course.title, course.code, "", "", "", "")
    for each in roster.classes.values():
        grades, terms = ",".join(each.grades), ",".join(each.term_ids)
        about = (each.title, grades, each.course_id, each.code, each.type, "", each.school_id)
        yield "classes", (each.id, *about, terms, "", "", ",".join(each.periods))
    yield from _rows_of_people(roster, version)


def _rows_of_people(roster: OneRoster, version: str) -> Iterable[tuple[str, Sequence[str]]]:
    for user in roster.users.values():
        yield "users", _user(user, version)
        if version == "1.2":
            for role in user.roles:
                role_id = f"{user.id}-{role.role}-{role.org_id}"
                yield "roles", (role_id, user.id, *_role(role))
    for enrolled in roster.enrollments.values():
        where = (enrolled.class_id, enrolled.school_id, enrolled.user_id, enrolled.role)
        days = (_day(enrolled.start), _day(enrolled.end))
        yield "enrollments", (enrolled.id, *where, _yes(enrolled.is_primary), *days)


def _user(user: UserRecord, version: str) -> Sequence[str]:
    orgs = ",".join(role.org_id for role in user.roles)
    held = () if version == "1.2" else (orgs, user.roles[0].role if user.roles else "")
    names = (user.given_name, user.family_name, user.middle_name, user.identifier)
    reach = (user.email, user.sms, user.phone, ",".join(user.agents), ",".join(user.grades))
    preferred = ("", "", user.preferred_given_name, "", user.preferred_family_name, "", "")
    more = preferred if version == "1.2" else ()
    enabled = _yes(user.is_enabled)
    return (user.id, enabled, *held, user.username, "", *names, *reach, PASSWORD, *more)


def _role(role: RoleAt) -> Sequence[str]:
    kind = "primary" if role.is_primary else "secondary"
    return (kind, role.role, _day(role.start), _day(role.end), role.org_id, "")


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""


def _yes(value: bool) -> str:
    return "true" if value else "false"
