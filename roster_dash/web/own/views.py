"""The account of whoever asks: its password, and where it is logged in."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from roster_dash import jobs, language
from roster_dash.language import later
from roster_dash.roster.errors import BadInput
from roster_dash.store import accounts, links, mails, sessions
from roster_dash.store.links import LinkKind
from roster_dash.store.transactions import commit, rollback
from roster_dash.web.account.views import password_refused
from roster_dash.web.login import own_session, viewing
from roster_dash.web.own.devices import device_words
from roster_dash.web.values import row_number

blueprint = Blueprint("own", __name__)

ROLES = {
    "owner": later("Owner"),
    "district_manager": later("District Manager"),
    "specialist": later("Integration specialist"),
}


@blueprint.get("/account")
def page() -> str:
    return _page()


@blueprint.post("/account/password")
def change_password() -> Response | tuple[str, int]:
    """The present password is asked for: an open screen alone must not give the account away."""
    user, form = viewing(), request.form
    if refused := password_refused(form.get("present", "")):
        return _page(present=refused), 422
    try:
        accounts.change_password(user, form.get("new", ""), but=own_session())
    except BadInput as error:
        rollback()
        return _page(new=error.message), 422
    commit()
    return _done("Your password is changed; every other device is logged out.")


@blueprint.post("/account/address")
def change_address() -> Response | tuple[str, int]:
    """A link to the new address confirms it; until then the old one holds."""
    user, form = viewing(), request.form
    try:
        address = accounts.address_of(form.get("address", ""))
        accounts.must_be_free(address)
    except BadInput as error:
        return _page(address=error.message), 422
    if refused := password_refused(form.get("password", "")):
        return _page(password=refused), 422
    link = links.make_link(LinkKind.ADDRESS, address, user_id=user.id)
    mail_id = mails.add_link_mail(link.id, "address", address)
    commit()
    jobs.enqueue_mail(mail_id)
    return _done(f"A link is on its way to {address}; the change holds once you follow it.")


@blueprint.post("/account/language")
def choose_language() -> Response:
    """Of pages and mails; "" is what the browser says."""
    code = request.form.get("language", "")
    if code and code not in language.offered():
        raise BadInput("Choose one of the languages.")
    accounts.choose_language(viewing(), code or None)
    commit()
    return _done("Saved.")


@blueprint.post("/account/sessions/end")
def end_sessions() -> Response:
    """One log-in by its number, or all but this one."""
    user, wanted = viewing(), request.form.get("session", 0, type=row_number)
    if wanted:
        number = int(sessions.end_own(user.id, wanted))
    else:
        number = sessions.end_all(user.id, but=own_session())
    sessions.record_ended(user, number)
    commit()
    return _done(f"{number:,} logged out." if number else "There was nothing to log out.")


def _page(**errors: str) -> str:
    user = viewing()
    open_ = [(row, device_words(row.agent)) for row in sessions.sessions_of(user.id)]
    own, zone = own_session(), accounts.zone_of(user)
    return render_template(
        "web/own/page.html",
        user=user,
        role=ROLES[user.role],
        schools=user.schools,
        sessions=open_,
        own=own,
        zone=zone,
        languages=language.offered(),
        errors=errors,
    )


def _done(message: str) -> Response:
    flash(message)
    return redirect(url_for("own.page"), 303)
