"""set-up requests, and mails about them"""

import sqlalchemy as sa
from alembic import op

from roster_dash.extensions import UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "setup_requests",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("district_name", sa.String(300), nullable=False),
        sa.Column("school_name", sa.String(300), nullable=False),
        sa.Column("contact_name", sa.String(300), nullable=False),
        sa.Column("contact_email", sa.String(320), nullable=False),
        sa.Column("sis", sa.String(100), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("requested_by_id", sa.Integer(), nullable=False),
        sa.Column("school_id", sa.Integer(), nullable=True),
        sa.Column("created_at", UtcDateTime(timezone=True), nullable=False),
        sa.Column("changed_at", UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["requested_by_id"], ["users.id"], name=op.f("fk_setup_requests_requested_by_id_users")
        ),
        sa.ForeignKeyConstraint(
            ["school_id"], ["schools.id"], name=op.f("fk_setup_requests_school_id_schools")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_setup_requests")),
    )
    for column in ("state", "requested_by_id", "school_id"):
        op.create_index(op.f(f"ix_setup_requests_{column}"), "setup_requests", [column])
    with op.batch_alter_table("mails") as table:
        table.alter_column("run_id", existing_type=sa.Integer(), nullable=True)
        table.add_column(sa.Column("request_id", sa.Integer(), nullable=True))
        table.create_foreign_key(
            op.f("fk_mails_request_id_setup_requests"), "setup_requests", ["request_id"], ["id"]
        )
        table.create_unique_constraint(
            op.f("uq_mails_request_id_kind_recipient"), ["request_id", "kind", "recipient"]
        )


def downgrade() -> None:
    raise NotImplementedError("go forward, or restore the backup made before the migration")
