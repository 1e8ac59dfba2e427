"""create_app: the only place where the parts are wired together."""

from typing import Any

from flask import Flask, request
from werkzeug.middleware.proxy_fix import ProxyFix

from roster_dash import cli, clock, logs, reporting, web
from roster_dash.config import Config, load_config
from roster_dash.extensions import babel, csrf, db, login, mailer, migrate, prepare_sqlite


class Application(Flask):
    """Addresses may hold keys to accounts: of an error the log names the page, not its address."""

    def log_exception(self, exc_info: Any) -> None:
        self.logger.error("the page %s failed", request.endpoint, exc_info=exc_info)


def start_app() -> Flask:
    """The application of a process of its own, which also keeps a log and reports errors."""
    config = load_config()
    logs.set_up(config.log_format)
    reporting.set_up(config.sentry_dsn)
    return create_app(config)


def create_app(config: Config | None = None) -> Flask:
    """The application, configured from the environment unless a Config is given."""
    config = config or load_config()
    clock.use(config.clock)
    app = Application("roster_dash", template_folder=".", static_folder=None)
    app.config.from_mapping(
        ROSTER_DASH=config,
        SECRET_KEY=config.secret_key,
        SQLALCHEMY_DATABASE_URI=config.database_url,
        SQLALCHEMY_ENGINE_OPTIONS={"pool_pre_ping": True},
        SESSION_COOKIE_NAME="__Host-session" if config.is_https else "session",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=config.is_https,
        MAX_CONTENT_LENGTH=1_000_000,
        WTF_CSRF_TIME_LIMIT=None,
        MAIL_SERVER=config.mail.server,
        MAIL_PORT=config.mail.port,
        MAIL_USE_TLS=config.mail.use_tls,
        MAIL_USE_SSL=config.mail.use_ssl,
        MAIL_USERNAME=config.mail.username or None,
        MAIL_PASSWORD=config.mail.password or None,
        MAIL_DEFAULT_SENDER=config.mail.sender,
        MAIL_DEBUG=False,
    )
    if hops := config.trusted_proxies:
        proxied = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)
        app.wsgi_app = proxied  # type: ignore[method-assign]
    for extension in (db, csrf, login, mailer):
        extension.init_app(app)
    migrate.init_app(app, db, render_as_batch=True)
    babel.init_app(app, locale_selector=web.language.of_request)
    app.jinja_env.policies["ext.i18n.trimmed"] = True
    if config.database_url.startswith("sqlite"):
        with app.app_context():
            prepare_sqlite(db.engine)
    web.register(app)
    cli.register(app)
    return app
