"""After a run: what its mail says, and sending what is due in the outbox."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

from roster_dash import language
from roster_dash.config import current_config
from roster_dash.mail.account_link import compose_account_link
from roster_dash.mail.calendar import CalendarNotice, compose_calendar
from roster_dash.mail.digest import DIGEST_WORDS, Digest, compose_digest
from roster_dash.mail.letter import Mail
from roster_dash.mail.message import send_mail
from roster_dash.mail.notice import Notice, compose_notice
from roster_dash.mail.run_result import Change, Changes, RunResult, compose_run_result
from roster_dash.mail.setup_request import RequestFacts, compose_request
from roster_dash.roster.calendar import ending, starting
from roster_dash.roster.guard import GUARDS, Guard
from roster_dash.roster.report import KINDS, NO_COUNTS, would_happen
from roster_dash.store import (
    accounts,
    holds,
    invitations,
    links,
    mails,
    outages,
    requests,
    runs,
    schools,
    staleness,
    unsubscribe,
)
from roster_dash.store import settings as settings_store
from roster_dash.store.holds import HoldState
from roster_dash.store.tables import AccountLink, District, MailRow, OperationRow, Run, School
from roster_dash.store.transactions import commit, persistently, rollback

WEEK = timedelta(days=7)
NOTICE_FOR = timedelta(hours=17)
"""A notice of what the calendar changes tomorrow is no use after that."""
NAMED_HELD = 200
"""So many of what waits are named in a mail."""
NAMED = 10
"""How many changes of each kind a mail names."""


def deliver(mail_id: int) -> bool:
    """Sends one message of the outbox; whether it went out. A failure is tried again later."""
    mail = mails.claim_mail(mail_id)
    if mail is None:
        commit()
        return False
    if not current_config().mail.server:
        mails.postpone(mail, "No mail server is set up: MAIL_SERVER is empty.")
        commit()
        return False
    recipient, message_id = mail.recipient, mails.message_id(mail)
    try:
        message = _in_their_language(mail)
    except Exception:
        rollback()
        persistently(lambda: _note(mail_id, "It could not be written: something unforeseen."))
        raise
    commit()  # no lock is held while the mail server answers
    error = send_mail(recipient, message, message_id)
    persistently(lambda: _note(mail_id, error))  # what was sent must not be forgotten
    return not error


def _note(mail_id: int, error: str) -> None:
    mails.mark_sent(mail_id) if not error else mails.mark_unsent(mail_id, error)
    commit()


def _in_their_language(mail: MailRow) -> Mail:
    with language.speaking(accounts.language_of(mail.recipient)):
        return _compose(mail)


def _compose(mail: MailRow) -> Mail:
    if mail.run is not None and mail.kind == "digest":
        return compose_digest(replace(_digest_of(mail.run), unsubscribe_url=_leave(mail)))
    if mail.run is not None:
        return compose_run_result(replace(result_of(mail.run), unsubscribe_url=_leave(mail)))
    if mail.district is not None:
        return _about_an_outage(mail, mail.district)
    if mail.day is not None:
        return _about_a_day(mail, mail.day)
    if mail.link is not None:
        return _account_mail(mail.kind, mail.link)
    assert mail.request is not None
    request = mail.request
    facts = RequestFacts(
        school=request.school_name,
        district=request.district_name,
        contact=f"{request.contact_name} <{request.contact_email}>",
        sis=request.sis,
        asked_by=request.requested_by.email,
        origin=requests.origin_of(request),
        url=f"{current_config().public_url}/requests/{request.id}",
        settings_url=f"{current_config().public_url}/schools/{request.school_id}/rostering",
    )
    return compose_request(mail.kind, facts)


def _leave(mail: MailRow) -> str:
    return f"{current_config().public_url}/unsubscribe/{unsubscribe.token_of(mail.id)}"


def _about_an_outage(mail: MailRow, district: District) -> Mail:
    """A source that is down, or answers again; a file that came."""
    assert mail.about_at is not None
    zone, waiting = schools.zone_of(district.id), outages.waiting_schools(district.id)
    url = current_config().public_url  # sends each to their place: it is for Owners, too
    if mail.kind.startswith("file_"):
        url += f"/districts/{district.id}/files"
    notice = Notice(district.name, mail.about_at, zone, url, waiting, district.origin)
    return compose_notice(mail.kind, notice)


def _about_a_day(mail: MailRow, day: date) -> Mail:
    """A school's calendar, or one that has gone stale."""
    site, moment = current_config().public_url, datetime.combine(day, time.min, UTC)
    assert mail.school is not None
    school = mail.school
    if mail.kind == "calendar":
        return compose_calendar(replace(_notice_of(school, day), unsubscribe_url=_leave(mail)))
    since = staleness.last_good(school) or moment
    url = f"{site}/schools/{school.id}/rostering"
    notice = Notice(
        school.name,
        since,
        school.timezone,
        url,
        origin=school.origin,
        unsubscribe_url=_leave(mail),
    )
    return compose_notice(mail.kind, notice)


