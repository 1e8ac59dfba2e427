"""INSERT … ON CONFLICT, which SQLAlchemy spells for each database by itself."""

from typing import Any

from sqlalchemy.dialects import postgresql, sqlite

from roster_dash.extensions import db


def upsert(table: Any) -> Any:
    """An insert into a table that can say what is done about a row that is there already."""
    dialect = postgresql if db.engine.dialect.name == "postgresql" else sqlite
    return dialect.insert(table)
