"""The audit log: who did what, when, from where, with what before and after."""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response, render_template, request

from roster_dash.store import accounts, audit
from roster_dash.store.tables import AuditEntry, School
from roster_dash.web.audit.words import KINDS, change_of, changes_of, kinds_for, words_of
from roster_dash.web.downloads import csv_file
from roster_dash.web.htmx import asks_for
from roster_dash.web.login import viewing
from roster_dash.web.values import near_day, row_number

blueprint = Blueprint("audit", __name__)

COLUMNS = ("at", "who", "address", "action", "district", "school", "about", "before", "after")


@blueprint.get("/audit")
def page() -> str:
    """Newest first; the filter and where to go on from stay in the address."""
    schools = accounts.visible_schools(viewing())
    wanted = _wanted(schools)
    found = audit.find_entries(viewing(), wanted)
    return render_template(
        "web/audit/_entries.html" if asks_for("entries") else "web/audit/page.html",
        entries=found[: audit.PAGE],
        newer=audit.newer_entries(viewing(), wanted),
        older=found[audit.PAGE - 1].id if len(found) > audit.PAGE else None,
        wanted=wanted,
        asked=_asked(),
        kinds=kinds_for(accounts.origin_of(viewing())),
        schools=schools,
        words_of=words_of,
        changes_of=changes_of,
    )


@blueprint.get("/audit.csv")
def export() -> Response:
    """What the filter shows, all of it."""
    wanted = _wanted(accounts.visible_schools(viewing()))
    found = audit.find_entries(viewing(), wanted, limit=None)
    return csv_file("audit", COLUMNS, map(_row, found))


def _wanted(schools: Sequence[School]) -> audit.Wanted:
    """The filter; its days are those of the first school's clock."""
    asked = request.args
    kind = asked.get("kind", "")
    return audit.Wanted(
        kind=kind if kind in KINDS else "",
        who=asked.get("who", "").strip()[:320],
        school_id=asked.get("school", type=row_number),
        since=asked.get("since", type=near_day),
        until=asked.get("until", type=near_day),
        before=asked.get("before", type=row_number),
        zone=schools[0].timezone if schools else "UTC",
    )


def _asked() -> dict[str, str]:
    """The filter as it was asked for, for links that keep it."""
    names = ("kind", "who", "school", "since", "until")
    return {name: text for name in names if (text := request.args.get(name, ""))}


def _row(entry: AuditEntry) -> dict[str, Any]:
    return {
        "at": entry.at.isoformat(timespec="seconds"),
        "who": entry.who,
        "address": entry.address,
        "action": entry.action,
        "district": entry.district.name if entry.district else "",
        "school": entry.school.name if entry.school else "",
        "about": entry.about,
        "before": change_of(entry.before),
        "after": change_of(entry.after),
    }
