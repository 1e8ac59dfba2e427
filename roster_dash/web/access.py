"""What an account may see; everything else doesn't exist for it (404, never 403)."""

import logging
from typing import NoReturn

from flask import abort, request

from roster_dash.roster.errors import UnknownThing
from roster_dash.store import accounts, people, runs, schools
from roster_dash.store.tables import District, ListRow, PersonRow, Run, School
from roster_dash.web.login import viewing

log = logging.getLogger(__name__)


def refuse() -> NoReturn:
    """404, and a line in the log: who asked for what, by id."""
    log.warning(
        "user %s asked for %s %s: not theirs, or not there",
        viewing().id,
        request.endpoint,
        request.view_args,
    )
    abort(404)


def school_or_404(school_id: int) -> School:
    school = schools.get_school(school_id)
    if school is None or not accounts.may_see_school(viewing(), school):
        refuse()
    return school


def district_or_404(district_id: int) -> District:
    """For those who answer for the whole district; an Owner doesn't."""
    district = schools.get_district(district_id)
    if district is None or not accounts.may_manage_district(viewing(), district):
        refuse()
    return district


def run_or_404(run_id: int) -> Run:
    try:
        run = runs.find_run(run_id)
    except UnknownThing:
        refuse()
    if not accounts.may_see_run(viewing(), run):
        refuse()
    return run


def person_or_404(person_id: int) -> PersonRow:
    person = people.get_person(person_id)
    if person is None:
        refuse()
    school_or_404(person.school_id)
    return person


def list_or_404(list_id: int) -> ListRow:
    row = people.get_list(list_id)
    if row is None:
        refuse()
    school_or_404(row.school_id)
    return row


def specialist_or_404() -> None:
    if viewing().role != accounts.AccountRole.SPECIALIST:
        refuse()
