"""Zips that are sent by a form."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from flask import request

from roster_dash import watching
from roster_dash.extensions import csrf
from roster_dash.roster.errors import BadInput

MOST_BYTES = watching.MOST_BYTES
"""Of a zip that is uploaded; `roster import` takes larger ones."""


@contextmanager
def sent_zip() -> Iterator[Path]:
    """The zip that the form has brought, while the block runs. Errors: BadInput if it has none.

    For views that are exempt from CSRF's usual check and know already whose the request is: so
    much is taken from nobody else.
    """
    if request.mimetype == "multipart/form-data":  # other forms are read into memory
        request.max_content_length = MOST_BYTES
    try:
        csrf.protect()  # not before: it reads the form
        sent = request.files.get("file")
        if sent is None or not sent.filename:
            raise BadInput("Choose the zip that the student information system has exported.")
        with TemporaryDirectory() as folder:
            path = Path(folder) / "sent.zip"
            sent.save(path)
            yield path
    finally:
        request.close()  # what was sent lies in a file of its own
