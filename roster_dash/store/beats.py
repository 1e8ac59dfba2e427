"""Who says they are alive: the scheduler, and every process that works on a run.

A run's beat is no column of its row: the row is written at the end of a transaction that PostgreSQL
refuses when somebody else has written it meanwhile.
"""

from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, or_, select

from roster_dash.extensions import db
from roster_dash.store.tables import Beat
from roster_dash.store.upsert import upsert

SECONDS = 10.0
"""Between two beats."""
LOST_AFTER = timedelta(seconds=60)
"""Who has not said so for so long isn't alive."""
_FORGOTTEN_AFTER = timedelta(days=1)
_RUN = "run-"
_PULL = "pull-"
_FILE = "file-"


def beat(name: str, at: datetime | None = None) -> None:
    """Any number may beat under one name at once; `at` in place of now."""
    at = at or datetime.now(UTC)
    row = upsert(Beat).values(name=name, at=at)
    db.session.execute(row.on_conflict_do_update(index_elements=[Beat.name], set_={"at": at}))


def take(name: str) -> bool:
    """Begins to beat under a name, if nobody alive does."""
    at = datetime.now(UTC)
    row = upsert(Beat).values(name=name, at=at)
    taken = row.on_conflict_do_update(
        index_elements=[Beat.name], set_={"at": at}, where=Beat.at <= at - LOST_AFTER
    )
    return db.session.scalar(taken.returning(Beat.name)) is not None


def last_beat(name: str) -> datetime | None:
    row = db.session.get(Beat, name, populate_existing=True)
    return row.at if row else None


def is_alive(name: str) -> bool:
    last = last_beat(name)
    return last is not None and datetime.now(UTC) - last < LOST_AFTER


def of_run(run_id: int, token: str) -> str:
    """The name under which the process beats that has claimed a run with this token."""
    return f"{_RUN}{run_id}-{token}"


def of_pull(district_id: int) -> str:
    """The name under which the process beats that pulls a district."""
    return f"{_PULL}{district_id}"


def of_file(file_id: int) -> str:
    """The name under which the process beats that takes in a file."""
    return f"{_FILE}{file_id}"


def pulled_districts() -> list[int]:
    """The ids of the districts that somebody pulls now."""
    alive = (Beat.name.startswith(_PULL), Beat.at > datetime.now(UTC) - LOST_AFTER)
    names = db.session.scalars(select(Beat.name).where(*alive))
    return [int(name.removeprefix(_PULL)) for name in names]


def run_of(name: str) -> int | None:
    """The run that a beat is about, if it is about one."""
    return int(name.split("-")[1]) if name.startswith(_RUN) else None


def stop(name: str) -> None:
    db.session.execute(delete(Beat).where(Beat.name == name))


def forget_old() -> None:
    """Beats of those whose processes were killed before they could take them back."""
    theirs = or_(*(Beat.name.startswith(each) for each in (_RUN, _PULL, _FILE)))
    old = (theirs, Beat.at < datetime.now(UTC) - _FORGOTTEN_AFTER)
    db.session.execute(delete(Beat).where(*old))
