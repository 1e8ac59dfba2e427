"""The guards of user lists: one that would be emptied, and many that would be retired at once."""

from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import date
from typing import NamedTuple

from roster_dash.roster.guard import (
    Guard,
    Held,
    allowed_part,
    held_part,
    is_over,
    limit_words,
    share,
)
from roster_dash.roster.history import History, Waiting
from roster_dash.roster.operations import Action, Entity, Operation, Values, fingerprint
from roster_dash.roster.records import Kept, KeptList, Term
from roster_dash.roster.settings import Limits
from roster_dash.roster.terms import has_ended

SMALL_LIST = 8
"""A list of fewer members may lose any number."""
MANY, NAMED = 6, 3
"""From so many lists on, the same isn't said of each; so many of them are named."""


@dataclass(frozen=True, slots=True)
class WantedChange:
    """A change of a list that the roster asks for. `leaving`: members who stay at the school.

    `is_ours`: the settings or the day ask for it, and not other data.
    """

    operation: Operation
    row: KeptList | None
    term: Term | None
    leaving: Set[str] = frozenset()
    is_ours: bool = False


class ListVerdict(NamedTuple):
    """Why a change waits, in a sentence. `of_many` says it of many lists together."""

    guard: Guard
    sentence: str
    of_many: str = ""


class Told(NamedTuple):
    list: tuple[int | None, str]
    title: str
    verdict: ListVerdict


@dataclass(slots=True)
class Judged:
    """`waiting`: ids of the lists of which something is held; `told`: why, change by change."""

    operations: list[Operation] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)
    approved: list[Operation] = field(default_factory=list)
    rejected: list[str] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    waiting: set[int] = field(default_factory=set)

    @property
    def sentences(self) -> list[str]:
        """One for each list; of many lists of which the same is said, one for all of them."""
        alike: dict[str, list[Told]] = defaultdict(list)
        for each in self.told:
            alike[each.verdict.of_many or each.verdict.sentence].append(each)
        return [sentence for told in alike.values() for sentence in _sentences(told)]


def _sentences(told: Sequence[Told]) -> list[str]:
    titles = list({each.list: each.title for each in told}.values())
    of_many = told[0].verdict.of_many
    if len(titles) < MANY or not of_many:
        return list(dict.fromkeys(each.verdict.sentence for each in told))
    names, more = ", ".join(titles[:NAMED]), len(titles) - NAMED
    return [of_many.format(number=len(titles), names=names, more=more)]


def judge_lists(
    wanted: Sequence[WantedChange], kept: Kept, limits: Limits, history: History, today: date
) -> Judged:
    """What of the wanted changes is applied, and what waits."""
    judged = Judged()
    wanted = _without_rejected(wanted, history, judged)
    retiring = _retiring(wanted, kept, limits, history, today)
    for index, change in enumerate(wanted):
        verdict = (
            retiring.get(index)
            or _emptied(change, limits, today)
            or _reverted(change, history)
            or _waits_still(change, history)
        )
        _take(change, verdict, history, judged)
    return judged


def _take(
    change: WantedChange, verdict: ListVerdict | None, history: History, judged: Judged
) -> None:
    operation = change.operation
    if verdict is None:
        judged.operations.append(operation)
    elif fingerprint(operation) in history.approved:
        judged.approved.append(operation)
    else:
        judged.held.append(Held(operation, verdict.guard))
        thing = (operation.kept_id, operation.source_id)
        judged.told.append(Told(thing, operation.label, verdict))
        if operation.kept_id is not None:
            judged.waiting.add(operation.kept_id)


def _without_rejected(
    wanted: Sequence[WantedChange], history: History, judged: Judged
) -> list[WantedChange]:
    """The changes without what somebody rejected; members one by one."""
    if not history.rejected and not history.declined:
        return list(wanted)
    kept: list[WantedChange] = []
    for change in wanted:
        operation: Operation | None = change.operation
        mark = fingerprint(change.operation)
        if mark in history.rejected:
            judged.rejected.append(mark)
            continue
        thing = (change.operation.entity, change.operation.kept_id or change.operation.source_id)
        for declined in history.declined.get(thing, ()):
            if operation is None:
                break
            rest = _rest_of(operation, declined)
            if rest != operation:
                judged.rejected.append(declined.fingerprint)
                operation = rest
        if operation is not None:
            leaving = change.leaving & frozenset(operation.before.get("members", ()))
            kept.append(replace(change, operation=operation, leaving=leaving))
    return kept


