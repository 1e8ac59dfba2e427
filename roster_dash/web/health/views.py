"""For load balancers and monitors: is the process up, and can it do its work."""

from typing import Any

from flask import Blueprint
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from roster_dash import jobs
from roster_dash.extensions import db

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def process_is_up() -> dict[str, str]:
    return {"status": "ok"}


@blueprint.get("/readyz")
def is_ready() -> tuple[dict[str, Any], int]:
    """200 when database, queue, a worker and the scheduler all answer, else 503 and which don't."""
    try:
        db.session.execute(text("SELECT 1"))
    except SQLAlchemyError:
        db.session.rollback()
        return {"status": "not ready", "database": False}, 503
    parts = {"database": True, **jobs.health()}
    ready = all(parts.values())
    return {"status": "ok" if ready else "not ready", **parts}, 200 if ready else 503
