"""What the planner must know beside the roster and the people here: what was, and was decided."""

from collections.abc import Mapping, Sequence, Set
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


Thing = tuple[Entity, int | str]
"""What a hold is about: the row of a person or list, or the source_id of who isn't here."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """An operation that an earlier run held. `columns`: what it changes.

    `before` and `after`: of members, who would go and come, by side.
    """

    fingerprint: str
    guard: str
    columns: Set[str]
    before: Mapping[str, Sequence[str]] = field(default_factory=dict)
    after: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class History:
    """The default is a school that has synced before and where nothing was decided.

    `removed_lately`: a role, or "lists" -> how many were archived within 7 days without anybody
    approving it, and still are. `owners`: the e-mails of the school's Owners, casefolded.
    `moved`: source_id -> the name of the school of the district where they are new.
    `approved` and `rejected`: fingerprints of operations; `declined`: thing -> what of it was
    rejected. `reverted`: (entity, id of the row) -> the columns that were put back and shall not
    change again unless somebody says so. `waiting`: thing -> what waits about it; it goes on
    waiting though there are more people now, of whom it would be a smaller share.
    """

    first_run: bool = False
    removed_lately: Mapping[str, int] = field(default_factory=dict)
    owners: Set[str] = frozenset()
    moved: Mapping[str, str] = field(default_factory=dict)
    approved: Set[str] = frozenset()
    rejected: Set[str] = frozenset()
    declined: Mapping[Thing, Sequence[Waiting]] = field(default_factory=dict)
    reverted: Mapping[tuple[Entity, int], Set[str]] = field(default_factory=dict)
    waiting: Mapping[Thing, Sequence[Waiting]] = field(default_factory=dict)
    between: bool = False
    """Whether this is a run between the daily ones: it counts for nobody's grace period, or some
    bad minutes would be as good as three nights."""


NOTHING_BEFORE = History()
