"""OneRoster's REST API, 1.1 and 1.2, as a source.

A school's own endpoints are missing at many providers and wrong at some, so the six collections
are read whole, and every school has its part of them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, TypeVar

from roster_dash.roster.doubts import DOUBT
from roster_dash.sources import Progress, no_progress
from roster_dash.sources.http import JsonApi
from roster_dash.sources.oneroster import api_records as records
from roster_dash.sources.oneroster.api_access import Access, open_api
from roster_dash.sources.oneroster.api_pages import (
    Collected,
    Collection,
    NewRevisionError,
    Revision,
    read_collection,
)
from roster_dash.sources.oneroster.coherence import doubt_of, incoherence
from roster_dash.sources.oneroster.meaning import District
from roster_dash.sources.oneroster.records import OneRoster, Org
from roster_dash.sources.oneroster.whole import WholeSource
from roster_dash.sources.pages import Json

T = TypeVar("T")

PAGE = 5000
"""Providers that give less at once do so without being asked."""
_RESTARTS = 3
"""How often all is read anew because the provider says that its records have changed meanwhile."""


@dataclass(frozen=True, slots=True)
class Provider:
    """`base_url` is the address that the vendor gives, under which the collections are:
    https://vendor.example/ims/oneroster/v1p1, say. `namespace` goes before its ids here."""

    base_url: str
    access: Access
    namespace: str
    page_size: int = PAGE


class OneRosterSource(WholeSource):
    """One district at a provider. `today` decides which roles and enrollments hold."""

    def __init__(self, provider: Provider, today: date, **api_options: Any) -> None:
        super().__init__()
        self._provider = provider
        self._today = today
        self._api_options = api_options

    @cached_property
    def _api(self) -> JsonApi:
        return open_api(self._provider.base_url, self._provider.access, **self._api_options)

    def _orgs_only(self) -> District:
        return self._as_district(self._of_one_revision(self._schools_of))

    def _whole(self, progress: Progress) -> District:
        said, doubt = self._of_one_revision(lambda revision: self._all_of(revision, progress))
        if why := incoherence(said):
            raise self._api.incomplete("roster", why)
        return self._as_district(said, doubt)

    def _of_one_revision(self, read: Callable[[Revision], T]) -> T:
        """What is read page by page while it changes may fit together nowhere."""
        for _ in range(1 + _RESTARTS):
            try:
                return read(Revision())
            except NewRevisionError:
                continue
        why = "its records were changed each time while we read them"
        raise self._api.incomplete("roster", why)

    def _schools_of(self, revision: Revision) -> OneRoster:
        return OneRoster(orgs=self._orgs(revision, no_progress))

    def _all_of(self, revision: Revision, progress: Progress) -> tuple[OneRoster, str]:
        """All records, and why they may lack somebody."""

        def read(name: str, what: str, reader: Callable[[str, Json], T]) -> Collected[T]:
            return self._read(Collection(name, what, reader), revision, progress)

        orgs = self._orgs(revision, progress)
        sessions = read("academicSessions", "terms", records.read_session)
        courses = read("courses", "courses", records.read_course)
        classes = read("classes", "classes", records.read_class)
        users = read("users", "people", records.read_user)
        enrollments = read("enrollments", "enrollments", records.read_enrollment)
        said = OneRoster(
            orgs=orgs,
            sessions=sessions.there,
            courses=courses.there,
            classes=classes.there,
            users=users.there,
            enrollments=enrollments.there,
        )
        return said, doubt_of(said, users=users.seen, classes=classes.seen)

    def _orgs(self, revision: Revision, progress: Progress) -> Mapping[str, Org]:
        return self._read(Collection("orgs", "schools", records.read_org), revision, progress).there

    def _read(
        self, collection: Collection[T], revision: Revision, progress: Progress
    ) -> Collected[T]:
        it = self._provider
        return read_collection(self._api, it.base_url, collection, it.page_size, progress, revision)

    def _as_district(self, said: OneRoster, doubt: str = "") -> District:
        about = {DOUBT: doubt} if doubt else {}
        return District(said, self._provider.namespace, self._today, about)
