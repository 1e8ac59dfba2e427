"""Ways to the Redis of this installation: the one that is configured, else the embedded one."""

from functools import cache

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from roster_dash import embedded_redis
from roster_dash.config import Config


def url(config: Config) -> str:
    return config.redis_url or embedded_redis.url(config.embedded_redis_dir)


def connect(config: Config) -> redis.Redis:
    """This process's client, which fails at once when Redis is away; the web must not hang on it.

    There is one of them, since each keeps connections of its own.
    """
    return _client(url(config))


def connect_anew(config: Config) -> redis.Redis:
    """A client of its own, for whoever changes how long it waits, as RQ's workers do."""
    return _new_client(url(config))


def _new_client(redis_url: str) -> redis.Redis:
    return redis.Redis.from_url(
        redis_url, retry=Retry(NoBackoff(), 0), socket_timeout=5, socket_connect_timeout=2
    )


_client = cache(_new_client)
