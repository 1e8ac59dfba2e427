"""edits by hand: fields set here, lists left out, members added, and who did it"""

import sqlalchemy as sa
from alembic import op

from roster_dash.extensions import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("people") as table:
        table.alter_column("source_id", existing_type=sa.String(64), type_=sa.Text())
        table.add_column(sa.Column("set_here", sa.JSON(), server_default="[]", nullable=False))
    with op.batch_alter_table("user_lists") as table:
        table.alter_column("source_id", existing_type=sa.String(64), type_=sa.Text())
        table.add_column(
            sa.Column("included_in_sync", sa.Boolean(), server_default=sa.true(), nullable=False)
        )
    with op.batch_alter_table("memberships") as table:
        table.add_column(
            sa.Column("by_hand", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
    with op.batch_alter_table("operations") as table:
        table.alter_column("run_id", existing_type=sa.Integer(), nullable=True)
        table.add_column(sa.Column("user_id", sa.Integer(), nullable=True))
        table.add_column(sa.Column("at", UtcDateTime(timezone=True), nullable=True))
        table.create_foreign_key(
            op.f("fk_operations_user_id_users"), "users", ["user_id"], ["id"]
        )


def downgrade() -> None:
    raise NotImplementedError("go forward, or restore the backup made before the migration")
