"""Who is asking: everybody logs in first, but for the few pages in `PUBLIC`."""

from urllib.parse import urlsplit

from flask import Flask, Response, redirect, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from roster_dash.extensions import login
from roster_dash.store import accounts, audit
from roster_dash.store.audit import Actor
from roster_dash.store.tables import User

_FROM_MAILS = ("account.unsubscribe", "account.leave_list")
PUBLIC = {
    "static",
    "account.log_in",
    "account.check",
    *_FROM_MAILS,
    "health.process_is_up",
    "health.is_ready",
}


class Viewer:
    """A logged-in user as Flask-Login wants it: `user` is the row."""

    is_authenticated = True
    is_active = True
    is_anonymous = False

    def __init__(self, user: User) -> None:
        self.user = user

    def get_id(self) -> str:
        return str(self.user.id)


def register(app: Flask) -> None:
    login.session_protection = "basic"
    login.user_loader(_load)
    app.before_request(_log_in_first)


def viewing() -> User:
    """The user who is asking."""
    viewer: Viewer = current_user._get_current_object()
    return viewer.user


def is_logged_in() -> bool:
    return isinstance(current_user._get_current_object(), Viewer)


def own_path(target: str) -> str:
    """`target` if it is a path of ours, else ""; another site must not be where log-in leads."""
    parts = urlsplit(target)
    is_ours = target.startswith("/") and not target.startswith(("//", "/\\"))
    return target if is_ours and not parts.scheme and not parts.netloc else ""


def _load(user_id: str) -> Viewer | None:
    user = accounts.get_user(int(user_id)) if user_id.isdecimal() else None
    return Viewer(user) if user else None


def _log_in_first() -> AnyResponse | None:
    address = request.remote_addr or ""
    if is_logged_in():
        audit.acting(Actor(viewing().id, viewing().email, address))
    else:
        audit.acting(Actor(None, "nobody", address))
    if request.endpoint is None or request.endpoint in PUBLIC or is_logged_in():
        return None
    is_page = request.method == "GET" and "HX-Request" not in request.headers
    way_in = url_for("account.log_in", next=request.full_path.rstrip("?") if is_page else None)
    if "HX-Request" in request.headers:
        return Response("", 401, {"HX-Redirect": way_in})
    return redirect(way_in, 303)
