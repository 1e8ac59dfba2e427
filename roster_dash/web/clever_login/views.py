"""Log in with Clever: there, back with a code, and in."""

import hmac
import secrets

from flask import Blueprint, abort, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from roster_dash.config import current_config
from roster_dash.connection import clever_app
from roster_dash.roster.errors import SourceError
from roster_dash.sources.clever_login import authorize_url, identity_of
from roster_dash.store import accounts
from roster_dash.store.transactions import commit
from roster_dash.web.account.views import record_log_in
from roster_dash.web.login import ask_for_code, begin_session, own_path

blueprint = Blueprint("clever_login", __name__)

NOT_SHARED = "Your district doesn’t share your account with Roster Dash in Clever."
NO_ACCOUNT = (
    "Clever knows you, but there is no account here that is yours. Ask an Owner of your school or "
    "your District Manager to invite you at the address that Clever has for you."
)
STRANGE = (
    "This log-in was not begun in this browser, or its cookies are off. Start again from here."
)


@blueprint.get("/login/clever")
def log_in() -> Response | tuple[str, int]:
    """A launch from Clever's portal has no state of ours: it is begun anew, never trusted."""
    if not clever_app().client_id:
        abort(404)
    asked = request.args
    if asked.get("error"):
        return _refuse(NOT_SHARED)
    if not asked.get("code") or "state" not in asked:
        return _begin()
    kept = str(session.pop("clever_state", ""))
    if not kept or not hmac.compare_digest(kept.encode(), asked["state"].encode()):
        return _refuse(STRANGE)
    return _finish(asked["code"])


def _begin() -> Response:
    state = session["clever_state"] = secrets.token_urlsafe(24)
    session["clever_next"] = own_path(request.args.get("next", ""))
    return redirect(authorize_url(clever_app(), _here(), state), 303)


def _finish(code: str) -> Response | tuple[str, int]:
    target = own_path(str(session.pop("clever_next", "")))
    commit()  # nothing is locked while Clever answers
    try:
        identity = identity_of(clever_app(), code, _here())
    except SourceError as error:
        return _refuse(error.message)
    user = accounts.user_of_clever(identity.id, identity.kind, identity.district_id, identity.email)
    if user is None:
        return _refuse(NO_ACCOUNT)
    if user.totp_key is not None:
        commit()
        return ask_for_code(user, "clever", target)
    answer = begin_session(user, "clever", redirect(target or url_for("account.home"), 303))
    record_log_in(user)
    return answer


def _here() -> str:
    """Clever compares it letter for letter; it never comes from the request."""
    return f"{current_config().public_url}/login/clever"


def _refuse(error: str) -> tuple[str, int]:
    record_log_in(None)
    told = {"email": "", "error": error, "has_clever": True}
    return render_template("web/account/login.html", **told), 422
