"""All files of a zip, in an order in which what a row refers to is known before the row."""

from collections.abc import Callable, Iterator
from typing import TypeVar

from roster_dash.sources.oneroster import csv_records as records
from roster_dash.sources.oneroster.csv_archive import Archive
from roster_dash.sources.oneroster.csv_links import Links, Target
from roster_dash.sources.oneroster.csv_manifest import DELTA, Manifest
from roster_dash.sources.oneroster.csv_notes import Notes
from roster_dash.sources.oneroster.csv_table import Layout, Row, Table
from roster_dash.sources.oneroster.csv_values import same_word
from roster_dash.sources.oneroster.records import (
    AcademicSession,
    ClassRecord,
    Enrollment,
    Org,
    UserRecord,
)
from roster_dash.sources.oneroster.shelf import HeldRole, Kept, Shelf

MOST_ROWS = 10_000_000
"""Of one file: more than the largest district has."""

T = TypeVar("T")
_STATUSES = ("active", "tobedeleted", "inactive")
_LEFT_OUT, _KEPT = "the row is left out", "the row is kept as it is"


def read_files(archive: Archive, manifest: Manifest, before: Shelf | None, notes: Notes) -> Shelf:
    """What the files say. `before` is what they build on: None, if they hold all there is.

    Errors: UnusableCsv.
    """
    return _Reading(archive, manifest, before, notes).read()


class _Reading:
    def __init__(
        self, archive: Archive, manifest: Manifest, before: Shelf | None, notes: Notes
    ) -> None:
        self._archive = archive
        self._manifest = manifest
        self._notes = notes
        self._links = Links()
        self._said = said = Shelf()
        self._orgs = Target(said.orgs, before.orgs if before else None)
        self._sessions = Target(said.sessions, before.sessions if before else None)
        self._courses = Target(said.courses, before.courses if before else None)
        self._classes = Target(said.classes, before.classes if before else None)
        self._users = Target(said.users, before.users if before else None)

    def read(self) -> Shelf:
        said = self._said
        users = {"1.0": records.USERS_1_0, "1.1": records.USERS_1_1, "1.2": records.USERS_1_2}
        self._read(records.ORGS, said.orgs, self._if_active(records.read_org))
        self._read(records.SESSIONS, said.sessions, self._if_active(records.read_session))
        self._read(records.COURSES, said.courses, self._if_active(records.read_course))
        self._read(records.CLASSES, said.classes, self._if_active(self._class))
        self._read(users[self._manifest.version], said.users, self._if_active(self._user))
        self._read(records.ROLES, said.roles, self._role)
        self._read(records.ENROLLMENTS, said.enrollments, self._if_active(self._enrollment))
        self._note_unknown("orgs.csv", "parentSourcedId", self._orgs, _parents(said.orgs))
        sessions = _parents(said.sessions)
        self._note_unknown("academicSessions.csv", "parentSourcedId", self._sessions, sessions)
        agents = (agent for user in said.users.values() for agent in user.agents)
        self._note_unknown("users.csv", "agentSourcedIds", self._users, agents)
        return said

    def _read(self, layout: Layout, found: Kept[T], read: Callable[[Row], T | None]) -> None:
        if layout.file not in self._manifest.files:
            return
        self._links = Links()
        rows = 0
        for row in Table(self._archive, layout, self._notes).rows():
            rows += 1
            if rows > MOST_ROWS:
                raise row.refused(
                    f"the file has more than {MOST_ROWS:,} rows", "Export one district at a time."
                )
            record_id = row.id()
            if not record_id:
                raise row.refused("the sourcedId is empty")
            record = read(row)
            if found.add(record_id, record):
                continue
            if found.is_same(record_id, record):
                row.note("the row is there twice")
            else:
                raise row.refused("another row with this sourcedId says something else")
        self._links.check(layout.file, rows)

    def _if_active(self, read: Callable[[Row], T | None]) -> Callable[[Row], T | None]:
        return lambda row: read(row) if self._is_active(row) else None

    def _is_active(self, row: Row) -> bool:
        written = row.text("status")
        status = same_word(written, _STATUSES) if written else ""
        is_delta = self._manifest.mode == DELTA
        if is_delta and not written:
            raise row.refused("the status is empty, which a file of changes (delta) must fill")
        if written and not status:
            raise row.refused("the status is neither active nor tobedeleted")
        if not is_delta and (written or row.text("dateLastModified")):
            row.note("status or dateLastModified is filled, though the file holds all there is")
        if status == "inactive":
            row.note("the status is inactive; it is taken for tobedeleted")
        if status != written:
            row.note("status is written otherwise than in the standard")
        return status in ("", "active")

    def _class(self, row: Row) -> ClassRecord:
        record, follow = records.read_class(row), self._links.follow
        course = (record.course_id,) if record.course_id else ()
        follow(row, "schoolSourcedId", self._orgs, (record.school_id,), _KEPT)
        follow(row, "courseSourcedId", self._courses, course, _KEPT)
        follow(row, "termSourcedIds", self._sessions, record.term_ids, _KEPT)
        return record

    def _user(self, row: Row) -> UserRecord:
        record = records.read_user(row)
        orgs = tuple(role.org_id for role in record.roles if role.org_id)
        self._links.follow(row, "orgSourcedIds", self._orgs, orgs, _KEPT)
        return record

    def _role(self, row: Row) -> HeldRole | None:
        held = records.read_role(row, self._is_active(row))
        if not held.is_active:
            return held
        self._links.follow(row, "orgSourcedId", self._orgs, (held.role.org_id,), _KEPT)
        user = (held.user_id,)
        has_user = self._links.follow(row, "userSourcedId", self._users, user, _LEFT_OUT)
        return held if has_user else None

    def _enrollment(self, row: Row) -> Enrollment | None:
        """One that names nobody stays: the class has a member who can't be told."""
        record, follow = records.read_enrollment(row), self._links.follow
        is_nameless = not record.user_id
        so = _KEPT if is_nameless else _LEFT_OUT
        has_class = follow(row, "classSourcedId", self._classes, (record.class_id,), _LEFT_OUT)
        has_user = follow(row, "userSourcedId", self._users, (record.user_id,), so)
        return record if has_class and (has_user or is_nameless) else None

    def _note_unknown(self, file: str, column: str, target: Target, ids: Iterator[str]) -> None:
        """A provider may well leave out the district above its schools, or parents."""
        for each in ids:
            if not target.has(each):
                self._notes.add(file, f"{column} is of nothing that is there")


def _parents(found: Kept[Org] | Kept[AcademicSession]) -> Iterator[str]:
    return (each.parent_id for each in found.values() if each.parent_id)
