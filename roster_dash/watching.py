"""Folders that are watched for zips of OneRoster files: <ROSTER_FILES_DIR>/<a district's id>.

A zip that has come whole is read as one that is uploaded, and then waits for somebody, or is
accepted where the district has chosen that and nothing in it needs a person. It goes to `taken` or,
with the reason beside it, to `refused`. What a name or a file has in it is never logged.
"""

import logging
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy.exc import DBAPIError

from roster_dash import arriving, clock, logs
from roster_dash.config import current_config
from roster_dash.drop_folder import REFUSED, TAKEN, ChangedError, DropFolder, Lying, open_folder
from roster_dash.heart import beating
from roster_dash.roster.errors import RosterDashError
from roster_dash.store import beats, dropped
from roster_dash.store.dropped import Outcome
from roster_dash.store.tables import District, DroppedFile
from roster_dash.store.transactions import commit, rollback

log = logging.getLogger(__name__)

MOST_BYTES = 500_000_000
"""Of a zip that comes by itself, uploaded or dropped."""
EVERY = timedelta(minutes=1)
UNCHANGED_FOR = timedelta(minutes=1)
"""A zip is whole once it has an end and two looks so far apart have seen the same."""
GIVEN_UP_AFTER = timedelta(hours=1)
"""What doesn't end as a zip does, and has not grown for so long, is refused."""
KEPT_FOR = timedelta(days=30)
"""Taken files; nothing else is ever deleted."""

_UNFORESEEN = (
    "Something unforeseen happened while the zip was read; nothing of it was used. The log of the "
    "server says where. Send it once more, or upload it on the page Files."
)
_left_alone: dict[int, int] = {}


def look(now: datetime) -> list[int]:
    """Looks at all folders, once a minute; gives the files that are to be taken now."""
    root = current_config().roster_files_dir
    if root is None:
        return []
    last = beats.last_beat("files")
    if last is not None and now - last < EVERY:
        return []
    beats.beat("files", now)
    commit()
    found = []
    for district in dropped.watched_districts():
        try:
            found += _look_at(district, root, now)
        except OSError as error:
            rollback()
            log.warning("the folder of district %s can’t be read (%s)", district.id, error.strerror)
    return found


def _look_at(district: District, root: Path, now: datetime) -> list[int]:
    with open_folder(root, str(district.id)) as folder:
        if folder is None:
            return []
        seen = folder.look()
        _tell_left_alone(district.id, seen.left)
        rows = [
            (dropped.note(district.id, each.name, each.size, each.changed_at, now), each)
            for each in seen.files
        ]
        dropped.note_gone(district.id, {each.name for each in seen.files})
        commit()
        return [row.id for row, each in rows if _is_due(row, each, folder, now)]


def _is_due(row: DroppedFile, lying: Lying, folder: DropFolder, now: datetime) -> bool:
    unchanged_for = now - row.seen_at
    if row.outcome or lying.size > MOST_BYTES:
        return True  # to be moved, or refused, whatever is in it
    if unchanged_for < UNCHANGED_FOR:
        return False
    with suppress(ChangedError):
        return folder.is_zip(lying) or unchanged_for >= GIVEN_UP_AFTER
    return False


def _tell_left_alone(district_id: int, number: int) -> None:
    if number != _left_alone.get(district_id, 0):
        _left_alone[district_id] = number
        log.info("%s things in the folder of district %s are left alone", number, district_id)


def take(file_id: int) -> None:
    """Takes one file in; only one process does."""
    beat = beats.of_file(file_id)
    is_ours = beats.take(beat)
    commit()
    if not is_ours:
        return
    with beating(beat):
        try:
            _take(file_id)
        except OSError as error:  # its text has the file's name in it
            rollback()
            log.warning("file %s stays where it is for now (%s)", file_id, error.strerror)


def _take(file_id: int) -> None:
    row = dropped.get(file_id)
    root = current_config().roster_files_dir
    if row is None or root is None:
        return
    district_id, name, size, changed_at = row.district_id, row.name, row.size, row.changed_at
    commit()
    with open_folder(root, str(district_id)) as folder:
        lying = folder.find(name) if folder is not None else None
        if folder is None or lying is None or lying != Lying(name, size, changed_at):
            return  # the next look sees what is there now
        with suppress(ChangedError):
            _end(file_id, folder, lying)


def _end(file_id: int, folder: DropFolder, lying: Lying) -> None:
    """Finds out what becomes of a file, unless that is known, and moves it there."""
    row = dropped.get(file_id)
    if row is None:
        return
    if not row.outcome:
        outcome, reason = _outcome_of(row, folder, lying)
        dropped.settle(file_id, outcome, reason, clock.now())
        commit()
    row = dropped.get(file_id)
    assert row is not None
    is_refused, reason = row.outcome == Outcome.REFUSED, row.reason
    moved_as = f"{clock.now():%Y%m%d-%H%M%S}-{file_id}-{lying.name}"
    log.info("file %s of district %s: %s", file_id, row.district_id, row.outcome)
    commit()
    folder.move(lying, REFUSED if is_refused else TAKEN, moved_as, f"{reason}\n" if reason else "")


def _outcome_of(row: DroppedFile, folder: DropFolder, lying: Lying) -> tuple[Outcome, str]:
    district = row.district
    if lying.size > MOST_BYTES:
        most = f"{MOST_BYTES // 1_000_000:,} MB"
        return Outcome.REFUSED, f"The zip has more than {most}. Send one district’s roster only."
    try:
        with TemporaryDirectory() as name:
            path = Path(name) / "dropped.zip"
            folder.copy(lying, path)
            arrived = arriving.arrive(district, path)
            return _decide(district, arrived), ""
    except RosterDashError as refusal:
        rollback()
        return Outcome.REFUSED, refusal.message
    except (ChangedError, DBAPIError, OSError):  # another look may have more luck
        rollback()
        raise
    except Exception as error:
        rollback()
        log.error("a dropped file could not be read: %s", logs.place_of(error))
        return Outcome.REFUSED, _UNFORESEEN


def _decide(district: District, arrived: arriving.Arrived) -> Outcome:
    """What needs a person waits for one, whatever the district has chosen."""
    if dropped.accepts_by_itself(district) and not arrived.preview.needs_somebody:
        arriving.accept(district, arrived)
        return Outcome.ACCEPTED
    arriving.lay_aside(district, arrived, None)
    return Outcome.WAITS


def delete_old(now: datetime) -> None:
    """Taken files that are too old, once a day."""
    root = current_config().roster_files_dir
    dropped.forget_old(now - KEPT_FOR)
    commit()
    if root is None:
        return
    before = int((now - KEPT_FOR).timestamp() * 1_000_000_000)
    for district in dropped.watched_districts():
        with suppress(OSError), open_folder(root, str(district.id)) as folder:
            if folder is not None and (number := folder.delete_taken(before)):
                log.info("%s taken files of district %s are deleted", number, district.id)
