"""The preview inside the form: what a Save would do, in numbers and names."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from roster_dash import planning, sync
from roster_dash.roster.effects import Effect, effects_of
from roster_dash.roster.idle import idle_settings
from roster_dash.roster.origin import capital
from roster_dash.roster.report import summary
from roster_dash.roster.roles import FORM_ORDER
from roster_dash.roster.settings import SyncSettings
from roster_dash.store import snapshots
from roster_dash.store.tables import School
from roster_dash.web.rostering.grid import Grid, grid_of

_WORDS = (
    ("created", "join"),
    ("restored", "return"),
    ("updated", "are updated"),
    ("leaving", "are leaving soon"),
    ("moved", "have moved"),
    ("archived", "are archived"),
    ("held", "wait for you"),
)
_RARE = ("leaving", "moved", "held")
"""Said only where there are any."""
_STAY = ("unchanged", "skipped", "excluded")


@dataclass(frozen=True, slots=True)
class Foresight:
    """`of_role`: a role's setting name -> its sentence. `button`: what Save says it will do."""

    message: str
    of_role: Mapping[str, str]
    lists: str
    effects: Sequence[Effect]
    warnings: Sequence[str]
    holds: Sequence[str]
    button: str
    grid: Grid
    idle: Sequence[str]


def foresee(school: School, settings: SyncSettings) -> Foresight | None:
    """From the last answer of Clever, without asking it; None if there is none yet."""
    latest = snapshots.latest_snapshot(school.id)
    if latest is None:
        return None
    seen = sync.preview(school, settings)
    counts = seen.counts["lists"]
    members = seen.counts["memberships"]
    changes = sum(counts[name] for name in ("created", "updated", "restored", "archived"))
    people = sum(
        seen.counts["people"][name] for name, _ in _WORDS if name not in ("leaving", "held")
    )
    return Foresight(
        message=_message(seen),
        of_role={role.setting: _sentence(seen.by_role.get(role, {})) for role in FORM_ORDER},
        lists=(
            f"Lists: {counts['created']:,} made, {counts['updated']:,} updated, "
            f"{counts['restored']:,} brought back, {counts['archived']:,} retired. "
            f"Memberships: {members['added']:,} added, {members['removed']:,} removed."
            if settings.lists_chosen
            else f"Nothing is made: {_missing(settings)}"
        ),
        effects=effects_of(seen.plan.operations),
        warnings=seen.plan.warnings,
        holds=seen.plan.holds,
        button=_button(people, changes),
        idle=idle_settings(settings),
        grid=grid_of(latest[1], settings, planning.today_at(school)),
    )


def _message(seen: sync.Preview) -> str:
    """What changed; what waits is said beside it."""
    if not seen.plan.holds:
        return seen.message
    told = summary(seen.counts)
    return f"{capital(told)}."


def _sentence(outcomes: Mapping[str, int]) -> str:
    """ "12 join, 0 return, 3 are updated, 0 are archived; 40 stay as they are." """
    parts = ", ".join(
        f"{outcomes.get(name, 0):,} {word}"
        for name, word in _WORDS
        if name not in _RARE or outcomes.get(name)
    )
    stay = sum(outcomes.get(name, 0) for name in _STAY)
    return f"{parts}; {stay:,} stay as they are."


def _missing(settings: SyncSettings) -> str:
    if not settings.class_lists:
        return "class lists are off; lists that are here stay as they are."
    lacking = [
        word
        for word, chosen in (
            ("terms", settings.class_list_terms),
            ("grades", settings.class_list_grades),
        )
        if not chosen
    ]
    return f"choose {' and '.join(lacking)} first; lists that are here stay as they are."


def _button(people: int, lists: int) -> str:
    parts = []
    if people:
        parts.append(f"{people:,} {'person' if people == 1 else 'people'}")
    if lists:
        parts.append(f"{lists:,} {'list' if lists == 1 else 'lists'}")
    return f"Save and change {' and '.join(parts)}" if parts else "Save and sync"
