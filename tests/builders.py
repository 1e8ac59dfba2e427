"""Things tests are about, with defaults from the field; say only what the test is about."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from typing import Any
from uuid import uuid4

from roster_dash import sync
from roster_dash.config import current_config
from roster_dash.roster.errors import EmptyAnswer
from roster_dash.roster.records import (
    Contact,
    Kept,
    KeptList,
    KeptPerson,
    Person,
    Section,
    SharedSchool,
    Snapshot,
    Status,
    Term,
    UserList,
)
from roster_dash.roster.roles import Role
from roster_dash.roster.settings import SyncSettings
from roster_dash.store import accounts, beats, runs, schools, snapshots
from roster_dash.store import settings as settings_store
from roster_dash.store.accounts import AccountRole
from roster_dash.store.secrets import Vault
from roster_dash.store.tables import District, Run, School, StoredSnapshot, User
from roster_dash.store.transactions import commit, rollback
from tests.clever import Clever

_numbers = count(1)


def number_anew() -> None:
    """What a test builds must not depend on the tests before it. What modules build as they are
    imported has the lower numbers."""
    global _numbers
    _numbers = count(10_001)


PASSWORD = "correct horse battery"


def a_student(source_id: str = "", **values: Any) -> Person:
    number = next(_numbers)
    defaults: dict[str, Any] = {
        "roles": (Role.STUDENT,),
        "sis_id": f"sis{number}",
        "first_name": "Ana",
        "last_name": f"Student{number}",
        "email": f"student{number}@school.example",
        "grade": "9",
        "student_number": f"n{number}",
    }
    return Person(source_id or f"student-{number}", **(defaults | values))


def a_teacher(source_id: str = "", **values: Any) -> Person:
    number = next(_numbers)
    defaults: dict[str, Any] = {
        "roles": (Role.TEACHER,),
        "sis_id": f"t{number}",
        "first_name": "Bo",
        "last_name": f"Teacher{number}",
        "email": f"teacher{number}@school.example",
    }
    return Person(source_id or f"teacher-{number}", **(defaults | values))


def a_contact(**values: Any) -> Contact:
    defaults = {"source_id": f"contact-{next(_numbers)}", "name": "Pat Parent", "phone": "555-0100"}
    return Contact(**(defaults | values))


def a_section(source_id: str = "", **values: Any) -> Section:
    number = next(_numbers)
    defaults: dict[str, Any] = {
        "name": f"Biology - Teacher - {number}",
        "term_id": "term-1",
        "grade": "9",
        "course": "Biology",
        "period": "1",
    }
    return Section(source_id or f"section-{number}", **(defaults | values))


def kept(person: Person, **values: Any) -> KeptPerson:
    """A person as the People Manager keeps them."""
    return KeptPerson(**({"id": next(_numbers), "person": person} | values))


def archived(person: Person) -> KeptPerson:
    return kept(person, status=Status.ARCHIVED)


def by_hand(person: Person) -> KeptPerson:
    """Somebody here whom no sync has matched yet."""
    return kept(replace(person, source_id=""))


def a_kept_list(section: Section, **values: Any) -> KeptList:
    term = values.pop("term", "Fall")
    rows = UserList(
        section.source_id,
        section.name,
        section.name,
        section.course,
        term,
        section.term_id,
        section.grade,
        section.period,
    )
    return KeptList(**({"id": next(_numbers), "list": rows} | values))


def a_snapshot(
    people: Sequence[Person] = (), sections: Sequence[Section] = (), terms: Sequence[Term] = ()
) -> Snapshot:
    return Snapshot("Lincoln High", tuple(people), tuple(sections), tuple(terms))


def here(people: Sequence[KeptPerson] = (), lists: Sequence[KeptList] = ()) -> Kept:
    return Kept(tuple(people), tuple(lists))


def some_settings(**changes: str) -> SyncSettings:
    """Settings from keys with `__` for the dot: some_settings(students__archive="on")."""
    return SyncSettings().changed({key.replace("__", "."): value for key, value in changes.items()})


MOST = {
    "students": "on",
    "students__auto_update": "on",
    "teachers": "on",
    "contacts": "primary",
    "class_lists": "on",
    "class_lists__terms": "all",
    "class_lists__grades": "all",
}
ALL = MOST | {
    "students__archive": "on",
    "teachers__auto_update": "on",
    "teachers__archive": "on",
    "staff": "on",
}


class Told:
    """An answer that was read already, and is never taken for the same as another."""

    about: Mapping[str, str] = {}

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self.digest = uuid4().hex

    def snapshot(self) -> Snapshot:
        return self._snapshot

    def dump(self) -> bytes:
        raise NotImplementedError


class Builder:
    """Rows in the database."""

    def district(
        self, name: str = "Riverdale", clever_id: str = "", token: str = "token"
    ) -> District:
        locked = Vault(current_config().credentials_keys).lock(token)
        district = schools.save_district(name, clever_id or f"district-{next(_numbers)}", locked)
        commit()
        return district

    def school(
        self,
        district: District | None = None,
        name: str = "Lincoln High",
        clever_id: str = "",
        timezone: str = "America/Chicago",
    ) -> School:
        shared = SharedSchool(clever_id or f"school-{next(_numbers)}", name)
        school = schools.link_school(district or self.district(), shared, timezone)
        commit()
        return school

    def owner(self, *owned: School, email: str = "alice@school.example") -> User:
        user = accounts.create_user(email, PASSWORD, AccountRole.OWNER, schools=owned)
        commit()
        return user

    def manager(self, district: District, email: str = "bob@district.example") -> User:
        user = accounts.create_user(
            email, PASSWORD, AccountRole.DISTRICT_MANAGER, district=district
        )
        commit()
        return user

    def specialist(self, email: str = "sue@operator.example") -> User:
        user = accounts.create_user(email, PASSWORD, AccountRole.SPECIALIST)
        commit()
        return user

    def linked(self, clever: Clever, number: int | None = None, **settings: str) -> list[School]:
        """The first so many schools that the sandbox's district shares, all by default."""
        district = self.district(clever.district.name, clever.district.id, clever.district.token)
        schools = [
            self.school(district, shared.name, shared.id) for shared in clever.schools[:number]
        ]
        for school in schools:
            self.settings(school, **settings)
        return schools

    def settings(self, school: School, **changes: str) -> SyncSettings:
        settings = some_settings(**changes)
        settings_store.save_settings(school, settings, None)
        commit()
        return settings

    def snapshot(self, school: School, snapshot: Snapshot) -> StoredSnapshot:
        stored = snapshots.save_snapshot(school.id, snapshot, datetime.now(UTC))
        commit()
        return stored

    def synced(
        self, school: School, snapshot: Snapshot, now: datetime | None = None, **changes: str
    ) -> Run:
        """A finished run that made the school follow a snapshot; all is on but Archive.

        Nobody waits out a grace period unless `changes` say so. `now`: the moment of the run.
        """
        everything = {"grace__students": "0", "grace__adults": "0", **MOST}
        return self.follow(school, snapshot, some_settings(**(everything | changes)), now)

    def school_with(self, people: Sequence[Person], now: datetime | None = None) -> School:
        """A school that a run made follow these people, see synced."""
        school = self.school()
        self.synced(school, a_snapshot(people), now)
        return school

    def follow(
        self,
        school: School,
        snapshot: Snapshot,
        settings: SyncSettings,
        now: datetime | None = None,
    ) -> Run:
        """The run that makes a school follow a snapshot under some settings, or fails."""
        version = settings_store.latest_version(school.id)
        run = self.run(school, "running", settings_version_id=version.id if version else None)
        run_id = run.id
        try:
            return sync.apply_answer(run_id, "", Told(snapshot), settings, now=now).run
        except EmptyAnswer as error:
            rollback()
            run = runs.find_run(run_id)
            run.status, run.message = "failed", error.message
            run.finished_at = now or datetime.now(UTC)
            commit()
            return run

    def run(self, school: School, status: str = "succeeded", **values: Any) -> Run:
        run = runs.request_run(school.id, runs.Trigger.MANUAL)
        run.status = status
        if status not in runs.ACTIVE:
            run.finished_at = datetime.now(UTC)
        for name, value in values.items():
            setattr(run, name, value)
        if status == "running":
            beats.beat(beats.of_run(run.id, run.token))
        commit()
        return run
