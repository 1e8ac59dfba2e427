"""A search's words as a condition: the same answer as roster/searching.py, on each database.

Nothing is kept for it. It reads the rows of one school, which an index finds, and takes letters
apart only where there are others than ASCII's.
"""

from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, literal_column, true

from roster_dash.extensions import db
from roster_dash.roster.searching import ALIKE, MARKS, SPELT_OUT, words_of


def has_words(search: str, *columns: Any) -> ColumnElement[bool]:
    """Every word of the search is somewhere in the columns."""
    first, *others = (func.coalesce(column, "") for column in columns)
    together: ColumnElement[str] = first
    for column in others:
        together = together + " " + column
    folded = _folded(together)
    return and_(true(), *(folded.contains(word, autoescape=True) for word in words_of(search)))


def _folded(text: ColumnElement[str]) -> ColumnElement[str]:
    if db.engine.dialect.name == "sqlite":
        return func.folded(text)  # Python's own, see extensions.py
    apart = func.normalize(text, literal_column("NFD"))
    plain = func.translate(
        func.regexp_replace(apart, MARKS, "", "g"), "".join(ALIKE), "".join(ALIKE.values())
    )
    for letter, spelt in SPELT_OUT.items():
        plain = func.replace(plain, letter, spelt)
    is_ascii = func.octet_length(text) == func.char_length(text)
    return case((is_ascii, func.lower(text)), else_=func.lower(plain))
