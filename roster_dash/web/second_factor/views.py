"""The second factor: asked for after the password, or Clever; switched on and off."""

import segno
from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from roster_dash.roster.errors import BadInput
from roster_dash.store import attempts, second_factor
from roster_dash.store.transactions import commit, rollback
from roster_dash.web.account.views import TOO_MANY, attempt_of, password_refused, record_log_in
from roster_dash.web.login import begin_session, half_logged_in, own_path, viewing

blueprint = Blueprint("second_factor", __name__)


@blueprint.get("/login/code")
def ask() -> Response | str:
    if half_logged_in() is None:
        return redirect(url_for("account.log_in"), 303)
    return render_template("web/second_factor/ask.html", error="")


@blueprint.post("/login/code")
def check() -> Response | tuple[str, int]:
    """Wrong codes count as wrong passwords do."""
    half = half_logged_in()
    if half is None:
        return redirect(url_for("account.log_in"), 303)
    user, how, target = half
    attempt = attempt_of(user.email)
    if not attempts.may_try(attempt):
        return render_template("web/second_factor/ask.html", error=TOO_MANY), 429
    if not second_factor.is_right(user, request.form.get("code", "")):
        attempts.note_failure(attempt)
        record_log_in(None)
        error = "That code isn’t right, or was used already. Take the next one."
        return render_template("web/second_factor/ask.html", error=error), 422
    attempts.forgive(attempt)
    answer = begin_session(user, how, redirect(own_path(target) or url_for("account.home"), 303))
    record_log_in(user)
    return answer


@blueprint.get("/account/second-factor")
def page() -> str:
    return _page()


@blueprint.post("/account/second-factor")
def switch() -> Response | tuple[str, int]:
    """Off where it is on; on, with a code of the key that was shown, where it is off."""
    form, user = request.form, viewing()
    if refused := password_refused(form.get("password", "")):
        return _page(password=refused), 422
    if user.totp_key is not None:
        second_factor.switch_off(user)
        commit()
        return _done("The second factor is off.")
    try:
        second_factor.switch_on(user, session.get("new_totp", ""), form.get("code", ""))
    except BadInput as error:
        rollback()
        return _page(code=error.message), 422
    session.pop("new_totp", None)
    commit()
    return _done("The second factor is on: logging in asks for a code of your app.")


def _page(**errors: str) -> str:
    user, picture, key = viewing(), "", ""
    if user.totp_key is None:
        key = session.setdefault("new_totp", second_factor.new_key())
        code = segno.make(second_factor.uri_of(user, key), error="m", micro=False)
        picture = code.svg_data_uri(scale=5, border=4, light="#fff", dark="#000")
    told = {"is_on": user.totp_key is not None, "key": key, "picture": picture, "errors": errors}
    return render_template("web/second_factor/page.html", **told)


def _done(message: str) -> Response:
    flash(message)
    return redirect(url_for("own.page"), 303)
