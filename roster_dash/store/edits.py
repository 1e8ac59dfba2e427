"""Edits by hand: each changes one row and is logged with who and when, like a sync's operations.

A field that is edited is `set_here`: syncs leave it alone until it is given back to the roster.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import delete, select

from roster_dash import clock
from roster_dash.extensions import db
from roster_dash.roster.errors import BadInput
from roster_dash.roster.history import FOR_EVER
from roster_dash.roster.operations import Action, Entity, Operation
from roster_dash.roster.origin import capital
from roster_dash.roster.records import CONTACT_FIELDS, TEXT_FIELDS, Person, Status, called
from roster_dash.roster.roles import Role
from roster_dash.store.rosters import apply_operations
from roster_dash.store.schools import lock_school
from roster_dash.store.settled import note_change
from roster_dash.store.tables import ListRow, Membership, OperationRow, PersonRow, School

CONTACT_COLUMNS = tuple(f"contact_{name}" for name in CONTACT_FIELDS)
EDITABLE = (*TEXT_FIELDS, *CONTACT_COLUMNS)
SIDES = ("managers", "members")
LONGEST = 300


def edit_person(person: PersonRow, values: Mapping[str, str], user_id: int) -> None:
    """Sets fields by hand. Errors: BadInput for an unknown field, or a person without a name."""
    _check(values)
    _take(person)
    texts = {name: text.strip() for name, text in values.items()}
    changed = {name: text for name, text in texts.items() if text != getattr(person, name)}
    if not changed:
        return
    wanted = {name: changed.get(name, getattr(person, name)) for name in EDITABLE}
    if not any(wanted[name] for name in ("first_name", "middle_name", "last_name")):
        raise BadInput("A person needs a name: type a first or a last name.")
    pinned = {"contact" if name.startswith("contact_") else name for name in changed}
    set_here = sorted({*person.set_here, *pinned}) if person.source_id else []
    _change_person(person, Action.UPDATE, "edited", changed | {"set_here": set_here}, user_id)


def give_back(person: PersonRow, field: str, roster: Person, user_id: int) -> None:
    """Lets the roster have a field again, with what it says now."""
    _take(person)
    values: dict[str, Any] = {"set_here": [name for name in person.set_here if name != field]}
    if field == "contact":
        values |= {f"contact_{name}": getattr(roster.contact, name) for name in CONTACT_FIELDS}
    elif field in TEXT_FIELDS:
        values[field] = getattr(roster, field)
    else:
        raise BadInput(f"There is no field “{field}” to give back.")
    _change_person(person, Action.UPDATE, "given_back", values, user_id)


def include_person(person: PersonRow, included: bool, user_id: int) -> None:
    """Switches “Include in sync”."""
    _take(person)
    if person.included_in_sync != included:
        values = {"included_in_sync": included}
        _change_person(
            person, Action.UPDATE, "included" if included else "taken_out", values, user_id
        )


def archive_person(person: PersonRow, user_id: int) -> None:
    """Archives by hand. Someone of the roster is left out of the sync too: it would undo this.

    Someone whom the roster lacks anyway comes back with their record, so they stay in the sync.
    """
    _take(person)
    if person.status == Status.ACTIVE:
        values: dict[str, Any] = {"status": Status.ARCHIVED.value}
        if person.source_id and person.included_in_sync and person.leaving_since is None:
            values["included_in_sync"] = False
        _end_countdown(person)
        _change_person(person, Action.ARCHIVE, "archived_by_hand", values, user_id)


def let_stay(person: PersonRow, until: date, user_id: int) -> None:
    """Somebody missing from the roster stays until a day; FOR_EVER: until they are back there."""
    _take(person)
    person.stays_until = until
    after = "until the roster has them again" if until == FOR_EVER else until.isoformat()
    db.session.add(
        OperationRow(
            **_by(user_id),
            entity=Entity.PERSON,
            entity_id=person.id,
            action=Action.UPDATE,
            reason="lets_stay",
            label=name_of(person),
            before={},
            after={"stays_until": after},
        )
    )
    db.session.flush()
    note_change(person.school_id)


def _end_countdown(person: PersonRow) -> None:
    person.leaving_since = person.stays_until = None
    person.leaving_runs = 0
    db.session.flush()
    note_change(person.school_id)


def restore_person(person: PersonRow, user_id: int) -> None:
    """Brings somebody back, and into the sync."""
    _take(person)
    if person.status == Status.ARCHIVED:
        values = {"status": Status.ACTIVE.value, "included_in_sync": True}
        changed = {name: value for name, value in values.items() if getattr(person, name) != value}
        _end_countdown(person)
        _change_person(person, Action.RESTORE, "restored_by_hand", changed, user_id)


def add_person(school_id: int, role: Role, values: Mapping[str, str], user_id: int) -> PersonRow:
    """Adds somebody whom the roster doesn't have. Errors: BadInput without a name."""
    _check(values)
    filled = {name: text.strip() for name, text in values.items() if text.strip()}
    if not filled.keys() & {"first_name", "last_name"}:
        raise BadInput("A person needs a name: type a first or a last name.")
    after = filled | {"roles": [role.value]}
    name = " ".join(filled[part] for part in ("first_name", "last_name") if part in filled)
    operation = Operation(Entity.PERSON, Action.CREATE, "added_by_hand", "", None, name, {}, after)
    apply_operations(school_id, _by(user_id), [operation])
    made = select(PersonRow).where(PersonRow.school_id == school_id)
    return db.session.scalars(made.order_by(PersonRow.id.desc()).limit(1)).one()


