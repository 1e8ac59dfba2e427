"""Templates are indented for who reads them; browsers get the lines without."""

import re

from flask import Flask
from jinja2.ext import Extension

_INDENTED = re.compile(r"^[ \t]+|[ \t]+$", re.MULTILINE)


class Unindented(Extension):
    """Takes the blanks at the ends of lines away when a page's template is compiled.

    A line's end stays, and is all the space that HTML needs between two words.
    """

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        is_page = (name or "").startswith("web/")
        return _INDENTED.sub("", source) if is_page else source


def register(app: Flask) -> None:
    app.jinja_env.add_extension(Unindented)
