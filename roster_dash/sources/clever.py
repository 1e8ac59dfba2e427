"""Clever as a source: which endpoints are asked, and how their answers become a snapshot."""

import logging
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import requests

from roster_dash.roster.errors import AccessRefused, NotApproved, SourceError
from roster_dash.roster.news import News
from roster_dash.roster.records import DistrictPart, SharedSchool, Snapshot
from roster_dash.sources import Progress, no_progress
from roster_dash.sources.clever_answer import (
    KINDS,
    CleverAnswer,
    about_district,
    digest_of,
    digest_of_records,
    read_answer,
)
from roster_dash.sources.clever_events import PAGE as EVENTS_PAGE
from roster_dash.sources.clever_events import news_of
from roster_dash.sources.clever_parse import parse_admin, parse_contacts
from roster_dash.sources.clever_pull import Pull, UnclearError, is_worth_it
from roster_dash.sources.http import JsonApi
from roster_dash.sources.pages import Json, RawRecord, read_records

log = logging.getLogger(__name__)

PAGE = 10_000
"""Clever's largest page: fewest requests."""
MOST_EVENT_PAGES = 60
"""A look is over within minutes, however much has happened."""


@dataclass(frozen=True, slots=True)
class CleverApp:
    """Where Clever is and who we are to it."""

    api_url: str = "https://api.clever.com"
    auth_url: str = "https://clever.com"
    version: str = "v3.1"
    client_id: str = ""
    client_secret: str = field(default="", repr=False)

    @property
    def can_find_tokens(self) -> bool:
        return bool(self.client_id and self.client_secret)


class CleverSource:
    """One district's data under one token. `on_new_token` is told when Clever gave another one."""

    fewest_for_pull = 4

    def __init__(
        self,
        app: CleverApp,
        district_id: str,
        token: str,
        *,
        on_new_token: Callable[[str], None] = lambda token: None,
        **api_options: Any,
    ) -> None:
        self._app = app
        self._district_id = district_id
        self._on_new_token = on_new_token
        self._api = JsonApi(
            app.api_url,
            token,
            name="Clever",
            renew_token=self._renew_token if app.can_find_tokens else None,
            **api_options,
        )

    def district_name(self) -> str:
        return str(self._district().get("name") or "").strip()

    def schools(self) -> list[SharedSchool]:
        return [_shared_school(each) for each in self._read("/schools", "schools", no_progress)]

    def school(self, source_id: str) -> SharedSchool:
        body = self._api.get(f"/{self._app.version}/schools/{source_id}", "school")
        record = body.get("data")
        if not isinstance(record, dict) or not record.get("id"):
            raise SourceError("Clever’s answer for the school is not complete: it has no id.")
        return _shared_school(record)

    def fetch_district_part(self, progress: Progress) -> DistrictPart:
        admins = self._read("/users", "district admins", progress, role="district_admin")
        contacts = self._read("/users", "contacts", progress, role="contact")
        people = map(parse_admin, admins)
        return DistrictPart(
            admins=tuple(person for person in people if person.source_id),
            contacts=parse_contacts(contacts),
        )

    def fetch_school(self, source_id: str, part: DistrictPart, progress: Progress) -> Snapshot:
        return self.fetch_answer(source_id, part, progress).snapshot()

    def fetch_answer(self, source_id: str, part: DistrictPart, progress: Progress) -> CleverAnswer:
        district = self._district()
        school = self.school(source_id)
        path = f"/schools/{source_id}"
        users = self._collect(f"{path}/users", "people", progress)
        sections = self._collect(f"{path}/sections", "classes", progress)
        terms = self._collect(f"{path}/terms", "terms", progress)
        courses = self._collect(f"{path}/courses", "courses", progress)
        contacts = {each: part.contacts[each] for each in sorted(users) if each in part.contacts}
        records = {
            kind: list(found.values())
            for kind, found in zip(KINDS, (users, sections, terms, courses), strict=True)
        }
        digests = {kind: digest_of_records(found) for kind, found in records.items()}
        return CleverAnswer(
            source_id,
            school.name,
            records,
            part.admins,
            contacts,
            digest_of(school.name, digests, part.admins, contacts.items()),
            about_district(district),
        )

    def read_answer(self, dumped: bytes, digest: str, about: Mapping[str, str]) -> CleverAnswer:
        return read_answer(dumped, digest, about)

    def pull(self, wanted: Collection[str], progress: Progress) -> Pull | None:
        """The district whole; None if schools are better asked for one by one."""
        names = {each.source_id: each.name for each in self.schools()}
        if not is_worth_it(len(wanted), len(names)):
            return None
        pulled = Pull(wanted, names, about_district(self._district()))
        try:
            for kind, what in zip(KINDS, ("people", "classes", "terms", "courses"), strict=True):
                self._pull(pulled, kind, what, progress)
        except UnclearError as reason:
            log.info("schools are asked for one by one: %s", reason)
            return None
        return pulled.finish()

    def news(self, after: str | None) -> News | None:
        """None if Clever doesn't let us read its events: they are a district's to switch on."""
        query = {"limit": str(EVENTS_PAGE)} | ({"starting_after": after} if after else {})
        pages = self._api.pages(f"/{self._app.version}/events", query, "events")
        news = News(after or "")
        try:
            for page in islice(pages, MOST_EVENT_PAGES):  # what comes after them is the next look's
                last = page.ids[-1] if page.ids else ""
                told = read_records(page.records) if after is not None else []
                news |= news_of(told, last)
        except AccessRefused:
            return None
        return news

    def _pull(self, pulled: Pull, kind: str, what: str, progress: Progress) -> None:
        records = 0
        path, query = f"/{self._app.version}/{kind}", {"limit": str(PAGE)}
        for number, page in enumerate(self._api.unproven_pages(path, query, what), 1):
            pulled.add_page(kind, page)
            records += len(page.ids)
            progress(what, number, records)

    def _district(self) -> Json:
        """The token's one district; a token of another district is refused."""
        districts = self._read("/districts", "district", no_progress, limit="")
        records = {str(district.get("id") or ""): district for district in districts}
        if not records:
            raise SourceError(
                "Clever’s answer for the district is not complete: it is empty. "
                "Nothing was changed here; the next run tries again."
            )
        if self._district_id not in records:
            raise AccessRefused(
                "Clever’s token is for another district than the one connected here. "
                "Nothing was changed. Connect the district again with its own token."
            )
        return records[self._district_id]

    def _collect(
        self, path: str, what: str, progress: Progress, **query: str
    ) -> dict[str, RawRecord]:
        """A whole collection by id; an id that comes twice counts once, the later one."""
        records: dict[str, RawRecord] = {}
        nameless = 0
        url = f"/{self._app.version}{path}"
        asked = {name: value for name, value in ({"limit": str(PAGE)} | query).items() if value}
        for number, page in enumerate(self._api.pages(url, asked, what), 1):
            for key, record in zip(page.ids, page.records, strict=True):
                nameless += not key
                records[key or f"\0{nameless}"] = record  # kept: the run says it is invalid
            progress(what, number, len(records))
        return records

    def _read(self, path: str, what: str, progress: Progress, **query: str) -> list[Json]:
        return read_records(self._collect(path, what, progress, **query).values())

    def _renew_token(self) -> str:
        token = find_token(self._app, self._district_id)
        self._on_new_token(token)
        return token


