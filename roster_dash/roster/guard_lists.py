"""The guards of user lists: one that would be emptied, and many that would be retired at once."""

from collections.abc import Sequence, Set
from dataclasses import dataclass, field
from datetime import date

from roster_dash.roster.guard import Guard, Held, is_over, limit_words, share
from roster_dash.roster.history import History
from roster_dash.roster.operations import Action, Entity, Operation, fingerprint
from roster_dash.roster.records import Kept, KeptList, Term
from roster_dash.roster.settings import Limits
from roster_dash.roster.terms import has_ended

SMALL_LIST = 8
"""A list of fewer members may lose any number."""


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


ListVerdict = tuple[Guard, str]


@dataclass(slots=True)
class Judged:
    """`waiting`: ids of the lists of which something is held."""

    operations: list[Operation] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)
    approved: list[Operation] = field(default_factory=list)
    rejected: list[str] = field(default_factory=list)
    sentences: list[str] = field(default_factory=list)
    waiting: set[int] = field(default_factory=set)


def judge_lists(
    wanted: Sequence[WantedChange], kept: Kept, limits: Limits, history: History, today: date
) -> Judged:
    """What of the wanted changes is applied, and what waits."""
    judged = Judged()
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
    mark = fingerprint(operation)
    if mark in history.rejected:
        judged.rejected.append(mark)
    elif verdict is None:
        judged.operations.append(operation)
    elif mark in history.approved:
        judged.approved.append(operation)
    else:
        guard, sentence = verdict
        judged.held.append(Held(operation, guard))
        if sentence not in judged.sentences:
            judged.sentences.append(sentence)
        if operation.kept_id is not None:
            judged.waiting.add(operation.kept_id)


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
    return Guard.LIST_MEMBERS, (
        f"{row.list.title}: {number:,} of {total:,} members ({share(number, total, limits.lists)}) "
        f"would leave the list; the limit is {limits.lists} %."
    )


def _reverted(change: WantedChange, history: History) -> ListVerdict | None:
    operation, row = change.operation, change.row
    if row is None:
        return None
    columns = history.reverted.get((operation.entity, row.id), frozenset())
    if columns.isdisjoint(operation.after):
        return None
    return Guard.REVERTED, (
        f"{row.list.title}: a change that somebody took back would be made again."
    )


def _waits_still(change: WantedChange, history: History) -> ListVerdict | None:
    """What an earlier run held and nobody has decided."""
    operation = change.operation
    waits = history.waiting.get((operation.entity, operation.kept_id or operation.source_id))
    if waits is None or waits.fingerprint != fingerprint(operation):
        return None
    return Guard(waits.guard), f"{operation.label}: waits since an earlier sync."


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
        and fingerprint(change.operation) not in history.rejected
    ]
    total = sum(1 for row in kept.lists if row.is_active and row.list.source_id)
    lately = history.removed_lately.get("lists", 0)
    number, percent = len(indexes), limits.lists_retired
    week, sum_ = max(limits.removals_week, percent), len(indexes) + lately
    if not number:
        return {}
    if is_over(number, total, percent, limits.people):
        verdict = (
            Guard.LISTS,
            (
                f"{number:,} of {total:,} lists ({share(number, total, percent)}) would be retired "
                "because their classes are gone or changed; "
                f"{limit_words(total, percent, limits.people, 'number')}."
            ),
        )
    elif sum_ > limits.people and sum_ * 100 > (total + lately) * week:
        verdict = (
            Guard.LISTS,
            (
                f"With these {number:,}, {sum_:,} of {total + lately:,} lists would be retired "
                f"within 7 days because their classes are gone; the limit is {week} %."
            ),
        )
    else:
        return {}
    return dict.fromkeys(indexes, verdict)
