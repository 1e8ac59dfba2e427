"""what a run with nothing to do went by; schools' parts of a pull of their district"""

import sqlalchemy as sa
from alembic import op

from roster_dash.extensions import UtcDateTime

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("schools") as table:
        table.add_column(
            sa.Column("content_version", sa.BigInteger, nullable=False, server_default="0")
        )
    with op.batch_alter_table("districts") as table:
        table.add_column(sa.Column("no_pull_until", UtcDateTime(timezone=True)))
    op.create_table(
        "pulled_answers",
        sa.Column("school_id", sa.Integer, sa.ForeignKey("schools.id"), primary_key=True),
        sa.Column("pulled_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("digest", sa.String(32), nullable=False),
        sa.Column("about", sa.JSON, nullable=False),
        sa.Column("payload", sa.LargeBinary),
    )
    op.create_table(
        "settled_schools",
        sa.Column("school_id", sa.Integer, sa.ForeignKey("schools.id"), primary_key=True),
        sa.Column("run_id", sa.Integer, sa.ForeignKey("runs.id"), nullable=False),
        sa.Column("answer", sa.String(32), nullable=False),
        sa.Column("key", sa.String(32), nullable=False),
        sa.Column("until", sa.Date, nullable=False),
    )


def downgrade() -> None:
    raise NotImplementedError("go forward, or restore the backup made before the migration")
