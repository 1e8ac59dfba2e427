"""How many lists and students each term and grade would bring: beside the choice of them."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from roster_dash.language import translated
from roster_dash.roster.records import Snapshot, Term
from roster_dash.roster.settings import SyncSettings
from roster_dash.roster.terms import Choice
from roster_dash.web.rostering.form import grade_label, grades_in_order


@dataclass(frozen=True, slots=True)
class Cell:
    """`chosen`: whether the settings take these classes in."""

    lists: int
    students: int
    chosen: bool


@dataclass(frozen=True, slots=True)
class Grid:
    """A row for each term (its name, then a cell for each grade)."""

    grades: Sequence[str]
    rows: Sequence[tuple[str, Sequence[Cell]]]


def grid_of(snapshot: Snapshot, settings: SyncSettings, today: date) -> Grid:
    """Counts classes, and each student once, by term and grade; empty terms have no row."""
    terms = {term.source_id: term for term in snapshot.terms if term.source_id}
    choice = Choice(settings.class_list_terms, settings.class_list_grades, terms, today)
    lists: dict[tuple[str, str], int] = defaultdict(int)
    students: dict[tuple[str, str], set[str]] = defaultdict(set)
    chosen: set[tuple[str, str]] = set()
    for section in snapshot.sections:
        place = (section.term_id if section.term_id in terms else "", section.grade)
        lists[place] += 1
        students[place].update(section.students)
        if settings.class_lists and section in choice:
            chosen.add(place)
    grades = [*grades_in_order({grade for _, grade in lists if grade}), ""]
    grades = [grade for grade in grades if any(place[1] == grade for place in lists)]
    ids = [*terms, ""]
    rows = [
        (
            _name(terms[term_id]) if term_id else translated("No term"),
            [
                Cell(
                    lists[term_id, grade], len(students[term_id, grade]), (term_id, grade) in chosen
                )
                for grade in grades
            ],
        )
        for term_id in ids
        if any(place[0] == term_id for place in lists)
    ]
    return Grid([grade_label(grade) if grade else "No grade" for grade in grades], rows)


def _name(term: Term) -> str:
    return term.name or translated("Term without a name")
