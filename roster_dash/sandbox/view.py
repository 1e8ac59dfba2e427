"""A district as the API answers it at one moment: what is shared, indexed once, never changed.

Every page is a slice of a sorted list of ids, so that a walk of 100,000 people stays quick.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

Json = dict[str, Any]
Ids = list[str]
Index = Mapping[str, Ids]


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list of ids, and whether there is more on each side of it."""

    ids: Ids
    more_before: bool
    more_after: bool


def page_of(ids: Ids, *, limit: int, after: str = "", before: str = "") -> Page:
    """After an id the first ones, before an id the last ones; neither includes the id itself."""
    start = bisect_right(ids, after) if after else 0
    end = bisect_left(ids, before) if before else len(ids)
    if before and not after:
        start = max(start, end - limit)
    end = max(start, min(end, start + limit))
    return Page(ids[start:end], start > 0, end < len(ids))


class View:
    """Shared objects by collection and id, in the order of ids."""

    def __init__(self, district: Json, collections: dict[str, dict[str, Json]]) -> None:
        self.district = district
        self.collections = {"districts": {district["id"]: district}, **collections}
        self.ids = {name: list(objects) for name, objects in self.collections.items()}

    def objects(self, collection: str, ids: Iterable[str]) -> list[Json]:
        objects = self.collections[collection]
        return [objects[key] for key in ids if key in objects]

    def ids_in(self, collection: str, ids: Iterable[Any]) -> Ids:
        """Those that can be read, in order, each once."""
        objects = self.collections[collection]
        return sorted({key for key in ids if key in objects})

    @cached_property
    def users_by_role(self) -> Index:
        index = defaultdict(list)
        for key, user in self.collections["users"].items():
            for role in user["roles"]:
                index[role].append(key)
        return index

    @cached_property
    def users_by_school(self) -> Mapping[tuple[str, str, bool], Ids]:
        """By school, role ("" for any) and whether only the primary school counts."""
        index: dict[tuple[str, str, bool], Ids] = defaultdict(list)
        for key, user in self.collections["users"].items():
            places = {
                place
                for role, held in user["roles"].items()
                for school in held.get("schools", ())
                for name in ("", role)
                for place in (
                    (school, name, False),
                    (school, name, school == primary_school(held)),
                )
            }
            for place in places:
                index[place].append(key)
        return index

    @cached_property
    def sections_by_school(self) -> Index:
        return self._sections_by("school")

    @cached_property
    def sections_by_course(self) -> Index:
        return self._sections_by("course")

    @cached_property
    def sections_by_term(self) -> Index:
        return self._sections_by("term_id")

    @cached_property
    def sections_by_user(self) -> Index:
        index = defaultdict(list)
        for key, section in self.collections["sections"].items():
            for user in {*section["students"], *section["teachers"]}:
                index[user].append(key)
        return index

    @cached_property
    def contacts_by_student(self) -> Index:
        index = defaultdict(list)
        for key in self.users_by_role.get("contact", ()):
            relations = self.collections["users"][key]["roles"]["contact"]
            for student in {each["student"] for each in relations["student_relationships"]}:
                index[student].append(key)
        return index

    def _sections_by(self, field: str) -> Index:
        index = defaultdict(list)
        for key, section in self.collections["sections"].items():
            if section.get(field):
                index[section[field]].append(key)
        return index


def primary_school(role: Json) -> str:
    """A staff role names no primary school: its first counts."""
    schools = role.get("schools") or [""]
    return str(role.get("school") or schools[0])
