"""Set-up requests: from the first asking to the school's first sync."""

from collections.abc import Sequence
from enum import StrEnum

from sqlalchemy import select

from roster_dash import clock
from roster_dash.extensions import db
from roster_dash.roster.errors import BadInput
from roster_dash.roster.origin import Origin
from roster_dash.store import accounts
from roster_dash.store.accounts import AccountRole
from roster_dash.store.tables import School, SetupRequest, User

FIELDS = ("district_name", "school_name", "contact_name", "contact_email", "sis")
_NEEDED = {
    "district_name": "the district",
    "school_name": "the school",
    "contact_name": "the name of the IT contact",
    "contact_email": "the e-mail of the IT contact",
}


class RequestState(StrEnum):
    NEW = "new"
    WAITING = "waiting"
    LINKED = "linked"
    DONE = "done"


def add_request(values: dict[str, str], user: User) -> SetupRequest:
    """Stores a request. Errors: BadInput names what is missing."""
    texts = {name: values.get(name, "").strip()[:300] for name in FIELDS}
    missing = [words for name, words in _NEEDED.items() if not texts[name]]
    if missing:
        raise BadInput(f"Please type {' and '.join(missing)}.")
    if "@" not in texts["contact_email"] or not texts["contact_email"].isascii():
        raise BadInput(f"“{texts['contact_email']}” is not an e-mail address.")
    now = clock.now()
    request = SetupRequest(
        **texts, state=RequestState.NEW, requested_by_id=user.id, created_at=now, changed_at=now
    )
    db.session.add(request)
    db.session.flush()
    return request


def get_request(request_id: int) -> SetupRequest | None:
    return db.session.get(SetupRequest, request_id)


def origin_of(request: SetupRequest) -> Origin:
    """Of the linked school; before, as it is with the schools of whoever asks."""
    school = request.school
    return school.origin if school else accounts.origin_of(request.requested_by)


def visible_requests(user: User) -> Sequence[SetupRequest]:
    """A Specialist's: all. Everybody else's: their own. Open ones first, oldest first."""
    query = select(SetupRequest).order_by(
        SetupRequest.state == RequestState.DONE, SetupRequest.created_at, SetupRequest.id
    )
    if user.role != AccountRole.SPECIALIST:
        query = query.where(SetupRequest.requested_by_id == user.id)
    return db.session.scalars(query).all()


def move(request: SetupRequest, state: RequestState) -> None:
    request.state, request.changed_at = state, clock.now()
    db.session.flush()


def link(request: SetupRequest, school: School) -> None:
    """The request's school is linked; an Owner who asked for it owns it now."""
    request.school_id = school.id
    asker = request.requested_by
    if asker.role == AccountRole.OWNER and school not in asker.schools:
        asker.schools.append(school)
    move(request, RequestState.LINKED)


def first_sync_done(school_id: int) -> SetupRequest | None:
    """Ends the request that waited for a school's first sync, if there is one."""
    request = db.session.scalar(
        select(SetupRequest).where(
            SetupRequest.school_id == school_id, SetupRequest.state == RequestState.LINKED
        )
    )
    if request is not None:
        move(request, RequestState.DONE)
    return request
