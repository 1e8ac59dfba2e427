"""A backup is one moment of the database; restoring brings that moment, or changes nothing."""

import os
import shutil
import threading
from pathlib import Path
from typing import Any

import psycopg
import pytest
from cryptography.fernet import Fernet
from flask import Flask
from flask.testing import FlaskCliRunner
from sqlalchemy import create_engine, delete, select, text

from roster_dash import hooks, jobs, sync
from roster_dash.app import create_app
from roster_dash.config import current_config, load_config
from roster_dash.extensions import db
from roster_dash.roster.errors import RosterDashError
from roster_dash.roster.records import Snapshot
from roster_dash.store import (
    beats,
    dump,
    dump_postgresql,
    dump_sqlite,
    links,
    mails,
    runs,
    sessions,
    webhooks,
)
from roster_dash.store.secrets import Vault
from roster_dash.store.tables import (
    AuditEntry,
    Beat,
    District,
    LoginSession,
    MailRow,
    School,
    User,
    Webhook,
    WebhookDelivery,
)
from roster_dash.store.transactions import commit
from tests.builders import Builder, Told, a_section, a_snapshot, a_student, some_settings
from tests.clever import Clever
from tests.cli.conftest import CommandLine
from tests.faults.conftest import link_everything
from tests.faults.outcome import Outcome, outcome_of
from tests.processes import Start, wait_until

_CHANGED_BY_RESTORING = {"audit_entries", "beats"}


