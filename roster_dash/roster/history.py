"""What the planner must know beside the roster and the people here: what was, and was decided."""

from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from datetime import date

from roster_dash.roster.operations import Entity


@dataclass(frozen=True, slots=True)
class Leaving:
    """Somebody missing from the roster: since which day, and in how many healthy runs.

    No run counts while Archive is off.
    """

    since: date
    runs: int


FOR_EVER = date.max
"""Somebody kept until this day stays until the roster has them again."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """An operation that an earlier run held and nobody has decided. `columns`: what it changes."""

    fingerprint: str
    guard: str
    columns: Set[str]


@dataclass(frozen=True, slots=True)
class History:
    """The default is a school that has synced before and where nothing was decided.

    `removed_lately`: a role, or "lists" -> how many were archived within 7 days without anybody
    approving it, and still are. `owners`: the e-mails of the school's Owners, casefolded.
    `moved`: source_id -> the name of the school of the district where they are new.
    `approved` and `rejected`: fingerprints of operations. `reverted`: (entity, id of the row) ->
    the columns that were put back and shall not change again unless somebody says so. `waiting`:
    (entity, row id, or source_id of who isn't here) -> what waits about them; it goes on waiting
    though there are more people now, of whom it would be a smaller share.
    """

    first_run: bool = False
    removed_lately: Mapping[str, int] = field(default_factory=dict)
    owners: Set[str] = frozenset()
    moved: Mapping[str, str] = field(default_factory=dict)
    approved: Set[str] = frozenset()
    rejected: Set[str] = frozenset()
    reverted: Mapping[tuple[Entity, int], Set[str]] = field(default_factory=dict)
    waiting: Mapping[tuple[Entity, int | str], Waiting] = field(default_factory=dict)


NOTHING_BEFORE = History()
