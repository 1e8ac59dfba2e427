"""A zip of OneRoster files that arrives: read whole, shown as what it would do, then accepted.

Until somebody accepts it no sync goes by it; in the dashboard it is laid aside for so long.
Accepting it changes nobody: the next sync does, through the same guards as every sync.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from roster_dash import clock
from roster_dash.connection import day_of
from roster_dash.ending import ending_of
from roster_dash.planning import ground_of
from roster_dash.roster.doubts import refuse_empty_school
from roster_dash.roster.errors import BadInput, EmptyAnswer, NotLinked, NotShared
from roster_dash.roster.records import SharedSchool, Snapshot
from roster_dash.roster.report import counts_of
from roster_dash.sources.oneroster.files import dump, load, read_zip
from roster_dash.sources.oneroster.meaning import District as Provided
from roster_dash.sources.oneroster.records import OneRoster
from roster_dash.store import accepted
from roster_dash.store import settings as settings_store
from roster_dash.store.tables import District, School
from roster_dash.store.transactions import commit


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What a linked school's next sync would do. `counts` is None where it would fail."""

    school: School
    message: str
    counts: Mapping[str, Mapping[str, int]] | None


@dataclass(frozen=True, slots=True)
class Arrived:
    """A zip that was read: the roster that it makes, what is odd in it, and what it would do."""

    roster: OneRoster
    notes: Sequence[str]
    schools: Sequence[SharedSchool]
    foreseen: Sequence[Foreseen]
    over: datetime | None
    """When what was in force had been accepted."""
    at: datetime
    digest: str = ""
    """Of one that waits: which one it is."""


def arrive(district: District, path: Path) -> Arrived:
    """Reads a zip for a district. Errors: UnusableCsv says where and why; nothing is kept."""
    if district.source != "files":
        raise BadInput(f"{district.name} doesn’t send files: its roster is read elsewhere.")
    if district.disconnected_at is not None:
        raise NotLinked(f"{district.name} is disconnected; connect it again, then import its zip.")
    before = accepted.of_district(district.id)
    commit()  # a large zip takes its time
    roster, notes = read_zip(path, load(before[0]) if before else None)
    return _arrived(district, roster, list(map(str, notes)), before[1] if before else None)


def accept(district: District, arrived: Arrived) -> None:
    """From now on this is what the district's schools are synced with."""
    _must_be_over(district, arrived.over)
    accepted.keep(district, dump(arrived.roster), clock.now())
    commit()


def lay_aside(district: District, arrived: Arrived, user_id: int) -> None:
    """For whoever looks at it and accepts or refuses it."""
    payload, now = dump(arrived.roster), clock.now()
    accepted.lay_aside(district.id, payload, arrived.notes, arrived.over, user_id, now)
    commit()


def waiting(district: District) -> Arrived | None:
    """What was laid aside, and what it would do now."""
    found = accepted.waiting(district.id)
    if found is None:
        return None
    arrived = _arrived(district, load(found.payload), found.notes, found.over)
    return replace(arrived, at=found.at, digest=found.digest)


def accept_waiting(district: District, digest: str) -> None:
    """What somebody has looked at; `digest` says which one that was."""
    found = accepted.waiting(district.id)
    if found is None or found.digest != digest:
        raise BadInput("The file that you looked at isn’t waiting any more. Look at the page anew.")
    _must_be_over(district, found.over)
    accepted.keep(district, found.payload, clock.now())
    commit()


def refuse_waiting(district: District) -> None:
    accepted.drop_waiting(district.id)
    commit()


def _must_be_over(district: District, over: datetime | None) -> None:
    """A file that was looked at says nothing of what another one has changed since."""
    if accepted.since(district.id) != over:
        raise BadInput(
            "Another file has been accepted since this one was read. Nothing was changed; read it "
            "again, and see what it would do now."
        )


def _arrived(
    district: District, roster: OneRoster, notes: Sequence[str], over: datetime | None
) -> Arrived:
    provided = Provided(roster, district.clever_id, day_of(district))
    linked = [school for school in district.schools if school.unlinked_at is None]
    foreseen = [_foresee(school, provided) for school in linked]
    return Arrived(roster, notes, provided.schools(), foreseen, over, clock.now())


def _foresee(school: School, provided: Provided) -> Foreseen:
    try:
        return _planned(school, provided.snapshot(school.clever_id))
    except (NotShared, EmptyAnswer) as refusal:
        return Foreseen(school, refusal.message, None)
    finally:
        commit()


def _planned(school: School, snapshot: Snapshot) -> Foreseen:
    ground = ground_of(school, settings_store.load_settings(school.id))
    refuse_empty_school(snapshot, ground.kept)
    planned = ground.plan(snapshot)
    return Foreseen(school, ending_of(planned).message, counts_of(planned))
