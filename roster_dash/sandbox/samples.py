"""Every mail of the product about made-up schools, written by the product itself."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import cache

from roster_dash.mail.account_link import compose_account_link
from roster_dash.mail.calendar import CalendarNotice, compose_calendar
from roster_dash.mail.digest import Digest, compose_digest
from roster_dash.mail.letter import Mail
from roster_dash.mail.notice import Notice, compose_notice
from roster_dash.mail.run_result import Change, Changes, RunResult, compose_run_result
from roster_dash.mail.setup_request import RequestFacts, compose_request
from roster_dash.mail.trial import compose_trial
from roster_dash.roster.calendar import Period, PeriodKind
from roster_dash.roster.report import NO_COUNTS, Counts

SITE = "https://roster.riverdale.example"
SCHOOL = "Lincoln High"
LONG_SCHOOL = "Escuela Bilingüe Dolores Huerta y César Chávez de Ciencias y Artes"
DISTRICT = "Riverdale Unified School District"
ZONE = "America/Chicago"
NIGHT = datetime(2026, 11, 24, 8, 4, tzinfo=UTC)
LEAVE = f"{SITE}/unsubscribe/MTI4OQ.b7RZq4lm0hA2vYp3kN1sXeUoWcD"
ACCOUNT_LINK = f"{SITE}/links/MzE.q0Xv8JtZ5nC2wRkL7yBfPaGdHsE"


@dataclass(frozen=True, slots=True)
class Sample:
    """`kind`: as the outbox calls it. `name` is a part of an address. `when`: it comes when …"""

    kind: str
    name: str
    when: str
    mail: Mail


@cache
def samples() -> Sequence[Sample]:
    """In the order in which people meet them."""
    return [
        *_accounts(),
        *_requests(),
        *_runs(),
        *_weekly(),
        *_calendar(),
        *_notices(),
        Sample(
            "trial",
            "test-mail",
            "somebody asks for a test mail",
            compose_trial(SCHOOL, f"{SITE}/schools/3/rostering#notify-title"),
        ),
    ]


def _accounts() -> Iterator[Sample]:
    for kind, when in (
        ("invitation", "somebody is invited"),
        ("reset", "somebody has forgotten their password"),
        ("address", "somebody wants to use another address"),
        ("address_changed", "they have changed it; to the address before"),
    ):
        url = SITE if kind == "address_changed" else ACCOUNT_LINK
        mail = compose_account_link(kind, "maria.ortega@riverdale.example", SCHOOL, url)
        yield Sample(kind, kind.replace("_", "-"), when, mail)


def _requests() -> Iterator[Sample]:
    facts = RequestFacts(
        school=SCHOOL,
        district=DISTRICT,
        contact="Jordan Blake <it@riverdale.example>",
        sis="PowerSchool",
        asked_by="maria.ortega@riverdale.example",
        url=f"{SITE}/requests/7",
        settings_url=f"{SITE}/schools/3/rostering",
    )
    for kind, when in (
        ("request_received", "a school asks to be set up; to support"),
        ("request_confirmed", "a school asks to be set up; to who asked"),
        ("request_ready", "the first sync of the school has succeeded"),
    ):
        yield Sample(kind, kind.replace("_", "-"), when, compose_request(kind, facts))


def _runs() -> Iterator[Sample]:
    quiet = _result("Nothing changed.", _counts(unchanged=1_284, skipped=6))
    updated = [
        Change("Sam O’Neil", about=["grade"]),
        Change("Priya Raman", about=["last name", "email"]),
    ]
    others = [Change("Algebra I", about=["+3, −1"]), Change("Homeroom 9B", about=["+1, −0"])]
    changed = _result(
        "3 joined, 2 updated, 1 leaving soon, 1 list made.",
        _counts(
            {"created": 1, "unchanged": 84},
            (4, 1),
            created=3,
            updated=2,
            unchanged=1_278,
            leaving=1,
        ),
        changes=[
            Changes("Joined", 3, _names("Ana Ruiz", "Björn Ångström", "Nguyễn Thị Minh Khai")),
            Changes("Updated", 2, updated),
            Changes("Lists made", 1, _names("Biology, period 3")),
            Changes("Lists with other members", 2, others),
        ],
        followed=14,
    )
    for name, when, result in (
        ("run-first", "the first sync of a school has added its people", _first()),
        ("run-quiet", "a sync found nothing to change", quiet),
        ("run-changes", "a sync changed something", changed),
        ("run-held", "something waits for a person", _held()),
        ("run-problems", "records can’t be used, or contradict each other", _problems()),
        ("run-warnings", "the source sent nothing where something was", _emptied()),
        ("run-failed", "a sync failed", _failed()),
        ("run-taken-back", "a run was taken back", _taken_back()),
    ):
        yield Sample("run_result", name, when, compose_run_result(result))


def _names(*names: str) -> list[Change]:
    return [Change(name) for name in names]


def _first() -> RunResult:
    names = _names(
        "Aaliyah Brooks", "Aaron Castillo", "Abigail Lindqvist", "Adam Novak", "Aiko Tanaka"
    )
    members = [Change("Algebra I", about=["+31, −0"]), Change("Biology", about=["+28, −0"])]
    return _result(
        "1,290 joined, 86 lists made.",
        _counts({"created": 86}, (3_412, 0), created=1_290),
        school=LONG_SCHOOL,
        changes=[
            Changes("Joined", 1_290, names),
            Changes("Lists made", 86, _names("Algebra I", "Art, period 1", "Biology, period 3")),
            Changes("Lists with other members", 86, members),
        ],
    )


def _held() -> RunResult:
    holds = [
        "212 of 1,284 students (17 %) would be archived; the limit is 10 %.",
        "1 student would become staff; that always needs an approval.",
    ]
    would = "would be archived"
    return _result(
        " ".join(["4 joined, 213 waiting for you.", *holds]),
        _counts(created=4, unchanged=1_071, held=213),
        status="held",
        holds=holds,
        held=[
            Changes(
                "Many would be archived at once",
                212,
                [Change(name, would) for name in ("Olivia Hart", "Liam Fischer", "Zoë Peeters")],
            ),
            Changes("A role with more rights", 1, [Change("Casey Morgan", "would change")]),
        ],
        changes=[Changes("Joined", 4, _names("Ana Ruiz", "Ben Cho", "Cora Diaz", "Dev Patel"))],
    )


def _problems() -> RunResult:
    reasons = (
        ("Ana Ruiz", "Several people here fit this record; it must be settled by hand."),
        ("", "The record has no name at all."),
        ("bartholomew.featherstonehaugh@students.riverdale.example", "The record has no id."),
    )
    return _result(
        "1 joined, 2 to settle by hand, 10 unreadable.",
        _counts(created=1, unchanged=1_270, conflict=2, invalid=10),
        problems=[
            {"name": name, "source_id": "5f2a9c0e8b7d6a4f3e2d1c0b", "outcome": "", "reason": why}
            for name, why in reasons * 4
        ],
        warnings=[
            "2 people have no e-mail (Sam O’Neil, Kim Lee); they are rostered all the same. Fix: "
            "correct it in the student information system."
        ],
        changes=[Changes("Joined", 1, _names("Dev Patel"))],
    )


def _emptied() -> RunResult:
    warning = (
        "The roster has no teachers, while 61 teachers are here. Nobody and no list was removed. "
        "Check in Clever what is shared with Roster Dash."
    )
    return _result(
        f"2 joined. {warning}",
        _counts(created=2, unchanged=1_280),
        warnings=[warning],
        changes=[Changes("Joined", 2, _names("Ana Ruiz", "Ben Cho"))],
    )


def _failed() -> RunResult:
    return _result(
        "Clever doesn’t share the school with us (any more). Nothing was changed here. The "
        "district’s Clever admin can share this school with Roster Dash.",
        NO_COUNTS,
        status="failed",
    )


def _taken_back() -> RunResult:
    return _result(
        "Run 1287 was taken back: 3 archived. 1 change was left as it is. The next syncs ask "
        "before they do it again.",
        _counts(archived=3),
        changes=[Changes("Archived", 3, _names("Ana Ruiz", "Ben Cho", "Cora Diaz"))],
        problems=[
            {
                "name": "Dev Patel",
                "source_id": "",
                "outcome": "skipped",
                "reason": "Edited since by maria.ortega@riverdale.example, so they stay.",
            }
        ],
    )


def _weekly() -> Iterator[Sample]:
    good = Digest(
        school=SCHOOL,
        syncs=5,
        failures=0,
        changes=[("joined", 12), ("returned", 1), ("updated", 40), ("archived", 3)],
        last="Nothing changed.",
        url=f"{SITE}/schools/3/history",
        unsubscribe_url=LEAVE,
    )
    bad = replace(
        good,
        failures=2,
        changes=[(word, 0) for word, _ in good.changes],
        last="Clever refuses our access token. Nothing was changed here. Somebody must check that "
        "the district still has Roster Dash approved, or connect it again.",
    )
    yield Sample("digest", "digest", "a week is over", compose_digest(good))
    yield Sample("digest", "digest-failures", "a week with failures is over", compose_digest(bad))


def _calendar() -> Iterator[Sample]:
    pause = Period(date(2026, 12, 21), date(2027, 1, 3), PeriodKind.PAUSE)
    rollover = Period(date(2027, 8, 11), date(2027, 8, 25), PeriodKind.ROLLOVER, 60)
    terms = replace(rollover, kind=PeriodKind.TERMS)
    begins = CalendarNotice(
        school=SCHOOL,
        day=pause.start,
        starts=[pause],
        ends=[],
        url=f"{SITE}/schools/3/rostering#safety-title",
        unsubscribe_url=LEAVE,
    )
    august = replace(begins, day=rollover.start, starts=[rollover, terms], ends=[pause])
    nothing = replace(begins, starts=[])
    for name, when, notice in (
        ("calendar-pause", "a pause begins tomorrow", begins),
        ("calendar-august", "several things change tomorrow", august),
        ("calendar-changed", "the calendar was changed after the mail was due", nothing),
    ):
        yield Sample("calendar", name, when, compose_calendar(notice))


def _notices() -> Iterator[Sample]:
    district = Notice(DISTRICT, NIGHT, ZONE, SITE, waiting=14)
    files = replace(district, url=f"{SITE}/districts/1/files")
    school = Notice(SCHOOL, NIGHT, ZONE, f"{SITE}/schools/3/rostering", unsubscribe_url=LEAVE)
    for kind, when, notice in (
        ("outage", "Clever has not answered for half an hour", district),
        ("outage_over", "Clever answers again", district),
        ("file_refused", "a file in the district’s folder can’t be used", files),
        ("file_waits", "a file in the district’s folder waits to be accepted", files),
        ("stale", "a school had no good sync for two days", school),
    ):
        yield Sample(kind, kind.replace("_", "-"), when, compose_notice(kind, notice))


def _result(message: str, counts: Counts, **others: object) -> RunResult:
    about = RunResult(
        school=SCHOOL,
        zone=ZONE,
        status="succeeded",
        message=message,
        counts=counts,
        warnings=(),
        problems=(),
        changes=(),
        holds=(),
        held=(),
        finished_at=NIGHT,
        next_due_at=datetime(2026, 11, 25, 8, 0, tzinfo=UTC),
        url=f"{SITE}/runs/1289",
        history_url=f"{SITE}/schools/3/history",
        unsubscribe_url=LEAVE,
    )
    return replace(about, **others)  # type: ignore[arg-type]


def _counts(
    lists: dict[str, int] | None = None, memberships: tuple[int, int] = (0, 0), **people: int
) -> Counts:
    """Everything that isn't said is 0."""
    added, removed = memberships
    return {
        "people": {**NO_COUNTS["people"], **people},
        "lists": {**NO_COUNTS["lists"], **(lists or {})},
        "memberships": {"added": added, "removed": removed},
    }
