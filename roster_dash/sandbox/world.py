"""One district's data, as the raw objects of Clever's API v3.1, and what of it is shared.

Ids are 24 hexadecimal digits, ascending in the order of making, unique over all kinds. Whatever
changes an object goes through `put` and `remove`, which note the event that Clever would send.
"""

import copy
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

Json = dict[str, Any]

COLLECTIONS = ("schools", "users", "sections", "courses", "terms", "resources")
ROLES = ("student", "teacher", "staff", "district_admin", "contact")
EVENT_DAYS = 30
MORNING = time(6, tzinfo=UTC)
"""When a day is looked at that isn't lived hour by hour."""


@dataclass
class Sharing:
    """What the district shares. `schools` and `sections` None mean all of them."""

    schools: set[str] | None = None
    sections: set[str] | None = None
    staff: bool = True
    contacts: bool = True
    terms: bool = True
    hidden_fields: set[str] = field(default_factory=set)
    """Dotted paths that are not shared: "email", "roles.student.student_number"."""


class World:
    """A district: `objects[collection][id]` is raw JSON; `about` is the district itself."""

    def __init__(self, seed: int, name: str, today: date) -> None:
        self.seed = seed
        self.moment = datetime.combine(today, MORNING)
        self._made = 0
        self.number = 0
        """The last one given: for the school's own numbers, sis_id and the like."""
        self.objects: dict[str, dict[str, Json]] = {name: {} for name in COLLECTIONS}
        self.events: list[Json] = []
        self.events_enabled = True
        self.sharing = Sharing()
        self.left: dict[str, tuple[date, Json, list[str]]] = {}
        """Who has left: the day, the record, and their classes, should they return."""
        self.token = f"{seed:08x}" + "feedc0de" * 4
        self.token_made = self.now()
        self._view: View | None = None
        self.id = self.new_id()
        self.about: Json = {
            "id": self.id,
            "name": name,
            "sis_type": "sftp",
            "launch_date": f"{today.replace(day=1)}",
            "portal_url": f"https://clever.example/in/{name.split()[0].lower()}",
            "login_methods": ["Clever Passwords", "Google"],
            "last_sync": self.now(),
            "state": "running",
            "error": "",
            "nces_id": f"{3600000 + seed}",
        }

    def new_id(self) -> str:
        self._made += 1
        return f"65a0{self.seed & 0xFFFF:04x}{self._made:016x}"

    @property
    def today(self) -> date:
        return self.moment.date()

    def now(self) -> str:
        """This world's moment as Clever writes it."""
        return f"{self.moment:%Y-%m-%dT%H:%M:%S}.000Z"

    def put(self, collection: str, record: Json) -> Json:
        """Adds an object, or replaces the one with its id."""
        before = self.objects[collection].get(record["id"])
        if before is record:
            raise ValueError("change a copy, not the stored object")
        if collection in ("schools", "users", "sections"):
            record["last_modified"] = self.now()
        self.objects[collection][record["id"]] = record
        self._view = None
        was_shared = before is not None and self._is_shared(collection, before)
        is_shared = self._is_shared(collection, record)
        if before is not None and was_shared and is_shared and before != record:
            changed = {key: old for key, old in before.items() if record.get(key) != old}
            self.note(collection, "updated", record, changed)
        elif is_shared and not was_shared:
            self.note(collection, "created", record)
        elif before is not None and was_shared and not is_shared:
            self.note(collection, "deleted", before)
        return record

    def change(self, collection: str, object_id: str) -> Json:
        """A copy to change and `put` back."""
        return copy.deepcopy(self.objects[collection][object_id])

    def remove(self, collection: str, object_id: str) -> Json:
        record = self.objects[collection].pop(object_id)
        self._view = None
        if self._is_shared(collection, record):
            self.note(collection, "deleted", record)
        return record

    def find(self, object_id: str) -> tuple[str, Json] | None:
        """(collection, object) of an id."""
        for collection, records in self.objects.items():
            if object_id in records:
                return collection, records[object_id]
        return None

    def reshare(self) -> None:
        """Call it after a change of `sharing`."""
        self._view = None

    @property
    def view(self) -> "View":
        """What is shared now; made anew after every change."""
        if self._view is None:
            self._view = View(self)
        return self._view

    def advance_to(self, moment: datetime) -> None:
        """Moves the clock; events older than 30 days fall off."""
        self.moment = moment
        self.about["last_sync"] = self.now()
        oldest = f"{self.today - timedelta(days=EVENT_DAYS)}"
        self.events = [event for event in self.events if event["created"][:10] >= oldest]
        self._view = None

    def note(self, collection: str, what: str, record: Json, before: Json | None = None) -> None:
        """Appends an event. `before`: the old values of what changed."""
        if not self.events_enabled:
            return
        data: Json = {"object": copy.deepcopy(self.shown(record))}
        if before is not None:
            # inside data, as recorded from the real one
            data["previous_attributes"] = self.shown(before)
        self.events.append(
            {
                "id": self.new_id(),
                "type": f"{collection}.{what}",
                "created": self.now(),
                "data": data,
            }
        )

    def shown(self, record: Json) -> Json:
        """A record without the fields that aren't shared."""
        for path in self.sharing.hidden_fields:
            record = _without(record, path.split("."))
        return record

    def _is_shared(self, collection: str, record: Json) -> bool:
        """For events: by school, role and contact; without making the view anew each time."""
        schools = self.sharing.schools
        if collection == "schools":
            return schools is None or record["id"] in schools
        if collection == "sections":
            return schools is None or record["school"] in schools
        if collection != "users":
            return schools is None or bool(schools)
        roles = record["roles"]
        if "contact" in roles:
            named = (relation["student"] for relation in roles["contact"]["student_relationships"])
            people = self.objects["users"]
            return self.sharing.contacts and any(
                key in people and self._is_shared("users", people[key]) for key in named
            )
        if set(roles) == {"staff"} and not self.sharing.staff:
            return False
        if "district_admin" in roles:
            return schools is None or bool(schools)
        return schools is None or not schools.isdisjoint(schools_of(record))


