"""How a person ends a run: exactly one outcome, with a reason a program and a person can read."""

from enum import StrEnum
from typing import NamedTuple


class Outcome(StrEnum):
    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    RESTORED = "restored"
    MOVED = "moved"
    SKIPPED = "skipped"
    EXCLUDED = "excluded"
    LEAVING = "leaving"
    ARCHIVED = "archived"
    HELD = "held"
    CONFLICT = "conflict"
    INVALID = "invalid"


REASONS: dict[str, str] = {
    "new": "New in the roster.",
    "same": "Nothing differs.",
    "changed": "The roster has newer information.",
    "back": "Back in the roster.",
    "gone": "No longer in the roster, and Archive is on.",
    "moved": "Moved to another school of the district.",
    "in_grace": "Missing from the roster; archived if they stay away.",
    "unhealthy_run": "Missing from the roster; their days don’t count while so many are missing.",
    "snoozed": "Missing from the roster; somebody here lets them stay for now.",
    "kept_here": "Missing from the roster; somebody here keeps them.",
    "last_owner": "The last Owner of this school is never archived by a sync.",
    "waiting": "Waiting for somebody to approve it.",
    "rejected": "Somebody here rejected this change, so they stay as they are.",
    "first_run": "Already here; the first sync only adds, the next one updates.",
    "relinked": "The same person under a new id.",
    "reverted": "Taken back.",
    "auto_update_off": "Already here, and Auto update is off.",
    "linked": "Already here: linked to their roster record; Auto update is off.",
    "archive_off": "No longer in the roster; Archive is off, so they stay.",
    "empty_answer": "Missing from an answer that was empty or incomplete, so they stay.",
    "role_off": "None of their roles is switched on.",
    "no_role": "The roster gives them no role at this school; left as they are.",
    "left_out": "Switched off under “Include in sync”.",
    "not_from_roster": "Added here; the roster never had them.",
    "fits_several": "Several people here fit this record; it must be settled by hand.",
    "fitted_by_several": "Several records fit the same person here; it must be settled by hand.",
    "fits_by_number_only": "Has the number of somebody here whose name and e-mail are others; "
    "it must be settled by hand.",
    "switched": "Recognised in the district’s new source.",
    "awaiting_conflict": "Fits a record that also fits others; left as they are.",
    "no_name": "The record has no name at all.",
    "no_id": "The record has no id.",
    "section_chosen": "A class of the chosen terms and grades.",
    "section_gone": "The class has left the roster.",
    "term_over": "The class has left the roster after the end of its term.",
    "section_not_chosen": "The class is not in the chosen terms and grades.",
    "class_members": "The class has other members now.",
    "edited": "Edited here.",
    "given_back": "Given back to the roster.",
    "included": "“Include in sync” was switched on.",
    "taken_out": "“Include in sync” was switched off.",
    "lets_stay": "Missing from the roster, and somebody lets them stay.",
    "archived_by_hand": "Archived here.",
    "restored_by_hand": "Brought back here.",
    "added_by_hand": "Added here.",
    "imported": "Added here from a file.",
}


class PersonOutcome(NamedTuple):
    """One person's end of a run. `kept_id` is None for someone who is not here."""

    outcome: Outcome
    reason: str
    source_id: str
    kept_id: int | None
    name: str
