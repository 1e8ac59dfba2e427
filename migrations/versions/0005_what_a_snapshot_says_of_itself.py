"""a snapshot says when Clever got its data"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("snapshots") as table:
        table.add_column(sa.Column("about", sa.JSON(), server_default="{}", nullable=False))


def downgrade() -> None:
    raise NotImplementedError("go forward, or restore the backup made before the migration")
