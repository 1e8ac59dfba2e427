"""docs/security.md leaves no requirement out and points at tests that exist; and the tests of
requirements that no other test is about."""

import ast
import logging
import re
import ssl
import subprocess
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from fnmatch import fnmatch
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from roster_dash import jobs, logs, outbound
from roster_dash.app import create_app
from roster_dash.config import load_config
from roster_dash.extensions import db
from roster_dash.store import accounts
from roster_dash.store.secrets import Vault
from roster_dash.store.tables import User
from tests.builders import PASSWORD, Builder
from tests.visitor import Visitor
from tests.web.world import routes

TESTS = Path(__file__).parent
ROOT = TESTS.parent
PACKAGE = ROOT / "roster_dash"
VisitAs = Callable[..., Visitor]


def lines_of_the_page() -> Iterator[tuple[list[str], str]]:
    """(requirements, the rest of the line) of every line that is about some."""
    for line in (ROOT / "docs/security.md").read_text().splitlines():
        if found := re.match(r"(?:\| |\* )((?:\d+\.[\d.*]+(?:, )?)+)(.*)", line):
            yield found[1].rstrip(", ").split(", "), found[2]


def test_every_requirement_of_level_2_is_on_the_page_once() -> None:
    wanted = (TESTS / "asvs-5.0.0-level-2.txt").read_text().split()
    patterns = [each for named, _ in lines_of_the_page() for each in named]
    told = Counter(each for each in wanted for pattern in patterns if fnmatch(each, pattern))
    assert [each for each in wanted if told[each] != 1] == []
    assert [each for each in patterns if "*" not in each and each not in wanted] == []


def test_every_line_of_what_is_met_points_at_a_test_that_is_there() -> None:
    page = (ROOT / "docs/security.md").read_text().split("## Met")[1].split("\n## ")[0]
    rows = [line for line in page.splitlines() if re.match(r"\| \d", line)]
    assert len(rows) > 80
    for row in rows:
        names = re.findall(r"`([\w/]+\.py)::(\w+)`", row)
        assert names, row
        for file, name in names:
            tree = ast.parse((TESTS / file).read_text())
            there = {each.name for each in ast.walk(tree) if isinstance(each, ast.FunctionDef)}
            assert name in there, row


FORBIDDEN_MODULES = {"xml", "lxml", "pickle", "marshal", "shelve", "yaml", "ldap", "jndi"}
FORBIDDEN_CALLS = {"eval", "exec", "compile", "__import__", "render_template_string"}


def test_the_code_has_none_of_what_is_said_not_to_be_there() -> None:
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = [each.name for each in node.names] + [getattr(node, "module", "") or ""]
                assert not FORBIDDEN_MODULES & {name.split(".")[0] for name in names}, path
            elif isinstance(node, ast.Call):
                name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                plain = isinstance(node.func, ast.Name) and name in FORBIDDEN_CALLS
                assert not plain, (path, node.lineno)
                assert name not in ("system", "popen"), (path, node.lineno)
                assert not any(word.arg == "shell" for word in node.keywords), (path, node.lineno)
    for path in (PACKAGE / "web").rglob("*.html"):
        assert not re.search(r"\|\s*safe\b|autoescape|<style|\sstyle=|\son\w+=", path.read_text())
    script = (PACKAGE / "web/static/app.js").read_text()
    assert not re.search(r"innerHTML|outerHTML\s*=|eval|Storage|postMessage|WebSocket", script)


def test_no_other_site_may_read_an_answer(client: FlaskClient) -> None:
    answer = client.get("/login", headers={"Origin": "https://evil.example"})
    assert not [name for name, _ in answer.headers if name.startswith("Access-Control")]


def test_password_fields_let_password_managers_work(make: Builder, visit_as: VisitAs) -> None:
    visitor = visit_as(make.owner(make.school()))
    fields = re.findall(r"<input[^>]*type=\"password\"[^>]*>", visitor.get("/account").text)
    assert len(fields) >= 3
    assert all("autocomplete=" in each and 'autocomplete="off"' not in each for each in fields)
    assert not any("onpaste" in each or "maxlength" in each for each in fields)


def test_a_new_installation_has_no_account(app: Flask) -> None:
    assert db.session.scalars(select(User)).all() == []


def test_passwords_are_kept_as_argon2id(make: Builder) -> None:
    user = make.specialist()
    assert user.password_hash.startswith("$argon2id$")
    assert PASSWORD not in user.password_hash
    assert accounts.check_password(user.email, PASSWORD) is not None


