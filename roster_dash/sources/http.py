"""Reading JSON pages over HTTP, politely and completely.

Passing faults (no answer, 429, 500, 502, 503, 504, a body that is cut or not JSON) are tried
again with back-off, within one budget of patience for everything that this object reads. Anything
that can't be proved complete is a SourceError.
"""

import math
import random
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Protocol, TypeVar
from urllib.parse import urlencode, urljoin, urlsplit

import requests

from roster_dash.outbound import GuardedAdapter
from roster_dash.roster.errors import (
    AccessRefused,
    BadInput,
    NotShared,
    NotUnderstood,
    SourceDown,
    SourceError,
)
from roster_dash.sources.pages import (
    Json,
    NotAnObjectError,
    Page,
    UnreadableError,
    page_of,
    read_object,
    read_page,
)

T = TypeVar("T")
Headers = Mapping[str, str]
Reader = Callable[[bytes, Headers], T]
"""Makes something of a body and its headers. Errors: UnreadableError, NotAnObjectError."""

PATIENCE_SECONDS = 110.0
CONNECT_SECONDS = 5.0
SILENCE_SECONDS = 20.0
BODY_SECONDS = 90.0
WINDOW_SECONDS = 60.0
_BACK_OFF = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 15.0, 15.0)
_PASSING_STATUSES = (500, 502, 503, 504)
_CHUNK_BYTES = 1 << 16
_NO_LIMIT = 1 << 62


class PassingFaultError(Exception):
    """A fault that may be gone at the next attempt; `wait` is what the server asked for."""

    def __init__(self, sentence: str, wait: float | None = None) -> None:
        super().__init__(sentence)
        self.wait = wait


class Budget(Protocol):
    """How many requests everybody with this token may make, see rate_budget.py."""

    def take(self) -> float: ...

    def block(self, seconds: float, *, refused: bool) -> None: ...


