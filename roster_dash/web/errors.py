"""Error pages: what happened, whether anything was lost, and where to go from here."""

from flask import Flask, Response, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from roster_dash.extensions import db
from roster_dash.language import translated
from roster_dash.roster.errors import RosterDashError
from roster_dash.web.api.asking import problem
from roster_dash.web.oneroster.asking import ROOT, refusal

WORDS = {
    404: (
        "There is nothing here",
        "The address may be mistyped, or the page isn’t one that your account can see.",
    ),
    405: ("That doesn’t work here", "This address can’t be used in this way. Nothing was changed."),
    413: ("That is too much at once", "What was sent is too large. Nothing was changed."),
    500: (
        "Something went wrong on our side",
        "Nothing was half done. Try again; if it happens again, tell whoever runs this server.",
    ),
}
_OTHERWISE = (
    "That could not be done",
    "The request can’t be used as it came. Nothing was changed.",
)


def register(app: Flask) -> None:
    app.register_error_handler(CSRFError, _stale_form)
    app.register_error_handler(HTTPException, _page)
    app.register_error_handler(RosterDashError, _told)


def _told(error: RosterDashError) -> tuple[str, int]:
    """A refusal with its sentence: nothing was changed."""
    db.session.rollback()
    return _said(409, "That could not be done", error.message), 409


def _said(code: int, title: str, text: str) -> str:
    words = {"title": translated(title), "text": translated(text)}
    return render_template("web/layout/error.html", code=code, **words)


def _problem(error: HTTPException, code: int) -> Response:
    """For programs; `Allow` and the like stay."""
    title, text = WORDS.get(code, _OTHERWISE)
    if error.response is not None:
        return error.response  # type: ignore[return-value]
    headers = {name: text_ for name, text_ in error.get_headers() if name != "Content-Type"}
    if request.path.startswith(f"{ROOT}/"):
        return refusal(code, text, headers=headers)
    return problem(code, title, text, headers)


def _page(error: HTTPException) -> tuple[str, int] | Response:
    code = error.code or 500
    if code >= 500:
        db.session.rollback()
    if request.path.startswith(("/api/", f"{ROOT}/")):
        return _problem(error, code)
    title, text = WORDS.get(code, _OTHERWISE)
    return _said(code, title, text), code


def _stale_form(error: CSRFError) -> tuple[str, int]:
    text = (
        "You were logged out meanwhile, or the page is too old. Nothing was changed: load it again."
    )
    return _said(400, "Please try again", text), 400
