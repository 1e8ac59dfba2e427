"""A PostgreSQL database as one file, and back: by pg_dump, pg_restore and psql.

How the server is reached is said in the environment, never in arguments: everybody on the machine
may read those.
"""

import os
import re
import secrets
import shutil
import subprocess
from contextlib import suppress
from itertools import islice
from pathlib import Path

import psycopg
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from roster_dash.roster.errors import BadInput, RosterDashError

MAGIC = b"PGDMP"
LOCK_SECONDS = 10
_LOCKED = "55P03"
_HEADER_LINES = 40
_ONLY_NEWER = b"SET transaction_timeout"
"""What pg_restore 17 and later say first, and older servers don't know."""
_WHOLE = """
DO $whole$ BEGIN
  IF (SELECT count(*) FROM "{schema}".alembic_version) <> 1 THEN
    RAISE 'nothing was restored';
  END IF;
END $whole$;
"""
"""A backup of another schema gives no table here, and pg_restore doesn't mind."""
_EMPTY = """
DO $empty$ DECLARE each record; BEGIN
  FOR each IN SELECT tablename FROM pg_tables WHERE schemaname = current_schema() LOOP
    EXECUTE format('DROP TABLE %I CASCADE', each.tablename);
  END LOOP;
  DROP FUNCTION IF EXISTS refuse_change() CASCADE;
END $empty$;
"""


def write(engine: Engine, target: Path) -> None:
    """pg_dump reads everything as of one moment; those at work meanwhile aren't held up."""
    done = _run(
        engine,
        _tool("pg_dump", engine),
        "--format=custom",
        "--no-owner",
        "--no-privileges",
        f"--schema={_schema(engine)}",
        f"--file={target}",
    )
    if done.returncode:
        raise RosterDashError(f"pg_dump failed: {_first_line(done.stderr)} No backup was made.")


def revision_of(path: Path) -> str:
    """Which migration a backup is at. Errors: BadInput for a file that isn't whole or not ours."""
    command = [_found("pg_restore"), "--file=-", "--data-only", "--table=alembic_version"]
    done = subprocess.run([*command, str(path)], capture_output=True, text=True)  # noqa: S603
    found = re.search(r"^COPY \S+ \(version_num\) FROM stdin;\n(\w+)\n", done.stdout, re.MULTILINE)
    if done.returncode or not found:
        raise BadInput(
            f"{path} is damaged, no backup of Roster Dash, or made by a newer PostgreSQL than this "
            "machine’s pg_restore. Nothing was changed; take another backup."
        )
    return found[1]


def load(engine: Engine, path: Path) -> None:
    """Puts a backup in the place of everything, in one transaction.

    psql is told to commit only once pg_restore has read the whole file: whatever ends early, ends
    without a commit.
    """
    reader = [_tool("pg_restore", engine), "--file=-", "--no-owner", "--no-privileges"]
    reader += [f"--schema={_schema(engine)}", str(path)]
    # an error's text may quote somebody's row: its code is enough
    writer = [_tool("psql", engine), "--no-psqlrc", "--quiet", "--output=/dev/null"]
    writer += ["--set=ON_ERROR_STOP=1", "--set=VERBOSITY=sqlstate"]
    session = f"roster-restore-{secrets.token_hex(8)}"
    engine.dispose()
    with (
        subprocess.Popen(  # noqa: S603
            writer,
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=_environment(engine) | {"PGAPPNAME": session},
        ) as psql,
        subprocess.Popen(  # noqa: S603
            reader, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        ) as restore,
    ):
        assert psql.stderr
        is_whole = _feed(psql, restore, _schema(engine))
        said = psql.stderr.read().decode(errors="replace")
    if not is_whole or psql.returncode:
        _end(engine, session)
        raise RosterDashError(_why_not_loaded(said))


def _feed(psql: "subprocess.Popen[bytes]", restore: "subprocess.Popen[bytes]", schema: str) -> bool:
    """Whether psql was given everything, the commit too; else it is ended."""
    assert psql.stdin
    assert restore.stdout
    script = psql.stdin
    try:
        script.write(f"BEGIN; SET LOCAL lock_timeout = '{LOCK_SECONDS}s';{_EMPTY}".encode())
        head = islice(restore.stdout, _HEADER_LINES)
        script.writelines(line for line in head if not line.startswith(_ONLY_NEWER))
        shutil.copyfileobj(restore.stdout, script)
        is_whole = restore.wait() == 0
        if is_whole:
            script.write(_WHOLE.format(schema=schema).encode() + b"COMMIT;\n")
            script.close()
    except BrokenPipeError:  # psql has met an error and is gone
        is_whole = False
    if not is_whole:
        restore.kill()
        psql.kill()
        with suppress(BrokenPipeError):
            script.close()
    return is_whole


def _end(engine: Engine, session: str) -> None:
    """psql is gone; what the server still does for it, with every table locked, ends here too."""
    ending = text(
        "SELECT pg_terminate_backend(pid, :patience) FROM pg_stat_activity "
        "WHERE application_name = :session"
    )
    with suppress(DBAPIError), engine.connect() as connection:
        connection.execute(ending, {"patience": LOCK_SECONDS * 1000, "session": session})


def _why_not_loaded(said: str) -> str:
    if _LOCKED in said:
        return (
            f"Somebody has been at work in the database for {LOCK_SECONDS} seconds. Nothing was "
            "changed; stop the web, the workers and the scheduler, and try again."
        )
    code = re.search(r"\b[0-9A-Z]{5}\b", said.partition("ERROR:")[2])
    how = f" (PostgreSQL says {code[0]})" if code else ""
    return (
        f"The backup can’t be put into the database{how}. Nothing was changed. Is the file whole, "
        "and are pg_restore and psql of the server’s version?"
    )


def _tool(name: str, engine: Engine) -> str:
    """Where a program of PostgreSQL is. Errors: RosterDashError if it is older than the server."""
    found = _found(name)
    told = subprocess.run([found, "--version"], capture_output=True, text=True)  # noqa: S603
    version = re.search(r"(\d+)(\.\d+|devel|beta\d+|rc\d+)", told.stdout)
    with engine.connect() as connection:
        server = int(connection.scalar(text("SHOW server_version_num"))) // 10_000
    if not version or int(version[1]) < server:
        raise RosterDashError(
            f"{name} is of version {version[1] if version else 'unknown'}, the server of {server}; "
            f"install postgresql-client-{server} and try again."
        )
    return found


def _found(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise RosterDashError(
            f"{name} isn’t installed; it comes with PostgreSQL’s client programs "
            "(postgresql-client). Nothing was done."
        )
    return found


def _run(engine: Engine, *command: str) -> "subprocess.CompletedProcess[str]":
    environment = _environment(engine)
    return subprocess.run(  # noqa: S603
        command, capture_output=True, text=True, env=environment, stdin=subprocess.DEVNULL
    )


def _schema(engine: Engine) -> str:
    with engine.connect() as connection:
        return str(connection.scalar(text("SELECT current_schema()")))


def _environment(engine: Engine) -> dict[str, str]:
    """Every part of DATABASE_URL by the name that PostgreSQL's programs read it from."""
    _, parts = engine.dialect.create_connect_args(engine.url)
    variables = {
        option.keyword.decode(): option.envvar.decode()
        for option in psycopg.pq.Conninfo.get_defaults()
        if option.envvar
    }
    own = {variables[name]: str(value) for name, value in parts.items() if name in variables}
    return os.environ | own


def _first_line(said: str) -> str:
    line = next((line for line in said.splitlines() if "error" in line), "it didn’t say why.")
    return line.partition("error: ")[2][:200] or line[:200]
