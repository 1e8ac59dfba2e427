"""Answers of Clever as they are kept, and read again."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from roster_dash.store import snapshots
from roster_dash.store.transactions import commit
from tests.builders import Builder, a_snapshot, a_student
from tests.statements import executed


@contextmanager
def payloads_read() -> Iterator[list[str]]:
    """The statements that fetch what an answer holds."""
    found: list[str] = []

    def note(statement: str, _parameters: object) -> None:
        if "snapshots.payload" in statement.partition("FROM")[0]:
            found.append(statement)

    with executed(note):
        yield found


@pytest.mark.parametrize("time", ["first", "second"])
def test_an_answer_is_fetched_and_read_once_by_a_process(make: Builder, time: str) -> None:
    """Whichever test comes first, each begins as a new process does."""
    school = make.school()
    make.snapshot(school, a_snapshot([a_student(first_name="Ada")]))
    with payloads_read() as found:
        for _ in range(3):
            commit()
            latest = snapshots.latest_snapshot(school.id)
            assert latest is not None
            assert [person.first_name for person in latest[1].people] == ["Ada"]
    assert len(found) == 1, f"the {time} time"


def test_a_newer_answer_takes_its_place(make: Builder) -> None:
    school = make.school()
    for name in ("Ada", "Grace"):
        make.snapshot(school, a_snapshot([a_student(first_name=name)]))
        latest = snapshots.latest_snapshot(school.id)
        assert latest is not None
        assert [person.first_name for person in latest[1].people] == [name]


def test_what_was_used_last_is_remembered_up_to_so_many_people() -> None:
    remembered = snapshots._Remembered(most=3)
    two, one = a_snapshot([a_student(), a_student()]), a_snapshot([a_student()])
    remembered.keep("two", two)
    remembered.keep("one", one)
    assert remembered.find("two") is two
    remembered.keep("another", one)
    assert remembered.find("one") is None
    assert remembered.find("two") is two
    remembered.keep("large", a_snapshot([a_student() for _ in range(4)]))
    assert remembered.find("large") is None
