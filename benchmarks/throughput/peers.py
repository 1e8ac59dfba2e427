"""The same work as people do it today, beside which ours is measured.

python -m benchmarks.throughput.peers per_row|dlt URL DATABASE_URL. Neither detects who left
safely, keeps a log or a snapshot, or can take anything back.
"""

import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

from sqlalchemy import String, create_engine
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


def with_dlt(url: str, database: str) -> None:
    """dlt's merge by primary key; installed beside, it is no dependency."""
    import dlt

    columns = {"people": PERSON, "sections": SECTION, "memberships": MEMBERSHIP}
    keys = {"people": ["id"], "sections": ["id"], "memberships": list(MEMBERSHIP)}

    def resource(table: str) -> Any:
        def rows() -> Iterator[list[dict[str, Any]]]:
            for each in rows_of(url):
                if each[table]:
                    yield [dict(zip(columns[table], row, strict=True)) for row in each[table]]

        return dlt.resource(rows, name=table, write_disposition="merge", primary_key=keys[table])

    pipeline = dlt.pipeline(
        "peer",
        destination=dlt.destinations.sqlalchemy(
            database.replace("postgresql://", "postgresql+psycopg://")
        )
        if database.startswith("sqlite")
        else dlt.destinations.postgres(database),
        dataset_name="peer",
    )
    pipeline.run([resource(table) for table in columns])


PEERS: dict[str, Callable[[str, str], None]] = {"per_row": per_row, "dlt": with_dlt}


def main() -> None:
    which, url, database = sys.argv[1:]
    if which == "dlt":
        import_module("dlt")  # its start isn't counted, as nobody's is
    with timed():
        PEERS[which](url, database)


if __name__ == "__main__":
    main()
