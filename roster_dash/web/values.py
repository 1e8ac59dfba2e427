"""What addresses and forms may carry: numbers that rows can have, and text that databases take."""

from datetime import date

from flask import Flask, abort, current_app, request
from werkzeug.routing import IntegerConverter

LARGEST = (1 << 31) - 1


class RowNumber(IntegerConverter):
    """The id of a row; a larger number is no address of ours."""

    def __init__(self, map: object, **options: int) -> None:
        super().__init__(map, max=LARGEST, **options)  # type: ignore[arg-type]


def row_number(text: str) -> int:
    """For `args.get(…, type=row_number)`. Errors: ValueError, by which the default is taken."""
    if not (text.isascii() and text.isdecimal() and len(text) < 11 and int(text) <= LARGEST):
        raise ValueError(text)
    return int(text)


def near_day(text: str) -> date:
    """For `args.get(…, type=near_day)`: a day of which every clock can say when it is.

    Errors: ValueError, by which the default is taken.
    """
    day = date.fromisoformat(text)
    if not 1900 <= day.year <= 2999:
        raise ValueError(text)
    return day


_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What makes a spreadsheet run a cell as a formula."""


def safe_cell(text: str) -> str:
    """A cell for a CSV file: one that a spreadsheet would run gets an apostrophe."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def register(app: Flask) -> None:
    app.url_map.converters["int"] = RowNumber
    app.before_request(_refuse_nul)


def _refuse_nul() -> None:
    """NUL characters are in no name, and PostgreSQL takes none.

    Of an upload's form nothing is kept, and who sends so much isn't known yet.
    """
    is_upload = request.endpoint in current_app.config["UPLOADS"]
    for values in (request.args,) if is_upload else (request.args, request.form):
        if any("\0" in text for texts in values.listvalues() for text in texts):
            abort(400)
