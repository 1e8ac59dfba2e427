"""A collection of a provider, whole or not at all.

Providers differ in how they page, so nothing is taken for granted: pages may be shorter than what
was asked for, totals may be missing or those of the page, and links to the next page may skip what
a shorter page has left out. So the next page begins after what has come, and the end is an empty
page that nothing speaks against; where pages are found by links alone, it is one that links no
further one. What came twice, where no total says that nothing is missing, is the sign of an order
that changes from page to page, and of records that never came.
"""

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass
from typing import Generic, TypeVar
from urllib.parse import parse_qs, urlencode, urlsplit

from requests.utils import parse_header_links

from roster_dash.roster.errors import NotShared, NotUnderstood, SourceError
from roster_dash.sources import Progress
from roster_dash.sources.http import Headers, JsonApi
from roster_dash.sources.oneroster.api_records import as_text, is_there
from roster_dash.sources.pages import Json, read_object

T = TypeVar("T")

_USUAL_LIMIT = 100
_TRIES = 3
"""How often a collection is read that has changed meanwhile; after the first time in the order of
ids, for who keeps to none when not asked to."""
CHANGED = "it changed each time while it was read"
_MOST_EMPTY = 100
_ROUND = 100
"""A number of records that ends in zeros is a limit sooner than a district's own."""
_LONGEST_TOTAL = 12


class _ChangedError(Exception):
    """The collection is not the one that it was at the first page, or in no order. Says why."""


class NewRevisionError(Exception):
    """What the provider shares is not what it was when the first page of all was read."""


@dataclass(slots=True)
class Revision:
    """Which revision of its records a provider says that it tells; "" where it says nothing."""

    told: str = ""

    def note(self, told: str) -> None:
        """Errors: NewRevisionError."""
        if told and self.told and told != self.told:
            raise NewRevisionError
        self.told = told or self.told


@dataclass(frozen=True, slots=True)
class Collection(Generic[T]):
    """`name` is that of its endpoint and of the list in its answers; `what` is for sentences."""

    name: str
    what: str
    read: Callable[[str, Json], T]


@dataclass(frozen=True, slots=True)
class _Page:
    """`total`, `next` and `revision` are what the headers say; where `has_links`, no next one tells
    the end."""

    items: object
    total: int | None
    next: str
    has_links: bool
    revision: str


@dataclass(frozen=True, slots=True)
class Collected(Generic[T]):
    """`there`: by id. `seen`: the ids of all that were named, of what is gone too."""

    there: Mapping[str, T]
    seen: Set[str]


def read_collection(
    api: JsonApi,
    base_url: str,
    collection: Collection[T],
    limit: int,
    progress: Progress,
    revision: Revision,
) -> Collected[T]:
    """All records. `revision` is that of all that belongs together.

    Errors: SourceError if that can't be proved; NewRevisionError.
    """
    why = ""
    for turn in range(_TRIES):
        walk = _Walk(api, base_url, collection, limit, revision, in_order=turn > 0)
        try:
            return walk.to_the_end(progress)
        except _ChangedError as changed:
            why = str(changed)
    raise api.incomplete(collection.what, why)


