"""Alembic's environment: the application's own engine and tables."""

from alembic import context
from flask import current_app

from roster_dash.store import tables

engine = current_app.extensions["migrate"].db.engine


def run_migrations() -> None:
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=tables.Base.metadata,
            render_as_batch=True,
            compare_type=True,
            user_module_prefix="types.",
        )
        with context.begin_transaction():
            context.run_migrations()


run_migrations()
