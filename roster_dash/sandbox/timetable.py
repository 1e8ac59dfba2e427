"""A school year's terms, courses and sections: who is taught what by whom.

Every student has about six sections of the current term. As in Clever, a section's name is its
course, its teacher's last name and its period.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import Any

from roster_dash.sandbox.district import World
from roster_dash.sandbox.ids import moment_text
from roster_dash.sandbox.people import LADDER, school_year

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Terms:
    """Their ids."""

    current: str
    next: str
    ended: str
    undated: str


@dataclass(frozen=True, slots=True)
class Subject:
    """`name` may have the grade in it; `own` subjects are taught by the class's own teacher."""

    code: str
    name: str
    kind: str
    own: bool = False


_SECONDARY = (
    Subject("ENG", "English {grade}", "english/language arts"),
    Subject("MAT", "Mathematics {grade}", "math"),
    Subject("SCI", "Science {grade}", "science"),
    Subject("SOC", "Social Studies {grade}", "social studies"),
    Subject("PHE", "Physical Education", "PE and health"),
    Subject("ELE", "{elective}", "arts and music"),
)
_PRIMARY = (
    Subject("HMR", "Homeroom {grade}", "homeroom/advisory", own=True),
    Subject("RDG", "Reading {grade}", "english/language arts", own=True),
    Subject("MAT", "Math {grade}", "math", own=True),
    Subject("SCI", "Discovery {grade}", "science", own=True),
    Subject("MUS", "Music", "arts and music"),
    Subject("PHE", "PE", "PE and health"),
)
_ELECTIVES = (
    ("Spanish I", "language"),
    ("Français", "language"),
    ("Studio Art", "arts and music"),
    ("Concert Band", "arts and music"),
    ("Computer Science", "technology and engineering"),
    ("Study Skills", "interventions/online learning"),
    ("Driver’s Education", "other"),
    ("Yearbook", ""),
)
_SHORT = {"PreKindergarten": "Pre-K", "Kindergarten": "K"}
SECONDARY_CLASS, PRIMARY_CLASS = 28, 22


def make_terms(world: World) -> Terms:
    """Autumn is August to December, spring the rest, so that today is always in the current one."""
    began = school_year(world.today)
    autumn = (f"Fall {began}", f"{began}-08-01", f"{began}-12-31")
    spring = (f"Spring {began + 1}", f"{began + 1}-01-01", f"{began + 1}-07-31")
    later = (f"Fall {began + 1}", f"{began + 1}-08-01", f"{began + 1}-12-31")
    in_autumn = world.today.month >= 8
    return Terms(
        current=_put_term(world, *(autumn if in_autumn else spring)),
        next=_put_term(world, *(spring if in_autumn else later)),
        ended=_put_term(world, f"{began - 1}-{began}", f"{began - 1}-08-16", f"{began}-06-10"),
        undated=_put_term(world, "Open Enrollment", None, None),
    )


def _put_term(world: World, name: str, start: str | None, end: str | None) -> str:
    """Without an end the field is absent."""
    term_id = world.new_id()
    term: Json = {"id": term_id, "district": world.id, "name": name, "start_date": start}
    world.put("terms", term if end is None else term | {"end_date": end})
    return term_id


class Timetable:
    """Makes one school's sections. `students` maps a grade to its students' ids."""

    def __init__(
        self, world: World, school: Json, students: dict[str, list[str]], teachers: Sequence[str]
    ) -> None:
        self._world = world
        self._school = school
        self._students = students
        self._teachers = cycle(teachers)
        self._several = len(teachers) > 1
        self._courses: dict[str, str] = {}
        self._made = 0

    def fill(self, terms: Terms) -> None:
        """The current term in full; one subject of the next and of the ended one; some undated."""
        for grade, students in self._students.items():
            subjects = _PRIMARY if LADDER.index(grade) <= LADDER.index("5") else _SECONDARY
            self.fill_grade(grade, students, subjects, terms.current)
            self.fill_grade(grade, students, subjects[1:2], terms.next)
            self.fill_grade(grade, students, subjects[2:3], terms.ended)
            if grade in ("5", "12"):
                self.fill_grade(grade, students[:15], subjects[-1:], terms.undated)

    def fill_grade(
        self, grade: str, students: Sequence[str], subjects: Iterable[Subject], term: str
    ) -> None:
        primary = LADDER.index(grade) <= LADDER.index("5")
        size = PRIMARY_CLASS if primary else SECONDARY_CLASS
        pool = list(students)
        own = {start: next(self._teachers) for start in range(0, len(pool), size)}
        for period, subject in enumerate(subjects, 1):
            if not primary:
                self._world.rng.shuffle(pool)
            for start, members in _chunks(pool, size):
                lead = own[start] if subject.own else next(self._teachers)
                self._section(subject, grade, term, lead, members, str(period))

    def _section(
        self,
        subject: Subject,
        grade: str,
        term: str,
        lead: str,
        members: Sequence[str],
        period: str,
    ) -> None:
        world, rng = self._world, self._world.rng
        self._made += 1
        name, kind = subject.name.format(grade=_SHORT.get(grade, grade), elective=""), subject.kind
        if not name:
            name, kind = rng.choice(_ELECTIVES)
        teachers = [lead]
        if self._several and rng.random() < 0.08 and (helper := next(self._teachers)) != lead:
            teachers.append(helper)
        made = moment_text(world.now())
        number = f"{self._made:04}"
        world.put(
            "sections",
            {
                "id": world.new_id(),
                "district": world.id,
                "school": self._school["id"],
                "created": made,
                "last_modified": made,
                "name": f"{name} - {world.objects['users'][lead]['name']['last']} - {period}",
                "sis_id": f"{self._school['sis_id']}-{world.serial()}",
                "subject": kind,
                "students": sorted(members),
                "teacher": lead,
                "teachers": teachers,
                "course": self._course(subject.code, grade, name),
                "term_id": term,
                "section_number": number,
                "period": period,
                "grade": grade,
                "ext": {},
            },
        )

    def _course(self, code: str, grade: str, name: str) -> str:
        key = f"{code}/{grade}/{name}"
        if key not in self._courses:
            number = f"{code}{LADDER.index(grade):02}{len(self._courses):02}"
            course = {"id": self._world.new_id(), "district": self._world.id, "name": name}
            self._world.put("courses", course | {"number": number})
            self._courses[key] = course["id"]
        return self._courses[key]


def _chunks(pool: Sequence[str], size: int) -> Iterator[tuple[int, Sequence[str]]]:
    for start in range(0, len(pool), size):
        yield start, pool[start : start + size]
