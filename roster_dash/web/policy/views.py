"""A district's policy: settings for all its schools, locks, and what a Save would do in each."""

from collections.abc import Mapping

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from roster_dash import jobs, together
from roster_dash.roster.policy import SHARED, Policy
from roster_dash.roster.roles import FORM_ORDER
from roster_dash.roster.settings import SyncSettings
from roster_dash.store import policies, schools
from roster_dash.store.tables import District
from roster_dash.store.transactions import commit
from roster_dash.web.access import district_or_404
from roster_dash.web.login import viewing
from roster_dash.web.policy.foresight import foresee
from roster_dash.web.rostering.form import FIELDS, SettingsForm, offer_district, read_form
from roster_dash.web.rostering.saving import take_save
from roster_dash.web.values import row_number

blueprint = Blueprint("policy", __name__)

PAGE = "web/policy/page.html"
MOST_SHOWN = 50


@blueprint.get("/districts/<int:district_id>/policy")
def page(district_id: int) -> str:
    row = district_or_404(district_id)
    policy = policies.load_policy(row.id) or Policy(SyncSettings())
    form = offer_district(policy.settings.flat(), {}, policy.locked)
    return render_template(PAGE, **_about(row), form=form)


@blueprint.post("/districts/<int:district_id>/policy")
def save(district_id: int) -> AnyResponse:
    """Stores a version; the schools that it changes are saved and synced, each by itself."""
    row = district_or_404(district_id)
    schools.lock_district(row.id)
    save = take_save(request.form, _newest(row))
    if save.settings is None:
        form = offer_district(save.texts, save.errors, _locked())
        return make_response(render_template(PAGE, **_about(row), form=form), 422)
    version = policies.save_policy(row.id, save.settings, _locked(), viewing().id)
    commit()
    outcome = together.spread_policy(row.id)
    jobs.enqueue_runs(outcome.run_ids)
    flash(f"Saved as version {version.number}. {save.notice} {_spread(row, outcome)}")
    return redirect(url_for("policy.page", district_id=row.id), 303)


@blueprint.post("/districts/<int:district_id>/policy/preview")
def preview(district_id: int) -> str:
    """What a Save of the form as it stands would do; `page` of the schools that it changes."""
    row = district_or_404(district_id)
    settings, errors, texts = read_form(request.form, _newest(row)[0])
    number = max(1, request.form.get("page", 1, type=row_number))
    seen = None if errors else foresee(row.id, Policy(settings, _locked()), number)
    if "HX-Request" in request.headers:
        return render_template(
            "web/policy/_preview.html", foreseen=seen, errors=errors, district=row
        )
    form: SettingsForm = offer_district(texts, errors, _locked())
    return render_template(PAGE, **_about(row), form=form, foreseen=seen, errors=errors)


def _newest(district: District) -> tuple[SyncSettings, SyncSettings]:
    """What the policy says now, and what it said when the form was opened."""
    base = policies.version_of(district.id, request.form.get("base", 0, type=row_number))
    found = (policies.load_policy(district.id), policies.policy_of(base))
    newest, opened = (each.settings if each else SyncSettings() for each in found)
    return newest, opened


def _locked() -> frozenset[str]:
    return frozenset(request.form.getlist("locked")) & frozenset(SHARED)


def _spread(district: District, outcome: together.Outcome) -> str:
    rest = len(policies.behind(district.id))
    same = outcome.done - len(outcome.run_ids)
    told = [f"{same} {'school stays as it is' if same == 1 else 'schools stay as they are'}"]
    told += [
        f"{len(outcome.run_ids)} {'is' if len(outcome.run_ids) == 1 else 'are'} changed and synced"
    ]
    told += [f"{rest} follow within minutes"] if rest else []
    return ", ".join(told) + "."


def _about(district: District) -> Mapping[str, object]:
    policy, found = policies.load_policy(district.id), policies.settings_of_schools(district.id)
    differing = [
        (school, differences)
        for school, settings in found
        if policy and (differences := policy.differences(settings or SyncSettings()))
    ]
    return {
        "district": district,
        "version": policies.latest_version(district.id),
        "versions": policies.versions(district.id),
        "roles": FORM_ORDER,
        "fields": FIELDS,
        "every": len(found),
        "differing": differing[:MOST_SHOWN],
        "more": max(0, len(differing) - MOST_SHOWN),
    }
