"""What stands in the way of a school's or a district's syncs, as every page of it says."""

from datetime import datetime

from flask import Flask
from markupsafe import Markup

from roster_dash import clock, jobs
from roster_dash.language import translated
from roster_dash.roster.health import is_behind, staleness
from roster_dash.store import outages, schools
from roster_dash.store import staleness as stale_schools
from roster_dash.store.tables import District, Run, School
from roster_dash.web.show import when


def register(app: Flask) -> None:
    app.add_template_global(troubles_of_school)
    app.add_template_global(outage_of)
    app.add_template_global(why_it_waits)


def troubles_of_school(school: School) -> list[tuple[str, Markup | str]]:
    """(word, sentence) of each."""
    troubles: list[tuple[str, Markup | str]] = []
    if sentence := outage_of(school.district):
        troubles.append((translated(f"{school.origin.start} is down"), sentence))
    good = stale_schools.last_good(school)
    now = clock.now()
    behind = school.unlinked_at is None and is_behind(school.next_due_at, school.missed_since, now)
    if behind and good and (told := staleness(good, now)):
        sentence = translated(f"{told} People and lists are as they were then.")
        troubles.append((translated("Stale"), sentence))
    return troubles


def outage_of(district: District) -> Markup | str:
    """Since when the district's source doesn't answer; "" if it does."""
    if district.outage_since is None:
        return ""
    zone = schools.zone_of(district.id)
    told = Markup(
        "{} hasn’t answered for {} since {}. Nothing is changed until it does; {}."
    ).format(
        district.origin.start,
        district.name,
        when(district.outage_since, zone),
        _next_try(district, zone),
    )
    return translated(told)


def _next_try(district: District, zone: str) -> Markup | str:
    retry: datetime | None = district.retry_at
    if retry is None or retry <= clock.now():
        return "it is being tried again now"
    return Markup("it is tried again {}").format(when(retry, zone))


def why_it_waits(run: Run) -> Markup | str:
    """Why a queued run hasn't begun."""
    district = run.school.district
    if outages.waits_for_source(run, district):
        told = Markup("Waiting for {}; {}.").format(
            district.origin.name, _next_try(district, run.school.timezone)
        )
        return translated(told)
    workers = jobs.health()["workers"]
    if workers is None:
        return translated("The queue is away; the sync starts by itself as soon as it is back.")
    if not workers:
        return translated("No worker is running; the sync starts as soon as one does.")
    return translated("Waiting for a worker.")
