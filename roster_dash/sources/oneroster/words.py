"""OneRoster's words and days, and what they are here. Words match in any case."""

from datetime import date, timedelta

from roster_dash.roster.roles import Role

ROLES = {
    "student": Role.STUDENT,
    "teacher": Role.TEACHER,
    "aide": Role.STAFF,
    "counselor": Role.STAFF,
    "proctor": Role.STAFF,
    "principal": Role.STAFF,
    "siteadministrator": Role.STAFF,
    "administrator": Role.STAFF,
    "districtadministrator": Role.ADMIN,
    "systemadministrator": Role.ADMIN,
}
"""`administrator` is at a school; 1.1 has this one word for those of the district, too."""

CONTACTS = ("parent", "guardian", "relative")
"""Roles of somebody who is a contact and no person of a roster; the first is preferred."""

_GRADES = {
    "IT": "InfantToddler",
    "PR": "Preschool",
    "PK": "PreKindergarten",
    "TK": "TransitionalKindergarten",
    "KG": "Kindergarten",
    **{f"{number:02}": f"{number}" for number in range(1, 14)},
    "PS": "PostGraduate",
    "UG": "Ungraded",
    "OTHER": "Other",
    "ABE": "Other",
    "ASE": "Other",
    "ADULTESL": "Other",
}
_WORDS = {meant: word for word, meant in reversed(_GRADES.items())} | {"Other": "Other"}
SAID = {
    Role.STUDENT: "student",
    Role.TEACHER: "teacher",
    Role.STAFF: "aide",
    Role.ADMIN: "districtAdministrator",
}
"""What we call roles where we are the provider. Staff may be anybody of the school, so they get
the word with the fewest rights elsewhere."""
_NEVER_SET = date.min
"""What some systems send as 0001-01-01 is no day."""


def grade(words: tuple[str, ...]) -> str:
    """The grade in Clever's word where there is just one; one that we don't know stays as it is."""
    found = {_GRADES.get(word.strip().upper(), word.strip()) for word in words} - {""}
    return found.pop() if len(found) == 1 else ""


def grade_words(text: str) -> tuple[str, ...]:
    """A grade as OneRoster has it; `grade` reads it back but for texts like "KG" and "9, 10"."""
    parts = dict.fromkeys(part.strip() for part in text.split(","))
    return tuple(_WORDS.get(part, part) for part in parts if part)


def known_day(day: date | None) -> date | None:
    return None if day == _NEVER_SET else day


def last_day(end: date | None) -> date | None:
    """OneRoster's end is the first day after; here it is the last day of."""
    end = known_day(end)
    return None if end is None else end - timedelta(days=1)


def holds(start: date | None, end: date | None, day: date) -> bool:
    """Whether something with an end in OneRoster's way holds on a day. In doubt, it does."""
    start, last = known_day(start), last_day(end)
    return (start is None or start <= day) and (last is None or day <= last)