class _Walk(Generic[T]):
    def __init__(
        self,
        api: JsonApi,
        base_url: str,
        collection: Collection[T],
        limit: int,
        revision: Revision,
        *,
        in_order: bool,
    ) -> None:
        self._api = api
        self._revision = revision
        self._address = f"{base_url.rstrip('/')}/{collection.name}"
        self._collection = collection
        self._what = collection.what
        self._limit = limit
        self._in_order = in_order
        self._received = self._distinct = 0
        self._counts: list[int] = []
        self._empty = 0
        self._total: int | None = None
        self._by_links = False
        self._was_last = False
        self._links_on = self._has_linked_on = False
        self._gives_all_each_time = False
        self._seen: set[str] = set()
        self._found: dict[str, T] = {}

    def to_the_end(self, progress: Progress) -> Collected[T]:
        page = self._first_page()
        while page:
            items = self._items(page)
            self._note_total(page, len(items))
            if items and not self._take(items):
                break
            if not items and self._is_end(page):
                break
            progress(self._what, len(self._counts), len(self._found))
            self._was_last = page.has_links and not page.next
            self._links_on = bool(page.next)
            self._has_linked_on |= self._links_on
            if self._was_last and self._by_links:
                break
            page = self._page_at(self._after(page))
        self._check()
        return Collected(self._found, self._seen)

    def _is_end(self, page: _Page) -> bool:
        """Whether an empty page is the end. Errors: where it, or the one before, says otherwise."""
        if page.next:
            self._empty += 1
            if self._by_links and self._empty < _MOST_EMPTY:
                return False
            raise self._api.incomplete(self._what, "an empty page says that more follow")
        if self._links_on and not self._by_links and not self._has_all():
            again = self._page_at(self._url(self._limit, self._received))
            if again is not None and self._items(again):
                raise _ChangedError(CHANGED)
            if self._counts[-1] < self._counts[0]:
                raise self._api.incomplete(self._what, "a page that was promised is empty")
        return True

    def _check(self) -> None:
        """At the end. Errors: SourceError; _ChangedError for what may be whole the next time."""
        total = self._total
        doubles = self._received - self._distinct
        is_less = total is not None and len(self._seen) + doubles < total
        proves_nothing = total is None or self._counts[:1] == [total]
        came_twice = self._distinct != len(self._seen) and not self._gives_all_each_time
        if came_twice and (is_less or proves_nothing):
            raise _ChangedError(CHANGED)
        if is_less:
            raise self._api.incomplete(
                self._what, f"it says that there are {total:,} and gave us {len(self._seen):,}"
            )

    def _first_page(self) -> _Page | None:
        """Some refuse a limit that is larger than theirs, and none the one that OneRoster names."""
        try:
            return self._page_at(self._url(self._limit, 0))
        except NotUnderstood:
            if self._limit <= _USUAL_LIMIT and not self._in_order:
                raise
        self._limit, self._in_order = min(self._limit, _USUAL_LIMIT), False
        return self._page_at(self._url(self._limit, 0))

    def _page_at(self, url: str) -> _Page | None:
        """None where there is nothing, after all that there should be has come."""
        try:
            page = self._api.read(url, self._what, self._read_page)
            self._revision.note(page.revision)
            return page
        except (NotShared, NotUnderstood) as error:
            # records that came twice have moved us on too far, and a total may be just the page's
            if self._has_all() and self._received == len(self._seen):
                return None
            if isinstance(error, NotUnderstood):
                raise
            raise SourceError(
                f"The OneRoster provider has no {self._what} at {self._address}. Nothing was "
                "changed here. Check its address against what it has given you."
            ) from None

    def _note_total(self, page: _Page, count: int) -> None:
        """A total that is just the number of the page's records may be meant as that."""
        if self._total is None:
            self._total = page.total
        elif page.total not in (None, count, self._total):
            raise _ChangedError(CHANGED)

    def _read_page(self, text: bytes, headers: Headers) -> _Page:
        total, links = headers.get("X-Total-Count", ""), headers.get("Link", "")
        following = [
            link["url"]
            for link in parse_header_links(links)
            if "next" in link.get("rel", "").casefold().split()
        ]
        return _Page(
            read_object(text).get(self._collection.name),
            int(total) if total.isdecimal() and len(total) <= _LONGEST_TOTAL else None,
            following[0] if following else "",
            bool(links),
            headers.get("x-perm-rev", "").strip(),
        )

    def _items(self, page: _Page) -> list[Json]:
        if not isinstance(page.items, list):
            raise self._api.incomplete(
                self._what, f"there is no list named “{self._collection.name}” in it"
            )
        if not all(isinstance(item, dict) for item in page.items):
            raise self._api.incomplete(self._what, "a record of the answer is not a record")
        return page.items

    def _take(self, items: list[Json]) -> bool:
        """Whether there was anything new, or else an end: records that come again count once."""
        before, of_page = len(self._seen), set[str]()
        for item in items:
            each = as_text(item.get("sourcedId"))
            if not each:
                raise self._api.incomplete(self._what, "a record of the answer has no sourcedId")
            of_page.add(each)
            self._seen.add(each)
            self._found.pop(each, None)
            if is_there(item):
                self._found[each] = self._collection.read(each, item)
        self._received += len(items)
        self._distinct += len(of_page)
        self._counts.append(len(items))
        if len(self._seen) > before:
            return True
        if self._gives_no_more(len(items)):
            self._gives_all_each_time = True
            return False
        raise _ChangedError("it sent the same page twice")

    def _gives_no_more(self, count: int) -> bool:
        """Whether one who doesn't look at offsets has given all: asked for just as many, they link
        no further page, or asked for one record, they give as many as before."""
        if self._has_linked_on:
            return False
        if self._total is None and count % _ROUND == 0:
            raise self._api.incomplete(
                self._what,
                f"it gave {count:,} whatever was asked for, and doesn’t say that these are all",
            )
        if self._was_last:
            page = self._page_at(self._url(limit=count, offset=0))
            return bool(page and len(self._items(page)) == count and not page.next)
        if count == 1:
            return self._has_all() and self._limit > 1
        page = self._page_at(self._url(limit=1, offset=0))
        return bool(page and len(self._items(page)) == count)

    def _has_all(self) -> bool:
        return self._total is not None and len(self._seen) >= self._total

    def _after(self, page: _Page) -> str:
        """A link is followed only where it says more than we know ourselves."""
        if page.next and not _has_offset(page.next):
            self._by_links = True
            return self._api.own_address(page.next, self._what)
        return self._url(self._limit, self._received)

    def _url(self, limit: int, offset: int) -> str:
        order = {"sort": "sourcedId", "orderBy": "asc"} if self._in_order else {}
        return f"{self._address}?{urlencode({'limit': limit, 'offset': offset, **order})}"


def _has_offset(address: str) -> bool:
    try:
        return "offset" in parse_qs(urlsplit(address).query)
    except ValueError:  # no address: whoever follows it says so
        return False