class View:
    """The shared part of a world, indexed by what the API is asked for. All in id order."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._sharing = world.sharing
        self.lists: dict[str, list[Json]] = {}
        self._by_id: dict[str, dict[str, Json]] = {}
        self._indexes: dict[tuple[str, ...], dict[str, list[Json]]] = {}
        self._share()

    def one(self, collection: str, object_id: str | None) -> Json | None:
        return self._by_id[collection].get(object_id or "")

    def some(self, collection: str, ids: Iterable[str | None]) -> list[Json]:
        wanted = sorted({key for key in ids if key in self._by_id[collection] and key})
        return [self._by_id[collection][key] for key in wanted]

    def users_with(self, role: str) -> list[Json]:
        if role == "":
            return self.lists["users"]
        return self._index("users", "role", lambda user: list(user["roles"])).get(role, [])

    def users_of_school(self, school_id: str) -> list[Json]:
        return self._index("users", "school", schools_of).get(school_id, [])

    def sections_of(self, what: str, object_id: str) -> list[Json]:
        """Sections by school, course, term_id, or by anybody in them ("person")."""
        if what == "person":
            return self._index("sections", what, people_of).get(object_id, [])
        return self._index("sections", what, lambda s: [s.get(what) or ""]).get(object_id, [])

    def contacts_of(self, student_id: str) -> list[Json]:
        def students(user: Json) -> list[str]:
            role = user["roles"].get("contact") or {}
            return [relation["student"] for relation in role.get("student_relationships", ())]

        return self._index("users", "contact", students).get(student_id, [])

    def _index(self, collection: str, name: str, keys: Any) -> dict[str, list[Json]]:
        where = (collection, name)
        if where not in self._indexes:
            index: dict[str, list[Json]] = defaultdict(list)
            for record in self.lists[collection]:
                for key in dict.fromkeys(keys(record)):
                    index[key].append(record)
            self._indexes[where] = index
        return self._indexes[where]

    def _share(self) -> None:
        objects, sharing = self._world.objects, self._sharing
        schools = {
            key: school
            for key, school in objects["schools"].items()
            if sharing.schools is None or key in sharing.schools
        }
        sections = {
            key: section
            for key, section in objects["sections"].items()
            if section["school"] in schools
            and (sharing.sections is None or key in sharing.sections)
        }
        users = self._shared_users(schools, sections)
        terms = objects["terms"] if schools and sharing.terms else {}
        courses = objects["courses"] if schools and sharing.terms else {}
        shared = {
            "schools": schools,
            "sections": sections,
            "users": users,
            "terms": terms,
            "courses": courses,
            "resources": objects["resources"] if schools else {},
            "districts": {self._world.id: self._world.about},
        }
        for name, records in shared.items():
            shown = {key: self._world.shown(record) for key, record in records.items()}
            self._by_id[name] = shown
            self.lists[name] = [shown[key] for key in sorted(shown)]

    def _shared_users(self, schools: dict[str, Json], sections: dict[str, Json]) -> dict[str, Json]:
        """Contacts are shared with their students, district admins with any school."""
        named = {person for section in sections.values() for person in people_of(section)}
        users: dict[str, Json] = {}
        contacts: list[Json] = []
        for key, user in self._world.objects["users"].items():
            roles = user["roles"]
            if "contact" in roles:
                contacts.append(user)
            elif ("district_admin" in roles and schools) or self._is_shared(user, schools, named):
                users[key] = self._without_staff(user)
        for user in contacts if self._sharing.contacts else ():
            relations = user["roles"]["contact"]["student_relationships"]
            if any(relation["student"] in users for relation in relations):
                users[user["id"]] = user
        return users

    def _is_shared(self, user: Json, schools: dict[str, Json], named: set[str]) -> bool:
        if schools.keys().isdisjoint(schools_of(user)):
            return False
        if "staff" in user["roles"] and self._sharing.staff:
            return True
        if set(user["roles"]) == {"staff"}:
            return False
        return self._sharing.sections is None or user["id"] in named

    def _without_staff(self, user: Json) -> Json:
        if self._sharing.staff or "staff" not in user["roles"]:
            return user
        return user | {
            "roles": {name: role for name, role in user["roles"].items() if name != "staff"}
        }


def schools_of(user: Json) -> list[str]:
    """Every school that a user is associated with."""
    found: list[str] = []
    for role in user["roles"].values():
        found += [role["school"]] if role.get("school") else []
        found += role.get("schools") or []
    return found


def people_of(section: Json) -> list[str]:
    teachers = [section.get("teacher"), *(section.get("teachers") or [])]
    return [person for person in (*teachers, *(section.get("students") or [])) if person]


def _without(record: Json, path: list[str]) -> Json:
    first, *rest = path
    if first not in record:
        return record
    if not rest:
        return {key: value for key, value in record.items() if key != first}
    inner = record[first]
    return record | {first: _without(inner, rest)} if isinstance(inner, dict) else record
