"""What people call the place where a roster comes from, in the forms that sentences need."""

from collections.abc import Collection
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Origin:
    """A kind of source in words. `title` is for lists of kinds, `name` and `whose` for sentences.

    `look`: where, or with whom, somebody checks what is shared; `way`: how a district shares;
    `sharer`: who can share more; `shares` and `has_shared`: what the district does for a school;
    `fix`: about something that is missing, "" if it depends. `upstream`: where somebody is who
    isn't shared. `answered`: what it has done once something came.
    """

    title: str
    name: str
    whose: str
    last_answer: str
    id: str
    look: str
    way: str
    sharer: str
    shares: str
    has_shared: str
    upstream: str = "the SIS"
    fix: str = ""
    answered: str = "has answered"

    @property
    def start(self) -> str:
        """`name` where a sentence begins."""
        return capital(self.name)


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]


CLEVER = Origin(
    title="Clever",
    name="Clever",
    whose="Clever’s",
    last_answer="Clever’s last answer",
    id="Clever id",
    look="in Clever",
    way="in Clever",
    sharer="the district’s Clever admin",
    shares="approves Roster Dash in Clever and shares the school",
    has_shared="has approved Roster Dash in Clever and shares the school",
    upstream="Clever",
)
ORIGINS = {
    "clever": CLEVER,
    "oneroster": Origin(
        title="OneRoster",
        name="OneRoster",
        whose="OneRoster’s",
        last_answer="OneRoster’s last answer",
        id="OneRoster id",
        look="at the OneRoster provider",
        way="by OneRoster",
        sharer="whoever runs the provider for the district",
        shares="shares the school by OneRoster",
        has_shared="shares the school by OneRoster",
        fix="If it should be there: have it shared by the OneRoster provider.",
    ),
    "files": Origin(
        title="OneRoster files",
        name="the district’s file",
        whose="the file’s",
        last_answer="the district’s last file",
        id="OneRoster id",
        look="with whoever exports the district’s files",
        way="as files",
        sharer="whoever exports the district’s files",
        shares="sends files with the school in them",
        has_shared="sends files with the school in them",
        answered="has been accepted",
        fix="If it should be there: export it too, and import the new zip.",
    ),
}
"""A district's `source` -> its words. A NEW KIND OF SOURCE IS AN ENTRY HERE."""


def common_origin(kinds: Collection[str]) -> Origin:
    """Of people who have to do with these; where they differ, or there is none, Clever."""
    [only] = set(kinds) if len(set(kinds)) == 1 else {"clever"}
    return ORIGINS[only]
