"""Reading from a district's source, with a note of whether it is down."""

from collections.abc import Iterator
from contextlib import contextmanager

from roster_dash.roster.errors import SourceDown, SourceError
from roster_dash.store import outages
from roster_dash.store.transactions import commit, reading, rollback


@contextmanager
def watched(district_id: int, *, by_schedule: bool) -> Iterator[None]:
    """Notes how reading in the block went; commits. The mails of an outage's end wait in the
    outbox, for the scheduler.

    Only what the schedule reads makes an outage: its runs wait and try again, so it ends.
    """
    with reading():
        seen = outages.failures(district_id)
    try:
        yield
    except SourceDown:
        rollback()
        if by_schedule:
            outages.note_failure(district_id, seen)
            commit()
        raise
    except SourceError:  # it did answer
        rollback()
        outages.end(district_id)
        commit()
        raise
    with reading():
        is_down = bool(outages.failures(district_id))
    if is_down:
        outages.end(district_id)
        commit()
