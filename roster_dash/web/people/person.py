"""What a person's page tells: each value, where it comes from, and what Clever says of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from roster_dash.roster.records import CONTACT_FIELDS, Person
from roster_dash.store import people, snapshots
from roster_dash.store.edits import CONTACT_COLUMNS, EDITABLE
from roster_dash.store.export import PEOPLE_COLUMNS
from roster_dash.store.tables import OperationRow, PersonRow


@dataclass(frozen=True, slots=True)
class Field:
    """One value of a person. `pin` is set if it was set here; `clever` is what Clever says then."""

    name: str
    value: str
    pin: str
    clever: str | None
    changed: OperationRow | None


def fields_of(row: PersonRow) -> Sequence[Field]:
    """Every field, with the last operation that changed it."""
    roster = in_roster(row)
    last: dict[str, OperationRow] = {}
    for operation in people.history_of("person", row.id, limit=500):
        for name in operation.after:
            last.setdefault(name, operation)
    return [_field(row, name, roster, last.get(name)) for name in EDITABLE]


def _field(row: PersonRow, name: str, roster: Person | None, last: OperationRow | None) -> Field:
    pin = "contact" if name in CONTACT_COLUMNS else name
    is_pinned = pin in row.set_here
    clever = _clever_says(roster, name) if is_pinned and roster else None
    return Field(name, getattr(row, name), pin if is_pinned else "", clever, last)


def _clever_says(roster: Person, name: str) -> str:
    if name in CONTACT_COLUMNS:
        field = CONTACT_FIELDS[CONTACT_COLUMNS.index(name)]
        return str(getattr(roster.contact, field))
    return str(getattr(roster, name))


def in_roster(row: PersonRow) -> Person | None:
    """The person's record in Clever's last answer."""
    latest = snapshots.latest_snapshot(row.school_id) if row.source_id else None
    records = latest[1].people if latest else ()
    return next((record for record in records if record.source_id == row.source_id), None)


def exported(row: PersonRow) -> dict[str, str | bool]:
    """The columns of `roster people`."""
    values = {name: getattr(row, name) for name in PEOPLE_COLUMNS}
    return values | {"roles": ";".join(row.roles), "source_id": row.source_id or ""}