def find_token(app: CleverApp, district_id: str) -> str:
    """The newest token that Clever holds for a district and our app.

    Errors: AccessRefused if client id and secret are refused, NotApproved if the district has not
    approved the app, SourceError if Clever can't be asked.
    Shape: {"data": [{"created", "owner": {"type", "id"}, "access_token"}]}
    """
    try:
        response = requests.get(
            f"{app.auth_url}/oauth/tokens",
            params={"owner_type": "district", "district": district_id},
            auth=(app.client_id, app.client_secret),
            timeout=(5, 20),
            allow_redirects=False,
        )
        body = response.json() if response.status_code == 200 else {}
    except requests.RequestException:
        raise SourceError(
            "Clever could not be asked for the district’s token. Try again in a few minutes."
        ) from None
    if response.status_code == 401:
        raise AccessRefused(
            "Clever refuses our client id and secret. "
            "Check CLEVER_CLIENT_ID and CLEVER_CLIENT_SECRET against the app’s page in Clever."
        )
    if not isinstance(body, dict) or not isinstance(body.get("data"), list):
        raise SourceError(
            f"Clever’s answer for the district’s token can’t be read (status "
            f"{response.status_code}). Try again in a few minutes."
        )
    tokens = [
        (str(entry.get("created") or ""), str(entry["access_token"]))
        for entry in body["data"]
        if isinstance(entry, dict)
        and entry.get("access_token")
        and isinstance(owner := entry.get("owner"), dict)
        and owner.get("id") == district_id
    ]
    if not tokens:
        raise NotApproved(
            "Clever has no token for this district: it has not approved Roster Dash. "
            "The district’s Clever admin can approve it and share the schools."
        )
    return max(tokens)[1]


def _shared_school(record: Json) -> SharedSchool:
    number = str(record.get("school_number") or record.get("sis_id") or "").strip()
    name = str(record.get("name") or "").strip()
    return SharedSchool(str(record.get("id") or ""), name, number)
