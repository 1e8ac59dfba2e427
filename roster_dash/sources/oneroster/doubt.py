"""Collections that came whole each, but don't fit together: is one of them only a part?"""

from collections.abc import Set

from roster_dash.sources.oneroster.records import OneRoster

ONE_IN = 20
"""Less than one enrollment in so many may be of somebody, or of a class, that isn't there."""


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
        if broken and broken * ONE_IN >= total:
            return (
                f"{broken:,} of {total:,} enrollments are of {what} that the OneRoster provider "
                "doesn’t show us: it may have left out some, or doesn’t share all with us"
            )
    return ""
