"""what each day of a school came to, for the pictures of weeks

The days before are not filled here, where no clock of a school is known: the first look at a school
does that (store/glance.py), as after each run.
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "school_days",
        sa.Column("school_id", sa.Integer, sa.ForeignKey("schools.id"), primary_key=True),
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("runs", sa.Integer, nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("run_id", sa.Integer, sa.ForeignKey("runs.id")),
        sa.Column("people", sa.JSON),
    )
    op.create_index("ix_runs_school_id_finished_at", "runs", ["school_id", "finished_at"])


def downgrade() -> None:
    raise NotImplementedError("go forward, or restore the backup made before the migration")
