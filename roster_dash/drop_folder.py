"""A folder into which somebody else drops files: looked at and emptied with care.

Whoever writes there may put links in place of files and folders, and go on writing while we read.
So every step goes by open folders, follows no link, and reads from a copy. File system only.
"""

import errno
import os
import shutil
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

MOST_FILES = 1000
"""More than that at once aren't looked at."""
LONGEST_NAME = 200
"""Bytes: a name grows when its file is moved."""

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_NO_FOLDER = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)
"""A link in its place is one of the last two."""
_TAIL = 65_557
"""Bytes at the end of a zip that have the end of its list of files in them."""
_END = b"PK\x05\x06"


class ChangedError(Exception):
    """The file isn't the one that was looked at any more."""


@dataclass(frozen=True, slots=True)
class Lying:
    """A file that lies in a folder; `changed_at` in nanoseconds."""

    name: str
    size: int
    changed_at: int


@dataclass(frozen=True, slots=True)
class Look:
    """`left`: how many things lie there that are left alone."""

    files: Sequence[Lying]
    left: int


class DropFolder:
    """An open one. Errors of all methods: OSError."""

    def __init__(self, descriptor: int) -> None:
        self._folder = descriptor

    def look(self) -> Look:
        """Its zips. Links, whatever is no plain file or has a name that is better not followed,
        files that have several names, and those still named .part or otherwise are left alone."""
        files, left = [], 0
        with os.scandir(self._folder) as entries:
            for number, entry in enumerate(entries):
                if number >= MOST_FILES:
                    left += 1
                    break
                found = self.find(entry.name)
                if found is not None:
                    files.append(found)
                elif entry.name not in (TAKEN, REFUSED):
                    left += 1
        return Look(sorted(files, key=lambda each: each.name), left)

    def find(self, name: str) -> Lying | None:
        """A zip by its name, as it is now."""
        if not _is_plain(name):
            return None
        try:
            about = os.stat(name, dir_fd=self._folder, follow_symlinks=False)
        except FileNotFoundError:
            return None
        return _lying(name, about)

    def is_zip(self, lying: Lying) -> bool:
        """Whether it ends as a zip does. Errors: ChangedError."""
        with self._opened(lying) as file:
            start = max(0, lying.size - _TAIL)
            return _END in os.pread(file, _TAIL, start)

    def copy(self, lying: Lying, to: Path) -> None:
        """Nobody else writes to the copy. Errors: ChangedError."""
        with self._opened(lying) as file:
            with open(file, "rb", closefd=False) as source, to.open("xb") as target:
                shutil.copyfileobj(source, target, 1024**2)
            if target_changed(lying, os.fstat(file)) or to.stat().st_size != lying.size:
                raise ChangedError

    def move(self, lying: Lying, into: str, name: str, text: str = "") -> None:
        """Into one of its own folders; `text` goes into a file of its own beside it."""
        with suppress(FileExistsError):
            os.mkdir(into, 0o770, dir_fd=self._folder)
        target = os.open(into, _FOLDER, dir_fd=self._folder)
        try:
            if text:
                _write(target, f"{name}.txt", text)
            if self.find(lying.name) == lying:
                os.rename(lying.name, name, src_dir_fd=self._folder, dst_dir_fd=target)
        finally:
            os.close(target)

    def delete_taken(self, before_ns: int) -> int:
        """Files that were taken before; how many. Nothing else is ever deleted."""
        try:
            folder = os.open(TAKEN, _FOLDER, dir_fd=self._folder)
        except OSError:
            return 0
        try:
            old = [
                name
                for name in os.listdir(folder)
                if _is_old(os.stat(name, dir_fd=folder, follow_symlinks=False), before_ns)
            ]
            for name in old:
                os.unlink(name, dir_fd=folder)
            return len(old)
        finally:
            os.close(folder)

    @contextmanager
    def _opened(self, lying: Lying) -> Iterator[int]:
        try:
            file = os.open(lying.name, _FILE, dir_fd=self._folder)
        except OSError:  # a link, or gone
            raise ChangedError from None
        try:
            if target_changed(lying, os.fstat(file)):
                raise ChangedError
            yield file
        finally:
            os.close(file)


TAKEN, REFUSED = "taken", "refused"
"""The folders in which files end."""


@contextmanager
def open_folder(root: Path, name: str) -> Iterator[DropFolder | None]:
    """A folder of the root; None where there is none, or a link in its place."""
    try:
        descriptor = os.open(root / name, _FOLDER)
    except OSError as error:
        if error.errno not in _NO_FOLDER:
            raise
        yield None
        return
    try:
        yield DropFolder(descriptor)
    finally:
        os.close(descriptor)


def target_changed(lying: Lying, about: os.stat_result) -> bool:
    """Whether an open file isn't the one that lay there."""
    return _lying(lying.name, about) != lying


def _lying(name: str, about: os.stat_result) -> Lying | None:
    if not stat.S_ISREG(about.st_mode) or about.st_nlink != 1:
        return None
    return Lying(name, about.st_size, about.st_mtime_ns)


def _is_plain(name: str) -> bool:
    """Whether a name says that it is a finished zip, in characters that can be shown."""
    is_short = len(os.fsencode(name)) <= LONGEST_NAME
    return (
        name.casefold().endswith(".zip")
        and not name.startswith(".")
        and "/" not in name
        and name.isprintable()
        and is_short
    )


def _is_old(about: os.stat_result, before_ns: int) -> bool:
    """By when it came here: moving a file changes its inode, not its content."""
    return stat.S_ISREG(about.st_mode) and about.st_ctime_ns < before_ns


def _write(folder: int, name: str, text: str) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    file = os.open(name, flags, 0o660, dir_fd=folder)
    with open(file, "w", encoding="utf-8") as target:
        target.write(text)
