"""Which class of another source is which list here.

Classes have no number that two sources share. The words and the people tell: the same words where
no other class or list has them, or the same title or course and period with mostly the same people.
A list that fits several classes, or a class that fits several lists, is left alone.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from roster_dash.roster.lists import wanted_list
from roster_dash.roster.records import Kept, KeptList, Snapshot, UserList

_Says = Callable[["_Class", "_Class"], bool]


@dataclass(frozen=True, slots=True)
class _Class:
    """A class of the source, or a list here; `people`: those who are known on both sides."""

    key: str
    words: UserList
    people: frozenset[str]
    row: KeptList | None = None

    def word(self, name: str) -> str:
        return " ".join(getattr(self.words, name).split()).casefold()


def match_lists(snapshot: Snapshot, kept: Kept) -> dict[str, KeptList]:
    """A class's source_id -> the list here. `kept`: with people's ids of the new source."""
    known = {row.person.source_id for row in kept.people} & {
        person.source_id for person in snapshot.people
    }
    there, here = _classes(snapshot, known), _lists(kept, known)
    found: dict[str, KeptList] = {}
    rows = {each.words.source_id: each.row for each in here}
    for each in there:
        if row := rows.get(each.key):
            found[each.key] = row
    for says in (_same_words, _same_title, _same_people):
        left = [each for each in there if each.key not in found]
        taken = {row.id for row in found.values()}
        free = [each for each in here if each.row and each.row.id not in taken]
        found |= _pairs(left, free, says)
    return found


def _classes(snapshot: Snapshot, known: set[str]) -> list[_Class]:
    terms = {term.source_id: term for term in snapshot.terms}
    return [
        _Class(
            section.source_id,
            wanted_list(section, terms.get(section.term_id)),
            frozenset((*section.teachers, *section.students)) & known,
        )
        for section in snapshot.sections
        if section.source_id
    ]


def _lists(kept: Kept, known: set[str]) -> list[_Class]:
    source_of = {row.id: row.person.source_id for row in kept.people}
    return [
        _Class(
            str(row.id),
            row.list,
            frozenset(source_of.get(each, "") for each in row.managers | row.members) & known,
            row,
        )
        for row in kept.lists
        if row.list.source_id
    ]


def _pairs(there: Sequence[_Class], here: Sequence[_Class], says: _Says) -> Mapping[str, KeptList]:
    """Those that fit one another and nothing else."""
    fits: dict[str, list[_Class]] = defaultdict(list)
    claims: dict[str, int] = defaultdict(int)
    for section, row in _candidates(there, here):
        if says(section, row):
            fits[section.key].append(row)
            claims[row.key] += 1
    return {
        key: rows[0].row
        for key, rows in fits.items()
        if len(rows) == 1 and claims[rows[0].key] == 1 and rows[0].row is not None
    }


def _candidates(there: Sequence[_Class], here: Sequence[_Class]) -> set[tuple[_Class, _Class]]:
    """Only those with a title or somebody in common: not everything with everything."""
    by_title: dict[str, list[_Class]] = defaultdict(list)
    by_person: dict[str, list[_Class]] = defaultdict(list)
    for row in here:
        by_title[row.word("synced_title")].append(row)
        for person in row.people:
            by_person[person].append(row)
    return {
        (section, row)
        for section in there
        for row in (
            *by_title[section.word("synced_title")],
            *(row for person in section.people for row in by_person[person]),
        )
    }


def _same_words(section: _Class, row: _Class) -> bool:
    names = ("synced_title", "course", "term", "period")
    strangers = bool(section.people and row.people and not section.people & row.people)
    return all(section.word(name) == row.word(name) for name in names) and not strangers


def _same_title(section: _Class, row: _Class) -> bool:
    same = section.word("synced_title") == row.word("synced_title")
    return same and _share(section, row) >= 0.5


def _same_people(section: _Class, row: _Class) -> bool:
    """Titles are often made otherwise: "Algebra 1 - Tate - 2" is the other's "Algebra 1"."""
    one = any(section.word(name) == row.word(name) != "" for name in ("course", "period"))
    return one and _share(section, row) >= 0.8


def _share(one: _Class, other: _Class) -> float:
    """How many of all who are in either are in both."""
    return len(one.people & other.people) / max(1, len(one.people | other.people))
