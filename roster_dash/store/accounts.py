"""Who logs in here, and which schools they may see."""

from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import func, select

from roster_dash.extensions import db
from roster_dash.roster.errors import BadInput
from roster_dash.store import audit
from roster_dash.store.audit import Did
from roster_dash.store.tables import District, Run, School, User, UserSchool

_hasher = PasswordHasher()
_NOBODY = _hasher.hash("nobody has this password")
MIN_PASSWORD = 8


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
    if len(password) < MIN_PASSWORD:
        raise BadInput(f"The password has {len(password)} characters; it needs {MIN_PASSWORD}.")
    if role is AccountRole.OWNER and not schools:
        raise BadInput("An Owner needs at least one school: --school SCHOOL.")
    if role is AccountRole.DISTRICT_MANAGER and district is None:
        raise BadInput("A District Manager needs a district: --district DISTRICT.")
    if db.session.scalar(select(User.id).where(User.email == address)):
        raise BadInput(f"There is an account {address} already.")
    user = User(
        email=address,
        password_hash=_hasher.hash(password),
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
    """The account if the password is right. Takes as long when there is no such account."""
    user = db.session.scalar(select(User).where(User.email == email.strip().casefold()))
    try:
        _hasher.verify(user.password_hash if user else _NOBODY, password)
    except (VerificationError, InvalidHashError):
        return None
    return user


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
