"""The OneRoster look-alike as tests use it, and what its district is here."""

from dataclasses import replace
from datetime import date
from typing import Any

from roster_dash.roster.records import Contact, Person, Section, Snapshot, Term
from roster_dash.roster.roles import Role
from roster_dash.sandbox.oneroster.access import STATIC_TOKEN
from roster_dash.sandbox.oneroster.server import V1P1, V1P2, Server
from roster_dash.sources.oneroster.api import OneRosterSource, Provider
from roster_dash.sources.oneroster.api_access import Access, StaticToken

TODAY = date(2026, 10, 1)
NAMESPACE = "or7"
HILL, DALE = "or7.org-hill", "or7.org-dale"
BASES = {"1.1": V1P1, "1.2": V1P2}


def silent(_what: str, _pages: int, _records: int) -> None:
    pass


def open_source(
    server: Server,
    version: str = "1.2",
    access: Access | None = None,
    page_size: int = 4,
    **options: Any,
) -> OneRosterSource:
    """A source that doesn't wait, and may ask this machine.

    Four records a page make several pages of most collections.
    """
    provider = Provider(
        f"{server.url}{BASES[version]}", access or StaticToken(STATIC_TOKEN), NAMESPACE, page_size
    )
    known = {"allowed": ("127.0.0.1",), "sleep": lambda seconds: None, **options}
    return OneRosterSource(provider, TODAY, **known)


def rosters(source: OneRosterSource) -> dict[str, Snapshot]:
    """Both schools out of one pull."""
    pulled = source.pull([HILL, DALE], silent)
    return {school: pulled.answer(school).snapshot() for school in (HILL, DALE)}


def _person(given: str, family: str, *roles: Role, **values: Any) -> Person:
    name = given.lower()
    return Person(
        source_id=f"or7.user-{name}",
        roles=roles,
        sis_id=f"user-{name}",
        first_name=given,
        last_name=family,
        email=f"{name}@hilldale.example",
        **values,
    )


PAT = Contact("or7.user-pat", "Pat Abel", "pat@hilldale.example", "555-0100", "Parent")
REX = Contact("or7.user-rex", "Rex Bond", "rex@hilldale.example", "555-0101", "Relative")
ZOE = _person("Zoe", "Zane", Role.ADMIN)
ABOUT = {"district_name": "Hill and Dale District"}
AUTUMN = Term("or7.term-autumn", "Autumn", date(2026, 8, 15), date(2027, 1, 9))
SPRING = Term("or7.term-spring", "Spring", date(2027, 1, 10), date(2027, 6, 19))
YEAR = Term("or7.term-year", "2026/27", date(2026, 8, 15), date(2027, 6, 19))


def _student(given: str, family: str, grade: str, number: str, **values: Any) -> Person:
    person = _person(given, family, Role.STUDENT)
    return replace(person, grade=grade, student_number=number, **values)


def _ids(*names: str) -> tuple[str, ...]:
    return tuple(f"or7.user-{name}" for name in names)


EXPECTED = {
    HILL: Snapshot(
        school_name="Hill School",
        people=(
            _student("Ada", "Abel", "7", "1001", contact=PAT),
            _student("Ben", "Bond", "9", "1002", contact=REX),
            _student("Cleo", "Cruz", "9", "1003"),
            _person("Pia", "Price", Role.STAFF),
            _person("Tess", "Tate", Role.TEACHER),
            _person("Tom", "Tyne", Role.TEACHER),
            ZOE,
        ),
        sections=(
            Section(
                "or7.class-algebra",
                "Algebra 1",
                "Mathematics",
                AUTUMN.source_id,
                grade="9",
                period="2",
                teachers=_ids("tess", "tom"),
                students=_ids("ada", "ben"),
            ),
            Section(
                "or7.class-geometry",
                "Geometry",
                "Mathematics",
                SPRING.source_id,
                period="2",
                teachers=_ids("tess"),
                students=_ids("cleo"),
            ),
        ),
        terms=(AUTUMN, SPRING),
        about=ABOUT,
    ),
    DALE: Snapshot(
        school_name="Dale School",
        people=(
            _student("Dan", "Dorn", "Kindergarten", "1004", contact=PAT),
            _student("Eve", "Egan", "1", "1005"),
            _student("Fay", "Ford", "1", "1006"),
            _person("Ian", "Ilk", Role.STAFF),
            _person("Uma", "Usher", Role.TEACHER),
            ZOE,
        ),
        sections=(
            Section(
                "or7.class-art",
                "Art",
                "Art",
                SPRING.source_id,
                period="2",
                teachers=_ids("uma"),
                students=_ids("dan", "fay"),
            ),
            Section(
                "or7.class-home",
                "Homeroom",
                "Art",
                YEAR.source_id,
                period="2",
                teachers=_ids("uma"),
                students=_ids("dan", "eve"),
            ),
        ),
        terms=(SPRING, YEAR),
        about=ABOUT,
    ),
}
"""What the look-alike's district is here, whichever way it is asked."""
