"""WHERE FROM: reads the network, returns rosters. Each kind of source is a `Source`.

A fetch is complete or it is an error; there is nothing in between.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Protocol

from roster_dash.roster.news import News
from roster_dash.roster.records import DistrictPart, SharedSchool, Snapshot

Progress = Callable[[str, int, int], None]
"""Told (what is being read, pages so far, records so far) after every page."""


def no_progress(what: str, pages: int, records: int) -> None:
    """For who reads without telling anybody."""


class Told(Protocol):
    """What a source says of one school, complete and verified.

    `digest` is of all that `snapshot` says but `about`: the same digest is the same roster.
    """

    @property
    def digest(self) -> str: ...

    @property
    def about(self) -> Mapping[str, str]: ...

    def snapshot(self) -> Snapshot: ...


class Answer(Told, Protocol):
    """It as it came, read only when somebody looks into it."""

    def dump(self) -> bytes:
        """For `Source.read_answer` of another process."""


@dataclass(frozen=True, slots=True)
class Read:
    """It after it was read: what it was read from takes no memory any more."""

    digest: str
    about: Mapping[str, str]
    said: Snapshot

    def snapshot(self) -> Snapshot:
        return self.said


def read(told: Told) -> Read:
    return Read(told.digest, told.about, told.snapshot())


class Pulled(Protocol):
    """A district in one go, for all the schools that were wanted."""

    def answer(self, school_id: str) -> Answer:
        """Errors: NotShared if the school isn't shared (any more)."""

    def close(self) -> None:
        """It takes room on disk until then."""


class Source(Protocol):
    """A district's roster. Every method raises SourceError when it can't give all of it.

    `fewest_for_pull`: schools from which on a worker thinks of reading the district in one go.
    """

    @property
    def fewest_for_pull(self) -> int: ...

    def district_name(self) -> str:
        """The district's own name; proves that the credentials work."""

    def schools(self) -> list[SharedSchool]:
        """Every school that is shared with us."""

    def school(self, source_id: str) -> SharedSchool:
        """One shared school. Errors: NotShared."""

    def fetch_district_part(self, progress: Progress) -> DistrictPart:
        """What belongs to no single school; one fetch serves all schools of a night."""

    def fetch_school(self, source_id: str, part: DistrictPart, progress: Progress) -> Snapshot:
        """Everything about one school. Errors: NotShared if the school isn't shared (any more)."""

    def fetch_answer(self, source_id: str, part: DistrictPart, progress: Progress) -> Answer:
        """The same, not read yet."""

    def read_answer(self, dumped: bytes, digest: str, about: Mapping[str, str]) -> Answer:
        """An answer that was dumped; its digest and `about` are kept beside it."""

    def pull(self, wanted: Collection[str], progress: Progress) -> Pulled | None:
        """What is wanted of the district in one go, where that costs fewer requests."""

    def news(self, after: str | None) -> News | None:
        """What was told since a cursor, or the beginning of it; with none what the cursor is now.
        None: it tells us nothing.

        Errors: NotShared or NotUnderstood for a cursor that the source doesn't know.
        """
