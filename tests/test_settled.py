"""A night on which nothing changed is seen at a glance, and nothing else is taken for one."""

import random
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from roster_dash import approval, clock
from roster_dash.extensions import db
from roster_dash.roster.roles import Role
from roster_dash.sources.clever_answer import CleverAnswer
from roster_dash.store import edits, holds, runs, snapshots
from roster_dash.store import settings as settings_store
from roster_dash.store.tables import ListRow, PersonRow, Run, School, StoredSnapshot, User
from roster_dash.store.transactions import commit
from roster_dash.sync import sync_run
from tests.builders import ALL, Builder, some_settings
from tests.clever import Clever
from tests.planned import left_to_do

LetPass = Callable[[timedelta], None]

EVERYTHING = some_settings(**ALL)


@pytest.fixture
def school(make: Builder, clever: Clever) -> School:
    return make.linked(clever, 1, **ALL)[0]


@pytest.fixture
def owner(make: Builder, school: School) -> User:
    return make.owner(school)


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A line for each answer that was read."""
    lines: list[str] = []
    real = CleverAnswer.snapshot

    def noted(answer: CleverAnswer) -> object:
        lines.append(answer.school_id)
        return real(answer)

    monkeypatch.setattr(CleverAnswer, "snapshot", noted)
    return lines


def sync(school: School) -> Run:
    run = runs.request_run(school.id, runs.Trigger.MANUAL)
    commit()
    sync_run(run.id)
    return runs.find_run(run.id)


def settle(school: School, read: list[str]) -> Run:
    """A first run, and one that finds nothing to do."""
    sync(school)
    run = sync(school)
    assert run.message == "Nothing changed."
    read.clear()
    return run


def somebody(school: School) -> PersonRow:
    here = select(PersonRow).where(PersonRow.school_id == school.id, PersonRow.status == "active")
    return db.session.scalars(here.where(PersonRow.student_number != "").limit(1)).one()


def students(school: School) -> list[str]:
    active = (PersonRow.school_id == school.id, PersonRow.status == "active")
    query = select(PersonRow.source_id).where(*active, PersonRow.student_number != "")
    return sorted(str(each) for each in db.session.scalars(query.order_by(PersonRow.id)))


def contact_of(school: School) -> str:
    having = (PersonRow.school_id == school.id, PersonRow.contact_source_id != "")
    query = select(PersonRow.contact_source_id).where(*having, PersonRow.status == "active")
    return str(db.session.scalars(query.order_by(PersonRow.id).limit(1)).one())


def some_list(school: School) -> ListRow:
    lists = select(ListRow).where(ListRow.school_id == school.id, ListRow.status == "active")
    return db.session.scalars(lists.limit(1)).one()


def test_the_same_answer_is_not_read_again(school: School, read: list[str]) -> None:
    before = settle(school, read)
    run = sync(school)
    assert read == []
    assert run.id != before.id
    assert (run.status, run.message) == ("succeeded", "Nothing changed.")
    assert (run.counts, run.warnings, run.problems, run.size) == (
        before.counts,
        before.warnings,
        before.problems,
        0,
    )


def test_an_answer_that_is_new_is_read_while_others_may_write(
    school: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    was_open: list[bool] = []
    real = CleverAnswer.snapshot

    def noted(answer: CleverAnswer) -> object:
        was_open.append(db.session().in_transaction())
        return real(answer)

    monkeypatch.setattr(CleverAnswer, "snapshot", noted)
    sync(school)
    assert was_open == [False]


def test_its_snapshot_is_kept_as_that_of_any_run(school: School, read: list[str]) -> None:
    before = settle(school, read)
    for _ in range(snapshots.KEPT_PAYLOADS + 1):
        run = sync(school)
    assert read == []
    latest = snapshots.latest_snapshot(school.id)
    assert latest is not None
    assert latest[0].id == run.snapshot_id != before.snapshot_id
    first = db.session.get_one(StoredSnapshot, before.snapshot_id)
    assert latest[0].fetched_at > first.fetched_at
    assert latest[0].counts == first.counts
    assert len(latest[1].people) > 30
    kept = select(StoredSnapshot.id).where(StoredSnapshot.payload.is_not(None))
    assert len(db.session.scalars(kept).all()) == snapshots.KEPT_PAYLOADS


def test_a_run_that_did_something_settles_nothing(school: School, read: list[str]) -> None:
    sync(school)
    sync(school)
    assert len(read) == 2


@pytest.mark.parametrize("act", ["rename", "change_contact", "change_class", "leave", "join"])
def test_a_change_in_clever_is_read(
    school: School, clever: Clever, read: list[str], act: str
) -> None:
    settle(school, read)
    if act == "join":
        clever.act(act, school=school.clever_id)
    else:
        clever.act(act, id=contact_of(school) if act == "change_contact" else students(school)[0])
    sync(school)
    assert read


@pytest.mark.parametrize(
    "edit",
    [
        lambda row, _list, user: edits.edit_person(row, {"first_name": "Zed"}, user),
        lambda row, _list, user: edits.include_person(row, False, user),
        lambda row, _list, user: edits.archive_person(row, user),
        lambda row, _list, user: edits.let_stay(row, clock.now().date(), user),
        lambda row, _list, user: edits.add_person(
            row.school_id, Role.STUDENT, {"last_name": "New"}, user
        ),
        lambda _row, each, user: edits.edit_list(each, {"title": "Ours"}, user),
        lambda row, each, user: edits.put_on_list(each, "managers", row, user),
    ],
    ids=["edit", "take_out", "archive", "let_stay", "add", "edit_list", "put_on_list"],
)
def test_a_change_by_hand_has_the_school_planned_again(
    school: School,
    owner: User,
    read: list[str],
    edit: Callable[[PersonRow, ListRow, int], object],
) -> None:
    settle(school, read)
    edit(somebody(school), some_list(school), owner.id)
    commit()
    sync(school)
    assert read


def test_other_settings_have_the_school_planned_again(school: School, read: list[str]) -> None:
    settle(school, read)
    settings_store.save_settings(school, EVERYTHING.changed({"staff": "off"}), None)
    commit()
    sync(school)
    assert read


def test_a_term_that_ends_has_the_school_planned_again(
    school: School, read: list[str], let_pass: LetPass, clever: Clever
) -> None:
    settle(school, read)
    ends = [term["end_date"][:10] for term in clever.raw()["terms"] if term.get("end_date")]
    today = clock.now().date()
    next_end = min(end for end in ends if end >= today.isoformat())
    days = (clock.Clock().now().fromisoformat(f"{next_end}T23:59:59+00:00") - clock.now()).days
    for _ in range(0, days + 3, 6):  # never so long that it is planned again for that
        let_pass(timedelta(days=min(6, days + 2)))
        sync(school)
    assert read


def test_after_a_week_a_school_is_planned_again_whatever_it_looks_like(
    school: School, read: list[str], let_pass: LetPass
) -> None:
    settle(school, read)
    let_pass(timedelta(days=6))
    sync(school)
    at_six_days = list(read)
    let_pass(timedelta(days=2))
    sync(school)
    assert at_six_days == []
    assert read


def test_somebody_missing_is_counted_down_every_night(
    school: School, clever: Clever, read: list[str], let_pass: LetPass
) -> None:
    settle(school, read)
    clever.act("leave", id=somebody(school).source_id)
    for _ in range(3):
        let_pass(timedelta(days=1))
        sync(school)
    assert len(read) == 3


def test_what_is_held_is_looked_at_every_night(
    school: School, clever: Clever, read: list[str], owner: User
) -> None:
    sync(school)
    students = select(PersonRow.source_id).where(PersonRow.student_number != "")
    for source_id in db.session.scalars(students.limit(25)).all():
        clever.act("leave", id=source_id)
    settings_store.save_settings(school, EVERYTHING.changed({"grace.students": "0"}), None)
    commit()
    held = sync(school)
    read.clear()
    assert sync(school).status == "held"
    assert len(read) == 1
    approval.reject(held.id, user_id=owner.id, note="")
    sync(school)
    sync(school)
    assert len(read) == 3
    assert holds.rejected_fingerprints(school.id)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_after_each_of_many_nights_nothing_is_left_to_do(
    school: School, owner: User, clever: Clever, let_pass: LetPass, seed: int
) -> None:
    """Whether a night was taken for the one before or not, a plan on what Clever says is empty."""
    chance = random.Random(seed)
    sync(school)
    for _ in range(12):
        let_pass(timedelta(days=1))
        for act in chance.choices(
            ["", "", "", "rename", "change_class", "change_contact", "leave", "join"], k=2
        ):
            if act == "join":
                clever.act(act, school=school.clever_id)
            elif act:
                is_contact = act == "change_contact"
                who = contact_of(school) if is_contact else chance.choice(students(school))
                clever.act(act, id=who)
        if chance.random() < 0.3:
            edits.edit_person(somebody(school), {"middle_name": str(chance.random())}, owner.id)
            commit()
        assert sync(school).status == "succeeded"
        assert left_to_do(school) == 0