class Bearer(requests.auth.AuthBase):
    """Sets the header itself, so that no .netrc of the machine can replace it."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class JsonApi:
    """One API under one token. `name` is how error sentences call it, `sharer` who shares there.

    `auth` makes of the token what is put on a request. `renew_token` is asked once, when the token
    is refused; it gives the present one.
    `patience` (seconds) is the budget for waiting; `sleep` is for tests and drills. `direct`: no
    proxy of the environment is used. `budget` is shared by everybody who uses the token.
    `allowed`: the address was typed by somebody, so each connection is looked at, and none leads
    into our own network but to these hosts (outbound.py); None: whoever runs us has set it.
    """

    def __init__(
        self,
        base_url: str,
        token: str,
        *,
        name: str,
        sharer: str = "The district’s Clever admin",
        auth: Callable[[str], requests.auth.AuthBase] = Bearer,
        renew_token: Callable[[], str] | None = None,
        sleep: Callable[[float], None] = time.sleep,
        patience: float = PATIENCE_SECONDS,
        direct: bool = False,
        budget: Budget | None = None,
        allowed: Collection[str] | None = None,
    ) -> None:
        self._base = base_url
        self._token = token
        self._name = name
        self._sharer = sharer
        self._auth = auth
        self._renew_token = renew_token
        self._sleep = sleep
        self._patience = patience
        self._budget = budget
        self._window_ends: float | None = None
        self._session = requests.Session()
        self._session.trust_env = not direct
        if allowed is not None:
            for scheme in ("https://", "http://"):
                self._session.mount(scheme, GuardedAdapter(allowed))
        self._session.headers["Accept"] = "application/json"
        self.requests = 0

    def get(self, path: str, what: str) -> Json:
        """One object's envelope."""
        return self.read(urljoin(self._base, path), what, _read_object)

    def pages(self, path: str, query: Mapping[str, str], what: str) -> Iterator[Page]:
        """Every page of a collection until the API proves the end.

        `what` names the collection in error sentences: "people", "classes".
        """
        seen = _Seen()
        for page in self.unproven_pages(path, query, what):
            if not seen.has_news(page.ids):
                raise self.incomplete(what, "it sent the same page twice")
            yield page

    def unproven_pages(self, path: str, query: Mapping[str, str], what: str) -> Iterator[Page]:
        """The same for who sees to it that no page comes twice: nothing of them is remembered."""
        url: str | None = urljoin(self._base, path) + ("?" + urlencode(query) if query else "")
        asked: set[str] = set()
        while url is not None:
            asked.add(url)
            page = self.read(url, what, _read_page)
            if page.body is None:
                link = page.next
            else:
                link, page = self._link(page.body, what), page_of(self._items(page.body, what))
            yield page
            url = self._next(url, link, page, int(query.get("limit", _NO_LIMIT)), what)
            if url in asked:
                raise self.incomplete(what, "its link to the next page leads back")

    def _items(self, body: Json, what: str) -> list[Json]:
        """`data[i].data`; a bare object is taken too, as some servers send it."""
        data = body.get("data")
        if not isinstance(data, list):
            raise self.incomplete(what, "the answer has no list of records in it")
        items = []
        for entry in data:
            item = entry.get("data", entry) if isinstance(entry, dict) else None
            if not isinstance(item, dict):
                raise self.incomplete(what, "a record of the answer is not a record")
            items.append(item)
        return items

    def _link(self, body: Json, what: str) -> str | None:
        """The link to the next page, as it was sent; "" for one that can't be followed."""
        links = body.get("links")
        if not isinstance(links, list):
            raise self.incomplete(what, "it doesn’t say whether another page follows")
        for link in links:
            if isinstance(link, dict) and link.get("rel") == "next":
                uri = link.get("uri")
                return uri if isinstance(uri, str) else ""
        return None

    def _next(self, url: str, link: str | None, page: Page, limit: int, what: str) -> str | None:
        if link is not None:
            return self.own_address(link, what)
        if page.ids and len(page.ids) >= limit:  # a full page without a link proves no end
            parts = urlsplit(url)
            query = urlencode({"limit": limit, "starting_after": page.ids[-1]})
            kept = [p for p in parts.query.split("&") if not p.startswith(("limit=", "starting_"))]
            return parts._replace(query="&".join([*kept, query])).geturl()
        return None

    def own_address(self, uri: str, what: str) -> str:
        """The next page's address; only this API's own host ever sees the token."""
        if not uri:
            raise self.incomplete(what, "its link to the next page is empty")
        try:
            url = urljoin(self._base, uri)
            is_own = urlsplit(url)[:2] == urlsplit(self._base)[:2]
        except ValueError:
            raise self.incomplete(what, "its link to the next page can’t be read") from None
        if not is_own:
            raise self.incomplete(what, "its link to the next page leads to another host")
        return url

    def read(
        self, url: str, what: str, read: Reader[T], form: Mapping[str, str] | None = None
    ) -> T:
        """What is at a URL, or answers a form that is sent there, through passing faults."""
        renewed = False
        attempts = 0
        while True:
            self._await_window()
            self._await_budget(what)
            started = time.monotonic()
            try:
                return self._attempt(url, what, read, form)
            except AccessRefused:
                if renewed or not self._take_new_token():
                    raise
                renewed = True
            except PassingFaultError as fault:
                attempts += 1
                self._patience -= time.monotonic() - started
                self._back_off(fault, attempts, what)

    def _back_off(self, fault: PassingFaultError, attempts: int, what: str) -> None:
        wait = fault.wait
        if wait is None and attempts <= len(_BACK_OFF):
            wait = _BACK_OFF[attempts - 1] * random.uniform(0.5, 1.5)  # noqa: S311
        if wait is None or wait > self._patience:
            times = "once" if attempts == 1 else f"{attempts} times"
            raise SourceDown(
                f"{self._name} could not give us the {what}: {fault} (tried {times}). "
                "Nothing was changed here; the next run tries again."
            ) from fault
        self._patience -= wait
        self._sleep(wait)

    def _take_new_token(self) -> bool:
        if self._renew_token is None:
            return False
        token = self._renew_token()
        changed = token != self._token
        self._token = token
        return changed

    def _attempt(self, url: str, what: str, read: Reader[T], form: Mapping[str, str] | None) -> T:
        self.requests += 1
        silence = max(0.1, min(SILENCE_SECONDS, self._patience))
        try:
            with self._session.request(
                "GET" if form is None else "POST",
                url,
                data=form,
                auth=self._auth(self._token),
                timeout=(CONNECT_SECONDS, silence),
                allow_redirects=False,
                stream=True,
            ) as response:
                self._note_window(response)
                self._check(response, what)
                return _read(response, read)
        except BadInput as refusal:
            raise SourceError(
                f"{self._name} can’t be asked for the {what}: {refusal.message} Nothing was "
                "changed here."
            ) from None
        except requests.Timeout:
            raise PassingFaultError("it did not answer in time") from None
        except requests.RequestException:
            raise PassingFaultError("the connection broke") from None

    def _check(self, response: requests.Response, what: str) -> None:
        status = response.status_code
        if status == 200:
            return
        if status == 429:
            wait = _asked_wait(response)
            if self._budget is not None:
                self._budget.block(wait or 0.0, refused=True)
            raise PassingFaultError("it asks us to slow down", wait)
        if status in _PASSING_STATUSES:
            raise PassingFaultError(f"it has a fault of its own (status {status})")
        if status == 401:
            raise AccessRefused(
                f"{self._name} refuses our access token. Nothing was changed here. Somebody must "
                "check that the district still has Roster Dash approved, or connect it again."
            )
        if status == 403:
            raise AccessRefused(
                f"{self._name} doesn’t let us read the {what}. Nothing was changed here. "
                f"{self._sharer} must share them with Roster Dash."
            )
        if status in (404, 410):
            raise NotShared(
                f"{self._name} doesn’t share the {what} with us (any more). Nothing was changed "
                f"here. {self._sharer} can share this school with Roster Dash."
            )
        raise NotUnderstood(
            f"{self._name} answered our question for the {what} with status {status}, "
            "which we don’t understand. Nothing was changed here."
        )

    def _note_window(self, response: requests.Response) -> None:
        spent = response.headers.get("X-RateLimit-Remaining") == "0"
        wait = _seconds_to_reset(response) if spent and response.status_code != 429 else None
        self._window_ends = None if wait is None else time.monotonic() + wait
        if wait and self._budget is not None:
            self._budget.block(wait, refused=False)

    def _await_window(self) -> None:
        """When the window's last request is spent, waiting for the next is no fault."""
        if self._window_ends is not None:
            self._sleep(max(0.0, self._window_ends - time.monotonic()))
            self._window_ends = None

    def _await_budget(self, what: str) -> None:
        """Nor is waiting for others who use the token, but nobody is left waiting for long."""
        while self._budget is not None and (wait := self._budget.take()):
            if wait > self._patience:
                minutes = math.ceil(wait / 60)
                soon = "a minute" if minutes == 1 else f"{minutes} minutes"
                raise SourceDown(
                    f"We have asked {self._name} as often as it allows, so the {what} can’t be "
                    f"read now. Nothing was changed here; try again in {soon}."
                )
            self._sleep(wait)

    def incomplete(self, what: str, why: str) -> SourceError:
        """For who reads pages and finds that something is missing."""
        return SourceError(
            f"{self._name}’s answer for the {what} is not complete: {why}. "
            "Nothing was changed here; the next run tries again."
        )