def _account_mail(kind: str, link: AccountLink) -> Mail:
    owned, district = invitations.granted(link)
    what = district.name if district else ", ".join(school.name for school in owned)
    site = current_config().public_url
    return compose_account_link(
        kind,
        who=link.made_by.email if link.made_by else "Roster Dash",
        what=what or "all schools",
        origin=invitations.origin_of(link),
        url=site if kind == "address_changed" else f"{site}/links/{links.token_of(link.id)}",
    )


def _digest_of(run: Run) -> Digest:
    """The week that ends with a run."""
    assert run.finished_at is not None
    week = runs.finished_between(run.school_id, run.finished_at - WEEK, run.finished_at)
    total: Counter[str] = Counter()
    for each in week:
        total.update((each.counts or NO_COUNTS)["people"])
    return Digest(
        school=run.school.name,
        syncs=len(week),
        failures=sum(1 for each in week if each.status == "failed"),
        changes=[(words, total[name]) for name, words in DIGEST_WORDS.items()],
        last=run.message,
        url=f"{current_config().public_url}/schools/{run.school_id}/history",
    )


def _notice_of(school: School, day: date) -> CalendarNotice:
    """What the calendar changes on the day after."""
    settings = settings_store.load_settings(school.id)
    return CalendarNotice(
        school=school.name,
        day=day + timedelta(days=1),
        starts=starting(settings.calendar, day + timedelta(days=1)),
        ends=ending(settings.calendar, day),
        url=f"{current_config().public_url}/schools/{school.id}/rostering#safety-title",
    )


def result_of(run: Run) -> RunResult:
    """A run as its mail tells it."""
    return RunResult(
        school=run.school.name,
        zone=run.school.timezone,
        status=run.status,
        message=run.message,
        counts=run.counts or NO_COUNTS,
        warnings=run.warnings,
        problems=run.problems,
        changes=changes_of(run),
        holds=run.holds if run.status == "held" else (),
        held=_held_of(run) if run.status == "held" else (),
        finished_at=run.finished_at,
        next_due_at=run.school.next_due_at,
        url=f"{current_config().public_url}/runs/{run.id}",
        history_url=f"{current_config().public_url}/schools/{run.school_id}/history",
        followed=runs.followed_before(run) if run.trigger == runs.Trigger.SCHEDULE else 0,
    )


def _held_of(run: Run) -> list[Changes]:
    """What waits of a run, guard by guard."""
    waiting = holds.holds_of(run, state=HoldState.WAITING)
    by_guard: dict[str, list[Change]] = defaultdict(list)
    for row in waiting:
        would = would_happen(row.entity, row.action, run.school.origin)
        by_guard[row.guard].append(Change(row.label, would))
    return [
        Changes(GUARDS[Guard(guard)], len(held), held[:NAMED_HELD])
        for guard, held in by_guard.items()
    ]


def changes_of(run: Run) -> list[Changes]:
    """Every kind of change of a run, with its first names."""
    numbers = runs.count_operations(run.id)
    changes = []
    for (entity, action), title in KINDS.items():
        if number := numbers.get((entity, action)):
            first = runs.operations_of(run.id, entity=entity, action=action, limit=NAMED)
            changes.append(Changes(title, number, [_change(row) for row in first]))
    return changes


def _change(row: OperationRow) -> Change:
    about: Sequence[str] = ()
    if row.entity == "members":
        added, removed = (sum(map(len, side.values())) for side in (row.after, row.before))
        about = [f"+{added}, −{removed}"]
    elif row.action == "update":
        about = [name.replace("_", " ") for name in row.after if name != "contact_source_id"]
    return Change(row.label, about=about)