def everything() -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table but those that restoring itself writes."""
    found = {
        table.name: sorted(map(tuple, db.session.execute(select(table))), key=repr)
        for table in db.metadata.sorted_tables
        if table.name not in _CHANGED_BY_RESTORING
    }
    commit()
    return found


def is_postgresql() -> bool:
    return db.engine.dialect.name == "postgresql"


def a_roster(number: int = 12) -> Snapshot:
    students = [a_student(f"s{each}") for each in range(number)]
    ids = tuple(student.source_id for student in students)
    return a_snapshot(students, [a_section("bio", students=ids)])


@pytest.fixture
def school(make: Builder) -> School:
    school = make.school()
    make.owner(school)
    make.settings(school, students="on", notify__emails="alice@school.example")
    make.synced(school, a_roster())
    nobody_is_at_work()
    return school


def nobody_is_at_work() -> None:
    """Runs that were made here had no process of their own that would say it is gone."""
    db.session.execute(delete(Beat))
    commit()


@pytest.fixture
def target(tmp_path: Path) -> str:
    return str(tmp_path / "backup")


def change_everything(make: Builder, school: School) -> None:
    make.synced(school, a_roster(3), students__archive="on")
    make.settings(school, students="off")
    make.owner(school, email="new@school.example")
    nobody_is_at_work()


def test_a_restored_database_is_the_one_that_was_backed_up_row_for_row(
    roster: CommandLine, make: Builder, school: School, target: str
) -> None:
    before = everything()
    made = roster.ask("backup", target)
    assert made["bytes"] == Path(target).stat().st_size
    assert Path(target).stat().st_mode & 0o777 == 0o600
    assert [path.name for path in Path(target).parent.glob(".backup-*")] == []
    change_everything(make, school)
    assert everything() != before
    done = roster.ask("restore", target, "--yes")
    assert done == {
        "restored": target,
        "revision": made["revision"],
        "runs_queued_again": 0,
        "unreadable": [],
    }
    assert everything() == before


def test_a_database_without_tables_is_restored_into_and_answers(
    roster: CommandLine,
    school: School,
    target: str,
    environment: dict[str, str],
    empty_database: str,
) -> None:
    """What is done after the machine was lost."""
    before = everything()
    roster.ask("backup", target)
    elsewhere = create_app(load_config(environment | {"DATABASE_URL": empty_database}))
    assert not answers(elsewhere)
    CommandLine(OutsideRunner(elsewhere)).ask("restore", target)
    with elsewhere.app_context():
        assert everything() == before
        db.session.remove()
    assert answers(elsewhere)


def answers(app: Flask) -> bool:
    """What /readyz says of the database."""
    with app.app_context():
        told: bool = app.test_client().get("/readyz").get_json()["database"]
        db.session.remove()
        db.engine.dispose()
    return told


def test_both_are_in_the_audit_log(roster: CommandLine, school: School, target: str) -> None:
    roster.ask("backup", target)
    assert [entry.about for entry in entries("database.backed_up")] == ["backup"]
    roster.ask("restore", target, "--yes")
    [entry] = entries("database.restored")
    assert (entry.who, entry.about) == ("command line", "backup")
    commit()


def entries(action: str) -> list[AuditEntry]:
    return list(db.session.scalars(select(AuditEntry).where(AuditEntry.action == action)))


def test_after_restoring_the_database_can_be_written_as_before(
    roster: CommandLine, make: Builder, school: School, target: str
) -> None:
    roster.ask("backup", target)
    roster.ask("restore", target, "--yes")
    run = make.synced(db.session.get_one(School, 1), a_roster(14))
    assert run.counts is not None
    assert run.counts["people"]["created"] == 2
    commit()
    with pytest.raises(Exception, match="append only"):
        db.session.execute(text("UPDATE audit_entries SET who = 'nobody'"))
    db.session.rollback()


def test_a_backup_names_where_its_key_is_and_has_no_secret_in_it(
    roster: CommandLine, app: Flask, school: School, target: str
) -> None:
    config = app.config["ROSTER_DASH"]
    assert roster.ask("backup", target)["key"] == str(config.instance / "credentials_key")
    content = Path(target).read_bytes()
    assert config.credentials_keys[0].encode() not in content
    assert config.secret_key.encode() not in content


def test_a_file_that_is_there_stays_unless_forced(
    roster: CommandLine, school: School, target: str
) -> None:
    Path(target).write_text("mine")
    code, answer = roster.run("backup", target)
    assert (code, Path(target).read_text()) == (2, "mine")
    assert "--force" in answer["message"]
    roster.ask("backup", target, "--force")
    assert Path(target).stat().st_size > 1000
    code, answer = roster.run("backup", str(Path(target).parent / "nowhere" / "backup"))
    assert (code, "can’t be written" in answer["message"]) == (2, True)


def test_a_database_with_something_in_it_is_not_replaced_unasked(
    roster: CommandLine, school: School, target: str
) -> None:
    roster.ask("backup", target)
    before = everything()
    code, answer = roster.run("restore", target)
    assert code == 2
    for told in ("1 districts", "1 schools", "12 people", "--yes"):
        assert told in answer["message"]
    assert everything() == before


@pytest.mark.parametrize("content", [b"", b"no backup", b"SQLite format 3\0", b"PGDMP\1\16"])
def test_what_is_no_backup_is_refused(
    content: bytes, roster: CommandLine, school: School, target: str
) -> None:
    Path(target).write_bytes(content)
    before = everything()
    code, answer = roster.run("restore", target, "--yes")
    assert code == 2
    assert target in answer["message"]
    assert everything() == before
    assert roster.run("restore", f"{target}-not-there", "--yes")[0] == 2


def test_half_a_backup_changes_nothing(roster: CommandLine, school: School, target: str) -> None:
    roster.ask("backup", target)
    before, whole = everything(), Path(target).read_bytes()
    for share in (0.5, 0.9, 0.99):
        Path(target).write_bytes(whole[: int(len(whole) * share)])
        code, _ = roster.run("restore", target, "--yes")
        assert code in (2, 4)
        assert everything() == before


def test_a_backup_of_a_newer_release_is_refused(
    roster: CommandLine, school: School, target: str
) -> None:
    head = db.session.scalar(text("SELECT version_num FROM alembic_version"))
    db.session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    commit()
    roster.ask("backup", target)
    db.session.execute(text(f"UPDATE alembic_version SET version_num = '{head}'"))
    commit()
    before = everything()
    code, answer = roster.run("restore", target, "--yes")
    assert code == 2
    assert "newer release" in answer["message"]
    assert everything() == before


def test_nothing_is_restored_while_somebody_is_at_work(
    roster: CommandLine, make: Builder, school: School, target: str
) -> None:
    roster.ask("backup", target)
    for name, told in (("scheduler", "a scheduler"), (beats.of_run(1, "token"), "run 1")):
        beats.beat(name)
        commit()
        code, answer = roster.run("restore", target, "--yes")
        assert (code, told in answer["message"]) == (2, True)
        beats.stop(name)
        commit()


@pytest.mark.slow
def test_nothing_is_restored_while_a_worker_waits_for_work(
    roster: CommandLine, school: School, target: str, start: Start
) -> None:
    roster.ask("backup", target)
    start("worker.py")
    wait_until(lambda: jobs.health()["workers"])
    code, answer = roster.run("restore", target, "--yes")
    assert (code, "1 worker" in answer["message"]) == (2, True)


def test_nothing_is_restored_over_a_transaction_of_somebody_else(
    roster: CommandLine, school: School, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dump_sqlite, "PATIENCE_SECONDS", 0.5)
    monkeypatch.setattr("roster_dash.store.dump_postgresql.LOCK_SECONDS", 1)
    roster.ask("backup", target)
    engine = db.create_engine(db.engine.url)
    with engine.connect() as other:
        other.execute(text("UPDATE schools SET name = 'Elsewhere'"))
        with pytest.raises(RosterDashError, match="Somebody has been at work"):
            dump.load(Path(target))
        other.rollback()
    engine.dispose()
    assert db.session.get_one(School, 1).name == "Lincoln High"
    commit()


def test_runs_at_work_in_the_backup_are_queued_again_and_their_old_workers_write_nothing(
    roster: CommandLine, make: Builder, school: School, target: str
) -> None:
    run_id = make.run(school, "running", token="of-old", attempts=1).id
    commit()
    nobody_is_at_work()
    roster.ask("backup", target)
    assert roster.ask("restore", target, "--yes")["runs_queued_again"] == 1
    run = runs.find_run(run_id)
    assert (run.status, run.token, run.attempts) == ("queued", "", 0)
    commit()
    before = everything()
    with pytest.raises(runs.LostRunError):
        sync.apply_answer(run_id, "of-old", Told(a_roster(3)), some_settings(students="on"))
    db.session.rollback()
    assert everything() == before


def test_what_was_known_by_number_before_is_nobodys_after(
    roster: CommandLine, make: Builder, school: School, target: str
) -> None:
    """Numbers given after the backup are given again: to other people, about other things."""
    key = sessions.open_session(db.session.get_one(User, 1), "password", "", "")
    commit()
    roster.ask("backup", target)
    link_id = links.make_link(links.LinkKind.RESET, "eve@school.example", user_id=1).id
    run = make.run(school)
    [mail_id] = mails.add_mails(run.id, "run_result", ["eve@school.example"])
    commit()
    old_link = links.token_of(link_id)
    old_id = mails.message_id(db.session.get_one(MailRow, mail_id))
    nobody_is_at_work()
    old_hook = hooks.headers_of(1, run.created_at, b"", webhooks.new_secret())["webhook-id"]
    commit()
    roster.ask("restore", target, "--yes")
    again = links.make_link(links.LinkKind.RESET, "alice@school.example", user_id=1).id
    run = make.run(db.session.get_one(School, 1))
    mails.add_mails(run.id, "run_result", ["alice@school.example"])
    assert again == link_id
    assert links.find_link(old_link) is None
    found = links.find_link(links.token_of(link_id))
    assert found is not None
    assert mails.message_id(db.session.get_one(MailRow, mail_id)) != old_id
    new_hook = hooks.headers_of(1, run.created_at, b"", webhooks.new_secret())["webhook-id"]
    assert new_hook != old_hook
    assert sessions.find_session(key) is None
    assert db.session.scalars(select(LoginSession.ended_at)).all() != [None]
    commit()


@pytest.mark.parametrize(("words", "status"), [((), "due"), (("--no-old-mail",), "failed")])
def test_mail_that_was_due_is_sent_or_given_up(
    words: tuple[str, ...],
    status: str,
    roster: CommandLine,
    make: Builder,
    school: School,
    target: str,
) -> None:
    webhooks.add_webhook(school, "https://x.example/", b"locked", ["run.failed"], None)
    run = make.run(school, "failed")
    mails.add_mails(run.id, "run_result", ["alice@school.example"])
    webhooks.add_deliveries(run)
    nobody_is_at_work()
    roster.ask("backup", target)
    done = roster.ask("restore", target, "--yes", *words)
    assert done["unreadable"] == ["webhook 1"]
    assert db.session.scalars(select(MailRow.status)).all() == [status]
    assert db.session.scalars(select(WebhookDelivery.status)).all() == [status]
    commit()


def test_an_older_backup_is_migrated_to_head(
    roster: CommandLine, school: School, target: str, app: Flask, request: pytest.FixtureRequest
) -> None:
    """What a newer migration has made since is gone, tables that refer to ours too."""
    roster.ask("backup", target)
    before = everything()
    db.session.execute(
        text("CREATE TABLE of_tomorrow (id INTEGER PRIMARY KEY REFERENCES schools (id))")
    )
    db.session.execute(text("INSERT INTO of_tomorrow VALUES (1)"))
    commit()
    request.addfinalizer(_forget_tomorrow)
    code, answer = roster.run("restore", target)
    assert (code, "of_tomorrow" in answer["message"]) == (2, True)
    roster.ask("restore", target, "--yes")
    assert everything() == before
    assert "of_tomorrow" not in db.inspect(db.engine).get_table_names()


def _forget_tomorrow() -> None:
    db.session.execute(text("DROP TABLE IF EXISTS of_tomorrow"))
    commit()


def test_a_backup_made_while_somebody_writes_has_the_state_before(
    app: Flask, roster: CommandLine, make: Builder, school: School, target: str
) -> None:
    """A run's transaction is open, with half of its rows written, while the backup is made."""
    before = everything()
    run_id = make.run(school, "running", token="mine").id
    commit()
    half, go_on = threading.Event(), threading.Event()

    def report(_phase: str, _pages: int, _done: int, _total: int) -> None:
        half.set()
        assert go_on.wait(60)

    def write() -> None:
        with app.app_context():
            answer, settings = Told(a_roster(40)), some_settings(students="on")
            sync.apply_answer(run_id, "mine", answer, settings, report)
            db.session.remove()

    thread = threading.Thread(target=write)
    thread.start()
    assert half.wait(60)
    answer: list[Any] = []
    backup = threading.Thread(target=lambda: answer.append(_backup_in(app, target)))
    backup.start()
    wait_until(Path(target).exists)  # on SQLite its entry in the audit log waits for the writer
    go_on.set()
    backup.join(60)
    thread.join(60)
    assert runs.find_run(run_id).status == "succeeded"
    commit()
    nobody_is_at_work()
    assert roster.ask("restore", target, "--yes")["runs_queued_again"] == 1
    after = everything()
    for name in before:
        if name != "runs":
            assert after[name] == before[name], name
    assert len(after["runs"]) == len(before["runs"]) + 1


