"""Which sections a school's choice of terms and grades takes in."""

from collections.abc import Iterable, Mapping
from datetime import date

from roster_dash.roster.records import Section, Term
from roster_dash.roster.settings import ALL, CURRENT


def is_current(term: Term, today: date) -> bool:
    """Whether a day lies in a term. An unknown bound doesn't end it: in doubt, it runs on."""
    if term.start is not None and today < term.start:
        return False
    return term.end is None or today <= term.end


def has_ended(term: Term | None, today: date) -> bool:
    """Whether a term is over for sure."""
    return term is not None and term.end is not None and term.end < today


class Choice:
    """The sections that terms and grades let in; names match in any case."""

    def __init__(
        self, terms: Iterable[str], grades: Iterable[str], known: Mapping[str, Term], today: date
    ) -> None:
        self._terms = frozenset(name.casefold() for name in terms)
        self._grades = frozenset(name.casefold() for name in grades)
        self._known = known
        self._today = today

    def __contains__(self, section: Section) -> bool:
        return self._takes_grade(section.grade) and self._takes_term(section.term_id)

    def _takes_grade(self, grade: str) -> bool:
        return ALL in self._grades or (bool(grade) and grade.casefold() in self._grades)

    def _takes_term(self, term_id: str) -> bool:
        if ALL in self._terms:
            return True
        if not term_id:
            return False
        if term_id.casefold() in self._terms:
            return True
        term = self._known.get(term_id)
        if term is None:
            return False
        if term.name and term.name.casefold() in self._terms:
            return True
        return CURRENT in self._terms and is_current(term, self._today)
