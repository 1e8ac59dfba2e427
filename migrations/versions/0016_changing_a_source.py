"""another source for a district, tried before it is switched to"""

import sqlalchemy as sa
from alembic import op

from roster_dash.extensions import UtcDateTime

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "planned_switches",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column(
            "district_id", sa.Integer, sa.ForeignKey("districts.id"), nullable=False, unique=True
        ),
        sa.Column("source", sa.String(20), nullable=False),
        sa.Column("clever_id", sa.String(64), nullable=False),
        sa.Column("token", sa.LargeBinary),
        sa.Column("connection", sa.JSON, nullable=False),
        sa.Column("digest", sa.String(32), nullable=False, server_default=""),
        sa.Column("payload", sa.LargeBinary),
        sa.Column("schools", sa.JSON, nullable=False),
        sa.Column("matches", sa.JSON, nullable=False),
        sa.Column("user_id", sa.Integer, sa.ForeignKey("users.id")),
        sa.Column("at", UtcDateTime(timezone=True), nullable=False),
    )


def downgrade() -> None:
    raise NotImplementedError("go forward, or restore the backup made before the migration")
