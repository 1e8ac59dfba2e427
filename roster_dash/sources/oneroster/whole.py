"""A source of which a district is read whole or not at all: every school has its part of that."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping

from roster_dash.roster.records import DistrictPart, SharedSchool, Snapshot
from roster_dash.sources import Progress
from roster_dash.sources.oneroster.answer import PulledDistrict, RosterAnswer, answer_of
from roster_dash.sources.oneroster.meaning import District


class WholeSource(ABC):
    """What it takes beside reading."""

    fewest_for_pull = 2
    """One school costs as much as all of them."""

    def __init__(self) -> None:
        self._district: District | None = None

    @abstractmethod
    def _orgs_only(self) -> District:
        """The district with its schools; nobody need be in it."""

    @abstractmethod
    def _whole(self, progress: Progress) -> District:
        """All of it, now. Errors: SourceError."""

    def district_name(self) -> str:
        return self._orgs_only().name

    def schools(self) -> list[SharedSchool]:
        return self._orgs_only().schools()

    def school(self, source_id: str) -> SharedSchool:
        return self._orgs_only().school(source_id)

    def fetch_district_part(self, progress: Progress) -> DistrictPart:
        self._district = self._whole(progress)
        return self._district.part

    def fetch_school(self, source_id: str, part: DistrictPart, progress: Progress) -> Snapshot:
        return self.fetch_answer(source_id, part, progress).snapshot()

    def fetch_answer(self, source_id: str, part: DistrictPart, progress: Progress) -> RosterAnswer:
        """Whoever brings the part that this object has read gets the school of the same reading;
        any other part is less fresh than what is read now, and isn't looked at."""
        district = self._district
        if district is None or district.part is not part:
            district = self._whole(progress)
        return answer_of(district.snapshot(source_id))

    def read_answer(self, dumped: bytes, digest: str, about: Mapping[str, str]) -> RosterAnswer:
        return RosterAnswer(dumped, digest, about)

    def pull(self, wanted: Collection[str], progress: Progress) -> PulledDistrict:
        return PulledDistrict(self._whole(progress))

    def news(self, after: str | None) -> None:
        """None: OneRoster has no events."""
        return
