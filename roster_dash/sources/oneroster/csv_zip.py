"""A zip of OneRoster CSV files (1.0, 1.1, 1.2) as a provider's records.

A zip is used whole or not at all. What is odd in it but clear is accepted and goes into `notes`.
"""

from dataclasses import replace
from itertools import groupby
from operator import attrgetter
from pathlib import Path

from roster_dash.sources.oneroster.csv_archive import open_archive
from roster_dash.sources.oneroster.csv_links import Target
from roster_dash.sources.oneroster.csv_manifest import BULK, DELTA, Manifest, read_manifest
from roster_dash.sources.oneroster.csv_notes import Notes, UnusableCsv
from roster_dash.sources.oneroster.csv_reading import read_files
from roster_dash.sources.oneroster.records import RoleAt, UserRecord
from roster_dash.sources.oneroster.shelf import HeldRole, Kept, Shelf

FEW, ONE_IN = 10, 20
"""So many users without a role, and one in so many: then roles.csv isn't whole."""


def mode_of(path: Path) -> str:
    """Whether a zip is bulk (for `read_bulk`) or delta (for `apply_delta`). Errors: UnusableCsv."""
    with open_archive(path, Notes()) as archive:
        return read_manifest(archive, Notes()).mode


def read_bulk(path: Path, notes: Notes) -> Shelf:
    """All there is, from a zip that holds all there is. Errors: UnusableCsv."""
    manifest, said = _read(path, BULK, None, notes)
    said.drop_gone()
    _give_roles(said.users, said)
    users = roleless = 0
    for user in said.users.values():
        users += 1
        if not user.roles:
            roleless += 1
            notes.add("users.csv", "a user has no role")
    if not users:
        raise UnusableCsv("There is nobody in the zip’s users", "Export all there is again.")
    if manifest.version == "1.2" and roleless >= FEW and roleless * ONE_IN >= users:
        raise UnusableCsv(
            f"{roleless:,} of {users:,} users have no role",
            "A file may be cut short or from another day: export all files again.",
            "roles.csv",
        )
    return said


def apply_delta(before: Shelf, path: Path, notes: Notes) -> Shelf:
    """What was there before, with a zip of changes applied to it; it is `before` that changes.

    An enrollment that was left out since its user or class wasn't there comes with the next zip
    that names it, not with its user. Errors: UnusableCsv; then `before` is of no use any more.
    """
    manifest, said = _read(path, DELTA, before, notes)
    if manifest.version == "1.2":
        _keep_roles(said.users, before.users)
    before.put_all(said)
    before.drop_gone()
    _give_roles(before.users, said)
    _drop_enrollments_of_deleted(before, said, notes)
    said.close()
    return before


def _read(path: Path, mode: str, before: Shelf | None, notes: Notes) -> tuple[Manifest, Shelf]:
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


def _keep_roles(said: Kept[UserRecord], before: Kept[UserRecord]) -> None:
    """Since 1.2 a user's row says nothing of their roles: they are what they were."""
    for user_id, user in said.items():
        former = before.get(user_id) if user is not None else None
        if user is not None and former is not None:
            said.put(user_id, replace(user, roles=former.roles))


def _drop_enrollments_of_deleted(after: Shelf, said: Shelf, notes: Notes) -> None:
    """Who is deleted, or whose class is, is enrolled there no more, whether that is said or not."""
    was_deleted = Target(said.users, None).is_gone
    class_was_deleted = Target(said.classes, None).is_gone
    for each in after.enrollments.values():
        if class_was_deleted(each.class_id) or was_deleted(each.user_id):
            after.enrollments.put(each.id, None)
            notes.add("enrollments.csv", "enrollments of deleted users or classes are left out")
    after.enrollments.drop_gone()


def _give_roles(users: Kept[UserRecord], said: Shelf) -> None:
    """What roles.csv says of users' roles goes to them. Errors: UnusableCsv."""
    said.roles.index()
    for user_id, rows in groupby(said.roles.by_place(), attrgetter("user_id")):
        user = users.get(user_id)
        if user is not None:
            users.put(user_id, replace(user, roles=_roles(user.roles, list(rows))))


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
