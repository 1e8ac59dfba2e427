"""The parts of rosters that were sent as files, on their way into the database and out of it."""

from collections.abc import Iterator
from contextlib import contextmanager

from roster_dash.sources.oneroster.files import DumpedParts, dump
from roster_dash.sources.oneroster.parts import SHARED, ShelfParts
from roster_dash.store import accepted
from roster_dash.store.transactions import commit, rollback

_COMMITTED_AT_ONCE = 8 * 1024**2
"""Bytes of parts: nobody waits long for the one writer that SQLite has."""


@contextmanager
def kept(parts: ShelfParts) -> Iterator[accepted.NewRoster]:
    """A roster whose parts are kept, bit by bit; gone again unless the block makes it one's own."""
    digest, shared, written = accepted.new_digest(), b"", 0
    try:
        for part in parts.all():
            payload = dump(part.roster)
            if part.school == SHARED:
                shared = payload
                continue
            written += accepted.add_part(digest, part.school, payload)
            if written > _COMMITTED_AT_ONCE:
                commit()
                written = 0
        yield accepted.NewRoster(digest, shared)
    except BaseException:
        rollback()
        accepted.drop_parts(digest)
        commit()
        raise


def parts_kept(district_id: int, digest: str) -> DumpedParts:
    """The parts of a roster that is in force, waits, or belongs to a planned change of source."""

    def read(school: str) -> list[bytes]:
        if school == SHARED:
            shared = accepted.shared_part(district_id, digest)
            found = [] if shared is None else [shared]
        else:
            found = list(accepted.parts_of(digest, school))
        commit()
        return found

    return DumpedParts(read)
