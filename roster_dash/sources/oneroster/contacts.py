"""Students' primary contacts: which of the users with something to do with them it is."""

from collections.abc import Mapping
from datetime import date

from roster_dash.roster.records import Contact
from roster_dash.sources.oneroster.records import UserRecord
from roster_dash.sources.oneroster.words import CONTACTS, holds

_Rank = tuple[int, str]


def primary_contacts(
    users: Mapping[str, UserRecord], namespace: str, today: date
) -> dict[str, Contact]:
    """Student -> their primary contact: a parent, else a guardian, else a relative.

    OneRoster marks none as the first, so of equal ones the lowest id wins and the answer is the
    same every night. Who belongs to whom may be said by either of them, or by both.
    """
    best: dict[str, _Rank] = {}
    for user in users.values():
        for agent in user.agents:
            if agent in users:
                _offer(best, user, users[agent], today)
                _offer(best, users[agent], user, today)
    return {
        student: _contact(users[contact_id], CONTACTS[rank], namespace)
        for student, (rank, contact_id) in best.items()
    }


def _offer(best: dict[str, _Rank], student: UserRecord, other: UserRecord, today: date) -> None:
    if not any(each.role.casefold() == "student" for each in student.roles):
        return
    words = [each.role.casefold() for each in other.roles if holds(each.start, each.end, today)]
    ranks = [CONTACTS.index(word) for word in words if word in CONTACTS]
    if ranks and _can_be_reached(other):
        rank = (min(ranks), other.id)
        best[student.id] = min(best.get(student.id, rank), rank)


def _can_be_reached(user: UserRecord) -> bool:
    """Or named, at least."""
    return bool(_name(user) or user.email or user.phone or user.sms or user.relationship)


def _contact(user: UserRecord, word: str, namespace: str) -> Contact:
    return Contact(
        source_id=f"{namespace}.{user.id}",
        name=_name(user),
        email=user.email,
        phone=user.phone or user.sms,
        relationship=word.capitalize() if user.relationship is None else user.relationship,
    )


def _name(user: UserRecord) -> str:
    return " ".join(filter(None, (user.given_name, user.middle_name, user.family_name)))
