"""which version of its district's policy a school follows"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("schools") as table:
        table.add_column(sa.Column("policy_number", sa.Integer, nullable=False, server_default="0"))


def downgrade() -> None:
    raise NotImplementedError("go forward, or restore the backup made before the migration")
