"""How a run gets its school's answer: by itself, or out of a pull of the whole district."""

from collections.abc import Collection, Mapping
from datetime import datetime

from roster_dash import clock
from roster_dash.roster.records import DistrictPart
from roster_dash.sources import Answer, Progress, Pulled, Source
from roster_dash.store import snapshots
from roster_dash.store.transactions import commit


class SharedFetch:
    """What the runs of one command share, so that nothing is asked for twice.

    `wanted`: a district's id -> the ids at the source of its schools that will be synced.
    """

    def __init__(self, wanted: Mapping[int, Collection[str]] | None = None) -> None:
        self._wanted = wanted or {}
        self._parts: dict[int, DistrictPart] = {}
        self._pulls: dict[int, Pulled | None] = {}

    def pull_of(self, district_id: int, source: Source, progress: Progress) -> Pulled | None:
        """The district in one go; None where schools are better asked for one by one."""
        if district_id not in self._pulls:
            wanted = self._wanted.get(district_id, ())
            self._pulls[district_id] = source.pull(wanted, progress) if len(wanted) > 1 else None
        return self._pulls[district_id]

    def part_of(
        self, district_id: int, source: Source, progress: Progress, since: datetime
    ) -> DistrictPart:
        """The district-wide part: one fetched since then by another run, or a fresh one."""
        if district_id not in self._parts:
            self._parts[district_id] = _district_part(district_id, source, progress, since)
        return self._parts[district_id]

    def close(self) -> None:
        for pulled in self._pulls.values():
            if pulled is not None:
                pulled.close()
        self._pulls = {}


def fetch_answer(
    source: Source,
    district_id: int,
    school_id: str,
    progress: Progress,
    since: datetime,
    shared: SharedFetch,
) -> Answer:
    """A school's answer, none of it older than `since`. Errors: SourceError."""
    pulled = shared.pull_of(district_id, source, progress)
    if pulled is not None:
        return pulled.answer(school_id)
    part = shared.part_of(district_id, source, progress, since)
    return source.fetch_answer(school_id, part, progress)


def _district_part(
    district_id: int, source: Source, progress: Progress, since: datetime
) -> DistrictPart:
    part = snapshots.district_part_since(district_id, since)
    commit()
    if part is None:
        part = source.fetch_district_part(progress)
        snapshots.save_district_part(district_id, part, clock.now())
        commit()
    return part
