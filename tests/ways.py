"""The same district by every kind of source: Clever, OneRoster's REST, and zips.

What is in it is told once, as the OneRoster look-alike's world; here it becomes what Clever's
sandbox shows, what a provider answers, or what a zip holds.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from roster_dash.roster.records import Section, Snapshot, Term
from roster_dash.roster.roles import Role
from roster_dash.sandbox.oneroster.server import Server as Provider
from roster_dash.sandbox.oneroster.world import DALE, DISTRICT, World, as_v1p1
from roster_dash.sandbox.server import Server as Sandbox
from roster_dash.sandbox.state import CLIENT_ID, CLIENT_SECRET
from roster_dash.sandbox.world import World as CleverWorld
from roster_dash.sources import Source
from roster_dash.sources.clever import CleverApp, CleverSource
from roster_dash.sources.oneroster import api_records as records
from roster_dash.sources.oneroster.csv_notes import Notes
from roster_dash.sources.oneroster.csv_zip import read_bulk
from roster_dash.sources.oneroster.files import Accepted, FileSource
from roster_dash.sources.oneroster.parts import ShelfParts
from roster_dash.sources.oneroster.records import OneRoster
from tests.csv_zips import files_of, write_zip
from tests.oneroster import NAMESPACE, TODAY, open_source

WAYS = ("clever", "rest 1.1", "rest 1.2", "zip 1.0", "zip 1.1", "zip 1.2")
Json = dict[str, Any]

_KINDS = {
    "orgs": "schools",
    "academicSessions": "terms",
    "courses": "courses",
    "users": "users",
    "classes": "sections",
}
_GRADES = {"KG": "Kindergarten"}
_STAFF = ("principal", "siteAdministrator", "aide", "counselor", "proctor")
_GUARDIANS = {"parent": "Primary", "guardian": "Parent/Guardian", "relative": "Parent/Guardian"}


class Way:
    """One way to the district. `source` reads it as it is told then; `refuses` breaks it off."""

    def __init__(self, name: str, world: World, sandbox: Sandbox, provider: Provider, at: Path):
        self.name = name
        self.world = world
        self._sandbox = sandbox
        self._provider = provider
        self._folder = at
        self._ids: dict[str, str] = {}
        """Id in Clever -> as everybody else says it."""

    def source(self, page_size: int = 4) -> Source:
        kind, _, version = self.name.partition(" ")
        if kind == "clever":
            self._ids = fill(self._sandbox.sandbox.worlds[0], self.world)
            return self._open_clever()
        if kind == "rest":
            self._provider.provider.world = self.world
            return open_source(self._provider, version, page_size=page_size)
        world = dict(self.world)
        if version != "1.2":
            world["users"] = [as_v1p1(user) for user in world["users"]]
        zipped = write_zip(self._folder / "roster.zip", files_of(as_records(world), version))
        parts = ShelfParts(read_bulk(zipped, Notes()))
        accepted = Accepted(parts, datetime(2026, 10, 1, tzinfo=UTC))
        return FileSource(lambda: accepted, NAMESPACE, TODAY)

    def _open_clever(self) -> Source:
        world = self._sandbox.sandbox.worlds[0]
        url = self._sandbox.url
        app = CleverApp(url, url, "v3.1", CLIENT_ID, CLIENT_SECRET)
        return CleverSource(app, world.id, world.token, sleep=lambda _: None)

    def id_there(self, name: str) -> str:
        """The source's id of what everybody else calls so."""
        return next((key for key, said in self._ids.items() if said == name), name)

    def as_everybody(self, snapshot: Snapshot) -> Snapshot:
        """With the ids that the others have, and without what only one kind of source says."""
        about = {"district_name": snapshot.about["district_name"]}
        people = tuple(
            replace(
                person,
                source_id=self._said(person.source_id),
                sis_id="" if person.roles == (Role.ADMIN,) else person.sis_id,
                contact=replace(person.contact, source_id=self._said(person.contact.source_id)),
            )
            for person in snapshot.people
        )
        return replace(
            snapshot,
            people=tuple(sorted(people, key=lambda person: person.source_id)),
            sections=tuple(sorted(map(self._section, snapshot.sections), key=_source_id)),
            terms=tuple(
                sorted(
                    (
                        replace(each, source_id=self._said(each.source_id))
                        for each in snapshot.terms
                    ),
                    key=_source_id,
                )
            ),
            about=about,
        )

    def _section(self, section: Section) -> Section:
        return replace(
            section,
            source_id=self._said(section.source_id),
            term_id=self._said(section.term_id),
            teachers=tuple(map(self._said, section.teachers)),
            students=tuple(map(self._said, section.students)),
        )

    def _said(self, source_id: str) -> str:
        return self._ids.get(source_id, source_id)


def _source_id(each: Section | Term) -> str:
    return each.source_id


