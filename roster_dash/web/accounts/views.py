"""Who has an account for the schools one answers for; inviting, and switching off."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from roster_dash import jobs
from roster_dash.roster.errors import BadInput
from roster_dash.store import accounts, invitations, mails, schools, second_factor, tokens
from roster_dash.store.accounts import AccountRole
from roster_dash.store.tables import District, School, User
from roster_dash.store.transactions import commit, rollback
from roster_dash.web.login import viewing
from roster_dash.web.own.views import ROLES
from roster_dash.web.values import row_number

blueprint = Blueprint("accounts", __name__)


@blueprint.get("/accounts")
def page() -> str:
    return _page()


@blueprint.post("/accounts/invite")
def invite() -> Response | tuple[str, int]:
    form = request.form
    try:
        link = invitations.invite(
            viewing(), form.get("email", ""), _role(), owned=_schools(), district=_district()
        )
    except BadInput as error:
        rollback()
        return _page(error.message), 422
    mail_id = mails.add_link_mail(link.id, "invitation", link.email)
    commit()
    jobs.enqueue_mail(mail_id)
    return _done(f"An invitation to {link.email} is on its way.")


@blueprint.post("/accounts/invitations/<int:link_id>/withdraw")
def withdraw(link_id: int) -> Response:
    link = invitations.find_invitation(viewing(), link_id) or abort(404)
    invitations.withdraw(link)
    commit()
    return _done("The invitation is withdrawn; its link opens nothing.")


@blueprint.post("/accounts/<int:user_id>/disable")
def disable(user_id: int) -> Response:
    user = _managed_or_404(user_id)
    accounts.switch(user, on=False)
    keys = tokens.count_made_by(user.id)
    commit()
    rest = f" API keys of theirs that still hold: {keys}; see API of their schools." if keys else ""
    return _done(f"{user.email} can’t log in any more and is logged out everywhere.{rest}")


@blueprint.post("/accounts/<int:user_id>/enable")
def enable(user_id: int) -> Response:
    user = _managed_or_404(user_id)
    accounts.switch(user, on=True)
    commit()
    return _done(f"{user.email} can log in again.")


@blueprint.post("/accounts/<int:user_id>/second-factor/off")
def second_factor_off(user_id: int) -> Response:
    """For somebody who has lost their phone."""
    user = _managed_or_404(user_id)
    second_factor.switch_off(user)
    commit()
    return _done(f"{user.email} logs in with the password alone now.")


def _managed_or_404(user_id: int) -> User:
    user = accounts.get_user(user_id)
    if user is None or not invitations.may_switch_off(viewing(), user):
        abort(404)
    return user


def _role() -> AccountRole:
    text = request.form.get("role", AccountRole.OWNER)
    if text not in set(AccountRole):
        raise BadInput("Choose what the person is going to be.")
    return AccountRole(text)


def _schools() -> list[School]:
    """Those of the form; one that the viewer can't see doesn't exist for them."""
    found = map(schools.get_school, request.form.getlist("school", type=row_number))
    chosen = list(found)
    if any(each is None or not accounts.may_see_school(viewing(), each) for each in chosen):
        raise BadInput("That school is none of yours.")
    return [each for each in chosen if each is not None]


def _district() -> District | None:
    user = viewing()
    if user.role != AccountRole.SPECIALIST:
        return user.district
    return schools.get_district(request.form.get("district", 0, type=row_number))


def _page(error: str = "") -> str:
    user = viewing()
    shown = invitations.accounts_for(user)
    return render_template(
        "web/accounts/page.html",
        accounts=shown,
        managed={each.id for each in shown if invitations.may_switch_off(user, each)},
        invitations=invitations.open_invitations(user),
        roles=ROLES,
        given=invitations.roles_to_give(user),
        schools=accounts.visible_schools(user),
        districts=schools.all_districts() if user.role == AccountRole.SPECIALIST else [],
        typed=request.form,
        zone=accounts.zone_of(user),
        errors={"invite": error} if error else {},
    )


def _done(message: str) -> Response:
    flash(message)
    return redirect(url_for("accounts.page"), 303)
