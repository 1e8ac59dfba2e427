"""The sandbox as a server: authorisation, rate limit and faults around the API, and the inbox."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import orjson
from flask import Flask, Response, current_app, request
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from roster_dash.sandbox import control, gallery, inbox, oauth
from roster_dash.sandbox.api import VERSIONS, Question, Refused, UnknownEndpoint, answer
from roster_dash.sandbox.faults import KINDS, Fault
from roster_dash.sandbox.state import Sandbox
from roster_dash.sandbox.world import Json, World


class QuietHandler(WSGIRequestHandler):
    """Connections are kept open, and nothing is written for every request."""

    protocol_version = "HTTP/1.1"

    def log(self, type: str, message: str, *args: Any) -> None:
        pass

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


class Server:
    """One sandbox with its web and mail servers; `stop` ends both."""

    def __init__(self, sandbox: Sandbox, port: int = 0, smtp_port: int = 0) -> None:
        self.sandbox = sandbox
        self._web: BaseWSGIServer = make_server(
            "127.0.0.1", port, make_app(sandbox), threaded=True, request_handler=QuietHandler
        )
        self._web.daemon_threads = True  # type: ignore[attr-defined]
        self._mail = inbox.catch_mail(sandbox, smtp_port)
        self._thread = threading.Thread(target=self._web.serve_forever, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._web.server_port}"

    @property
    def smtp_port(self) -> int:
        port: int = self._mail.port
        return port

    def stop(self) -> None:
        self.sandbox.closing.set()
        self._web.shutdown()
        self._thread.join()
        self._web.server_close()
        self._mail.stop()


@contextmanager
def running(port: int = 0, smtp_port: int = 0, **options: Any) -> Iterator[Server]:
    """A sandbox on this machine while the block runs. `options` are Sandbox's."""
    server = Server(Sandbox(**options), port, smtp_port)
    try:
        yield server
    finally:
        server.stop()


def make_app(sandbox: Sandbox) -> Flask:
    app = Flask("roster_dash.sandbox")
    app.config["SANDBOX"] = sandbox
    for part in (control, oauth, inbox, gallery):
        app.register_blueprint(part.blueprint)
    app.add_url_rule("/<version>/<path:rest>", view_func=_data_api, methods=["GET"])
    app.add_url_rule("/me", view_func=_data_api, methods=["GET"])
    return app


def _data_api(version: str = "", rest: str = "me") -> Response:
    """One request to the Data API."""
    sandbox: Sandbox = current_app.config["SANDBOX"]
    address = request.full_path.rstrip("?")
    token = oauth.bearer()
    world = sandbox.world_of_token(token)
    faults = sandbox.faults.for_request(address)
    response = _before(faults, sandbox, world) or _answer(sandbox, token, version, rest, faults)
    sandbox.requests.append(
        {
            "method": request.method,
            "path": address,
            "status": response.status_code,
            "authorized": "Authorization" in request.headers,
        }
    )
    return response


def _before(faults: list[Fault], sandbox: Sandbox, world: World | None) -> Response | None:
    for fault in faults:
        if KINDS[fault.name].stage == "before":
            response: Response | None = KINDS[fault.name].act(fault, sandbox, world)
            if response is not None:
                return response
    return None


def _answer(sandbox: Sandbox, token: str, version: str, rest: str, faults: list[Fault]) -> Response:
    world = sandbox.world_of_token(token)
    session = sandbox.sessions.get(token)
    if world is None and session is None:
        return _refusal(Refused(401, "Unauthorized"), {})
    allowed, headers = sandbox.rate.take(token)
    if not allowed:
        return Response(b"", 429, headers)
    path = tuple(rest.strip("/").split("/"))
    query = {name: request.args.getlist(name) for name in request.args}
    try:
        if session is not None:
            body = _own(*session, Question(version, path, query))
        else:
            assert world is not None
            with sandbox.lock:
                sandbox.live()
                body = answer(world, Question(version, path, query))
    except Refused as refused:
        return _refusal(refused, headers)
    except UnknownEndpoint:
        page = "<!doctype html><title>Not found</title><p>Cannot GET that."
        return Response(page, 404, headers, mimetype="text/html")
    return _send(body, faults, headers)


def _own(world: World, user_id: str, question: Question) -> Json:
    """What the token of somebody who has logged in may read: themselves and their district."""
    if question.path == ("me",) and question.version in ("", *VERSIONS):
        return oauth.me(world, user_id)
    if question.path in (("users", user_id), ("districts", world.id)):
        return answer(world, question)
    raise UnknownEndpoint


def _send(body: Json, faults: list[Fault], headers: dict[str, str]) -> Response:
    for fault in faults:
        if KINDS[fault.name].stage == "body":
            body = KINDS[fault.name].act(fault, body)
    payload = orjson.dumps(body)
    for fault in faults:
        if KINDS[fault.name].stage == "wire":
            cut: Response = KINDS[fault.name].act(fault, payload)
            return cut
    return Response(payload, 200, headers, mimetype="application/json")


def _refusal(refused: Refused, headers: dict[str, str]) -> Response:
    body = orjson.dumps({"message": refused.message})
    return Response(body, refused.status, headers, mimetype="application/json")
