"""What People Manager and user lists must be, computed from Clever's raw JSON by other means.

Written from the rules of docs/sync.md and nothing of roster_dash: plain dictionaries in, rows as
`roster people` and `roster lists` print them out.
"""

from typing import Any

Row = dict[str, Any]
Json = dict[str, Any]

ORDER = ("admins", "staff", "teachers", "students")
NAMES = {"admins": "admin", "staff": "staff", "teachers": "teacher", "students": "student"}
CLEVER = {
    "admins": "district_admin",
    "staff": "staff",
    "teachers": "teacher",
    "students": "student",
}
IDENTITY = ("source_id", "roles", "status", "included_in_sync")


def text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""


def roles_here(user: Json, school_id: str) -> list[str]:
    held = []
    for name in ORDER:
        role = user["roles"].get(CLEVER[name])
        if role is None:
            continue
        schools = {*(role.get("schools") or []), role.get("school")} - {None, ""}
        if name == "admins" or school_id in schools:
            held.append(name)
    return held


def contact_row(raw: Json, student_id: str) -> Row:
    best: tuple[int, str, Json, Json] | None = None
    for user in raw["users"]:
        contact = user["roles"].get("contact")
        for relation in (contact or {}).get("student_relationships") or []:
            kinds = {"Primary": 0, "Parent/Guardian": 1}
            if relation["student"] == student_id and relation.get("type") in kinds:
                rank = (kinds[relation["type"]], user["id"])
                if best is None or rank < best[:2]:
                    best = (*rank, user, relation)
    if best is None:
        return dict.fromkeys(
            ("contact_name", "contact_email", "contact_phone", "contact_relationship"), ""
        )
    user, relation = best[2:]
    name = " ".join(
        filter(None, (text(user["name"].get(part)) for part in ("first", "middle", "last")))
    )
    return {
        "contact_name": name,
        "contact_email": text(user.get("email")),
        "contact_phone": text(user["roles"]["contact"].get("phone")),
        "contact_relationship": text(relation.get("relationship")),
    }


def person_row(raw: Json, user: Json, school_id: str) -> Row:
    held = roles_here(user, school_id)
    student = user["roles"].get("student") or {} if "students" in held else {}
    preferred = student.get("preferred_name") or {}
    numbers = {
        "students": student.get("sis_id"),
        "teachers": (user["roles"].get("teacher") or {}).get("sis_id"),
        "staff": (user["roles"].get("staff") or {}).get("staff_id"),
    }
    sis_ids = [text(numbers[name]) for name in ("students", "teachers", "staff") if name in held]
    row = {
        "source_id": user["id"],
        "sis_id": next(filter(None, sis_ids), ""),
        "roles": ";".join(NAMES[name] for name in held),
        "first_name": text(user["name"].get("first")),
        "middle_name": text(user["name"].get("middle")),
        "last_name": text(user["name"].get("last")),
        "preferred_name": " ".join(
            filter(None, (text(preferred.get(part)) for part in ("first", "middle", "last")))
        ),
        "email": text(user.get("email")),
        "grade": text(student.get("grade")),
        "student_number": text(student.get("student_number")),
        "status": "active",
        "included_in_sync": True,
    }
    return row | contact_row(raw, user["id"] if "students" in held else "")


def people(raw: Json, school_id: str, settings: dict[str, str], before: list[Row]) -> list[Row]:
    """All rows after a sync, archived ones too, by source_id."""
    here = {row["source_id"]: row for row in before}
    there = {user["id"]: user for user in raw["users"] if roles_here(user, school_id)}
    after = {}
    for key in {*here, *there}:
        held = roles_here(there[key], school_id) if key in there else []
        deciding = next((name for name in held if settings.get(name) == "on"), None)
        if key not in there:
            after[key] = gone(here[key], settings)
        elif deciding is None:
            if key in here:
                after[key] = here[key]
        elif key not in here:
            after[key] = person_row(raw, there[key], school_id)
        else:
            new = person_row(raw, there[key], school_id)
            update = settings.get(f"{deciding}.auto_update") == "on"
            kept = {k: new[k] or here[key][k] for k in new} if update else dict(here[key])
            after[key] = kept | {"status": "active"}
    return [after[key] for key in sorted(after)]


def gone(row: Row, settings: dict[str, str]) -> Row:
    held = row["roles"].split(";")
    deciding = next((n for n in ORDER if NAMES[n] in held and settings.get(n) == "on"), None)
    leaves = deciding is not None and settings.get(f"{deciding}.archive") == "on"
    return row | {"status": "archived"} if leaves else row


def lists(
    raw: Json, school_id: str, people_after: list[Row], before: list[Row], today: str
) -> list[Row]:
    """All lists after a sync with the current terms and all grades, archived ones too."""
    active = {row["source_id"] for row in people_after if row["status"] == "active"}
    terms = {term["id"]: term for term in raw["terms"]}
    courses = {course["id"]: course for course in raw["courses"]}
    chosen = {}
    for section in raw["sections"]:
        term = terms.get(section.get("term_id") or "")
        if section["school"] != school_id or term is None:
            continue
        starts, ends = (text(term.get(f"{which}_date"))[:10] for which in ("start", "end"))
        if not (starts or today) <= today <= (ends or today):
            continue
        chosen[section["id"]] = section
    after = {row["source_id"]: row | {"status": "archived"} for row in before}
    for key, section in chosen.items():
        teachers = {section.get("teacher"), *(section.get("teachers") or [])} - {None, ""}
        title = text(section["name"])
        course = courses.get(section.get("course") or "", {})
        after[key] = {
            "source_id": key,
            "title": title,
            "synced_title": title,
            "course": text(course.get("name")) or text(course.get("number")),
            "term": text(terms[section["term_id"]].get("name")),
            "grade": text(section.get("grade")),
            "period": text(section.get("period")),
            "visibility": "private",
            "status": "active",
            "managers": ";".join(sorted(teachers & active)),
            "members": ";".join(sorted(set(section.get("students") or []) & active)),
        }
        if key in before_ids(before):
            old = next(row for row in before if row["source_id"] == key)
            after[key] |= {
                name: after[key][name] or old[name]
                for name in ("course", "term", "grade", "period")
            }
    return [after[key] for key in sorted(after)]


def before_ids(before: list[Row]) -> set[str]:
    return {row["source_id"] for row in before}
