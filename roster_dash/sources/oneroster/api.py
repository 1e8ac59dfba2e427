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
from roster_dash.sources.oneroster.api_pages import Collected, Collection, read_collection
from roster_dash.sources.oneroster.doubt import doubt_of
from roster_dash.sources.oneroster.meaning import District
from roster_dash.sources.oneroster.records import OneRoster, Org
from roster_dash.sources.oneroster.whole import WholeSource
from roster_dash.sources.pages import Json

T = TypeVar("T")

PAGE = 5000
"""Providers that give less at once do so without being asked."""


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
        return self._as_district(OneRoster(orgs=self._orgs(no_progress)))

    def _whole(self, progress: Progress) -> District:
        def read(name: str, what: str, reader: Callable[[str, Json], T]) -> Collected[T]:
            return self._read(Collection(name, what, reader), progress)

        orgs = self._orgs(progress)
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
        return self._as_district(said, doubt_of(said, users=users.seen, classes=classes.seen))

    def _orgs(self, progress: Progress) -> Mapping[str, Org]:
        return self._read(Collection("orgs", "schools", records.read_org), progress).there

    def _read(self, collection: Collection[T], progress: Progress) -> Collected[T]:
        provider = self._provider
        return read_collection(
            self._api, provider.base_url, collection, provider.page_size, progress
        )

    def _as_district(self, said: OneRoster, doubt: str = "") -> District:
        about = {DOUBT: doubt} if doubt else {}
        return District(said, self._provider.namespace, self._today, about)
