"""Settings that are on and do nothing as the others stand: nothing may be idle in silence."""

from roster_dash.roster.roles import FORM_ORDER
from roster_dash.roster.settings import SyncSettings


def idle_settings(settings: SyncSettings) -> list[str]:
    """A sentence for each, with what would make it work."""
    return [*_of_roles(settings), *_of_lists(settings), *_of_mails_and_days(settings)]


def _of_roles(settings: SyncSettings) -> list[str]:
    told = []
    for role in FORM_ORDER:
        switches = settings.role(role)
        parts = [
            word
            for word, is_on in (
                ("Auto update", switches.auto_update),
                ("Archive", switches.archive),
            )
            if is_on and not switches.sync
        ]
        if parts:
            told.append(
                f"{role.label}: {' and '.join(parts)} {'does' if len(parts) == 1 else 'do'} "
                "nothing while Sync is off."
            )
    if settings.contacts != "off" and not settings.students.sync:
        told.append("Primary parent contact does nothing while Students is off.")
    if not settings.auto_update_fields and any(
        settings.role(role).sync and settings.role(role).auto_update for role in FORM_ORDER
    ):
        told.append("Auto update does nothing: choose what it may change.")
    return told


def _of_lists(settings: SyncSettings) -> list[str]:
    if not settings.class_lists:
        return []
    lacking = [
        word
        for word, chosen in (
            ("terms", settings.class_list_terms),
            ("grades", settings.class_list_grades),
        )
        if not chosen
    ]
    if lacking:
        return [f"Class lists make nothing until {' and '.join(lacking)} are chosen."]
    if not settings.students.sync:
        return ["Class lists have no students on them while Students is off."]
    return []


def _of_mails_and_days(settings: SyncSettings) -> list[str]:
    told = []
    if settings.schedule_enabled and not settings.syncs_anything:
        told.append("No daily sync is planned while nothing is synced: switch on a role.")
    if settings.schedule_events and not settings.schedule_enabled and settings.syncs_anything:
        told.append("Changes during the day are not followed while Sync every day is off.")
    if settings.notify_digest and not settings.notify_emails:
        told.append("The weekly digest goes to nobody: type an address under Send to.")
    if settings.notify_emails and settings.notify_when == "never" and not settings.notify_digest:
        told.append("The addresses under Send to get no mail while When is Never.")
    return told
