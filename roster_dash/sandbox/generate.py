"""Makes a district that looks like a real one, the same for the same seed.

With the oddities that Clever's documents and its users report: missing, malformed and shared
e-mails, people with several roles or two schools, contacts whose whole name is in `last`, classes
without teacher, term, course or students, and ids in a class that can't be read.
"""

import random
import unicodedata
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from roster_dash.sandbox.names import DISTRICTS, FIRST, HIGH_SCHOOL, LAST, SCHOOLS, SUBJECTS
from roster_dash.sandbox.world import Json, World

CLASS_SIZE = 25
CLASSES_EACH = 6
UNREADABLE = "ffffffffffffffffffffffff"
"""An id that classes name and nobody can read."""


def generate(
    seed: int = 1, schools: int = 3, size: int | None = None, today: date | None = None
) -> World:
    """A district of some schools; `size` is the students of each, else as schools have them."""
    maker = Maker(seed, today or date.today())  # noqa: DTZ011 - the demo's day is this machine's
    return maker.make(schools, size)


def grade_name(grade: int) -> str:
    return {-1: "PreKindergarten", 0: "Kindergarten"}.get(grade, str(grade))


def grade_number(name: str) -> int:
    return int(name) if name.isdecimal() else {"PreKindergarten": -1}.get(name, 0)


@dataclass
class Teaching:
    """What a school teaches with: its terms, courses by name, and teachers."""

    terms: list[str]
    courses: dict[str, str]
    teachers: list[Json]


