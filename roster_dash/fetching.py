"""How a run gets its school's answer: by itself, or out of a pull of the whole district.

A command pulls for all the schools it was asked for. At night the first run of a district pulls for
all whose runs are queued, and leaves their parts in the database, where any worker finds them.
"""

from collections.abc import Collection, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta

from roster_dash import clock
from roster_dash.heart import beating
from roster_dash.roster.errors import NotShared
from roster_dash.roster.records import DistrictPart, Snapshot
from roster_dash.sources import Answer, Progress, Pulled, Source
from roster_dash.store import beats, glance, pulls, settled, snapshots
from roster_dash.store.pulls import StoredAnswer
from roster_dash.store.transactions import commit

NOT_AGAIN_FOR = timedelta(hours=6)
"""After a pull that gave nothing the schools of a district are asked for one by one."""
_HANDED_OUT_AT_ONCE = 25


class StaleAnswerError(Exception):
    """The answer is the one of before, but the school isn't what it was: it must be asked for."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whose answer; `since`: nothing older. `may_wait`: nobody asked for it, and others of the
    district may want one too."""

    district_id: int
    school_id: int
    source_id: str
    since: datetime
    may_wait: bool


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

    def part_of(self, wanted: Wanted, source: Source, progress: Progress) -> DistrictPart:
        """The district-wide part: one fetched since then by another run, or a fresh one."""
        if wanted.district_id not in self._parts:
            self._parts[wanted.district_id] = _district_part(wanted, source, progress)
        return self._parts[wanted.district_id]

    def close(self) -> None:
        for pulled in self._pulls.values():
            if pulled is not None:
                pulled.close()
        self._pulls = {}


def fetch_answer(source: Source, wanted: Wanted, progress: Progress, shared: SharedFetch) -> Answer:
    """A school's answer. Errors: SourceError."""
    pulled = shared.pull_of(wanted.district_id, source, progress)
    if pulled is None and wanted.may_wait and (answer := _of_the_night(source, wanted, progress)):
        return answer
    if pulled is not None:
        return pulled.answer(wanted.source_id)
    part = shared.part_of(wanted, source, progress)
    return source.fetch_answer(wanted.source_id, part, progress)


def _of_the_night(source: Source, wanted: Wanted, progress: Progress) -> Answer | None:
    """A school's part of the night's pull, made now if nobody has; None: ask for it by itself."""
    last_good = glance.last_succeeded_at(wanted.school_id)
    taken = pulls.take(wanted.school_id, max(wanted.since, last_good or wanted.since))
    if taken is not None:
        answer = _read(taken, source, wanted)
        commit()
        return answer
    waiting = pulls.waiting_schools(wanted.district_id)
    is_enough = len(waiting) + 1 >= source.fewest_for_pull
    is_ours = is_enough and _may_pull(wanted.district_id)
    commit()
    if not is_ours:
        return None
    with beating(beats.of_pull(wanted.district_id)):
        return _pull_for_all(source, wanted, waiting, progress)


def _read(taken: StoredAnswer, source: Source, wanted: Wanted) -> Answer | None:
    """None where nothing was kept but that it is the one of before, and the school isn't."""
    if taken.payload is not None:
        return source.read_answer(taken.payload, taken.digest, taken.about)
    as_before = settled.answers_of([wanted.school_id]).get(wanted.school_id)
    return _SameAnswer(taken.digest, taken.about) if taken.digest == as_before else None


def _may_pull(district_id: int) -> bool:
    """Whether it isn't known to be in vain and nobody else pulls; now this process does."""
    can = pulls.may_pull(district_id, clock.now())
    return can and beats.take(beats.of_pull(district_id))


def _pull_for_all(
    source: Source, wanted: Wanted, waiting: Mapping[str, int], progress: Progress
) -> Answer | None:
    began = clock.now()
    pulled = source.pull([wanted.source_id, *waiting], progress)
    if pulled is None:
        pulls.put_off(wanted.district_id, clock.now() + NOT_AGAIN_FOR)
        commit()
        return None
    with closing(pulled):
        _hand_out(pulled, waiting, began)
        return pulled.answer(wanted.source_id)


def _hand_out(pulled: Pulled, waiting: Mapping[str, int], began: datetime) -> None:
    """Leaves each school its part, as old as the pull's beginning; those that aren't shared find
    out by themselves."""
    as_before = settled.answers_of(waiting.values())
    for number, (source_id, school_id) in enumerate(waiting.items(), 1):
        try:
            answer = pulled.answer(source_id)
        except NotShared:
            continue
        is_same = as_before.get(school_id) == answer.digest
        payload = None if is_same else answer.dump()
        pulls.keep(school_id, StoredAnswer(answer.digest, answer.about, payload), began)
        if number % _HANDED_OUT_AT_ONCE == 0:
            commit()
    commit()


@dataclass(frozen=True, slots=True)
class _SameAnswer:
    """One that nobody has kept, since the school has nothing to do with it."""

    digest: str
    about: Mapping[str, str]

    def snapshot(self) -> Snapshot:
        raise StaleAnswerError

    def dump(self) -> bytes:
        raise StaleAnswerError


def _district_part(wanted: Wanted, source: Source, progress: Progress) -> DistrictPart:
    part = snapshots.district_part_since(wanted.district_id, wanted.since)
    commit()
    if part is None:
        began = clock.now()
        part = source.fetch_district_part(progress)
        snapshots.save_district_part(wanted.district_id, part, began)
        commit()
    return part
