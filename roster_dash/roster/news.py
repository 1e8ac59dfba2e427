"""What a source's events say has changed: whose roster is worth another look."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class News:
    """What was told since a cursor. Ids are the source's.

    `cursor`: where to go on the next time; "" if no event was ever told. `people`: whose record
    changed, or somebody's whose contact changed. `everywhere`: it may concern every school.
    `district_part`: contacts or district admins are among it.
    """

    cursor: str = ""
    number: int = 0
    schools: frozenset[str] = frozenset()
    people: frozenset[str] = frozenset()
    everywhere: bool = False
    district_part: bool = False

    def __or__(self, later: "News") -> "News":
        return News(
            later.cursor or self.cursor,
            self.number + later.number,
            self.schools | later.schools,
            self.people | later.people,
            self.everywhere or later.everywhere,
            self.district_part or later.district_part,
        )
