"""An operation: one change, with before and after. The log of applied ones carries history."""

import json
from collections.abc import Mapping, Set
from dataclasses import dataclass, replace
from enum import StrEnum
from hashlib import blake2b
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


def fingerprint(operation: Operation) -> str:
    """What an approval binds to: whom an operation is about and all that it changes."""
    about = (
        operation.entity,
        operation.action,
        operation.kept_id or operation.source_id,
        sorted(operation.before.items()),
        sorted(operation.after.items()),
    )
    return blake2b(json.dumps(about).encode(), digest_size=12).hexdigest()


def part_of(operation: Operation, columns: Set[str]) -> Operation:
    """The part of an operation that changes only these columns."""
    return replace(
        operation,
        before={name: value for name, value in operation.before.items() if name in columns},
        after={name: value for name, value in operation.after.items() if name in columns},
    )
