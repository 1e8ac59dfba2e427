"""Why is this person here, missing or unchanged? Asked by the office, answered by the planner."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from roster_dash.planning import Ground, ground_of
from roster_dash.roster.errors import BadInput
from roster_dash.roster.guard import GUARDS, Guard
from roster_dash.roster.outcomes import REASONS, PersonOutcome
from roster_dash.roster.records import KeptPerson, Person, Snapshot
from roster_dash.roster.searching import fold
from roster_dash.roster.why import Facts, Story, explain
from roster_dash.store import holds, people, snapshots
from roster_dash.store import settings as settings_store
from roster_dash.store.tables import HoldRow, OperationRow, School

MOST = 10
"""So many people are explained at once."""
_SHORTEST = 2


@dataclass(frozen=True, slots=True)
class Answers:
    """`more`: how many others fit the question. `message` says what was found."""

    asked: str
    stories: Sequence[Story]
    more: int
    message: str


def why(school: School, text: str) -> Answers:
    """Everybody whom a name, e-mail or id fits, explained; or when they were last seen.

    Errors: BadInput for a question too short to mean anybody.
    """
    asked = " ".join(text.split())
    if len(asked) < _SHORTEST:
        raise BadInput("Ask for a name, an e-mail or an id; at least two characters of it.")
    settings = settings_store.load_settings(school.id)
    ground = ground_of(school, settings, people_only=True)
    latest = snapshots.latest_snapshot(school.id)
    snapshot = latest[1] if latest else Snapshot()
    answered = _moment(latest[0].fetched_at, school) if latest else ""
    found = _found(asked, ground, snapshot)
    if not found:
        return Answers(asked, (), 0, _never(school, asked))
    planned = ground.plan(snapshot) if latest else None
    teller = _Teller(school, ground, answered, planned.outcomes if planned else ())
    stories = [teller.story(record, row) for record, row in found[:MOST]]
    number = len(found)
    message = "1 person fits." if number == 1 else f"{number:,} people fit."
    return Answers(asked, stories, max(0, number - MOST), message)


Pair = tuple[Person | None, KeptPerson | None]


def _found(asked: str, ground: Ground, snapshot: Snapshot) -> list[Pair]:
    """Whom the question fits: exactly by an id or e-mail if anybody, else by parts of names."""
    records = {record.source_id: record for record in snapshot.people}
    planned_rows = {row.person.source_id: row for row in ground.kept.people if row.person.source_id}
    word = fold(asked)
    for fits in (_is_exactly, _contains):
        rows = [row for row in ground.kept.people if fits(row.person, word) or _is_row(row, word)]
        ids = {row.id for row in rows}
        pairs: list[Pair] = [(records.get(row.person.source_id), row) for row in rows]
        for record in snapshot.people:
            row = planned_rows.get(record.source_id)
            if fits(record, word) and (row is None or row.id not in ids):
                pairs.append((record, row))
        if pairs:
            return pairs
    return []


def _is_row(row: KeptPerson, word: str) -> bool:
    return word == f"person {row.id}"


def _is_exactly(person: Person, word: str) -> bool:
    keys = (person.source_id, person.sis_id, person.student_number, person.email)
    return word in (fold(key) for key in keys if key)


def _contains(person: Person, word: str) -> bool:
    names = (person.first_name, person.middle_name, person.last_name)
    texts = (
        " ".join(name for name in names if name),
        f"{person.first_name} {person.last_name}",
        f"{person.last_name}, {person.first_name}",
        f"{person.preferred_name} {person.last_name}" if person.preferred_name else "",
        person.email,
    )
    return any(f" {word}" in f" {fold(text)}" for text in texts)


class _Teller:
    """Gathers the facts of each person, and has them explained."""

    def __init__(
        self, school: School, ground: Ground, answered: str, ends: Iterable[PersonOutcome]
    ) -> None:
        self._school = school
        self._ground = ground
        self._answered = f"of {answered}" if answered else "yet: it has not answered"
        ends = tuple(ends)
        self._of_row = {end.kept_id: end for end in ends if end.kept_id is not None}
        self._of_record = {end.source_id: end for end in ends}

    def story(self, record: Person | None, row: KeptPerson | None) -> Story:
        ends = self._of_row.get(row.id) if row else None
        ends = ends or (self._of_record.get(record.source_id) if record else None)
        if row is None and ends is not None and ends.kept_id is not None:
            row = next(each for each in self._ground.kept.people if each.id == ends.kept_id)
        missing = row is not None and record is None and bool(row.person.source_id)
        about = self._holds(record, row)
        facts = Facts(
            school=self._school.name,
            answered=self._answered,
            origin=self._school.origin,
            record=record,
            row=row,
            ends=ends,
            last_seen=self._last_seen(row.person.source_id) if row and missing else "",
            elsewhere=self._elsewhere(row) if row and missing else "",
            story=self._last_done(row) if row else "",
            waits=_waits(about),
            rejected=_rejected(about),
            countdown=REASONS[ends.reason] if ends and ends.outcome == "leaving" else "",
            lists=len(people.lists_of_person(row.id)) if row else 0,
        )
        return explain(facts, self._ground.settings)

    def _last_seen(self, source_id: str) -> str:
        seen = snapshots.last_with(self._school.id, source_id)
        return _moment(seen, self._school) if seen else ""

    def _elsewhere(self, row: KeptPerson) -> str:
        return row.moved_to or people.school_elsewhere(self._school, row.person.source_id)

    def _last_done(self, row: KeptPerson) -> str:
        for operation in people.history_of("person", row.id, limit=50):
            if operation.action in ("create", "restore", "archive"):
                return _told(operation, self._school)
        return ""

    def _holds(self, record: Person | None, row: KeptPerson | None) -> Sequence[HoldRow]:
        source_id = record.source_id if record and row is None else ""
        return holds.holds_about(self._school.id, row.id if row else None, source_id)


def _told(operation: OperationRow, school: School) -> str:
    words = {"create": "Added", "restore": "Brought back", "archive": "Archived"}
    moment = operation.at or (operation.run.finished_at if operation.run else None)
    when = f" {_moment(moment, school)}" if moment else ""
    who = operation.user.email if operation.user else ""
    if operation.run_id and operation.at:
        by = f" by run {operation.run_id}, approved by {who or 'the command line'}"
    elif operation.run_id:
        by = f" by run {operation.run_id}"
    else:
        by = f" by {who}"
    return f"{words[operation.action]}{when}{by}. {REASONS.get(operation.reason, '')}".strip()


def _never(school: School, asked: str) -> str:
    """Of somebody who was never here: when they were last in the roster, or since when not."""
    origin = school.origin
    ask = f"{_ASK} and {origin.sharer} whether they are shared."
    seen = _last_seen(school, asked)
    if seen is not None:
        return (
            f"“{asked}” is not here and not in {origin.last_answer}. Last seen in {origin.name} "
            f"{_moment(seen, school)}. {ask}"
        )
    first = snapshots.first_kept(school.id)
    if first is None:
        return f"{origin.start} has not answered for this school yet: sync it first."
    return (
        f"“{asked}” is not here, and not in anything that {origin.name} sent since "
        f"{_moment(first.fetched_at, school)}. {ask}"
    )


def _last_seen(school: School, asked: str) -> datetime | None:
    """When a kept answer last had somebody whom the question fits."""
    word = fold(asked)
    for moment, snapshot in snapshots.with_words(school.id, asked.replace(",", " ").split()):
        if any(_is_exactly(each, word) or _contains(each, word) for each in snapshot.people):
            return moment
    return None


_ASK = "Ask the SIS office whether they are entered at this school,"


def _moment(moment: datetime, school: School) -> str:
    local = moment.astimezone(ZoneInfo(school.timezone))
    return f"{local.day} {local:%b %Y, %H:%M}"


def _waits(rows: Iterable[HoldRow]) -> str:
    """What waits about somebody, and since which run."""
    for hold in rows:
        if hold.state == holds.HoldState.WAITING:
            return f"Yes, since run {hold.first_run_id}: {_lower(GUARDS[Guard(hold.guard)])}."
    return ""


def _rejected(rows: Iterable[HoldRow]) -> str:
    """The rejection that holds about somebody: by whom, and why."""
    for hold in rows:
        if hold.state == holds.HoldState.REJECTED and hold.lapsed_at is None:
            by = hold.decided_by.email if hold.decided_by else "the command line"
            if hold.note:
                return f"Yes, of run {hold.decided_run_id}, by {by}: {hold.note}"
            return f"Yes, of run {hold.decided_run_id}, by {by}."
    return ""


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
