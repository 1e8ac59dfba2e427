"""Lets time pass in a district: ordinary days and hours, the next school year, and single acts.

Deterministic: the seed is the world's, the day's and the hour's. AN ACT IS A FUNCTION OF `ACTS`.
"""

import copy
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from roster_dash.sandbox.generate import Maker, Teaching, grade_name, grade_number
from roster_dash.sandbox.names import LAST
from roster_dash.sandbox.world import MORNING, Json, World

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
GONE_FOR_GOOD = 300
"""Someone who is away for so many days comes back with another id."""


def advance(world: World, days: int) -> list[Json]:
    """Passes days one by one; says what happened on them."""
    happened: list[Json] = []
    for _ in range(days):
        world.advance_to(_morning(world.today + DAY))
        happened += _live(world, DAY)
    return happened


def live_until(world: World, moment: datetime) -> None:
    """Passes hours one by one, each with its part of what a day brings."""
    while world.moment + HOUR <= moment:
        world.advance_to(world.moment + HOUR)
        _live(world, HOUR)


def next_year(world: World) -> list[Json]:
    """To the next August: grades rise, graduates leave, beginners come, all classes are new."""
    world.advance_to(_morning(date(world.today.year + (world.today.month >= 8), 8, 20)))
    maker = _maker(world)
    for key in list(world.objects["sections"]):
        world.remove("sections", key)
    for key in list(world.objects["terms"]):
        world.remove("terms", key)
    terms = maker.terms(world.today)
    left = [student for student in students(world) if _rise(world, student)]
    for school in list(world.objects["schools"].values()):
        _new_classes(world, maker, school, terms)
    return [{"act": "next_year", "graduated": left}]


def act(world: World, name: str, values: Json) -> Json:
    """One act. Errors: ValueError says what is known or missing."""
    if name not in ACTS:
        raise ValueError(f"no act is called {name}; there are {', '.join(ACTS)}")
    return {"act": name} | ACTS[name](world, values)


def students(world: World) -> list[str]:
    return [key for key, user in world.objects["users"].items() if "student" in user["roles"]]


def _live(world: World, span: timedelta) -> list[Json]:
    """What a part of an ordinary day brings, in proportion to the district's size."""
    rand = _maker(world).random
    chances = {
        "leave": 0.002,
        "join": 0.002,
        "move": 0.001,
        "rename": 0.001,
        "change_email": 0.001,
        "blank": 0.001,
        "change_grade": 0.0005,
        "change_class": 0.003,
        "change_contact": 0.001,
    }
    happened = []
    for name, chance in chances.items():
        expected = (chance * len(students(world)) + 0.3) * (span / DAY)
        for _ in range(int(expected) + (rand.random() < expected % 1)):
            happened.append(act(world, name, {"random": rand}))
    return happened


def _morning(day: date) -> datetime:
    return datetime.combine(day, MORNING)


def _maker(world: World) -> Maker:
    day = world.seed * 1_000_003 + world.today.toordinal()
    hour = (world.moment - _morning(world.today)) // HOUR
    return Maker(day + hour * 7_919, world.today, world)


def _pick(world: World, values: Json) -> str:
    """The named student, or any one."""
    if values.get("id"):
        return _known(world, "users", values["id"])
    rand = values.get("random") or _maker(world).random
    key: str = rand.choice(students(world))
    return key


def _known(world: World, collection: str, key: Any) -> str:
    if key not in world.objects[collection]:
        raise ValueError(f"there is no {key} among the {collection}")
    return str(key)


def _known_as(world: World, old: str, new: str) -> None:
    """Contacts follow a student who has another id."""
    for user in list(world.objects["users"].values()):
        relations = user["roles"].get("contact", {}).get("student_relationships", ())
        if any(relation["student"] == old for relation in relations):
            contact = copy.deepcopy(user)
            for relation in contact["roles"]["contact"]["student_relationships"]:
                if relation["student"] == old:
                    relation["student"] = new
            world.put("users", contact)


def _edit(world: World, key: str, change: Callable[[Json], None]) -> Json:
    user = world.change("users", key)
    change(user)
    world.put("users", user)
    return {"id": key}


def _leave(world: World, values: Json) -> Json:
    key = _pick(world, values)
    user = world.remove("users", key)
    world.left[key] = (world.today, user, _out_of_classes(world, key))
    return {"id": key}


