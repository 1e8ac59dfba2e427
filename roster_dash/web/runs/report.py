"""A run told in codes and numbers only: fit for a public issue tracker."""

import platform
import sys
from collections import Counter
from collections.abc import Iterator

from roster_dash.extensions import db
from roster_dash.roster.outcomes import REASONS
from roster_dash.roster.report import NO_COUNTS
from roster_dash.roster.settings import ALL, CURRENT, SyncSettings
from roster_dash.store import holds, runs
from roster_dash.store import settings as settings_store
from roster_dash.store.tables import Run

_LISTS = ("class_lists.terms", "class_lists.grades", "notify.emails")
"""Settings whose values may name people, places or terms: only how many are said."""


def redacted(run: Run) -> str:
    """Lines `key: value`; no name, no id of Clever's, no address, no sentence."""
    return "\n".join(f"{name}: {value}" for name, value in _lines(run)) + "\n"


def _lines(run: Run) -> Iterator[tuple[str, object]]:
    yield "status", run.status
    yield "trigger", run.trigger
    yield "error", run.error or "none"
    if run.started_at and run.finished_at:
        yield "seconds", f"{(run.finished_at - run.started_at).total_seconds():.1f}"
    for part, numbers in (run.counts or NO_COUNTS).items():
        told = [f"{name} {number}" for name, number in numbers.items() if number]
        yield part, ", ".join(told) or "0"
    for (entity, action), number in sorted(runs.count_operations(run.id).items()):
        yield f"operations {entity} {action}", number
    for (guard, state), number in sorted(holds.count_holds(run).items()):
        yield f"held {guard} {state}", number
    codes = {sentence: code for code, sentence in REASONS.items()}
    reasons = Counter(codes.get(problem.get("reason", ""), "other") for problem in run.problems)
    for reason, number in sorted(reasons.items()):
        yield f"problems {reason}", number
    yield "warnings", len(run.warnings)
    for key, text in _settings(run).items():
        yield f"setting {key}", text
    yield "python", platform.python_version()
    yield "system", sys.platform
    yield "database", db.engine.dialect.name


def _settings(run: Run) -> dict[str, str]:
    """Those that aren't as they are at first."""
    settings = settings_store.settings_of_run(run) or SyncSettings()
    changed = SyncSettings().differences(settings)
    return {key: _shown(key, after) for key, (_before, after) in changed.items()}


def _shown(key: str, text: str) -> str:
    if key not in _LISTS or text in (ALL, CURRENT, ""):
        return text
    return f"{text.count(',') + 1} chosen"
