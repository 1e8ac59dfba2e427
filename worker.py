"""The worker: an RQ worker whose jobs run in the application's context.

What RQ's own worker lacks here: a job's process ends with its worker, a worker that starts takes
over what one that was killed on this machine has left behind, one that is asked to stop has its run
handed over, and none ends because Redis is away for a while.
"""

import ctypes
import gc
import logging
import os
import signal
import socket
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import redis
from rq import Worker
from rq.exceptions import NoSuchJobError, StopRequested
from rq.serializers import JSONSerializer
from sqlalchemy.orm import configure_mappers

from roster_dash import broker, embedded_redis, jobs, reporting
from roster_dash.app import start_app
from roster_dash.extensions import db

_PR_SET_PDEATHSIG = 1
_HAND_OVER = signal.SIGUSR1
_REDIS_AWAY_SECONDS = 2.0
_NICENESS = 10
"""People who wait before a screen come first where both run on one machine."""

log = logging.getLogger("worker")

app = start_app()


class RosterWorker(Worker):
    """Takes jobs.QUEUES in their order."""

    def main_work_horse(self, job: Any, queue: Any) -> None:
        _end_with_parent()
        with app.app_context():
            db.engine.dispose(close=False)  # connections don't survive a fork
            super().main_work_horse(job, queue)

    def perform_job(self, job: Any, queue: Any, execution: Any) -> bool:
        try:
            return super().perform_job(job, queue, execution)
        finally:
            reporting.flush()  # the job's process ends without a good-bye

    @property
    def is_asked_to_stop(self) -> bool:
        return self._shutdown_requested_date is not None

    def setup_work_horse_signals(self) -> None:
        super().setup_work_horse_signals()  # type: ignore[no-untyped-call]
        signal.signal(_HAND_OVER, lambda *_: jobs.stopping.set())

    def handle_warm_shutdown_request(self) -> None:
        """The job at work hands its run over, where that is quicker than finishing it."""
        super().handle_warm_shutdown_request()  # type: ignore[no-untyped-call]
        if self.horse_pid:
            with suppress(ProcessLookupError):
                os.kill(self.horse_pid, _HAND_OVER)

    def set_shutdown_requested_date(self) -> None:
        with suppress(redis.RedisError):
            super().set_shutdown_requested_date()  # type: ignore[no-untyped-call]

    def maintain_heartbeats(self, job: Any, execution: Any) -> None:
        try:
            super().maintain_heartbeats(job, execution)
        except redis.RedisError:
            log.warning("Redis is away; the job at work goes on")

    def execute_job(self, job: Any, queue: Any) -> None:
        """The job's row says how it went, whatever Redis knows of it."""
        try:
            super().execute_job(job, queue)
        except redis.RedisError:
            if self.horse_pid:
                self.wait_for_horse()
                self._horse_pid = 0
            raise

    def register_birth(self) -> None:
        self._reap()
        super().register_birth()  # type: ignore[no-untyped-call]

    def _reap(self) -> None:
        """Ends the jobs of workers that were killed on this machine."""
        for worker in Worker.all(connection=self.connection, serializer=self.serializer):
            if worker.hostname != socket.gethostname() or worker.name == self.name:
                continue
            if worker.pid and worker.pid != os.getpid() and _is_alive(worker.pid):
                continue  # one of this very process was here before Redis went away
            for execution in worker.get_current_executions(refresh=True):
                with suppress(NoSuchJobError):
                    jobs.forget(
                        self.job_class.fetch(
                            execution.job_id, connection=self.connection, serializer=self.serializer
                        )
                    )
            worker.register_death()


def _give_way() -> None:
    """To people who wait before a screen, where both run on one machine.

    Linux shares the processor between sessions first: where this process leads one, it says so of
    that too (sched(7), "autogroup"). Not on SQLite, which has one writer at a time: a worker that
    waits for the processor would keep the others waiting for the database.
    """
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            return
    os.nice(_NICENESS)
    if os.getsid(0) == os.getpid():
        with suppress(OSError):
            Path("/proc/self/autogroup").write_text(str(_NICENESS))


def _prepare_for_jobs() -> None:
    """Once here, or each job's process does it again: half of what a school of 2,000 takes."""
    configure_mappers()
    gc.collect()
    gc.freeze()  # what is here stays; a job's looks for garbage pass it by, and don't copy it


def _end_with_parent() -> None:
    if sys.platform == "linux":
        parent = os.getppid()
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)


def _is_alive(pid: int) -> bool:
    """Whether a process runs; one that nobody has reaped doesn't."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return sys.platform != "linux"
    return state not in "ZX"


def main() -> None:
    _give_way()
    _prepare_for_jobs()
    with suppress(StopRequested):
        while not _work():
            time.sleep(_REDIS_AWAY_SECONDS)


def _work() -> bool:
    """Works until asked to stop, or until Redis has gone away; whether it was asked to stop."""
    config = app.config["ROSTER_DASH"]
    if not config.redis_url:
        embedded_redis.ensure(config.embedded_redis_dir)
    with app.app_context():
        connection = broker.connect_anew(config)
        queues = [jobs.queue(name, connection) for name in jobs.QUEUES]
    worker = None
    try:
        worker = RosterWorker(
            queues,
            connection=connection,
            serializer=JSONSerializer,
            worker_ttl=45,
            job_monitoring_interval=5,
            maintenance_interval=15,
        )
        worker.work(logging_level="INFO")
    except redis.RedisError as error:
        log.warning("Redis is away (%s); this worker waits for it", type(error).__name__)
    return worker is not None and worker.is_asked_to_stop


if __name__ == "__main__":
    main()
