"""Reasons to doubt that an answer is whole though it came without an error. In numbers."""

from roster_dash.roster.errors import EmptyAnswer
from roster_dash.roster.records import Kept, Person, Snapshot
from roster_dash.roster.roles import PRECEDENCE, Role
from roster_dash.roster.settings import SyncSettings


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
            "Nothing was changed. Check in Clever that this school is still shared with us."
        )


def _is_of_school(person: Person) -> bool:
    return set(person.roles) != {Role.ADMIN}


def doubts(snapshot: Snapshot, kept: Kept, settings: SyncSettings) -> list[str]:
    """A sentence for each reason to doubt that the answer names everybody who is there.

    Parts that are empty though they had content here, and records that nobody can be known by.
    Any sentence means: this run removes nobody and no list.
    """
    return [
        *_idless_records(snapshot),
        *_empty_roles(snapshot, kept, settings),
        *_empty_classes(snapshot, kept, settings),
    ]


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
                "Nobody and no list was removed. Check in Clever what is shared with Roster Dash."
            )
    return warnings


def _empty_classes(snapshot: Snapshot, kept: Kept, settings: SyncSettings) -> list[str]:
    lists = [row.list for row in kept.lists if row.is_active and row.list.source_id]
    if not settings.class_lists or not lists:
        return []
    if not snapshot.sections:
        missing = f"no classes, while {len(lists):,} synced user lists are here"
    elif not snapshot.terms and any(row.term_id for row in lists):
        missing = f"no terms, while {len(lists):,} synced user lists are here"
    else:
        return []
    return [
        f"The roster has {missing}. Nobody and no list was removed. "
        "Check in Clever what is shared with Roster Dash."
    ]
