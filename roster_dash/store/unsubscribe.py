"""Links in mails by which an address leaves a school's list. The link names the mail, no person."""

from itsdangerous import BadSignature, URLSafeSerializer

from roster_dash.config import current_config
from roster_dash.extensions import db
from roster_dash.roster.settings import show_words
from roster_dash.store import era
from roster_dash.store import settings as settings_store
from roster_dash.store.tables import MailRow, School


def token_of(mail_id: int) -> str:
    token: str = _signer().dumps(mail_id)
    return token


def mail_of(token: str) -> MailRow | None:
    """The mail whose link this is; None for a forged one, or one to no school's list."""
    try:
        mail = db.session.get(MailRow, _signer().loads(token))
    except BadSignature:
        return None
    return mail if mail is not None and (mail.run or mail.school) else None


def school_of(mail: MailRow) -> School:
    """Whose list the mail went to."""
    school = mail.run.school if mail.run else mail.school
    assert school is not None
    return school


def leave(mail: MailRow) -> None:
    """Takes the mail's address off its school's list, as a version of the settings."""
    school = school_of(mail)
    settings = settings_store.load_settings(school.id)
    staying = tuple(address for address in settings.notify_emails if address != mail.recipient)
    if staying != settings.notify_emails:
        changed = settings.changed({"notify.emails": show_words(staying)})
        settings_store.save_settings(school, changed, None)


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_config().secret_key, salt=f"unsubscribe{era.mark()}")
