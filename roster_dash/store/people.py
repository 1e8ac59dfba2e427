"""Finding people and user lists for their pages. Pages go on by id, so they stay quick."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, ScalarSelect, Select, Text, cast, func, select

from roster_dash.extensions import db
from roster_dash.roster.records import Status
from roster_dash.roster.roles import Role
from roster_dash.store import memberships
from roster_dash.store.paging import Place, place
from roster_dash.store.searching import has_words
from roster_dash.store.tables import ListRow, Membership, OperationRow, PersonRow, School

PAGE = 50
LEAVING = "leaving"
"""A state of its own to look for: active, but missing from the roster."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a page of people or lists shows. Blank means any; `text` is searched for."""

    text: str = ""
    role: str = ""
    grade: str = ""
    status: str = "active"
    after: int = 0
    without: str = ""
    """"class": people who are on no active list; "people": lists that nobody is a member of."""


def find_people(school_id: int, wanted: Wanted, limit: int | None = PAGE) -> Sequence[PersonRow]:
    """In order of id; one more than asked for, where there are more."""
    conditions = (*_people(school_id, wanted), PersonRow.id > wanted.after)
    query = select(PersonRow).where(*conditions).order_by(PersonRow.id)
    return db.session.scalars(query.limit(limit + 1) if limit else query).all()


def place_of_people(school_id: int, wanted: Wanted, found: Sequence[PersonRow]) -> Place:
    ids = [row.id for row in found]
    return place(PersonRow.id, _people(school_id, wanted), wanted.after, ids, PAGE)


def count_people(school_id: int, wanted: Wanted) -> int:
    query = select(func.count()).select_from(PersonRow).where(*_people(school_id, wanted))
    return db.session.scalar(query) or 0


def grades_of(school_id: int) -> Sequence[str]:
    query = select(PersonRow.grade).where(PersonRow.school_id == school_id, PersonRow.grade != "")
    return db.session.scalars(query.distinct().order_by(PersonRow.grade)).all()


class ActivePerson(NamedTuple):
    """What a decision about many needs of each."""

    id: int
    roles: tuple[Role, ...]
    email: str


def active_people(school_id: int) -> list[ActivePerson]:
    """Everybody active, in order of id."""
    rows = db.session.execute(
        select(PersonRow.id, PersonRow.roles, PersonRow.email)
        .where(PersonRow.school_id == school_id, PersonRow.status == Status.ACTIVE)
        .order_by(PersonRow.id)
    )
    return [ActivePerson(row[0], tuple(map(Role, row[1])), row[2]) for row in rows]


def get_person(person_id: int) -> PersonRow | None:
    return db.session.get(PersonRow, person_id)


def people_of(school_id: int, person_ids: Sequence[int]) -> Sequence[PersonRow]:
    """Those of some people who are the school's."""
    query = select(PersonRow).where(PersonRow.school_id == school_id)
    return db.session.scalars(query.where(PersonRow.id.in_(person_ids))).all()


def history_of(entity: str, entity_id: int, limit: int = 50) -> Sequence[OperationRow]:
    """What was done to a person or list, newest first."""
    return db.session.scalars(
        select(OperationRow)
        .where(OperationRow.entity == entity, OperationRow.entity_id == entity_id)
        .order_by(OperationRow.id.desc())
        .limit(limit)
    ).all()


def lists_of_person(person_id: int) -> Sequence[tuple[ListRow, str]]:
    """(list, side) of every active list that somebody is on."""
    rows = db.session.execute(
        select(ListRow, Membership.side)
        .join(Membership, Membership.list_id == ListRow.id)
        .where(Membership.person_id == person_id, ListRow.status == Status.ACTIVE)
        .order_by(ListRow.title, ListRow.id)
    )
    return [(row[0], row[1]) for row in rows]


def school_elsewhere(school: School, source_id: str) -> str:
    """The other school of the district where somebody is active, by name; "" if there is none."""
    name = db.session.scalar(
        select(School.name)
        .join(PersonRow, PersonRow.school_id == School.id)
        .where(
            School.district_id == school.district_id,
            School.id != school.id,
            School.unlinked_at.is_(None),
            PersonRow.status == Status.ACTIVE,
            PersonRow.source_id == source_id,
        )
        .limit(1)
    )
    return name or ""


