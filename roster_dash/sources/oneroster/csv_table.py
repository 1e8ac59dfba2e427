"""One CSV file, row by row: what is odd but clear is accepted with a note, all else is refused.

Read as a stream: only one row is in memory. Columns are found by their names, in any order.
"""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from roster_dash.sources.oneroster import csv_values
from roster_dash.sources.oneroster.csv_archive import LONGEST_LINE, Archive
from roster_dash.sources.oneroster.csv_notes import Notes, UnusableCsv

_BOM = b"\xef\xbb\xbf"
_OLD_NAMES = {
    "agents": "agentSourcedIds",
    "grade": "grades",
    "userId": "userIds",
    "termSourcedId": "termSourcedIds",
    "schoolYearId": "schoolYearSourcedId",
    "birthdate": "birthDate",
}
"""How 1.0 called columns that later versions call otherwise."""


@dataclass(frozen=True, slots=True)
class Layout:
    """A file's columns, in the standard's order. A row without a cell for each required one is no
    whole row; the others are taken for empty where they are missing. Those `unread` can't even be
    asked for: passwords above all."""

    file: str
    columns: tuple[str, ...]
    required: tuple[str, ...]
    unread: frozenset[str] = frozenset()
    extensions: tuple[str, ...] = ()
    """Columns `metadata.…` that are read where they are there."""


class Row:
    """A row's values by column, brought into one form. Errors of all methods: UnusableCsv."""

    __slots__ = ("_cells", "_columns", "_table", "line")

    def __init__(self, table: "Table", cells: list[str], line: int) -> None:
        self._table = table
        self._columns = table.columns
        self._cells = cells
        self.line = line

    def text(self, column: str) -> str:
        position = self._columns.get(column)
        return "" if position is None else self._cells[position].strip()

    def said(self, extension: str) -> str | None:
        """None if the file doesn't have the column."""
        return self.text(extension) if extension in self._columns else None

    def id(self, column: str = "sourcedId") -> str:
        value = self.text(column)
        if len(value) > csv_values.LONGEST_ID:
            raise self.refused(f"the {column} is longer than {csv_values.LONGEST_ID} characters")
        return value

    def many(self, column: str) -> tuple[str, ...]:
        """The values of a list, each once, in their order."""
        value = self.text(column)
        if not value:
            return ()
        parts = (part for each in value.split(",") if (part := each.strip()))
        return tuple(dict.fromkeys(parts))

    def word(self, column: str, words: Sequence[str]) -> str:
        """One of the standard's words in the standard's spelling; another word as it is."""
        value = self.text(column)
        if not value or value in words:
            return value
        meant = csv_values.same_word(value, words)
        self.note(
            f"{column} is written otherwise than in the standard"
            if meant
            else f"the {column} is none of the standard’s; it is kept as it is"
        )
        return meant or value

    def is_yes(self, column: str, when_blank: bool) -> bool:
        value = self.text(column)
        if value in ("true", "false"):
            return value == "true"
        if not value:
            return when_blank
        meant = csv_values.read_boolean(value)
        if meant is None:
            raise self.refused(f"{column} is neither true nor false")
        self.note(f"{column} is written otherwise than true or false")
        return meant

    def day(self, column: str) -> csv_values.Day:
        value = self.text(column)
        if not value:
            return None
        day = csv_values.read_day(value)
        if day is None:
            raise self.refused(
                f"the date in {column} can’t be read", "Write dates like 2027-01-31."
            )
        if not csv_values.is_plain_day(value):
            self.note(f"{column} is a date written otherwise than 2027-01-31")
        return day

    def note(self, reason: str) -> None:
        self._table.notes.add(self._table.file, reason, self.line)

    def refused(self, what: str, fix: str = "Correct it and export again.") -> UnusableCsv:
        return UnusableCsv(what, fix, self._table.file, self.line)


