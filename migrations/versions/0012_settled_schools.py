"""what a run with nothing to do went by, so that the next one sees it at a glance"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("schools") as table:
        table.add_column(
            sa.Column("content_version", sa.BigInteger, nullable=False, server_default="0")
        )
    op.create_table(
        "settled_schools",
        sa.Column("school_id", sa.Integer, sa.ForeignKey("schools.id"), primary_key=True),
        sa.Column("run_id", sa.Integer, sa.ForeignKey("runs.id"), nullable=False),
        sa.Column("key", sa.String(32), nullable=False),
        sa.Column("until", sa.Date, nullable=False),
    )


def downgrade() -> None:
    raise NotImplementedError("go forward, or restore the backup made before the migration")
