"""How things are shown on every page, in its language: moments, numbers, states, columns."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from flask import Flask
from markupsafe import Markup

from roster_dash import clock
from roster_dash.language import later, spoken, translated
from roster_dash.language.figures import day_in, number_in
from roster_dash.roster.moments import day_of
from roster_dash.roster.origin import CLEVER, Origin, capital
from roster_dash.roster.outcomes import REASONS
from roster_dash.roster.report import KINDS, NO_COUNTS, needs_a_person, verdict
from roster_dash.store import glance, holds, schools, snapshots
from roster_dash.store.edits import name_of
from roster_dash.store.tables import OperationRow, Run, School
from roster_dash.web.rostering.form import setting_label

STATES = {
    "queued": ("Waiting", "busy"),
    "running": ("Running", "busy"),
    "succeeded": ("Succeeded", "good"),
    "held": ("Needs you", "warn"),
    "failed": ("Failed", "bad"),
    "cancelled": ("Cancelled", "calm"),
}
"""A run's status -> (its word, its tone)."""

NEEDS_A_LOOK = ("Needs a look", "warn")

TRIGGERS = {
    "settings": "After a Save",
    "manual": "Sync now",
    "schedule": "Daily sync",
    "events": "Change in Clever",
    "revert": "Taken back",
    "switch": "Another source",
}

OUTCOMES = {
    "created": "Joined",
    "updated": "Updated",
    "unchanged": "Unchanged",
    "restored": "Returned",
    "moved": "Moved",
    "skipped": "Left as they are",
    "excluded": "Not part of the sync",
    "leaving": "Leaving soon",
    "archived": "Archived",
    "held": "Waiting for you",
    "conflict": "To settle by hand",
    "invalid": "Unreadable",
}
LISTS = {
    "created": "Made",
    "updated": "Updated",
    "archived": "Retired",
    "restored": "Brought back",
    "unchanged": "Unchanged",
    "held": "Waiting for you",
}
COLUMNS = {
    "sis_id": "SIS id",
    "contact_name": "Contact",
    "contact_email": "Contact’s e-mail",
    "contact_phone": "Contact’s phone",
    "contact_relationship": "Contact’s relationship",
    "email": "E-mail",
    "term_id": "",
    "contact_source_id": "",
    "set_here": "",
    "contact": "Contact",
    "included_in_sync": "Include in sync",
    "moved_to": "Moved to",
    "stays_until": "Stays",
}
"""How a changed column is called; "" is not shown. Others by their name."""

_IN_OUR_WORDS = ("roles", "status", "visibility", "stays_until")
"""Columns of which the values are words of ours, and not people's data."""


def register(app: Flask) -> None:
    app.add_template_filter(when)
    app.add_template_filter(ago)
    app.add_template_filter(took)
    app.add_template_filter(number)
    app.add_template_filter(column)
    app.add_template_filter(value)
    app.add_template_filter(run_verdict)
    app.add_template_filter(run_badge)
    app.add_template_filter(name_of, "person_name")
    app.add_template_filter(operation_words)
    app.add_template_filter(_setting, "setting_label")
    app.add_template_global(freshness)
    app.add_template_global(schools.zone_of)
    app.add_template_global(waiting_for)
    app.jinja_env.globals.update(
        STATES={status: (later(word), tone) for status, (word, tone) in STATES.items()},
        TRIGGERS=_said_later(TRIGGERS),
        OUTCOMES=_said_later(OUTCOMES),
        LISTS=_said_later(LISTS),
        KINDS={kind: later(title) for kind, title in KINDS.items()},
    )


def _said_later(words: Mapping[str, str]) -> dict[str, str]:
    """A table of words for templates: each in the language of the page that shows it."""
    return {name: later(word) for name, word in words.items()}


