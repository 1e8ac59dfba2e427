"""The mail about one run: the verdict in the subject, everything about the run in the body."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from roster_dash.language import translated
from roster_dash.mail.letter import (
    GLUE,
    ON_THE_LIST,
    Letter,
    Link,
    Mail,
    Part,
    Tone,
    label,
    write,
)
from roster_dash.roster.origin import capital
from roster_dash.roster.report import (
    Counts,
    changes_anything,
    needs_a_person,
    summary,
    verdict,
)

NAMED_PROBLEMS = 10


@dataclass(frozen=True, slots=True)
class Change:
    """Whom or which list it is about; what `would` happen, or what in particular is changed."""

    name: str
    would: str = ""
    about: Sequence[str] = ()

    def line(self) -> str:
        """In the language that is spoken; a name is the same in all."""
        about = ", ".join(map(translated, self.about))
        what = (self.name, self.would and translated(self.would), about and f"({about})")
        return " ".join(filter(None, what))


@dataclass(frozen=True, slots=True)
class Changes:
    """One kind of change: its title, how many there are, and the first of them."""

    title: str
    number: int
    first: Sequence[Change]

    def part(self, *, waits: bool = False) -> Part:
        what = self.title
        return Part(
            f"Waiting for you: {what}" if waits else what,
            number=self.number,
            items=[change.line() for change in self.first],
            more=self.number - len(self.first),
        )


@dataclass(frozen=True, slots=True)
class RunResult:
    """Everything the mail says about a run. `problems`: {name, source_id, outcome, reason}."""

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

    @property
    def needs_somebody(self) -> bool:
        return needs_a_person(self.counts, list(self.warnings))


def compose_run_result(result: RunResult) -> Mail:
    """The mail about a run; its subject is the verdict."""
    line = verdict(result.status, result.counts, list(result.warnings))
    return write(
        Letter(
            about=result.school,
            verdict=line,
            lead=list(_lead(result)),
            button=_button(result),
            tone=_tone(result),
            parts=list(_parts(result)),
            small_print=[*_times(result), ON_THE_LIST],
            unsubscribe_url=result.unsubscribe_url,
        )
    )


def _lead(result: RunResult) -> Iterator[str]:
    if result.status == "failed":
        yield f"The sync failed: {translated(result.message)}"
        return
    if result.held:
        yield (
            "It is your move: approve or reject what waits. Nothing of it was done; everything "
            "else was."
        )
        yield from result.holds
    elif result.needs_somebody:
        yield "It is your move: look at what is listed below."
    else:
        yield "You need not do anything."
    if news := _beyond_the_verdict(result):
        yield news


def _beyond_the_verdict(result: RunResult) -> str:
    """What the run's message says that the mail doesn't say anyway."""
    text = result.message.removeprefix(f"{capital(summary(result.counts))}.")
    for said in (*result.holds, *result.warnings):
        text = text.replace(said, "", 1)
    return " ".join(text.split())


def _button(result: RunResult) -> Link:
    if result.held:
        return Link("Approve or reject", f"{result.url}#held-title")
    if result.status != "failed" and result.needs_somebody:
        return Link("Look at it", result.url)
    label = "See every change" if changes_anything(result.counts) else "See the run"
    return Link(label, result.url)


def _tone(result: RunResult) -> Tone:
    if result.status == "failed":
        return Tone.BAD
    return Tone.YOUR_MOVE if result.held or result.needs_somebody else Tone.GOOD


def _parts(result: RunResult) -> Iterator[Part]:
    for held in result.held:
        yield held.part(waits=True)
    if result.problems:
        yield _problems(result.problems)
    if result.warnings:
        yield Part("Warnings", sentences=result.warnings)
    if result.status != "failed":
        titles = {"people": "People", "lists": "Lists", "memberships": "Memberships"}
        rows = [
            (translated(title), _numbers(result.counts[name])) for name, title in titles.items()
        ]
        yield Part("In numbers", rows=rows)
    yield from (change.part() for change in result.changes)
    if result.followed:
        yield Part(
            "Since the daily sync before",
            sentences=[
                f"{result.followed:,} {'change' if result.followed == 1 else 'changes'} followed "
                "the roster during the day."
            ],
            link=Link("See the history", result.history_url),
        )


def _problems(problems: Sequence[Mapping[str, Any]]) -> Part:
    is_revert = all(problem.get("outcome") == "skipped" for problem in problems)
    named = problems[:NAMED_PROBLEMS]
    return Part(
        "Left as they are" if is_revert else "To settle by hand",
        number=len(problems),
        items=[
            f"{problem['name'] or problem['source_id'] or translated('A record')}: "
            f"{translated(problem['reason'])}"
            for problem in named
        ],
        more=len(problems) - len(named),
    )


def _numbers(counts: Mapping[str, int]) -> str:
    """ "created 13, invalid 1; none updated, archived": zero is said out loud."""
    some = ", ".join(f"{label(name)}{GLUE}{number:,}" for name, number in counts.items() if number)
    none = ", ".join(label(name) for name, number in counts.items() if not number)
    return "; ".join(filter(None, (some, none and translated(f"none {none}"))))


def _times(result: RunResult) -> Iterator[str]:
    zone = ZoneInfo(result.zone)
    if result.finished_at:
        yield f"Finished: {_local(result.finished_at, zone)}"
    if result.next_due_at:
        yield f"Next sync: {_local(result.next_due_at, zone)}"


def _local(moment: datetime, zone: ZoneInfo) -> str:
    local = moment.astimezone(zone)
    return f"{local:%A} {local.day} {local:%B}, {local:%H:%M}"
