"""Zips of changes, and what they leave of what was there before."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from roster_dash.sources.oneroster.csv_notes import Notes, UnusableCsv
from roster_dash.sources.oneroster.csv_zip import apply_delta, mode_of, read_bulk
from roster_dash.sources.oneroster.records import (
    ClassRecord,
    Course,
    Enrollment,
    OneRoster,
    RoleAt,
    UserRecord,
)
from tests.csv_zips import SCHOOL, files_of, manifest_of, on_shelf, whole, write_zip

TEACHER = SCHOOL.users["t1"]
AT_1, AT_2 = TEACHER.roles


class Changes:
    """Applies files, as a zip of changes, to the small school."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "changes.zip"

    def apply(
        self, files: dict[str, str], before: OneRoster = SCHOOL
    ) -> tuple[OneRoster, list[str]]:
        notes = Notes()
        after = whole(apply_delta(on_shelf(before), write_zip(self.path, files), notes))
        only = [note for note in notes if note.reason != "the file has a header only"]
        return after, [str(note) for note in only]

    def refusal(self, files: dict[str, str]) -> str:
        with pytest.raises(UnusableCsv) as refused:
            self.apply(files)
        return refused.value.message


@pytest.fixture
def changes(tmp_path: Path) -> Changes:
    return Changes(tmp_path)


def a_user(user_id: str, *roles: RoleAt, **values: str) -> OneRoster:
    return OneRoster(users={user_id: UserRecord(user_id, roles, **values)})


def a_delta(
    roster: OneRoster, gone: OneRoster | None = None, version: str = "1.1"
) -> dict[str, str]:
    return files_of(roster, version, "delta", gone)


def test_new_records_are_added_and_changed_ones_replaced(changes: Changes) -> None:
    said = OneRoster(
        courses={"c1": Course("c1", "Algebra I"), "c2": Course("c2", "Art")},
        classes={"k2": ClassRecord("k2", "Art 1", "", "scheduled", "c2", "school-2", ("fall",))},
        enrollments={"new": Enrollment("new", "k2", "s0", "school-2", "student")},
    )
    after, notes = changes.apply(a_delta(said))
    assert after == replace(
        SCHOOL,
        courses={**SCHOOL.courses, **said.courses},
        classes={**SCHOOL.classes, **said.classes},
        enrollments={**SCHOOL.enrollments, **said.enrollments},
    )
    assert notes == []
    assert mode_of(changes.path) == "delta"


def test_deleted_records_go_and_enrollments_with_their_user(changes: Changes) -> None:
    gone = a_user("s0", RoleAt("student", "school-1"))
    after, notes = changes.apply(a_delta(OneRoster(), gone))
    assert SCHOOL.users.keys() - after.users.keys() == {"s0"}
    assert SCHOOL.enrollments.keys() - after.enrollments.keys() == {"es0"}
    assert notes == ["enrollments.csv: enrollments of deleted users or classes are left out."]


def test_enrollments_go_with_their_class(changes: Changes) -> None:
    after, notes = changes.apply(a_delta(OneRoster(), OneRoster(classes=SCHOOL.classes)))
    assert after == replace(SCHOOL, classes={}, enrollments={})
    assert notes == [
        "enrollments.csv, 31 times: enrollments of deleted users or classes are left out."
    ]


def test_inactive_records_go_with_a_note(changes: Changes) -> None:
    files = a_delta(OneRoster(), OneRoster(enrollments={"es0": SCHOOL.enrollments["es0"]}))
    files["enrollments.csv"] = files["enrollments.csv"].replace("tobedeleted", "inactive")
    after, notes = changes.apply(files)
    assert SCHOOL.enrollments.keys() - after.enrollments.keys() == {"es0"}
    assert notes == [
        "enrollments.csv, line 2: the status is inactive; it is taken for tobedeleted."
    ]


def test_what_was_never_there_may_be_deleted(changes: Changes) -> None:
    gone = a_user("never", RoleAt("student", "school-1"))
    assert changes.apply(a_delta(OneRoster(), gone)) == (SCHOOL, [])


