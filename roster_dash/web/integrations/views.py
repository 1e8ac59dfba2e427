"""What other programs may do with a school: keys of the read API, and webhooks."""

from flask import Blueprint, flash, make_response, redirect, render_template, request
from flask import url_for as address
from werkzeug.wrappers import Response as AnyResponse

from roster_dash import jobs, outbound
from roster_dash.config import current_config
from roster_dash.language import later
from roster_dash.roster.errors import BadInput
from roster_dash.store import tokens, webhooks
from roster_dash.store.secrets import Vault
from roster_dash.store.tables import School
from roster_dash.store.tokens import Scope
from roster_dash.store.transactions import commit, rollback
from roster_dash.store.webhooks import Event
from roster_dash.web.access import refuse, school_or_404
from roster_dash.web.downloads import zip_file
from roster_dash.web.login import viewing
from roster_dash.web.oneroster.asking import base_url, token_url
from roster_dash.web.values import row_number

blueprint = Blueprint("integrations", __name__)

SCOPES = {
    Scope.RUNS: later("Runs and their results"),
    Scope.PEOPLE: later("People"),
    Scope.LISTS: later("Lists and who is on them"),
    Scope.ROSTER: later("People and lists, as OneRoster"),
}
EVENTS = {
    Event.SUCCEEDED: later("A sync succeeded"),
    Event.HELD: later("Something waits for a decision"),
    Event.FAILED: later("A sync failed"),
    Event.CANCELLED: later("A sync was cancelled"),
}


@blueprint.get("/schools/<int:school_id>/api")
def page(school_id: int) -> AnyResponse:
    return _page(school_or_404(school_id))


@blueprint.post("/schools/<int:school_id>/api/tokens")
def make_token(school_id: int) -> AnyResponse:
    """The key is on the answer's page, and never again."""
    school, form = school_or_404(school_id), request.form
    days = form.get("days", 0, type=row_number)
    try:
        key = tokens.make_token(
            school, form.get("name", "").strip(), form.getlist("scope"), days, viewing().id
        )
    except BadInput as error:
        rollback()
        return _page(school_or_404(school_id), error=("token", error.message))
    commit()
    return _page(school, shown=("key", key))


@blueprint.post("/schools/<int:school_id>/api/tokens/<int:token_id>/revoke")
def revoke(school_id: int, token_id: int) -> AnyResponse:
    school, row = school_or_404(school_id), tokens.get_token(token_id)
    if row is None or row.school_id != school.id:
        refuse()
    tokens.revoke(row)
    commit()
    flash(f"The key “{row.name}” opens nothing any more.")
    return redirect(address("integrations.page", school_id=school.id), 303)


@blueprint.get("/schools/<int:school_id>/oneroster.zip")
def export(school_id: int) -> AnyResponse:
    """People and lists as OneRoster files."""
    return zip_file(school_or_404(school_id))


@blueprint.post("/schools/<int:school_id>/api/webhooks")
def add_webhook(school_id: int) -> AnyResponse:
    """The secret is on the answer's page, and never again."""
    school, url = school_or_404(school_id), request.form.get("url", "").strip()
    secret, config = webhooks.new_secret(), current_config()
    try:
        outbound.check_url(url, config.outbound_allow)
        locked = Vault(config.credentials_keys).lock(secret)
        webhooks.add_webhook(school, url, locked, request.form.getlist("event"), viewing().id)
    except BadInput as error:
        rollback()
        return _page(school_or_404(school_id), error=("webhook", error.message))
    commit()
    return _page(school, shown=("secret", secret))


@blueprint.post("/schools/<int:school_id>/api/webhooks/<int:webhook_id>/remove")
def remove_webhook(school_id: int, webhook_id: int) -> AnyResponse:
    school, row = school_or_404(school_id), webhooks.get_webhook(webhook_id)
    if row is None or row.school_id != school.id:
        refuse()
    webhooks.remove(row)
    commit()
    flash("The webhook is removed.")
    return redirect(address("integrations.page", school_id=school.id), 303)


@blueprint.post("/schools/<int:school_id>/api/deliveries/<int:delivery_id>/again")
def send_again(school_id: int, delivery_id: int) -> AnyResponse:
    school, row = school_or_404(school_id), webhooks.get_delivery(delivery_id)
    if row is None or row.webhook.school_id != school.id:
        refuse()
    webhooks.send_again(row)
    commit()
    jobs.enqueue_delivery(delivery_id)
    flash("It is sent again.")
    return redirect(address("integrations.page", school_id=school.id), 303)


def _page(
    school: School, *, shown: tuple[str, str] | None = None, error: tuple[str, str] | None = None
) -> AnyResponse:
    """`shown` is a new key or secret; `error` what is wrong with which form."""
    text = render_template(
        "web/integrations/page.html",
        school=school,
        tokens=tokens.tokens_of(school.id),
        webhooks=webhooks.webhooks_of(school.id),
        deliveries=webhooks.deliveries_of(school.id),
        host_of=webhooks.host_of,
        scopes=SCOPES,
        events=EVENTS,
        shown=shown,
        errors=dict([error] if error else []),
        site=current_config().public_url,
        provider={"base": base_url(), "token": token_url()},
    )
    return make_response(text, 422 if error else 200)
