"""Another source for a district: tried, and its schools matched with those that are linked here.

Nothing is kept of a source that hasn't answered; what is kept is forgotten after a day.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from roster_dash.connecting import Way, lock, new_namespace, open_way, try_clever, try_oneroster
from roster_dash.connection import shared_schools, today_of
from roster_dash.keeping import kept
from roster_dash.roster.errors import BadInput, NotLinked
from roster_dash.roster.records import SharedSchool
from roster_dash.sources.oneroster.files import read_zip
from roster_dash.sources.oneroster.parts import ShelfParts
from roster_dash.store import schools, switches
from roster_dash.store.accepted import NewRoster
from roster_dash.store.tables import District, PlannedSwitch
from roster_dash.store.transactions import commit


def try_source(
    district: District, to: str, typed: Mapping[str, str], secret: str, user_id: int | None
) -> PlannedSwitch:
    """Asks another source for its schools, and keeps how to reach it. `to`: clever or oneroster;
    `typed`: clever_id, or as for `connect_oneroster`. Errors: BadInput, SourceError."""
    _must_be_connected(district)
    if to == "clever":
        way = try_clever(typed.get("clever_id", "").strip(), secret)
    elif to == "oneroster":
        way, _ = try_oneroster(typed, secret)
    else:
        raise BadInput("Choose the new source: clever or oneroster. Files are sent as a zip.")
    return _plan(district, way, user_id)


def try_files(district: District, zipped: Path, user_id: int | None) -> PlannedSwitch:
    """The same for a zip of all there is. Errors: UnusableCsv."""
    _must_be_connected(district)
    commit()  # a large zip takes its time
    shelf, _ = read_zip(zipped, None)
    parts = ShelfParts(shelf)
    with kept(parts) as new:
        return _plan(district, Way("files", new_namespace(), parts=parts), user_id, new)


def match_schools(
    district: District, planned: PlannedSwitch, matches: Mapping[int, str]
) -> PlannedSwitch:
    """Says which linked school is which there; those that aren't named get unlinked.

    Errors: BadInput for a school that is none of either, or taken twice.
    """
    linked, there = set(schools.linked_clever_ids(district).values()), dict(planned.schools)
    chosen = {school_id: source_id for school_id, source_id in matches.items() if source_id}
    if not chosen.keys() <= linked or not set(chosen.values()) <= there.keys():
        raise BadInput("Match schools that are linked here with schools that the source shares.")
    twice = [there[each] for each, times in Counter(chosen.values()).items() if times > 1]
    if twice:
        raise BadInput(f"{twice[0]} can’t be two schools: choose another one, or none.")
    if not chosen:
        raise BadInput("No school is matched: there is nothing to switch. Choose one at least.")
    switches.match(planned, chosen)
    commit()
    return planned


def forget(district: District) -> None:
    switches.drop(district.id)
    commit()


def _must_be_connected(district: District) -> None:
    if district.disconnected_at is not None:
        raise NotLinked(f"{district.name} is disconnected; connect it, then change its source.")


def _plan(
    district: District, way: Way, user_id: int | None, new: NewRoster | None = None
) -> PlannedSwitch:
    if way.clever_id == district.clever_id:
        raise BadInput(
            f"{district.name} comes from there already. For another token connect it again."
        )
    if (other := schools.by_source_id(way.clever_id)) is not None:
        raise BadInput(f"{other.name} is connected to that district of Clever already.")
    there = open_way(way, today_of(district)).schools()
    if not there:
        raise BadInput("It answers, but there is no school in what it shares. Nothing was changed.")
    before = {each.source_id: each.number for each in _shared_now(district)}
    linked = [school for school in district.schools if school.unlinked_at is None]
    matches = propose(
        [(each.id, each.name, before.get(each.clever_id, "")) for each in linked], there
    )
    columns = {
        "source": way.source,
        "clever_id": way.clever_id,
        "token": lock(way.secret) if way.secret else None,
        "connection": dict(way.connection),
    }
    shared = [(each.source_id, each.name) for each in there]
    planned = switches.plan_switch(district, columns, new, shared, matches, user_id)
    commit()
    return planned


def propose(
    linked: Sequence[tuple[int, str, str]], there: Sequence[SharedSchool]
) -> dict[int, str]:
    """Which school is which: by its name, then by its number. `linked`: (id, name, number)."""
    found: dict[int, str] = {}
    for traits in (
        ([(school_id, name) for school_id, name, _ in linked], [(e, e.name) for e in there]),
        ([(school_id, number) for school_id, _, number in linked], [(e, e.number) for e in there]),
    ):
        here: dict[str, list[int]] = defaultdict(list)
        theirs: dict[str, list[str]] = defaultdict(list)
        for school_id, trait in traits[0]:
            here[trait.strip().casefold()].append(school_id)
        for each, trait in traits[1]:
            theirs[trait.strip().casefold()].append(each.source_id)
        for trait, ids in here.items():
            is_clear = trait and len(ids) == 1 and len(theirs[trait]) == 1
            if is_clear and ids[0] not in found and theirs[trait][0] not in found.values():
                found[ids[0]] = theirs[trait][0]
    return found


def _shared_now(district: District) -> Sequence[SharedSchool]:
    """What the present source shares, for the schools' numbers; nothing if it is down."""
    shared, _ = shared_schools(district)
    return shared
