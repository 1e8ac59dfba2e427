"""How a record's values come onto a person: a blank from the source never wipes a value."""

from collections.abc import Set
from dataclasses import replace
from typing import Any

from roster_dash.roster.records import CONTACT_FIELDS, NO_CONTACT, TEXT_FIELDS, Contact, Person

CONTACT_COLUMNS = {name: f"contact_{name}" for name in ("source_id", *CONTACT_FIELDS)}


def merge_person(
    kept: Person, record: Person, *, with_contact: bool, stays: Set[str] = frozenset()
) -> Person:
    """`kept` with every value that `record` has, but for the fields that stay as they are.

    The contact ("contact" in `stays`) comes only if it is wanted.
    """
    if record.contact != kept.contact and with_contact and "contact" not in stays:
        contact = merge_contact(kept.contact, record.contact)
    else:
        contact = kept.contact
    candidate = record if contact == record.contact else replace(record, contact=contact)
    if candidate == kept:
        return kept
    kept_values = {
        name: getattr(kept, name)
        for name in TEXT_FIELDS
        if name in stays or not getattr(record, name)
    }
    return replace(candidate, roles=record.roles or kept.roles, **kept_values)


def merge_contact(kept: Contact, record: Contact) -> Contact:
    """Another parent replaces the old one whole; the same one keeps what came blank."""
    if record == NO_CONTACT:
        return kept
    same = record.source_id == kept.source_id or record.name.casefold() == kept.name.casefold()
    if not same:
        return record
    kept_values = {
        name: getattr(kept, name) for name in CONTACT_FIELDS if not getattr(record, name)
    }
    return replace(record, **kept_values)


def person_values(person: Person, *, with_contact: bool) -> dict[str, Any]:
    """A person's non-blank columns, as the operation log and the table have them."""
    values: dict[str, Any] = {"source_id": person.source_id, "roles": list(person.roles)}
    values |= {name: getattr(person, name) for name in TEXT_FIELDS}
    if with_contact:
        values |= {
            column: getattr(person.contact, name) for name, column in CONTACT_COLUMNS.items()
        }
    return {column: value for column, value in values.items() if value}


def changed_values(kept: Person, wanted: Person) -> tuple[dict[str, Any], dict[str, Any]]:
    """(before, after) of the columns that differ; two empty ones if none does."""
    if kept == wanted:
        return {}, {}
    before, after = _all_values(kept), _all_values(wanted)
    changed = [column for column in after if before[column] != after[column]]
    return (
        {column: before[column] for column in changed},
        {column: after[column] for column in changed},
    )


def _all_values(person: Person) -> dict[str, Any]:
    values: dict[str, Any] = {"source_id": person.source_id, "roles": list(person.roles)}
    values |= {name: getattr(person, name) for name in TEXT_FIELDS}
    return values | {
        column: getattr(person.contact, name) for name, column in CONTACT_COLUMNS.items()
    }
