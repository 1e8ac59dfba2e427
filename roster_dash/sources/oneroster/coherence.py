"""Collections that came whole, each by itself, and yet can't be one roster."""

from collections.abc import Set

from roster_dash.sources.oneroster.records import OneRoster

ONE_IN = 20
"""Less than one enrollment in so many may be of somebody, or of a class, that isn't there."""
FEW = 3
"""So few never mean anything: of one who has just left, say."""


def incoherence(said: OneRoster) -> str:
    """Why it can't be, as a clause; "" if it may.

    A few records that lead nowhere are usual, and what they are about is left as it is here. That
    all of them do is a collection that didn't come, whatever its answer said.
    """
    people, enrolled = said.users.values(), said.enrollments.values()
    if people and not any(user.roles for user in people):
        return f"none of its {len(people):,} people has a role"
    if enrolled and not any(each.user_id in said.users for each in enrolled):
        return f"none of its {len(enrolled):,} enrollments is of anybody in it"
    if enrolled and not any(each.class_id in said.classes for each in enrolled):
        return f"none of its {len(enrolled):,} enrollments is in any class of it"
    taught = said.classes.values()
    if taught and not any(each.school_id in said.orgs for each in taught):
        return f"none of its {len(taught):,} classes is at any school of it"
    return ""


def doubt_of(said: OneRoster, *, users: Set[str], classes: Set[str]) -> str:
    """Why those who are missing may be there all the same; "" if nothing says so.

    `users` and `classes`: the ids of all that were named, of those that are gone too.
    """
    total = len(said.enrollments)
    for what, known, ids in (
        ("somebody", users, [each.user_id for each in said.enrollments.values()]),
        ("a class", classes, [each.class_id for each in said.enrollments.values()]),
    ):
        broken = sum(each not in known for each in ids)
        if broken > FEW and broken * ONE_IN >= total:
            return (
                f"{broken:,} of {total:,} enrollments are of {what} that the OneRoster provider "
                "doesn’t show us: it may have left out some, or doesn’t share all with us"
            )
    return ""
