"""Who logs in here, and which schools they may see."""

import re
from collections.abc import Sequence
from enum import StrEnum

from sqlalchemy import func, select

from roster_dash import clock
from roster_dash.extensions import db
from roster_dash.roster.errors import BadInput
from roster_dash.roster.origin import Origin, common_origin
from roster_dash.store import audit, links, passwords, sessions
from roster_dash.store.audit import Did
from roster_dash.store.schools import zone_of as zone_of_district
from roster_dash.store.tables import AccountLink, District, Run, School, User, UserSchool

MAX_ADDRESS = 320
_ADULTS = ("teacher", "staff", "district admin", "school admin")
_PLAIN = re.compile(r"[^\s<>,;\x00-\x1f\x7f]+")


class AccountRole(StrEnum):
    OWNER = "owner"
    DISTRICT_MANAGER = "district_manager"
    SPECIALIST = "specialist"


def create_user(
    email: str,
    password: str,
    role: AccountRole,
    *,
    schools: Sequence[School] = (),
    district: District | None = None,
) -> User:
    """A new account. Errors: BadInput says what is missing or taken."""
    address = address_of(email)
    hashed = passwords.hash_of(password)
    if role is AccountRole.OWNER and not schools:
        raise BadInput("An Owner needs at least one school: --school SCHOOL.")
    if role is AccountRole.DISTRICT_MANAGER and district is None:
        raise BadInput("A District Manager needs a district: --district DISTRICT.")
    must_be_free(address)
    user = User(
        email=address,
        password_hash=hashed,
        role=role,
        district_id=district.id if district else None,
        created_at=clock.now(),
    )
    user.schools = list(schools)
    db.session.add(user)
    db.session.flush()
    audit.record(
        Did.ACCOUNT_MADE,
        district_id=district.id if district else schools[0].district_id if schools else None,
        about=address,
        after={"role": role, "schools": [school.id for school in schools]},
    )
    return user


def check_password(email: str, password: str) -> User | None:
    """The account if the password is right and it may log in. As slow when there is none.

    Ends the transaction first: comparing is slow on purpose, and SQLite has one writer at a time.
    """
    user = user_of(email)
    hashed = user.password_hash if user else None
    db.session.commit()
    is_right = passwords.is_right(password, hashed)
    return user if user and is_right and user.disabled_at is None else None


def address_of(email: str) -> str:
    """An address as accounts have it. Errors: BadInput if it is none."""
    address = email.strip().casefold()
    name, _, host = address.rpartition("@")
    if not name or not host or len(address) > MAX_ADDRESS or not _PLAIN.fullmatch(address):
        raise BadInput(f"“{email[:MAX_ADDRESS]}” is not an e-mail address.")
    return address


def user_of(email: str) -> User | None:
    return db.session.scalar(select(User).where(User.email == email.strip().casefold()))


def change_password(user: User, password: str, but: int | None = None) -> None:
    """Ends every other log-in of theirs: `but` is the one that goes on.

    Errors: BadInput for a password that is easy to guess.
    """
    passwords.must_be_strong(password, user.email)
    user.password_hash = passwords.hash_of(password)
    links.close_resets(user.id)
    audit.record(Did.PASSWORD_CHANGED, about=user.email)
    sessions.record_ended(user, sessions.end_all(user.id, but))
    db.session.flush()


def reset_password(link: AccountLink, password: str) -> None:
    """Sets a new password by a mailed link, and ends every log-in.

    Errors: BadInput for a password that is easy to guess, or a link that was used meanwhile.
    """
    assert link.user is not None
    links.use(link)
    change_password(link.user, password)


def confirm_address(link: AccountLink) -> str:
    """The account has the link's address from now on; the address it had before.

    Errors: BadInput if another account has it, or the link was used meanwhile.
    """
    assert link.user is not None
    links.use(link)
    user, before = link.user, link.user.email
    must_be_free(link.email)
    user.email = link.email
    audit.record(
        Did.ADDRESS_CHANGED, about=before, before={"email": before}, after={"email": user.email}
    )
    links.close_resets(user.id)
    sessions.record_ended(user, sessions.end_all(user.id))
    db.session.flush()
    return before


