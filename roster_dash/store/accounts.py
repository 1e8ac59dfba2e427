"""Who logs in here, and which schools they may see."""

from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum

from sqlalchemy import func, select

from roster_dash.extensions import db
from roster_dash.roster.errors import BadInput
from roster_dash.store import audit, passwords, sessions
from roster_dash.store.audit import Did
from roster_dash.store.tables import District, Run, School, User, UserSchool


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
    address = email.strip().casefold()
    if "@" not in address:
        raise BadInput(f"“{email}” is not an e-mail address.")
    hashed = passwords.hash_of(password)
    if role is AccountRole.OWNER and not schools:
        raise BadInput("An Owner needs at least one school: --school SCHOOL.")
    if role is AccountRole.DISTRICT_MANAGER and district is None:
        raise BadInput("A District Manager needs a district: --district DISTRICT.")
    if db.session.scalar(select(User.id).where(User.email == address)):
        raise BadInput(f"There is an account {address} already.")
    user = User(
        email=address,
        password_hash=hashed,
        role=role,
        district_id=district.id if district else None,
        created_at=datetime.now(UTC),
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
    """The account if the password is right and it may log in. As slow when there is none."""
    user = user_of(email)
    is_right = passwords.is_right(password, user.password_hash if user else None)
    return user if user and is_right and user.disabled_at is None else None


def user_of(email: str) -> User | None:
    return db.session.scalar(select(User).where(User.email == email.strip().casefold()))


def change_password(user: User, password: str, but: int | None = None) -> None:
    """Ends every other log-in of theirs: `but` is the one that goes on.

    Errors: BadInput for a password that is easy to guess.
    """
    passwords.must_be_strong(password, user.email)
    user.password_hash = passwords.hash_of(password)
    audit.record(Did.PASSWORD_CHANGED, about=user.email)
    sessions.record_ended(user, sessions.end_all(user.id, but))
    db.session.flush()


def get_user(user_id: int) -> User | None:
    return db.session.get(User, user_id)


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
