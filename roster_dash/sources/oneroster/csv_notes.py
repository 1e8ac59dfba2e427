"""What is to be said about a zip of CSV files, accepted or not: where it is, never anybody's data.

Names of files and columns are always the standard's own, not the ones that were found: what stands
in place of a header may be somebody's name.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from roster_dash.roster.errors import SourceError

_LINES_KEPT = 5


class UnusableCsv(SourceError):
    """The zip can't be used as it is, and none of it is. `line` is 0 where it is about a file."""

    code = "unusable_csv"

    def __init__(self, what: str, fix: str, file: str = "", line: int = 0) -> None:
        where = ", ".join(part for part in (file, f"line {line:,}" if line else "") if part)
        super().__init__(f"{where}: {what}. {fix}" if where else f"{what}. {fix}")
        self.file = file
        self.line = line


@dataclass(frozen=True, slots=True)
class Note:
    """Something odd that was accepted, as often as it came; `lines` are the first few of it."""

    file: str
    reason: str
    count: int = 1
    lines: tuple[int, ...] = ()

    def __str__(self) -> str:
        return f"{self.file}{self._where()}: {self.reason}."

    def _where(self) -> str:
        if not self.lines:
            return f", {self.count:,} times" if self.count > 1 else ""
        more = self.count - len(self.lines)
        word = "line" if self.count == 1 else "lines"
        listed = ", ".join(f"{line:,}" for line in self.lines)
        return f", {word} {listed}" + (f" and {more:,} more" if more else "")


class Notes:
    """Collects notes. However large a file, each reason takes one note of it."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str], int] = {}
        self._lines: dict[tuple[str, str], list[int]] = {}

    def add(self, file: str, reason: str, line: int = 0) -> None:
        key = (file, reason)
        self._counts[key] = self._counts.get(key, 0) + 1
        lines = self._lines.setdefault(key, [])
        if line and len(lines) < _LINES_KEPT:
            lines.append(line)

    def __iter__(self) -> Iterator[Note]:
        for (file, reason), count in self._counts.items():
            yield Note(file, reason, count, tuple(self._lines[file, reason]))
