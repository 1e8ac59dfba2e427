"""People and lists as of any moment: what the log gives back is what was there."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from sqlalchemy import func, select, update

from roster_dash.extensions import db
from roster_dash.revert import revert
from roster_dash.roster.difference import compare
from roster_dash.roster.errors import BadInput
from roster_dash.roster.operations import Action, Entity, Operation
from roster_dash.roster.plan import plan
from roster_dash.roster.roles import Role
from roster_dash.store import edits, export, past, rosters
from roster_dash.store.tables import ListRow, Membership, OperationRow, PersonRow, Run, School
from roster_dash.store.transactions import commit, rollback
from tests import strategies
from tests.builders import Builder, a_section, a_snapshot, a_student, a_teacher, some_settings
from tests.statements import statements

TODAY = date(2026, 11, 23)
START = datetime(2026, 9, 1, 12, tzinfo=UTC)
STEP = timedelta(hours=1)
UNGUARDED = {
    "grace.students": "0",
    "grace.adults": "0",
    "guard.removals.percent": "100",
    "guard.removals_7_days.percent": "100",
    "guard.updates.percent": "100",
    "guard.lists.percent": "100",
}
EVERYTHING = some_settings(
    students="on",
    students__auto_update="on",
    teachers="on",
    class_lists="on",
    class_lists__terms="all",
    class_lists__grades="all",
)

Exported = tuple[list[export.Row], list[export.Row]]


def exported(school: School, as_of: datetime | None = None) -> Exported:
    people = export.export_people(school.id, archived=True, as_of=as_of)
    return list(people), list(export.export_lists(school.id, archived=True, as_of=as_of))


@dataclass
class Story:
    """A school to which something happens at START, an hour later, and so on."""

    make: Builder
    school: School
    user_id: int
    seen: list[Exported] = field(default_factory=list)

    @property
    def moment(self) -> datetime:
        return START + len(self.seen) * STEP

    def happens(self, act: Callable[..., None], *values: Any) -> None:
        newest = db.session.scalar(select(func.max(OperationRow.id))) or 0
        commit()
        try:
            act(self, *values)
        except BadInput:
            rollback()
        by_hand = (OperationRow.id > newest, OperationRow.at.is_not(None))
        db.session.execute(update(OperationRow).where(*by_hand).values(at=self.moment))
        commit()
        self.seen.append(exported(self.school))

    def sync(self, snapshot: Any, changes: Any) -> None:
        settings = changes.changed(UNGUARDED)
        made = plan(snapshot, rosters.load_kept(self.school.id), settings, TODAY)
        run = self.make.run(self.school, finished_at=self.moment)
        rosters.apply_operations(self.school.id, {"run_id": run.id}, made.operations)

    def add(self, name: str) -> None:
        edits.add_person(self.school.id, Role.STAFF, {"last_name": name}, self.user_id)

    def edit(self, index: int, column: str, text: str) -> None:
        if person := self.any_of(PersonRow, index):
            edits.edit_person(person, {column: text}, self.user_id)

    def leave_out(self, index: int, included: bool) -> None:
        if person := self.any_of(PersonRow, index):
            edits.include_person(person, included, self.user_id)

    def archive(self, index: int) -> None:
        if person := self.any_of(PersonRow, index):
            edits.archive_person(person, self.user_id)

    def restore(self, index: int) -> None:
        if person := self.any_of(PersonRow, index):
            edits.restore_person(person, self.user_id)

    def put_on_list(self, index: int, side: str, number: int) -> None:
        person, row = self.any_of(PersonRow, index), self.any_of(ListRow, number)
        if person and row:
            edits.put_on_list(row, side, person, self.user_id)

    def take_off_list(self, index: int) -> None:
        lists = select(ListRow.id).where(ListRow.school_id == self.school.id)
        rows = db.session.scalars(
            select(Membership)
            .where(Membership.list_id.in_(lists), Membership.by_hand)
            .order_by(Membership.list_id, Membership.side, Membership.person_id)
        ).all()
        if rows:
            chosen = rows[index % len(rows)]
            user_list = db.session.get_one(ListRow, chosen.list_id)
            edits.take_off_list(user_list, chosen.side, chosen.person_id, self.user_id)

    def edit_list(self, index: int, title: str, public: bool) -> None:
        if row := self.any_of(ListRow, index):
            values = {"title": title, "visibility": "public" if public else "private"}
            edits.edit_list(row, values, self.user_id)

    def relink(self, index: int) -> None:
        """An approved operation: it is a run's, but has its own moment."""
        if not (person := self.any_of(PersonRow, index)):
            return
        run = self.make.run(self.school, finished_at=START - STEP)
        operation = Operation(
            Entity.PERSON,
            Action.LINK,
            "relinked",
            "",
            person.id,
            edits.name_of(person),
            {"source_id": person.source_id or ""},
            {"source_id": f"new-{len(self.seen)}"},
        )
        by = {"run_id": run.id, "user_id": self.user_id, "at": datetime.now(UTC)}
        rosters.apply_operations(self.school.id, by, [operation])

    def any_of(self, table: Any, index: int) -> Any:
        rows = db.session.scalars(
            select(table).where(table.school_id == self.school.id).order_by(table.id)
        ).all()
        return rows[index % len(rows)] if rows else None


