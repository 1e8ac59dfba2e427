"""Pages as a logged-in user asks for them, CSRF token and all."""

import re
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from roster_dash.extensions import db
from roster_dash.store.tables import User
from tests.builders import PASSWORD


class Visitor:
    """A browser without JavaScript, or with HTMX where `htmx=True`."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._client = app.test_client()

    def log_in(self, user: User, password: str = PASSWORD) -> TestResponse:
        return self.post("/login", {"email": user.email, "password": password}, page="/login")

    def get(self, path: str, *, htmx: bool = False, target: str = "") -> TestResponse:
        headers = {"HX-Request": "true"} if htmx else {}
        if target:
            headers["HX-Target"] = target
        return self.ask("GET", path, headers=headers)

    def post(
        self, path: str, data: dict[str, Any] | None = None, *, page: str, htmx: bool = False
    ) -> TestResponse:
        """Posts a form with the token that `page` gave."""
        form = {"csrf_token": csrf_token(self.get(page).text), **(data or {})}
        headers = {"HX-Request": "true"} if htmx else {}
        return self.ask("POST", path, data=form, headers=headers)

    def cookie(self, name: str) -> str:
        found = self._client.get_cookie(name)
        assert found is not None
        return found.value

    def set_cookie(self, name: str, value: str) -> None:
        self._client.set_cookie(name, value)

    def ask(self, method: str, path: str, **options: Any) -> TestResponse:
        """In a context of its own, as a server does; the test's own transaction ends first."""
        db.session.commit()
        with self._app.app_context():
            return self._client.open(path, method=method, buffered=True, **options)


def csrf_token(html: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', html)
    assert found, "the page has no form"
    return found[1]
