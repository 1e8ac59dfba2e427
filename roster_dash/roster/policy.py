"""A district's policy: settings that its schools share while theirs are the same.

A school is the same as its district in a setting while the values are equal. A new version of the
policy takes along whoever was the same as the version before it, and every school in what is
locked; a school's own differences stay.
"""

from collections.abc import Collection
from dataclasses import dataclass

from roster_dash.roster.settings import KEYS, SyncSettings

SCHOOLS_OWN = frozenset({"notify.emails"})
"""What each school says for itself."""

SHARED = tuple(key for key in KEYS if key not in SCHOOLS_OWN)


@dataclass(frozen=True, slots=True)
class Policy:
    """`locked`: the settings that schools may not have otherwise."""

    settings: SyncSettings
    locked: frozenset[str] = frozenset()

    def differences(self, school: SyncSettings) -> dict[str, tuple[str, str]]:
        """Key -> (here, in the school) where a school isn't the same."""
        found = self.settings.differences(school)
        return {key: values for key, values in found.items() if key in SHARED}

    def broken_by(self, school: SyncSettings) -> dict[str, tuple[str, str]]:
        """The locked ones among the differences."""
        found = self.differences(school)
        return {key: values for key, values in found.items() if key in self.locked}

    def enforced(self, school: SyncSettings) -> SyncSettings:
        """A school's settings with what is locked set as it is here."""
        return self.laid_over(school, self.locked)

    def whole(self, school: SyncSettings | None = None) -> SyncSettings:
        """The same as the district in everything but what is the school's own."""
        return self.laid_over(school or SyncSettings(), SHARED)

    def laid_over(self, school: SyncSettings, keys: Collection[str]) -> SyncSettings:
        """A school's settings with some of the shared ones set as they are here."""
        mine = self.settings.flat()
        return school.changed({key: mine[key] for key in SHARED if key in keys})


def follow(school: SyncSettings | None, before: Policy | None, newest: Policy) -> SyncSettings:
    """A school's settings under the newest version; `before` is the last one it followed.

    A school where nothing was ever saved (None) begins as its district.
    """
    if school is None:
        return newest.whole()
    other = before.differences(school) if before else SHARED
    same = {key for key in SHARED if key not in other}
    return newest.laid_over(school, same | newest.locked)
