"""A whole made-up district from a seed: the same seed gives the same JSON.

After the bulk come the oddities that real districts have, so that even a small world has each:
people of several roles, shared and malformed e-mails, sections without a teacher and so on.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from roster_dash.sandbox import names, people
from roster_dash.sandbox.district import World
from roster_dash.sandbox.ids import moment_text, morning_of
from roster_dash.sandbox.people import LADDER, Family
from roster_dash.sandbox.timetable import Terms, Timetable, make_terms

Json = dict[str, Any]

_KINDS = (
    ("High School", names.HIGH_SCHOOLS, "9", "12", 900),
    ("Middle School", names.MIDDLE_SCHOOLS, "6", "8", 450),
    ("Elementary School", names.ELEMENTARY_SCHOOLS, "PreKindergarten", "5", 300),
)


def generate(
    seed: int,
    schools: int = 3,
    size: int | None = None,
    *,
    number: int = 1,
    today: date | None = None,
) -> World:
    """The `number`th district of a seed. `size` is each school's students; None: as its kind."""
    name = names.DISTRICTS[(number - 1) % len(names.DISTRICTS)]
    today = today or datetime.now(UTC).date()
    world = World(seed, number, name, f"{names.mailbox(name.split()[0])}.example", today)
    _describe(world)
    school_records = [_school(world, index) for index in range(schools)]
    terms = make_terms(world)
    families: list[Family] = []
    for index, school in enumerate(school_records):
        _populate(world, school, size or _KINDS[index % len(_KINDS)][4], families)
    for index in range(2):
        _add(world, people.district_admin(world, index))
    for home in families:
        for contact in people.contacts(world, home):
            _add(world, contact)
    for school in school_records:
        fill_timetable(world, school, terms)
    _put_resource(world)
    _make_odd(world, school_records, families)
    return world


def fill_timetable(world: World, school: Json, terms: Terms) -> None:
    """New sections for everybody who is at a school as their primary one."""
    students: dict[str, list[str]] = defaultdict(list)
    for user in of_role(world, "student", school["id"]):
        students[user["roles"]["student"]["grade"]].append(user["id"])
    teachers = [user["id"] for user in of_role(world, "teacher", school["id"])]
    known = {grade: students[grade] for grade in LADDER if grade in students}
    if teachers:
        Timetable(world, school, known, teachers).fill(terms)


def of_role(world: World, role: str, school_id: str = "") -> list[Json]:
    """Users who have a role, at a school if one is named, as their primary one."""
    return [
        user
        for user in world.objects["users"].values()
        if (held := user["roles"].get(role)) is not None
        and (not school_id or held.get("school") == school_id)
    ]


def grades_of(school: Json) -> tuple[str, ...]:
    return LADDER[LADDER.index(school["low_grade"]) : LADDER.index(school["high_grade"]) + 1]


def _describe(world: World) -> None:
    """The district itself."""
    contact_name = {"first": names.first_name(world.rng), "last": names.last_name(world.rng)}
    world.district = {
        "id": world.id,
        "name": world.name,
        "sis_type": "sftp",
        "launch_date": f"{world.today - timedelta(days=400)}",
        "portal_url": f"https://clever.example/in/{world.domain.partition('.')[0]}",
        "login_methods": ["Clever Passwords", "Google"],
        "last_sync": moment_text(morning_of(world.today)),
        "state": "success",
        "error": "",
        "nces_id": f"08{world.serial()}",
        "mdr_number": None,
        "pause_start": None,
        "pause_end": None,
        "lms_type": "",
        "lms_state": "",
        "district_contact": {
            "id": world.new_id(),
            "district": world.id,
            "name": contact_name,
            "email": f"clever@{world.domain}",
            "title": "Director of Technology",
        },
    }


