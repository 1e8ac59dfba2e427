"""Rows as records: which columns a file has, and what a row of it says."""

from dataclasses import replace

from roster_dash.sources.oneroster.csv_table import Layout, Row
from roster_dash.sources.oneroster.records import (
    AcademicSession,
    ClassRecord,
    Course,
    Enrollment,
    Org,
    RoleAt,
    UserRecord,
)
from roster_dash.sources.oneroster.shelf import HeldRole

SIS_ID, RELATIONSHIP = "metadata.sis_id", "metadata.relationship"
EXACT_GRADE, EXACT_PERIOD = "metadata.exact_grade", "metadata.exact_period"
STAND_IN = "metadata.stand_in"
"""Extensions: what we say in files of our own beyond the standard."""


def _layout(file: str, columns: str, required: str, unread: str = "", *said: str) -> Layout:
    return Layout(
        file,
        ("sourcedId", "status", "dateLastModified", *columns.split()),
        ("sourcedId", *required.split()),
        frozenset(unread.split()),
        said,
    )


ORGS = _layout("orgs.csv", "name type identifier parentSourcedId", "name type")
SESSIONS = _layout(
    "academicSessions.csv",
    "title type startDate endDate parentSourcedId schoolYear",
    "title type startDate endDate",
    "schoolYear",
    STAND_IN,
)
COURSES = _layout(
    "courses.csv",
    "schoolYearSourcedId title courseCode grades orgSourcedId subjects subjectCodes",
    "title",
    "schoolYearSourcedId grades orgSourcedId subjects subjectCodes",
    STAND_IN,
)
CLASSES = _layout(
    "classes.csv",
    "title grades courseSourcedId classCode classType location schoolSourcedId termSourcedIds "
    "subjects subjectCodes periods",
    "title courseSourcedId classType schoolSourcedId termSourcedIds",
    "location subjects subjectCodes",
    EXACT_GRADE,
    EXACT_PERIOD,
)
USERS_1_2 = _layout(
    "users.csv",
    "enabledUser username userIds givenName familyName middleName identifier email sms phone "
    "agentSourcedIds grades password userMasterIdentifier resourceSourcedIds preferredGivenName "
    "preferredMiddleName preferredFamilyName primaryOrgSourcedId pronouns",
    "enabledUser username givenName familyName",
    "userIds password userMasterIdentifier resourceSourcedIds preferredMiddleName "
    "primaryOrgSourcedId pronouns",
    SIS_ID,
    RELATIONSHIP,
    EXACT_GRADE,
)
USERS_1_1 = _layout(
    "users.csv",
    "enabledUser orgSourcedIds role username userIds givenName familyName middleName identifier "
    "email sms phone agentSourcedIds grades password",
    "enabledUser orgSourcedIds role username givenName familyName",
    unread="userIds password",
)
USERS_1_0 = replace(
    USERS_1_1, required=tuple(each for each in USERS_1_1.required if each != "enabledUser")
)
ROLES = _layout(
    "roles.csv",
    "userSourcedId roleType role beginDate endDate orgSourcedId userProfileSourcedId",
    "userSourcedId roleType role orgSourcedId",
    unread="userProfileSourcedId",
)
ENROLLMENTS = _layout(
    "enrollments.csv",
    "classSourcedId schoolSourcedId userSourcedId role primary beginDate endDate",
    "classSourcedId schoolSourcedId userSourcedId role",
)

_ORG_TYPES = ("department", "school", "district", "local", "state", "national")
_SESSION_TYPES = ("gradingPeriod", "semester", "schoolYear", "term")
_CLASS_TYPES = ("homeroom", "scheduled")
_ROLES = (
    *("administrator", "aide", "counselor", "districtAdministrator", "guardian", "parent"),
    *("principal", "proctor", "relative", "siteAdministrator", "student"),
    *("systemAdministrator", "teacher"),
)


def read_org(row: Row) -> Org:
    return Org(
        id=row.id(),
        name=row.text("name"),
        type=row.word("type", _ORG_TYPES),
        identifier=row.text("identifier"),
        parent_id=row.id("parentSourcedId"),
    )


def read_session(row: Row) -> AcademicSession:
    return AcademicSession(
        id=row.id(),
        title=row.text("title"),
        type=row.word("type", _SESSION_TYPES),
        start=row.day("startDate"),
        end=row.day("endDate"),
        parent_id=row.id("parentSourcedId"),
        is_stand_in=row.text(STAND_IN) == "true",
    )


def read_course(row: Row) -> Course:
    return Course(
        id=row.id(),
        title=row.text("title"),
        code=row.text("courseCode"),
        is_stand_in=row.text(STAND_IN) == "true",
    )


def read_class(row: Row) -> ClassRecord:
    return ClassRecord(
        id=row.id(),
        title=row.text("title"),
        code=row.text("classCode"),
        type=row.word("classType", _CLASS_TYPES),
        course_id=row.id("courseSourcedId"),
        school_id=row.id("schoolSourcedId"),
        term_ids=row.many("termSourcedIds"),
        grades=row.many("grades"),
        periods=row.many("periods"),
        exact_grade=row.text(EXACT_GRADE),
        exact_period=row.text(EXACT_PERIOD),
    )


def read_user(row: Row) -> UserRecord:
    """With the role that 1.0 and 1.1 have among a user's columns. Passwords are never looked at."""
    role = row.word("role", _ROLES)
    orgs = row.many("orgSourcedIds") or ("",)
    return UserRecord(
        id=row.id(),
        roles=tuple(RoleAt(role, org) for org in orgs) if role else (),
        is_enabled=row.is_yes("enabledUser", when_blank=True),
        given_name=row.text("givenName"),
        middle_name=row.text("middleName"),
        family_name=row.text("familyName"),
        preferred_given_name=row.text("preferredGivenName"),
        preferred_family_name=row.text("preferredFamilyName"),
        username=row.text("username"),
        identifier=row.text("identifier"),
        email=row.text("email"),
        phone=row.text("phone"),
        sms=row.text("sms"),
        grades=row.many("grades"),
        agents=row.many("agentSourcedIds"),
        sis_id=row.said(SIS_ID),
        relationship=row.said(RELATIONSHIP),
        exact_grade=row.text(EXACT_GRADE),
    )


def read_role(row: Row, is_active: bool) -> HeldRole:
    role = RoleAt(
        role=row.word("role", _ROLES),
        org_id=row.id("orgSourcedId"),
        is_primary=row.word("roleType", ("primary", "secondary")) == "primary",
        start=row.day("beginDate"),
        end=row.day("endDate"),
    )
    return HeldRole(row.id("userSourcedId"), role, is_active)


def read_enrollment(row: Row) -> Enrollment:
    return Enrollment(
        id=row.id(),
        class_id=row.id("classSourcedId"),
        user_id=row.id("userSourcedId"),
        school_id=row.id("schoolSourcedId"),
        role=row.word("role", _ROLES),
        is_primary=row.is_yes("primary", when_blank=False),
        start=row.day("beginDate"),
        end=row.day("endDate"),
    )