def add_people(school_id: int, people: Sequence[Person], user_id: int) -> None:
    """Adds many at once, without an id of the roster's: the first sync matches them."""
    operations = [
        Operation(
            Entity.PERSON,
            Action.CREATE,
            "imported",
            "",
            None,
            person.name,
            {},
            {"roles": [role.value for role in person.roles]}
            | {name: text for name in TEXT_FIELDS if (text := getattr(person, name))},
        )
        for person in people
    ]
    apply_operations(school_id, _by(user_id), operations)


def edit_list(row: ListRow, values: Mapping[str, Any], user_id: int) -> None:
    """Sets title, visibility or included_in_sync. A blank title follows the class again."""
    _take(row)
    wanted = dict(values)
    if "title" in wanted:
        wanted["title"] = str(wanted["title"]).strip()[:LONGEST] or row.synced_title or row.title
    changed = {name: value for name, value in wanted.items() if getattr(row, name) != value}
    if changed:
        before = {name: getattr(row, name) for name in changed}
        operation = Operation(
            Entity.LIST,
            Action.UPDATE,
            "edited",
            row.source_id or "",
            row.id,
            row.title,
            before,
            changed,
        )
        apply_operations(row.school_id, _by(user_id), [operation])
        db.session.refresh(row)


def put_on_list(row: ListRow, side: str, person: PersonRow, user_id: int) -> None:
    """Adds a manager or member by hand; syncs leave them on."""
    _take(row)
    where = {"list_id": row.id, "side": side, "person_id": person.id}
    if side not in SIDES or person.school_id != row.school_id:
        raise BadInput("Choose somebody of this school, as manager or member.")
    if db.session.get(Membership, tuple(where.values())) is None:
        db.session.add(Membership(**where, by_hand=True))
        _log_membership(row, {}, {side: [person.id]}, user_id)


def take_off_list(row: ListRow, side: str, person_id: int, user_id: int) -> None:
    """Takes off somebody who was put on by hand. Errors: BadInput for those of the class."""
    _take(row)
    membership = db.session.get(Membership, (row.id, side, person_id))
    if membership is None:
        return
    if not membership.by_hand:
        origin = db.session.get_one(School, row.school_id).origin
        raise BadInput(
            f"They are in the class in {origin.name}; the next sync would put them back on."
        )
    core = Membership
    db.session.execute(
        delete(core).where(core.list_id == row.id, core.side == side, core.person_id == person_id)
    )
    _log_membership(row, {side: [person_id]}, {}, user_id)


def _log_membership(
    row: ListRow, before: Mapping[str, Any], after: Mapping[str, Any], user_id: int
) -> None:
    db.session.add(
        OperationRow(
            **_by(user_id),
            entity=Entity.MEMBERS,
            entity_id=row.id,
            action=Action.UPDATE,
            reason="edited",
            label=row.title,
            before=dict(before),
            after=dict(after),
        )
    )
    db.session.flush()
    note_change(row.school_id)


def _change_person(
    person: PersonRow, action: Action, reason: str, after: Mapping[str, Any], user_id: int
) -> None:
    before = {name: getattr(person, name) for name in after}
    operation = Operation(
        Entity.PERSON,
        action,
        reason,
        person.source_id or "",
        person.id,
        name_of(person),
        before,
        after,
    )
    apply_operations(person.school_id, _by(user_id), [operation])
    db.session.refresh(person)


def name_of(person: PersonRow) -> str:
    """How people call them."""
    values = {name: getattr(person, name) for name in TEXT_FIELDS}
    return Person(person.source_id or "", **values).name or f"Person {person.id}"


def _take(row: PersonRow | ListRow) -> None:
    """A row as it is now, until the caller commits; the school first, as everybody does."""
    lock_school(row.school_id)
    db.session.refresh(row)


def _by(user_id: int) -> dict[str, Any]:
    return {"user_id": user_id, "at": clock.now()}


def _check(values: Mapping[str, str]) -> None:
    for name, text in values.items():
        if name not in EDITABLE:
            raise BadInput(f"There is no field “{name}”.")
        if len(text) > LONGEST:
            field = capital(called(name))
            raise BadInput(f"{field} has {len(text)} characters; at most {LONGEST} are possible.")