def _school(world: World, index: int) -> Json:
    kind, pool, low, high, _students = _KINDS[index % len(_KINDS)]
    base = pool[(index // len(_KINDS)) % len(pool)]
    again = index // (len(_KINDS) * len(pool))
    name = f"{base} {kind}" + (f" {again + 1}" if again else "")
    home = people.family(world)
    made = moment_text(world.now())
    school: Json = {
        "id": world.new_id(),
        "district": world.id,
        "name": name,
        "created": made,
        "last_modified": made,
        "sis_id": f"{100 + index}",
        "school_number": f"{100 + index}",
        "state_id": f"08-{index:04}",
        "nces_id": f"0800{index:04}",
        "low_grade": low,
        "high_grade": high,
        "phone": people.phone(world),
        "location": home.address | {"lat": "39.7", "lon": "-105.0"},
        "principal": {"name": f"{names.first_name(world.rng)} {home.last_name}", "email": ""},
        "ext": {},
    }
    world.put("schools", school)
    return school


def _put_resource(world: World) -> None:
    made = moment_text(world.now())
    resource: Json = {
        "id": world.new_id(),
        "district": world.id,
        "resource_id": "library",
        "title": "Library Catalog",
        "roles": ["teacher", "student"],
        "created": made,
        "updated": made,
    }
    world.put("resources", resource)


def _populate(world: World, school: Json, students: int, families: list[Family]) -> None:
    for number in range(2 + students // 150):
        _add(world, people.staff(world, school, number))
    for _ in range(2 + students // 20):
        _add(world, people.teacher(world, [school]))
    grades = grades_of(school)
    for number in range(students):
        grade = grades[number * len(grades) // students]
        if grade == "PreKindergarten" and world.rng.random() < 0.5:
            grade = "Kindergarten"
        add_student(world, school, grade, families)


def add_student(world: World, school: Json, grade: str, families: list[Family]) -> Json:
    """A student of a new family, or a sibling of a known one."""
    if families and world.rng.random() < 0.25:
        home = world.rng.choice(families[-400:])
    else:
        home = people.family(world)
        families.append(home)
    user = people.student(world, school, grade, home)
    home.children.append(user["id"])
    _add(world, user)
    return user


def _add(world: World, user: Json) -> None:
    world.put("users", user)


def _make_odd(world: World, schools: list[Json], families: list[Family]) -> None:
    _several_roles(world, schools)
    _several_schools(world, schools)
    _odd_emails(world, families)
    _odd_sections(world)
    _odd_grades(world)


def _several_roles(world: World, schools: list[Json]) -> None:
    """A teacher who is staff too in every school; one who is a district admin."""
    for number, school in enumerate(schools):
        both = dict(of_role(world, "teacher", school["id"])[0])
        both["roles"] = dict(both["roles"])
        people.add_staff_role(world, both, school, number + 2)
        world.put("users", both)
    admin = dict(of_role(world, "teacher")[-1])
    admin["roles"] = dict(admin["roles"])
    people.add_admin_role(world, admin, 2)
    world.put("users", admin)


def _several_schools(world: World, schools: list[Json]) -> None:
    """Two students and a teacher who are at a second school too, in a section of it."""
    if len(schools) < 2:
        return
    first, second = schools[0]["id"], schools[1]["id"]
    both = [first, second]
    sections = [each for each in world.objects["sections"].values() if each["school"] == second]
    for user, section in zip(of_role(world, "student", first)[:2], sections, strict=False):
        enrollments = [people.enrollment(world, school) for school in both]
        world.edit(
            "users",
            user["id"],
            {"roles.student.schools": both, "roles.student.enrollments": enrollments},
        )
        world.edit("sections", section["id"], {"students": [user["id"], *section["students"]]})
    teacher = of_role(world, "teacher", first)[1]
    world.edit("users", teacher["id"], {"roles.teacher.schools": both})


def _odd_emails(world: World, families: list[Family]) -> None:
    """A malformed one; siblings who share one; parents who share a student's and a teacher's."""
    users = world.objects["users"]
    with_email = [user for user in of_role(world, "student") if user.get("email")]
    pool = with_email or of_role(world, "student")
    world.edit("users", pool[0]["id"], {"email": "not-an-address"})
    siblings = next((home.children for home in families if len(home.children) > 1), [])
    for child in siblings[:2]:
        world.edit("users", child, {"email": f"family.{siblings[0][-4:]}@mail.example"})
    contacts = [user for user in users.values() if "contact" in user["roles"]]
    sharers = (pool[-1].get("email"), of_role(world, "teacher")[0].get("email"))
    for contact, email in zip(contacts[3:], sharers, strict=False):
        world.edit("users", contact["id"], {"email": email})


def _odd_sections(world: World) -> None:
    """Without teacher, term, course, name or students; with a student nobody can read."""
    ids = list(world.objects["sections"])
    students = world.objects["sections"][ids[5 % len(ids)]]["students"]
    oddities: Iterable[Json] = (
        {"teacher": None, "teachers": []},
        {"term_id": None},
        {"course": None, "subject": ""},
        {"students": []},
        {"period": None, "section_number": ""},
        {"students": [*students, world.new_id()]},
    )
    for section_id, fields in zip(ids, oddities, strict=False):
        world.edit("sections", section_id, fields)


def _odd_grades(world: World) -> None:
    """Two without a grade or with one that is no number."""
    for user, grade in zip(of_role(world, "student")[-2:], ("", "Ungraded"), strict=False):
        world.edit("users", user["id"], {"roles.student.grade": grade})
