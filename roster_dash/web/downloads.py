"""Files that people take away: CSV that is safe to open in a spreadsheet, each in the audit log."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from tempfile import SpooledTemporaryFile
from typing import Any

from flask import Response, send_file

from roster_dash.provider.csv_export import write_zip
from roster_dash.provider.serving import records_now
from roster_dash.store import audit
from roster_dash.store.audit import Did
from roster_dash.store.tables import School
from roster_dash.store.transactions import commit
from roster_dash.web.values import safe_cell

SPOOLED = 1_000_000
"""Bytes of a zip that are kept in memory; a larger one is a file until it is sent."""


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


def zip_file(school: School) -> Response:
    """An attachment with the school as OneRoster files; who took it is recorded."""
    name, records = f"oneroster-{school.id}.zip", records_now(school)
    file = SpooledTemporaryFile(SPOOLED)  # noqa: SIM115  # closed with the answer
    write_zip(records, file)
    file.seek(0)
    after = {"people": len(records.users), "lists": len(records.classes)}
    audit.record(Did.EXPORTED, school=school, about=name, after=after)
    commit()
    return send_file(file, "application/zip", as_attachment=True, download_name=name)


def _cell(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else safe_cell(str(value))