def _backup_in(app: Flask, target: str) -> Any:
    return CommandLine(app.test_cli_runner()).ask("backup", target)


@pytest.mark.slow
def test_whenever_during_a_sync_a_backup_is_made_the_sync_ends_as_if_undisturbed(
    roster: CommandLine, make: Builder, clever: Clever, start: Start, target: str
) -> None:
    """Each backup has the state before the run or after it, and the run ends once, one way."""
    clever.reset(schools=1, size=400)
    [school_id] = link_everything(make, clever)
    syncing = start("-m", "flask", "--app", "wsgi", "roster", "sync", str(school_id))
    wait_until(lambda: runs.latest_of_schools([school_id]))
    backups: list[str] = []
    while syncing.poll() is None:
        backups.append(f"{target}-{len(backups)}")
        roster.ask("backup", backups[-1])
    assert syncing.returncode == 0
    undisturbed = outcome_of([school_id])
    nobody = Outcome({}, {}, set())
    for path in backups:
        nobody_is_at_work()
        roster.ask("restore", path, "--yes")
        run = runs.latest_of_schools([school_id])[school_id]
        assert run.status in ("queued", "succeeded")
        is_over = run.status == "succeeded"
        assert outcome_of([school_id]) == (undisturbed if is_over else nobody)
        sync.sync_run(run.id)
        assert runs.find_run(run.id).status == "succeeded"
        assert outcome_of([school_id]) == undisturbed


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of programs that come before the machine's own."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return folder


