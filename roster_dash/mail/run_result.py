"""The mail about one run: the verdict in the subject, everything about the run in the body."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import render_template

from roster_dash.mail.message import Mail
from roster_dash.roster.report import Counts, verdict


@dataclass(frozen=True, slots=True)
class Changes:
    """One kind of change: its title, how many there are, and the first of them as lines."""

    title: str
    number: int
    first: Sequence[str]

    @property
    def more(self) -> int:
        return self.number - len(self.first)


@dataclass(frozen=True, slots=True)
class RunResult:
    """Everything the mail says about a run. `problems`: {name, source_id, reason}."""

    school: str
    zone: str
    status: str
    message: str
    counts: Counts
    warnings: Sequence[str]
    problems: Sequence[Mapping[str, Any]]
    changes: Sequence[Changes]
    holds: Sequence[str]
    held: Sequence[Changes]
    finished_at: datetime | None
    next_due_at: datetime | None
    url: str
    history_url: str = ""
    followed: int = 0
    """How much has changed since the daily sync before, by itself and during the day."""
    unsubscribe_url: str = ""


def compose_run_result(result: RunResult) -> Mail:
    """The mail about a run; its subject is the verdict."""
    line = verdict(result.status, result.counts, list(result.warnings))
    zone = ZoneInfo(result.zone)
    about = {
        "result": result,
        "verdict": line,
        "finished": _local(result.finished_at, zone),
        "next_due": _local(result.next_due_at, zone),
    }
    return Mail(
        subject=" ".join(f"{result.school}: {line}".split()),
        text=render_template("mail/run_result.txt", **about),
        html=render_template("mail/run_result.html", **about),
        unsubscribe_url=result.unsubscribe_url,
    )


def _local(moment: datetime | None, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).strftime("%A %d %B, %H:%M") if moment else ""
