"""What a district shares with the app, and what is left of its objects under that."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Json = dict[str, Any]
Collections = Mapping[str, Mapping[str, Json]]
Mode = Literal["all", "none", "schools", "sections"]

MODES: tuple[Mode, ...] = ("all", "none", "schools", "sections")
GUARANTEED = frozenset({"id", "district", "roles", "name", "legacy_id"})
"""Fields that a district can't hide."""


@dataclass(frozen=True, slots=True)
class Sharing:
    """A district's choice. `hidden_fields` are names as in a user or in one of its roles."""

    mode: Mode = "all"
    schools: frozenset[str] = frozenset()
    sections: frozenset[str] = frozenset()
    staff: bool = True
    contacts: bool = True
    terms_courses: bool = True
    hidden_fields: frozenset[str] = frozenset()

    def as_json(self) -> Json:
        return {
            "mode": self.mode,
            "schools": sorted(self.schools),
            "sections": sorted(self.sections),
            "staff": self.staff,
            "contacts": self.contacts,
            "terms_courses": self.terms_courses,
            "hidden_fields": sorted(self.hidden_fields),
        }

    def apply(self, everything: Collections) -> dict[str, dict[str, Json]]:
        """The shared part of a district's collections, each in the order of ids."""
        sections = self._sections(everything["sections"])
        schools = self._schools(everything["schools"], sections)
        users = self._users(everything["users"], schools, sections)
        named = {
            name: {section.get(field) for section in sections.values()}
            for name, field in (("courses", "course"), ("terms", "term_id"))
        }
        shared = {"schools": schools, "users": users, "sections": sections}
        for name, ids in named.items():
            wanted = everything[name] if self.mode == "all" else ids
            shared[name] = _pick(everything[name], wanted if self.terms_courses else ())
        shared["resources"] = _pick(
            everything["resources"], everything["resources"] if self.mode == "all" else ()
        )
        return {name: dict(sorted(objects.items())) for name, objects in shared.items()}

    def _sections(self, sections: Mapping[str, Json]) -> dict[str, Json]:
        if self.mode == "sections":
            return _pick(sections, self.sections)
        return {key: each for key, each in sections.items() if self._is_open(each["school"])}

    def _schools(
        self, schools: Mapping[str, Json], sections: Mapping[str, Json]
    ) -> dict[str, Json]:
        if self.mode == "sections":
            return _pick(schools, {section["school"] for section in sections.values()})
        return {key: school for key, school in schools.items() if self._is_open(key)}

    def _is_open(self, school_id: str) -> bool:
        return self.mode == "all" or (self.mode == "schools" and school_id in self.schools)

    def _users(
        self,
        users: Mapping[str, Json],
        schools: Mapping[str, Json],
        sections: Mapping[str, Json],
    ) -> dict[str, Json]:
        members = self._members(sections)
        shared: dict[str, Json] = {}
        contacts: list[Json] = []
        for key, user in users.items():
            if "contact" in user["roles"]:
                contacts.append(user)
            elif roles := self._roles(user, schools, members):
                shared[key] = self._without_hidden(user, roles)
        for user in contacts if self.contacts else ():
            relations = user["roles"]["contact"]["student_relationships"]
            if any(relation.get("student") in shared for relation in relations):
                shared[user["id"]] = self._without_hidden(user, user["roles"])
        return shared

    def _members(self, sections: Mapping[str, Json]) -> set[str]:
        """Whom sharing by section lets through."""
        if self.mode != "sections":
            return set()
        named = (each[field] for each in sections.values() for field in ("students", "teachers"))
        return {user for people in named for user in people}

    def _roles(self, user: Json, schools: Mapping[str, Json], members: set[str]) -> Json:
        """Those roles of a user that are shared; the very object if all are."""
        roles: Json = user["roles"]
        if self.mode == "all" and self.staff:
            return roles
        kept = {
            name: role
            for name, role in roles.items()
            if self._shares_role(user["id"], name, role, schools, members)
        }
        return roles if len(kept) == len(roles) else kept

    def _shares_role(
        self, user_id: str, name: str, role: Json, schools: Mapping[str, Json], members: set[str]
    ) -> bool:
        if name == "staff" and not self.staff:
            return False
        if self.mode == "all":
            return True
        if self.mode == "sections":
            return name in ("student", "teacher") and user_id in members
        if self.mode == "schools":
            return name == "district_admin" or any(school in schools for school in role["schools"])
        return False

    def _without_hidden(self, user: Json, roles: Json) -> Json:
        if not self.hidden_fields:
            return user if roles is user["roles"] else {**user, "roles": roles}
        kept = {name: value for name, value in user.items() if name not in self.hidden_fields}
        kept["roles"] = {
            role: {name: value for name, value in held.items() if name not in self.hidden_fields}
            for role, held in roles.items()
        }
        return kept


def _pick(objects: Mapping[str, Json], ids: Iterable[Any]) -> dict[str, Json]:
    return {key: objects[key] for key in ids if key in objects}
