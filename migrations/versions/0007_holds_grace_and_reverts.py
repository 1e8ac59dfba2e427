"""what waits for a person, who is leaving, which run takes back which, and calendar mails

Grace was fixed at 0 days until now; nobody chose that, so schools get the defaults.
"""

import json

import sqlalchemy as sa
from alembic import op

from roster_dash.extensions import UtcDateTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_MOMENT = UtcDateTime(timezone=True)
_WAITING = sa.text("state = 'waiting'")


def upgrade() -> None:
    with op.batch_alter_table("schools") as table:
        table.add_column(sa.Column("next_notice_at", _MOMENT, nullable=True))
        table.create_index(op.f("ix_schools_next_notice_at"), ["next_notice_at"])
    with op.batch_alter_table("mails") as table:
        table.add_column(sa.Column("school_id", sa.Integer, nullable=True))
        table.add_column(sa.Column("day", sa.Date, nullable=True))
        table.create_foreign_key("fk_mails_school_id_schools", "schools", ["school_id"], ["id"])
        table.create_unique_constraint(
            "uq_mails_school_id_kind_day_recipient", ["school_id", "kind", "day", "recipient"]
        )
    with op.batch_alter_table("runs") as table:
        table.add_column(
            sa.Column("holds", sa.JSON, nullable=False, server_default=sa.text("'[]'"))
        )
        table.add_column(sa.Column("reverts_id", sa.Integer, nullable=True))
        table.add_column(
            sa.Column("keeps_off", sa.Boolean, nullable=False, server_default=sa.false())
        )
        table.create_foreign_key("fk_runs_reverts_id_runs", "runs", ["reverts_id"], ["id"])
        table.create_index(op.f("ix_runs_reverts_id"), ["reverts_id"])
    with op.batch_alter_table("people") as table:
        table.add_column(sa.Column("leaving_since", sa.Date, nullable=True))
        table.add_column(
            sa.Column("leaving_runs", sa.Integer, nullable=False, server_default=sa.text("0"))
        )
        table.add_column(sa.Column("stays_until", sa.Date, nullable=True))
        table.add_column(
            sa.Column("moved_to", sa.Text, nullable=False, server_default=sa.text("''"))
        )
        table.create_index("ix_people_source_id", ["source_id"])
    op.create_index("ix_operations_at", "operations", ["at"])
    op.create_table(
        "holds",
        sa.Column("id", _BIG, primary_key=True),
        sa.Column("school_id", sa.Integer, sa.ForeignKey("schools.id"), nullable=False),
        sa.Column("first_run_id", sa.Integer, sa.ForeignKey("runs.id"), nullable=False),
        sa.Column("last_run_id", sa.Integer, sa.ForeignKey("runs.id"), nullable=False),
        sa.Column("fingerprint", sa.String(24), nullable=False),
        sa.Column("guard", sa.String(20), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("entity", sa.String(10), nullable=False),
        sa.Column("entity_id", _BIG, nullable=True),
        sa.Column("source_id", sa.Text, nullable=False),
        sa.Column("action", sa.String(10), nullable=False),
        sa.Column("reason", sa.String(30), nullable=False),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("before", sa.JSON, nullable=False),
        sa.Column("after", sa.JSON, nullable=False),
        sa.Column("candidates", sa.JSON, nullable=False),
        sa.Column("decided_by_id", sa.Integer, sa.ForeignKey("users.id"), nullable=True),
        sa.Column("decided_at", _MOMENT, nullable=True),
        sa.Column("decided_run_id", sa.Integer, sa.ForeignKey("runs.id"), nullable=True),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("lapsed_at", _MOMENT, nullable=True),
    )
    op.create_index("ix_holds_school_id_state", "holds", ["school_id", "state"])
    op.create_index(
        "uq_holds_one_waiting",
        "holds",
        ["school_id", "fingerprint"],
        unique=True,
        sqlite_where=_WAITING,
        postgresql_where=_WAITING,
    )
    _drop_fixed_grace()


def _drop_fixed_grace() -> None:
    versions = sa.table(
        "settings_versions", sa.column("id", sa.Integer), sa.column("values", sa.JSON)
    )
    connection = op.get_bind()
    for row in connection.execute(sa.select(versions.c.id, versions.c["values"])).all():
        values = row[1] if isinstance(row[1], dict) else json.loads(row[1])
        kept = {key: text for key, text in values.items() if not key.startswith("grace.")}
        connection.execute(
            sa.update(versions).where(versions.c.id == row[0]).values({"values": kept})
        )


def downgrade() -> None:
    raise NotImplementedError("go forward, or restore the backup made before the migration")
