"""How a run ends: its report, and the mails that it puts into the outbox."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from roster_dash.roster.origin import capital
from roster_dash.roster.outcomes import REASONS, Outcome
from roster_dash.roster.plan import Plan
from roster_dash.roster.report import NO_COUNTS, counts_of, is_wanted, summary
from roster_dash.roster.settings import SyncSettings
from roster_dash.store import holds, mails, requests, runs
from roster_dash.store.runs import Ending, RunStatus, Trigger
from roster_dash.store.tables import Run

REMINDER = timedelta(days=7)
"""What waits for a person is mailed again after so long."""


@dataclass(frozen=True, slots=True)
class Result:
    """A run that was worked on, the run to enqueue now, and the mails it put in the outbox.

    `waiting_run_id`: the run that had waited behind it, or itself if it is queued again.
    """

    run: Run
    waiting_run_id: int | None = None
    mail_ids: Sequence[int] = ()


def ending_of(planned: Plan) -> Ending:
    """How a run that applied a plan ends."""
    counts = counts_of(planned)
    sentence = summary(counts)
    guarded = [warning for warning in planned.warnings if "was removed" in warning]
    return Ending(
        status=RunStatus.HELD if planned.held else RunStatus.SUCCEEDED,
        message=" ".join([capital(sentence) + ".", *planned.holds[:5], *guarded]),
        counts=counts,
        warnings=planned.warnings,
        holds=planned.holds,
        problems=[
            {"name": name, "source_id": source_id, "outcome": outcome, "reason": REASONS[reason]}
            for outcome, reason, source_id, _kept_id, name in planned.outcomes
            if outcome in (Outcome.CONFLICT, Outcome.INVALID)
        ],
    )


def ending_again(before: Run) -> Ending:
    """How a run ends that meets what an earlier one met, which found nothing to do."""
    return Ending(
        status=RunStatus.SUCCEEDED,
        message=before.message,
        counts=before.counts,
        warnings=before.warnings,
        problems=before.problems,
    )


def add_result_mails(run: Run, settings: SyncSettings) -> Sequence[int]:
    """Tells whoever wants to know, unless it is no news."""
    counts, warnings = run.counts or NO_COUNTS, list(run.warnings)
    wanted = is_wanted(settings.notify_when, run.status, counts, warnings)
    if run.trigger == Trigger.SCHEDULE and settings.notify_when == "changes":
        wanted = wanted or bool(runs.followed_before(run))
    is_between = run.trigger == Trigger.EVENTS  # what it changed, the next daily mail tells
    if run.status == RunStatus.CANCELLED or not wanted:
        return ()
    if is_between and run.status not in (RunStatus.HELD, RunStatus.FAILED):
        return ()
    if (is_between or settings.notify_when != "always") and not _is_news(run):
        return ()
    return mails.add_mails(run.id, "run_result", settings.notify_emails)


def _is_news(run: Run) -> bool:
    """One mail per episode: a failure that goes on and what waits already are no news."""
    if run.status != RunStatus.HELD:
        return not runs.repeats_failure(run.id)
    last, now = runs.last_mailed_at(run.school_id), run.finished_at
    return holds.has_new(run) or last is None or now is None or now - last >= REMINDER


def tell_requester(run: Run) -> Sequence[int]:
    """After the first sync of a school that somebody asked for: that settings can be made."""
    request = requests.first_sync_done(run.school_id)
    if request is None:
        return ()
    return mails.add_mails(None, "request_ready", [request.requested_by.email], request.id)
