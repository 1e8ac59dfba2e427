"""A page with every mail that Roster Dash sends: by day, by night, without styles, as text."""

import re

from flask import Blueprint, Response, abort, render_template, request
from flask.blueprints import BlueprintSetupState
from flask_babel import Babel

from roster_dash.sandbox.samples import samples

blueprint = Blueprint("gallery", __name__, template_folder="templates")

LOOKS = {"light": "Light", "dark": "Dark", "bare": "Without styles"}
_DARK = "(prefers-color-scheme: dark)"
_STYLES = re.compile(r"<style>.*?</style>| style=\"[^\"]*\"", re.DOTALL)


@blueprint.record_once
def _speak(state: BlueprintSetupState) -> None:
    """A mail asks which language is spoken."""
    Babel(state.app)


@blueprint.get("/gallery")
def page() -> str:
    return render_template("gallery.html", samples=samples(), look=_look(), looks=LOOKS)


@blueprint.get("/gallery/<name>")
def mail(name: str) -> Response:
    """The HTML of one mail, for a frame in which no script runs."""
    found = next((sample for sample in samples() if sample.name == name), None) or abort(404)
    response = Response(as_seen(found.mail.html, _look()), mimetype="text/html")
    response.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'"
    return response


def as_seen(html: str, look: str) -> str:
    """A mail as a client shows it whose reader has chosen light or dark, or that drops styles."""
    if look == "bare":
        return _STYLES.sub("", html)
    scheme = html.replace('content="light dark"', f'content="{look}"')
    scheme = scheme.replace("color-scheme: light dark;", f"color-scheme: {look};")
    return scheme.replace(_DARK, "all" if look == "dark" else "not all")


def _look() -> str:
    look = request.args.get("look", "light")
    return look if look in LOOKS else abort(404)
