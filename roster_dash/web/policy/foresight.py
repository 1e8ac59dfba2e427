"""What a Save of a district's policy would do in each school: settings, and then people."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from roster_dash import sync
from roster_dash.roster.policy import Policy, follow
from roster_dash.roster.settings import SyncSettings
from roster_dash.store import policies, snapshots
from roster_dash.store.tables import School

PAGE = 10
"""So many schools are worked out for one answer; each takes as long as its own preview."""


@dataclass(frozen=True, slots=True)
class Change:
    """One school's: `changes` is key -> (before, after); `effect` what its sync would do."""

    school: School
    changes: Mapping[str, tuple[str, str]]
    effect: str
    holds: Sequence[str]


@dataclass(frozen=True, slots=True)
class Foresight:
    """`number` of `every` linked school change; `rows` are those of one page."""

    every: int
    number: int
    rows: Sequence[Change]
    page: int

    @property
    def has_more(self) -> bool:
        return self.number > self.page * PAGE


def foresee(district_id: int, policy: Policy, page: int) -> Foresight:
    found = policies.settings_of_schools(district_id)
    numbers = {school.policy_number for school, _ in found}
    followed = {
        number: policies.policy_of(policies.version_of(district_id, number)) for number in numbers
    }
    wanted = [
        (school, mine or SyncSettings(), follow(mine, followed[school.policy_number], policy))
        for school, mine in found
    ]
    changed = [each for each in wanted if each[1] != each[2]]
    shown = changed[(page - 1) * PAGE : page * PAGE]
    return Foresight(len(found), len(changed), [_change(*each) for each in shown], page)


def _change(school: School, before: SyncSettings, after: SyncSettings) -> Change:
    changes = before.differences(after)
    if snapshots.latest_snapshot(school.id) is None:
        first = (
            f"{school.origin.start} hasn’t answered for this school yet; its first sync only adds."
        )
        return Change(school, changes, first, ())
    seen = sync.preview(school, after)
    return Change(school, changes, seen.message, seen.plan.holds)
