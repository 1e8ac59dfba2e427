"""rosters of districts that send files in parts; files that lie in watched folders"""

import sqlalchemy as sa
from alembic import op

from roster_dash.extensions import UtcDateTime

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """What was accepted or waits so far has all of it in its row, as the part that schools share."""
    with op.batch_alter_table("accepted_rosters") as table:
        table.add_column(sa.Column("digest", sa.String(32), nullable=False, server_default=""))
    op.create_table(
        "roster_parts",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("roster", sa.String(32), nullable=False),
        sa.Column("school", sa.String(255)),
        sa.Column("kept_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("payload", sa.LargeBinary, nullable=False),
    )
    op.create_index("ix_roster_parts_roster_school", "roster_parts", ["roster", "school"])
    op.create_table(
        "dropped_files",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("district_id", sa.Integer, sa.ForeignKey("districts.id"), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("changed_at", sa.BigInteger, nullable=False),
        sa.Column("seen_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.String(20), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.UniqueConstraint("district_id", "name"),
    )


def downgrade() -> None:
    raise NotImplementedError("go forward, or restore the backup made before the migration")
