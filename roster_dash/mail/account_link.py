"""The mails about an account: an invitation, a new password, a new address."""

from roster_dash.mail.letter import Mail, Words, write
from roster_dash.roster.origin import CLEVER, Origin

_WORDS = {
    "invitation": Words(
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
    "reset": Words(
        "Choose a new password for Roster Dash",
        (
            "Somebody, you we hope, asked for a new password for your account. The link works "
            "once, for an hour.",
            "If it wasn’t you, do nothing: your password stays as it is.",
        ),
        "Choose a new password",
        "You get this mail because a new password was asked for with your address.",
    ),
    "address": Words(
        "Confirm your address for Roster Dash",
        (
            "You asked to use this address to log in to Roster Dash. The link works once, for a "
            "day.",
        ),
        "Use this address",
        "You get this mail because this address was typed under Your account. If that wasn’t you, "
        "do nothing.",
    ),
    "address_changed": Words(
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
    values = {"who": who, "what": what, "way": origin.way}
    return write(_WORDS[kind].letter("Roster Dash", url, **values))
