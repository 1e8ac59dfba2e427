"""Making one person: a student, teacher, staff member, district admin or contact, as raw JSON.

Optional fields are now and then absent, null or "", which all mean the same.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from roster_dash.sandbox import names
from roster_dash.sandbox.district import World
from roster_dash.sandbox.ids import moment_text

Json = dict[str, Any]

LADDER = ("PreKindergarten", "Kindergarten", *(str(grade) for grade in range(1, 13)))
"""Grades in the order a student passes them."""

_LANGUAGES = (("English", "eng"), ("Spanish", "spa"), ("Vietnamese", "vie"), ("Arabic", "ara"))
_TITLES = ("Teacher", "Lead Teacher", "Long-term Substitute", "")
_STAFF: tuple[tuple[str, str, list[str]], ...] = (
    ("Principal", "Administration", ["Principal"]),
    ("School Secretary", "Front Office", ["School Admin"]),
    ("Counselor", "Student Services", ["Counselor"]),
    ("Registrar", "Front Office", ["School Admin", "School Tech Lead"]),
    ("Librarian", "Library", []),
    ("Nurse", "Health", []),
)
_ADMIN_TITLES = ("Superintendent", "Director of Technology", "Data Coordinator")
_STUDENT_OPTIONAL = (
    "student_number",
    "state_id",
    "dob",
    "gender",
    "race",
    "ell_status",
    "location",
)


@dataclass
class Family:
    """Siblings under one roof: what they share."""

    last_name: str
    address: Json
    children: list[str] = field(default_factory=list)


def family(world: World) -> Family:
    rng = world.rng
    return Family(
        names.last_name(rng),
        {
            "address": f"{rng.randint(1, 4999)} {rng.choice(names.STREETS)}",
            "city": world.name.split()[0],
            "state": "CO",
            "zip": f"{rng.randint(80001, 81658)}",
        },
    )


def school_year(today: date) -> int:
    """The year in which the school year of a day began."""
    return today.year if today.month >= 8 else today.year - 1


def student(world: World, school: Json, grade: str, home: Family) -> Json:
    rng, serial = world.rng, world.serial()
    first, last = names.first_name(rng), home.last_name
    user = _user(world, first, last, names.middle_name(rng))
    age = LADDER.index(grade) + 4
    began = school_year(world.today)
    box = names.mailbox(first, last) + serial[-4:]
    language, code = rng.choices(_LANGUAGES, (12, 5, 1, 1))[0]
    role: Json = {
        "legacy_id": world.new_id(),
        "school": school["id"],
        "schools": [school["id"]],
        "enrollments": [enrollment(world, school["id"])],
        "sis_id": serial,
        "student_number": f"S{serial}",
        "state_id": f"{rng.randrange(10**9, 10**10)}",
        "grade": grade,
        "graduation_year": graduation_year(world, grade),
        "gender": rng.choices(("F", "M", "X", ""), (48, 48, 2, 2))[0],
        "dob": _dob(date(began - age, 9, 1) + timedelta(days=rng.randrange(365))),
        "location": home.address,
        "credentials": {"district_username": box},
        "hispanic_ethnicity": rng.choice(("Y", "N", "")),
        "race": rng.choice(("Caucasian", "Asian", "Two or More Races", "Unknown", "")),
        "ell_status": "Y" if code != "eng" and rng.random() < 0.5 else "N",
        "frl_status": rng.choice(("Free", "Reduced", "Paid", "")),
        "iep_status": rng.choices(("N", "Y", ""), (85, 10, 5))[0],
        "section_504_status": rng.choices(("N", "Y", ""), (85, 5, 10))[0],
        "gifted_status": rng.choices(("N", "Y", ""), (85, 10, 5))[0],
        "home_language": language,
        "home_language_code": code,
        "created": user["created"],
        "last_modified": user["last_modified"],
        "ext": {},
    }
    if rng.random() < 0.02:
        role["disability"] = {
            "disability_status": "Y",
            "disability_type": "Hearing impairment",
            "disability_code": "hi",
        }
    if rng.random() < 0.12:
        preferred = names.preferred_for(first, rng)
        role["preferred_name"] = {"first": preferred, "last": "", "middle": None}
    _thin_out(world, role, _STUDENT_OPTIONAL)
    user["roles"]["student"] = role
    young = LADDER.index(grade) < LADDER.index("3")
    _give_email(world, user, "" if young else f"{box}@student.{world.domain}")
    return user


def enrollment(world: World, school_id: str) -> Json:
    began = school_year(world.today)
    return {"school": school_id, "start_date": f"{began}-08-17", "end_date": f"{began + 1}-06-11"}


def graduation_year(world: World, grade: str) -> str:
    return str(school_year(world.today) + 1 + len(LADDER) - 1 - LADDER.index(grade))


def teacher(world: World, schools: Sequence[Json]) -> Json:
    user = _employee(world)
    add_teacher_role(world, user, schools)
    return user


def add_teacher_role(world: World, user: Json, schools: Sequence[Json]) -> None:
    serial = world.serial()
    role: Json = {
        "legacy_id": world.new_id(),
        "school": schools[0]["id"],
        "schools": [school["id"] for school in schools],
        "sis_id": f"T{serial}",
        "teacher_number": serial,
        "state_id": f"{world.rng.randrange(10**6, 10**7)}",
        "title": world.rng.choice(_TITLES),
        "credentials": {"district_username": (user.get("email") or f"t{serial}").split("@")[0]},
        "created": user["created"],
        "last_modified": user["last_modified"],
        "district": world.id,
        "name": dict(user["name"]),
        "ext": {},
    }
    _thin_out(world, role, ("teacher_number", "state_id", "title", "credentials"))
    user["roles"]["teacher"] = role


def staff(world: World, school: Json, number: int) -> Json:
    user = _employee(world)
    add_staff_role(world, user, school, number)
    return user


def add_staff_role(world: World, user: Json, school: Json, number: int) -> None:
    title, department, roles = _STAFF[number % len(_STAFF)]
    user["roles"]["staff"] = {
        "legacy_id": world.new_id(),
        "staff_id": f"A{world.serial()}",
        "schools": [school["id"]],
        "title": title,
        "department": department,
        "roles": list(roles),
        "credentials": {"district_username": (user.get("email") or "").split("@")[0]},
        "ext": {},
    }


def district_admin(world: World, number: int) -> Json:
    user = _employee(world)
    add_admin_role(world, user, number)
    return user


def add_admin_role(world: World, user: Json, number: int) -> None:
    title = _ADMIN_TITLES[number % len(_ADMIN_TITLES)]
    user["roles"]["district_admin"] = {"legacy_id": world.new_id(), "title": title}


def contacts(world: World, home: Family) -> list[Json]:
    """The grown-ups of a family: some systems name a primary one, some only parents."""
    rng = world.rng
    kinds = rng.choices(
        (
            (("Parent", "Primary"), ("Parent", "Secondary"), ("Aunt/Uncle", "Emergency")),
            (("Parent", "Parent/Guardian"), ("Parent", "Parent/Guardian")),
            (("Grandparent", "Primary"),),
            (("Parent", "Parent/Guardian"), ("Other", "Emergency")),
            (("Other", "Emergency"),),
            (("", "Family"), ("Sibling", "Other")),
            (),
        ),
        (30, 30, 8, 20, 4, 3, 5),
    )[0]
    return [contact(world, home, relationship, kind) for relationship, kind in kinds]


def contact(world: World, home: Family, relationship: str, kind: str) -> Json:
    rng = world.rng
    first, last = names.first_name(rng), home.last_name
    if relationship not in ("Parent", "Grandparent") or rng.random() < 0.2:
        last = names.last_name(rng)
    user = _user(world, first, last, "")
    if rng.random() < 0.35:
        user["name"] = {"first": "", "last": f"{first} {last}", "middle": ""}
    role: Json = {
        "legacy_id": world.new_id(),
        "phone": phone(world),
        "phone_type": rng.choice(("Cell", "Home", "Work", "")),
        "student_relationships": [
            {"student": child, "relationship": relationship, "type": kind}
            for child in home.children
        ],
    }
    if rng.random() < 0.6:
        role["sis_id"] = f"C{world.serial()}"
    _thin_out(world, role, ("phone", "phone_type"))
    user["roles"]["contact"] = role
    address = f"{names.mailbox(first, last)}{rng.randrange(100)}@mail.example"
    _give_email(world, user, "" if rng.random() < 0.15 else address)
    return user


def phone(world: World) -> str:
    rng = world.rng
    digits = f"{rng.randrange(10_000):04}"
    return rng.choice(("(303) 555-{}", "303-555-{}", "303555{}", "+1 303 555 {}")).format(digits)


def employee_email(world: World, first: str, last: str) -> str:
    """One that nobody has yet: people of one e-mail would be one user."""
    box = names.mailbox(first, last) or "employee"
    address, number = f"{box}@{world.domain}", 1
    while address in world.mailboxes:
        number += 1
        address = f"{box}{number}@{world.domain}"
    world.mailboxes.add(address)
    return address


def _employee(world: World) -> Json:
    first, last = names.first_name(world.rng), names.last_name(world.rng)
    user = _user(world, first, last, names.middle_name(world.rng))
    user["email"] = employee_email(world, first, last)
    return user


def _user(world: World, first: str, last: str, middle: str) -> Json:
    made = moment_text(world.now())
    name: Json = {"first": first, "last": last}
    if middle or world.rng.random() < 0.5:
        name["middle"] = middle
    return {
        "id": world.new_id(),
        "district": world.id,
        "name": name,
        "created": made,
        "last_modified": made,
        "roles": {},
    }


def _give_email(world: World, user: Json, address: str) -> None:
    """Without an address the field is absent, null or ""."""
    given = address or world.rng.choice(("absent", None, ""))
    if given != "absent":
        user["email"] = given


def _thin_out(world: World, record: Json, optional: Iterable[str]) -> None:
    for name in optional:
        if name in record and world.rng.random() < 0.03:
            record[name] = None
        elif world.rng.random() < 0.03:
            record.pop(name, None)


def _dob(day: date) -> str:
    return f"{day.month}/{day.day}/{day.year}"
