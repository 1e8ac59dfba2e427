"""RED: what waits for a person. Each guard is a pure function over the proposals, and speaks in
numbers. A guard never stops what it isn't about.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from roster_dash.roster.grace import Stage, is_new, stage_of
from roster_dash.roster.history import History, Waiting
from roster_dash.roster.operations import Action, Entity, Operation, fingerprint, part_of
from roster_dash.roster.outcomes import Outcome
from roster_dash.roster.proposals import Proposal
from roster_dash.roster.records import Kept, KeptPerson
from roster_dash.roster.roles import PRECEDENCE, Role
from roster_dash.roster.settings import Limits, SyncSettings

SMALL_ROLE = 30
"""Of fewer people than this, a count is the limit and not a share."""
NAMES = frozenset({"first_name", "middle_name", "last_name", "preferred_name"})
IDS = frozenset({"source_id", "sis_id", "student_number"})
IDENTITY = NAMES | IDS | {"email"}
CONTACT = frozenset(
    {f"contact_{name}" for name in ("source_id", "name", "email", "phone", "relationship")}
)
ALL_COLUMNS: frozenset[str] = frozenset({"*"})


class Guard(StrEnum):
    REMOVALS = "removals"
    REMOVALS_7_DAYS = "removals_7_days"
    UPDATES = "updates"
    HANDED_OVER = "handed_over"
    ESCALATION = "escalation"
    REKEY = "rekey"
    REVERTED = "reverted"
    LIST_MEMBERS = "list_members"
    LISTS = "lists"


GUARDS = {
    Guard.REMOVALS: "Many would be archived at once",
    Guard.REMOVALS_7_DAYS: "Many would be archived within 7 days",
    Guard.UPDATES: "Many would get another name, e-mail, id or parent",
    Guard.HANDED_OVER: "A number would go from one person to another",
    Guard.ESCALATION: "A role with more rights",
    Guard.REKEY: "The same people under new ids?",
    Guard.REVERTED: "Taken back before",
    Guard.LIST_MEMBERS: "A list would lose most of its members",
    Guard.LISTS: "Many lists would be retired at once",
}
"""A guard's title, for people."""


@dataclass(frozen=True, slots=True)
class Held:
    """An operation that waits for a person, and the guard that held it.

    `candidates`: ids of the people here whom an arrival may be, for somebody to choose from.
    """

    operation: Operation
    guard: Guard
    candidates: tuple[int, ...] = ()

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.operation)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a guard holds: index of a proposal -> the columns that wait, ALL_COLUMNS for all."""

    guard: Guard
    sentence: str
    held: Mapping[int, frozenset[str]]
    role: Role | None = None


Proposals = Sequence[Proposal]


def judge(
    proposals: Proposals, kept: Kept, settings: SyncSettings, history: History, today: date
) -> list[Verdict]:
    """Every guard's verdict on the proposals for people."""
    limits = settings.limits_on(today)
    people = Counter(
        role
        for row in kept.people
        if row.is_active
        and row.person.source_id
        and (role := settings.deciding_role(row.person.roles))
    )
    roles = [_role_here(proposal, settings) for proposal in proposals]
    matched = Counter(
        role for role, each in zip(roles, proposals, strict=True) if role and each.record
    )
    verdicts = [
        *_reverted(proposals, history),
        *_removals(proposals, people, limits, settings, history, today),
        *_many_relinks(proposals, roles, matched, limits),
        *_identity_updates(proposals, roles, matched, limits, history),
        *_escalations(proposals),
    ]
    waiting = {index for verdict in verdicts for index in verdict.held}
    verdicts += _handed_over(proposals, kept, waiting)
    held_anyway: dict[int, frozenset[str]] = defaultdict(frozenset)
    for verdict in verdicts:
        for index, columns in verdict.held.items():
            held_anyway[index] |= columns
    return [*verdicts, *_waiting_still(proposals, held_anyway, history)]


def _waiting_still(
    proposals: Proposals, held_anyway: Mapping[int, frozenset[str]], history: History
) -> list[Verdict]:
    """What an earlier run held and nobody has decided, though no guard would hold it today.

    Also where one does hold something about the same person, but not all that waits.
    """
    held: dict[Guard, dict[int, frozenset[str]]] = defaultdict(dict)
    for index, proposal in enumerate(proposals if history.waiting else ()):
        operation, today = proposal.operation, held_anyway.get(index, frozenset())
        if operation is None or today >= ALL_COLUMNS:
            continue
        thing = (Entity.PERSON, operation.kept_id or operation.source_id)
        for waits in history.waiting.get(thing, ()):
            if not today >= waits.columns and _is_what_waits(operation, waits):
                whole = set(operation.after) <= waits.columns
                columns = ALL_COLUMNS if whole else frozenset(waits.columns)
                of_guard = held[Guard(waits.guard)]
                of_guard[index] = of_guard.get(index, frozenset()) | columns
    return [
        Verdict(guard, f"{len(indexes):,} from an earlier sync: {_lower(GUARDS[guard])}.", indexes)
        for guard, indexes in held.items()
    ]


