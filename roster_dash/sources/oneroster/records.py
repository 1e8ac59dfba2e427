"""What a OneRoster provider says, in one form for REST and CSV, 1.0 to 1.2. Nothing is interpreted.

Only what is there counts: readers leave out records with the status `tobedeleted` or `inactive`.
Ids are sourcedIds as the provider writes them. Text is trimmed; absent, null and blank are all "".

Some fields are extensions (`metadata`) with which we say, as a provider ourselves, what the
standard has no field for: `sis_id`, `relationship`, `exact_…`, `is_stand_in`. Others don't say
them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True, slots=True)
class Org:
    """`type` is department, school, district, local, state or national."""

    id: str
    name: str = ""
    type: str = ""
    identifier: str = ""
    parent_id: str = ""


@dataclass(frozen=True, slots=True)
class AcademicSession:
    """`type` is gradingPeriod, semester, schoolYear or term. `end` is the first day after it."""

    id: str
    title: str = ""
    type: str = ""
    start: date | None = None
    end: date | None = None
    parent_id: str = ""
    is_stand_in: bool = False
    """It is there only because OneRoster wants a term of every class."""


@dataclass(frozen=True, slots=True)
class Course:
    id: str
    title: str = ""
    code: str = ""
    is_stand_in: bool = False
    """It is there only because OneRoster wants a course of every class."""


@dataclass(frozen=True, slots=True)
class ClassRecord:
    """`type` is homeroom or scheduled. `grades` are in OneRoster's words: KG, 01 and so on."""

    id: str
    title: str = ""
    code: str = ""
    type: str = ""
    course_id: str = ""
    school_id: str = ""
    term_ids: tuple[str, ...] = ()
    grades: tuple[str, ...] = ()
    periods: tuple[str, ...] = ()
    exact_grade: str = ""
    exact_period: str = ""
    """As they are to be read, where `grades` and `periods` would be read otherwise."""


@dataclass(frozen=True, slots=True)
class RoleAt:
    """A role at an organization, in OneRoster's words. In 1.0 and 1.1 a user has one role, which
    is held at each of their organizations."""

    role: str
    org_id: str
    is_primary: bool = False
    start: date | None = None
    end: date | None = None
    """The first day on which it isn't held any more."""


@dataclass(frozen=True, slots=True)
class UserRecord:
    """`agents` are users with something to do with this one: parents of a student, say."""

    id: str
    roles: tuple[RoleAt, ...] = ()
    is_enabled: bool = True
    given_name: str = ""
    middle_name: str = ""
    family_name: str = ""
    preferred_given_name: str = ""
    preferred_family_name: str = ""
    username: str = ""
    identifier: str = ""
    email: str = ""
    phone: str = ""
    sms: str = ""
    grades: tuple[str, ...] = ()
    agents: tuple[str, ...] = ()
    sis_id: str | None = None
    relationship: str | None = None
    """What a contact is to the student; None: not said."""
    exact_grade: str = ""


@dataclass(frozen=True, slots=True)
class Enrollment:
    """`role` is administrator, proctor, student or teacher (1.1 also aide and others)."""

    id: str
    class_id: str = ""
    user_id: str = ""
    school_id: str = ""
    role: str = ""
    is_primary: bool = False
    start: date | None = None
    end: date | None = None
    """The first day on which it isn't held any more."""


@dataclass(frozen=True, slots=True)
class OneRoster:
    """All of a provider's records by id: complete, or it isn't made."""

    orgs: Mapping[str, Org] = field(default_factory=dict)
    sessions: Mapping[str, AcademicSession] = field(default_factory=dict)
    courses: Mapping[str, Course] = field(default_factory=dict)
    classes: Mapping[str, ClassRecord] = field(default_factory=dict)
    users: Mapping[str, UserRecord] = field(default_factory=dict)
    enrollments: Mapping[str, Enrollment] = field(default_factory=dict)
