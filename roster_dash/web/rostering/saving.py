"""A Save, also when somebody else saved since the form was opened: nobody's change is lost."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from werkzeug.datastructures import MultiDict

from roster_dash.roster.policy import Policy
from roster_dash.roster.settings import SyncSettings
from roster_dash.store import policies
from roster_dash.store.tables import School
from roster_dash.web.rostering.form import read_form, setting_label


@dataclass(frozen=True, slots=True)
class Save:
    """`settings` to store, or what is in the way by key, with the form's texts. `notice` tells
    what somebody else changed meanwhile and is kept."""

    settings: SyncSettings | None
    errors: Mapping[str, str] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    notice: str = ""


def take_save(
    form: MultiDict[str, str],
    stored: tuple[SyncSettings, SyncSettings],
    policy: Policy | None = None,
) -> Save:
    """Reads a form; `stored` is what holds now, and what held when the form was opened.

    Changes of different settings are both kept. Where both changed one to different values, the
    later Save is told and nothing is stored; saving again then means it. The same where the
    district's policy has locked a setting meanwhile.
    """
    newest, base = stored
    mine, errors, texts = read_form(form, base)
    if errors:
        return Save(None, errors, texts)
    theirs, ours = base.differences(newest), base.differences(mine)
    clashes = [key for key in ours if key in theirs and theirs[key][1] != ours[key][1]]
    merged = newest.changed({key: after for key, (_before, after) in ours.items()})
    if clashes:
        told = {
            key: f"{setting_label(key)} was set to “{theirs[key][1]}” by somebody else meanwhile; "
            f"you set “{ours[key][1]}”. Save again to use yours."
            for key in clashes
        }
        return Save(None, told, merged.flat())
    if policy and (broken := policy.broken_by(merged)):
        told = {
            key: f"{setting_label(key)} is locked by the district as “{wanted}”; you set “{ours}”."
            for key, (wanted, ours) in broken.items()
        }
        return Save(None, told, policy.enforced(merged).flat())
    kept = [setting_label(key) for key in theirs if key not in ours]
    notice = f"Kept from a Save meanwhile: {', '.join(kept)}." if kept else ""
    return Save(merged, notice=notice)


def enforced(school: School, settings: SyncSettings) -> SyncSettings:
    """Settings with what the school's district has locked."""
    policy = policies.load_policy(school.district_id)
    return policy.enforced(settings) if policy else settings
