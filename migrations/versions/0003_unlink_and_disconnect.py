"""schools can be unlinked, districts disconnected; their people stay"""

import sqlalchemy as sa
from alembic import op

from roster_dash.extensions import UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("schools") as table:
        table.add_column(sa.Column("unlinked_at", UtcDateTime(timezone=True), nullable=True))
    with op.batch_alter_table("districts") as table:
        table.add_column(sa.Column("disconnected_at", UtcDateTime(timezone=True), nullable=True))


def downgrade() -> None:
    raise NotImplementedError("go forward, or restore the backup made before the migration")
