"""The scheduler: a loop around jobs.tick. Any number may run; rows are claimed, not assumed."""

import logging
import signal
import sys
import threading
from datetime import UTC, datetime

import click

from roster_dash import embedded_redis, jobs
from roster_dash.cli.output import answers
from roster_dash.config import current_config
from roster_dash.store.transactions import rollback

log = logging.getLogger(__name__)


@click.command("scheduler", help="Start due syncs, for ever; keeps the embedded Redis alive.")
@click.option("--every", default=5.0, show_default=True, help="Seconds between two looks.")
@answers
def scheduler(every: float, as_json: bool) -> None:
    logging.basicConfig(level=logging.INFO, stream=sys.stderr)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    config = current_config()
    while not stop.is_set():
        try:
            if not config.redis_url:
                embedded_redis.ensure(config.embedded_redis_dir)
            jobs.tick(datetime.now(UTC))
        except Exception as error:
            rollback()
            log.error("this look failed (%s); the next one follows", type(error).__name__)
        stop.wait(every)


COMMANDS = (scheduler,)