def _is_what_waits(operation: Operation, waits: Waiting) -> bool:
    return fingerprint(held_part(operation, waits.columns)) == waits.fingerprint


def without_rejected(
    proposals: Proposals, history: History
) -> tuple[list[Proposal], frozenset[str]]:
    """The proposals without what somebody rejected, and the fingerprints of that.

    Whoever must not get a new id gets nothing else from its record: it is somebody else's.
    """
    met: set[str] = set()
    kept: list[Proposal] = []
    for proposal in proposals:
        for part in _rejected_parts(proposal, history):
            operation = proposal.operation
            if operation is None:
                break
            met.add(fingerprint(part))
            rest = allowed_part(operation, frozenset(part.after))
            if rest is None or "source_id" in part.after or part == operation:
                proposal = proposal.ends(Outcome.SKIPPED, "rejected")
            else:
                proposal = replace(proposal, operation=rest)
        kept.append(proposal)
    return kept, frozenset(met)


def _rejected_parts(proposal: Proposal, history: History) -> list[Operation]:
    operation = proposal.operation
    if operation is None or not history.rejected:
        return []
    if fingerprint(operation) in history.rejected:
        return [operation]
    declined = history.declined.get((Entity.PERSON, operation.kept_id or operation.source_id), ())
    parts = [(held_part(operation, each.columns), each.fingerprint) for each in declined]
    return [part for part, mark in parts if fingerprint(part) == mark]


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def share(number: int, total: int, limit: int) -> str:
    """ "15 %", with a decimal where a whole number would look like the limit."""
    percent = 100 * number / total if total else 100
    whole = round(percent)
    return f"{percent:.1f} %" if whole == limit and percent != whole else f"{whole} %"


