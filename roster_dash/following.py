"""Between the daily syncs: what a source's events say has changed is synced within minutes.

An event only says where to look. The school is read and planned as at night, through the same
guards; so the worst that a wrong, doubled or lost event can do is a look too many, or one that the
daily sync makes a few hours later.
"""

import logging
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from roster_dash import clock
from roster_dash.connection import open_source
from roster_dash.planning import today_at
from roster_dash.roster.errors import (
    AccessRefused,
    NotApproved,
    NotShared,
    NotUnderstood,
    RosterDashError,
)
from roster_dash.roster.news import News
from roster_dash.roster.report import NO_COUNTS, changed_by_source
from roster_dash.store import news as places
from roster_dash.store import runs, schools, snapshots
from roster_dash.store import settings as settings_store
from roster_dash.store.news import Place
from roster_dash.store.runs import Trigger
from roster_dash.store.tables import School
from roster_dash.store.transactions import commit, rollback

log = logging.getLogger(__name__)

EVERY = timedelta(minutes=4)
"""From one look to the next: what changes at the source is here within five minutes."""
NOT_AGAIN_FOR = timedelta(days=1)
"""After a source has told nothing, since its district hasn't switched events on, say."""
KEPT_FOR = timedelta(days=25)
"""Clever keeps events for 30 days; of a place in them that is older than this nothing is known."""
PATIENCE_SECONDS = 20.0
DRIFT = (
    "The source’s events had not told of what this daily sync changed. Nothing is lost by that; if "
    "it happens often, see that events are switched on for all that the district shares."
)


def claim_due(now: datetime) -> list[int]:
    """The districts that are to be looked at now, each given to one scheduler only."""
    due = places.due_district_ids(now)
    claimed = [each for each in due if places.claim(each, now, now + EVERY)]
    commit()
    return claimed


def look(district_id: int, now: datetime | None = None) -> Sequence[int]:
    """Asks a district's source what is new; gives the runs that this made, to be enqueued."""
    now = now or clock.now()
    district = schools.get_district(district_id)
    if district is None or district.disconnected_at is not None:
        return ()
    place = places.place_of(district_id)
    is_known = place.cursor is not None and not _is_too_old(place, now)
    try:
        source = open_source(district, patience=PATIENCE_SECONDS)
        commit()  # no transaction is open while the source answers
        news = source.news(place.cursor if is_known else None)
    except RosterDashError as error:
        rollback()
        log.info("district %s told no events: %s", district_id, error.code)
        _after(error, district_id, now, is_known=is_known)
        return ()
    if news is None:
        places.put_off(district_id, now + NOT_AGAIN_FOR)
        commit()
        return ()
    if not is_known:
        news = News(news.cursor, everywhere=place.read_at is not None, district_part=True)
    return _take_up(district_id, news, place, now)


def _is_too_old(place: Place, now: datetime) -> bool:
    """Whether the last event that was read may have fallen off since."""
    moved_at = place.moved_at or place.read_at
    return moved_at is None or now - moved_at > KEPT_FOR


def _after(error: RosterDashError, district_id: int, now: datetime, *, is_known: bool) -> None:
    """An answer that was no good leaves the place where it is, for the next look; a place that the
    source doesn't know is looked for anew; a refusal is none for today."""
    if isinstance(error, NotShared | NotUnderstood) and is_known:
        places.lose(district_id)
    elif isinstance(error, AccessRefused | NotApproved | NotShared | NotUnderstood):
        places.put_off(district_id, now + NOT_AGAIN_FOR)
    commit()


def _take_up(district_id: int, news: News, place: Place, now: datetime) -> Sequence[int]:
    """Asks for the runs, a school at a time, then moves on in the events: cut short, the same news
    come again, which does no harm."""
    if news.district_part:
        snapshots.forget_district_part(district_id)
        commit()
    touched = [school.id for school in places.followed_schools(district_id, news)]
    commit()
    if place.read_at is not None and not news.everywhere:
        _report_drift(district_id, touched, place.read_at, now)
    asked = (_ask(school_id, now) for school_id in touched)
    made = [run_id for run_id in asked if run_id is not None]
    has_moved = news.cursor != place.cursor or _is_too_old(place, now)
    places.advance(district_id, news.cursor, now, has_moved=has_moved)
    commit()
    if news.number:
        log.info("district %s: %s events, %s runs", district_id, news.number, len(made))
    return made


def _ask(school_id: int, now: datetime) -> int | None:
    """A run of a school, if it is followed still."""
    schools.lock_school(school_id)
    school = schools.get_school(school_id)
    run_id = None
    if school is not None and school.unlinked_at is None and _is_followed(school, now):
        run_id = runs.request_run(school_id, Trigger.EVENTS).id
    commit()
    return run_id


def _report_drift(
    district_id: int, touched: Collection[int], since: datetime, now: datetime
) -> None:
    """Says of daily syncs since the last look that they found what no event has told."""
    for run in runs.untold_daily(district_id, since, now):
        schools.lock_school(run.school_id)
        found = changed_by_source(runs.reloaded(run).counts or NO_COUNTS)
        if found and run.school_id not in touched and _is_followed(run.school, now):
            run.warnings = [*run.warnings, DRIFT]
            log.warning("run %s: events had told of none of its %s changes", run.id, found)
        commit()


def _is_followed(school: School, now: datetime) -> bool:
    settings = settings_store.load_settings(school.id)
    return settings.schedule_events and not settings.pauses_on(today_at(school, now))
