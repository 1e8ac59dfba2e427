"""Since which restoring numbers are given.

A restored database gives numbers again that were given after the backup was made. So whatever is
known outside by a row's number (a link in a mail, the id of a message) carries the era too: what
was sent before belongs to nobody any more.
"""

from roster_dash.store import beats

_BEAT = "restored"


def begin() -> None:
    beats.beat(_BEAT)


def mark() -> str:
    """ "" as long as nothing was ever restored."""
    at = beats.last_beat(_BEAT)
    return f"-{at:%Y%m%d%H%M%S}" if at else ""
