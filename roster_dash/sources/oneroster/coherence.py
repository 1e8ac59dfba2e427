"""Collections that came whole, each by itself, and yet can't be one roster."""

from roster_dash.sources.oneroster.records import OneRoster


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
