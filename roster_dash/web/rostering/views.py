"""The Rostering page: what a school syncs, Save, Sync now, and the run's state in place."""

from collections.abc import Mapping
from dataclasses import replace

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request
from flask import url_for as address
from werkzeug.wrappers import Response as AnyResponse

from roster_dash import jobs, planning
from roster_dash.config import current_config
from roster_dash.mail.message import send_mail
from roster_dash.mail.trial import compose_trial
from roster_dash.roster.roles import FORM_ORDER
from roster_dash.roster.settings import SyncSettings
from roster_dash.store import policies, runs, schools, snapshots
from roster_dash.store import settings as settings_store
from roster_dash.store.tables import Run, School
from roster_dash.store.transactions import commit
from roster_dash.web.access import run_or_404, school_or_404
from roster_dash.web.login import viewing
from roster_dash.web.rostering.foresight import foresee
from roster_dash.web.rostering.form import FIELDS, SettingsForm, offer, read_form
from roster_dash.web.rostering.saving import enforced, take_save
from roster_dash.web.values import row_number

blueprint = Blueprint("rostering", __name__)

PAGE = "web/rostering/page.html"


@blueprint.get("/schools/<int:school_id>/rostering")
def page(school_id: int) -> str:
    school = school_or_404(school_id)
    settings = settings_store.load_settings(school.id)
    return render_template(PAGE, **_about(school), form=_form(school, settings.flat()))


@blueprint.post("/schools/<int:school_id>/rostering")
def save(school_id: int) -> AnyResponse:
    """Stores a version and asks for a sync; a form with a mistake changes nothing."""
    school = school_or_404(school_id)
    schools.lock_school(school.id)
    save = take_save(request.form, _newest(school), policies.load_policy(school.district_id))
    if save.settings is None:
        return _page_again(school, _form(school, save.texts, save.errors))
    return _store(school, save.settings, save.notice)


@blueprint.post("/schools/<int:school_id>/rostering/put-back/<int:number>")
def put_back(school_id: int, number: int) -> AnyResponse:
    """An older version's settings as a new version."""
    school = school_or_404(school_id)
    schools.lock_school(school.id)
    older = enforced(school, settings_store.settings_of(school.id, number))
    return _store(school, older, f"Version {number} again.")


@blueprint.post("/schools/<int:school_id>/rostering/same-as-district")
def same_as_district(school_id: int) -> AnyResponse:
    """The district's policy in everything that isn't the school's own."""
    school = school_or_404(school_id)
    schools.lock_school(school.id)
    policy, settings = policies.load_policy(school.district_id), _newest(school)[0]
    wanted = policy.whole(settings) if policy else settings
    return _store(school, wanted, "The same as the district.")


@blueprint.post("/schools/<int:school_id>/rostering/preview")
def preview(school_id: int) -> str:
    """What a Save of the form as it stands would do; writes nothing and asks nobody."""
    school = school_or_404(school_id)
    settings, errors, texts = read_form(request.form, settings_store.load_settings(school.id))
    seen = None if errors else foresee(school, enforced(school, settings))
    if "HX-Request" in request.headers:
        return render_template(
            "web/rostering/_preview.html", school=school, seen=seen, errors=errors
        )
    form = _form(school, texts, errors)
    return render_template(PAGE, **_about(school), form=form, seen=seen, errors=errors)


@blueprint.post("/schools/<int:school_id>/sync")
def sync_now(school_id: int) -> AnyResponse:
    school = school_or_404(school_id)
    run = runs.request_run(school.id, runs.Trigger.MANUAL, viewing().id)
    commit()
    return _asked(school, run, "")


@blueprint.post("/schools/<int:school_id>/rostering/test-mail")
def test_mail(school_id: int) -> AnyResponse:
    """Sends a mail to whoever asks, now, and says how it went."""
    school, address_ = school_or_404(school_id), viewing().email
    page = f"{current_config().public_url}/schools/{school.id}/rostering#notify-title"
    mail = compose_trial(school.name, page)
    commit()
    error = send_mail(address_, mail)
    return _answer(school, error or f"A test mail is on its way to {address_}.")


@blueprint.get("/schools/<int:school_id>/rostering/state")
def state(school_id: int) -> str:
    """The state of the school's newest run; asked for again while that one isn't over."""
    return render_template("web/rostering/_state.html", **_about(school_or_404(school_id)))


@blueprint.post("/runs/<int:run_id>/cancel")
def cancel(run_id: int) -> AnyResponse:
    run = run_or_404(run_id)
    asked = runs.request_cancel(run)
    commit()
    message = "The run is being cancelled." if asked else "The run was over already."
    return _answer(run.school, message)


def _store(school: School, settings: SyncSettings, notice: str) -> AnyResponse:
    version = settings_store.save_settings(school, settings, viewing().id)
    run = runs.request_run(school.id, runs.Trigger.SETTINGS, viewing().id)
    commit()
    return _asked(school, run, f"Saved as version {version.number}. {notice}".strip())


def _asked(school: School, run: Run, message: str) -> AnyResponse:
    """The answer after a sync was asked for; the run is in the database, now it is enqueued."""
    handed_over = jobs.enqueue_run(run.id, first=True)
    if not handed_over:
        word = "The queue is away; the sync starts by itself as soon as it is back."
    elif school.rerun_trigger:
        word = "A sync is at work; another one follows it."
    else:
        word = "The sync is on its way."
    return _answer(school, f"{message} {word}".strip())


def _answer(school: School, message: str) -> AnyResponse:
    """In place for HTMX, else the page anew."""
    if "HX-Request" not in request.headers:
        flash(message)
        return redirect(address("rostering.page", school_id=school.id), 303)
    return make_response(
        render_template("web/rostering/_answer.html", **_about(school), message=message)
    )


def _page_again(school: School, form: SettingsForm) -> Response:
    template = "web/rostering/_form.html" if "HX-Request" in request.headers else PAGE
    return make_response(render_template(template, **_about(school), form=form), 422)


def _form(
    school: School, texts: Mapping[str, str], errors: Mapping[str, str] | None = None
) -> SettingsForm:
    latest, policy = snapshots.latest_snapshot(school.id), policies.load_policy(school.district_id)
    known, today = latest[1] if latest else None, planning.today_at(school)
    form = offer(known, texts, errors or {}, today, school.origin)
    return replace(form, locked=policy.locked) if policy else form


def _newest(school: School) -> tuple[SyncSettings, SyncSettings]:
    """What holds now, and what the posted form was opened over."""
    base = request.form.get("base", type=row_number)
    newest = settings_store.load_settings(school.id)
    return newest, settings_store.settings_of(school.id, base)


def _about(school: School) -> dict[str, object]:
    run, policy = runs.active_run(school.id), policies.load_policy(school.district_id)
    settings = settings_store.load_settings(school.id)
    return {
        "policy": policy,
        "differences": policy.differences(settings) if policy else {},
        "school": school,
        "run": run or runs.last_finished(school.id),
        "progress": jobs.progress_of(run.id) if run else {},
        "version": settings_store.latest_version(school.id),
        "roles": FORM_ORDER,
        "fields": FIELDS,
        "versions": settings_store.versions(school.id),
    }
