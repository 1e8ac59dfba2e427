"""A zip of OneRoster files that arrives: read whole, shown as what it would do, then accepted.

Until somebody accepts it no sync goes by it; in the dashboard it is laid aside for so long.
Accepting it changes nobody: the next sync does, through the same guards as every sync.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain
from pathlib import Path

from roster_dash import clock
from roster_dash.connection import today_of
from roster_dash.ending import ending_of
from roster_dash.keeping import kept, parts_kept
from roster_dash.planning import ground_of
from roster_dash.roster.doubts import refuse_empty_school
from roster_dash.roster.errors import BadInput, EmptyAnswer, NotLinked, NotShared
from roster_dash.roster.records import SharedSchool, Snapshot
from roster_dash.roster.report import counts_of
from roster_dash.sources.oneroster.csv_manifest import DELTA
from roster_dash.sources.oneroster.csv_zip import mode_of
from roster_dash.sources.oneroster.files import DistrictOfParts, load, read_zip
from roster_dash.sources.oneroster.parts import Parts, ShelfParts
from roster_dash.sources.oneroster.shelf import Shelf
from roster_dash.store import accepted
from roster_dash.store import schools as schools_store
from roster_dash.store import settings as settings_store
from roster_dash.store.tables import District, School
from roster_dash.store.transactions import commit


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What a linked school's next sync would do. `counts` is None where it would fail; `waits`:
    a person is asked about something, or it would fail."""

    school: School
    message: str
    counts: Mapping[str, Mapping[str, int]] | None
    waits: bool = True


@dataclass(frozen=True, slots=True)
class Preview:
    """What a roster that isn't in force would do, and what is odd in it."""

    notes: Sequence[str]
    schools: Sequence[SharedSchool]
    foreseen: Sequence[Foreseen]
    over: datetime | None
    """When what was in force had been accepted."""
    at: datetime
    digest: str = ""
    """Of one that waits: which one it is."""

    @property
    def needs_somebody(self) -> bool:
        """Whether it is better looked at: it is the first one, or a sync would fail or hold."""
        return self.over is None or any(each.waits for each in self.foreseen)


@dataclass(frozen=True, slots=True)
class Arrived:
    """A zip that was read. The roster that it makes is on disk for as long as this object is."""

    parts: ShelfParts
    preview: Preview

    @property
    def notes(self) -> Sequence[str]:
        return self.preview.notes

    @property
    def schools(self) -> Sequence[SharedSchool]:
        return self.preview.schools

    @property
    def foreseen(self) -> Sequence[Foreseen]:
        return self.preview.foreseen


def arrive(district: District, path: Path) -> Arrived:
    """Reads a zip for a district. Errors: UnusableCsv says where and why; nothing is kept."""
    if district.source != "files":
        raise BadInput(f"{district.name} doesn’t send files: its roster is read elsewhere.")
    if district.disconnected_at is not None:
        raise NotLinked(f"{district.name} is disconnected; connect it again, then import its zip.")
    before = accepted.in_force(district.id)
    commit()  # a large zip takes its time
    needs_before = before is not None and mode_of(path) == DELTA
    shelf, notes = read_zip(path, _shelf_of(district, before) if needs_before and before else None)
    parts = ShelfParts(shelf)
    over = before.at if before else None
    return Arrived(parts, _preview(district, parts, list(map(str, notes)), over))


def accept(district: District, arrived: Arrived) -> None:
    """From now on this is what the district's schools are synced with."""
    with kept(arrived.parts) as new:
        _must_be_over(district, arrived.preview.over)
        accepted.keep(district, new, clock.now())
        commit()


def lay_aside(district: District, arrived: Arrived, user_id: int | None) -> None:
    """For whoever looks at it and accepts or refuses it."""
    with kept(arrived.parts) as new:
        over, notes = arrived.preview.over, arrived.notes
        _must_be_connected(district)
        accepted.lay_aside(district, new, notes, over, user_id, clock.now())
        commit()


def waiting(district: District) -> Preview | None:
    """What was laid aside, and what it would do now."""
    found = accepted.waiting(district.id)
    if found is None:
        return None
    parts = parts_kept(district.id, found.digest)
    preview = _preview(district, parts, found.notes, found.over)
    return replace(preview, at=found.at, digest=found.digest)


def accept_waiting(district: District, digest: str) -> None:
    """What somebody has looked at; `digest` says which one that was."""
    _must_be_over(district, _waiting(district, digest).over)
    accepted.keep_waiting(district, clock.now())
    commit()


def refuse_waiting(district: District, digest: str) -> None:
    """The same, refused: nothing of it is kept."""
    _waiting(district, digest)
    accepted.refuse_waiting(district)
    commit()


def _waiting(district: District, digest: str) -> accepted.Waiting:
    """What waits, if it is what somebody has looked at. Errors: BadInput."""
    schools_store.lock_district(district.id)
    found = accepted.waiting(district.id)
    if found is None or found.digest != digest:
        raise BadInput("The file that you looked at isn’t waiting any more. Look at the page anew.")
    return found


def _shelf_of(district: District, before: accepted.Roster) -> Shelf:
    """What is in force, for a zip of changes; whoever accepts that sees to its being so still."""
    shelf = Shelf()
    shared = accepted.shared_part(district.id, before.digest)
    for payload in chain([shared] if shared else [], accepted.all_parts(before.digest)):
        shelf.add_all(load(payload))
    commit()
    return shelf


def _must_be_over(district: District, over: datetime | None) -> None:
    """A file that was looked at says nothing of what another one has changed since."""
    _must_be_connected(district)
    if accepted.since(district.id) != over:
        raise BadInput(
            "Another file has been accepted since this one was read. Nothing was changed; read it "
            "again, and see what it would do now."
        )


def _must_be_connected(district: District) -> None:
    """As it is now; nobody decides about its files beside us from here on. Errors: NotLinked."""
    schools_store.lock_district(district.id)
    if district.disconnected_at is not None:
        raise NotLinked(f"{district.name} was disconnected meanwhile. Nothing was changed.")


def _preview(
    district: District, parts: Parts, notes: Sequence[str], over: datetime | None
) -> Preview:
    provided = DistrictOfParts(parts, district.clever_id, today_of(district))
    linked = [school for school in district.schools if school.unlinked_at is None]
    foreseen = [_foresee(school, provided) for school in linked]
    return Preview(notes, provided.schools(), foreseen, over, clock.now())


def _foresee(school: School, provided: DistrictOfParts) -> Foreseen:
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
    ending, is_held = ending_of(planned), bool(planned.held)
    return Foreseen(school, ending.message, counts_of(planned), is_held)
