"""What rows refer to: is it there? A few that refer to nothing do no harm; many mean that a file is
not whole, and then none of the zip is used."""

from collections import Counter
from collections.abc import Container, Mapping
from dataclasses import dataclass

from roster_dash.sources.oneroster.csv_notes import UnusableCsv
from roster_dash.sources.oneroster.csv_table import Row

_ONE_IN = 20
"""Less than one row in so many may refer to nothing."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where ids may lead: to what the zip says (None: gone), else to what was there before."""

    said: Mapping[str, object]
    before: Container[str]

    def has(self, record_id: str) -> bool:
        """Whether it is there."""
        if record_id in self.said:
            return self.said[record_id] is not None
        return record_id in self.before

    def is_gone(self, record_id: str) -> bool:
        return record_id in self.said and self.said[record_id] is None


class Links:
    """Counts one file's rows that refer to nothing."""

    def __init__(self) -> None:
        self._broken: Counter[str] = Counter()
        self._first: dict[str, int] = {}

    def follow(self, row: Row, column: str, target: Target, ids: tuple[str, ...], so: str) -> bool:
        """Whether one of a row's ids leads somewhere; `so` says what becomes of it if none does.

        What leads to a record that the zip says is gone is no sign of a file that isn't whole.
        """
        if all(target.has(each) for each in ids):
            return bool(ids)
        found = any(target.has(each) for each in ids)
        if any(target.is_gone(each) for each in ids):
            row.note(f"the {column} is of something deleted or inactive; {so}")
            return found
        row.note(f"the {column} is of nothing that is there; {so}")
        if not found:
            self._broken[column] += 1
            self._first.setdefault(column, row.line)
        return found

    def check(self, file: str, rows: int) -> None:
        """Errors: UnusableCsv."""
        for column, broken in self._broken.items():
            if broken * _ONE_IN >= rows:
                raise UnusableCsv(
                    f"here first, and in {broken:,} of {rows:,} rows, the {column} is of nothing "
                    "that is there",
                    "A file may be cut short or from another day: export all files again.",
                    file,
                    self._first[column],
                )
