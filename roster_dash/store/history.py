"""What the planner must know of a school's past, read from the log and from what was decided."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from roster_dash.extensions import db
from roster_dash.roster.guard import Guard
from roster_dash.roster.history import History, Thing, Waiting
from roster_dash.roster.operations import Action, Entity
from roster_dash.roster.records import Status
from roster_dash.roster.roles import Role
from roster_dash.roster.settings import SyncSettings
from roster_dash.store import holds
from roster_dash.store.glance import last_succeeded_at
from roster_dash.store.settings import settings_of_run
from roster_dash.store.tables import (
    ListRow,
    OperationRow,
    PersonRow,
    Run,
    School,
    User,
    UserSchool,
)

WEEK = timedelta(days=7)
LIMITED = frozenset(
    (Guard.REMOVALS, Guard.REMOVALS_7_DAYS, Guard.UPDATES, Guard.LISTS, Guard.LIST_MEMBERS)
)
"""The guards that a higher limit appeases."""
_CHUNK = 5000
MOVE_SLACK = timedelta(days=1)
"""The new school may have got somebody so long before the old one lost them."""


def load_history(school: School, settings: SyncSettings, now: datetime) -> History:
    """Of one school, as it is in the database now; who has moved is asked of `moved_of`."""
    return History(
        first_run=_has_no_operation(school.id),
        removed_lately=_removed_since(school.id, settings, now - WEEK),
        owners=owners_of(school.id),
        rejected=holds.rejected_fingerprints(school.id),
        declined=holds.declined(school.id),
        reverted=holds.reverted_columns(school.id),
        waiting=_waiting(school, settings, now),
    )


def _waiting(school: School, settings: SyncSettings, now: datetime) -> dict[Thing, list[Waiting]]:
    """What waits; but for what waits under limits that somebody, or the calendar, has raised."""
    zone = ZoneInfo(school.timezone)
    today = settings.limits_on(now.astimezone(zone).date())
    raised: dict[int, bool] = {}
    waiting: dict[Thing, list[Waiting]] = defaultdict(list)
    for thing, waits, run in holds.still_waiting(school.id):
        if run.id not in raised:
            then = settings_of_run(run) or settings
            day = (run.finished_at or now).astimezone(zone).date()
            raised[run.id] = today.exceeds(then.limits_on(day))
        if not raised[run.id] or waits.guard not in LIMITED:
            waiting[thing].append(waits)
    return waiting


def _has_no_operation(school_id: int) -> bool:
    """No run has changed anything; old operations may have been deleted, the numbers stay."""
    told = select(Run.id).where(Run.school_id == school_id, Run.size > 0).limit(1)
    any_of_school = (
        select(OperationRow.id)
        .join(Run, Run.id == OperationRow.run_id)
        .where(Run.school_id == school_id)
        .limit(1)
    )
    return db.session.scalar(told) is None and db.session.scalar(any_of_school) is None


def _removed_since(school_id: int, settings: SyncSettings, since: datetime) -> dict[str, int]:
    """A role, or "lists" -> how many were archived as gone, unasked, and still are."""
    lately = select(Run.id).where(
        Run.school_id == school_id, Run.finished_at > since, Run.reverts_id.is_(None)
    )
    unasked = (
        OperationRow.run_id.in_(lately),
        OperationRow.action == Action.ARCHIVE,
        OperationRow.at.is_(None),
    )
    people = db.session.execute(
        select(PersonRow.id, PersonRow.roles)
        .join(OperationRow, OperationRow.entity_id == PersonRow.id)
        .where(
            *unasked,
            OperationRow.entity == Entity.PERSON,
            OperationRow.reason == "gone",
            PersonRow.school_id == school_id,
            PersonRow.status == Status.ARCHIVED,
        )
    )
    roles = {row_id: tuple(map(Role, roles)) for row_id, roles in people}
    removed: Counter[str] = Counter()
    for held in roles.values():
        if role := settings.deciding_role(held):
            removed[role] += 1
    removed["lists"] = (
        db.session.scalar(
            select(func.count(OperationRow.entity_id.distinct()))
            .select_from(OperationRow)
            .join(ListRow, ListRow.id == OperationRow.entity_id)
            .where(
                *unasked,
                OperationRow.entity == Entity.LIST,
                OperationRow.reason == "section_gone",
                ListRow.school_id == school_id,
                ListRow.status == Status.ARCHIVED,
            )
        )
        or 0
    )
    return removed


def owners_of(school_id: int) -> frozenset[str]:
    """The e-mails of a school's Owners, casefolded."""
    emails = db.session.scalars(
        select(User.email)
        .join(UserSchool, UserSchool.user_id == User.id)
        .where(UserSchool.school_id == school_id, User.role == "owner")
    )
    return frozenset(email.casefold() for email in emails)


def moved_of(school: School, leaving_since: Mapping[str, date | None]) -> dict[str, str]:
    """source_id -> the other school of the district that got somebody as this one lost them.

    `leaving_since`: of whom the roster lacks, since which day it did, None since today. Whoever was
    at both schools all along, and district admins, have not moved.
    """
    both = list(_also_elsewhere(school, sorted(leaving_since)))
    if not both:
        return {}
    last_seen = last_succeeded_at(school.id) or school.created_at
    arrived = _arrivals([row_id for _, row_id, _, _ in both])
    moved: dict[str, str] = {}
    for source_id, row_id, roles, name in both:
        since, arrival = leaving_since[source_id], arrived.get(row_id)
        seen = datetime.combine(since, datetime.min.time(), UTC) if since else last_seen
        if roles != [Role.ADMIN] and arrival is not None and arrival > seen - MOVE_SLACK:
            moved[source_id] = name
    return moved


def _also_elsewhere(
    school: School, source_ids: Sequence[str]
) -> Iterator[tuple[str, int, list[str], str]]:
    """(source_id, row id, roles, school) of those who are active in the district's other schools.

    By ids, no join of people with people: PostgreSQL does that one by comparing everybody with
    everybody where it has not counted the table yet.
    """
    for start in range(0, len(source_ids), _CHUNK):
        rows = db.session.execute(
            select(PersonRow.source_id, PersonRow.id, PersonRow.roles, School.name)
            .join(School, School.id == PersonRow.school_id)
            .where(
                PersonRow.source_id.in_(source_ids[start : start + _CHUNK]),
                PersonRow.status == Status.ACTIVE,
                School.district_id == school.district_id,
                School.id != school.id,
                School.unlinked_at.is_(None),
            )
        )
        yield from ((row[0] or "", row[1], row[2], row[3]) for row in rows)


def _arrivals(person_ids: list[int]) -> dict[int, datetime]:
    """Row id -> when a sync last made or brought back somebody."""
    arrived: dict[int, datetime] = {}
    for start in range(0, len(person_ids), _CHUNK):
        rows = db.session.execute(
            select(OperationRow.entity_id, func.max(Run.finished_at))
            .join(Run, Run.id == OperationRow.run_id)
            .where(
                OperationRow.entity == Entity.PERSON,
                OperationRow.entity_id.in_(person_ids[start : start + _CHUNK]),
                OperationRow.action.in_((Action.CREATE, Action.RESTORE)),
            )
            .group_by(OperationRow.entity_id)
        )
        arrived.update({row_id: moment for row_id, moment in rows if moment})
    return arrived
