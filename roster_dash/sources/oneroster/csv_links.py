"""What rows refer to: is it there? A few that refer to nothing do no harm; many mean that a file is
not whole, and then none of the zip is used."""

from collections import Counter
from functools import lru_cache
from typing import Any

from roster_dash.sources.oneroster.csv_notes import UnusableCsv
from roster_dash.sources.oneroster.csv_table import Row
from roster_dash.sources.oneroster.shelf import Kept

_ONE_IN = 20
"""Less than one row in so many may refer to nothing."""
_REMEMBERED = 50_000


class Target:
    """Where ids may lead: to what the zip says, else to what was there before.

    To be asked once all of its file has been read: answers are remembered, the last ones.
    """

    def __init__(self, said: Kept[Any], before: Kept[Any] | None) -> None:
        self._said = lru_cache(_REMEMBERED)(said.has)
        self._before = before

    def has(self, record_id: str) -> bool:
        """Whether it is there."""
        said = self._said(record_id)
        if said is not None:
            return said
        return self._before is not None and bool(self._before.has(record_id))

    def is_gone(self, record_id: str) -> bool:
        return self._said(record_id) is False


class Links:
    """Counts one file's rows that refer to nothing."""

    def __init__(self) -> None:
        self._broken: Counter[str] = Counter()
        self._first: dict[str, int] = {}

    def follow(self, row: Row, column: str, target: Target, ids: tuple[str, ...], so: str) -> bool:
        """Whether one of a row's ids leads somewhere; `so` says what becomes of it if none does.

        What leads to a record that the zip says is gone is no sign of a file that isn't whole.
        """
        if len(ids) == 1 and target.has(ids[0]):  # most often
            return True
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
