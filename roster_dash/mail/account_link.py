"""The mails about an account: an invitation, a new password, a new address."""

from dataclasses import dataclass

from roster_dash.mail.letter import Letter, Link, Mail, write
from roster_dash.roster.origin import CLEVER, Origin


@dataclass(frozen=True, slots=True)
class _Words:
    subject: str
    lead: tuple[str, ...]
    button: str
    why: str


_WORDS = {
    "invitation": _Words(
        "You are invited to Roster Dash: {what}",
        (
            "{who} invites you to look after {what} in Roster Dash, which keeps a school’s people "
            "and class lists equal to what its district shares {way}. The link works once, for "
            "14 days.",
        ),
        "Accept the invitation",
        "You get this mail because {who} gave your address. If you don’t want to take part, do "
        "nothing.",
    ),
    "reset": _Words(
        "Choose a new password for Roster Dash",
        (
            "Somebody, you we hope, asked for a new password for your account. The link works "
            "once, for an hour.",
            "If it wasn’t you, do nothing: your password stays as it is.",
        ),
        "Choose a new password",
        "You get this mail because a new password was asked for with your address.",
    ),
    "address": _Words(
        "Confirm your address for Roster Dash",
        (
            "You asked to use this address to log in to Roster Dash. The link works once, for a "
            "day.",
        ),
        "Use this address",
        "You get this mail because this address was typed under Your account. If that wasn’t you, "
        "do nothing.",
    ),
    "address_changed": _Words(
        "Your address for Roster Dash was changed",
        (
            "Your account is used with another address from now on. If that wasn’t you, tell "
            "whoever runs your Roster Dash at once.",
        ),
        "Open Roster Dash",
        "You get this mail because this was your account’s address until now.",
    ),
}
ACCOUNT_KINDS = tuple(_WORDS)


def compose_account_link(kind: str, who: str, what: str, url: str, origin: Origin = CLEVER) -> Mail:
    """`what`: the schools or the district of an invitation; `origin`: of their rosters."""
    words = _WORDS[kind]
    subject = words.subject.format(who=who, what=what)
    return write(
        Letter(
            subject=subject,
            about="Roster Dash",
            verdict=subject,
            lead=[each.format(who=who, what=what, way=origin.way) for each in words.lead],
            button=Link(words.button, url),
            small_print=[words.why.format(who=who)],
        )
    )
