"""For load balancers and monitors: is the process up, and can it do its work."""

from hmac import compare_digest
from typing import Any

from flask import Blueprint, Response, abort, request
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from roster_dash import jobs
from roster_dash.config import current_config
from roster_dash.extensions import db
from roster_dash.web.health import metrics

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def process_is_up() -> dict[str, str]:
    return {"status": "ok"}


@blueprint.get("/metrics")
def numbers() -> Response:
    """For Prometheus; with METRICS_TOKEN only for who has it."""
    token = current_config().metrics_token
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if token and not compare_digest(token.encode(), given.encode()):
        abort(404)
    return Response(metrics.page(), content_type="text/plain; version=0.0.4; charset=utf-8")


@blueprint.get("/readyz")
def is_ready() -> tuple[dict[str, Any], int]:
    """200 when database, queue, a worker and the scheduler all answer, else 503 and which don't."""
    try:
        db.session.execute(text("SELECT 1"))
        parts = {"database": True, **jobs.health()}
    except SQLAlchemyError:
        db.session.rollback()
        return {"status": "not ready", "database": False}, 503
    ready = all(parts.values())
    return {"status": "ok" if ready else "not ready", **parts}, 200 if ready else 503
