"""People and lists as rows for CSV and JSON; the columns are a surface that must not move."""

from collections import defaultdict
from collections.abc import Iterator

from sqlalchemy import select

from roster_dash.extensions import db
from roster_dash.roster.records import Status
from roster_dash.store.tables import ListRow, Membership, PersonRow

PEOPLE_COLUMNS = (
    "source_id",
    "sis_id",
    "roles",
    "first_name",
    "middle_name",
    "last_name",
    "preferred_name",
    "email",
    "grade",
    "student_number",
    "status",
    "included_in_sync",
    "contact_name",
    "contact_email",
    "contact_phone",
    "contact_relationship",
)
LIST_COLUMNS = (
    "source_id",
    "title",
    "synced_title",
    "course",
    "term",
    "grade",
    "period",
    "visibility",
    "status",
    "managers",
    "members",
)
Row = dict[str, str | bool]


def export_people(school_id: int, *, archived: bool) -> Iterator[Row]:
    """Active people by id, archived ones too if wanted. `roles` has `;` between."""
    table = PersonRow.__table__.c
    query = select(*[table[name] for name in PEOPLE_COLUMNS]).where(table.school_id == school_id)
    if not archived:
        query = query.where(table.status == Status.ACTIVE)
    for row in db.session.execute(query.order_by(table.id)).mappings():
        values = dict(row)
        yield {**values, "source_id": values["source_id"] or "", "roles": ";".join(row["roles"])}


def export_lists(school_id: int, *, archived: bool) -> Iterator[Row]:
    """Active lists by id, archived ones too if wanted; managers and members are source_ids."""
    table = ListRow.__table__.c
    columns = [table[name] for name in LIST_COLUMNS if name not in ("managers", "members")]
    query = select(table.id, *columns).where(table.school_id == school_id)
    if not archived:
        query = query.where(table.status == Status.ACTIVE)
    people = _people_of_lists(school_id)
    for row in db.session.execute(query.order_by(table.id)).mappings():
        values = {name: row[name] for name in LIST_COLUMNS if name in row}
        yield {
            **values,
            "source_id": row["source_id"] or "",
            "managers": ";".join(people[row["id"], "managers"]),
            "members": ";".join(people[row["id"], "members"]),
        }


def _people_of_lists(school_id: int) -> dict[tuple[int, str], list[str]]:
    """(list id, side) -> the source_ids of its active people; our own id for who has none."""
    rows = db.session.execute(
        select(Membership.list_id, Membership.side, PersonRow.source_id, PersonRow.id)
        .join(PersonRow, PersonRow.id == Membership.person_id)
        .where(PersonRow.school_id == school_id, PersonRow.status == Status.ACTIVE)
        .order_by(Membership.list_id, PersonRow.source_id, PersonRow.id)
    )
    people: dict[tuple[int, str], list[str]] = defaultdict(list)
    for list_id, side, source_id, person_id in rows:
        people[list_id, side].append(source_id or f"local-{person_id}")
    return people
