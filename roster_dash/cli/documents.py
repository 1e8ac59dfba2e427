"""Runs and their operations as JSON and as lines: shapes that must not move."""

from typing import Any

from roster_dash.cli.output import EXIT_FAILED, EXIT_HELD
from roster_dash.store.runs import RunStatus
from roster_dash.store.tables import HoldRow, OperationRow

Document = dict[str, Any]

_EXITS = {
    RunStatus.FAILED: EXIT_FAILED,
    RunStatus.CANCELLED: EXIT_FAILED,
    RunStatus.HELD: EXIT_HELD,
}
_OPERATION = ("entity", "entity_id", "action", "reason", "label", "before", "after")


def exit_code(document: Document) -> int:
    """What a process ends with that made or decided a run."""
    return _EXITS.get(document.get("status", RunStatus.FAILED), 0)


def hold_number(text: str) -> int:
    """The number of a held operation: "h12", or 12. Errors: ValueError."""
    return int(text.removeprefix("h"))


def hold_document(row: HoldRow) -> Document:
    """A held operation; its id has an h before it, so that it is no applied one's."""
    status = "held" if row.state == "waiting" else row.state
    about = {name: getattr(row, name) for name in _OPERATION}
    return {"id": f"h{row.id}", "status": status, "guard": row.guard, **about}


def operation_document(row: OperationRow) -> Document:
    about = {name: getattr(row, name) for name in _OPERATION}
    return {"id": row.id, "status": "applied", **about}


def line(document: Document) -> str:
    number = f"Run {document['run']}" if document.get("run") else f"School {document['school']}"
    return f"{number}: {document.get('status', 'no run')}. {document['message']}".rstrip()
