"""Reading from a district's source, with a note of whether it is down."""

from collections.abc import Iterator
from contextlib import contextmanager

from roster_dash.roster.errors import SourceDown, SourceError
from roster_dash.store import outages
from roster_dash.store.transactions import commit, rollback


@contextmanager
def watched(district_id: int, seen: int, *, by_schedule: bool) -> Iterator[None]:
    """Notes how reading in the block went; commits. The mails of an outage's end wait in the
    outbox, for the scheduler.

    `seen`: how many tries in a row had failed before it. Only what the schedule reads makes an
    outage: its runs wait and try again, so it ends.
    """
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
    if seen:  # one that began meanwhile ends with the next try
        outages.end(district_id)
        commit()
