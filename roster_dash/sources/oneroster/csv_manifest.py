"""What a zip says about itself: which version it is, and whether it is all or only what changed."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from roster_dash.sources.oneroster.csv_archive import Archive
from roster_dash.sources.oneroster.csv_notes import Notes, UnusableCsv
from roster_dash.sources.oneroster.csv_table import Layout, Table

FILE = "manifest.csv"
VERSIONS = ("1.0", "1.1", "1.2")
BULK, DELTA, ABSENT = "bulk", "delta", "absent"

_LAYOUT = Layout(FILE, ("propertyName", "value"), ("propertyName", "value"))
_NEEDED = (
    "orgs.csv",
    "academicSessions.csv",
    "courses.csv",
    "classes.csv",
    "users.csv",
    "enrollments.csv",
)
_OTHERS = (
    *("categories.csv", "classResources.csv", "courseResources.csv", "demographics.csv"),
    *("lineItemLearningObjectiveIds.csv", "lineItems.csv", "lineItemScoreScales.csv"),
    *("resources.csv", "resultLearningObjectiveIds.csv", "results.csv", "resultScoreScales.csv"),
    *("scoreScales.csv", "userProfiles.csv", "userResources.csv"),
)
"""Files of the standard that say nothing of what is synced."""
_UNREAD = frozenset(each.lower() for each in _OTHERS)


@dataclass(frozen=True, slots=True)
class Manifest:
    """`mode` is bulk or delta; `files` are those to be read, of the standard's names."""

    version: str
    mode: str
    files: frozenset[str]


def read_manifest(archive: Archive, notes: Notes) -> Manifest:
    """Errors: UnusableCsv."""
    if not archive.has(FILE):
        notes.add("the zip", f"it has no {FILE}: it is read as OneRoster 1.0, and as all there is")
        files = _present(archive, _NEEDED, notes)
        _check_complete(files, _NEEDED)
        return Manifest("1.0", BULK, files)
    said = _properties(archive, notes)
    version = _version(said, archive, notes)
    rostering = (*_NEEDED, "roles.csv") if version == "1.2" else _NEEDED
    files = _present(archive, rostering, notes)
    modes = _modes(said, archive)
    mode = _mode({modes.get(each.lower(), "") for each in files})
    for each in sorted(files):
        if each.lower() not in modes:
            notes.add(each, f"{FILE} doesn’t name the file; it is read all the same")
    if mode == BULK:
        _check_complete(files, rostering)
    return Manifest(version, mode, files)


def _properties(archive: Archive, notes: Notes) -> dict[str, str]:
    """By name in small letters, and the values too."""
    said: dict[str, str] = {}
    for row in Table(archive, _LAYOUT, notes).rows():
        name, value = row.text("propertyName").lower(), row.text("value").lower()
        if said.setdefault(name, value) != value:
            raise row.refused("the property is there twice with different values")
        if name.startswith("file.") and value not in (BULK, DELTA, ABSENT):
            raise row.refused("a file is neither absent nor bulk nor delta")
    return said


def _version(said: Mapping[str, str], archive: Archive, notes: Notes) -> str:
    value = said.get("oneroster.version", "")
    if not value:
        version = "1.2" if archive.has("roles.csv") else "1.1"
        notes.add(FILE, f"it doesn’t say oneroster.version; it is read as OneRoster {version}")
        return version
    version = ".".join(value.split(".")[:2])
    if version not in VERSIONS:
        raise UnusableCsv(
            "the oneroster.version is none that is known",
            f"Export as OneRoster {', '.join(VERSIONS[:-1])} or {VERSIONS[-1]}.",
            FILE,
        )
    return version


def _present(archive: Archive, rostering: Sequence[str], notes: Notes) -> frozenset[str]:
    for name in archive.names - _UNREAD - {FILE, *(each.lower() for each in rostering)}:
        notes.add(
            "the zip",
            "it holds roles.csv, which belongs to OneRoster 1.2; it is ignored"
            if name == "roles.csv"
            else "it holds CSV files that are none of the standard’s; they are ignored",
        )
    for each in (FILE, *rostering):
        if archive.has(each) and not archive.is_spelled(each):
            notes.add(each, "the file’s name is written otherwise")
    return frozenset(each for each in rostering if archive.has(each))


def _modes(said: Mapping[str, str], archive: Archive) -> dict[str, str]:
    """Bulk or delta by the file's name in small letters, for the files that are said to be here."""
    modes = {
        f"{name.removeprefix('file.')}.csv": value
        for name, value in said.items()
        if name.startswith("file.") and value != ABSENT
    }
    for name, mode in modes.items():
        if name not in archive.names:
            known = (*_NEEDED, "roles.csv", *_OTHERS)
            file = next((each for each in known if each.lower() == name), "a file")
            raise UnusableCsv(
                f"it names {file} as {mode}, but the zip doesn’t hold it",
                "The zip is not whole: export it again.",
                FILE,
            )
    return modes


def _mode(modes: set[str]) -> str:
    """Of the files that are read. One that isn't named goes with the others; if there is no file,
    nothing has changed."""
    named = modes - {""}
    if len(named) > 1:
        raise UnusableCsv(
            "some files hold all there is (bulk), others only what changed (delta)",
            "Export all files as bulk, or all as delta.",
            FILE,
        )
    if modes and not named:
        raise UnusableCsv(
            "it doesn’t say whether the files hold all there is (bulk) or what changed (delta)",
            "Export the files again, with a manifest that names them.",
            FILE,
        )
    return named.pop() if named else DELTA


def _check_complete(files: Set[str], rostering: Sequence[str]) -> None:
    missing = [each for each in rostering if each not in files]
    if missing:
        raise UnusableCsv(
            f"The zip lacks {', '.join(missing)}",
            "A zip of all there is (bulk) has each of them. Export it again.",
        )
