"""The look-alike as a server: 1.1 at /ims/oneroster/v1p1, 1.2 at /ims/oneroster/rostering/v1p2."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import orjson
from flask import Flask, Response, request
from werkzeug.serving import BaseWSGIServer, make_server

from roster_dash.sandbox.oneroster.access import Gate
from roster_dash.sandbox.oneroster.switches import Switches, dress, with_agents_where, with_oddities
from roster_dash.sandbox.oneroster.world import Json, as_v1p1, make_world
from roster_dash.sandbox.server import QuietHandler

V1P1, V1P2 = "/ims/oneroster/v1p1", "/ims/oneroster/rostering/v1p2"
_DEFAULT_LIMIT = 100
_REFUSALS = {
    400: "invalid_limit_field",
    401: "unauthorisedrequest",
    404: "unknownobject",
    429: "server_busy",
    500: "internal_server_error",
}


class Provider:
    """One look-alike: what it has, how it behaves, and what it was asked."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.world = make_world()
        self.switches = Switches()
        self.gate = Gate()
        self.requests: list[str] = []
        self.lock = threading.Lock()

    def token(self) -> Response:
        """POST: a token against client id and secret."""
        token = self.gate.give(request) if self.switches.gives_tokens else ""
        if not token:
            return _json({"error": "invalid_client"}, 401)
        return _json({"access_token": token, "token_type": "bearer", "expires_in": 3600})

    def v1p1(self, collection: str) -> Response:
        return self._answer(collection, is_1_1=True)

    def v1p2(self, collection: str) -> Response:
        return self._answer(collection, is_1_1=False)

    def _answer(self, collection: str, *, is_1_1: bool) -> Response:
        with self.lock:
            number = len(self.requests)
            self.requests.append(request.full_path.rstrip("?"))
        on = self.switches
        if not self.gate.lets_in(request, on.expires_tokens_after):
            return _refusal(401)
        if 0 <= on.fails_after <= number < on.fails_after + on.failures:
            return _failure(on)
        if collection not in self.world or collection == on.missing_collection:
            return _refusal(404)
        return _Page(collection, self._records(collection, is_1_1=is_1_1), number, self).response()

    def _records(self, collection: str, *, is_1_1: bool) -> list[Json]:
        """All that is there to be shown, in the order of ids."""
        records = self.world[collection]
        if collection == "users":
            records = with_agents_where(records, self.switches.agents_at)
        shown = [each for each in records if self.switches.shows_gone or not _is_gone(each)]
        shown.sort(key=lambda record: str(record["sourcedId"]))
        if collection == self.switches.cuts:
            shown = shown[: len(shown) // 2]
        shown = with_oddities(collection, shown, self.switches)
        dressed = [dress(each, self.switches) for each in shown]
        return [as_v1p1(each) for each in dressed] if is_1_1 and collection == "users" else dressed


class _Page:
    """What one question for a part of a collection is answered with."""

    def __init__(
        self, collection: str, records: list[Json], number: int, provider: Provider
    ) -> None:
        self._collection = collection
        self._records = records
        self._number = number
        self._provider = provider
        self._on = provider.switches
        self._limit = request.args.get("limit", _DEFAULT_LIMIT, type=int)
        name = "cursor" if self._on.cursor else "offset"
        self._offset = request.args.get(name, 0, type=int)

    def response(self) -> Response:
        on = self._on
        if 0 < on.largest_limit < self._limit:
            return _refusal(400)
        if self._offset >= len(self._records) > 0:
            if on.past_the_end_is_unknown:
                return _refusal(404)
            if on.past_the_end_is_refused:
                return _refusal(400)
        items = self._items()
        body: Json = {self._collection: items}
        if on.missing_envelope == self._collection:
            body = {"imsx_codeMajor": "success", "imsx_severity": "status"}
        if on.null_envelope == self._collection:
            body = {self._collection: None}
        return _json(body, 200, self._headers(len(items)))

    def _items(self) -> list[Json]:
        on, records = self._on, list(self._records)
        if on.ignores_paging:
            return records
        in_order = "sort" in request.args and not on.ignores_sort
        if on.reverses or (on.reshuffles and self._offset and not in_order):
            records.reverse()
        if 0 <= on.empty_after <= self._offset:
            return []
        start = 0 if on.repeats_first_page else self._offset
        if on.repeats_a_page and start == self._limit:
            start = 0
        if on.overlaps and start and not on.cursor:
            start -= 1
        return records[start : start + self._size()]

    def _size(self) -> int:
        size = min(self._limit, self._on.clamp or self._limit)
        size = (self._on.clamp or 2) if self._on.loops else size
        return max(1, size - 1) if self._on.short_pages and self._number % 2 else size

    def _headers(self, count: int) -> dict[str, str]:
        on, headers = self._on, {}
        if on.revisions >= 0:
            headers["x-perm-rev"] = f"rev-{min(self._number, on.revisions)}"
        if on.total_header:
            headers[on.total_header] = str(count if on.total_is_the_pages else self._total())
        if on.page_count_header:
            headers[on.page_count_header] = str(count)
        if on.links or on.cursor:
            headers["Link"] = self._links(count)
        return headers

    def _total(self) -> int:
        total = len(self._records) + self._on.total_off_by
        total += max(0, self._on.total_falls - self._number)
        if self._on.counts_gone and not self._on.shows_gone:
            total += sum(map(_is_gone, self._provider.world[self._collection]))
        return total

    def _links(self, count: int) -> str:
        base, on = request.base_url, self._on
        if self._on.link_host:
            base = f"{self._on.link_host}{request.path}"
        links = [f'<{base}?limit={self._limit}&offset=0>; rel="first"']
        if self._on.cursor:
            following = f"cursor={self._offset + count}"
            is_last = self._offset + count >= len(self._records)
            if on.loops and is_last:
                following, is_last = "cursor=0", False
        else:
            following = f"offset={self._offset + self._limit}"
            is_last = self._offset + self._limit >= len(self._records)
        if not is_last:
            links.append(f'<{base}?limit={self._limit}&{following}>; rel="{self._on.next_word}"')
        return ", ".join(links)


class Server:
    """A look-alike with its web server; `stop` ends it."""

    def __init__(self, port: int = 0) -> None:
        self.provider = Provider()
        self._web: BaseWSGIServer = make_server(
            "127.0.0.1", port, make_app(self.provider), threaded=True, request_handler=QuietHandler
        )
        self._web.daemon_threads = True  # type: ignore[attr-defined]
        self._thread = threading.Thread(target=self._web.serve_forever, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._web.server_port}"

    def stop(self) -> None:
        self._web.shutdown()
        self._thread.join()
        self._web.server_close()


@contextmanager
def running(port: int = 0) -> Iterator[Server]:
    """A look-alike on this machine while the block runs."""
    server = Server(port)
    try:
        yield server
    finally:
        server.stop()


def make_app(provider: Provider) -> Flask:
    app = Flask("roster_dash.sandbox.oneroster")
    app.add_url_rule("/oneroster/token", view_func=provider.token, methods=["POST"])
    app.add_url_rule(f"{V1P1}/<collection>", view_func=provider.v1p1, methods=["GET"])
    app.add_url_rule(f"{V1P2}/<collection>", view_func=provider.v1p2, methods=["GET"])
    return app


def _is_gone(record: Json) -> bool:
    return bool(record["status"] != "active")


def _failure(on: Switches) -> Response:
    """One that comes now and then, as a status or as a body that isn't what it should be."""
    if on.failure_body == "page":
        return Response("<!doctype html><title>Sign in</title>", 200, mimetype="text/html")
    body = b'{"users": [{"sourcedId": "user-ada", "stat'
    if on.failure_body == "cut":
        return Response(body, 200, mimetype="application/json")
    if on.failure_body == "dropped":
        longer = {"Content-Length": str(len(body) + 100), "Connection": "close"}
        return Response(body, 200, longer, mimetype="application/json")
    refusal = _refusal(on.failure_status)
    if on.retry_after >= 0:
        refusal.headers["Retry-After"] = str(on.retry_after)
    return refusal


def _refusal(status: int) -> Response:
    """Errors as the binding has them."""
    minor = {"imsx_codeMinorFieldName": "sourcedId", "imsx_codeMinorFieldValue": "fullsuccess"}
    minor["imsx_codeMinorFieldValue"] = _REFUSALS.get(status, "forbidden")
    body = {
        "imsx_codeMajor": "failure",
        "imsx_severity": "error",
        "imsx_description": "It could not be done.",
        "imsx_codeMinor": {"imsx_codeMinorField": [minor]},
    }
    return _json(body, status)


def _json(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(orjson.dumps(body), status, headers, mimetype="application/json")
