"""A zip of OneRoster CSV files (1.0, 1.1, 1.2) as a provider's records.

A zip is used whole or not at all. What is odd in it but clear is accepted and goes into `notes`.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from roster_dash.sources.oneroster.csv_archive import open_archive
from roster_dash.sources.oneroster.csv_manifest import BULK, DELTA, Manifest, read_manifest
from roster_dash.sources.oneroster.csv_notes import Notes, UnusableCsv
from roster_dash.sources.oneroster.csv_reading import Said, read_files
from roster_dash.sources.oneroster.csv_records import HeldRole
from roster_dash.sources.oneroster.records import (
    Enrollment,
    OneRoster,
    RoleAt,
    UserRecord,
)

T = TypeVar("T")


def mode_of(path: Path) -> str:
    """Whether a zip is bulk (for `read_bulk`) or delta (for `apply_delta`). Errors: UnusableCsv."""
    with open_archive(path, Notes()) as archive:
        return read_manifest(archive, Notes()).mode


def read_bulk(path: Path, notes: Notes) -> OneRoster:
    """All there is, from a zip that holds all there is. Errors: UnusableCsv."""
    _manifest, said = _read(path, BULK, OneRoster(), notes)
    roster = OneRoster(
        orgs=_present(said.orgs),
        sessions=_present(said.sessions),
        courses=_present(said.courses),
        classes=_present(said.classes),
        users=_with_roles(_present(said.users), said.roles.values()),
        enrollments=_present(said.enrollments),
    )
    if not roster.orgs and not roster.users:
        raise UnusableCsv("There is nothing in the zip’s files", "Export all there is again.")
    for user in roster.users.values():
        if not user.roles:
            notes.add("users.csv", "a user has no role")
    return roster


def apply_delta(before: OneRoster, path: Path, notes: Notes) -> OneRoster:
    """What was there before, with a zip of changes applied to it.

    An enrollment that was left out since its user or class wasn't there comes with the next zip
    that names it, not with its user. Errors: UnusableCsv.
    """
    manifest, said = _read(path, DELTA, before, notes)
    if manifest.version == "1.2":
        _keep_roles(said.users, before.users)
    users = _merged(before.users, said.users)
    return OneRoster(
        orgs=_merged(before.orgs, said.orgs),
        sessions=_merged(before.sessions, said.sessions),
        courses=_merged(before.courses, said.courses),
        classes=_merged(before.classes, said.classes),
        users=_with_roles(users, said.roles.values()),
        enrollments=_without_deleted(_merged(before.enrollments, said.enrollments), said, notes),
    )


def _read(path: Path, mode: str, before: OneRoster, notes: Notes) -> tuple[Manifest, Said]:
    with open_archive(path, notes) as archive:
        manifest = read_manifest(archive, notes)
        if mode == BULK and not manifest.files:
            raise UnusableCsv("There is nothing in the zip", "Export all there is (bulk).")
        if manifest.mode != mode:
            raise UnusableCsv(
                "The zip holds only what changed (delta), not all there is"
                if mode == BULK
                else "The zip holds all there is (bulk), not only what changed",
                f"Send a zip whose files are {mode}.",
            )
        return manifest, read_files(archive, manifest, before, notes)


def _keep_roles(said: dict[str, UserRecord | None], before: Mapping[str, UserRecord]) -> None:
    """Since 1.2 a user's row says nothing of their roles: they are what they were."""
    for user_id, user in said.items():
        if user is not None and user_id in before:
            said[user_id] = replace(user, roles=before[user_id].roles)


def _present(found: Mapping[str, T | None]) -> dict[str, T]:
    return {record_id: record for record_id, record in found.items() if record is not None}


def _merged(before: Mapping[str, T], said: Mapping[str, T | None]) -> dict[str, T]:
    return _present({**before, **said})


def _without_deleted(
    enrollments: dict[str, Enrollment], said: Said, notes: Notes
) -> dict[str, Enrollment]:
    """Who is deleted, or whose class is, is enrolled there no more, whether that is said or not."""
    classes = said.classes.keys() - _present(said.classes).keys()
    users = said.users.keys() - _present(said.users).keys()
    left = {
        each.id: each
        for each in enrollments.values()
        if each.class_id not in classes and each.user_id not in users
    }
    for _ in range(len(enrollments) - len(left)):
        notes.add("enrollments.csv", "enrollments of deleted users or classes are left out")
    return left


def _with_roles(
    users: dict[str, UserRecord], held: Iterable[HeldRole | None]
) -> dict[str, UserRecord]:
    """Users with what roles.csv says of their roles. Errors: UnusableCsv."""
    by_user: dict[str, list[HeldRole]] = defaultdict(list)
    for each in held:
        if each is not None and each.user_id in users:
            by_user[each.user_id].append(each)
    for user_id, rows in by_user.items():
        users[user_id] = replace(users[user_id], roles=_roles(users[user_id].roles, rows))
    return users


def _roles(former: tuple[RoleAt, ...], rows: list[HeldRole]) -> tuple[RoleAt, ...]:
    """What a user's roles are after rows that say what changed of them.

    Roles have no ids here. So a row with a role that wasn't held may add one or change one that
    was. It is clear only where rows say what became of each former one.
    """
    named = {_which(each.role) for each in rows}
    rest = [each for each in former if _which(each) not in named]
    new = {_which(each.role) for each in rows if each.is_active} - set(map(_which, former))
    if (new and rest) or len(set(map(_which, former))) < len(former):
        raise UnusableCsv(
            "a user who had other roles has a new one, and whether it comes on top or instead is "
            "not clear",
            "Send all there is once (bulk), or all roles of each user whose roles changed.",
            "roles.csv",
        )
    return tuple(dict.fromkeys([*rest, *(each.role for each in rows if each.is_active)]))


def _which(role: RoleAt) -> tuple[str, str]:
    return role.role, role.org_id
