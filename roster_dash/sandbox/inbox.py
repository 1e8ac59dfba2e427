"""An SMTP server that keeps every mail and delivers none, with pages to read them."""

import asyncio
import threading
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import TYPE_CHECKING, Any

from aiosmtpd.controller import Controller
from flask import Blueprint, Response, abort, current_app, jsonify, render_template

from roster_dash.sandbox.faults import KINDS
from roster_dash.sandbox.world import Json

if TYPE_CHECKING:
    from roster_dash.sandbox.state import Sandbox

blueprint = Blueprint("inbox", __name__, template_folder="templates")


class Inbox:
    """The last `kept` mails that came, oldest first."""

    def __init__(self, kept: int = 500) -> None:
        self.kept = kept
        self._mails: list[Json] = []
        self._count = 0
        self._lock = threading.Lock()

    def add(self, sender: str, recipients: list[str], content: bytes) -> None:
        message = message_from_bytes(content, policy=policy.default)
        with self._lock:
            self._count += 1
            self._mails.append(
                {
                    "id": self._count,
                    "from": sender,
                    "to": recipients,
                    "subject": str(message["Subject"] or "").strip(),
                    "message_id": str(message["Message-ID"] or ""),
                    "date": str(message["Date"] or ""),
                    "text": _part(message, "plain"),
                    "html": _part(message, "html"),
                    "raw": content.decode("utf-8", "replace"),
                }
            )
            del self._mails[: -self.kept]

    def newest_first(self) -> list[Json]:
        with self._lock:
            return list(reversed(self._mails))

    def find(self, mail_id: int) -> Json | None:
        return next((mail for mail in self.newest_first() if mail["id"] == mail_id), None)

    def clear(self) -> None:
        with self._lock:
            self._mails.clear()


class Catcher:
    """aiosmtpd's handler: applies the mail faults that are on, keeps the rest."""

    def __init__(self, sandbox: "Sandbox") -> None:
        self._sandbox = sandbox

    async def handle_RCPT(  # noqa: N802 - the name aiosmtpd calls
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        for fault in self._sandbox.faults.for_mail():
            if fault.name == "smtp-hang":
                await asyncio.sleep(fault.number("seconds", 30))
            answer: str = KINDS[fault.name].act(fault)
            if answer.startswith("421"):
                _close_after_answer(server)
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self._sandbox.inbox.add(envelope.mail_from, list(envelope.rcpt_tos), envelope.content)
        if self._sandbox.faults.for_mail("smtp-data"):
            _close_after_answer(server)
        return "250 Kept"


def _close_after_answer(server: Any) -> None:
    """Closes the connection once aiosmtpd has written the answer."""
    asyncio.get_running_loop().call_soon(server.transport.close)


class MailServer(Controller):
    """aiosmtpd's server in a thread of its own; knows its port when it was given 0."""

    def _trigger_server(self) -> None:
        server: Any = self.server
        self.port = server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]


def catch_mail(sandbox: "Sandbox", port: int) -> MailServer:
    """Starts the SMTP server."""
    server = MailServer(Catcher(sandbox), hostname="127.0.0.1", port=port)
    server.start()
    return server


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return str(part.get_content()).replace("\r\n", "\n") if part is not None else ""


def _inbox() -> Inbox:
    inbox: Inbox = current_app.config["SANDBOX"].inbox
    return inbox


@blueprint.get("/inbox")
def page() -> str:
    return render_template("inbox.html", mails=_inbox().newest_first(), mail=None)


@blueprint.get("/inbox/<int:mail_id>")
def mail_page(mail_id: int) -> str:
    mail = _inbox().find(mail_id) or abort(404)
    return render_template("inbox.html", mails=_inbox().newest_first(), mail=mail)


@blueprint.get("/inbox/<int:mail_id>/html")
def mail_html(mail_id: int) -> Response:
    """The HTML part alone, for the frame in which no script runs."""
    mail = _inbox().find(mail_id) or abort(404)
    response = Response(mail["html"], mimetype="text/html")
    response.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'"
    return response


@blueprint.get("/inbox/<int:mail_id>/raw")
def mail_raw(mail_id: int) -> Response:
    mail = _inbox().find(mail_id) or abort(404)
    return Response(mail["raw"], mimetype="text/plain")


@blueprint.get("/inbox.json")
def as_json() -> Response:
    keys = ("id", "from", "to", "subject", "message_id", "date", "text", "html")
    return jsonify([{key: mail[key] for key in keys} for mail in _inbox().newest_first()])


@blueprint.delete("/inbox.json")
def empty() -> Response:
    _inbox().clear()
    return jsonify({"emptied": True})
