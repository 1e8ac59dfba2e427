"""What an installation has come to: compared between one that was harmed and one that wasn't."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import select

from roster_dash.extensions import db
from roster_dash.store.tables import ListRow, Membership, OperationRow, PersonRow, Run, School
from roster_dash.store.transactions import commit
from tests.clever import Clever

_NOT_COMPARED = {"id", "school_id", "leaving_since", "stays_until"}


@dataclass(frozen=True, slots=True)
class Outcome:
    """People and lists by their Clever ids; memberships as (list, side, person)."""

    people: dict[tuple[str, str], dict[str, Any]]
    lists: dict[tuple[str, str], dict[str, Any]]
    memberships: set[tuple[str, str, str]]

    def without_moved(self) -> "Outcome":
        """Without those who are at two schools: whether the old one of somebody who moved takes
        them for moved or for leaving is told by which of the two was synced first that day.
        """
        schools = Counter(source_id for _, source_id in self.people)
        people = {key: row for key, row in self.people.items() if schools[key[1]] == 1}
        return replace(self, people=people)


def outcome_of(school_ids: Iterable[int]) -> Outcome:
    names = {school.id: school.clever_id for school in db.session.scalars(select(School))}
    wanted = set(school_ids)
    people = db.session.scalars(select(PersonRow).where(PersonRow.school_id.in_(wanted))).all()
    lists = db.session.scalars(select(ListRow).where(ListRow.school_id.in_(wanted))).all()
    pairs = db.session.execute(
        select(ListRow.source_id, Membership.side, PersonRow.source_id)
        .join(ListRow, ListRow.id == Membership.list_id)
        .join(PersonRow, PersonRow.id == Membership.person_id)
        .where(ListRow.school_id.in_(wanted))
    )
    outcome = Outcome(
        {(names[row.school_id], row.source_id or ""): _values(row) for row in people},
        {(names[row.school_id], row.source_id or ""): _values(row) for row in lists},
        {(str(one), side, str(other)) for one, side, other in pairs},
    )
    assert len(outcome.people) == len(people)
    assert len(outcome.lists) == len(lists)
    commit()
    return outcome


def _values(row: PersonRow | ListRow) -> dict[str, Any]:
    names = set(row.__table__.columns.keys()) - _NOT_COMPARED
    return {name: getattr(row, name) for name in names}


def assert_nothing_twice() -> None:
    """No run did anything twice, and nobody and no list was created twice."""
    rows = db.session.execute(
        select(
            OperationRow.run_id, OperationRow.entity, OperationRow.action, OperationRow.entity_id
        )
    ).all()
    assert rows
    assert [row for row, number in Counter(map(tuple, rows)).items() if number > 1] == []
    created = Counter((row[1], row[3]) for row in rows if row[2] == "create")
    assert max(created.values()) == 1
    commit()


def assert_one_mail_per_run(clever: Clever, runs_of: Iterable[int]) -> None:
    """Each run's one message came; one that was sent again had the same id."""
    due = Counter(
        db.session.scalars(select(Run.school_id).where(Run.school_id.in_(set(runs_of)))).all()
    )
    commit()
    came = {(mail["to"][0], mail["message_id"]) for mail in clever.inbox()}
    assert sorted(Counter(to for to, _ in came).values()) == sorted(due.values())