def test_secrets_are_read_with_the_old_key_after_a_new_one_was_put_first() -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    locked = Vault((old,)).lock("secret")
    assert Vault((new, old)).unlock(locked) == "secret"
    assert Vault((new,)).unlock(Vault((new, old)).lock("secret")) == "secret"


def test_a_webhook_s_certificate_is_verified(tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    made = ["-newkey", "rsa:2048", "-nodes", "-keyout", str(key), "-out", str(certificate)]
    command = ["openssl", "req", "-x509", "-days", "1", *subject, *made]
    subprocess.run(command, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append(self.path)

    server = HTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    url = f"https://localhost:{server.server_address[1]}/hook"
    answer = outbound.post(url, b"{}", {}, ("localhost",))
    server.shutdown()
    thread.join()
    server.server_close()
    assert (answer.status, asked) == (0, [])
    assert "SSL" in answer.text


@pytest.mark.parametrize(
    "path", ["/static/../config.py", "/static/%2e%2e/app.py", "/static/", "/.git/config", "/docs"]
)
def test_only_our_own_static_files_are_served(path: str, client: FlaskClient) -> None:
    answer = client.get(path)
    assert answer.status_code in (303, 404)
    assert "import" not in answer.text


def test_trace_is_refused(client: FlaskClient, tmp_path: Path) -> None:
    assert client.open("/login", method="TRACE").status_code == 405
    assert not create_app(load_config({}, instance=tmp_path)).debug


def test_health_tells_nothing_but_states(client: FlaskClient) -> None:
    assert client.get("/healthz").json == {"status": "ok"}
    told = client.get("/readyz").json
    assert all(isinstance(value, bool | int | str) for value in told.values())
    assert "://" not in str(told)


def test_logging_out_clears_what_the_browser_keeps(make: Builder, visit_as: VisitAs) -> None:
    answer = visit_as(make.owner(make.school())).post("/logout", page="/account")
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'


def test_every_package_is_pinned() -> None:
    for name in ("requirements.txt", "requirements-dev.txt"):
        lines = (ROOT / name).read_text().splitlines()
        wanted = [line for line in lines if line and not line.startswith(("#", "-r"))]
        assert [line for line in wanted if "==" not in line] == []


def test_the_product_serves_nothing_of_the_sandbox(app: Flask) -> None:
    assert not [rule for rule, _ in routes(app) if "sandbox" in rule.endpoint]


def test_asking_for_what_is_not_ones_own_is_logged_by_id(
    make: Builder, visit_as: VisitAs, caplog: pytest.LogCaptureFixture
) -> None:
    foreign, owner = make.school(name="Foreign High"), make.owner(make.school())
    number = foreign.id
    visitor = visit_as(owner)
    with caplog.at_level(logging.WARNING):
        visitor.get(f"/schools/{number}/people?q=line%0Abreak")
    [line] = [each.getMessage() for each in caplog.records if "not theirs" in each.getMessage()]
    assert f"user {owner.id}" in line
    assert f"'school_id': {number}" in line
    assert "\n" not in line
    assert "Foreign" not in line
    assert owner.email not in line


def test_a_failed_step_of_the_scheduler_is_logged_without_its_text(
    app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    def fails() -> None:
        raise ValueError("ana@school.example")

    jobs._guarded("schedule", fails)
    for form in (logs.TextLines(), logs.JsonLines()):
        line = form.format(caplog.records[-1])
        assert "schedule failed" in line
        assert "ValueError in test_security_page.py" in line
        assert "ana@" not in line


def test_an_unexpected_error_tells_nothing_of_the_inside(
    app: Flask, make: Builder, visit_as: VisitAs, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor = visit_as(make.owner(make.school()))

    def fails(*_: object) -> None:
        raise RuntimeError("secret inside")

    app.config["PROPAGATE_EXCEPTIONS"] = False
    monkeypatch.setattr("roster_dash.store.sessions.sessions_of", fails)
    answer = visitor.get("/account")
    assert answer.status_code == 500
    assert "secret inside" not in answer.text
    assert "Traceback" not in answer.text


def test_the_log_of_an_error_names_the_page_and_no_address(
    app: Flask, visitor: Visitor, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise RuntimeError

    app.config["PROPAGATE_EXCEPTIONS"] = False
    monkeypatch.setattr("roster_dash.store.links._signer", fails)
    assert visitor.get("/links/a-key-that-opens-an-account").status_code == 500
    lines = [logs.TextLines().format(record) for record in caplog.records]
    assert any("the page links." in line for line in lines)
    assert not any("a-key-that-opens" in line for line in lines)
