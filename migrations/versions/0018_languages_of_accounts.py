"""the language that an account has chosen"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("users") as table:
        table.add_column(sa.Column("language", sa.String(8)))


def downgrade() -> None:
    raise NotImplementedError("go forward, or restore the backup made before the migration")
