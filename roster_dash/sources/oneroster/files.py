"""What a district has sent as files, as a source: the roster that somebody has accepted."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import msgspec
import orjson

from roster_dash.roster.errors import SourceError
from roster_dash.sources import Progress, no_progress
from roster_dash.sources.oneroster.csv_manifest import BULK
from roster_dash.sources.oneroster.csv_notes import Notes, UnusableCsv
from roster_dash.sources.oneroster.csv_zip import apply_delta, mode_of, read_bulk
from roster_dash.sources.oneroster.meaning import District
from roster_dash.sources.oneroster.records import OneRoster
from roster_dash.sources.oneroster.whole import WholeSource

_roster = msgspec.json.Decoder(OneRoster).decode


@dataclass(frozen=True, slots=True)
class Accepted:
    """A roster as `dump` wrote it, and when it was accepted."""

    payload: bytes
    at: datetime


class FileSource(WholeSource):
    """`accepted` gives what is in force; None where nothing has been accepted yet."""

    def __init__(self, accepted: Callable[[], Accepted | None], namespace: str, today: date):
        super().__init__()
        self._accepted = accepted
        self._namespace = namespace
        self._today = today

    def _orgs_only(self) -> District:
        return self._whole(no_progress)

    def _whole(self, progress: Progress) -> District:
        accepted = self._accepted()
        if accepted is None:
            raise SourceError(
                "No file of this district has been accepted yet. Nothing was changed here. "
                "Import the zip that its student information system exports."
            )
        said = load(accepted.payload)
        progress("file", 1, len(said.users))
        about = {"last_sync": accepted.at.isoformat()}
        return District(said, self._namespace, self._today, about)


def read_zip(path: Path, before: OneRoster | None) -> tuple[OneRoster, Notes]:
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