def as_records(world: World) -> OneRoster:
    def there(name: str, read: Callable[[str, Any], Any]) -> dict[str, Any]:
        return {
            each["sourcedId"]: read(each["sourcedId"], each)
            for each in world[name]
            if records.is_there(each)
        }

    return OneRoster(
        orgs=there("orgs", records.read_org),
        sessions=there("academicSessions", records.read_session),
        courses=there("courses", records.read_course),
        classes=there("classes", records.read_class),
        users=there("users", records.read_user),
        enrollments=there("enrollments", records.read_enrollment),
    )


def fill(clever: CleverWorld, world: World) -> dict[str, str]:
    """Puts the district into Clever's sandbox, in Clever's words. Gives Clever's id -> ours."""
    for name in clever.objects:
        clever.objects[name] = {}
    there = {name: [each for each in world[name] if records.is_there(each)] for name in world}
    ids: dict[str, str] = {}
    for name in ("orgs", "academicSessions", "courses", "users", "classes"):
        for each in sorted(there[name], key=lambda record: str(record["sourcedId"])):
            ids[each["sourcedId"]] = clever.new_id()
    clever.about["name"] = next(o["name"] for o in there["orgs"] if o["sourcedId"] == DISTRICT)
    _Told(clever, ids, there).all()
    clever.reshare()
    return {key: f"{NAMESPACE}.{sourced_id}" for sourced_id, key in ids.items()}


class _Told:
    """The records of a district, one collection after another."""

    def __init__(self, clever: CleverWorld, ids: dict[str, str], there: World) -> None:
        self._clever = clever
        self._ids = ids
        self._there = there

    def all(self) -> None:
        for org in self._there["orgs"]:
            if org["type"] == "school":
                self._put("orgs", org, name=org["name"], sis_id="", school_number="")
        for term in self._there["academicSessions"]:
            last = date.fromisoformat(term["endDate"]) - timedelta(days=1)
            dates = {"start_date": term["startDate"], "end_date": f"{last}"}
            self._put("academicSessions", term, name=term["title"], **dates)
        for course in self._there["courses"]:
            self._put("courses", course, name=course["title"], number="")
        for user in self._there["users"]:
            name = {"first": user["givenName"], "last": user["familyName"]}
            about = {"name": name, "email": user["email"], "roles": self._roles(user)}
            self._put("users", user, **about)
        for each in self._there["classes"]:
            self._put("classes", each, **self._section(each))

    def _put(self, kind: str, record: Json, **values: Any) -> None:
        key = self._ids[record["sourcedId"]]
        shared = {"id": key, "district": self._clever.id, "created": self._clever.now()}
        self._clever.put(_KINDS[kind], shared | values)

    def _roles(self, user: Json) -> Json:
        (held,) = user["roles"]
        where = held["org"]["sourcedId"]
        school = self._ids[DALE if where == DISTRICT else where]
        at = {"school": school, "schools": [school], "sis_id": user["sourcedId"]}
        role = held["role"]
        if role == "student":
            grade = user["grades"][0]
            number = {"student_number": user["identifier"], "grade": _grade(grade)}
            return {"student": at | number}
        if role == "teacher":
            return {"teacher": at}
        if role in _STAFF:
            return {"staff": {"schools": [school], "staff_id": user["sourcedId"]}}
        if role in _GUARDIANS:
            return {"contact": self._contact(user, role)}
        return {"district_admin": {"title": ""}}

    def _contact(self, user: Json, role: str) -> Json:
        theirs = [
            {
                "student": self._ids[student["sourcedId"]],
                "relationship": role.capitalize(),
                "type": _GUARDIANS[role],
            }
            for student in self._there["users"]
            if user["sourcedId"] in {agent["sourcedId"] for agent in student["agents"]}
        ]
        phone = user.get("phone") or user.get("sms") or ""
        return {"phone": phone, "phone_type": "Cell", "student_relationships": theirs}

    def _section(self, each: Json) -> Json:
        sessions = {term["sourcedId"]: term for term in self._there["academicSessions"]}
        terms = [term["sourcedId"] for term in each["terms"]]
        last = max(terms, key=lambda key: str(sessions[key]["endDate"]))
        grades = each.get("grades") or []
        teachers = self._enrolled(each, "teacher")
        return {
            "name": each["title"],
            "school": self._ids[each["school"]["sourcedId"]],
            "course": self._ids[each["course"]["sourcedId"]],
            "term_id": self._ids[last],
            "grade": _grade(grades[0]) if len(grades) == 1 else "",
            "period": each["periods"][0],
            "teacher": teachers[0] if teachers else None,
            "teachers": teachers,
            "students": self._enrolled(each, "student"),
        }

    def _enrolled(self, each: Json, role: str) -> list[str]:
        """Who hasn't left the class; the primary teacher first."""
        held = [
            enrollment
            for enrollment in self._there["enrollments"]
            if enrollment["class"]["sourcedId"] == each["sourcedId"]
            and enrollment["role"] == role
            and enrollment.get("endDate", "9999") > f"{TODAY}"
            and enrollment["user"]["sourcedId"] in self._ids
        ]
        held.sort(key=lambda enrollment: not enrollment.get("primary", False))
        return [self._ids[enrollment["user"]["sourcedId"]] for enrollment in held]


def _grade(text: str) -> str:
    return _GRADES.get(text, text.lstrip("0"))
