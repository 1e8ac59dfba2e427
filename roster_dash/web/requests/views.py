"""Set-up requests: asked for by Owners and District Managers, worked on by Specialists."""

from flask import Blueprint, abort, flash, make_response, redirect, render_template, url_for
from flask import request as asked
from werkzeug.wrappers import Response as AnyResponse

from roster_dash import jobs
from roster_dash.config import current_config
from roster_dash.roster.errors import BadInput
from roster_dash.roster.origin import capital
from roster_dash.store import accounts, mails, requests, runs
from roster_dash.store.requests import RequestState
from roster_dash.store.tables import SetupRequest
from roster_dash.store.transactions import commit, rollback
from roster_dash.web.access import school_or_404, specialist_or_404
from roster_dash.web.login import viewing
from roster_dash.web.values import row_number

blueprint = Blueprint("requests", __name__)

_STEPS = {
    "new": ("New", "busy", "We check the request.", "Integration specialist"),
    "waiting": (
        "Waiting for the district",
        "warn",
        "The district {shares}.",
        "",
    ),
    "linked": ("Linked", "busy", "A first sync is pushed by hand.", "Integration specialist"),
    "done": ("First sync done", "good", "Choose what is synced under Rostering.", "Owner"),
}
"""State -> what `_step_of` says; of one that waits in the words of the district’s source."""


@blueprint.get("/requests")
def page() -> str:
    found = requests.visible_requests(viewing())
    return render_template("web/requests/page.html", requests=found, **_words())


@blueprint.get("/requests/new")
def new() -> str:
    return render_template("web/requests/new.html", typed={}, error="", **_words())


@blueprint.post("/requests/new")
def add() -> AnyResponse:
    """Stores it; mails support and who asked."""
    try:
        request = requests.add_request(dict(asked.form), viewing())
    except BadInput as error:
        rollback()
        told = {"typed": asked.form, "error": error.message, **_words()}
        return make_response(render_template("web/requests/new.html", **told), 422)
    support = current_config().support_email
    ids = [
        *mails.add_mails(None, "request_received", [support] if support else [], request.id),
        *mails.add_mails(None, "request_confirmed", [viewing().email], request.id),
    ]
    commit()
    for mail_id in ids:
        jobs.enqueue_mail(mail_id)
    return _to(request, "Your request is on its way; a mail confirms it.")


@blueprint.get("/requests/<int:request_id>")
def one(request_id: int) -> str:
    request = _visible_or_404(request_id)
    return render_template(
        "web/requests/request.html",
        request_=request,
        **_words() | {"origin": requests.origin_of(request)},
        schools=accounts.visible_schools(viewing()),
        works_on_it=viewing().role == accounts.AccountRole.SPECIALIST,
    )


@blueprint.post("/requests/<int:request_id>/waiting")
def waiting(request_id: int) -> AnyResponse:
    specialist_or_404()
    request = _visible_or_404(request_id)
    requests.move(request, RequestState.WAITING)
    commit()
    return _to(request, "It waits for the district now.")


@blueprint.post("/requests/<int:request_id>/link")
def link(request_id: int) -> AnyResponse:
    specialist_or_404()
    request = _visible_or_404(request_id)
    requests.link(request, school_or_404(asked.form.get("school", 0, type=row_number)))
    commit()
    return _to(request, "The request has its school. Push the first sync next.")


@blueprint.post("/requests/<int:request_id>/first-sync")
def first_sync(request_id: int) -> AnyResponse:
    """The first sync by hand: it brings the first answer, so that settings can be chosen."""
    specialist_or_404()
    request = _visible_or_404(request_id)
    if request.school_id is None:
        abort(404)
    run = runs.request_run(request.school_id, runs.Trigger.MANUAL, viewing().id)
    commit()
    jobs.enqueue_run(run.id, first=True)
    flash("The first sync is on its way; who asked is mailed when it has succeeded.")
    return redirect(url_for("runs.page", run_id=run.id), 303)


def _words() -> dict[str, object]:
    return {"step_of": _step_of, "origin": accounts.origin_of(viewing())}


def _step_of(request: SetupRequest) -> tuple[str, str, str, str]:
    """(its word, its tone, the next step, whose move it is)."""
    word, tone, step, whose = _STEPS[request.state]
    if request.state != RequestState.WAITING:
        return word, tone, step, whose
    origin = requests.origin_of(request)
    return word, tone, step.format(shares=origin.shares), capital(origin.sharer)


def _visible_or_404(request_id: int) -> SetupRequest:
    request = requests.get_request(request_id)
    user = viewing()
    is_own = request is not None and request.requested_by_id == user.id
    if request is None or not (is_own or user.role == accounts.AccountRole.SPECIALIST):
        abort(404)
    return request


def _to(request: SetupRequest, message: str) -> AnyResponse:
    flash(message)
    return redirect(url_for("requests.one", request_id=request.id), 303)
