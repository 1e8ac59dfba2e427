"""The scheduler: a loop around jobs.tick. Any number may run; rows are claimed, not assumed."""

import logging
import signal
import threading

import click

from roster_dash import clock, embedded_redis, jobs
from roster_dash.cli.output import answers
from roster_dash.config import current_config
from roster_dash.store.transactions import rollback

log = logging.getLogger(__name__)


@click.command("scheduler", help="Start due syncs, for ever; keeps the embedded Redis alive.")
@click.option("--every", default=5.0, show_default=True, help="Seconds between two looks.")
@answers
def scheduler(every: float, as_json: bool) -> None:
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    config = current_config()
    while not stop.is_set():
        try:
            if not config.redis_url:
                embedded_redis.ensure(config.embedded_redis_dir)
            jobs.tick(clock.now())
        except Exception as error:
            rollback()
            log.error("this look failed; the next one follows", exc_info=error)
        stop.wait(every)


COMMANDS = (scheduler,)
