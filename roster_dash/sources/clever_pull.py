"""A district in one go: every collection whole, handed out school by school.

School by school costs some six requests each; the district whole costs one for every 10,000
records. What a school gets is what it would get if it were asked for by itself. Where that can't be
told for sure, the pull gives up, and the schools are asked for one by one.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence

import msgspec

from roster_dash.roster.errors import NotShared
from roster_dash.roster.records import Contact, Person
from roster_dash.sources.clever_answer import (
    KINDS,
    CleverAnswer,
    RecordsDigest,
    digest_of,
)
from roster_dash.sources.clever_parse import contacts_of, parse_admin
from roster_dash.sources.pages import Page, RawRecord, ids_of, read_object
from roster_dash.sources.spool import Spool

WHOLE_PER_SCHOOL = 0.3
"""Requests that a district's whole collections cost per school that it shares, or less."""


class UnclearError(Exception):
    """Which school something belongs to can't be told; the text says why, with nobody's data."""


def is_worth_it(linked: int, shared: int) -> bool:
    """Whether a pull costs fewer requests than asking for the linked schools one by one."""
    return linked > 1 and 6 * linked + 2 > 6 + WHOLE_PER_SCHOOL * shared


class _Held(msgspec.Struct, gc=False):
    school: str | None = None
    schools: list[str] | None = None


class _Other(msgspec.Struct, gc=False):
    """A role of the whole district."""


class _Roles(msgspec.Struct, gc=False):
    student: _Held | None = None
    teacher: _Held | None = None
    staff: _Held | None = None
    contact: _Other | None = None
    district_admin: _Other | None = None


class _User(msgspec.Struct, gc=False):
    roles: _Roles


class _Section(msgspec.Struct, gc=False):
    school: str
    term_id: str | None = None
    course: str | None = None


_user = msgspec.json.Decoder(_User).decode
_section = msgspec.json.Decoder(_Section).decode


class Pull:
    """A district's collections, sorted by school as they come; only `wanted` schools are kept.

    Feed it users, sections, terms and courses in this order; then ask for answers.
    Errors: UnclearError.
    """

    def __init__(
        self, wanted: Collection[str], names: Mapping[str, str], about: Mapping[str, str]
    ) -> None:
        self._wanted = frozenset(wanted)
        self._names = names
        self._about = about
        self._spool = Spool()
        self._admins: list[Person] = []
        self._digests: dict[tuple[str, str], RecordsDigest] = defaultdict(RecordsDigest)
        self._named: dict[str, dict[str, set[str]]] = {
            kind: defaultdict(set) for kind in ("terms", "courses")
        }
        self._last_id: dict[str, str] = defaultdict(str)

    def add_page(self, kind: str, page: Page) -> None:
        self._check_order(kind, page.ids)
        portions: dict[str, list[RawRecord]] = defaultdict(list)
        sort = {"users": self._sort_users, "sections": self._sort_sections}.get(kind)
        try:
            for school, record in sort(page) if sort else self._sort_named(kind, page):
                portions[school].append(record)
        except msgspec.DecodeError:
            raise UnclearError(f"something among the {kind} is not in its promised form") from None
        joined = [(school, b",".join(records)) for school, records in portions.items()]
        for school, records in joined:
            self._digests[school, kind].add(records)
        self._spool.add(kind, joined)

    def finish(self) -> "Pull":
        self._spool.index()
        return self

    def answer(self, school_id: str) -> CleverAnswer:
        """Errors: NotShared."""
        if school_id not in self._names:
            raise NotShared(
                "Clever doesn’t share the school with us (any more). Nothing was changed here. "
                "The district’s Clever admin can share this school with Roster Dash."
            )
        records = {kind: self._spool.portions(school_id, kind) for kind in KINDS}
        contacts = dict(self._contacts(records["users"]))
        digests = {kind: self._digests[school_id, kind].value() for kind in KINDS}
        name, admins = self._names[school_id], tuple(self._admins)
        return CleverAnswer(
            school_id,
            name,
            records,
            admins,
            contacts,
            digest_of(name, digests, admins, contacts.items()),
            self._about,
        )

    def close(self) -> None:
        self._spool.close()

    def _check_order(self, kind: str, ids: Sequence[str]) -> None:
        """Ids ascend, or a page that came twice, or a record, would not be noticed."""
        for each in ids:
            if each <= self._last_id[kind]:
                raise UnclearError(f"the ids of the {kind} don’t ascend")
            self._last_id[kind] = each

    def _sort_users(self, page: Page) -> Iterator[tuple[str, RawRecord]]:
        for record in page.records:
            roles = _user(record).roles
            held = [each for each in (roles.student, roles.teacher, roles.staff) if each]
            if roles.district_admin is not None:
                self._admins.append(parse_admin(read_object(bytes(record))))
            if roles.contact is not None:
                for student, rank, contact in contacts_of(read_object(bytes(record))):
                    self._spool.offer_contact(student, rank, contact)
            elif not held and roles.district_admin is None:
                raise UnclearError("a user has no role")
            for school in self._schools_of(held):
                if school in self._wanted:
                    yield school, record

    @staticmethod
    def _schools_of(held: Sequence[_Held]) -> set[str]:
        schools: set[str] = set()
        for each in held:
            of_role = {each.school, *(each.schools or ())} - {None, ""}
            if not of_role:
                raise UnclearError("a user’s role names no school")
            schools |= of_role
        return schools

    def _sort_sections(self, page: Page) -> Iterator[tuple[str, RawRecord]]:
        terms, courses = self._named["terms"], self._named["courses"]
        for record in page.records:
            section = _section(record)
            if section.school in self._wanted:
                if section.term_id:
                    terms[section.term_id].add(section.school)
                if section.course:
                    courses[section.course].add(section.school)
                yield section.school, record

    def _sort_named(self, kind: str, page: Page) -> Iterator[tuple[str, RawRecord]]:
        """Terms and courses belong to the schools whose sections name them."""
        named = self._named[kind]
        for each, record in zip(page.ids, page.records, strict=True):
            for school in sorted(named.get(each, ())):
                yield school, record

    def _contacts(self, users: Sequence[RawRecord]) -> Iterator[tuple[str, Contact]]:
        if self._spool.has_contacts:
            yield from self._spool.contacts(ids_of(users))
