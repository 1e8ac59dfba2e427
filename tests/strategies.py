"""Random rosters that look like real ones: few ids, shared values, blanks, several roles."""

from datetime import date

from hypothesis import strategies as st

from roster_dash.roster.records import NO_CONTACT, Contact, Person, Section, Snapshot, Term
from roster_dash.roster.roles import Role
from roster_dash.roster.settings import SyncSettings

_IDS = st.sampled_from([f"p{number}" for number in range(10)])
_FEW = st.sampled_from(["", "1", "2", "3"])
_NAMES = st.sampled_from(["", "Ana", "Bo", "Zoë", "O’Neil-Smith"])
_EMAILS = st.sampled_from(["", "a@x.example", "A@x.example", "b@x.example", "broken"])
_ROLES = st.sampled_from(
    [
        (Role.STUDENT,),
        (Role.STUDENT,),
        (Role.TEACHER,),
        (Role.STAFF, Role.TEACHER),
        (Role.ADMIN,),
        (Role.ADMIN, Role.TEACHER),
    ]
)
_CONTACTS = st.just(NO_CONTACT) | st.builds(
    Contact,
    source_id=st.sampled_from(["c1", "c2"]),
    name=_NAMES,
    email=_EMAILS,
    phone=_FEW,
)

people = st.builds(
    Person,
    source_id=_IDS,
    roles=_ROLES,
    sis_id=_FEW,
    first_name=_NAMES,
    last_name=_NAMES,
    preferred_name=_NAMES,
    email=_EMAILS,
    grade=st.sampled_from(["", "9", "10"]),
    student_number=_FEW,
    contact=_CONTACTS,
)
sections = st.builds(
    Section,
    source_id=st.sampled_from([f"s{number}" for number in range(5)]),
    name=_NAMES,
    course=_NAMES,
    term_id=st.sampled_from(["", "t1", "t2", "t9"]),
    grade=st.sampled_from(["", "9", "10"]),
    period=_FEW,
    teachers=st.lists(_IDS, max_size=2, unique=True).map(tuple),
    students=st.lists(_IDS, max_size=6, unique=True).map(tuple),
)
TERMS = (
    Term("t1", "Fall", date(2026, 8, 15), date(2026, 12, 20)),
    Term("t2", "Spring", date(2027, 1, 5), None),
)
snapshots = st.builds(
    Snapshot,
    school_name=st.just("Lincoln High"),
    people=st.lists(people, max_size=10, unique_by=lambda person: person.source_id).map(tuple),
    sections=st.lists(sections, max_size=5, unique_by=lambda row: row.source_id).map(tuple),
    terms=st.sampled_from([TERMS, TERMS, TERMS, ()]),
)

_switch = st.sampled_from(["on", "off"])
settings = st.fixed_dictionaries(
    {f"{role.setting}{part}": _switch for role in Role for part in ("", ".auto_update", ".archive")}
    | {
        "contacts": st.sampled_from(["off", "primary"]),
        "class_lists": _switch,
        "class_lists.terms": st.sampled_from(["", "all", "current", "Fall", "t2"]),
        "class_lists.grades": st.sampled_from(["", "all", "9", "9,10"]),
    }
).map(SyncSettings().changed)
