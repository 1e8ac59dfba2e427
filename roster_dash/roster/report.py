"""A run in numbers and in a sentence: what history shows, the mail says and the CLI prints."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from roster_dash.roster.lists import LIST_COUNTS
from roster_dash.roster.operations import Entity
from roster_dash.roster.origin import Origin
from roster_dash.roster.outcomes import Outcome
from roster_dash.roster.plan import Plan

Counts = Mapping[str, Mapping[str, int]]

NO_COUNTS: Counts = {
    "people": {str(outcome): 0 for outcome in Outcome},
    "lists": dict.fromkeys(LIST_COUNTS, 0),
    "memberships": {"added": 0, "removed": 0},
}

_WORDS = {
    "created": "joined",
    "restored": "returned",
    "moved": "moved",
    "updated": "updated",
    "leaving": "leaving soon",
    "archived": "archived",
    "held": "waiting for you",
    "conflict": "to settle by hand",
    "invalid": "unreadable",
}
KINDS = {
    ("person", "create"): "Joined",
    ("person", "restore"): "Returned",
    ("person", "update"): "Updated",
    ("person", "link"): "Linked to their roster record",
    ("person", "archive"): "Archived",
    ("list", "create"): "Lists made",
    ("list", "restore"): "Lists brought back",
    ("list", "update"): "Lists updated",
    ("list", "archive"): "Lists retired",
    ("members", "update"): "Lists with other members",
}
"""(entity, action) of every kind of operation -> its title, in the order people read them."""

ENDS = {
    "create": "created",
    "update": "updated",
    "link": "updated",
    "restore": "restored",
    "archive": "archived",
}
"""The action of an operation -> how who or what it is about has ended."""
HELD_WORDS = {
    ("person", "archive"): "would be archived",
    ("person", "restore"): "would be brought back",
    ("person", "update"): "would change",
    ("person", "link"): "would get a new {id}",
    ("person", "create"): "would be added",
    ("list", "archive"): "would be retired",
    ("list", "restore"): "would be brought back",
    ("list", "update"): "would change",
    ("list", "create"): "would be made",
    ("members", "update"): "would have other members",
}
"""(entity, action) of what is held -> what would happen; `id`: what the source's is called."""


def would_happen(entity: str, action: str, origin: Origin) -> str:
    """Of something held: "would be archived"."""
    return HELD_WORDS[entity, action].format(id=origin.id)


NEEDS_A_PERSON = (Outcome.HELD, Outcome.CONFLICT, Outcome.INVALID)


def counts_of(plan: Plan) -> dict[str, dict[str, int]]:
    """{"people": {outcome: n}, "lists": {...}, "memberships": {...}}; zero is said out loud."""
    outcomes = Counter(outcome for outcome, *_ in plan.outcomes)
    members = [op for op in plan.operations if op.entity is Entity.MEMBERS]
    return {
        "people": {str(outcome): outcomes.get(outcome, 0) for outcome in Outcome},
        "lists": {name: plan.list_counts.get(name, 0) for name in LIST_COUNTS},
        "memberships": {
            "added": sum(_length(op.after) for op in members),
            "removed": sum(_length(op.before) for op in members),
        },
    }


def _length(sides: Mapping[str, Any]) -> int:
    return sum(len(ids) for ids in sides.values())


def changes_anything(counts: Counts) -> bool:
    people = sum(
        counts["people"][name]
        for name in ("created", "updated", "restored", "moved", "leaving", "archived")
    )
    lists = sum(n for name, n in counts["lists"].items() if name not in ("unchanged", "held"))
    return bool(people or lists or any(counts["memberships"].values()))


def changed_by_source(counts: Counts) -> int:
    """How many changes came from the roster: not those of who is missing, who only grow older."""
    people = sum(counts["people"].get(name, 0) for name in ("created", "updated", "restored"))
    lists = sum(counts["lists"].get(name, 0) for name in ("created", "updated", "restored"))
    return people + lists + counts["memberships"]["added"]


def needs_a_person(counts: Counts, warnings: list[str]) -> bool:
    """Whether the verdict asks somebody to act: conflicts, unreadable records, a guard's word."""
    return (
        any(counts["people"][outcome] for outcome in NEEDS_A_PERSON)
        or bool(counts["lists"]["held"])
        or any("was removed" in warning for warning in warnings)
    )


def waiting(counts: Counts) -> int:
    """How many people and lists wait for somebody."""
    return counts["people"]["held"] + counts["lists"]["held"]


def summary(counts: Counts, *, with_waiting: bool = True) -> str:
    """What changed, in a clause: "3 joined, 1 updated, 2 lists made"; "nothing changed"."""
    parts = [
        f"{counts['people'][name]:,} {word}"
        for name, word in _WORDS.items()
        if counts["people"].get(name) and (with_waiting or name != "held")
    ]
    for name, word in (
        ("created", "made"),
        ("updated", "updated"),
        ("restored", "brought back"),
        ("archived", "retired"),
    ):
        if number := counts["lists"].get(name):
            parts.append(f"{number:,} {'list' if number == 1 else 'lists'} {word}")
    if with_waiting and (number := counts["lists"].get("held")):
        parts.append(f"{number:,} {'list' if number == 1 else 'lists'} waiting for you")
    members = counts["memberships"]
    if not parts and any(members.values()):
        parts.append(f"{members['added'] + members['removed']:,} class memberships changed")
    return ", ".join(parts) or "nothing changed"


def verdict(status: str, counts: Counts, warnings: list[str]) -> str:
    """The one line that says whether anybody has to do anything."""
    if status == "failed":
        return "the sync failed, nothing was changed"
    if status == "cancelled":
        return "the sync was cancelled, nothing was changed"
    if status == "held":
        number, done = waiting(counts), summary(counts, with_waiting=False)
        if not counts["people"]["archived"] and "nothing" not in done:
            done += ", nobody was archived"
        return f"{number:,} {'change waits' if number == 1 else 'changes wait'} for you; {done}"
    needs = "please look at it" if needs_a_person(counts, warnings) else "nothing needs you"
    return f"{summary(counts)}, {needs}"


def is_wanted(when: str, status: str, counts: Counts, warnings: list[str]) -> bool:
    """Whether a school that asked for mails `when` wants one about a run that ended so."""
    problem = status in ("failed", "held") or needs_a_person(counts, warnings)
    return {
        "always": True,
        "changes": problem or changes_anything(counts),
        "problems": problem,
        "never": False,
    }[when]
