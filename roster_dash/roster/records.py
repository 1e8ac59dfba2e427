"""What a source tells and what is kept here. Frozen, compared by value.

Text fields are never None: absent, null and blank are all "".
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from roster_dash.roster.history import Leaving
from roster_dash.roster.origin import CLEVER, Origin
from roster_dash.roster.roles import Role


class Status(StrEnum):
    ACTIVE = "active"
    ARCHIVED = "archived"


@dataclass(frozen=True, slots=True)
class Contact:
    """A student's primary parent contact: information on the student, not a person of its own."""

    source_id: str = ""
    name: str = ""
    email: str = ""
    phone: str = ""
    relationship: str = ""


NO_CONTACT = Contact()


@dataclass(frozen=True, slots=True)
class Person:
    """One person of a roster. `roles` are those held at this school, in order of precedence."""

    source_id: str
    roles: tuple[Role, ...] = ()
    sis_id: str = ""
    first_name: str = ""
    middle_name: str = ""
    last_name: str = ""
    preferred_name: str = ""
    email: str = ""
    grade: str = ""
    student_number: str = ""
    contact: Contact = NO_CONTACT

    @property
    def name(self) -> str:
        """How people call them: the preferred name, or first and last, or whatever there is."""
        given = self.preferred_name or self.first_name or self.middle_name
        last = "" if self.last_name and self.last_name in given else self.last_name
        return f"{given} {last}".strip() or self.email or self.source_id


TEXT_FIELDS = (
    "sis_id",
    "first_name",
    "middle_name",
    "last_name",
    "preferred_name",
    "email",
    "grade",
    "student_number",
)
CONTACT_FIELDS = ("name", "email", "phone", "relationship")


@dataclass(frozen=True, slots=True)
class Term:
    """`start` and `end` are days of the school's calendar, both included; None is unknown."""

    source_id: str
    name: str = ""
    start: date | None = None
    end: date | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """A class as the source has it. `teachers` has the primary teacher first."""

    source_id: str
    name: str = ""
    course: str = ""
    term_id: str = ""
    grade: str = ""
    period: str = ""
    teachers: tuple[str, ...] = ()
    students: tuple[str, ...] = ()
    unsure: tuple[str, ...] = ()
    """The sides ("managers", "members") that could not be read whole: nobody is taken off them."""


@dataclass(frozen=True, slots=True)
class DistrictPart:
    """What has no per-school answer: district admins, and students' primary contacts."""

    admins: tuple[Person, ...] = ()
    contacts: Mapping[str, Contact] = field(default_factory=dict)
    """source_id of the student -> their primary contact."""


@dataclass(frozen=True, slots=True)
class SharedSchool:
    """A school the source shares, linked here or not."""

    source_id: str
    name: str
    number: str = ""
    """What the school's own system calls it, if the source says so."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One complete, verified answer of a source for one school."""

    school_name: str = ""
    people: tuple[Person, ...] = ()
    sections: tuple[Section, ...] = ()
    terms: tuple[Term, ...] = ()
    about: Mapping[str, str] = field(default_factory=dict)
    """What else the source said: district name and state, its own last sync."""

    def count(self, role: Role) -> int:
        return sum(1 for person in self.people if role in person.roles)


@dataclass(frozen=True, slots=True)
class KeptPerson:
    """A row of the People Manager. `person.source_id` is "" until a sync has matched it.

    `set_here` names the fields that somebody set here, "contact" for all of the contact.
    `leaving`: since when the roster lacks them; `stays_until`: somebody wants them to stay so
    long whatever the roster says. `moved_to`: the school they went to, of somebody archived.
    """

    id: int
    person: Person
    status: Status = Status.ACTIVE
    included: bool = True
    set_here: frozenset[str] = frozenset()
    leaving: Leaving | None = None
    stays_until: date | None = None
    moved_to: str = ""

    @property
    def is_active(self) -> bool:
        return self.status is Status.ACTIVE


@dataclass(frozen=True, slots=True)
class UserList:
    """What a section becomes here. `title` follows `synced_title` until someone retitles it."""

    source_id: str
    title: str = ""
    synced_title: str = ""
    course: str = ""
    term: str = ""
    term_id: str = ""
    grade: str = ""
    period: str = ""


LIST_FIELDS = ("title", "synced_title", "course", "term", "term_id", "grade", "period")


@dataclass(frozen=True, slots=True)
class KeptList:
    """A user list here, with the ids of its people; those in `by_hand` were put there by hand."""

    id: int
    list: UserList
    status: Status = Status.ACTIVE
    managers: frozenset[int] = frozenset()
    members: frozenset[int] = frozenset()
    by_hand: frozenset[tuple[str, int]] = frozenset()
    """(side, person id)."""
    included: bool = True

    @property
    def is_active(self) -> bool:
        return self.status is Status.ACTIVE


@dataclass(frozen=True, slots=True)
class Kept:
    """Everything a school keeps here: what a snapshot is compared with.

    `origin`: how its people call where the roster comes from.
    """

    people: tuple[KeptPerson, ...] = ()
    lists: tuple[KeptList, ...] = ()
    origin: Origin = CLEVER


def called(field: str) -> str:
    """How people call a person's field: "first name", "contact’s e-mail"."""
    words = field.replace("contact_", "contact’s ").replace("_", " ")
    return words.replace("email", "e-mail").replace("sis", "SIS")