class Table:
    """A file's rows under its header."""

    def __init__(self, archive: Archive, layout: Layout, notes: Notes) -> None:
        self.layout = layout
        self.notes = notes
        self.file = layout.file
        self.columns: dict[str, int] = {}
        self._archive = archive
        self._line = self._row_starts = 0
        self._row_length = 0

    def rows(self) -> Iterator[Row]:
        """Errors: UnusableCsv."""
        reader = csv.reader(self._lines(), strict=True)
        cells = self._next(reader)
        while cells == []:
            self._note("the line is blank")
            cells = self._next(reader)
        width, last_required = self._read_header(cells or [])
        is_empty = True
        while (cells := self._next(reader)) is not None:
            row = Row(self, cells, self._row_starts)
            if not any(cell.strip() for cell in cells):
                row.note("the line is blank")
                continue
            if len(cells) != width:
                self._check_length(row, len(cells), width, last_required)
                cells += [""] * (width - len(cells))
            is_empty = False
            yield row
        if is_empty:
            self.notes.add(self.file, "the file has a header only")

    def _lines(self) -> Iterator[str]:
        """The file's lines as text. No row is longer than the longest line may be."""
        for line in self._archive.lines(self.file):
            self._line += 1
            if self._line == 1 and line.startswith(_BOM):
                line = line.removeprefix(_BOM)
                self.notes.add(self.file, "the file starts with a byte order mark")
            self._row_length += len(line)
            if self._row_length > LONGEST_LINE:
                raise self._refused("the row is too long for a record", self._row_starts)
            text = _decoded(line)
            if text is None:
                raise self._refused("this is not UTF-8", fix="Export the files as UTF-8.")
            if "\0" in text:
                raise self._refused("this is no text", fix="Export the files as UTF-8.")
            yield text

    def _next(self, reader: "Iterator[list[str]]") -> list[str] | None:
        self._row_starts, self._row_length = self._line + 1, 0
        try:
            return next(reader, None)
        except csv.Error:
            pass
        raise self._refused(
            "from here on this is not CSV: a quote is not closed, or closed before the value ends, "
            "or lines end as on very old Macs",
            self._row_starts,
        )

    def _read_header(self, found: list[str]) -> tuple[int, int]:
        """How many columns there are, and the position of the last one that is required."""
        columns = (*self.layout.columns, *self.layout.extensions)
        known = {csv_values.folded(each): each for each in columns}
        others = 0
        for position, written in enumerate(found):
            name = _OLD_NAMES.get(written.strip(), written.strip())
            column = known.get(csv_values.folded(name), "")
            if not column:
                others += not name.startswith("metadata.")
            elif column in self.columns:
                raise self._refused(f"the column {column} is there twice")
            else:
                self.columns[column] = position
                if column != written:
                    self._note(f"the column {column} is written otherwise in the header")
        if others:
            self._note(f"columns that are none of the standard’s are ignored: {others:,}")
        self._check_columns()
        last_required = max(self.columns[each] for each in self.layout.required)
        for each in self.layout.unread:
            self.columns.pop(each, None)
        return len(found), last_required

    def _check_columns(self) -> None:
        missing = [each for each in self.layout.required if each not in self.columns]
        if missing:
            raise self._refused(
                f"the header lacks the column{'s' if len(missing) > 1 else ''} "
                f"{', '.join(missing)}",
                fix="The first line must name OneRoster’s columns. Export the file again.",
            )
        order = [each for each in self.layout.columns if each in self.columns]
        for each in self.layout.columns:
            if each not in self.columns and each not in self.layout.unread:
                self._note(f"the column {each} is missing; it is taken for empty")
        if order != sorted(order, key=self.columns.__getitem__):
            self._note("the columns are in another order than the standard’s")

    def _check_length(self, row: Row, length: int, width: int, last_required: int) -> None:
        """A cell too many is refused even if it is empty: a comma in a name that isn't in quotes
        moves all that follows by one column, and the last one is often empty."""
        if length > width:
            raise row.refused("the row has more cells than there are columns")
        if length <= last_required:
            raise row.refused("the row is cut short")
        row.note("the row lacks empty cells at its end")

    def _note(self, reason: str) -> None:
        self.notes.add(self.file, reason, self._line)

    def _refused(
        self, what: str, line: int = 0, fix: str = "Export the files again."
    ) -> UnusableCsv:
        return UnusableCsv(what, fix, self.file, line or self._line)


def _decoded(line: bytes) -> str | None:
    try:
        return line.decode()
    except UnicodeDecodeError:
        return None
