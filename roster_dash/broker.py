"""Ways to the Redis of this installation: the one that is configured, else the embedded one."""

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from roster_dash import embedded_redis
from roster_dash.config import Config


def url(config: Config) -> str:
    return config.redis_url or embedded_redis.url(config.embedded_redis_dir)


def connect(config: Config) -> redis.Redis:
    """A connection that fails at once when Redis is away; the web must not hang on it."""
    return redis.Redis.from_url(
        url(config), retry=Retry(NoBackoff(), 0), socket_timeout=5, socket_connect_timeout=2
    )
