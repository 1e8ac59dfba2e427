"""Unforeseen errors to Sentry, where SENTRY_DSN is set and the sentry-sdk package installed.

What is sent is kind and place: no texts of exceptions, no local variables, nothing of a request's
body, cookies or query, because all of these may hold people's data.
"""

import logging
import sys
from typing import Any

from roster_dash import logs
from roster_dash.config import ConfigError


def set_up(dsn: str) -> None:
    """Errors: ConfigError if the package is missing or the DSN can't be used."""
    if not dsn:
        return
    try:
        import sentry_sdk
        from sentry_sdk.integrations.dedupe import DedupeIntegration
        from sentry_sdk.integrations.flask import FlaskIntegration
        from sentry_sdk.integrations.logging import LoggingIntegration
    except ImportError:
        raise ConfigError("SENTRY_DSN is set: `pip install sentry-sdk` brings it.") from None
    logged = LoggingIntegration(level=None, event_level=logging.ERROR)
    try:
        sentry_sdk.init(
            dsn,
            integrations=[logged, FlaskIntegration(), DedupeIntegration()],
            default_integrations=False,
            auto_enabling_integrations=False,
            include_local_variables=False,
            include_source_context=False,
            max_request_body_size="never",
            max_breadcrumbs=0,
            auto_session_tracking=False,
            send_client_reports=False,
            before_send=_kind_and_place,
        )
    except ValueError:
        raise ConfigError("SENTRY_DSN is not the address that Sentry gives a project.") from None


def flush() -> None:
    """Waits for what is on its way to Sentry: for processes that end without a good-bye."""
    sentry_sdk = sys.modules.get("sentry_sdk")
    if sentry_sdk is not None:
        sentry_sdk.flush(2)


def _kind_and_place(event: Any, _hint: Any) -> Any:
    for exception in event.get("exception", {}).get("values", ()):
        exception["value"] = ""
    if "logentry" in event:
        event["logentry"] = {"message": event["logentry"].get("message", "")}
    event.pop("message", None)
    event.pop("extra", None)
    event.pop("server_name", None)
    if "request" in event:
        event["request"] = {"method": event["request"].get("method", "")}
    event["tags"] = {**event.get("tags", {}), **logs.what_it_is_about()}
    return event
