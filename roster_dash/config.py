"""The settings of an installation: read once from the environment, frozen, checked at start."""

import os
import re
import secrets
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from cryptography.fernet import Fernet
from flask import current_app

from roster_dash.clock import MACHINE, Clock

MIN_SECRET = 32
MOST_PROXIES = 9


class ConfigError(Exception):
    """An environment variable that can't be used; the message names it."""


@dataclass(frozen=True, slots=True)
class MailConfig:
    """Flask-Mail's settings. No server: mails stay due and the dashboard says so."""

    server: str = ""
    port: int = 25
    use_tls: bool = False
    use_ssl: bool = False
    username: str = ""
    password: str = field(default="", repr=False)
    sender: str = "roster-dash@localhost"


@dataclass(frozen=True, slots=True)
class Config:
    """Everything the environment decides. Secrets don't show in its repr."""

    instance: Path
    database_url: str = field(repr=False)
    redis_url: str = field(repr=False)
    """"" means the embedded one, under `instance`."""
    secret_key: str = field(repr=False)
    credentials_keys: tuple[str, ...] = field(repr=False)
    clever_api_url: str = "https://api.clever.com"
    clever_auth_url: str = "https://clever.com"
    clever_api_version: str = "v3.1"
    clever_client_id: str = ""
    clever_client_secret: str = field(default="", repr=False)
    mail: MailConfig = MailConfig()
    support_email: str = ""
    public_url: str = "http://127.0.0.1:8000"
    trusted_proxies: int = 0
    """How many proxies in front of the web set X-Forwarded-*; 0: those headers are ignored."""

    clever_requests_per_minute: int = 1200
    """What Clever allows one token, over all workers."""

    log_format: str = "text"
    metrics_token: str = field(default="", repr=False)
    """Who asks for /metrics must have it; "": anybody may."""

    sentry_dsn: str = field(default="", repr=False)
    clock: Clock = MACHINE
    """The machine's, but where a test lives through days in minutes."""

    outbound_allow: tuple[str, ...] = ()
    """Hosts, or host:port, in our own network that users may name, and that may speak http."""

    draft_languages: bool = False
    """Whether languages whose translation isn't complete are offered too."""

    roster_files_dir: Path | None = None
    """Its folders, named by districts' ids, are watched for zips of OneRoster files."""

    @property
    def is_https(self) -> bool:
        return self.public_url.startswith("https://")

    @property
    def embedded_redis_dir(self) -> Path:
        return self.instance / "redis"


def load_config(environ: Mapping[str, str] | None = None, instance: Path | None = None) -> Config:
    """The configuration of this process.

    Errors: ConfigError names the variable, what it was and what is allowed.
    """
    env = os.environ if environ is None else environ
    folder = instance or Path(env.get("INSTANCE_PATH") or Path.cwd() / "instance")
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    port = _port(env, "PORT", 8000)
    public_url = _http_url(env, "PUBLIC_URL", f"http://127.0.0.1:{port}")
    if public_url.startswith("https://"):
        _must_be_safe(env)
    return Config(
        instance=folder,
        database_url=_database_url(env.get("DATABASE_URL", ""), folder),
        redis_url=_choice_of_scheme(env, "REDIS_URL", "", ("redis", "rediss", "unix")),
        secret_key=env.get("SECRET_KEY") or _kept_secret(folder / "secret_key"),
        credentials_keys=_credentials_keys(env.get("CREDENTIALS_KEY", ""), folder),
        clever_api_url=_http_url(env, "CLEVER_API_URL", "https://api.clever.com"),
        clever_auth_url=_http_url(env, "CLEVER_AUTH_URL", "https://clever.com"),
        clever_api_version=env.get("CLEVER_API_VERSION") or "v3.1",
        clever_client_id=env.get("CLEVER_CLIENT_ID", ""),
        clever_client_secret=env.get("CLEVER_CLIENT_SECRET", ""),
        mail=_mail(env),
        support_email=env.get("SUPPORT_EMAIL", ""),
        public_url=public_url,
        trusted_proxies=_proxies(env),
        clever_requests_per_minute=_requests_per_minute(env),
        log_format=_log_format(env),
        metrics_token=env.get("METRICS_TOKEN", ""),
        sentry_dsn=env.get("SENTRY_DSN", ""),
        clock=_clock(env.get("SIMULATED_CLOCK", "")),
        outbound_allow=_hosts(env.get("OUTBOUND_ALLOW", "")),
        draft_languages=_flag(env, "DRAFT_LANGUAGES"),
        roster_files_dir=_folder(env, "ROSTER_FILES_DIR"),
    )


def _folder(env: Mapping[str, str], name: str) -> Path | None:
    """It need not be there yet: a share may be mounted later."""
    text = env.get(name, "").strip()
    if text and not Path(text).is_absolute():
        raise ConfigError(f"{name} is “{text}”; it must be a whole path, /srv/rosters say.")
    return Path(text) if text else None


def _must_be_safe(env: Mapping[str, str]) -> None:
    """What is reached from outside keeps its secrets outside of its own folder."""
    length = len(env.get("SECRET_KEY", ""))
    if length < MIN_SECRET:
        came = f"has {length} characters" if length else "is unset"
        raise ConfigError(
            f"SECRET_KEY {came}; where PUBLIC_URL is https it needs {MIN_SECRET} random "
            "characters or more, the same on every machine."
        )
    if not env.get("CREDENTIALS_KEY", "").strip(", "):
        raise ConfigError(
            "CREDENTIALS_KEY is unset; where PUBLIC_URL is https it must be a Fernet key, "
            "the same on every machine."
        )


