"""The same work as people do it today, beside which ours is measured.

python -m benchmarks.throughput.peers per_row|dlt URL DATABASE_URL. Neither detects who left
safely, keeps a log or a snapshot, or can take anything back.
"""

import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

from sqlalchemy import String, create_engine, make_url
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from benchmarks.throughput.floor import MEMBERSHIP, PERSON, SECTION, rows_of, timed


class Base(DeclarativeBase):
    type_annotation_map = {str: String(200)}  # noqa: RUF012 - as SQLAlchemy wants it


class Person(Base):
    __tablename__ = "peer_people"
    id: Mapped[str] = mapped_column(primary_key=True)
    school: Mapped[str]
    roles: Mapped[str]
    first: Mapped[str]
    last: Mapped[str]
    email: Mapped[str]
    grade: Mapped[str]
    number: Mapped[str]
    sis_id: Mapped[str]


class Section(Base):
    __tablename__ = "peer_sections"
    id: Mapped[str] = mapped_column(primary_key=True)
    school: Mapped[str]
    name: Mapped[str]
    course: Mapped[str]
    term: Mapped[str]
    grade: Mapped[str]
    period: Mapped[str]


class Membership(Base):
    __tablename__ = "peer_memberships"
    section: Mapped[str] = mapped_column(primary_key=True)
    side: Mapped[str] = mapped_column(primary_key=True)
    person: Mapped[str] = mapped_column(primary_key=True)


def per_row(url: str, database: str) -> None:
    """The script that most write first: session.merge for each row."""
    engine = create_engine(database.replace("postgresql://", "postgresql+psycopg://"))
    Base.metadata.create_all(engine)
    shapes: dict[str, tuple[type[Base], tuple[str, ...]]] = {
        "people": (Person, PERSON),
        "sections": (Section, SECTION),
        "memberships": (Membership, MEMBERSHIP),
    }
    with Session(engine) as session:
        for rows in rows_of(url):
            for table, of_table in rows.items():
                model, names = shapes[table]
                for row in of_table:
                    session.merge(model(**dict(zip(names, row, strict=True))))
                session.flush()
                session.expunge_all()
        session.commit()


def _destination(database: str) -> Any:
    import dlt

    where = make_url(database)
    if where.get_backend_name() == "sqlite":
        return dlt.destinations.sqlalchemy(database)
    whole = where.set(password=where.password or "none")  # it insists on one
    return dlt.destinations.postgres(whole.render_as_string(hide_password=False))


def with_dlt(url: str, database: str) -> None:
    """dlt's merge by primary key; installed beside, it is no dependency."""
    import dlt

    def people() -> Iterator[list[dict[str, Any]]]:
        for page in rows_of(url):
            if page["people"]:
                yield [dict(zip(PERSON, row, strict=True)) for row in page["people"]]

    def sections() -> Iterator[list[dict[str, Any]]]:
        """With who is in them, of which dlt makes a table of its own."""
        for page in rows_of(url):
            on_list: dict[str, list[dict[str, str]]] = defaultdict(list)
            for section, side, person in page["memberships"]:
                on_list[section].append({"side": side, "person": person})
            if page["sections"]:
                yield [
                    dict(zip(SECTION, row, strict=True), memberships=on_list[row[0]])
                    for row in page["sections"]
                ]

    pipeline = dlt.pipeline("peer", destination=_destination(database), dataset_name="peer")
    how = {"write_disposition": "merge", "primary_key": "id"}
    pipeline.run([dlt.resource(rows, name=rows.__name__, **how) for rows in (people, sections)])


PEERS: dict[str, Callable[[str, str], None]] = {"per_row": per_row, "dlt": with_dlt}


def main() -> None:
    which, url, database = sys.argv[1:]
    if which == "dlt":
        import_module("dlt")  # its start isn't counted, as nobody's is
    with timed():
        PEERS[which](url, database)


if __name__ == "__main__":
    main()