def when(moment: datetime | None, zone: str, now: datetime | None = None) -> Markup | str:
    """A moment on the school's clock: "today, 14:03", with the full date for machines."""
    if moment is None:
        return "–"
    local = moment.astimezone(ZoneInfo(zone))
    today = day_of(now or clock.now(), zone)
    days = {today: "today", today - timedelta(1): "yesterday", today + timedelta(1): "tomorrow"}
    pattern = "EEE d MMM" if local.year == today.year else "EEE d MMM y"
    locale = spoken().locale
    day = translated(days.get(local.date(), "")) or day_in(locale, local.date(), pattern)
    return Markup('<time datetime="{}" title="{}">{}, {}</time>').format(
        moment.isoformat(timespec="seconds"),
        f"{day_in(locale, local.date(), spoken().long_day)}, {local:%H:%M %Z}",
        day,
        f"{local:%H:%M}",
    )


def ago(moment: datetime, now: datetime | None = None) -> str:
    """How long ago that was, or how soon it is: "5 hours ago", "in 3 hours"."""
    seconds = ((now or clock.now()) - moment).total_seconds()
    for unit, length in (("day", 86_400), ("hour", 3600), ("minute", 60)):
        number = int(abs(seconds) // length)
        if number:
            words = f"{number} {unit}{'' if number == 1 else 's'}"
            return f"{words} ago" if seconds > 0 else f"in {words}"
    return "just now" if seconds >= 0 else "in a moment"


def took(run: Run) -> str:
    """How long a run was at work."""
    if run.started_at is None or run.finished_at is None:
        return ""
    seconds = (run.finished_at - run.started_at).total_seconds()
    if seconds < 1:
        return translated("under 1 s")
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def number(value: int) -> str:
    return number_in(spoken().locale, value)


def column(name: str, origin: Origin = CLEVER) -> str:
    if name == "source_id":
        return translated(origin.id)
    return translated(COLUMNS.get(name, name.replace("_", " ").capitalize()))


def value(stored: object, column: str = "") -> str:
    """A stored value as people read it; what stands in a column of our words is translated."""
    if isinstance(stored, bool):
        return translated("on" if stored else "off")
    if stored in (None, "", []):
        return translated("nothing")
    text = ", ".join(map(str, stored)) if isinstance(stored, list) else str(stored)
    return translated(text) if column in _IN_OUR_WORDS else text


def run_badge(run: Run) -> tuple[str, str]:
    """(word, tone) of a run: one that succeeded may still ask for somebody's eyes."""
    if run.status == "succeeded" and needs_a_person(run.counts or NO_COUNTS, run.warnings):
        word, tone = NEEDS_A_LOOK
    else:
        word, tone = STATES[run.status]
    return translated(word), tone


def operation_words(operation: OperationRow, origin: Origin) -> str:
    """One line of a person's or list's history."""
    changes = [
        f"{column(name, origin)}: {value(operation.before.get(name), name)} → {value(after, name)}"
        for name, after in operation.after.items()
        if column(name) and operation.action != "create"
    ]
    return " ".join([translated(REASONS.get(operation.reason, "")), "; ".join(changes)]).strip()


def _setting(key: str) -> str:
    return translated(setting_label(key))


def run_verdict(run: Run) -> str:
    """The run's one line."""
    line = verdict(run.status, run.counts or NO_COUNTS, run.warnings)
    return translated(capital(line))


def freshness(school: School) -> dict[str, datetime | None]:
    """When the school's data came from the SIS into Clever, and from Clever to here."""
    about = snapshots.latest_about(school.id)
    text = about.get("last_clever_sync") or about.get("last_sync") or ""
    try:
        clever = datetime.fromisoformat(text.replace("Z", "+00:00")) if text else None
    except ValueError:
        clever = None
    if clever is not None and clever.tzinfo is None:
        clever = clever.replace(tzinfo=UTC)
    return {"clever": clever, "here": glance.last_succeeded_at(school.id)}


def waiting_for(school: School) -> Run | None:
    """The newest run of which something waits for somebody."""
    return holds.newest_waiting(school.id)
