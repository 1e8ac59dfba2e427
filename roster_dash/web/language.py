"""In which language a page is: the account's choice, else the browser's, else English."""

from flask import Flask, Response, has_request_context, request

from roster_dash import language
from roster_dash.web.login import WITH_KEYS, is_logged_in, viewing

_FOR_PROGRAMS = {*WITH_KEYS, "api_description", "health"}


def register(app: Flask) -> None:
    app.add_template_filter(language.translated, "translated")
    app.add_template_global(language.code, "language_code")
    app.after_request(_varies)


def of_request() -> str:
    """The locale of the page that is asked for; of anything else English."""
    if not has_request_context() or request.blueprint in _FOR_PROGRAMS:
        return language.locale_of(language.ENGLISH)
    offered = language.offered()
    chosen = viewing().language if is_logged_in() else None
    return language.locale_of(
        chosen if chosen in offered else request.accept_languages.best_match(offered)
    )


def _varies(response: Response) -> Response:
    if request.endpoint != "static":
        response.vary.add("Accept-Language")
    return response