def write_program(folder: Path, name: str, script: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


@pytest.mark.parametrize("dying", ["exit 1", "kill -9 $$"])
def test_pg_restore_that_dies_half_way_changes_nothing(
    dying: str, roster: CommandLine, school: School, target: str, programs: Path
) -> None:
    needs_postgresql()
    roster.ask("backup", target)
    before, real = everything(), shutil.which("pg_restore")
    tables = f'case "$*" in *alembic_version*|--version) exec {real} "$@";; esac'
    for size in (2_000, 30_000, 60_000):
        script = f'{tables}\n{real} "$@" | head -c {size}\n{dying}'
        write_program(programs, "pg_restore", script)
        code, answer = roster.run("restore", target, "--yes")
        assert (code, "Nothing was changed" in answer["message"]) == (4, True)
        assert everything() == before


def test_a_restore_that_failed_leaves_no_session_of_its_own_at_the_server(
    roster: CommandLine, school: School, target: str, programs: Path
) -> None:
    """psql dies while the server works for it, with a table locked."""
    needs_postgresql()
    roster.ask("backup", target)
    before, real = everything(), shutil.which("psql")
    at_work = "LOCK TABLE users; SELECT pg_sleep(60)"
    sessions = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    asleep = f"{sessions} AND wait_event = 'PgSleep'"
    script = (
        f'case "$*" in --version) exec {real} "$@";; esac\n'
        f'{real} -c "{at_work}" </dev/null >/dev/null 2>&1 &\n'
        f'until [ "$({real} -Atc "{asleep}")" != 0 ]; do :; done\nexit 1'
    )
    write_program(programs, "psql", script)
    code, answer = roster.run("restore", target, "--yes")
    assert (code, "Nothing was changed" in answer["message"]) == (4, True)
    of_restores = text(f"{sessions} AND application_name LIKE 'roster-restore-%'")
    assert db.session.scalar(of_restores) == 0
    assert everything() == before


def test_a_backup_of_another_schema_changes_nothing(
    roster: CommandLine,
    school: School,
    target: str,
    environment: dict[str, str],
    empty_database: str,
) -> None:
    """pg_restore finds no tables in it for this schema, and doesn't mind."""
    if not empty_database.startswith("postgresql"):
        pytest.skip("SQLite has no schemas")
    roster.ask("backup", target)
    with psycopg.connect(empty_database, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA elsewhere")
    own = {"DATABASE_URL": f"{empty_database}?options=-csearch_path%3Delsewhere"}
    elsewhere = create_app(load_config(environment | own))
    there = CommandLine(elsewhere.test_cli_runner())
    with elsewhere.app_context():
        there.ask("init")
        there.ask("create-user", "kept@school.example", "--role", "specialist")
        code, answer = there.run("restore", target, "--yes")
        assert (code, "Nothing was changed" in answer["message"]) == (4, True)
        assert db.session.scalars(select(User.email)).all() == ["kept@school.example"]
        db.session.remove()
        db.engine.dispose()


def test_programs_that_are_newer_than_the_server_do(
    roster: CommandLine, school: School, target: str, programs: Path
) -> None:
    """Those of PostgreSQL 17 begin with a setting that older servers don't have."""
    needs_postgresql()
    roster.ask("backup", target)
    before, real = everything(), shutil.which("pg_restore")
    version = '[ "$*" = --version ] && echo "pg_restore (PostgreSQL) 99.1" && exit'
    newer = "echo 'SET transaction_timeout_of_tomorrow = 0;'"
    write_program(programs, "pg_restore", f'{version}\n{newer}\nexec {real} "$@"')
    roster.ask("restore", target, "--yes")
    assert everything() == before


def test_pg_dump_that_dies_leaves_no_backup(
    roster: CommandLine, school: School, target: str, programs: Path
) -> None:
    needs_postgresql()
    version = "pg_dump (PostgreSQL) 99.1"
    script = f'[ "$*" = --version ] && echo "{version}" && exit\n'
    script += 'echo half >"$(echo "$*" | sed "s/.*--file=//")"'
    write_program(programs, "pg_dump", f"{script}\necho pg_dump: error: no >&2; exit 1")
    code, answer = roster.run("backup", target)
    assert (code, answer["message"]) == (4, "pg_dump failed: no No backup was made.")
    assert [path.name for path in Path(target).parent.iterdir() if "backup" in path.name] == []


def test_programs_that_are_too_old_or_missing_are_named(
    roster: CommandLine,
    school: School,
    target: str,
    programs: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    needs_postgresql()
    write_program(programs, "pg_dump", 'echo "pg_dump (PostgreSQL) 9.6.1"')
    code, answer = roster.run("backup", target)
    assert (code, "pg_dump is of version 9" in answer["message"]) == (4, True)
    (programs / "pg_dump").unlink()
    monkeypatch.setenv("PATH", str(programs))
    code, answer = roster.run("backup", target)
    assert (code, "pg_dump isn’t installed" in answer["message"]) == (4, True)


def test_the_password_of_the_database_is_in_no_argument(tmp_path: Path) -> None:
    url = "postgresql://ann:s3cret%40@db.example:5433/roster?sslmode=require"
    engine = create_engine(f"postgresql+psycopg{url.removeprefix('postgresql')}")
    found = dump_postgresql._environment(engine)
    expected = {
        "PGUSER": "ann",
        "PGPASSWORD": "s3cret@",
        "PGHOST": "db.example",
        "PGPORT": "5433",
        "PGDATABASE": "roster",
        "PGSSLMODE": "require",
    }
    assert found.items() >= expected.items()


def needs_postgresql() -> None:
    if db.engine.dialect.name != "postgresql":
        pytest.skip("about PostgreSQL's own programs")


def test_all_that_is_encrypted_is_encrypted_with_the_new_key(
    make: Builder, environment: dict[str, str], app: Flask
) -> None:
    [old] = app.config["ROSTER_DASH"].credentials_keys
    lock_something(make)
    new = Fernet.generate_key().decode()
    with_both = command_line(environment, f"{new},{old}")
    assert with_both.ask("rotate-credentials") == {"encrypted": 3}
    assert with_both.ask("rotate-credentials") == {"encrypted": 3}
    vault = Vault((new,))
    assert vault.unlock(db.session.get_one(District, 1).token) == "token"
    assert vault.unlock(db.session.get_one(User, 1).totp_key) == "a key"
    assert vault.unlock(db.session.get_one(Webhook, 1).secret) == "whsec_"
    assert [entry.after for entry in entries("credentials.rotated")] == [{"encrypted": 3}] * 2
    commit()


def test_if_one_secret_cannot_be_opened_none_is_changed(
    make: Builder, environment: dict[str, str], app: Flask
) -> None:
    lock_something(make)
    db.session.get_one(Webhook, 1).secret = Vault((Fernet.generate_key().decode(),)).lock("x")
    commit()
    before = everything()
    [old] = app.config["ROSTER_DASH"].credentials_keys
    code, answer = command_line(environment, f"{Fernet.generate_key().decode()},{old}").run(
        "rotate-credentials"
    )
    assert (code, "webhook 1" in answer["message"]) == (4, True)
    assert "district" not in answer["message"].partition(".")[0]
    assert everything() == before
    assert entries("credentials.rotated") == []
    commit()


def lock_something(make: Builder) -> None:
    """A district's token, a second factor's key, a webhook's secret."""
    vault = Vault(current_config().credentials_keys)
    school = make.school()
    make.specialist().totp_key = vault.lock("a key")
    webhooks.add_webhook(school, "https://x.example/", vault.lock("whsec_"), ["run.held"], None)
    commit()


def command_line(environment: dict[str, str], keys: str) -> CommandLine:
    """The same installation, started with other keys."""
    config = load_config(environment | {"CREDENTIALS_KEY": keys})
    return CommandLine(OutsideRunner(create_app(config)))


class OutsideRunner(FlaskCliRunner):
    """Runs a command in a context of its own application, as a process does."""

    def invoke(self, *words: Any, **more: Any) -> Any:
        with self.app.app_context():
            result = super().invoke(*words, **more)
            db.session.remove()
            db.engine.dispose()
        return result
