"""An operation: one change, with before and after. The log of applied ones carries history."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

Values = Mapping[str, Any]


class Entity(StrEnum):
    PERSON = "person"
    LIST = "list"
    MEMBERS = "members"


class Action(StrEnum):
    CREATE = "create"
    UPDATE = "update"
    LINK = "link"
    RESTORE = "restore"
    ARCHIVE = "archive"


@dataclass(frozen=True, slots=True)
class Operation:
    """`before` and `after` hold only what changes, by column name.

    Entity MEMBERS: `source_id` and `kept_id` are the list's; `before` and `after` have the
    changed `managers` and `members` as sorted source_ids of people.
    """

    entity: Entity
    action: Action
    reason: str
    source_id: str
    kept_id: int | None
    label: str
    before: Values
    after: Values