def test_a_zip_with_only_a_manifest_changes_nothing(changes: Changes) -> None:
    absent = dict.fromkeys(["orgs", "users", "enrollments"], "absent")
    assert changes.apply({"manifest.csv": manifest_of("1.1", absent)}) == (SCHOOL, [])


def test_only_changed_files_need_be_there(changes: Changes) -> None:
    files = {
        "manifest.csv": manifest_of("1.1", {"courses": "delta", "users": "absent"}),
        "courses.csv": a_delta(OneRoster(courses={"c2": Course("c2", "Art")}))["courses.csv"],
    }
    after, notes = changes.apply(files)
    assert after.courses.keys() == {"c1", "c2"}
    assert notes == []


def test_an_empty_status_is_refused(changes: Changes) -> None:
    files = a_delta(OneRoster(courses={"c2": Course("c2", "Art")}))
    files["courses.csv"] = files["courses.csv"].replace(",active,", ",,")
    assert changes.refusal(files).startswith("courses.csv, line 2: the status is empty")


def test_an_enrollment_of_somebody_unknown_is_refused(changes: Changes) -> None:
    said = OneRoster(enrollments={"x": Enrollment("x", "k1", "nobody", "school-1", "student")})
    assert changes.refusal(a_delta(said)) == (
        "enrollments.csv, line 2: here first, and in 1 of 1 rows, the userSourcedId is of nothing "
        "that is there. A file may be cut short or from another day: export all files again."
    )


def test_all_there_is_is_no_zip_of_changes_and_the_other_way_round(changes: Changes) -> None:
    assert changes.refusal(files_of(SCHOOL)).startswith("The zip holds all there is (bulk)")
    path = write_zip(changes.path, a_delta(SCHOOL))
    with pytest.raises(UnusableCsv, match="only what changed"):
        read_bulk(path, Notes())


# Roles in 1.2, which are in a file of their own


def roles_of(after: tuple[OneRoster, list[str]]) -> set[RoleAt]:
    return set(after[0].users["t1"].roles)


def without_users(files: dict[str, str]) -> dict[str, str]:
    return files | {"users.csv": files["users.csv"].splitlines()[0]}


def test_a_changed_user_keeps_their_roles(changes: Changes) -> None:
    after, _notes = changes.apply(a_delta(a_user("t1", given_name="Thomas"), version="1.2"))
    assert after.users["t1"].given_name == "Thomas"
    assert after.users["t1"].roles == TEACHER.roles


def test_a_new_user_comes_with_their_roles(changes: Changes) -> None:
    said = a_user("new", RoleAt("student", "school-1", True, date(2026, 11, 1)))
    assert changes.apply(a_delta(said, version="1.2")) == (
        replace(SCHOOL, users={**SCHOOL.users, **said.users}),
        [],
    )


def test_a_changed_role_replaces_the_same_one(changes: Changes) -> None:
    ended = replace(AT_2, end=date(2026, 12, 1))
    files = without_users(a_delta(a_user("t1", ended), version="1.2"))
    assert roles_of(changes.apply(files)) == {AT_1, ended}


def test_a_deleted_role_goes(changes: Changes) -> None:
    files = a_delta(OneRoster(), a_user("t1", AT_2), version="1.2")
    assert roles_of(changes.apply(without_users(files))) == {AT_1}


def test_a_new_role_is_clear_if_all_former_ones_are_named(changes: Changes) -> None:
    aide = RoleAt("aide", "school-2")
    files = a_delta(a_user("t1", AT_1, aide), a_user("t1", AT_2), version="1.2")
    assert roles_of(changes.apply(without_users(files))) == {AT_1, aide}


def test_a_new_role_that_may_come_on_top_or_instead_is_refused(changes: Changes) -> None:
    files = a_delta(a_user("t1", RoleAt("aide", "school-2")), version="1.2")
    assert changes.refusal(without_users(files)).startswith(
        "roles.csv: a user who had other roles has a new one"
    )


def test_the_roles_of_a_deleted_user_do_not_matter(changes: Changes) -> None:
    gone = a_user("t1", AT_1, AT_2)
    after, _notes = changes.apply(a_delta(OneRoster(), gone, version="1.2"))
    assert "t1" not in after.users
