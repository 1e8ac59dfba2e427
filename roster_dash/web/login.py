"""Who is asking: everybody logs in first, but for the few pages in `PUBLIC`."""

import time
from urllib.parse import urlsplit

from flask import Flask, Response, redirect, request, session, url_for
from flask_login import current_user, login_user, logout_user
from werkzeug.wrappers import Response as AnyResponse

from roster_dash.config import current_config
from roster_dash.extensions import login
from roster_dash.store import accounts, attempts, audit, sessions
from roster_dash.store.audit import Actor
from roster_dash.store.tables import User

_FROM_MAILS = ("account.unsubscribe", "account.leave_list")
PUBLIC = {
    "static",
    "api_description.description",
    "account.log_in",
    "account.check",
    *_FROM_MAILS,
    "clever_login.log_in",
    "second_factor.ask",
    "second_factor.check",
    "links.forgot",
    "links.send_reset",
    "links.page",
    "links.follow",
    "health.process_is_up",
    "health.is_ready",
    "health.numbers",
    "help.index",
    "help.guide",
    "help.picture",
    "help.sharing",
}


WITH_KEYS = {"api", "oneroster"}
"""What is for programs: each asks for a key of its own, and for no log-in."""
DEVICE_COOKIE = "device"
DEVICE_SECONDS = 365 * 24 * 3600
HALF_SECONDS = 300


class Viewer:
    """A logged-in user as Flask-Login wants it: `user` is the row, `key` the browser's."""

    is_authenticated = True
    is_active = True
    is_anonymous = False

    def __init__(self, user: User, key: str, session_id: int) -> None:
        self.user = user
        self.session_id = session_id
        self._key = key

    def get_id(self) -> str:
        return self._key


def register(app: Flask) -> None:
    login.session_protection = "basic"
    login.user_loader(_load)
    app.before_request(_log_in_first)


def viewing() -> User:
    """The user who is asking."""
    return _viewer().user


def own_session() -> int:
    """The id of the log-in that is asking."""
    return _viewer().session_id


def _viewer() -> Viewer:
    viewer: Viewer = current_user._get_current_object()
    return viewer


def begin_session(user: User, how: str, response: AnyResponse) -> AnyResponse:
    """Logs in with a new session; the browser is known from now on. The caller commits."""
    session.clear()
    key = sessions.open_session(
        user, how, request.remote_addr or "", request.headers.get("User-Agent", "")
    )
    found = sessions.find_session(key)
    assert found is not None
    login_user(Viewer(user, key, found.id))
    response.set_cookie(
        DEVICE_COOKIE,
        attempts.device_key(user.email),
        max_age=DEVICE_SECONDS,
        httponly=True,
        samesite="Lax",
        secure=current_config().is_https,
    )
    return response


def ask_for_code(user: User, how: str, target: str) -> AnyResponse:
    """The first factor was right; `half_logged_in` knows it for some minutes."""
    session.clear()
    session["half"] = [user.id, how, own_path(target), int(time.time())]
    return redirect(url_for("second_factor.ask"), 303)


def half_logged_in() -> tuple[User, str, str] | None:
    """(user, how, where to) of a log-in that waits for its code."""
    user_id, how, target, at = session.get("half") or (0, "", "", 0)
    user = accounts.get_user(user_id) if time.time() - at < HALF_SECONDS else None
    if user is None or user.disabled_at is not None or user.totp_key is None:
        return None
    return user, how, target


def end_session() -> None:
    sessions.end_session(own_session())
    logout_user()
    session.clear()


def is_logged_in() -> bool:
    return isinstance(current_user._get_current_object(), Viewer)


def own_path(target: str) -> str:
    """`target` if it is a path of ours, else ""; another site must not be where log-in leads."""
    parts = urlsplit(target)
    is_ours = target.startswith("/") and not target.startswith(("//", "/\\"))
    return target if is_ours and not parts.scheme and not parts.netloc else ""


def _load(key: str) -> Viewer | None:
    found = sessions.find_session(key)
    return Viewer(found.user, key, found.id) if found else None


def _log_in_first() -> AnyResponse | None:
    if request.endpoint == "static":
        return None  # the same for everybody; nobody is looked up for it
    address = request.remote_addr or ""
    if is_logged_in():
        audit.acting(Actor(viewing().id, viewing().email, address))
    else:
        audit.acting(Actor(None, "nobody", address))
    is_open = request.endpoint is None or request.endpoint in PUBLIC
    if is_open or request.blueprint in WITH_KEYS:
        return None
    if is_logged_in():
        return None
    is_page = request.method == "GET" and "HX-Request" not in request.headers
    way_in = url_for("account.log_in", next=request.full_path.rstrip("?") if is_page else None)
    if "HX-Request" in request.headers:
        return Response("", 401, {"HX-Redirect": way_in})
    return redirect(way_in, 303)