def _rest_of(operation: Operation, declined: Waiting) -> Operation | None:
    """What of a change was not rejected."""
    if operation.entity is not Entity.MEMBERS:
        part = held_part(operation, declined.columns)
        is_declined = fingerprint(part) == declined.fingerprint
        return allowed_part(operation, declined.columns) if is_declined else operation
    before = _others(operation.before, declined.before)
    after = _others(operation.after, declined.after)
    sides = [side for side in after if before.get(side) or after[side]]
    if not sides:
        return None
    return replace(
        operation,
        before={side: before[side] for side in sides},
        after={side: after[side] for side in sides},
    )


def _others(sides: Values, declined: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    return {
        side: [person for person in people if person not in set(declined.get(side, ()))]
        for side, people in sides.items()
    }


def _emptied(change: WantedChange, limits: Limits, today: date) -> ListVerdict | None:
    """A class loses most of its members while its term runs."""
    row = change.row
    if row is None or change.operation.entity is not Entity.MEMBERS or not row.is_active:
        return None
    total, number = len(row.members), len(change.leaving)
    if has_ended(change.term, today):
        return None
    if total < SMALL_LIST or number * 100 <= total * limits.lists:
        return None
    return ListVerdict(
        Guard.LIST_MEMBERS,
        f"{row.list.title}: {number:,} of {total:,} members ({share(number, total, limits.lists)}) "
        f"would leave the list; the limit is {limits.lists} %.",
        f"{{number:,}} lists would lose more than {limits.lists} % of their members at once: "
        "{names} and {more:,} more.",
    )


def _reverted(change: WantedChange, history: History) -> ListVerdict | None:
    operation, row = change.operation, change.row
    if row is None:
        return None
    columns = history.reverted.get((operation.entity, row.id), frozenset())
    if columns.isdisjoint(operation.after):
        return None
    return ListVerdict(
        Guard.REVERTED,
        f"{row.list.title}: a change that somebody took back would be made again.",
        "Changes of {number:,} lists that somebody took back would be made again: "
        "{names} and {more:,} more.",
    )


def _waits_still(change: WantedChange, history: History) -> ListVerdict | None:
    """What an earlier run held and nobody has decided."""
    operation = change.operation
    thing = (operation.entity, operation.kept_id or operation.source_id)
    for waits in history.waiting.get(thing, ()):
        if waits.fingerprint == fingerprint(operation):
            return ListVerdict(
                Guard(waits.guard),
                f"{operation.label}: waits since an earlier sync.",
                "Changes of {number:,} lists wait since an earlier sync: "
                "{names} and {more:,} more.",
            )
    return None


def _retiring(
    wanted: Sequence[WantedChange], kept: Kept, limits: Limits, history: History, today: date
) -> dict[int, ListVerdict]:
    """Lists that lose their classes while their terms run: all of them if they are many."""
    indexes = [
        index
        for index, change in enumerate(wanted)
        if change.operation.action is Action.ARCHIVE
        and not change.is_ours
        and not has_ended(change.term, today)
    ]
    total = sum(1 for row in kept.lists if row.is_active and row.list.source_id)
    lately = history.removed_lately.get("lists", 0)
    number, percent = len(indexes), limits.lists_retired
    week, sum_ = max(limits.removals_week, percent), len(indexes) + lately
    if not number:
        return {}
    if is_over(number, total, percent, limits.people):
        verdict = ListVerdict(
            Guard.LISTS,
            f"{number:,} of {total:,} lists ({share(number, total, percent)}) would be retired "
            "because their classes are gone or changed; "
            f"{limit_words(total, percent, limits.people, 'number')}.",
        )
    elif sum_ > limits.people and sum_ * 100 > (total + lately) * week:
        verdict = ListVerdict(
            Guard.LISTS,
            f"With these {number:,}, {sum_:,} of {total + lately:,} lists would be retired "
            f"within 7 days because their classes are gone; the limit is {week} %.",
        )
    else:
        return {}
    return dict.fromkeys(indexes, verdict)