def _return(world: World, values: Json) -> Json:
    """Within 300 days with the same id, later with another one."""
    key = str(values.get("id") or next(iter(world.left), "anybody"))
    if key not in world.left:
        raise ValueError(f"{key} has not left")
    day, user, sections = world.left.pop(key)
    user = copy.deepcopy(user)
    if (world.today - day).days >= GONE_FOR_GOOD:
        user["id"] = world.new_id()
    world.put("users", user)
    if user["id"] != key:
        _known_as(world, key, user["id"])
    for section_id in sections:
        if section_id in world.objects["sections"]:
            section = world.change("sections", section_id)
            section["students"].append(user["id"])
            world.put("sections", section)
    return {"id": user["id"], "was": key}


def _join(world: World, values: Json) -> Json:
    maker = _maker(world)
    rand = values.get("random") or maker.random
    schools = world.objects["schools"]
    school = schools[_known(world, "schools", values.get("school") or rand.choice(list(schools)))]
    low, high = grade_number(school["low_grade"]), grade_number(school["high_grade"])
    student = maker.student(school, rand.randint(low, high))
    maker.contacts([student])
    maker.enroll(school, student)
    return {"id": student["id"], "school": school["id"]}


def _move(world: World, values: Json) -> Json:
    """To another school, with its classes."""
    key = _pick(world, values)
    maker = _maker(world)
    rand = values.get("random") or maker.random
    user = world.change("users", key)
    role = user["roles"]["student"]
    others = [school for school in world.objects["schools"] if school not in role["schools"]]
    wanted = values.get("school") or (rand.choice(others) if others else role["school"])
    school = _known(world, "schools", wanted)
    if not others:
        return {"id": key, "school": role["school"]}
    role["school"], role["schools"] = school, [school]
    world.put("users", user)
    _out_of_classes(world, key)
    maker.enroll(world.objects["schools"][school], user)
    return {"id": key, "school": school}


def _rename(world: World, values: Json) -> Json:
    def change(user: Json) -> None:
        rand = values.get("random") or _maker(world).random
        user["name"]["last"] = str(values.get("last") or rand.choice(LAST))

    return _edit(world, _pick(world, values), change)


def _change_email(world: World, values: Json) -> Json:
    key = _pick(world, values)
    email = str(values.get("email", f"new.{key[-6:]}@riverdale.example"))
    return _edit(world, key, lambda user: user.update(email=email))


def _blank(world: World, values: Json) -> Json:
    """A value that was there is there no more."""
    return _edit(world, _pick(world, values), lambda user: user.update(email=""))


def _change_grade(world: World, values: Json) -> Json:
    def change(user: Json) -> None:
        role = user["roles"]["student"]
        lower = grade_name(max(0, grade_number(role["grade"]) - 1))
        role["grade"] = str(values.get("grade") or lower)

    return _edit(world, _pick(world, values), change)


def _change_class(world: World, values: Json) -> Json:
    """Out of all classes, and into as many of the same grade."""
    key = _pick(world, values)
    user = world.objects["users"][key]
    sections = _out_of_classes(world, key)
    school = world.objects["schools"][user["roles"]["student"]["school"]]
    _maker(world).enroll(school, user, len(sections) or 1)
    return {"id": key}


def _change_contact(world: World, values: Json) -> Json:
    """A contact's phone changes. One without sis_id is then another record with another id."""
    contacts = [u for u in world.objects["users"].values() if "contact" in u["roles"]]
    rand = values.get("random") or _maker(world).random
    key = _known(world, "users", values.get("id") or rand.choice(contacts)["id"])
    contact = world.change("users", key)
    contact["roles"]["contact"]["phone"] = f"555-02{rand.randrange(100):02}"
    if not contact["roles"]["contact"].get("sis_id"):
        world.remove("users", key)
        contact["id"] = world.new_id()
    world.put("users", contact)
    return {"id": contact["id"], "was": key}


def _change_sis_id(world: World, values: Json) -> Json:
    """Somebody whose sis_id changes is somebody new to Clever."""
    key = _pick(world, values)
    user = world.change("users", key)
    sections = _out_of_classes(world, key)
    user["id"] = world.new_id()
    user["roles"]["student"]["sis_id"] += "X"
    world.put("users", user)
    _known_as(world, key, user["id"])
    world.remove("users", key)
    for section_id in sections:
        section = world.change("sections", section_id)
        section["students"].append(user["id"])
        world.put("sections", section)
    return {"id": user["id"], "was": key}


def _split(world: World, values: Json) -> Json:
    """A merged employee's e-mail changes in one system: their roles are two users again."""
    merged = [u["id"] for u in world.objects["users"].values() if len(u["roles"]) > 1]
    key = _known(world, "users", values.get("id") or next(iter(merged), "user with two roles"))
    user = world.change("users", key)
    names = list(user["roles"])
    apart = copy.deepcopy(user) | {"id": world.new_id(), "email": f"split.{user.get('email', '')}"}
    apart["roles"] = {names[-1]: user["roles"].pop(names[-1])}
    world.put("users", user)
    world.put("users", apart)
    return {"id": apart["id"], "was": key}


