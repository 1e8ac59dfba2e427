"""What links in mails open: an invitation, a new password, a new address. No log-in needed."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from roster_dash import jobs
from roster_dash.roster.errors import BadInput
from roster_dash.store import accounts, audit, invitations, links, mails
from roster_dash.store.audit import Did
from roster_dash.store.links import LinkKind
from roster_dash.store.tables import AccountLink
from roster_dash.store.transactions import commit, rollback

blueprint = Blueprint("links", __name__)

DONE = {
    LinkKind.INVITATION: "Welcome. Log in with your address and password.",
    LinkKind.RESET: "Your password is changed. Log in with it.",
    LinkKind.ADDRESS: "Your address is changed. Log in with it from now on.",
}


@blueprint.get("/forgot")
def forgot() -> str:
    return render_template("web/links/forgot.html", is_sent=False)


@blueprint.post("/forgot")
def send_reset() -> str:
    """Says the same whether there is such an account or not."""
    user = accounts.user_of(request.form.get("email", ""))
    if user is not None and user.disabled_at is None and links.may_ask_again(user.email):
        link = links.make_link(LinkKind.RESET, user.email, user_id=user.id)
        audit.record(Did.PASSWORD_RESET_ASKED, about=user.email)
        mail_id = mails.add_link_mail(link.id, "reset", user.email)
        commit()
        jobs.enqueue_mail(mail_id)
    return render_template("web/links/forgot.html", is_sent=True)


@blueprint.get("/links/<token>")
def page(token: str) -> str:
    """Asks first: mail programs open links by themselves."""
    return _page(links.find_link(token) or abort(404))


@blueprint.post("/links/<token>")
def follow(token: str) -> Response | tuple[str, int]:
    link = links.find_link(token) or abort(404)
    try:
        told = _follow(link, request.form.get("password", ""))
    except BadInput as error:
        rollback()
        again = links.find_link(token) or abort(404)
        return _page(again, error.message), 422
    commit()
    for mail_id in told:
        jobs.enqueue_mail(mail_id)
    flash(DONE[LinkKind(link.kind)])
    return redirect(url_for("account.log_in"), 303)


def _follow(link: AccountLink, password: str) -> list[int]:
    """Does what the link is for; the mails that tell of it."""
    if link.kind == LinkKind.INVITATION:
        invitations.accept(link, password)
    elif link.kind == LinkKind.RESET:
        accounts.reset_password(link, password)
    else:
        before = accounts.confirm_address(link)
        return [mails.add_link_mail(link.id, "address_changed", before)]
    return []


def _page(link: AccountLink, error: str = "") -> str:
    owned, district = invitations.granted(link)
    return render_template(
        "web/links/page.html",
        link=link,
        is_new=link.kind == LinkKind.RESET or accounts.user_of(link.email) is None,
        what=[district.name] if district else [school.name for school in owned],
        errors={"password": error} if error else {},
    )
