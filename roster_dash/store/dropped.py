"""Files that lie in districts' watched folders: since when as they are, what became of them."""

from collections.abc import Collection, Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import delete, or_, select, update

from roster_dash.extensions import db
from roster_dash.roster.errors import BadInput
from roster_dash.store import audit, mails
from roster_dash.store.accounts import AccountRole
from roster_dash.store.audit import Did
from roster_dash.store.tables import District, DroppedFile, User
from roster_dash.store.upsert import upsert

_GONE = -1
"""In place of a size: it lies there no more."""


class Outcome(StrEnum):
    WAITS = "waits"
    ACCEPTED = "accepted"
    REFUSED = "refused"


def watched_districts() -> Sequence[District]:
    """Districts that send files."""
    of_files = (District.source == "files", District.disconnected_at.is_(None))
    return db.session.scalars(select(District).where(*of_files).order_by(District.id)).all()


def note(district_id: int, name: str, size: int, changed_at: int, now: datetime) -> DroppedFile:
    """A file as it lies there now: `seen_at` is since when it has been so."""
    values = {"size": size, "changed_at": changed_at, "seen_at": now, "outcome": "", "reason": ""}
    row = upsert(DroppedFile).values(district_id=district_id, name=name, **values)
    is_other = or_(DroppedFile.size != size, DroppedFile.changed_at != changed_at)
    db.session.execute(
        row.on_conflict_do_update(
            index_elements=["district_id", "name"], set_=values, where=is_other
        )
    )
    of_it = (DroppedFile.district_id == district_id, DroppedFile.name == name)
    query = select(DroppedFile).where(*of_it).execution_options(populate_existing=True)
    return db.session.scalars(query).one()


def note_gone(district_id: int, there: Collection[str]) -> None:
    """Of files that lie there no more only why they were refused is kept."""
    rows = db.session.scalars(select(DroppedFile).where(DroppedFile.district_id == district_id))
    for row in rows.all():
        if row.name in there:
            continue
        if row.outcome == Outcome.REFUSED:
            row.size = _GONE
        else:
            db.session.delete(row)
    db.session.flush()


def get(file_id: int) -> DroppedFile | None:
    return db.session.get(DroppedFile, file_id, populate_existing=True)


def settle(file_id: int, outcome: Outcome, reason: str, now: datetime) -> None:
    """What becomes of a file; those whom it concerns are told unless it was accepted."""
    row = db.session.get_one(DroppedFile, file_id)
    row.outcome, row.reason, row.seen_at = outcome, reason, now
    if outcome != Outcome.ACCEPTED:
        kind, to = f"file_{outcome}", _managers(row.district_id)
        mails.add_notices(kind, to, district_id=row.district_id, about_at=now)
    db.session.flush()


def refused(district_id: int, limit: int) -> Sequence[DroppedFile]:
    """The last ones first."""
    of_it = (DroppedFile.district_id == district_id, DroppedFile.outcome == Outcome.REFUSED)
    query = select(DroppedFile).where(*of_it).order_by(DroppedFile.seen_at.desc()).limit(limit)
    return db.session.scalars(query).all()


def forget_old(before: datetime) -> None:
    """Refusals of files that lie there no more."""
    old = (DroppedFile.size == _GONE, DroppedFile.seen_at < before)
    db.session.execute(delete(DroppedFile).where(*old).execution_options(synchronize_session=False))


def choose(district: District, *, accepts_by_itself: bool) -> None:
    """Whether files from the folder that need nobody are accepted by themselves."""
    if district.source != "files":
        raise BadInput(f"{district.name} doesn’t send files, so no folder of it is watched.")
    before = district.connection.get("folder", "wait")
    after = "accept" if accepts_by_itself else "wait"
    values = {**district.connection, "folder": after}
    db.session.execute(
        update(District)
        .where(District.id == district.id)
        .values(connection=values)
        .execution_options(synchronize_session=False)
    )
    db.session.expire(district)
    audit.record(
        Did.FOLDER_CHOSEN,
        district_id=district.id,
        about=district.name,
        before={"folder": before},
        after={"folder": after},
    )


def accepts_by_itself(district: District) -> bool:
    return district.connection.get("folder") == "accept"


def _managers(district_id: int) -> Sequence[str]:
    """Its District Managers; where it has none, the specialists."""
    present = select(User.email).where(User.disabled_at.is_(None)).order_by(User.email)
    of_it = (User.district_id == district_id, User.role == AccountRole.DISTRICT_MANAGER)
    found = db.session.scalars(present.where(*of_it)).all()
    if found:
        return found
    return db.session.scalars(present.where(User.role == AccountRole.SPECIALIST)).all()
