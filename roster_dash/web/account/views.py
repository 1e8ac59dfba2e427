"""Logging in and out, and the way to each user's place."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from roster_dash.config import current_config
from roster_dash.extensions import csrf
from roster_dash.store import accounts, attempts, audit, runs
from roster_dash.store import unsubscribe as unsubscribe_store
from roster_dash.store.attempts import Attempt
from roster_dash.store.audit import Actor, Did
from roster_dash.store.tables import User
from roster_dash.store.transactions import commit
from roster_dash.web.login import (
    DEVICE_COOKIE,
    ask_for_code,
    begin_session,
    end_session,
    own_path,
    viewing,
)

blueprint = Blueprint("account", __name__)

TOO_MANY = (
    "Too many attempts failed. Wait a quarter of an hour, or use a browser in which you have "
    "logged in before."
)


@blueprint.get("/login")
def log_in() -> str:
    return _page("", "")


@blueprint.post("/login")
def check() -> Response | tuple[str, int]:
    email, password = request.form.get("email", ""), request.form.get("password", "")
    attempt = attempt_of(email)
    if not attempts.may_try(attempt):
        _record(Did.LOG_IN_REFUSED, None)
        return _refuse(email, TOO_MANY, 429)
    user = accounts.check_password(email, password)
    if user is None:
        attempts.note_failure(attempt)
        record_log_in(None)
        return _refuse(email, "The e-mail address or the password is not right.", 422)
    return _in(user, attempt, own_path(request.args.get("next", "")))


def _in(user: User, attempt: Attempt, target: str) -> Response:
    if user.totp_key is not None:  # a right password forgives nothing: codes are guessed next
        return ask_for_code(user, "password", target)
    attempts.forgive(attempt)
    answer = begin_session(user, "password", redirect(target or url_for("account.home"), 303))
    record_log_in(user)
    return answer


def attempt_of(email: str) -> Attempt:
    """Whoever asks, trying to log in as somebody."""
    device = request.cookies.get(DEVICE_COOKIE, "")
    return attempts.attempt_of(email, request.remote_addr or "", device)


def password_refused(password: str) -> str:
    """Why what was typed doesn't do as one's own present password; "" if it does."""
    attempt = attempt_of(viewing().email)
    if not attempts.may_try(attempt):
        return "Too many attempts failed. Wait a quarter of an hour."
    if accounts.check_password(viewing().email, password) is None:
        attempts.note_failure(attempt)
        commit()
        return "That is not your present password."
    return ""


def _refuse(email: str, error: str, status: int) -> tuple[str, int]:
    return _page(email, error), status


def _page(email: str, error: str) -> str:
    told = {"email": email, "error": error, "has_clever": bool(current_config().clever_client_id)}
    return render_template("web/account/login.html", **told)


@blueprint.post("/logout")
def log_out() -> Response:
    _record(Did.LOGGED_OUT, viewing())
    end_session()
    commit()
    flash("You are logged out.")
    answer = redirect(url_for("account.log_in"), 303)
    answer.headers["Clear-Site-Data"] = '"cache", "storage"'
    return answer


def record_log_in(user: User | None) -> None:
    """One that was good, or one that failed (None), whichever way it came."""
    _record(Did.LOGGED_IN if user else Did.LOG_IN_FAILED, user)


def _record(did: Did, user: User | None) -> None:
    """A failed log-in has no name: what was typed may be a password."""
    address = request.remote_addr or ""
    by = Actor(user.id, user.email, address) if user else Actor(None, "nobody", address)
    audit.record(did, district_id=_district_of(user) if user else None, by=by)
    commit()


def _district_of(user: User) -> int | None:
    """Whose manager sees the log-in: their own district, or that of an Owner's schools."""
    return user.district_id or next((school.district_id for school in user.schools), None)


@blueprint.get("/unsubscribe/<token>")
def unsubscribe(token: str) -> str:
    """Asks first: mail programs open links by themselves."""
    mail = unsubscribe_store.mail_of(token) or abort(404)
    about = {"school": unsubscribe_store.school_of(mail).name, "recipient": mail.recipient}
    return render_template("web/account/unsubscribe.html", **about, left=False)


@blueprint.post("/unsubscribe/<token>")
def leave_list(token: str) -> str:
    mail = unsubscribe_store.mail_of(token) or abort(404)
    about = {"school": unsubscribe_store.school_of(mail).name, "recipient": mail.recipient}
    unsubscribe_store.leave(mail)
    commit()
    return render_template("web/account/unsubscribe.html", **about, left=True)


csrf.exempt(leave_list)  # mail programs post by themselves (RFC 8058); the link is the permission


@blueprint.get("/")
def home() -> Response:
    """Sends each user to their place."""
    if viewing().role == accounts.AccountRole.DISTRICT_MANAGER and viewing().district_id:
        return redirect(url_for("district.page", district_id=viewing().district_id))
    seen = accounts.visible_schools(viewing())
    if len(seen) == 1:
        return redirect(url_for("rostering.page", school_id=seen[0].id))
    return redirect(url_for("account.my_schools"))


@blueprint.get("/schools")
def my_schools() -> str:
    seen = accounts.visible_schools(viewing())
    latest = runs.latest_of_schools([school.id for school in seen])
    return render_template("web/account/schools.html", schools=seen, latest=latest)