def is_over(number: int, total: int, percent: int, people: int) -> bool:
    """Whether so many of a role are more than its limit: a share, or a count if it is small."""
    if total >= SMALL_ROLE:
        return number * 100 > total * percent
    return number > max(people, total * percent // 100)


def limit_words(total: int, percent: int, people: int, small: str = "role") -> str:
    """The limit of a role, or of something else that has few."""
    if total >= SMALL_ROLE or total * percent // 100 > people:
        return f"the limit is {percent} %"
    return f"the limit of so small a {small} is {people}"


def _removals(
    proposals: Proposals,
    people: Mapping[Role, int],
    limits: Limits,
    settings: SyncSettings,
    history: History,
    today: date,
) -> list[Verdict]:
    """Who went missing, and who is due, each against the limits of one run and of 7 days."""
    verdicts = []
    for role in PRECEDENCE:
        missing: dict[int, KeptPerson] = {
            index: proposal.row
            for index, proposal in enumerate(proposals)
            if proposal.is_removal and proposal.role is role and proposal.row
        }
        if not missing:
            continue
        days = settings.grace(role)
        new = [index for index, row in missing.items() if is_new(row)]
        due = [
            index
            for index, row in missing.items()
            if not is_new(row) and stage_of(row, days, today) is Stage.DUE
        ]
        lately = history.removed_lately.get(role, 0)
        on_the_way = len(missing) - len(new)
        for indexes, before in ((new, lately + on_the_way), (due, lately)):
            verdict = _removal_verdict(role, indexes, people[role], before, lately, limits)
            verdicts += [verdict] if verdict else []
    return verdicts


def _removal_verdict(
    role: Role, indexes: list[int], total: int, before: int, lately: int, limits: Limits
) -> Verdict | None:
    number = len(indexes)
    held = dict.fromkeys(indexes, ALL_COLUMNS)
    if number and is_over(number, total, limits.removals, limits.people):
        sentence = (
            f"{number:,} of {role.counted(total)} ({share(number, total, limits.removals)}) "
            f"would be archived; {limit_words(total, limits.removals, limits.people)}."
        )
        return Verdict(Guard.REMOVALS, sentence, held, role)
    sum_, start = number + before, total + lately
    if not number or sum_ <= limits.people or sum_ * 100 <= start * limits.removals_week:
        return None
    sentence = (
        f"With these {number:,}, {sum_:,} of {role.counted(start)} "
        f"({share(sum_, start, limits.removals_week)}) would be archived within 7 days; "
        f"the limit is {limits.removals_week} %."
    )
    return Verdict(Guard.REMOVALS_7_DAYS, sentence, held, role)


def _identity_updates(
    proposals: Proposals,
    roles: Sequence[Role | None],
    people: Mapping[Role, int],
    limits: Limits,
    history: History,
) -> list[Verdict]:
    """Names, e-mails, ids and parents that replace others. One where none was is no other one."""
    by_role: dict[Role, dict[int, frozenset[str]]] = defaultdict(dict)
    for index, proposal in enumerate(proposals):
        operation, role = proposal.operation, roles[index]
        if operation is None or role is None or proposal.row is None or proposal.record is None:
            continue
        columns = _replaced(operation)
        if columns and fingerprint(held_part(operation, columns)) not in history.rejected:
            by_role[role][index] = columns
    verdicts = []
    for role, held in by_role.items():
        number, total = len(held), people[role]
        if number > limits.people and number * 100 > total * limits.updates:
            sentence = (
                f"{number:,} of {role.counted(total)} ({share(number, total, limits.updates)}) "
                f"would get another name, e-mail, id or parent; the limit is {limits.updates} %."
            )
            verdicts.append(Verdict(Guard.UPDATES, sentence, held, role))
    return verdicts


def _replaced(operation: Operation) -> frozenset[str]:
    """The columns by which an operation makes somebody look like another person."""
    after = frozenset(operation.after)
    told = operation.before.get
    identity = IDENTITY & after if any(told(name) for name in IDENTITY & after) else frozenset()
    parent = {"contact_name", "contact_email"} & after
    contact = CONTACT & after if any(told(name) for name in parent) else frozenset()
    return identity | contact


def _role_here(proposal: Proposal, settings: SyncSettings) -> Role | None:
    """The role of somebody here, whatever the roster makes of them; None for who isn't here."""
    if proposal.row is None:
        return None
    return settings.deciding_role(proposal.row.person.roles) or proposal.role


def _many_relinks(
    proposals: Proposals,
    roles: Sequence[Role | None],
    people: Mapping[Role, int],
    limits: Limits,
) -> list[Verdict]:
    """Ids that replace others, for people known by a number or an e-mail."""
    verdicts = []
    for role in PRECEDENCE:
        held = {
            index: frozenset({"source_id"})
            for index, proposal in enumerate(proposals)
            if roles[index] is role
            and proposal.operation
            and "source_id" in proposal.operation.after
            and proposal.operation.before.get("source_id")
            and proposal.reason != "relinked"
        }
        number, total = len(held), people[role]
        if is_over(number, total, limits.removals, limits.people):
            sentence = (
                f"{number:,} of {role.counted(total)} ({share(number, total, limits.removals)}) "
                "would get a new id, known by their numbers or e-mails; "
                f"{limit_words(total, limits.removals, limits.people)}."
            )
            verdicts.append(Verdict(Guard.REKEY, sentence, held, role))
    return verdicts


_Number = tuple[str, str]
"""(column, value) of a number that tells who somebody is."""


def _handed_over(proposals: Proposals, kept: Kept, waiting: Set[int]) -> list[Verdict]:
    """A number that somebody else here has: two people would become one, or change places.

    Whoever has it and would lose it waits, too. `waiting`: whose changes are held anyway.
    """
    gained = [(index, number) for index, p in enumerate(proposals) for number in _numbers_gained(p)]
    owners = _owners_of_numbers(proposals, kept, waiting) if gained else {}
    held: dict[int, frozenset[str]] = {}
    for index, (name, value, row_id, roles) in gained:
        for owner_id, owner_roles, owner_index in owners.get((name, value), ()):
            if owner_id == row_id or owner_roles.isdisjoint(roles):
                continue
            held[index] = IDENTITY
            if owner_index is not None:
                held[owner_index] = IDENTITY
    if not held:
        return []
    number = len(held)
    who = "1 person" if number == 1 else f"{number:,} people"
    return [
        Verdict(
            Guard.HANDED_OVER,
            f"{who} would get a number that somebody else here has.",
            held,
        )
    ]


def _owners_of_numbers(
    proposals: Proposals, kept: Kept, waiting: Set[int]
) -> Mapping[_Number, list[tuple[int, frozenset[Role], int | None]]]:
    """Number -> (row, roles, index of the proposal that changes it) of everybody who stays."""
    of_row = {each.row.id: index for index, each in enumerate(proposals) if each.row}
    owners: dict[_Number, list[tuple[int, frozenset[Role], int | None]]] = defaultdict(list)
    for row in kept.people:
        index = of_row.get(row.id)
        proposal = proposals[index] if index is not None else None
        leaves = proposal is not None and proposal.outcome in (Outcome.ARCHIVED, Outcome.MOVED)
        if not row.is_active or (leaves and index not in waiting):
            continue
        record = proposal.record if proposal else None
        roles = frozenset(record.roles if record else row.person.roles)
        after = proposal.operation.after if proposal and proposal.operation else {}
        for name in ("sis_id", "student_number"):
            if number := getattr(row.person, name):
                owners[name, number].append((row.id, roles, index if name in after else None))
    return owners


def _numbers_gained(proposal: Proposal) -> list[tuple[str, str, int, frozenset[Role]]]:
    """(column, value, row, roles) of each number that a record brings to somebody here."""
    row, operation, record = proposal.row, proposal.operation, proposal.record
    if row is None or operation is None or record is None:
        return []
    return [
        (name, str(operation.after[name]), row.id, frozenset(record.roles))
        for name in ("sis_id", "student_number")
        if operation.after.get(name)
    ]


def _escalations(proposals: Proposals) -> list[Verdict]:
    """A student who would become staff, anybody who would become an admin."""
    held: dict[int, frozenset[str]] = {}
    kinds: Counter[tuple[str, str]] = Counter()
    for index, proposal in enumerate(proposals):
        operation = proposal.operation
        if proposal.row is None or operation is None or "roles" not in operation.after:
            continue
        before, after = set(proposal.row.person.roles), set(operation.after["roles"])
        gained = after - before
        if Role.ADMIN in gained:
            kinds["1 person would become an admin", "{} people would become admins"] += 1
        elif Role.STUDENT in before and gained & {Role.STAFF, Role.TEACHER}:
            kinds["1 student would become staff", "{} students would become staff"] += 1
        else:
            continue
        held[index] = frozenset({"roles"})
    sentence = " ".join(
        f"{one if number == 1 else many.format(f'{number:,}')}; that always needs an approval."
        for (one, many), number in kinds.items()
    )
    return [Verdict(Guard.ESCALATION, sentence, held)] if held else []


def _reverted(proposals: Proposals, history: History) -> list[Verdict]:
    """What was taken back with the wish that it doesn't happen again."""
    held = {
        index: columns
        for index, proposal in enumerate(proposals if history.reverted else ())
        if proposal.row
        and proposal.operation
        and (
            columns := history.reverted.get((Entity.PERSON, proposal.row.id), frozenset())
            & frozenset(proposal.operation.after)
        )
    }
    if not held:
        return []
    number = len(held)
    who = "1 change" if number == 1 else f"{number:,} changes"
    sentence = (
        f"{who} would be made again after somebody took {'it' if number == 1 else 'them'} back."
    )
    return [Verdict(Guard.REVERTED, sentence, {i: frozenset(c) for i, c in held.items()})]


def held_part(operation: Operation, columns: Set[str]) -> Operation:
    """What of an operation waits. Somebody comes or goes whole."""
    whole = operation.action in (Action.CREATE, Action.ARCHIVE)
    if columns >= ALL_COLUMNS or whole or set(operation.after) <= columns:
        return operation
    part = part_of(operation, columns)
    if "status" in part.after or operation.action is not Action.RESTORE:
        return part
    return Operation(
        part.entity,
        Action.UPDATE,
        "changed",
        part.source_id,
        part.kept_id,
        part.label,
        part.before,
        part.after,
    )


def allowed_part(operation: Operation, columns: Set[str]) -> Operation | None:
    """What of an operation doesn't wait; None if there is nothing."""
    whole = operation.action in (Action.CREATE, Action.ARCHIVE) or "status" in columns
    if columns >= ALL_COLUMNS or whole:
        return None
    part = part_of(operation, frozenset(operation.after) - columns)
    return part if part.after else None


def unhealthy_roles(verdicts: Sequence[Verdict]) -> frozenset[Role]:
    """The roles of which so many are missing that nobody's days count."""
    removals = (Guard.REMOVALS, Guard.REMOVALS_7_DAYS, Guard.REKEY)
    return frozenset(v.role for v in verdicts if v.role and v.guard in removals)


def held_outcome(proposal: Proposal) -> Proposal:
    """The proposal of somebody for whom something waits."""
    return proposal.ends(Outcome.HELD, "waiting")
