"""indexes of the log by which no statement reads all of it"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_operations_at", "operations")
    op.drop_index("ix_operations_entity", "operations")
    op.create_index("ix_operations_entity_id", "operations", ["entity_id", "entity"])
    by_somebody = sa.text("at IS NOT NULL")
    op.create_index(
        "ix_operations_at",
        "operations",
        ["at"],
        sqlite_where=by_somebody,
        postgresql_where=by_somebody,
    )


def downgrade() -> None:
    raise NotImplementedError("go forward, or restore the backup made before the migration")
