"""People and lists as rows for CSV and JSON, and runs: shapes that must not move."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from roster_dash.roster.difference import SIDES, State, is_active
from roster_dash.roster.report import NO_COUNTS
from roster_dash.store import past
from roster_dash.store.tables import Run

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


def export_people(
    school_id: int, *, archived: bool, as_of: datetime | None = None
) -> Iterator[Row]:
    """Active people by id, archived ones too if wanted, as of a moment (None: now).

    `roles` has `;` between.
    """
    for row in past.people_at(school_id, as_of).people.values():
        if archived or is_active(row):
            values = {**row, "roles": ";".join(row["roles"])}
            yield {name: values[name] for name in PEOPLE_COLUMNS}


def export_lists(school_id: int, *, archived: bool, as_of: datetime | None = None) -> Iterator[Row]:
    """Active lists by id, archived ones too if wanted, as of a moment (None: now).

    Managers and members are the active people's source_ids with `;` between; `local-` and our id
    for who has none.
    """
    state = past.school_at(school_id, as_of)
    for list_id, row in state.lists.items():
        if archived or is_active(row):
            values = {**row, **{side: _ids(state, list_id, side) for side in SIDES}}
            yield {name: values[name] for name in LIST_COLUMNS}


def _ids(state: State, list_id: int, side: str) -> str:
    people = state.people
    return ";".join(
        people[key]["source_id"] or f"local-{key}" for key in state.on_list(list_id, side)
    )


def run_document(run: Run) -> dict[str, Any]:
    """A run as JSON; the shape is a surface that must not move."""
    return {
        "run": run.id,
        "school": run.school_id,
        "status": run.status,
        "trigger": run.trigger,
        "message": run.message,
        "snapshot": run.snapshot_id,
        "counts": run.counts or NO_COUNTS,
        "started_at": run.started_at.isoformat() if run.started_at else None,
        "finished_at": run.finished_at.isoformat() if run.finished_at else None,
    }
