"""Who is leaving soon, in words: since when, and what is wanting until they are archived."""

from datetime import date

from roster_dash.planning import today_at
from roster_dash.roster.grace import days_left, runs_left, stays
from roster_dash.roster.history import Leaving
from roster_dash.roster.records import KeptPerson, Person
from roster_dash.roster.roles import Role
from roster_dash.roster.settings import SyncSettings
from roster_dash.store.tables import PersonRow, School


def countdown(person: PersonRow, school: School, settings: SyncSettings) -> str:
    """ "Not in Clever since 23 Nov: archived after 2 more healthy syncs, …"; "" if not missing."""
    since = person.leaving_since
    if since is None or person.status != "active":
        return ""
    there = school.origin.name
    start = f"Not in {there} since {_day(since)}"
    today = today_at(school)
    role = settings.deciding_role(tuple(map(Role, person.roles)))
    row = KeptPerson(person.id, Person(""), stays_until=person.stays_until)
    if person.stays_until and (stay := stays(row, today)):
        until = "for good" if stay == "kept_here" else f"until {_day(person.stays_until)}"
        return f"{start}. Kept here {until}; back in {there}, they are as everybody else."
    if role is None or not settings.role(role).archive:
        return f"{start}. Archive is off, so they stay."
    leaving = Leaving(since, person.leaving_runs)
    return f"{start}. They are archived {_wanting(leaving, settings.grace(role), today)}."


def _wanting(leaving: Leaving, days: int, today: date) -> str:
    runs, left = runs_left(leaving), days_left(leaving, days, today)
    waits = []
    if runs:
        waits.append(f"after {runs} more healthy {'sync' if runs == 1 else 'syncs'}")
    if left:
        waits.append(f"in {left} {'day' if left == 1 else 'days'} at the earliest")
    return ", ".join(waits) or "with the next healthy sync"


def snooze_day(text: str, today: date) -> date | None:
    """The day that somebody typed; None unless it is one from tomorrow to a year ahead."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 0 < (day - today).days <= 366 else None


def _day(day: date) -> str:
    return f"{day.day} {day:%b %Y}"
