"""since when a district's source is down, and who was told; schools told to be stale"""

import sqlalchemy as sa
from alembic import op

from roster_dash.extensions import UtcDateTime

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_MOMENT = UtcDateTime(timezone=True)


def upgrade() -> None:
    with op.batch_alter_table("districts") as table:
        table.add_column(sa.Column("outage_since", _MOMENT))
        table.add_column(
            sa.Column("outage_attempts", sa.Integer, nullable=False, server_default="0")
        )
        table.add_column(sa.Column("retry_at", _MOMENT))
        table.add_column(sa.Column("outage_told_at", _MOMENT))
    with op.batch_alter_table("schools") as table:
        table.add_column(sa.Column("stale_told_at", _MOMENT))
        table.add_column(sa.Column("rerun_day", sa.Date))
        table.add_column(sa.Column("missed_since", _MOMENT))
    op.create_index("ix_runs_finished_at", "runs", ["finished_at"], if_not_exists=True)
    with op.batch_alter_table("mails") as table:
        table.add_column(sa.Column("district_id", sa.Integer))
        table.add_column(sa.Column("about_at", _MOMENT))
        table.add_column(sa.Column("made_at", _MOMENT))
        table.create_foreign_key("fk_mails_district_id_districts", "districts", ["district_id"], ["id"])
        table.create_unique_constraint(
            "uq_mails_district_id_kind_about_at_recipient",
            ["district_id", "kind", "about_at", "recipient"],
        )


def downgrade() -> None:
    raise NotImplementedError("go forward, or restore the backup made before the migration")
