"""The mails about an account: an invitation, a new password, a new address."""

from flask import render_template

from roster_dash.mail.message import Mail
from roster_dash.roster.origin import CLEVER, Origin

_WORDS = {
    "invitation": (
        "You are invited to Roster Dash: {what}",
        "{who} invites you to look after {what} in Roster Dash, which keeps a school’s people and "
        "class lists equal to what its district shares {way}. The link works once, for 14 days.",
        "Accept the invitation",
    ),
    "reset": (
        "Choose a new password for Roster Dash",
        "Somebody, you we hope, asked for a new password for your account. The link works once, "
        "for an hour. If it wasn’t you, do nothing: your password stays as it is.",
        "Choose a new password",
    ),
    "address": (
        "Confirm your address for Roster Dash",
        "You asked to use this address to log in to Roster Dash. The link works once, for a day.",
        "Use this address",
    ),
    "address_changed": (
        "Your address for Roster Dash was changed",
        "Your account is used with another address from now on. If that wasn’t you, tell whoever "
        "runs your Roster Dash at once.",
        "Roster Dash",
    ),
}
"""Kind of mail -> (subject, paragraph, what its link says)."""


def compose_account_link(kind: str, who: str, what: str, url: str, origin: Origin = CLEVER) -> Mail:
    """`what`: the schools or the district of an invitation; `origin`: of their rosters."""
    subject, lead, label = _WORDS[kind]
    about = {"lead": lead.format(who=who, what=what, way=origin.way), "label": label, "link": url}
    return Mail(
        subject=" ".join(subject.format(who=who, what=what).split()),
        text=render_template("mail/note.txt", **about),
        html=render_template("mail/note.html", **about),
    )
