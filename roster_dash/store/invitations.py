"""Inviting people: who may give what, and what happens when they follow the link."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, or_, select

from roster_dash.extensions import db
from roster_dash.roster.errors import BadInput
from roster_dash.roster.origin import Origin, common_origin
from roster_dash.store import accounts, audit, links, passwords, schools
from roster_dash.store.accounts import AccountRole
from roster_dash.store.audit import Did
from roster_dash.store.links import LinkKind
from roster_dash.store.tables import AccountLink, District, School, User, UserSchool


def roles_to_give(by: User) -> tuple[AccountRole, ...]:
    if by.role == AccountRole.OWNER:
        return (AccountRole.OWNER,)
    if by.role == AccountRole.DISTRICT_MANAGER:
        return (AccountRole.OWNER, AccountRole.DISTRICT_MANAGER)
    return tuple(AccountRole)


def invite(
    by: User,
    email: str,
    role: AccountRole,
    *,
    owned: Sequence[School] = (),
    district: District | None = None,
) -> AccountLink:
    """A link for an address; its mail is the caller's to send.

    `owned` and `district` are ones that `by` may see. Errors: BadInput says what is missing, taken
    or not theirs to give.
    """
    address = accounts.address_of(email)
    if role not in roles_to_give(by):
        raise BadInput("Your account can’t invite people in that role.")
    if role is AccountRole.OWNER and not owned:
        raise BadInput("Choose the school that the Owner answers for.")
    if role is AccountRole.DISTRICT_MANAGER and district is None:
        raise BadInput("Choose the district that the District Manager answers for.")
    there = accounts.user_of(address)
    if there is not None and not (role == there.role == AccountRole.OWNER):
        raise BadInput(f"There is an account {address} already.")
    if there is not None and there.disabled_at is not None:
        raise BadInput(f"The account {address} is switched off; switch it on again.")
    grant: dict[str, Any] = {"role": role}
    if role is AccountRole.OWNER:
        grant["schools"] = [school.id for school in owned]
    elif role is AccountRole.DISTRICT_MANAGER and district is not None:
        grant["district"] = district.id
    link = links.make_link(
        LinkKind.INVITATION,
        address,
        user_id=there.id if there else None,
        made_by_id=by.id,
        grant=grant,
    )
    _record(Did.ACCOUNT_INVITED, link)
    return link


def accept(link: AccountLink, password: str) -> User:
    """The account with what the invitation gives; `password` is for a new one only.

    Errors: BadInput for a weak password, or when the link was used or its schools are gone.
    """
    links.use(link)
    owned, district = granted(link)
    there = accounts.user_of(link.email)
    if there is None:
        passwords.must_be_strong(password, link.email)
        role = AccountRole(link.grant["role"])
        return accounts.create_user(link.email, password, role, schools=owned, district=district)
    if there.role != link.grant["role"] or there.role != AccountRole.OWNER:
        raise BadInput(f"There is an account {link.email} already.")
    before = [school.id for school in there.schools]
    there.schools = list({school.id: school for school in [*there.schools, *owned]}.values())
    audit.record(
        Did.ACCOUNT_CHANGED,
        school=owned[0] if owned else None,
        about=there.email,
        before={"schools": before},
        after={"schools": [school.id for school in there.schools]},
    )
    db.session.flush()
    return there


def withdraw(link: AccountLink) -> None:
    links.use(link)
    _record(Did.INVITATION_WITHDRAWN, link)


def open_invitations(by: User) -> list[AccountLink]:
    """Those that an account could have made itself."""
    return [link for link in links.open_links(LinkKind.INVITATION) if _may_give(by, link)]


def find_invitation(by: User, link_id: int) -> AccountLink | None:
    """One of theirs, open or not."""
    link = links.get_link(link_id, LinkKind.INVITATION)
    return link if link is not None and _may_give(by, link) else None


def granted(link: AccountLink) -> tuple[list[School], District | None]:
    """(schools, district) of an invitation."""
    wanted = map(schools.get_school, link.grant.get("schools", ()))
    district = schools.get_district(link.grant.get("district", 0))
    return [school for school in wanted if school is not None], district


def origin_of(link: AccountLink) -> Origin:
    """How whoever is invited calls where the rosters come from."""
    owned, district = granted(link)
    districts = [school.district for school in owned] + ([district] if district else [])
    return common_origin([each.source for each in districts])


def accounts_for(by: User) -> Sequence[User]:
    """The accounts that somebody sees: those of the schools, or the district, they answer for."""
    query = select(User).order_by(User.email)
    if by.role == AccountRole.SPECIALIST:
        return db.session.scalars(query).all()
    seen = [school.id for school in accounts.visible_schools(by)]
    of_schools = select(UserSchool.user_id).where(UserSchool.school_id.in_(seen))
    which: ColumnElement[bool] = User.id.in_(of_schools)
    if by.role == AccountRole.DISTRICT_MANAGER:
        which = or_(which, User.district_id == by.district_id)
    return db.session.scalars(query.where(or_(which, User.id == by.id))).all()


def may_switch_off(by: User, user: User) -> bool:
    """Nobody themselves; District Managers those whose whole account is in their district."""
    if by.id == user.id or by.role == AccountRole.OWNER:
        return False
    if by.role == AccountRole.SPECIALIST:
        return True
    if user.role == AccountRole.DISTRICT_MANAGER:
        return user.district_id == by.district_id
    districts = {school.district_id for school in user.schools}
    return user.role == AccountRole.OWNER and districts == {by.district_id}


def _may_give(by: User, link: AccountLink) -> bool:
    if by.role == AccountRole.SPECIALIST:
        return True
    owned, district = granted(link)
    if district is not None:
        return accounts.may_manage_district(by, district)
    return bool(owned) and all(accounts.may_see_school(by, school) for school in owned)


def _record(did: Did, link: AccountLink) -> None:
    owned, district = granted(link)
    audit.record(
        did,
        school=owned[0] if owned else None,
        district_id=district.id if district else None,
        about=link.email,
        after=link.grant,
    )
