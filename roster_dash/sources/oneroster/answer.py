"""A school's snapshot on its way, and a district read in one go."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from hashlib import blake2b

import msgspec
import orjson

from roster_dash.roster.records import Snapshot
from roster_dash.sources.oneroster.meaning import District

_snapshot = msgspec.json.Decoder(Snapshot).decode


@dataclass(frozen=True, slots=True)
class RosterAnswer:
    """`payload` is the snapshot as JSON but for `about`."""

    payload: bytes = field(repr=False)
    digest: str
    about: Mapping[str, str]

    def snapshot(self) -> Snapshot:
        return replace(_snapshot(self.payload), about=self.about)

    def dump(self) -> bytes:
        return self.payload


def answer_of(snapshot: Snapshot) -> RosterAnswer:
    payload = orjson.dumps(replace(snapshot, about={}))
    return RosterAnswer(payload, blake2b(payload, digest_size=16).hexdigest(), snapshot.about)


class PulledDistrict:
    """Everything a provider has said; it takes room in memory until it is closed."""

    def __init__(self, district: District) -> None:
        self._district: District | None = district

    def answer(self, school_id: str) -> RosterAnswer:
        """Errors: NotShared."""
        assert self._district is not None, "it was closed"
        return answer_of(self._district.snapshot(school_id))

    def close(self) -> None:
        self._district = None
