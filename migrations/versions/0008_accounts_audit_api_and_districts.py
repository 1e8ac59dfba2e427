"""accounts, sessions, audit log, API tokens, webhooks, district policies, what a glance shows"""

import sqlalchemy as sa
from alembic import op

from roster_dash.extensions import UtcDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_MOMENT = UtcDateTime(timezone=True)
_EMPTY = sa.text("'{}'")


def upgrade() -> None:
    with op.batch_alter_table("users") as table:
        table.add_column(sa.Column("clever_id", sa.String(64), nullable=True))
        table.add_column(sa.Column("disabled_at", _MOMENT, nullable=True))
        table.add_column(sa.Column("totp_key", sa.LargeBinary, nullable=True))
        table.add_column(
            sa.Column("totp_step", sa.BigInteger, nullable=False, server_default=sa.text("0"))
        )
        table.create_unique_constraint("uq_users_clever_id", ["clever_id"])
    with op.batch_alter_table("districts") as table:
        table.add_column(sa.Column("retention", sa.JSON, nullable=False, server_default=_EMPTY))
    with op.batch_alter_table("schools") as table:
        table.add_column(sa.Column("glance", sa.JSON, nullable=False, server_default=_EMPTY))
    with op.batch_alter_table("runs") as table:
        table.add_column(
            sa.Column("size", sa.Integer, nullable=False, server_default=sa.text("0"))
        )
    op.create_table(
        "login_sessions",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("user_id", sa.Integer, sa.ForeignKey("users.id"), nullable=False, index=True),
        sa.Column("digest", sa.String(64), nullable=False, unique=True),
        sa.Column("how", sa.String(10), nullable=False),
        sa.Column("address", sa.String(64), nullable=False),
        sa.Column("agent", sa.String(300), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("seen_at", _MOMENT, nullable=False),
        sa.Column("ended_at", _MOMENT, nullable=True),
    )
    op.create_table(
        "login_attempts",
        sa.Column("id", _BIG, primary_key=True),
        sa.Column("account", sa.String(64), nullable=False),
        sa.Column("address", sa.String(64), nullable=False),
        sa.Column("at", _MOMENT, nullable=False, index=True),
    )
    op.create_index("ix_login_attempts_account_at", "login_attempts", ["account", "at"])
    op.create_table(
        "account_links",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("email", sa.String(320), nullable=False, index=True),
        sa.Column("user_id", sa.Integer, sa.ForeignKey("users.id"), nullable=True, index=True),
        sa.Column("made_by_id", sa.Integer, sa.ForeignKey("users.id"), nullable=True),
        sa.Column("grant", sa.JSON, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("expires_at", _MOMENT, nullable=False),
        sa.Column("used_at", _MOMENT, nullable=True),
    )
    op.create_table(
        "audit_entries",
        sa.Column("id", _BIG, primary_key=True),
        sa.Column("at", _MOMENT, nullable=False, index=True),
        sa.Column("user_id", sa.Integer, sa.ForeignKey("users.id"), nullable=True, index=True),
        sa.Column("who", sa.String(320), nullable=False),
        sa.Column("address", sa.String(64), nullable=False),
        sa.Column("action", sa.String(40), nullable=False, index=True),
        sa.Column("district_id", sa.Integer, sa.ForeignKey("districts.id"), nullable=True),
        sa.Column("school_id", sa.Integer, sa.ForeignKey("schools.id"), nullable=True),
        sa.Column("about", sa.Text, nullable=False),
        sa.Column("before", sa.JSON, nullable=False),
        sa.Column("after", sa.JSON, nullable=False),
    )
    op.create_index("ix_audit_entries_district_id_id", "audit_entries", ["district_id", "id"])
    op.create_index("ix_audit_entries_school_id_id", "audit_entries", ["school_id", "id"])
    _append_only("audit_entries")
    op.create_table(
        "api_tokens",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("school_id", sa.Integer, sa.ForeignKey("schools.id"), nullable=False, index=True),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("hint", sa.String(16), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False, unique=True),
        sa.Column("scopes", sa.JSON, nullable=False),
        sa.Column("made_by_id", sa.Integer, sa.ForeignKey("users.id"), nullable=True),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("expires_at", _MOMENT, nullable=False),
        sa.Column("used_at", _MOMENT, nullable=True),
        sa.Column("revoked_at", _MOMENT, nullable=True),
    )
    op.create_table(
        "webhooks",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("school_id", sa.Integer, sa.ForeignKey("schools.id"), nullable=False, index=True),
        sa.Column("url", sa.String(1000), nullable=False),
        sa.Column("secret", sa.LargeBinary, nullable=False),
        sa.Column("events", sa.JSON, nullable=False),
        sa.Column("made_by_id", sa.Integer, sa.ForeignKey("users.id"), nullable=True),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("removed_at", _MOMENT, nullable=True),
    )
    op.create_table(
        "webhook_deliveries",
        sa.Column("id", _BIG, primary_key=True),
        sa.Column("webhook_id", sa.Integer, sa.ForeignKey("webhooks.id"), nullable=False),
        sa.Column("run_id", sa.Integer, sa.ForeignKey("runs.id"), nullable=False),
        sa.Column("event", sa.String(20), nullable=False),
        sa.Column("status", sa.String(10), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("answer", sa.String(300), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("due_at", _MOMENT, nullable=False),
        sa.Column("sent_at", _MOMENT, nullable=True),
        sa.UniqueConstraint("webhook_id", "run_id", "event"),
    )
    op.create_index(
        "ix_webhook_deliveries_status_due_at", "webhook_deliveries", ["status", "due_at"]
    )
    op.create_table(
        "policy_versions",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("district_id", sa.Integer, sa.ForeignKey("districts.id"), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("values", sa.JSON, nullable=False),
        sa.Column("locked", sa.JSON, nullable=False),
        sa.Column("changes", sa.JSON, nullable=False),
        sa.Column("saved_by_id", sa.Integer, sa.ForeignKey("users.id"), nullable=True),
        sa.Column("saved_at", _MOMENT, nullable=False),
        sa.UniqueConstraint("district_id", "number"),
    )
    with op.batch_alter_table("mails") as table:
        table.add_column(sa.Column("link_id", sa.Integer, nullable=True))
        table.create_foreign_key("fk_mails_link_id_account_links", "account_links", ["link_id"], ["id"])
        table.create_unique_constraint(
            "uq_mails_link_id_kind_recipient", ["link_id", "kind", "recipient"]
        )


def _append_only(table: str) -> None:
    """No row is ever changed; retention may delete whole old ones."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'append only'; END $$"
        )
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
    else:
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE ON {table} "
            "BEGIN SELECT RAISE(ABORT, 'append only'); END"
        )


def downgrade() -> None:
    raise NotImplementedError("go forward, or restore the backup made before the migration")
