"""What Clever says of one school, as it came: a digest tells whether it is new, and it is read only
if it is."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b

import msgspec
import orjson

from roster_dash.roster.records import Contact, DistrictPart, Person, Snapshot
from roster_dash.roster.roles import Role
from roster_dash.sources.clever_parse import course_name, parse_section, parse_term, parse_user
from roster_dash.sources.clever_types import Json, User, as_text, read_sections, read_users
from roster_dash.sources.pages import RawRecord, as_array, read_records

KINDS = ("users", "sections", "terms", "courses")


class RecordsDigest:
    """Of records in the order in which they come, in as many portions as one likes."""

    def __init__(self) -> None:
        self._hash = blake2b(digest_size=16)

    def add(self, records: RawRecord) -> None:
        """One record, or several with commas between them."""
        self._hash.update(records)
        self._hash.update(b",")

    def value(self) -> str:
        return self._hash.hexdigest()


def digest_of_records(records: Iterable[RawRecord]) -> str:
    digest = RecordsDigest()
    for record in records:
        digest.add(record)
    return digest.value()


@dataclass(frozen=True, slots=True)
class CleverAnswer:
    """`records`: a kind -> its records as JSON, of which several may stand together with commas
    between them. `contacts` may have those of other schools' students.
    """

    school_id: str
    school_name: str
    records: Mapping[str, Sequence[RawRecord]]
    admins: tuple[Person, ...]
    contacts: Mapping[str, Contact]
    digest: str
    about: Mapping[str, str] = field(default_factory=dict)

    def dump(self) -> bytes:
        return orjson.dumps(
            {
                "school_id": self.school_id,
                "school_name": self.school_name,
                "records": {kind: orjson.Fragment(as_array(self.records[kind])) for kind in KINDS},
                "admins": self.admins,
                "contacts": self.contacts,
            }
        )

    def snapshot(self) -> Snapshot:
        courses = {
            course_id: course_name(each)
            for each in read_records(self.records["courses"])
            if (course_id := as_text(each.get("id")))  # else it would be everybody's without one
        }
        sections = read_sections(self.records["sections"])
        part = DistrictPart(self.admins, self.contacts)
        return Snapshot(
            school_name=self.school_name,
            people=_people(read_users(self.records["users"]), part, self.school_id),
            sections=tuple(parse_section(each, courses) for each in sections),
            terms=tuple(map(parse_term, read_records(self.records["terms"]))),
            about=self.about,
        )


class _Records(msgspec.Struct):
    users: msgspec.Raw
    sections: msgspec.Raw
    terms: msgspec.Raw
    courses: msgspec.Raw


class _Dumped(msgspec.Struct):
    school_id: str
    school_name: str
    records: _Records
    admins: list[Person]
    contacts: dict[str, Contact]


_dumped = msgspec.json.Decoder(_Dumped).decode


def read_answer(dumped: bytes, digest: str, about: Mapping[str, str]) -> CleverAnswer:
    """What `CleverAnswer.dump` has made: its fields, with each kind's records as an array."""
    found = _dumped(dumped)
    records = {}
    for kind in KINDS:
        inside = bytes(getattr(found.records, kind))[1:-1]
        records[kind] = [inside] if inside else []
    return CleverAnswer(
        found.school_id,
        found.school_name,
        records,
        tuple(found.admins),
        found.contacts,
        digest,
        about,
    )


def digest_of(
    school_name: str,
    digests: Mapping[str, str],
    admins: Sequence[Person],
    contacts: Iterable[tuple[str, Contact]],
) -> str:
    """Of all that makes a snapshot but `about`. `digests`: of each kind's records; `contacts`: of
    this school's students only, in the order of their ids."""
    whole = (school_name, [digests[kind] for kind in KINDS], admins, list(contacts))
    return blake2b(orjson.dumps(whole), digest_size=16).hexdigest()


def about_district(district: Json) -> dict[str, str]:
    """What the district says of itself: state, last sync and so on."""
    fields = ("name", "state", "last_sync", "last_clever_sync", "pause_start", "pause_end")
    return {
        f"district_{name}" if name in ("name", "state") else name: str(district[name])
        for name in fields
        if district.get(name)
    }


def _people(users: Iterable[User], part: DistrictPart, school_id: str) -> tuple[Person, ...]:
    """Everybody of a school, with the district's admins and each student's contact."""
    people: list[Person] = []
    present: set[str] = set()
    for user in users:
        person = parse_user(user, school_id)
        if person is not None:
            if Role.STUDENT in person.roles and person.source_id in part.contacts:
                person = replace(person, contact=part.contacts[person.source_id])
            people.append(person)
            present.add(person.source_id)
    people += [admin for admin in part.admins if admin.source_id not in present]
    return tuple(people)
