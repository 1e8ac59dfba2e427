"""The house itself: files that must agree with each other."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.config import Config as AlembicConfig
from alembic.script import ScriptDirectory
from cryptography.fernet import Fernet
from flask import Flask, request
from flask_migrate import upgrade

from roster_dash import broker, jobs
from roster_dash.app import create_app
from roster_dash.cli.paths import MIGRATIONS
from roster_dash.config import ConfigError, load_config
from roster_dash.roster.outcomes import REASONS, Outcome
from tests.builders import a_student
from tests.processes import PROCFILE

ROOT = Path(__file__).resolve().parent.parent


def test_migrations_have_one_head_and_are_numbered() -> None:
    config = AlembicConfig()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    scripts = ScriptDirectory.from_config(config)
    assert len(scripts.get_heads()) == 1
    names = sorted(path.name for path in (ROOT / "migrations" / "versions").glob("*.py"))
    assert [name[:4] for name in names] == [f"{n:04}" for n in range(1, len(names) + 1)]


def test_migrations_make_just_the_tables_that_the_code_has(app: Flask) -> None:
    """Fails if a column was added to a table without a migration."""
    from flask_migrate import check

    check(directory=MIGRATIONS)


def test_migrating_twice_does_nothing(app: Flask) -> None:
    upgrade(directory=MIGRATIONS)
    upgrade(directory=MIGRATIONS)


def test_the_procfile_starts_what_is_there() -> None:
    assert set(PROCFILE) == {"release", "web", "worker", "scheduler"}
    assert "wsgi:app" in PROCFILE["web"]
    for name in re.findall(r"(\w+\.py)", " ".join(PROCFILE.values())):
        assert (ROOT / name).exists()


@pytest.mark.parametrize("time", ["first", "second"])
def test_what_a_test_builds_depends_on_no_test_before_it(time: str) -> None:
    assert a_student().sis_id == "sis10001", f"the {time} time"


def test_every_queue_is_worked_on_mail_first() -> None:
    assert jobs.QUEUES == ("mail", "events", "sync")


def test_what_is_pinned_is_pinned_exactly() -> None:
    for name in ("requirements.txt", "requirements-dev.txt"):
        for line in (ROOT / name).read_text().splitlines():
            if line and not line.startswith(("#", "-r")):
                assert re.match(r"[\w\[\]-]+==[\w.]+", line), line


def test_every_outcome_and_reason_can_be_told() -> None:
    assert len(Outcome) == 12
    assert all(sentence.endswith(".") for sentence in REASONS.values())


def test_views_are_short() -> None:
    """A view asks and shows; what takes longer belongs elsewhere."""
    for path in (ROOT / "roster_dash" / "web").rglob("views.py"):
        for body in re.split(r"\n\n\n", path.read_text()):
            if "def " in body:
                lines = [line for line in body.splitlines() if line.strip()]
                assert len(lines) <= 24, f"{path.name}: {lines[0]}"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "mysql://x"),
        ("REDIS_URL", "http://x"),
        ("CREDENTIALS_KEY", "short"),
        ("PORT", "eighty"),
        ("MAIL_PORT", "70000"),
        ("MAIL_USE_TLS", "perhaps"),
        ("CLEVER_API_URL", "clever.com"),
        ("PUBLIC_URL", "ftp://x"),
        ("TRUSTED_PROXIES", "-1"),
        ("TRUSTED_PROXIES", "10"),
        ("CLEVER_REQUESTS_PER_MINUTE", "0"),
        ("CLEVER_REQUESTS_PER_MINUTE", "many"),
        ("LOG_FORMAT", "xml"),
        ("SIMULATED_CLOCK", "now"),
        ("SIMULATED_CLOCK", "0,0,0"),
    ],
)
def test_a_bad_environment_fails_at_start_by_name(name: str, value: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=name):
        load_config({name: value}, instance=tmp_path)


HTTPS = {
    "PUBLIC_URL": "https://roster.example",
    "SECRET_KEY": "a secret key that is long enough",
    "CREDENTIALS_KEY": Fernet.generate_key().decode(),
}


@pytest.mark.parametrize(
    "broken",
    [{"SECRET_KEY": ""}, {"SECRET_KEY": "short"}, {"CREDENTIALS_KEY": ""}],
    ids=["no secret key", "a short secret key", "no credentials key"],
)
def test_nothing_starts_on_https_with_secrets_made_up_by_itself(
    broken: dict[str, str], tmp_path: Path
) -> None:
    assert load_config(HTTPS, instance=tmp_path).is_https
    with pytest.raises(ConfigError, match=next(iter(broken))):
        load_config(HTTPS | broken, instance=tmp_path)


def test_on_https_cookies_are_bound_to_the_host_and_browsers_stay_on_https(tmp_path: Path) -> None:
    client = create_app(load_config(HTTPS, instance=tmp_path)).test_client()
    answer = client.get("/login", base_url="https://roster.example")
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-session=")
    assert all(part in cookie for part in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"))


@pytest.mark.parametrize(("hops", "address"), [("0", "127.0.0.1"), ("1", "192.0.2.9")])
def test_what_proxies_say_counts_only_where_proxies_are_configured(
    hops: str, address: str, tmp_path: Path
) -> None:
    app = create_app(load_config({"TRUSTED_PROXIES": hops}, instance=tmp_path))
    seen: list[str | None] = []
    app.before_request(lambda: seen.append(request.remote_addr))
    app.test_client().get("/healthz", headers={"X-Forwarded-For": "192.0.2.9"})
    assert seen == [address]


def test_secrets_are_made_once_for_their_user_only_and_never_shown(tmp_path: Path) -> None:
    first, second = load_config({}, instance=tmp_path), load_config({}, instance=tmp_path)
    assert first == second
    assert first.secret_key not in repr(first)
    assert first.credentials_keys[0] not in repr(first)
    for name in ("secret_key", "credentials_key"):
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o600


def test_with_an_empty_environment_everything_is_in_the_instance_folder(tmp_path: Path) -> None:
    config = load_config({}, instance=tmp_path)
    assert config.database_url == f"sqlite:///{tmp_path}/roster_dash.sqlite3"
    assert broker.url(config).startswith("unix://")


def test_the_application_starts_without_a_warning(tmp_path: Path) -> None:
    environment = {"INSTANCE_PATH": str(tmp_path), "PATH": "/usr/bin:/bin"}
    command = [sys.executable, "-W", "error", "-c", "import wsgi, worker"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_application_answers_with_an_empty_environment(tmp_path: Path) -> None:
    application = create_app(load_config({}, instance=tmp_path))
    assert application.test_client().get("/healthz").json == {"status": "ok"}
