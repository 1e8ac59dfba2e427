"""What a district has sent as files, as a source: the roster that somebody has accepted.

It is kept in parts, so a school is read from its own one, and there is nothing to pull for many.
"""

import sys
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from pathlib import Path

import msgspec
import orjson

from roster_dash.roster.errors import SourceError
from roster_dash.roster.records import DistrictPart, SharedSchool, Snapshot
from roster_dash.sources import Progress
from roster_dash.sources.oneroster.answer import RosterAnswer, answer_of
from roster_dash.sources.oneroster.csv_manifest import BULK
from roster_dash.sources.oneroster.csv_notes import Notes, UnusableCsv
from roster_dash.sources.oneroster.csv_zip import apply_delta, mode_of, read_bulk
from roster_dash.sources.oneroster.meaning import District
from roster_dash.sources.oneroster.parts import SHARED, Parts, merged
from roster_dash.sources.oneroster.records import OneRoster
from roster_dash.sources.oneroster.shelf import Shelf

_roster = msgspec.json.Decoder(OneRoster).decode


class DumpedParts:
    """Parts that are read when they are asked for: `read(school)` gives them as `dump` wrote them.

    `read(SHARED)` gives at least one, as long as they are kept.
    """

    def __init__(self, read: Callable[[str], Iterable[bytes]]) -> None:
        self._read = read

    def shared(self) -> OneRoster:
        dumped = list(self._read(SHARED))
        if not dumped:
            raise SourceError(
                "The file isn’t kept any more: another one has been accepted, or this one refused. "
                "Nothing was changed here. Try again."
            )
        return merged(*map(load, dumped))

    def of_school(self, sourced_id: str) -> OneRoster:
        return merged(*map(load, self._read(sourced_id)))


class DistrictOfParts:
    """What `District` answers, of which one school at a time is in memory."""

    def __init__(
        self, parts: Parts, namespace: str, today: date, about: Mapping[str, str] | None = None
    ) -> None:
        self._parts = parts
        self._namespace = namespace
        self._today = today
        self._about = about

    @cached_property
    def _shared(self) -> District:
        return self._district(self._parts.shared())

    @property
    def name(self) -> str:
        return self._shared.name

    @property
    def part(self) -> DistrictPart:
        """The district's admins; contacts come with the schools."""
        return self._shared.part

    def schools(self) -> list[SharedSchool]:
        return self._shared.schools()

    def school(self, source_id: str) -> SharedSchool:
        """Errors: NotShared."""
        return self._shared.school(source_id)

    def snapshot(self, school_id: str) -> Snapshot:
        """Errors: NotShared.

        The shared part is read again after the school's own: where it is still there, that was.
        """
        self.school(school_id)
        own = self._parts.of_school(school_id.removeprefix(f"{self._namespace}."))
        return self._district(merged(self._parts.shared(), own)).snapshot(school_id)

    def _district(self, said: OneRoster) -> District:
        return District(said, self._namespace, self._today, self._about)


@dataclass(frozen=True, slots=True)
class Accepted:
    """What is in force, and since when."""

    parts: Parts
    at: datetime


class FileSource:
    """`accepted` gives what is in force; None where nothing has been accepted yet."""

    fewest_for_pull = sys.maxsize

    def __init__(self, accepted: Callable[[], Accepted | None], namespace: str, today: date):
        self._accepted = accepted
        self._namespace = namespace
        self._today = today

    def district_name(self) -> str:
        return self._district().name

    def schools(self) -> list[SharedSchool]:
        return self._district().schools()

    def school(self, source_id: str) -> SharedSchool:
        return self._district().school(source_id)

    def fetch_district_part(self, progress: Progress) -> DistrictPart:
        return self._district().part

    def fetch_school(self, source_id: str, part: DistrictPart, progress: Progress) -> Snapshot:
        return self.fetch_answer(source_id, part, progress).snapshot()

    def fetch_answer(self, source_id: str, part: DistrictPart, progress: Progress) -> RosterAnswer:
        """What is in force now; `part` is no newer."""
        snapshot = self._district().snapshot(source_id)
        progress("file", 1, len(snapshot.people))
        return answer_of(snapshot)

    def read_answer(self, dumped: bytes, digest: str, about: Mapping[str, str]) -> RosterAnswer:
        return RosterAnswer(dumped, digest, about)

    def pull(self, wanted: Collection[str], progress: Progress) -> None:
        """None: each school's part is read by itself."""
        return

    def news(self, after: str | None) -> None:
        """None: files have no events."""
        return

    def _district(self) -> DistrictOfParts:
        accepted = self._accepted()
        if accepted is None:
            raise SourceError(
                "No file of this district has been accepted yet. Nothing was changed here. "
                "Import the zip that its student information system exports."
            )
        about = {"last_sync": accepted.at.isoformat()}
        return DistrictOfParts(accepted.parts, self._namespace, self._today, about)


def read_zip(path: Path, before: Shelf | None) -> tuple[Shelf, Notes]:
    """What is there once a zip is accepted, and what is to be said about it.

    `before`: what is in force, to which a zip of changes is applied. Errors: UnusableCsv.
    """
    notes = Notes()
    if mode_of(path) == BULK:
        return read_bulk(path, notes), notes
    if before is None:
        raise UnusableCsv(
            "The zip holds only what changed (delta), and there is nothing to change yet",
            "Export all there is (bulk) first.",
        )
    return apply_delta(before, path, notes), notes


def dump(roster: OneRoster) -> bytes:
    return orjson.dumps(roster)


def load(payload: bytes) -> OneRoster:
    return _roster(payload)
