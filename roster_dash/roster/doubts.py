"""Reasons to doubt that an answer is whole though it came without an error. In numbers."""

from datetime import date

from roster_dash.roster.errors import EmptyAnswer
from roster_dash.roster.records import Kept, KeptList, Person, Section, Snapshot
from roster_dash.roster.roles import PRECEDENCE, Role
from roster_dash.roster.settings import SyncSettings
from roster_dash.roster.terms import has_ended

DOUBT = "doubt"
"""In a snapshot's `about`: why its source itself doubts that everybody is in it."""


def refuse_empty_school(snapshot: Snapshot, kept: Kept) -> None:
    """Raises EmptyAnswer if nobody of the school came while synced people of it are here.

    District admins come from elsewhere and prove nothing about the school.
    """
    here = sum(
        1
        for row in kept.people
        if row.is_active and row.person.source_id and _is_of_school(row.person)
    )
    if here and not any(_is_of_school(person) for person in snapshot.people):
        raise EmptyAnswer(
            f"The roster answered, but with nobody in it, while {here:,} synced people are here. "
            f"Nothing was changed. Check {kept.origin.look} that this school is "
            "still shared with us."
        )


def _is_of_school(person: Person) -> bool:
    return set(person.roles) != {Role.ADMIN}


def doubts(snapshot: Snapshot, kept: Kept, settings: SyncSettings, today: date) -> list[str]:
    """A sentence for each reason to doubt that the answer names everybody who is there.

    Parts that are empty though they had content here, and records that nobody can be known by.
    Any sentence means: this run removes nobody and no list.
    """
    return [
        *_of_source(snapshot),
        *_idless_records(snapshot),
        *_empty_roles(snapshot, kept, settings),
        *_empty_classes(snapshot, kept, settings, today),
    ]


def _of_source(snapshot: Snapshot) -> list[str]:
    doubt = snapshot.about.get(DOUBT)
    return [f"{doubt}. Nobody and no list was removed."] if doubt else []


def _idless_records(snapshot: Snapshot) -> list[str]:
    number = sum(1 for person in snapshot.people if not person.source_id)
    if not number:
        return []
    return [
        f"{number:,} {'record' if number == 1 else 'records'} came without an id, so nobody knows "
        "whose they are. Nobody and no list was removed. The next sync tries again."
    ]


def _empty_roles(snapshot: Snapshot, kept: Kept, settings: SyncSettings) -> list[str]:
    warnings = []
    for role in PRECEDENCE:
        here = sum(
            1
            for row in kept.people
            if row.is_active and row.person.source_id and role in row.person.roles
        )
        if settings.role(role).sync and here and not snapshot.count(role):
            warnings.append(
                f"The roster has no {role.label.lower()}, while {role.counted(here)} are here. "
                f"Nobody and no list was removed. {_check(kept)}"
            )
    return warnings


def _empty_classes(
    snapshot: Snapshot, kept: Kept, settings: SyncSettings, today: date
) -> list[str]:
    rows = [row for row in kept.lists if row.is_active and row.list.source_id]
    if not settings.class_lists or not rows:
        return []
    over = {term.source_id for term in snapshot.terms if has_ended(term, today)}
    going_on = [row for row in rows if row.list.term_id not in over]
    here = f"while {len(rows):,} synced user lists are here"
    if not snapshot.sections:
        missing = f"no classes, {here}"
    elif not snapshot.terms and any(row.list.term_id for row in rows):
        missing = f"no terms, {here}"
    elif not any(map(_says_who, snapshot.sections)) and any(map(_has_of_roster, going_on)):
        missing = f"nobody in any class, {here} with people on them"
    else:
        return []
    return [f"The roster has {missing}. Nobody and no list was removed. {_check(kept)}"]


def _check(kept: Kept) -> str:
    return f"Check {kept.origin.look} what is shared with Roster Dash."


def _says_who(section: Section) -> bool:
    return bool(section.teachers or section.students or section.unsure)


def _has_of_roster(row: KeptList) -> bool:
    """Whether somebody is on a list whom nobody has put there by hand."""
    return len(row.managers) + len(row.members) > len(row.by_hand)
