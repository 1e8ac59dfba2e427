"""The roles a roster can bring. A ROLE TOGGLE IS A ROW HERE."""

from enum import StrEnum
from functools import cache


class Role(StrEnum):
    """A roster role; the order is precedence: the first enabled one decides a person's switches."""

    ADMIN = "admin"
    STAFF = "staff"
    TEACHER = "teacher"
    STUDENT = "student"

    @property
    def setting(self) -> str:
        """Name of this role's settings, `students` say."""
        return _ROWS[self][0]

    @property
    def label(self) -> str:
        return _ROWS[self][1]

    @property
    def help(self) -> str:
        return _ROWS[self][2]

    def counted(self, number: int) -> str:
        """The number with its noun: "1 student", "2 staff"."""
        one, many = _ROWS[self][3:]
        return f"{number:,} {one if number == 1 else many}"


_ROWS = {
    Role.ADMIN: (
        "admins",
        "Admins",
        "District-wide administrators. They appear in every linked school.",
        "admin",
        "admins",
    ),
    Role.STAFF: ("staff", "Staff", "School staff and school admins.", "staff", "staff"),
    Role.TEACHER: ("teachers", "Teachers", "Teachers of this school.", "teacher", "teachers"),
    Role.STUDENT: ("students", "Students", "Students of this school.", "student", "students"),
}

PRECEDENCE: tuple[Role, ...] = tuple(Role)
FORM_ORDER: tuple[Role, ...] = (Role.STUDENT, Role.TEACHER, Role.STAFF, Role.ADMIN)


@cache
def roles_named(names: tuple[str, ...]) -> tuple[Role, ...]:
    """Roles as they are stored; thousands have the same few."""
    return tuple(map(Role, names))