class Maker:
    """Makes objects of one world; the time machine uses it for newcomers."""

    def __init__(self, seed: int, today: date, world: World | None = None) -> None:
        self.random = random.Random(seed)
        name = DISTRICTS[(seed - 1) % len(DISTRICTS)]
        self.world = world or World(seed, name, today)

    def make(self, schools: int, size: int | None) -> World:
        world = self.world
        world.events_enabled = False
        courses = self._courses()
        terms = self.terms(world.today)
        for number in range(schools):
            name, low, high, usual = SCHOOLS[number % len(SCHOOLS)]
            again = number // len(SCHOOLS)
            school = self._school(f"{name} {again + 1}" if again else name, low, high)
            self._fill(school, size or usual, Teaching(terms, courses, []))
        for title in ("Superintendent", "Director of Technology"):
            self._adult({"district_admin": {"legacy_id": self._legacy(), "title": title}})
        self._oddities()
        world.events_enabled = True
        return world

    def terms(self, today: date) -> list[str]:
        """This school year's terms, current first; one that has ended and one without dates."""
        year = today.year if today.month >= 7 else today.year - 1
        spans = [
            (f"{year}-{year + 1}", date(year, 7, 1), date(year + 1, 6, 30)),
            (f"Semester 1 {year}", date(year, 8, 10), date(year, 12, 31)),
            (f"Semester 2 {year + 1}", date(year + 1, 1, 1), date(year + 1, 6, 5)),
            (f"{year - 1}-{year}", date(year - 1, 7, 1), date(year, 6, 30)),
        ]
        spans.sort(key=lambda span: not span[1] <= today <= span[2])
        terms = [
            {"name": name, "start_date": f"{start}", "end_date": f"{end}"}
            for name, start, end in spans
        ]
        terms.append({"name": "Clubs"})
        return [self._put("terms", term)["id"] for term in terms]

    def student(self, school: Json, grade: int, **values: Any) -> Json:
        first, last = self._name()
        number = self._next()
        role: Json = {
            "legacy_id": self._legacy(),
            "school": school["id"],
            "schools": [school["id"]],
            "sis_id": f"S{number:06}",
            "student_number": f"{400000 + number}",
            "state_id": f"{70000000 + number}",
            "grade": grade_name(grade),
            "gender": self.random.choice(["M", "F", "X", ""]),
            "dob": self._birthday(grade),
            "hispanic_ethnicity": self.random.choice(["Y", "N", ""]),
            "enrollments": [],
            "credentials": {"district_username": f"{number}"},
            "created": self.world.now(),
            "last_modified": self.world.now(),
        }
        if self.random.random() < 0.06:
            role["preferred_name"] = {"first": self.random.choice(FIRST), "last": last}
        email = "" if grade < 3 and self.random.random() < 0.8 else self._email(first, last, number)
        user = self._user(first, last, email, {"student": role})
        if self.random.random() < 0.3:
            user["name"]["middle"] = self.random.choice(FIRST)
        return self.world.put("users", user | values)

    def teacher(self, school: Json) -> Json:
        number = self._next()
        role: Json = {
            "legacy_id": self._legacy(),
            "school": school["id"],
            "schools": [school["id"]],
            "sis_id": f"T{number:06}",
            "teacher_number": f"{number}",
            "title": self.random.choice(["Teacher", "Lead Teacher", ""]),
        }
        return self._adult({"teacher": role})

    def staff(self, school: Json, title: str = "Office Manager") -> Json:
        role: Json = {
            "legacy_id": self._legacy(),
            "staff_id": f"F{self._next():06}",
            "schools": [school["id"]],
            "title": title,
            "department": "Administration",
            "roles": ["School Tech Lead"] if title == "Technician" else [],
            "credentials": {"district_username": ""},
        }
        return self._adult({"staff": role})

    def contacts(self, students: list[Json]) -> None:
        """One or two parents for siblings, sometimes with an emergency contact."""
        last = students[0]["name"]["last"]
        chosen = self.random.random()
        kinds = ["Primary", "Secondary"] if chosen < 0.5 else ["Parent/Guardian"]
        if self.random.random() < 0.25:
            kinds.append("Emergency")
        for kind in kinds:
            self.contact(students, kind, last)

    def contact(self, students: list[Json], kind: str, last: str) -> Json:
        first, number = self.random.choice(FIRST), self._next()
        name = {"first": first, "last": last}
        if self.random.random() < 0.4:
            name = {"first": "", "last": f"{first} {last}"}
        relation = "Parent" if kind != "Emergency" else self.random.choice(["Aunt/Uncle", "Other"])
        role: Json = {
            "legacy_id": self._legacy(),
            "phone": f"555-01{number % 100:02}",
            "phone_type": self.random.choice(["Cell", "Home", "Work", ""]),
            "student_relationships": [
                {"student": student["id"], "relationship": relation, "type": kind}
                for student in students
            ],
        }
        if self.random.random() < 0.7:
            role["sis_id"] = f"C{number:06}"
        email = f"{_ascii(first)}.{_ascii(last)}{number}@mail.example"
        user = self._user("", "", email if self.random.random() < 0.9 else "", {"contact": role})
        user["name"] = name
        return self.world.put("users", user)

    def classes(self, school: Json, students: list[Json], teaching: Teaching) -> None:
        """Six classes a student, each with a teacher, of the first two terms."""
        by_grade: dict[str, list[Json]] = {}
        for student in students:
            by_grade.setdefault(student["roles"]["student"]["grade"], []).append(student)
        for grade, members in by_grade.items():
            for period in range(1, CLASSES_EACH + 1):
                self.random.shuffle(members)
                for start in range(0, len(members), CLASS_SIZE):
                    group = members[start : start + CLASS_SIZE]
                    self._section(school, grade, period, group, teaching)

    def enroll(self, school: Json, student: Json, sections: int = CLASSES_EACH) -> None:
        """Puts a newcomer into some classes of their grade."""
        grade = student["roles"]["student"]["grade"]
        fitting = [
            section["id"]
            for section in self.world.objects["sections"].values()
            if section["school"] == school["id"] and section.get("grade") == grade
        ]
        for section_id in self.random.sample(fitting, min(sections, len(fitting))):
            section = self.world.change("sections", section_id)
            section["students"].append(student["id"])
            self.world.put("sections", section)

    def _fill(self, school: Json, size: int, teaching: Teaching) -> None:
        low, high = grade_number(school["low_grade"]), grade_number(school["high_grade"])
        students = [self.student(school, low + n % (high - low + 1)) for n in range(size)]
        teachers = [self.teacher(school) for _ in range(max(2, size // 18))]
        for title in ("Principal", "Office Manager", "Technician")[: max(1, size // 60)]:
            self.staff(school, title)
        position = 0
        while position < len(students):
            count = self.random.choice([1, 1, 1, 2, 3])
            self.contacts(students[position : position + count])
            position += count
        self.classes(school, students, Teaching(teaching.terms, teaching.courses, teachers))

    def _section(
        self, school: Json, grade: str, period: int, group: list[Json], teaching: Teaching
    ) -> None:
        subject, kind = SUBJECTS[period % len(SUBJECTS)]
        number = grade_number(grade)
        special = HIGH_SCHOOL.get(subject)
        course = special[number - 9] if special and 9 <= number <= 12 else subject
        teacher = self.random.choice(teaching.teachers)
        teachers = [teacher["id"]]
        if self.random.random() < 0.12:
            other = self.random.choice(teaching.teachers)["id"]
            teachers += [other] if other != teacher["id"] else []
        self._put(
            "sections",
            {
                "school": school["id"],
                "name": f"{course} - {teacher['name']['last']} - {period}",
                "sis_id": f"X{self._next():06}",
                "subject": kind,
                "students": [student["id"] for student in group],
                "teacher": teacher["id"],
                "teachers": teachers,
                "course": teaching.courses[course],
                "term_id": teaching.terms[0 if period < 5 else 1],
                "section_number": f"{self.world.number}",
                "period": f"{period}",
                "grade": grade,
            },
        )

    def _oddities(self) -> None:
        world, rand = self.world, self.random
        users = world.objects["users"]
        students = [key for key, user in users.items() if "student" in user["roles"]]
        teachers = [key for key, user in users.items() if "teacher" in user["roles"]]
        schools = list(world.objects["schools"])
        sections = list(world.objects["sections"])
        for key, email in zip(
            rand.sample(students, min(4, len(students))),
            ("", "no-at-sign.example", "shared@riverdale.example", "shared@riverdale.example"),
            strict=False,
        ):
            self._edit("users", key, email=email)
        both = world.change("users", teachers[0])
        both["roles"]["staff"] = {
            "legacy_id": self._legacy(),
            "staff_id": f"F{self._next():06}",
            "schools": [both["roles"]["teacher"]["school"]],
            "title": "Counselor",
            "roles": [],
            "credentials": {"district_username": ""},
        }
        world.put("users", both)
        leader = world.change("users", teachers[-1])
        leader["roles"]["district_admin"] = {"legacy_id": self._legacy(), "title": "Curriculum"}
        world.put("users", leader)
        if len(schools) > 1:
            guest = world.change("users", students[-1])
            guest["roles"]["student"]["schools"] = sorted({*schools[:2], *guest_schools(guest)})
            world.put("users", guest)
        changes: tuple[Json, ...] = (
            {"teacher": None, "teachers": []},
            {"term_id": None},
            {"course": None, "period": ""},
            {"grade": ""},
            {"students": []},
            {"term_id": None, "course": None, "section_number": None},
        )
        for key, change in zip(
            rand.sample(sections, min(6, len(sections))),
            changes,
            strict=False,
        ):
            self._edit("sections", key, **change)
        unreadable = world.change("sections", sections[0])
        unreadable["students"].append(UNREADABLE)
        world.put("sections", unreadable)

    def _edit(self, collection: str, key: str, **values: Any) -> None:
        self.world.put(collection, self.world.change(collection, key) | values)

    def _courses(self) -> dict[str, str]:
        names = [subject for subject, _ in SUBJECTS]
        names += [course for courses in HIGH_SCHOOL.values() for course in courses]
        return {
            name: self._put("courses", {"name": name, "number": f"{100 + number}"})["id"]
            for number, name in enumerate(names)
        }

    def _school(self, name: str, low: int, high: int) -> Json:
        number = self._next()
        return self._put(
            "schools",
            {
                "name": name,
                "sis_id": f"{1000 + number}",
                "school_number": f"{1000 + number}",
                "low_grade": grade_name(low),
                "high_grade": grade_name(high),
                "phone": "555-0100",
                "principal": {"name": " ".join(self._name()), "email": ""},
                "location": {"address": "1 School Street", "city": "Riverdale", "state": "IL"},
                "ext": {},
            },
        )

    def _adult(self, roles: Json) -> Json:
        first, last = self._name()
        email = self._email(first, last, self._next())
        return self.world.put("users", self._user(first, last, email, roles))

    def _user(self, first: str, last: str, email: str, roles: Json) -> Json:
        user: Json = {
            "id": self.world.new_id(),
            "district": self.world.id,
            "name": {"first": first, "last": last},
            "created": self.world.now(),
            "last_modified": self.world.now(),
            "roles": roles,
        }
        return user | ({"email": email} if email else {})

    def _put(self, collection: str, values: Json) -> Json:
        record = {"id": self.world.new_id(), "district": self.world.id} | values
        if collection in ("schools", "sections"):
            record |= {"created": self.world.now(), "last_modified": self.world.now()}
        return self.world.put(collection, record)

    def _name(self) -> tuple[str, str]:
        return self.random.choice(FIRST), self.random.choice(LAST)

    def _email(self, first: str, last: str, number: int) -> str:
        return f"{_ascii(first)}.{_ascii(last)}{number}@riverdale.example"

    def _birthday(self, grade: int) -> str:
        day = self.world.today - timedelta(days=365 * (grade + 5) + self.random.randrange(365))
        return f"{day.month}/{day.day}/{day.year}"

    def _next(self) -> int:
        self.world.number += 1
        return self.world.number

    def _legacy(self) -> str:
        return self.world.new_id()


def guest_schools(user: Json) -> list[str]:
    return list(user["roles"]["student"]["schools"])


def _ascii(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return "".join(letter for letter in plain if letter.isalnum()) or "someone"
