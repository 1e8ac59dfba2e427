"""Errors to Sentry: a real client, and a server that stands in for Sentry's."""

import gzip
import logging
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import sentry_sdk
from flask import Flask

from roster_dash import clock, jobs, logs, reporting
from roster_dash.app import create_app
from roster_dash.config import ConfigError, load_config
from roster_dash.extensions import db
from roster_dash.store.tables import MailRow
from roster_dash.store.transactions import commit
from tests.builders import Builder
from tests.processes import Start, wait_until

NAME = "Ana Student"


class Received(HTTPServer):
    bodies: list[str]


class Handler(BaseHTTPRequestHandler):
    server: Received

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        self.server.bodies.append(body.decode())
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def sentry() -> Iterator[Received]:
    server = Received(("127.0.0.1", 0), Handler)
    server.bodies = []
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    sentry_sdk.get_client().close(2)
    sentry_sdk.init()
    server.shutdown()
    thread.join()
    server.server_close()


def dsn_of(server: Received) -> str:
    return f"http://key@127.0.0.1:{server.server_port}/1"


def test_an_error_is_reported_by_kind_and_place_with_its_run_and_nobodys_name(
    sentry: Received, tmp_path: Path
) -> None:
    reporting.set_up(dsn_of(sentry))
    app = create_app(load_config({}, instance=tmp_path))

    def broken() -> str:
        person = NAME
        raise KeyError(person)

    app.view_functions["health.process_is_up"] = broken
    with logs.about(run=12):
        app.test_client().get(f"/healthz?name={NAME}", headers={"Cookie": f"name={NAME}"})
    sentry_sdk.flush(5)
    (body,) = sentry.bodies
    assert "KeyError" in body
    assert '"run":12' in body.replace(" ", "") or '"run":"12"' in body.replace(" ", "")
    assert NAME not in body
    assert NAME.replace(" ", "%20") not in body


def test_an_error_of_the_log_is_reported_without_what_it_was_about(sentry: Received) -> None:
    reporting.set_up(dsn_of(sentry))
    logging.getLogger("roster_dash.sync").error("it failed for %s", NAME)
    sentry_sdk.flush(5)
    (body,) = sentry.bodies
    assert "it failed for %s" in body
    assert NAME not in body


def test_a_job_that_fails_is_reported_before_its_process_ends_and_its_mail_is_tried_again(
    sentry: Received, app: Flask, environment: dict[str, str], make: Builder, start: Start
) -> None:
    """Nobody foresaw this kind of mail: a bug, or a message of a newer release."""
    environment |= {"SENTRY_DSN": dsn_of(sentry), "MAIL_SERVER": "127.0.0.1", "MAIL_PORT": "9"}
    about = {"school_id": make.school().id, "day": clock.now().date()}
    mail = MailRow(kind="nonsense", recipient=f"{NAME}@school.example", status="due", **about)
    mail.due_at = clock.now()
    db.session.add(mail)
    commit()
    mail_id = mail.id
    commit()
    start("worker.py")
    jobs.enqueue_mail(mail_id)
    wait_until(lambda: sentry.bodies)
    assert "KeyError" in sentry.bodies[0]
    assert NAME not in "".join(sentry.bodies)
    noted = db.session.get_one(MailRow, mail_id, populate_existing=True)
    assert (noted.status, noted.attempts) == ("due", 1)
    assert noted.error == "It could not be written: something unforeseen."
    assert noted.due_at > clock.now()


def test_a_jobs_process_ends_only_when_its_reports_are_sent(
    app: Flask, start: Start, tmp_path: Path
) -> None:
    """The sending is swapped for a line of the log: whether it is waited for is what counts."""
    swap = (
        "from roster_dash import reporting; reporting.flush = lambda: print('waited', flush=True)"
    )
    start("-c", f"{swap}; import worker; worker.main()")
    jobs.enqueue_mail(1)  # there is no such mail: a job all the same
    wait_until(lambda: "waited" in (tmp_path / "processes.log").read_text())


def test_without_an_address_nothing_is_set_up() -> None:
    reporting.set_up("")
    assert not sentry_sdk.is_initialized() or sentry_sdk.get_client().dsn is None


def test_an_address_that_is_none_fails_by_name() -> None:
    with pytest.raises(ConfigError, match="SENTRY_DSN"):
        reporting.set_up("sentry.example/1")
