"""districts whose source is a OneRoster provider, or files"""

import sqlalchemy as sa
from alembic import op

from roster_dash.extensions import UtcDateTime

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("districts") as table:
        table.add_column(
            sa.Column("source", sa.String(20), nullable=False, server_default="clever")
        )
        table.add_column(sa.Column("connection", sa.JSON, nullable=False, server_default="{}"))
    op.create_table(
        "accepted_rosters",
        sa.Column("district_id", sa.Integer, sa.ForeignKey("districts.id"), primary_key=True),
        sa.Column("accepted_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("payload", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "waiting_rosters",
        sa.Column("district_id", sa.Integer, sa.ForeignKey("districts.id"), primary_key=True),
        sa.Column("arrived_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("payload", sa.LargeBinary, nullable=False),
        sa.Column("digest", sa.String(32), nullable=False),
        sa.Column("over", UtcDateTime(timezone=True)),
        sa.Column("notes", sa.JSON, nullable=False),
        sa.Column("user_id", sa.Integer, sa.ForeignKey("users.id")),
    )


def downgrade() -> None:
    raise NotImplementedError("go forward, or restore the backup made before the migration")
