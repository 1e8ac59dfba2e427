"""Which memberships are a school's: they know their list, and only the list knows its school."""

from sqlalchemy import ColumnElement, any_, func, select

from roster_dash.extensions import db
from roster_dash.store.tables import ListRow, Membership


def of_school(school_id: int) -> ColumnElement[bool]:
    """Those of a school's lists.

    PostgreSQL is given the lists' ids as an array, and looks each up. For a join it would rather
    read the memberships of all schools, which takes the longer the more schools there are.
    """
    ids = select(ListRow.id).where(ListRow.school_id == school_id).scalar_subquery()
    if db.engine.dialect.name == "postgresql":
        return Membership.list_id == any_(func.array(ids))
    return Membership.list_id.in_(ids)