FoundList = tuple[ListRow, int, int]
"""(list, managers, members)"""


def find_lists(school_id: int, wanted: Wanted, limit: int = PAGE) -> Sequence[FoundList]:
    """In order of id; one more than a page, where there are more."""
    query = (
        select(ListRow, _number_on("managers"), _number_on("members"))
        .where(*_lists(school_id, wanted), ListRow.id > wanted.after)
        .order_by(ListRow.id)
        .limit(limit + 1)
    )
    return [(row[0], row[1], row[2]) for row in db.session.execute(query)]


def place_of_lists(school_id: int, wanted: Wanted, found: Sequence[FoundList]) -> Place:
    ids = [row[0].id for row in found]
    return place(ListRow.id, _lists(school_id, wanted), wanted.after, ids, PAGE)


def get_list(list_id: int) -> ListRow | None:
    return db.session.get(ListRow, list_id)


def people_on_list(list_id: int) -> Sequence[tuple[PersonRow, str, bool]]:
    """(person, side, by hand) of every active person on a list, managers first."""
    rows = db.session.execute(
        select(PersonRow, Membership.side, Membership.by_hand)
        .join(Membership, Membership.person_id == PersonRow.id)
        .where(Membership.list_id == list_id, PersonRow.status == Status.ACTIVE)
        .order_by(Membership.side, PersonRow.last_name, PersonRow.first_name, PersonRow.id)
    )
    return [(row[0], row[1], row[2]) for row in rows]


def _people(school_id: int, wanted: Wanted) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [PersonRow.school_id == school_id]
    if wanted.status == LEAVING:
        conditions += [PersonRow.status == Status.ACTIVE, PersonRow.leaving_since.is_not(None)]
    elif wanted.status:
        conditions.append(PersonRow.status == wanted.status)
    if wanted.grade:
        conditions.append(PersonRow.grade == wanted.grade)
    if wanted.role:
        conditions.append(cast(PersonRow.roles, Text).contains(f'"{wanted.role}"'))
    if wanted.without == "class":
        conditions.append(PersonRow.id.not_in(_on_active_lists(school_id)))
    if wanted.text:
        conditions.append(has_words(wanted.text, *_PEOPLE_TEXTS))
    return conditions


_PEOPLE_TEXTS = (
    *(PersonRow.first_name, PersonRow.middle_name, PersonRow.last_name, PersonRow.preferred_name),
    *(PersonRow.email, PersonRow.student_number, PersonRow.sis_id, PersonRow.source_id),
)


def _lists(school_id: int, wanted: Wanted) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [ListRow.school_id == school_id]
    if wanted.status:
        conditions.append(ListRow.status == wanted.status)
    if wanted.grade:
        conditions.append(ListRow.grade == wanted.grade)
    if wanted.without == "people":
        conditions.append(_number_on("members") == 0)
    if wanted.text:
        conditions.append(has_words(wanted.text, *_LIST_TEXTS))
    return conditions


_LIST_TEXTS = (
    *(ListRow.title, ListRow.synced_title, ListRow.course, ListRow.term),
    *(ListRow.period, ListRow.source_id),
)


def _number_on(side: str) -> ScalarSelect[int]:
    """How many active people are on a side of the list at hand."""
    return (
        select(func.count())
        .select_from(Membership)
        .join(PersonRow, PersonRow.id == Membership.person_id)
        .where(
            Membership.list_id == ListRow.id,
            Membership.side == side,
            PersonRow.status == Status.ACTIVE,
        )
        .correlate(ListRow)
        .scalar_subquery()
    )


def _on_active_lists(school_id: int) -> Select[Any]:
    return (
        select(Membership.person_id)
        .join(ListRow, ListRow.id == Membership.list_id)
        .where(memberships.of_school(school_id), ListRow.status == Status.ACTIVE)
    )
