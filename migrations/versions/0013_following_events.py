"""how far a district's events were followed"""

import sqlalchemy as sa
from alembic import op

from roster_dash.extensions import UtcDateTime

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("districts") as table:
        table.add_column(sa.Column("events_cursor", sa.String(64)))
        table.add_column(sa.Column("events_read_at", UtcDateTime(timezone=True)))
        table.add_column(sa.Column("events_due_at", UtcDateTime(timezone=True)))
        table.add_column(sa.Column("events_moved_at", UtcDateTime(timezone=True)))
    with op.batch_alter_table("runs") as table:
        table.add_column(sa.Column("told_at", UtcDateTime(timezone=True)))
    with op.batch_alter_table("schools") as table:
        table.add_column(sa.Column("rerun_told_at", UtcDateTime(timezone=True)))


def downgrade() -> None:
    raise NotImplementedError("go forward, or restore the backup made before the migration")
