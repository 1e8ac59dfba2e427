"""WHAT PEOPLE SEE AND CLICK. One folder per area: views, forms and templates side by side."""

from flask import Flask


def register(app: Flask) -> None:
    pass
