"""All tables. Columns and relations only; what they are for is said where they are used."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    false,
    text,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from roster_dash import clock
from roster_dash.extensions import Base, UtcDateTime
from roster_dash.roster.origin import ORIGINS, Origin

BigId = BigInteger().with_variant(Integer, "sqlite")
"""SQLite numbers rows only of the type INTEGER."""

ACTIVE_RUN = text("status IN ('queued', 'running')")
WAITING = text("state = 'waiting'")
BY_SOMEBODY = text("at IS NOT NULL")
"""Of the log: SQLite, which keeps no statistics, would else find what nobody did by this index,
which is all that runs ever did. So would it by one that begins with the entity."""


class User(Base):
    """Somebody who logs in here. `role`: owner, district_manager or specialist.

    `totp_key` is encrypted; `totp_step` is the last time step whose code was taken. `language`:
    None is "as the browser says".
    """

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(320), unique=True)
    name: Mapped[str] = mapped_column(String(200), default="")
    password_hash: Mapped[str] = mapped_column(String(200))
    role: Mapped[str] = mapped_column(String(20))
    district_id: Mapped[int | None] = mapped_column(ForeignKey("districts.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    clever_id: Mapped[str | None] = mapped_column(String(64), unique=True)
    disabled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    totp_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    totp_step: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    language: Mapped[str | None] = mapped_column(String(8))

    schools: Mapped[list["School"]] = relationship(secondary="user_schools", order_by="School.name")
    district: Mapped["District | None"] = relationship()


class UserSchool(Base):
    """Which schools an Owner owns."""

    __tablename__ = "user_schools"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    school_id: Mapped[int] = mapped_column(ForeignKey("schools.id"), primary_key=True, index=True)


class LoginSession(Base):
    """One log-in on one device. The browser's cookie carries a key of which this is the digest."""

    __tablename__ = "login_sessions"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    how: Mapped[str] = mapped_column(String(10))
    address: Mapped[str] = mapped_column(String(64), default="")
    agent: Mapped[str] = mapped_column(String(300), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    user: Mapped[User] = relationship()


class LoginAttempt(Base):
    """A failed log-in. `account` is the digest of the address that was typed."""

    __tablename__ = "login_attempts"
    __table_args__ = (Index("ix_login_attempts_account_at", "account", "at"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    account: Mapped[str] = mapped_column(String(64))
    address: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class AccountLink(Base):
    """What a mailed link may do, once. `kind`: invitation, reset or address (a new e-mail).

    The link itself is signed and carries the id; nothing here opens it. An invitation says in
    `grant` what the account gets: {"role", "district", "schools"}.
    """

    __tablename__ = "account_links"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(12))
    email: Mapped[str] = mapped_column(String(320), index=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    grant: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    user: Mapped[User | None] = relationship(foreign_keys=user_id)
    made_by: Mapped[User | None] = relationship(foreign_keys=made_by_id)


class AuditEntry(Base):
    """Who did what, when, from where. Append only: the database refuses to change a row.

    `who` is an e-mail address, "command line" or "system"; `about` names the thing, without
    personal data of people in the roster.
    """

    __tablename__ = "audit_entries"
    __table_args__ = (
        Index("ix_audit_entries_district_id_id", "district_id", "id"),
        Index("ix_audit_entries_school_id_id", "school_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    who: Mapped[str] = mapped_column(String(320))
    address: Mapped[str] = mapped_column(String(64), default="")
    action: Mapped[str] = mapped_column(String(40), index=True)
    district_id: Mapped[int | None] = mapped_column(ForeignKey("districts.id"))
    school_id: Mapped[int | None] = mapped_column(ForeignKey("schools.id"))
    about: Mapped[str] = mapped_column(Text, default="")
    before: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    after: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)

    school: Mapped["School | None"] = relationship()
    district: Mapped["District | None"] = relationship()


class ApiToken(Base):
    """A key to a school's read API. Only its digest is kept; `hint` is how it begins."""

    __tablename__ = "api_tokens"

    id: Mapped[int] = mapped_column(primary_key=True)
    school_id: Mapped[int] = mapped_column(ForeignKey("schools.id"), index=True)
    name: Mapped[str] = mapped_column(String(100))
    hint: Mapped[str] = mapped_column(String(16))
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    scopes: Mapped[list[str]] = mapped_column(JSON)
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    school: Mapped["School"] = relationship()
    made_by: Mapped[User | None] = relationship()


class Webhook(Base):
    """An address that is told when a run of a school ends or holds. `secret` is encrypted."""

    __tablename__ = "webhooks"

    id: Mapped[int] = mapped_column(primary_key=True)
    school_id: Mapped[int] = mapped_column(ForeignKey("schools.id"), index=True)
    url: Mapped[str] = mapped_column(String(1000))
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    events: Mapped[list[str]] = mapped_column(JSON)
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    removed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    school: Mapped["School"] = relationship()


class WebhookDelivery(Base):
    """One telling of one event, at least once. `status`: due, sending, sent or failed."""

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        UniqueConstraint("webhook_id", "run_id", "event"),
        Index("ix_webhook_deliveries_status_due_at", "status", "due_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    webhook_id: Mapped[int] = mapped_column(ForeignKey("webhooks.id"))
    run_id: Mapped[int] = mapped_column(ForeignKey("runs.id"))
    event: Mapped[str] = mapped_column(String(20))
    status: Mapped[str] = mapped_column(String(10))
    attempts: Mapped[int] = mapped_column(default=0)
    answer: Mapped[str] = mapped_column(String(300), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    webhook: Mapped[Webhook] = relationship()
    run: Mapped["Run"] = relationship()


class PolicyVersion(Base):
    """One Save of a district's policy: all values, and the keys that schools may not change."""

    __tablename__ = "policy_versions"
    __table_args__ = (UniqueConstraint("district_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    district_id: Mapped[int] = mapped_column(ForeignKey("districts.id"))
    number: Mapped[int]
    values: Mapped[dict[str, str]] = mapped_column(JSON)
    locked: Mapped[list[str]] = mapped_column(JSON)
    changes: Mapped[dict[str, Any]] = mapped_column(JSON)
    saved_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    saved_at: Mapped[datetime] = mapped_column(UtcDateTime)

    saved_by: Mapped[User | None] = relationship()


class District(Base):
    """A connected district. `source` is clever, oneroster or files; `token`, encrypted, opens it.

    `clever_id`: its id at the source; of a provider that has none, the prefix of its ids here.
    `connection`: the way to a provider, without the secret, see connecting.py.

    `retention`: how many days what is kept, and up to when the log has been deleted.
    `outage_*`: since when its source is down, how many tries have failed since, who was told;
    `retry_at`: when scheduled runs may try again. `no_pull_until`: until then its schools are asked
    for one by one, since that was found to be better. `events_*`: the last event that was read,
    when, when to look again, and since when it is the last one.
    """

    __tablename__ = "districts"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(300))
    clever_id: Mapped[str] = mapped_column(String(64), unique=True)
    token: Mapped[bytes | None] = mapped_column(LargeBinary)
    disconnected_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    retention: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict, server_default="{}")
    outage_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    outage_attempts: Mapped[int] = mapped_column(default=0, server_default="0")
    retry_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    outage_told_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    no_pull_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    events_cursor: Mapped[str | None] = mapped_column(String(64))
    events_read_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    events_due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    events_moved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    source: Mapped[str] = mapped_column(String(20), default="clever", server_default="clever")
    connection: Mapped[dict[str, str]] = mapped_column(JSON, default=dict, server_default="{}")

    schools: Mapped[list["School"]] = relationship(
        back_populates="district", order_by="School.name"
    )

    @property
    def origin(self) -> Origin:
        """How people call where its roster comes from."""
        return ORIGINS[self.source]


class StoredDistrictPart(Base):
    """The district-wide part of a night's fetch (contacts, district admins), shared by schools."""

    __tablename__ = "district_parts"

    district_id: Mapped[int] = mapped_column(ForeignKey("districts.id"), primary_key=True)
    fetched_at: Mapped[datetime] = mapped_column(UtcDateTime)
    payload: Mapped[bytes] = mapped_column(LargeBinary)


class AcceptedRoster(Base):
    """What a district has sent as files and somebody has accepted. `payload` is the part that all
    its schools share, compressed; the others are under `digest`."""

    __tablename__ = "accepted_rosters"

    district_id: Mapped[int] = mapped_column(ForeignKey("districts.id"), primary_key=True)
    accepted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    payload: Mapped[bytes] = mapped_column(LargeBinary)
    digest: Mapped[str] = mapped_column(String(32), server_default="")


class WaitingRoster(Base):
    """What somebody has uploaded and nobody has accepted yet. `over`: what was in force then."""

    __tablename__ = "waiting_rosters"

    district_id: Mapped[int] = mapped_column(ForeignKey("districts.id"), primary_key=True)
    arrived_at: Mapped[datetime] = mapped_column(UtcDateTime)
    payload: Mapped[bytes] = mapped_column(LargeBinary)
    digest: Mapped[str] = mapped_column(String(32))
    over: Mapped[datetime | None] = mapped_column(UtcDateTime)
    notes: Mapped[list[str]] = mapped_column(JSON)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))


class RosterPart(Base):
    """A part of a roster that waits or is in force, compressed. `school` is a school's sourcedId;
    null: records of no school."""

    __tablename__ = "roster_parts"
    __table_args__ = (Index("ix_roster_parts_roster_school", "roster", "school"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    roster: Mapped[str] = mapped_column(String(32))
    school: Mapped[str | None] = mapped_column(String(255))
    kept_at: Mapped[datetime] = mapped_column(UtcDateTime)
    payload: Mapped[bytes] = mapped_column(LargeBinary)


class DroppedFile(Base):
    """A file that lies in a district's watched folder, as it was when it was looked at.

    `changed_at` in nanoseconds. `outcome` is blank until it is known what becomes of it, `reason`
    why it was refused.
    """

    __tablename__ = "dropped_files"
    __table_args__ = (UniqueConstraint("district_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    district_id: Mapped[int] = mapped_column(ForeignKey("districts.id"))
    name: Mapped[str] = mapped_column(String(255))
    size: Mapped[int] = mapped_column(BigInteger)
    changed_at: Mapped[int] = mapped_column(BigInteger)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    outcome: Mapped[str] = mapped_column(String(20), default="")
    reason: Mapped[str] = mapped_column(Text, default="")

    district: Mapped["District"] = relationship()


class PlannedSwitch(Base):
    """Another source for a district, tried and not yet switched to.

    `source`, `clever_id`, `token` and `connection` are as the district's will be, `digest` and
    `payload` as a WaitingRoster's, of what was sent as files. `schools`: what it shares, as [id,
    name] each. `matches`: school here -> there.
    """

    __tablename__ = "planned_switches"

    id: Mapped[int] = mapped_column(primary_key=True)
    district_id: Mapped[int] = mapped_column(ForeignKey("districts.id"), unique=True)
    source: Mapped[str] = mapped_column(String(20))
    clever_id: Mapped[str] = mapped_column(String(64))
    token: Mapped[bytes | None] = mapped_column(LargeBinary)
    connection: Mapped[dict[str, str]] = mapped_column(JSON)
    digest: Mapped[str] = mapped_column(String(32), default="", server_default="")
    payload: Mapped[bytes | None] = mapped_column(LargeBinary)
    schools: Mapped[list[list[str]]] = mapped_column(JSON)
    matches: Mapped[dict[str, str]] = mapped_column(JSON)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class PulledAnswer(Base):
    """A school's part of a pull of its district, until the school's run takes it.

    `payload` is null where the answer is the one with which the school had nothing to do.
    """

    __tablename__ = "pulled_answers"

    school_id: Mapped[int] = mapped_column(ForeignKey("schools.id"), primary_key=True)
    pulled_at: Mapped[datetime] = mapped_column(UtcDateTime)
    digest: Mapped[str] = mapped_column(String(32))
    about: Mapped[dict[str, str]] = mapped_column(JSON)
    payload: Mapped[bytes | None] = mapped_column(LargeBinary)


class School(Base):
    """A linked school. `rerun_*`: a sync asked for while another was at work; it starts next.

    `glance` is what the district's page shows of it, kept by store/glance.py with each change.
    `policy_number`: the version of its district's policy that it follows; 0 for none.
    `stale_told_at`: when people were told that it has had no good sync for long.
    `content_version` grows with every write to its people, lists, and what was decided of them.
    """

    __tablename__ = "schools"

    id: Mapped[int] = mapped_column(primary_key=True)
    district_id: Mapped[int] = mapped_column(ForeignKey("districts.id"), index=True)
    clever_id: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(300))
    timezone: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    next_due_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    next_due_day: Mapped[date | None]
    next_digest_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    next_notice_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    unlinked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    rerun_trigger: Mapped[str | None] = mapped_column(String(20))
    rerun_user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    rerun_day: Mapped[date | None]
    rerun_told_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    missed_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """The first daily moment since which no sync was good."""
    glance: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict, server_default="{}")
    policy_number: Mapped[int] = mapped_column(default=0, server_default="0")
    stale_told_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    content_version: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")

    district: Mapped[District] = relationship(back_populates="schools")

    @property
    def origin(self) -> Origin:
        return self.district.origin


class SettingsVersion(Base):
    """One Save: all values, what changed, who and when. The highest number holds."""

    __tablename__ = "settings_versions"
    __table_args__ = (UniqueConstraint("school_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    school_id: Mapped[int] = mapped_column(ForeignKey("schools.id"))
    number: Mapped[int]
    values: Mapped[dict[str, str]] = mapped_column(JSON)
    changes: Mapped[dict[str, Any]] = mapped_column(JSON)
    saved_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    saved_at: Mapped[datetime] = mapped_column(UtcDateTime)

    saved_by: Mapped[User | None] = relationship()


class StoredSnapshot(Base):
    """One complete answer of the source: normalised, compressed, with its digest."""

    __tablename__ = "snapshots"

    id: Mapped[int] = mapped_column(primary_key=True)
    school_id: Mapped[int] = mapped_column(ForeignKey("schools.id"), index=True)
    fetched_at: Mapped[datetime] = mapped_column(UtcDateTime)
    digest: Mapped[str] = mapped_column(String(64))
    counts: Mapped[dict[str, int]] = mapped_column(JSON)
    about: Mapped[dict[str, str]] = mapped_column(JSON, default=dict, server_default="{}")
    payload: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)


class SettledSchool(Base):
    """A run that found nothing to do: another one that meets the same has nothing to do either.

    `answer` is the digest of what the source said, `key` of all that the run went by; `until` the
    first day of the school's calendar on which it no longer holds.
    """

    __tablename__ = "settled_schools"

    school_id: Mapped[int] = mapped_column(ForeignKey("schools.id"), primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("runs.id"))
    answer: Mapped[str] = mapped_column(String(32))
    key: Mapped[str] = mapped_column(String(32))
    until: Mapped[date]


class Run(Base):
    """One sync of one school: the truth about it; the queue only carries its id.

    `token` is the fence: only who holds it may finish the run. `process` is the host and pid
    that work on it. `scheduled_for` is the day a daily run belongs to, so that no day has two.
    `holds` are the guards' sentences. `reverts_id` is the run that this one takes back;
    `keeps_off` until a sync has held what would do it again. `size`: how many people, lists and
    memberships it changed. `attempts`: how often a worker has taken it.
    """

    __tablename__ = "runs"
    __table_args__ = (
        Index(
            "uq_runs_one_active_per_school",
            "school_id",
            unique=True,
            sqlite_where=ACTIVE_RUN,
            postgresql_where=ACTIVE_RUN,
        ),
        UniqueConstraint("school_id", "scheduled_for"),
        Index("ix_runs_school_id_id", "school_id", "id"),
        Index("ix_runs_status", "status"),
        Index("ix_runs_finished_at", "finished_at"),
        Index("ix_runs_school_id_finished_at", "school_id", "finished_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    school_id: Mapped[int] = mapped_column(ForeignKey("schools.id"))
    status: Mapped[str] = mapped_column(String(20))
    trigger: Mapped[str] = mapped_column(String(20))
    told_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When events told last of its school: it takes no answer that is older."""
    phase: Mapped[str] = mapped_column(String(20), default="")
    message: Mapped[str] = mapped_column(Text, default="")
    error: Mapped[str] = mapped_column(String(40), default="")
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    settings_version_id: Mapped[int | None] = mapped_column(ForeignKey("settings_versions.id"))
    snapshot_id: Mapped[int | None] = mapped_column(ForeignKey("snapshots.id"))
    scheduled_for: Mapped[date | None]
    counts: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    warnings: Mapped[list[str]] = mapped_column(JSON, default=list)
    holds: Mapped[list[str]] = mapped_column(JSON, default=list, server_default="[]")
    problems: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    token: Mapped[str] = mapped_column(String(32), default="")
    process: Mapped[str] = mapped_column(String(300), default="")
    cancel_requested: Mapped[bool] = mapped_column(default=False)
    reverts_id: Mapped[int | None] = mapped_column(ForeignKey("runs.id"), index=True)
    keeps_off: Mapped[bool] = mapped_column(default=False, server_default=false())
    size: Mapped[int] = mapped_column(default=0, server_default="0")
    attempts: Mapped[int] = mapped_column(default=0, server_default="0")

    school: Mapped[School] = relationship()
    user: Mapped[User | None] = relationship()
    mails: Mapped[list["MailRow"]] = relationship(back_populates="run", order_by="MailRow.id")


class SchoolDay(Base):
    """What a day of a school came to, kept by store/days.py: so many runs ended on it.

    `state` is the worst of theirs, `run_id` the newest one in that state, `size` what all changed
    together. `people`: role -> how many were active after the last look of that day.
    """

    __tablename__ = "school_days"

    school_id: Mapped[int] = mapped_column(ForeignKey("schools.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(String(20), default="")
    runs: Mapped[int] = mapped_column(default=0)
    size: Mapped[int] = mapped_column(default=0)
    run_id: Mapped[int | None] = mapped_column(ForeignKey("runs.id"))
    people: Mapped[dict[str, int] | None] = mapped_column(JSON(none_as_null=True))


class HoldRow(Base):
    """An operation that waits, or waited, for a person: one row from its first run to its last.

    `fingerprint` is what a decision binds to. `state`: waiting, approved, rejected or cleared (the
    roster asks for it no more). A rejection holds until `lapsed_at`.
    """

    __tablename__ = "holds"
    __table_args__ = (
        Index("ix_holds_school_id_state", "school_id", "state"),
        Index(
            "uq_holds_one_waiting",
            "school_id",
            "fingerprint",
            unique=True,
            sqlite_where=WAITING,
            postgresql_where=WAITING,
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    school_id: Mapped[int] = mapped_column(ForeignKey("schools.id"))
    first_run_id: Mapped[int] = mapped_column(ForeignKey("runs.id"))
    last_run_id: Mapped[int] = mapped_column(ForeignKey("runs.id"))
    fingerprint: Mapped[str] = mapped_column(String(24))
    guard: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(10), default="waiting")
    entity: Mapped[str] = mapped_column(String(10))
    entity_id: Mapped[int | None] = mapped_column(BigId)
    source_id: Mapped[str] = mapped_column(Text)
    action: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str] = mapped_column(String(30))
    label: Mapped[str] = mapped_column(Text)
    before: Mapped[dict[str, Any]] = mapped_column(JSON)
    after: Mapped[dict[str, Any]] = mapped_column(JSON)
    candidates: Mapped[list[int]] = mapped_column(JSON, default=list)
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_run_id: Mapped[int | None] = mapped_column(ForeignKey("runs.id"))
    note: Mapped[str] = mapped_column(Text, default="")
    lapsed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    decided_by: Mapped[User | None] = relationship()


class OperationRow(Base):
    """The operation log: every applied change. Append only.

    What a run did has its `run_id`; what somebody did by hand has `user_id` and `at`; what
    somebody approved has all three (from the command line no user).
    """

    __tablename__ = "operations"
    __table_args__ = (
        Index("ix_operations_entity_id", "entity_id", "entity"),
        Index("ix_operations_at", "at", sqlite_where=BY_SOMEBODY, postgresql_where=BY_SOMEBODY),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    run_id: Mapped[int | None] = mapped_column(ForeignKey("runs.id"), index=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    entity: Mapped[str] = mapped_column(String(10))
    entity_id: Mapped[int] = mapped_column(BigId)
    action: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str] = mapped_column(String(30))
    label: Mapped[str] = mapped_column(Text)
    before: Mapped[dict[str, Any]] = mapped_column(JSON)
    after: Mapped[dict[str, Any]] = mapped_column(JSON)

    run: Mapped["Run | None"] = relationship()
    user: Mapped[User | None] = relationship()


class PersonRow(Base):
    """The People Manager. `source_id` is null until a sync has matched the person.

    `set_here` names the fields that somebody set here; a sync leaves those alone. `leaving_*` is
    the countdown of somebody missing from the roster; it is no part of the log.
    """

    __tablename__ = "people"
    __table_args__ = (
        UniqueConstraint("school_id", "source_id"),
        Index("ix_people_school_id_status", "school_id", "status"),
        Index("ix_people_source_id", "source_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    school_id: Mapped[int] = mapped_column(ForeignKey("schools.id"))
    source_id: Mapped[str | None] = mapped_column(Text)
    status: Mapped[str] = mapped_column(String(10), default="active")
    included_in_sync: Mapped[bool] = mapped_column(default=True)
    set_here: Mapped[list[str]] = mapped_column(JSON, default=list, server_default="[]")
    leaving_since: Mapped[date | None]
    leaving_runs: Mapped[int] = mapped_column(default=0, server_default="0")
    stays_until: Mapped[date | None]
    moved_to: Mapped[str] = mapped_column(Text, default="", server_default="")
    roles: Mapped[list[str]] = mapped_column(JSON, default=list)
    sis_id: Mapped[str] = mapped_column(Text, default="")
    first_name: Mapped[str] = mapped_column(Text, default="")
    middle_name: Mapped[str] = mapped_column(Text, default="")
    last_name: Mapped[str] = mapped_column(Text, default="")
    preferred_name: Mapped[str] = mapped_column(Text, default="")
    email: Mapped[str] = mapped_column(Text, default="")
    grade: Mapped[str] = mapped_column(Text, default="")
    student_number: Mapped[str] = mapped_column(Text, default="")
    contact_source_id: Mapped[str] = mapped_column(Text, default="")
    contact_name: Mapped[str] = mapped_column(Text, default="")
    contact_email: Mapped[str] = mapped_column(Text, default="")
    contact_phone: Mapped[str] = mapped_column(Text, default="")
    contact_relationship: Mapped[str] = mapped_column(Text, default="")


class ListRow(Base):
    """User lists. `source_id` is null for one made by hand.

    One that is not `included_in_sync` stays as it is whatever its class does.
    """

    __tablename__ = "user_lists"
    __table_args__ = (
        UniqueConstraint("school_id", "source_id"),
        Index("ix_user_lists_school_id_status", "school_id", "status"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    school_id: Mapped[int] = mapped_column(ForeignKey("schools.id"))
    source_id: Mapped[str | None] = mapped_column(Text)
    status: Mapped[str] = mapped_column(String(10), default="active")
    visibility: Mapped[str] = mapped_column(String(10), default="private")
    included_in_sync: Mapped[bool] = mapped_column(default=True, server_default=true())
    title: Mapped[str] = mapped_column(Text, default="")
    synced_title: Mapped[str] = mapped_column(Text, default="")
    course: Mapped[str] = mapped_column(Text, default="")
    term: Mapped[str] = mapped_column(Text, default="")
    term_id: Mapped[str] = mapped_column(Text, default="")
    grade: Mapped[str] = mapped_column(Text, default="")
    period: Mapped[str] = mapped_column(Text, default="")


class Membership(Base):
    """Who is on a list. `side`: managers or members. A sync leaves those `by_hand` alone."""

    __tablename__ = "memberships"
    __table_args__ = (Index("ix_memberships_person_id", "person_id"),)

    list_id: Mapped[int] = mapped_column(BigId, ForeignKey("user_lists.id"), primary_key=True)
    side: Mapped[str] = mapped_column(String(10), primary_key=True)
    person_id: Mapped[int] = mapped_column(BigId, ForeignKey("people.id"), primary_key=True)
    by_hand: Mapped[bool] = mapped_column(default=False, server_default=false())


class SetupRequest(Base):
    """Somebody asks for a school to be linked. `state`: new, waiting, linked or done."""

    __tablename__ = "setup_requests"

    id: Mapped[int] = mapped_column(primary_key=True)
    district_name: Mapped[str] = mapped_column(String(300))
    school_name: Mapped[str] = mapped_column(String(300))
    contact_name: Mapped[str] = mapped_column(String(300))
    contact_email: Mapped[str] = mapped_column(String(320))
    sis: Mapped[str] = mapped_column(String(100), default="")
    state: Mapped[str] = mapped_column(String(10), index=True)
    requested_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    school_id: Mapped[int | None] = mapped_column(ForeignKey("schools.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)

    requested_by: Mapped[User] = relationship()
    school: Mapped[School | None] = relationship()


class MailRow(Base):
    """The outbox: one message to one address, at most once. `status`: due, sent or failed.

    It is about a run, a set-up request, a day of a school, a moment of a district (`about_at`), or
    an account's link.
    """

    __tablename__ = "mails"
    __table_args__ = (
        UniqueConstraint("run_id", "kind", "recipient"),
        UniqueConstraint("request_id", "kind", "recipient"),
        UniqueConstraint("school_id", "kind", "day", "recipient"),
        UniqueConstraint("district_id", "kind", "about_at", "recipient"),
        UniqueConstraint("link_id", "kind", "recipient"),
        Index("ix_mails_status_due_at", "status", "due_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int | None] = mapped_column(ForeignKey("runs.id"))
    request_id: Mapped[int | None] = mapped_column(ForeignKey("setup_requests.id"))
    school_id: Mapped[int | None] = mapped_column(ForeignKey("schools.id"))
    district_id: Mapped[int | None] = mapped_column(ForeignKey("districts.id"))
    day: Mapped[date | None]
    about_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    link_id: Mapped[int | None] = mapped_column(ForeignKey("account_links.id"))
    kind: Mapped[str] = mapped_column(String(20))
    recipient: Mapped[str] = mapped_column(String(320))
    status: Mapped[str] = mapped_column(String(10))
    attempts: Mapped[int] = mapped_column(default=0)
    error: Mapped[str] = mapped_column(Text, default="")
    made_at: Mapped[datetime | None] = mapped_column(UtcDateTime, default=clock.now)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    run: Mapped[Run | None] = relationship(back_populates="mails")
    request: Mapped[SetupRequest | None] = relationship()
    school: Mapped[School | None] = relationship()
    district: Mapped[District | None] = relationship()
    link: Mapped[AccountLink | None] = relationship()


class Beat(Base):
    """When each kind of process last said it is alive."""

    __tablename__ = "beats"

    name: Mapped[str] = mapped_column(String(100), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