class _Seen:
    """The ids of a walk's pages so far."""

    def __init__(self) -> None:
        self._ids: set[str] = set()

    def has_news(self, ids: Sequence[str]) -> bool:
        """Whether a page is empty or has something that no page before it had."""
        before = len(self._ids)
        self._ids.update(ids)
        return not ids or len(self._ids) > before


def _read_object(text: bytes, _headers: Headers) -> Json:
    return read_object(text)


def _read_page(text: bytes, _headers: Headers) -> Page:
    return read_page(text)


def _read(response: requests.Response, read: Reader[T]) -> T:
    """The body, come whole within BODY_SECONDS."""
    deadline = time.monotonic() + BODY_SECONDS
    chunks = []
    for chunk in response.iter_content(_CHUNK_BYTES):
        chunks.append(chunk)
        if time.monotonic() > deadline:
            raise PassingFaultError("its answer came too slowly")
    try:
        return read(b"".join(chunks), response.headers)
    except UnreadableError:
        kind = response.headers.get("Content-Type", "").partition(";")[0]
        is_page = kind == "text/html"
        sentence = "it sent a web page in place of data" if is_page else "its answer was cut short"
        raise PassingFaultError(sentence) from None
    except NotAnObjectError:
        raise PassingFaultError("its answer is not what was asked for") from None


def _asked_wait(response: requests.Response) -> float | None:
    """Seconds a 429 asks us to wait; None if it doesn't say."""
    retry_after = response.headers.get("Retry-After", "")
    wait = float(retry_after) if retry_after.isdecimal() else _seconds_to_reset(response)
    return None if wait is None else wait + random.uniform(0.05, 0.5)  # noqa: S311


def _seconds_to_reset(response: requests.Response) -> float | None:
    """Until X-RateLimit-Reset by the server's own clock, so that ours may be wrong."""
    reset = response.headers.get("X-RateLimit-Reset", "")
    if not reset.isdecimal():
        return None
    now = _server_time(response)
    return min(max(0.0, int(reset) - now), WINDOW_SECONDS)


def _server_time(response: requests.Response) -> float:
    try:
        moment: datetime = parsedate_to_datetime(response.headers["Date"])
    except (KeyError, ValueError):
        return time.time()
    return moment.timestamp()
