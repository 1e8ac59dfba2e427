"""What is done to many schools at once: a policy followed, settings changed, a sync asked for.

Each school is a transaction of its own: one school's trouble is told and doesn't stop the others.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial

from roster_dash import approval
from roster_dash.roster.errors import RosterDashError
from roster_dash.roster.policy import follow
from roster_dash.roster.settings import SyncSettings
from roster_dash.store import policies, runs, schools
from roster_dash.store import settings as settings_store
from roster_dash.store.runs import Trigger
from roster_dash.store.tables import School
from roster_dash.store.transactions import commit, rollback

AT_ONCE = 50
"""So many schools follow a new policy before the page answers; the scheduler sees to the rest."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """`run_ids`: runs to hand to the workers. `troubles`: school -> why nothing was done."""

    done: int = 0
    run_ids: tuple[int, ...] = ()
    troubles: Mapping[str, str] = field(default_factory=dict)


def follow_policy(school_id: int, user_id: int | None = None) -> int | None:
    """Brings a school up to its district's newest policy; the run that this asks for, if any.

    Safe to do twice and by many at once: the school says which version it follows.
    """
    schools.lock_school(school_id)
    school = schools.get_school(school_id)
    version = policies.latest_version(school.district_id) if school else None
    newest = policies.policy_of(version)
    if school is None or version is None or newest is None or school.unlinked_at is not None:
        rollback()
        return None
    saved = settings_store.latest_version(school.id)
    mine = settings_store.load_settings(school.id) if saved else None
    wanted = follow(mine, policies.followed_by(school), newest)
    run = _saved(school, wanted, user_id) if wanted != mine else None
    school.policy_number = version.number
    commit()
    return run


def spread_policy(district_id: int | None = None, limit: int = AT_ONCE) -> Outcome:
    """The schools that don't follow the newest policy yet, as many as `limit`."""
    behind = policies.behind(district_id, limit)
    commit()
    return _each(behind, follow_policy)


def sync(school_ids: Iterable[int], user_id: int | None) -> Outcome:
    """Asks for a sync of each."""
    return _each(school_ids, partial(_ask, user_id=user_id))


def change(school_ids: Iterable[int], changes: Mapping[str, str], user_id: int | None) -> Outcome:
    """Sets some settings of each, without a sync."""
    return _each(school_ids, partial(_change, changes=changes, user_id=user_id))


def use_policy(school_ids: Iterable[int], user_id: int | None) -> Outcome:
    """Makes each the same as its district in everything shared."""
    return _each(school_ids, partial(_use_policy, user_id=user_id))


def approve(waiting: Mapping[int, Mapping[int, list[int]]], user_id: int | None) -> Outcome:
    """School -> run -> the holds that were shown and are approved: those and no others."""
    return _each(waiting, lambda school_id: _approve(waiting[school_id], user_id))


def _each(school_ids: Iterable[int], step: Callable[[int], int | None]) -> Outcome:
    done, run_ids, troubles = 0, [], {}
    for school_id in school_ids:
        try:
            run_id = step(school_id)
            done += 1
        except RosterDashError as error:
            rollback()
            school = schools.get_school(school_id)
            troubles[school.name if school else str(school_id)] = error.message
        else:
            run_ids += [run_id] if run_id else []
    return Outcome(done, tuple(run_ids), troubles)


def _ask(school_id: int, user_id: int | None) -> int:
    run = runs.request_run(school_id, Trigger.MANUAL, user_id)
    run_id = run.id
    commit()
    return run_id


def _change(school_id: int, changes: Mapping[str, str], user_id: int | None) -> None:
    schools.lock_school(school_id)
    school, before = schools.get_school(school_id), settings_store.load_settings(school_id)
    wanted = before.changed(changes)
    if school is not None and wanted != before:
        settings_store.save_settings(school, wanted, user_id)
    commit()


def _use_policy(school_id: int, user_id: int | None) -> int | None:
    schools.lock_school(school_id)
    school, before = schools.get_school(school_id), settings_store.load_settings(school_id)
    policy = policies.load_policy(school.district_id) if school else None
    wanted = policy.whole(before) if policy else before
    run = _saved(school, wanted, user_id) if school is not None and wanted != before else None
    commit()
    return run


def _approve(waiting: Mapping[int, list[int]], user_id: int | None) -> None:
    for run_id, holds in waiting.items():
        approval.approve(run_id, user_id=user_id, only=holds)


def _saved(school: School, wanted: SyncSettings, user_id: int | None) -> int:
    settings_store.save_settings(school, wanted, user_id)
    return runs.request_run(school.id, Trigger.SETTINGS, user_id).id
