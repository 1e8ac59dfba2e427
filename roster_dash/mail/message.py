"""One message to one address, over Flask-Mail."""

import logging
import smtplib
from email.charset import QP, Charset
from email.utils import formataddr, parseaddr

from flask_mail import Message

from roster_dash.config import current_config
from roster_dash.extensions import mailer
from roster_dash.mail.letter import Mail

log = logging.getLogger(__name__)


_UTF8 = Charset("utf-8")
_UTF8.body_encoding = QP
"""Short lines of ASCII on the wire, whatever a mail says: RFC 5322 ends a line after 998 bytes."""


class _Letter(Message):
    """With a List-Unsubscribe as mail programs read it: Python encodes a header without spaces that
    is longer than a line, and then none of them finds the address. Over HTTPS it offers their own
    button, too (RFC 8058)."""

    unsubscribe_url = ""

    def as_bytes(self) -> bytes:
        headers = {}
        if self.unsubscribe_url:
            headers["List-Unsubscribe"] = f"<{self.unsubscribe_url}>"
        if self.unsubscribe_url.startswith("https://"):
            headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        whole: bytes = super().as_bytes()
        return lines.encode("ascii") + whole


def send_mail(recipient: str, mail: Mail, message_id: str = "") -> str:
    """Sends a mail to one address; gives "" or, for people, why it could not go out.

    `message_id`, where it is given, is the same at every attempt: mail servers and programs drop
    a message that they have already.
    """
    config = current_config().mail
    if not config.server:
        return "No mail server is set up: MAIL_SERVER is empty."
    if any(mark in part for part in (recipient, mail.subject) for mark in "\r\n"):
        return "The address or the subject has a line break in it."
    message = _Letter(
        subject=mail.subject,
        recipients=[recipient],
        body=mail.text,
        html=mail.html,
        sender=formataddr(parseaddr(config.sender)),
        charset=_UTF8,  # type: ignore[arg-type]
    )
    message.unsubscribe_url = mail.unsubscribe_url
    if message_id:
        message.msgId = f"<{message_id}@{parseaddr(config.sender)[1].rpartition('@')[2]}>"
    try:
        mailer.send(message)
    except smtplib.SMTPRecipientsRefused:
        return "The mail server refuses this address."
    except smtplib.SMTPException as error:
        log.warning("mail not sent: %s", type(error).__name__)
        return "The mail server refuses the message."
    except OSError as error:
        log.warning("mail not sent: %s", type(error).__name__)
        return "The mail server can’t be reached."
    except ValueError as error:  # an address that can't be written in a message
        log.warning("mail not sent: %s", type(error).__name__)
        return "The message can’t be written: its address has letters that mail doesn’t take."
    return ""
