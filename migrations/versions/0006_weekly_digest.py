"""when a school's weekly digest is due"""

import sqlalchemy as sa
from alembic import op

from roster_dash.extensions import UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("schools") as table:
        table.add_column(sa.Column("next_digest_at", UtcDateTime(timezone=True), nullable=True))
        table.create_index(op.f("ix_schools_next_digest_at"), ["next_digest_at"])


def downgrade() -> None:
    raise NotImplementedError("go forward, or restore the backup made before the migration")
