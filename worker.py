"""The worker: an RQ worker whose jobs run in the application's context.

What RQ's own worker lacks here: a job's process ends with its worker, and a worker that starts
takes over what one that was killed on this machine has left behind.
"""

import ctypes
import logging
import os
import signal
import socket
import sys
from pathlib import Path
from typing import Any

from rq import Worker
from rq.serializers import JSONSerializer

from roster_dash import embedded_redis, jobs
from roster_dash.app import create_app
from roster_dash.extensions import db

_PR_SET_PDEATHSIG = 1

app = create_app()


class RosterWorker(Worker):
    """Takes jobs.QUEUES in their order."""

    def main_work_horse(self, job: Any, queue: Any) -> None:
        _end_with_parent()
        with app.app_context():
            db.engine.dispose(close=False)  # connections don't survive a fork
            super().main_work_horse(job, queue)

    def register_birth(self) -> None:
        self._reap()
        super().register_birth()  # type: ignore[no-untyped-call]

    def _reap(self) -> None:
        """Ends the jobs of workers that were killed on this machine."""
        for worker in Worker.all(connection=self.connection, serializer=self.serializer):
            if worker.hostname != socket.gethostname() or worker.pid == os.getpid():
                continue
            if worker.pid and _is_alive(worker.pid):
                continue
            for execution in worker.get_current_executions(refresh=True):
                job = self.job_class.fetch(
                    execution.job_id, connection=self.connection, serializer=self.serializer
                )
                registry = job.started_job_registry
                with self.connection.pipeline() as pipe:
                    pipe.zadd(registry.key, {execution.composite_key: 1}, xx=True)
                    pipe.delete(execution.key)
                    pipe.execute()
                registry.cleanup()
            worker.register_death()


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
    logging.basicConfig(level=logging.INFO, stream=sys.stderr)
    config = app.config["ROSTER_DASH"]
    if not config.redis_url:
        embedded_redis.ensure(config.embedded_redis_dir)
    with app.app_context():
        queues = [jobs.queue(name) for name in jobs.QUEUES]
    RosterWorker(
        queues,
        connection=queues[0].connection,
        serializer=JSONSerializer,
        worker_ttl=45,
        job_monitoring_interval=5,
        maintenance_interval=15,
    ).work(logging_level="INFO")


if __name__ == "__main__":
    main()