def _merge(world: World, values: Json) -> Json:
    """Two employees get the same e-mail: one user with the roles of both."""
    people = world.objects["users"].items()
    keys = values.get("ids") or [
        next((key for key, user in people if set(user["roles"]) == {role}), f"mere {role}")
        for role in ("teacher", "staff")
    ]
    first, second = (world.change("users", _known(world, "users", key)) for key in keys)
    world.remove("users", second["id"])
    first["roles"] |= second["roles"]
    world.put("users", first)
    return {"id": first["id"], "was": second["id"]}


def _state(world: World, values: Json) -> Json:
    """running, paused, pending or error, as the district record says it."""
    state = str(values.get("state", "running"))
    before = copy.deepcopy(world.about)
    world.about["state"] = state
    world.about["error"] = "The last import failed." if state in ("pending", "error") else ""
    if state == "paused":
        world.about["pause_start"] = f"{world.today}"
        world.about["pause_end"] = f"{world.today + timedelta(days=60)}"
    world.reshare()
    changed = {key: old for key, old in before.items() if world.about[key] != old}
    if changed:
        world.note("districts", "updated", world.about, changed)
    return {"state": state}


def _share_school(world: World, values: Json) -> Json:
    return _reshare_school(world, str(values.get("school", "")), shared=True)


def _unshare_school(world: World, values: Json) -> Json:
    return _reshare_school(world, str(values.get("school", "")), shared=False)


ACTS: dict[str, Callable[[World, Json], Json]] = {
    "leave": _leave,
    "return": _return,
    "join": _join,
    "move": _move,
    "rename": _rename,
    "change_email": _change_email,
    "blank": _blank,
    "change_grade": _change_grade,
    "change_class": _change_class,
    "change_contact": _change_contact,
    "change_sis_id": _change_sis_id,
    "split": _split,
    "merge": _merge,
    "state": _state,
    "share_school": _share_school,
    "unshare_school": _unshare_school,
}


def _reshare_school(world: World, school: str, *, shared: bool) -> Json:
    """Clever sends created and deleted for what becomes and ceases to be shared."""
    if school not in world.objects["schools"]:
        raise ValueError(f"no school {school} here")
    before = {kind: {r["id"]: r for r in records} for kind, records in world.view.lists.items()}
    chosen = world.sharing.schools
    now = set(world.objects["schools"]) if chosen is None else set(chosen)
    world.sharing.schools = now | {school} if shared else now - {school}
    world.reshare()
    for kind in ("schools", "sections", "users"):
        after = {record["id"]: record for record in world.view.lists[kind]}
        for key in sorted(after.keys() - before[kind].keys()):
            world.note(kind, "created", after[key])
        for key in sorted(before[kind].keys() - after.keys()):
            world.note(kind, "deleted", before[kind][key])
    return {"school": school}


def _out_of_classes(world: World, key: str) -> list[str]:
    """Takes somebody out of their classes; gives those."""
    sections = [
        section["id"]
        for section in world.objects["sections"].values()
        if key in (section.get("students") or [])
    ]
    for section_id in sections:
        section = world.change("sections", section_id)
        section["students"].remove(key)
        world.put("sections", section)
    return sections


def _rise(world: World, key: str) -> bool:
    """A student's next grade; whether there is none at their school."""
    user = world.change("users", key)
    role = user["roles"]["student"]
    school = world.objects["schools"][role["school"]]
    grade = grade_number(role["grade"]) + 1
    if grade > grade_number(school["high_grade"]):
        world.remove("users", key)
        return True
    role["grade"] = grade_name(grade)
    world.put("users", user)
    return False


def _new_classes(world: World, maker: Maker, school: Json, terms: list[str]) -> None:
    users: Any = [copy.deepcopy(user) for user in world.objects["users"].values()]
    here = [user for user in users if school["id"] in _school_ids(user, "student")]
    teachers = [user for user in users if school["id"] in _school_ids(user, "teacher")]
    low = grade_number(school["low_grade"])
    beginners = [maker.student(school, low) for _ in range(max(1, len(here) // 8))]
    courses = {course["name"]: key for key, course in world.objects["courses"].items()}
    maker.classes(school, [*here, *beginners], Teaching(terms, courses, teachers))


def _school_ids(user: Json, role: str) -> list[str]:
    held = user["roles"].get(role) or {}
    return list(held.get("schools") or [])
