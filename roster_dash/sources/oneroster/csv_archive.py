"""A zip of CSV files from outside, read with care: nothing of it is unpacked, all of it is checked.

The files are at the root, or all in one folder, as the Mac's own zips have them.
"""

import io
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from roster_dash.sources.oneroster.csv_notes import Notes, UnusableCsv

MOST_BYTES = 4 * 1024**3
"""Of all files together, unpacked."""
MOST_FILES = 1000
MOST_RATIO = 200
"""How many times larger than packed a large file may be. Rosters are some 5 to 30 times larger."""
SMALL_FILE = 10 * 1024**2
"""Up to here any ratio is harmless."""
LONGEST_LINE = 256 * 1024

_LONGEST_DIRECTORY = 1024**2
_CHUNK = 64 * 1024
_PLAIN = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_DAMAGE = (
    *(zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError),
    *(
        ValueError,
        RuntimeError,
        OverflowError,
    ),  # impossible names; ways of packing that no flag has told of
)
_ZIP_ANEW = "Make the zip anew, with nothing but OneRoster’s CSV files in it"


class _CarefulFile(io.FileIO):
    """zipfile reads the list of a zip's files in one go, before anybody can look at its length."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > _LONGEST_DIRECTORY:
            raise UnusableCsv("The zip holds far too many files", f"{_ZIP_ANEW}.")
        return super().read(size) or b""


class Archive:
    """The CSV files of a zip, by their names in small letters."""

    def __init__(self, zipped: zipfile.ZipFile, members: Mapping[str, zipfile.ZipInfo]) -> None:
        self._zipped = zipped
        self._members = members

    @property
    def names(self) -> frozenset[str]:
        return frozenset(self._members)

    def has(self, name: str) -> bool:
        return name.lower() in self._members

    def is_spelled(self, name: str) -> bool:
        """Whether a file has just these capitals in the zip."""
        return self._members[name.lower()].filename.rpartition("/")[2] == name

    def lines(self, name: str) -> Iterator[bytes]:
        """A file's lines, one by one; `name` in any capitals. Errors: UnusableCsv."""
        number = 0
        try:
            with self._zipped.open(self._members[name.lower()]) as stream:
                lines = io.BufferedReader(stream, _CHUNK)  # type: ignore[type-var]
                while line := lines.readline(LONGEST_LINE):
                    number += 1
                    if len(line) == LONGEST_LINE:
                        raise UnusableCsv(
                            "the line is too long for a record",
                            "Export the files again.",
                            name,
                            number,
                        )
                    yield line
        except _DAMAGE:
            raise UnusableCsv(
                "the zip is damaged from here on",
                "Make or send it again; if it is damaged again, the disk may be full.",
                name,
                number + 1,
            ) from None


@contextmanager
def open_archive(path: Path, notes: Notes) -> Iterator[Archive]:
    """Errors: UnusableCsv."""
    try:
        file = _CarefulFile(path)
    except OSError:
        raise UnusableCsv(
            "The zip can’t be opened", "See that the file is there and may be read."
        ) from None
    with file:
        try:
            zipped = zipfile.ZipFile(file)
        except _DAMAGE:
            raise UnusableCsv(
                "This is no zip, or only a part of one",
                "Send the zip itself, whole: not a CSV file, a spreadsheet or a folder.",
            ) from None
        with zipped:
            yield Archive(zipped, _checked(zipped.infolist(), notes))


def _checked(members: list[zipfile.ZipInfo], notes: Notes) -> Mapping[str, zipfile.ZipInfo]:
    """The CSV files by name, once nothing in the zip is suspicious."""
    if len(members) > MOST_FILES:
        raise UnusableCsv(f"The zip holds more than {MOST_FILES:,} files", f"{_ZIP_ANEW}.")
    if sum(each.file_size for each in members) > MOST_BYTES:
        raise UnusableCsv(
            f"The zip unpacks to more than {MOST_BYTES // 1024**3} GB",
            f"{_ZIP_ANEW}. A roster is far smaller.",
        )
    for each in members:
        _check_member(each)
    csv_files = [each for each in members if _is_ours(each)]
    if any(not _is_ours(each) and not _is_the_systems(each.filename) for each in members):
        notes.add("the zip", "it holds files that are no CSV files; they are ignored")
    _check_folders({each.filename.rpartition("/")[0] for each in csv_files}, notes)
    found: dict[str, zipfile.ZipInfo] = {}
    for each in csv_files:
        if found.setdefault(each.filename.rpartition("/")[2].lower(), each) is not each:
            raise UnusableCsv("The zip holds a file of the same name twice", f"{_ZIP_ANEW}.")
    return found


def _check_member(member: zipfile.ZipInfo) -> None:
    name = member.orig_filename
    if name.startswith("/") or ".." in name.split("/") or any(each in name for each in "\\:\0"):
        raise UnusableCsv("A file’s name in the zip leads out of it", f"{_ZIP_ANEW}.")
    mode = stat.S_IFMT(member.external_attr >> 16)
    if mode not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise UnusableCsv("The zip holds a link where a file belongs", f"{_ZIP_ANEW}.")
    if member.flag_bits & 0x1:
        raise UnusableCsv("The zip is encrypted", "Send it without a password, over a safe way.")
    if member.compress_type not in _PLAIN:
        raise UnusableCsv(
            "The zip is packed in a way that OneRoster doesn’t allow",
            f"{_ZIP_ANEW}, packed as usual (deflate).",
        )
    if member.file_size > max(SMALL_FILE, member.compress_size * MOST_RATIO):
        raise UnusableCsv("A file in the zip would unpack to a suspicious size", f"{_ZIP_ANEW}.")


def _is_ours(member: zipfile.ZipInfo) -> bool:
    return member.filename.lower().endswith(".csv") and not _is_the_systems(member.filename)


def _is_the_systems(name: str) -> bool:
    """Whether it is what the Mac adds to zips, or a folder."""
    file = name.rpartition("/")[2]
    return not file or name.startswith("__MACOSX/") or file.startswith("._") or file == ".DS_Store"


def _check_folders(folders: set[str], notes: Notes) -> None:
    if len(folders) > 1:
        raise UnusableCsv(
            "The zip has CSV files in more than one folder, and which of them count is not clear",
            "Put all files at the top of the zip.",
        )
    for folder in folders - {""}:
        if "/" in folder:
            raise UnusableCsv(
                "The CSV files are in a folder of a folder", "Put all files at the top of the zip."
            )
        notes.add("the zip", "its files are in a folder; they belong at the top")
