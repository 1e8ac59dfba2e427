"""How entries of the audit log are said."""

from collections.abc import Mapping
from typing import Any

from roster_dash.language import translated
from roster_dash.roster.origin import Origin
from roster_dash.store.audit import Did
from roster_dash.store.tables import AuditEntry
from roster_dash.web.own.views import ROLES
from roster_dash.web.rostering.form import setting_label

KINDS = {
    "settings": "Settings",
    "hold": "Approvals",
    "run": "Runs",
    "login": "Log-ins",
    "account": "Accounts",
    "credentials": "Credentials",
    "school": "Links to {source}",
    "export": "Exports",
    "person": "Erasures",
    "database": "Backups",
}
"""What the log can be filtered by: the part of an action before its dot -> its word."""


def kinds_for(origin: Origin) -> dict[str, str]:
    return {kind: words.format(source=origin.name) for kind, words in KINDS.items()}


_WORDS = {
    Did.SETTINGS_SAVED: "Saved the settings",
    Did.POLICY_SAVED: "Saved the district’s policy",
    Did.RETENTION_SAVED: "Saved how long data is kept",
    Did.RUN_REQUESTED: "Asked for a sync",
    Did.RUN_CANCELLED: "Cancelled a run",
    Did.RUN_REVERTED: "Took a run back",
    Did.HOLD_APPROVED: "Approved changes",
    Did.HOLD_REJECTED: "Rejected changes",
    Did.LOGGED_IN: "Logged in",
    Did.LOG_IN_FAILED: "Failed to log in",
    Did.LOG_IN_REFUSED: "Was refused after too many failed log-ins",
    Did.LOGGED_OUT: "Logged out",
    Did.SESSIONS_ENDED: "Ended sessions",
    Did.ACCOUNT_MADE: "Made an account",
    Did.ACCOUNT_INVITED: "Invited somebody",
    Did.ACCOUNT_CHANGED: "Changed an account",
    Did.ACCOUNT_DISABLED: "Disabled an account",
    Did.ACCOUNT_ENABLED: "Enabled an account",
    Did.INVITATION_WITHDRAWN: "Withdrew an invitation",
    Did.PASSWORD_CHANGED: "Changed a password",
    Did.PASSWORD_RESET_ASKED: "Asked for a new password",
    Did.ADDRESS_CHANGED: "Changed an e-mail address",
    Did.SECOND_FACTOR_ON: "Switched the second factor on",
    Did.SECOND_FACTOR_OFF: "Switched the second factor off",
    Did.DISTRICT_CONNECTED: "Connected a district",
    Did.DISTRICT_DISCONNECTED: "Disconnected a district",
    Did.SOURCE_SWITCHED: "Changed a district’s source",
    Did.FILE_ARRIVED: "Put up a district’s file",
    Did.FILE_ACCEPTED: "Accepted a district’s file",
    Did.FILE_REFUSED: "Refused a district’s file",
    Did.FOLDER_CHOSEN: "Chose what becomes of files from the folder",
    Did.TOKEN_MADE: "Made an API token",
    Did.TOKEN_REVOKED: "Revoked an API token",
    Did.WEBHOOK_ADDED: "Added a webhook",
    Did.WEBHOOK_REMOVED: "Removed a webhook",
    Did.CREDENTIALS_ROTATED: "Encrypted the stored credentials with a new key",
    Did.SCHOOL_LINKED: "Linked a school",
    Did.SCHOOL_UNLINKED: "Unlinked a school",
    Did.EXPORTED: "Exported data",
    Did.PERSON_EXPORTED: "Exported one person’s data",
    Did.PERSON_ERASED: "Erased one person’s data",
    Did.BACKED_UP: "Made a backup",
    Did.RESTORED: "Restored a backup",
}


_OF_SETTINGS = (Did.SETTINGS_SAVED, Did.POLICY_SAVED)


def words_of(action: str) -> str:
    """What somebody did; an action of a newer version as it is stored."""
    return _WORDS[Did(action)] if action in set(Did) else action


def change_of(values: Mapping[str, Any]) -> str:
    """Values on one line: "students: off; teachers: on"."""
    return "; ".join(f"{name}: {_value(value)}" for name, value in values.items())


def changes_of(entry: AuditEntry) -> list[str]:
    """A line for each thing that an entry says: "Students: off → on", "rows: 412"."""
    name_of = setting_label if entry.action in _OF_SETTINGS else str
    return [
        f"{translated(name_of(name))}: {_said(name, entry.before[name])} → {_said(name, value)}"
        if name in entry.before
        else f"{translated(name_of(name))}: {_said(name, value)}"
        for name, value in entry.after.items()
    ]


def _said(name: str, value: Any) -> str:
    """A value on a page; in files it stays as it is kept."""
    return str(ROLES[value]) if name == "role" and value in ROLES else translated(_value(value))


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return str(value) if value not in (None, "") else "none"
