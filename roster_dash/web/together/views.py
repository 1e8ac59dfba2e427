"""Many schools of a district at once: sync, pause, resume, approve, the same as the district."""

from collections.abc import Callable, Iterator, Mapping, Sequence, Set

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from roster_dash import clock, jobs, together
from roster_dash.roster.errors import BadInput, UnknownThing
from roster_dash.store import holds, runs, schools
from roster_dash.store.tables import HoldRow, Run
from roster_dash.store.transactions import commit
from roster_dash.together import Outcome
from roster_dash.web.access import district_or_404
from roster_dash.web.district.schools import Wanted, fitting
from roster_dash.web.login import viewing
from roster_dash.web.values import row_number

blueprint = Blueprint("together", __name__)

SHOWN = 50
"""Schools that are approved with one click; more than anybody reads through."""


@blueprint.post("/districts/<int:district_id>/together")
def do(district_id: int) -> AnyResponse:
    """What is asked for the chosen schools; approving asks back first, with everything listed."""
    row = district_or_404(district_id)
    chosen, what = _chosen(row.id), request.form.get("do", "")
    if not chosen:
        raise BadInput("Choose schools first, or tick “all”.")
    if what == "approve":
        return redirect(url_for("together.waiting", district_id=row.id, school=chosen[:SHOWN]), 303)
    if what not in _STEPS:
        raise BadInput(f"Nothing is called “{what[:40]}”; use one of the buttons.")
    word, step = _STEPS[what]
    outcome = step(chosen, viewing().id)
    jobs.enqueue_runs(outcome.run_ids)
    return _told(row.id, word, outcome)


@blueprint.get("/districts/<int:district_id>/together/approve")
def waiting(district_id: int) -> str:
    """What waits in the chosen schools, or in all of them, to be read and approved."""
    row, asked = district_or_404(district_id), request.args.getlist("school", type=row_number)
    shown = list(_waiting(row.id, set(asked)))
    return render_template("web/together/approve.html", district=row, waiting=shown)


@blueprint.post("/districts/<int:district_id>/together/approve")
def approve(district_id: int) -> AnyResponse:
    """Exactly what was listed; what has come since waits on."""
    row = district_or_404(district_id)
    ours = {school[0] for school in schools.schools_of(row.id)}
    listed: dict[int, dict[int, list[int]]] = {}
    for text in request.form.getlist("holds"):
        run, ids = _listed(text)
        if run is None or run.school_id not in ours:
            raise BadInput("What was listed can’t be read any more; choose the schools again.")
        listed.setdefault(run.school_id, {})[run.id] = ids
    commit()
    return _told(row.id, "What waited is approved", together.approve(listed, viewing().id))


def _chosen(district_id: int) -> list[int]:
    """Ids of linked schools of the district; of others nothing is known here."""
    form, now = request.form, clock.now()
    if form.get("every"):
        wanted = Wanted(text=form.get("q", "").strip(), state=form.get("state", ""))
        return [school.id for school in fitting(district_id, wanted, now) if school.is_linked]
    asked = set(form.getlist("school", type=row_number))
    every = fitting(district_id, Wanted(), now)
    return [school.id for school in every if school.id in asked and school.is_linked]


def _pause(school_ids: Sequence[int], user_id: int) -> Outcome:
    until = request.form.get("until", "").strip()
    if not until:
        raise BadInput("Say until which day the schools pause.")
    return together.change(school_ids, {"pause.until": until}, user_id)


def _resume(school_ids: Sequence[int], user_id: int) -> Outcome:
    return together.change(school_ids, {"pause.until": ""}, user_id)


_STEPS: Mapping[str, tuple[str, Callable[[Sequence[int], int], Outcome]]] = {
    "sync": ("A sync is asked for", together.sync),
    "policy": ("The same as the district", together.use_policy),
    "pause": ("Paused", _pause),
    "resume": ("Resumed", _resume),
}


def _waiting(district_id: int, asked: Set[int]) -> Iterator[tuple[Run, Sequence[HoldRow]]]:
    every = [school[0] for school in schools.schools_of(district_id)]
    numbers = holds.count_waiting([each for each in every if not asked or each in asked])
    for school_id in list(numbers)[:SHOWN]:
        if run := holds.newest_waiting(school_id):
            yield run, holds.holds_of(run, state=holds.HoldState.WAITING)


def _listed(text: str) -> tuple[Run | None, list[int]]:
    """ "7:1,2,3" is run 7 with its holds 1, 2 and 3."""
    head, _, tail = text.partition(":")
    try:
        return runs.find_run(row_number(head)), [row_number(each) for each in tail.split(",")]
    except (ValueError, UnknownThing):
        return None, []


def _told(district_id: int, word: str, outcome: Outcome) -> AnyResponse:
    number = f"{outcome.done:,} {'school' if outcome.done == 1 else 'schools'}"
    flash(f"{word}: {number}.")
    for name, trouble in list(outcome.troubles.items())[:10]:
        flash(f"{name}: {trouble}")
    return redirect(url_for("district.page", district_id=district_id), 303)