def a_story(make: Builder) -> Story:
    school = make.school()
    return Story(make, school, make.owner(school, email=f"owner{school.id}@x.example").id)


_number = st.integers(0, 50)
_text = st.sampled_from(["", "Zoë", "mine", "O’Neil"])
_syncs = st.tuples(st.just(Story.sync), strategies.snapshots, strategies.settings)
_steps = st.one_of(
    _syncs,
    _syncs,
    st.tuples(st.just(Story.add), st.sampled_from(["Guest", "Kim"])),
    st.tuples(
        st.just(Story.edit),
        _number,
        st.sampled_from(["email", "last_name", "grade", "contact_phone"]),
        _text,
    ),
    st.tuples(st.just(Story.leave_out), _number, st.booleans()),
    st.tuples(st.just(Story.archive), _number),
    st.tuples(st.just(Story.restore), _number),
    st.tuples(st.just(Story.put_on_list), _number, st.sampled_from(edits.SIDES), _number),
    st.tuples(st.just(Story.take_off_list), _number),
    st.tuples(st.just(Story.edit_list), _number, _text, st.booleans()),
    st.tuples(st.just(Story.relink), _number),
)


@given(first=_syncs, steps=st.lists(_steps, max_size=10))
@examples(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_every_moment_is_given_back_as_it_was(make: Builder, first: Any, steps: list[Any]) -> None:
    story = a_story(make)
    for act, *values in (first, *steps):
        story.happens(act, *values)
    for number, then in enumerate(story.seen):
        moment = START + number * STEP
        assert exported(story.school, moment) == then
        assert exported(story.school, moment + STEP / 2) == then
    assert exported(story.school, START - STEP) == ([], [])
    assert exported(story.school, datetime.now(UTC) + STEP) == exported(story.school)
    way = past.differences(story.school.id, START, story.moment)
    assert way == compare(
        past.school_at(story.school.id, START), past.school_at(story.school.id, story.moment)
    )
    assert way.summary == "nothing differs" or story.seen[0] != story.seen[-1]


def test_the_export_of_the_past_has_active_people_only_unless_all_are_wanted(
    make: Builder,
) -> None:
    story = a_story(make)
    bio = a_section("bio", students=("ana", "ben"), teachers=("bo",))
    people = [a_student("ana"), a_student("ben"), a_teacher("bo")]
    story.happens(Story.sync, a_snapshot(people, [bio]), EVERYTHING)
    story.happens(Story.archive, 0)
    story.happens(Story.restore, 0)

    def ids(*, archived: bool, hours: int) -> tuple[list[Any], list[Any]]:
        about: Any = {"archived": archived, "as_of": START + hours * STEP}
        people = export.export_people(story.school.id, **about)
        lists = export.export_lists(story.school.id, **about)
        return [row["source_id"] for row in people], [row["members"] for row in lists]

    assert ids(archived=False, hours=0) == (["ana", "ben", "bo"], ["ana;ben"])
    assert ids(archived=False, hours=1) == (["ben", "bo"], ["ben"])
    assert ids(archived=True, hours=1) == (["ana", "ben", "bo"], ["ben"])
    assert ids(archived=False, hours=2) == (["ana", "ben", "bo"], ["ana;ben"])


def test_people_of_lists_have_the_id_that_they_had_then(make: Builder) -> None:
    story = a_story(make)
    section = a_section("bio", students=("ana",))
    story.happens(Story.sync, a_snapshot([a_student("ana")], [section]), EVERYTHING)
    story.happens(Story.add, "Guest")
    story.happens(Story.put_on_list, 1, "members", 0)
    guest = story.any_of(PersonRow, 1).id
    story.happens(Story.relink, 0)
    story.happens(Story.relink, 1)
    members = [lists[0]["members"] for _people, lists in story.seen]
    assert members == ["ana", "ana", f"ana;local-{guest}", f"new-3;local-{guest}", "new-3;new-4"]
    again = [exported(story.school, START + n * STEP)[1][0]["members"] for n in range(5)]
    assert again == members


def test_a_run_that_was_taken_back_is_there_between(make: Builder) -> None:
    story = a_story(make)
    ana = a_student("ana", grade="9")
    story.happens(Story.sync, a_snapshot([ana]), EVERYTHING)
    story.happens(Story.sync, a_snapshot([replace(ana, grade="10"), a_student("ben")]), EVERYTHING)
    newest = select(func.max(Run.id)).where(Run.school_id == story.school.id)
    now = datetime.now(UTC)
    run = db.session.get_one(Run, db.session.scalar(newest))
    run.finished_at = now - STEP
    commit()
    revert(run.id, user_id=story.user_id)
    for moment in (START, now - 2 * STEP, None):
        rows = list(export.export_people(story.school.id, archived=False, as_of=moment))
        assert [(row["source_id"], row["grade"]) for row in rows] == [("ana", "9")]
    between = list(export.export_people(story.school.id, archived=False, as_of=now - STEP))
    assert [(row["source_id"], row["grade"]) for row in between] == [("ana", "10"), ("ben", "9")]


def test_differences_tell_what_happened_between(make: Builder) -> None:
    story = a_story(make)
    people = [a_student("ana", last_name="Ruiz"), a_student("ben")]
    bio = a_section("bio", name="Biology", students=("ana", "ben"))
    story.happens(Story.sync, a_snapshot(people, [bio]), EVERYTHING)
    story.happens(Story.archive, 1)
    story.happens(Story.edit, 0, "last_name", "Lind")
    story.happens(Story.add, "Guest")
    found = past.differences(story.school.id, START, story.moment)
    assert [thing.name for thing in found.joined] == ["Guest"]
    assert [thing.source_id for thing in found.left] == ["ben"]
    assert [row.person.name for row in found.changed] == ["Ana Lind"]
    (biology,) = found.changed_lists
    assert [thing.source_id for thing in biology.removed["members"]] == ["ben"]
    first = past.differences(story.school.id, START - STEP, START)
    assert first.summary == "2 joined, 1 list made"


def test_only_later_operations_are_read_in_a_few_statements(
    make: Builder, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = a_story(make)
    students = [a_student(f"s{number}") for number in range(40)]
    sections = [a_section(f"c{number}", students=(f"s{number}",)) for number in range(40)]
    story.happens(Story.sync, a_snapshot(students, sections), EVERYTHING)
    story.happens(Story.edit, 3, "grade", "12")
    read: list[Any] = []
    real = past._Done
    monkeypatch.setattr(past, "_Done", lambda *row: read.append(row) or real(*row))
    for as_of, operations in ((START + STEP, 0), (START, 1), (START - STEP, 40 * 3 + 1)):
        read.clear()
        with statements() as said:
            list(export.export_lists(story.school.id, archived=True, as_of=as_of))
        assert (len(read), len(said)) == (operations, 6)