def choose_language(user: User, code: str | None) -> None:
    """In which language their pages and mails are; None: as the browser says."""
    if code == user.language:
        return
    audit.record(
        Did.ACCOUNT_CHANGED,
        about=user.email,
        before={"language": user.language},
        after={"language": code},
    )
    user.language = code
    db.session.flush()


def language_of(email: str) -> str | None:
    """The language that the account with this address has chosen."""
    user = user_of(email)
    return user.language if user else None


def must_be_free(address: str) -> None:
    if user_of(address) is not None:
        raise BadInput(f"There is an account {address} already.")


def switch(user: User, *, on: bool) -> None:
    """Whether an account may log in. Off ends its log-ins."""
    user.disabled_at = None if on else clock.now()
    if not on:
        sessions.end_all(user.id)
    first = next(iter(user.schools), None)
    audit.record(
        Did.ACCOUNT_ENABLED if on else Did.ACCOUNT_DISABLED,
        school=first,
        district_id=user.district_id,
        about=user.email,
    )


def user_of_clever(clever_id: str, kind: str, district_id: str, email: str) -> User | None:
    """The account of somebody whom Clever has logged in, None if there is none.

    By their id in Clever; the first time by their address, if it is an adult's of the account's
    own district: addresses come from the district's data and prove nothing elsewhere.
    """
    known = db.session.scalar(select(User).where(User.clever_id == clever_id))
    if known is not None:
        return known if known.disabled_at is None else None
    user = user_of(email) if email and kind in _ADULTS else None
    if user is None or user.disabled_at or user.clever_id or district_id not in _clever_ids(user):
        return None
    user.clever_id = clever_id
    audit.record(
        Did.ACCOUNT_CHANGED,
        district_id=user.district_id,
        about=user.email,
        after={"clever_id": clever_id},
        by=audit.actor()._replace(user_id=user.id, who=user.email),
    )
    return user


def _clever_ids(user: User) -> set[str]:
    """The districts that an account is in, by their ids in Clever; none for a specialist."""
    if user.role == AccountRole.OWNER:
        return {school.district.clever_id for school in user.schools}
    return {user.district.clever_id} if user.district else set()


def get_user(user_id: int) -> User | None:
    return db.session.get(User, user_id)


def zone_of(user: User) -> str:
    """On whose clock somebody is told moments: their first school's."""
    if user.schools:
        return user.schools[0].timezone
    return zone_of_district(user.district_id) if user.district_id else "UTC"


def origin_of(user: User) -> Origin:
    """How somebody calls where their rosters come from."""
    districts = [school.district for school in user.schools]
    districts += [user.district] if user.district else []
    return common_origin([each.source for each in districts])


def visible_schools(user: User) -> Sequence[School]:
    """Every school an account may see, by name."""
    query = select(School).order_by(School.name, School.id)
    if user.role == AccountRole.OWNER:
        query = query.join(UserSchool, UserSchool.school_id == School.id).where(
            UserSchool.user_id == user.id
        )
    elif user.role == AccountRole.DISTRICT_MANAGER:
        query = query.where(School.district_id == user.district_id)
    return db.session.scalars(query).all()


def may_see_school(user: User, school: School) -> bool:
    if user.role == AccountRole.SPECIALIST:
        return True
    if user.role == AccountRole.DISTRICT_MANAGER:
        return user.district_id == school.district_id
    owned = select(func.count()).where(
        UserSchool.user_id == user.id, UserSchool.school_id == school.id
    )
    return bool(db.session.scalar(owned))


def may_see_run(user: User, run: Run) -> bool:
    return may_see_school(user, run.school)


def may_manage_district(user: User, district: District) -> bool:
    if user.role == AccountRole.SPECIALIST:
        return True
    return user.role == AccountRole.DISTRICT_MANAGER and user.district_id == district.id
