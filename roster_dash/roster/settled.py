"""Whether a plan leaves nothing to do, and until when the same roster leaves nothing to do either.

A plan goes by the roster, by what is kept and decided here, by the settings and by the day. If the
first three are the same as at a run that did nothing, only the day can make a difference: it ends
and begins terms, and counts down who is missing.
"""

from collections.abc import Iterator
from datetime import date, timedelta

from roster_dash.roster.plan import Plan
from roster_dash.roster.records import Kept, KeptPerson, Snapshot, Term

LONGEST = timedelta(days=7)
"""After so long a school is planned whole again, whatever it looks like."""


def settled_until(plan: Plan, snapshot: Snapshot, kept: Kept, today: date) -> date | None:
    """The first day on which the same may lead to another plan; None if this one did something.

    `plan` was made of `snapshot` and `kept` on `today`.
    """
    did_something = plan.operations or plan.held or plan.approved or plan.marks or plan.rejected
    if did_something or not plan.is_whole or any(map(_is_counting, kept.people)):
        return None
    bounds = (bound for term in snapshot.terms for bound in _turns(term))
    return min([today + LONGEST, *(bound for bound in bounds if bound > today)])


def _is_counting(row: KeptPerson) -> bool:
    return row.leaving is not None or row.stays_until is not None


def _turns(term: Term) -> Iterator[date]:
    """The days from which a term is, and is no more."""
    if term.start is not None:
        yield term.start
    if term.end is not None and term.end < date.max:
        yield term.end + timedelta(days=1)
