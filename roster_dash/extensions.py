"""The extensions, made here and configured in app.py."""

import smtplib
import sqlite3
import ssl
import time
from contextlib import suppress
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

import orjson
from flask import current_app, has_request_context, request
from flask_babel import Babel
from flask_login import LoginManager
from flask_mail import Connection, Mail
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect
from sqlalchemy import DateTime, Dialect, Engine, MetaData, event
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator

from roster_dash.roster.searching import fold


class Base(DeclarativeBase):
    """All tables; the naming convention gives every constraint a name migrations can use."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class UtcDateTime(TypeDecorator[datetime]):
    """Aware UTC moments on every database; SQLite itself has no time zones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError("a moment without a time zone can't be stored")
        return value.astimezone(UTC) if value else None

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        aware: datetime = value if value.tzinfo else value.replace(tzinfo=UTC)
        return aware.astimezone(UTC)


class SafeConnection(Connection):
    """Flask-Mail's connection, with a time limit and certificates verified.

    A message that the server took has been sent, even if it hangs up without a good-bye.
    """

    def __exit__(self, *about: Any) -> None:
        with suppress(smtplib.SMTPException, OSError):
            super().__exit__(*about)

    def configure_host(self) -> smtplib.SMTP:
        mail, context = self.mail, ssl.create_default_context()
        host: smtplib.SMTP
        if mail.use_ssl:
            host = smtplib.SMTP_SSL(mail.server, mail.port, timeout=20, context=context)
        else:
            host = smtplib.SMTP(mail.server, mail.port, timeout=20)
        if mail.use_tls:
            host.starttls(context=context)
        if mail.username and mail.password:
            host.login(mail.username, mail.password)
        return host


class SafeMail(Mail):
    def connect(self) -> SafeConnection:
        return SafeConnection(current_app.extensions["mail"])


def to_json(value: Any) -> str:
    return orjson.dumps(value, default=str).decode()


db = SQLAlchemy(
    model_class=Base,
    engine_options={
        "json_serializer": to_json,
        "json_deserializer": orjson.loads,
        "hide_parameters": True,
    },
)
migrate = Migrate()
csrf = CSRFProtect()
login = LoginManager()
mailer = SafeMail()
babel = Babel()


_BUSY_SECONDS = 30
_LOOK_AGAIN_SECONDS = 0.003


def prepare_sqlite(engine: Engine) -> None:
    """SQLite fit for a web process and workers at once: WAL, waiting, real transactions.

    Python's own driver begins a transaction only before the first write, so a read and the write
    that follows from it would not be one. Here writers take the write lock at the beginning.
    """

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        for pragma in (
            "journal_mode=WAL",
            "synchronous=NORMAL",
            f"busy_timeout={_BUSY_SECONDS * 1000}",
            "foreign_keys=ON",
        ):
            connection.execute(f"PRAGMA {pragma}")
        connection.create_function("folded", 1, fold, deterministic=True)

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        if _reads_only():
            connection.exec_driver_sql("BEGIN")
        elif not _has_begun_to_write(connection.connection.driver_connection):
            connection.exec_driver_sql("BEGIN IMMEDIATE")  # says in SQLAlchemy's words why not


def _has_begun_to_write(driver: sqlite3.Connection) -> bool:
    """Begins as soon as nobody else is writing, waiting its time.

    SQLite's own waiting looks only every tenth of a second after a while, and two workers that
    write in turns would lose what they gain.
    """
    deadline = time.monotonic() + _BUSY_SECONDS
    driver.execute("PRAGMA busy_timeout=0")
    try:
        while time.monotonic() < deadline:
            try:
                driver.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                    return False
                time.sleep(_LOOK_AGAIN_SECONDS)
            else:
                return True
        return False
    finally:
        driver.execute(f"PRAGMA busy_timeout={_BUSY_SECONDS * 1000}")


only_reads: ContextVar[bool] = ContextVar("only_reads", default=False)
"""Set where a transaction outside of requests will write nothing; see store.transactions."""


def _reads_only() -> bool:
    if not has_request_context():
        return only_reads.get()
    if request.method in ("GET", "HEAD", "OPTIONS"):
        return request.endpoint not in current_app.config["WRITING_PAGES"]
    return request.endpoint in current_app.config["READ_ONLY_ENDPOINTS"]
