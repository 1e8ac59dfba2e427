"""The same people under new ids: many leave, and about as many of the same names arrive.

Whom a number or an e-mail tells is matched already (match.py). These are the others: they would
come a second time while their first selves are archived. Names never match anybody by themselves;
here they only make somebody ask.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain

from roster_dash.roster.guard import ALL_COLUMNS, Guard, Verdict
from roster_dash.roster.history import History
from roster_dash.roster.operations import fingerprint
from roster_dash.roster.outcomes import Outcome
from roster_dash.roster.proposals import Proposal, relink
from roster_dash.roster.records import Person
from roster_dash.roster.roles import PRECEDENCE, Role

FEW = 2
"""So many namesakes may come and go without anybody being asked."""

MOST_CANDIDATES = 50
"""From more than so many nobody can choose."""

Name = tuple[Role, str]


@dataclass(slots=True)
class Suspicion:
    """The proposals with pairs made one, what to hold, and whom doubtful arrivals may be."""

    proposals: list[Proposal]
    verdicts: list[Verdict] = field(default_factory=list)
    candidates: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """source_id of an arrival -> ids of the people here."""


def suspect_new_ids(proposals: Sequence[Proposal], history: History) -> Suspicion:
    """Pairs who left with who arrived, by role and name, and by grade where there are several."""
    arrived, left = _by_name(proposals, _is_arrival), _by_name(proposals, _has_left)
    merged: dict[int, Proposal | None] = {}
    suspects: dict[Role, dict[int, int]] = defaultdict(dict)
    """Role -> {index of who arrived: index of who left}."""
    doubtful: dict[Role, list[int]] = defaultdict(list)
    candidates: dict[str, tuple[int, ...]] = {}
    for name in sorted(arrived.keys() & left.keys()):
        sure, rest = _pairs(proposals, arrived[name], left[name], history)
        suspects[name[0]] |= sure
        if rest:
            rows = tuple(row.id for index in left[name] if (row := proposals[index].row))
            candidates |= {proposals[index].person.source_id: rows for index in rest}
            doubtful[name[0]] += [*rest, *(i for i in left[name] if i not in sure.values())]
    result = Suspicion(list(proposals), candidates=candidates)
    held: dict[Role, dict[int, frozenset[str]]] = {}
    for role in PRECEDENCE:
        several = len(suspects[role]) + sum(1 for i in doubtful[role] if proposals[i].record)
        if several <= FEW:  # but those of more who wait still, after others were decided
            suspects[role] = _waiting_pairs(proposals, suspects[role], history)
            doubtful[role] = _waiting_arrivals(proposals, doubtful[role], history)
        if not suspects[role] and not doubtful[role]:
            continue
        unknown = _others(proposals, role, suspects[role], doubtful[role])
        if unknown:
            left_over = tuple(row.id for i in unknown[1] if (row := proposals[i].row))
            candidates |= {proposals[i].person.source_id: left_over for i in unknown[0]}
            doubtful[role] += [*unknown[0], *unknown[1]]
        for new, old in suspects[role].items():
            merged |= {new: _as_one(proposals[new], proposals[old]), old: None}
        held[role] = dict.fromkeys(chain(suspects[role], doubtful[role]), ALL_COLUMNS)
    return _renumbered(result, merged, held)


def _waiting_pairs(
    proposals: Sequence[Proposal], pairs: Mapping[int, int], history: History
) -> dict[int, int]:
    waiting = {each.fingerprint for each in chain.from_iterable(history.waiting.values())}
    return {
        new: old
        for new, old in pairs.items()
        if (row := proposals[old].row)
        and fingerprint(relink(proposals[new].person, row)) in waiting
    }


def _waiting_arrivals(
    proposals: Sequence[Proposal], indexes: Sequence[int], history: History
) -> list[int]:
    """The arrivals of some doubtful ones that wait still, with all who left."""
    waiting = {each.fingerprint for each in chain.from_iterable(history.waiting.values())}
    arrived = [
        index
        for index in indexes
        if (operation := proposals[index].operation)
        and proposals[index].record
        and fingerprint(operation) in waiting
    ]
    left = [index for index in indexes if not proposals[index].record]
    return [*arrived, *left] if arrived else []


def _others(
    proposals: Sequence[Proposal], role: Role, sure: Mapping[int, int], doubtful: Sequence[int]
) -> tuple[list[int], list[int]] | None:
    """Who else arrived and left when most who left came back under new ids.

    They may be the same people, too, under a name that somebody corrected here.
    """
    known = {*sure, *sure.values(), *doubtful}
    of_role = [i for i, each in enumerate(proposals) if each.role is role and i not in known]
    arrived = [i for i in of_role if _is_arrival(proposals[i])]
    left = [i for i in of_role if _has_left(proposals[i])]
    if not arrived or not left or len(left) > min(len(sure), MOST_CANDIDATES):
        return None
    return arrived, left


def _renumbered(
    result: Suspicion,
    merged: Mapping[int, Proposal | None],
    held: Mapping[Role, Mapping[int, frozenset[str]]],
) -> Suspicion:
    kept = [
        (index, merged.get(index, proposal))
        for index, proposal in enumerate(result.proposals)
        if merged.get(index, proposal) is not None
    ]
    place = {index: position for position, (index, _) in enumerate(kept)}
    result.proposals = [proposal for _, proposal in kept if proposal is not None]
    for role, indexes in held.items():
        columns = {place[index]: columns for index, columns in indexes.items() if index in place}
        number = sum(1 for position in columns if result.proposals[position].record)
        sentence = (
            f"{role.counted(number)} left the roster while as many of the same names arrived: "
            "they seem to be the same people under new ids."
        )
        result.verdicts.append(Verdict(Guard.REKEY, sentence, columns, role))
    return result


def _by_name(proposals: Sequence[Proposal], wanted: object) -> dict[Name, list[int]]:
    found: dict[Name, list[int]] = defaultdict(list)
    for index, proposal in enumerate(proposals):
        if proposal.role is not None and callable(wanted) and wanted(proposal):
            found[proposal.role, _full_name(proposal.person)].append(index)
    return found


def _is_arrival(proposal: Proposal) -> bool:
    return proposal.outcome is Outcome.CREATED


def _has_left(proposal: Proposal) -> bool:
    return proposal.is_missing and proposal.outcome is not Outcome.MOVED


def _full_name(person: Person) -> str:
    return " ".join(f"{person.first_name} {person.last_name}".split()).casefold()


def _pairs(
    proposals: Sequence[Proposal], arrived: list[int], left: list[int], history: History
) -> tuple[dict[int, int], list[int]]:
    """(who is surely whom, arrivals who may be one of several)."""
    sure: dict[int, int] = {}
    for new in arrived:
        same = [old for old in left if _same_grade(proposals[new], proposals[old])]
        rivals = [other for other in arrived if _same_grade(proposals[other], proposals[new])]
        if len(same) == 1 and len(rivals) == 1 and same[0] not in sure.values():
            sure[new] = same[0]
    rejected = {new for new, old in sure.items() if _is_rejected(proposals, new, old, history)}
    rest = [new for new in arrived if new not in sure]
    if len(rest) == 1 and len(left) - len(sure) == 1:  # the grade differs: a year has gone by
        (old,) = set(left) - set(sure.values())
        if not _is_rejected(proposals, rest[0], old, history):
            sure[rest[0]] = old
        rest = []
    elif len(left) == len(sure):
        rest = []
    return {new: old for new, old in sure.items() if new not in rejected}, rest


def _same_grade(one: Proposal, other: Proposal) -> bool:
    return one.person.grade == other.person.grade


def _is_rejected(proposals: Sequence[Proposal], new: int, old: int, history: History) -> bool:
    row = proposals[old].row
    assert row is not None
    return fingerprint(relink(proposals[new].person, row)) in history.rejected


def _as_one(arrival: Proposal, leaver: Proposal) -> Proposal:
    assert leaver.row is not None
    operation = relink(arrival.person, leaver.row)
    return replace(
        arrival,
        outcome=Outcome.UPDATED,
        reason="relinked",
        row=leaver.row,
        operation=operation,
    )