def _proxies(env: Mapping[str, str]) -> int:
    text = env.get("TRUSTED_PROXIES") or "0"
    if not (text.isascii() and text.isdecimal() and int(text) <= MOST_PROXIES):
        raise ConfigError(
            f"TRUSTED_PROXIES is “{text}”; it must be how many proxies stand in front of the "
            f"web, 0 to {MOST_PROXIES}."
        )
    return int(text)


def _requests_per_minute(env: Mapping[str, str]) -> int:
    text = env.get("CLEVER_REQUESTS_PER_MINUTE") or "1200"
    if not (text.isascii() and text.isdecimal() and 0 < int(text[:9]) < 10**6):
        raise ConfigError(
            f"CLEVER_REQUESTS_PER_MINUTE is “{text}”; it must be how many requests a minute "
            "Clever allows one district’s token, 1200 say."
        )
    return int(text)


def _log_format(env: Mapping[str, str]) -> str:
    text = env.get("LOG_FORMAT") or "text"
    if text not in ("text", "json"):
        raise ConfigError(f"LOG_FORMAT is “{text}”; it must be text or json.")
    return text


def _clock(text: str) -> Clock:
    if not text:
        return MACHINE
    try:
        return Clock.parse(text)
    except ValueError:
        raise ConfigError(
            f"SIMULATED_CLOCK is “{text}”; it must be three numbers with commas between: the Unix "
            "second at which it began, the one that it showed then, its speed. It is for tests."
        ) from None


def _hosts(text: str) -> tuple[str, ...]:
    hosts = tuple(host.strip().casefold() for host in text.split(",") if host.strip())
    for host in hosts:
        if not re.fullmatch(r"[a-z0-9.-]+(:\d{1,5})?|[0-9a-f:]+", host):
            raise ConfigError(
                f"OUTBOUND_ALLOW has “{host}” in it; it must be hosts, or host:port, with commas "
                "between: hooks.internal, 10.0.0.5:8080."
            )
    return hosts


def _database_url(url: str, folder: Path) -> str:
    if not url:
        return f"sqlite:///{folder / 'roster_dash.sqlite3'}"
    scheme, colon, rest = url.partition("://")
    if not colon or scheme.split("+")[0] not in ("sqlite", "postgres", "postgresql"):
        raise ConfigError("DATABASE_URL must start with sqlite:// or postgresql://.")
    if scheme in ("postgres", "postgresql"):
        return f"postgresql+psycopg://{rest}"
    return url


def _choice_of_scheme(
    env: Mapping[str, str], name: str, default: str, schemes: tuple[str, ...]
) -> str:
    url = env.get(name) or default
    if url and urlsplit(url).scheme not in schemes:
        allowed = " or ".join(f"{scheme}://" for scheme in schemes)
        raise ConfigError(f"{name} must start with {allowed}.")
    try:
        _ = urlsplit(url).port
    except ValueError:
        raise ConfigError(f"{name} has a port that is no number.") from None
    return url


def _http_url(env: Mapping[str, str], name: str, default: str) -> str:
    url = _choice_of_scheme(env, name, default, ("http", "https")).rstrip("/")
    if not urlsplit(url).hostname:
        raise ConfigError(f"{name} has no host name in it.")
    return url


def _port(env: Mapping[str, str], name: str, default: int) -> int:
    text = env.get(name) or str(default)
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise ConfigError(f"{name} is “{text}”; it must be a port number, 8000 say.")
    return int(text)


def _flag(env: Mapping[str, str], name: str) -> bool:
    text = (env.get(name) or "false").casefold()
    if text not in ("true", "false", "on", "off", "1", "0", "yes", "no"):
        raise ConfigError(f"{name} is “{text}”; it must be true or false.")
    return text in ("true", "on", "1", "yes")


def _mail(env: Mapping[str, str]) -> MailConfig:
    use_tls, use_ssl = _flag(env, "MAIL_USE_TLS"), _flag(env, "MAIL_USE_SSL")
    if use_tls and use_ssl:
        raise ConfigError("MAIL_USE_TLS and MAIL_USE_SSL are both on; choose one.")
    return MailConfig(
        server=env.get("MAIL_SERVER", ""),
        port=_port(env, "MAIL_PORT", 25),
        use_tls=use_tls,
        use_ssl=use_ssl,
        username=env.get("MAIL_USERNAME", ""),
        password=env.get("MAIL_PASSWORD", ""),
        sender=env.get("MAIL_DEFAULT_SENDER") or "roster-dash@localhost",
    )


def _credentials_keys(text: str, folder: Path) -> tuple[str, ...]:
    keys = tuple(key.strip() for key in text.split(",") if key.strip())
    if not keys:
        return (_kept_secret(folder / "credentials_key", Fernet.generate_key().decode()),)
    for number, key in enumerate(keys, 1):
        try:
            Fernet(key)
        except ValueError:
            raise ConfigError(
                f"CREDENTIALS_KEY: key {number} of {len(keys)} is not a Fernet key "
                "(32 random bytes in URL-safe base64, 44 characters)."
            ) from None
    return keys


def _kept_secret(path: Path, new: str = "") -> str:
    """A secret made once for this installation, readable by its user only."""
    if not path.exists():
        descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
        with os.fdopen(descriptor, "w") as file:
            file.write(new or secrets.token_urlsafe(48))
        with suppress(FileExistsError):  # another process was quicker: its secret holds
            os.link(draft, path)
        os.unlink(draft)
    secret = path.read_text().strip()
    if not secret:
        raise ConfigError(f"{path} is empty: remove it, or set its variable.")
    return secret


def current_config() -> Config:
    """The configuration of the running application."""
    config: Config = current_app.config["ROSTER_DASH"]
    return config
