"""Links in mails that let somebody do one thing, once, for a while: see LinkKind.

The link is the signed number of its row; the row says for whom it is, until when, and whether it
has been used. Nothing stored opens it.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from enum import StrEnum
from typing import Any

from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import ColumnElement, func, select, update

from roster_dash import clock
from roster_dash.config import current_config
from roster_dash.extensions import db
from roster_dash.roster.errors import BadInput
from roster_dash.store import era
from roster_dash.store.tables import AccountLink


class LinkKind(StrEnum):
    INVITATION = "invitation"
    RESET = "reset"
    ADDRESS = "address"


LIFETIMES = {
    LinkKind.INVITATION: timedelta(days=14),
    LinkKind.RESET: timedelta(hours=1),
    LinkKind.ADDRESS: timedelta(days=1),
}
MOST_OPEN = 3
"""So many resets of one address may be open: nobody's inbox is flooded from the log-in page."""


def make_link(
    kind: LinkKind,
    email: str,
    *,
    user_id: int | None = None,
    made_by_id: int | None = None,
    grant: Mapping[str, Any] | None = None,
) -> AccountLink:
    now = clock.now()
    link = AccountLink(
        kind=kind,
        email=email,
        user_id=user_id,
        made_by_id=made_by_id,
        grant=dict(grant or {}),
        created_at=now,
        expires_at=now + LIFETIMES[kind],
    )
    db.session.add(link)
    db.session.flush()
    return link


def token_of(link_id: int) -> str:
    token: str = _signer().dumps(link_id)
    return token


def find_link(token: str) -> AccountLink | None:
    """The link while it holds; None for a forged, used, withdrawn or expired one.

    One that an account gave, or is for, which is switched off since, doesn't hold either.
    """
    try:
        link_id = _signer().loads(token)
    except BadSignature:
        return None
    link = db.session.scalar(select(AccountLink).where(AccountLink.id == link_id, *_open()))
    if link is None:
        return None
    concerned = (link.user, link.made_by)
    return None if any(user is not None and user.disabled_at for user in concerned) else link


def open_links(kind: LinkKind) -> Sequence[AccountLink]:
    query = select(AccountLink).where(AccountLink.kind == kind, *_open())
    return db.session.scalars(query.order_by(AccountLink.id.desc())).all()


def get_link(link_id: int, kind: LinkKind) -> AccountLink | None:
    """Whether it still holds or not."""
    link = db.session.get(AccountLink, link_id)
    return link if link is not None and link.kind == kind else None


def may_ask_again(email: str) -> bool:
    """Whether another reset may be mailed to an address."""
    query = select(func.count()).where(
        AccountLink.email == email, AccountLink.kind == LinkKind.RESET, *_open()
    )
    return (db.session.scalar(query) or 0) < MOST_OPEN


def use(link: AccountLink) -> None:
    """Takes the link. Errors: BadInput if somebody else was quicker."""
    done = db.session.execute(
        update(AccountLink).where(AccountLink.id == link.id, *_open()).values(used_at=clock.now())
    )
    if not done.rowcount:  # type: ignore[attr-defined]
        raise BadInput("This link has been used or withdrawn already. Ask for a new one.")


def close_resets(user_id: int) -> None:
    """A new password makes every reset that is on its way worthless."""
    db.session.execute(
        update(AccountLink)
        .where(AccountLink.user_id == user_id, AccountLink.kind == LinkKind.RESET, *_open())
        .values(used_at=clock.now())
    )


def _open() -> tuple[ColumnElement[bool], ...]:
    return AccountLink.used_at.is_(None), AccountLink.expires_at > clock.now()


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_config().secret_key, salt=f"account-link{era.mark()}")
