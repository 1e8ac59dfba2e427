"""Files that people take away: CSV that is safe to open in a spreadsheet, each in the audit log."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from flask import Response

from roster_dash.store import audit
from roster_dash.store.audit import Did
from roster_dash.store.tables import School
from roster_dash.store.transactions import commit
from roster_dash.web.values import safe_cell


def csv_file(
    name: str,
    columns: Sequence[str],
    rows: Iterable[Mapping[str, Any]],
    *,
    school: School | None = None,
    district_id: int | None = None,
) -> Response:
    """An attachment `name`.csv; who took it, and how many rows, is recorded."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(columns)
    number = 0
    for row in rows:
        writer.writerow([_cell(row[column]) for column in columns])
        number += 1
    about, after = f"{name}.csv", {"rows": number}
    audit.record(Did.EXPORTED, school=school, district_id=district_id, about=about, after=after)
    commit()
    headers = {"Content-Disposition": f"attachment; filename={name}.csv"}
    return Response(buffer.getvalue(), mimetype="text/csv", headers=headers)


def _cell(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else safe_cell(str(value))
