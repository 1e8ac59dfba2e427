"""How many requests a minute all workers together make under one token, by Redis's own clock.

Any 60 seconds hold at most the limit, whatever window the server counts by. A 429 that one worker
gets makes all of them wait. While Redis is away each process keeps to a quarter by itself.
"""

import logging
import secrets
import time
from collections import deque
from hashlib import sha256
from typing import Any

import redis

from roster_dash import broker
from roster_dash.config import Config

WINDOW_MILLISECONDS = 60_000
_AWAY_SECONDS = 30.0
_LONGEST_BLOCK_SECONDS = 900.0
"""An absurd Retry-After must not silence us for days: one request each 15 minutes harms nobody."""
_PREFIX = "roster_dash:clever"
REQUESTS, REFUSALS = f"{_PREFIX}:requests", f"{_PREFIX}:refusals"
"""Counters since Redis was last emptied: requests made, and 429s."""
_TAKE = """
local blocked = redis.call('PTTL', KEYS[2])
if blocked > 0 then return blocked end
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local window = tonumber(ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - window)
if redis.call('ZCARD', KEYS[1]) < tonumber(ARGV[1]) then
  redis.call('ZADD', KEYS[1], now, ARGV[3])
  redis.call('PEXPIRE', KEYS[1], window)
  redis.call('INCR', KEYS[3])
  return 0
end
return math.max(1, redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')[2] + window - now)
"""

log = logging.getLogger(__name__)


def counted(config: Config) -> tuple[int, int] | None:
    """(requests, refusals) since Redis was last emptied; None while it is away."""
    try:
        found: Any = broker.connect(config).mget(REQUESTS, REFUSALS)
    except redis.RedisError:
        return None
    return int(found[0] or 0), int(found[1] or 0)


class SharedBudget:
    """The requests of one token, whose owner `name` is: a district's Clever id."""

    def __init__(self, config: Config, name: str) -> None:
        self._connection = broker.connect(config)
        self._script = self._connection.register_script(_TAKE)
        self._limit = config.clever_requests_per_minute
        owner = sha256(name.encode()).hexdigest()[:16]
        self._taken, self._blocked = f"{_PREFIX}:taken:{owner}", f"{_PREFIX}:blocked:{owner}"
        self._own: deque[float] = deque()
        self._away_until = 0.0

    def take(self) -> float:
        """Takes one request out of the budget: 0, or after how many seconds to ask again."""
        if time.monotonic() >= self._away_until:
            try:
                keys = (self._taken, self._blocked, REQUESTS)
                given = (self._limit, WINDOW_MILLISECONDS, secrets.token_hex(8))
                wait: Any = self._script(keys, given)
                return int(wait) / 1000
            except redis.RedisError as error:
                self._away(error)
        return self._take_alone()

    def block(self, seconds: float, *, refused: bool) -> None:
        """Lets nobody ask for so long: the server said so, with a 429 where it `refused`."""
        try:
            if seconds > 0:
                span = min(seconds, _LONGEST_BLOCK_SECONDS)
                self._connection.set(self._blocked, "", px=max(1, round(span * 1000)))
            if refused:
                self._connection.incr(REFUSALS)
        except redis.RedisError as error:
            self._away(error)

    def _away(self, error: redis.RedisError) -> None:
        log.warning("Redis is away (%s); this process keeps to a part", type(error).__name__)
        self._away_until = time.monotonic() + _AWAY_SECONDS

    def _take_alone(self) -> float:
        now, window = time.monotonic(), WINDOW_MILLISECONDS / 1000
        while self._own and self._own[0] <= now - window:
            self._own.popleft()
        if len(self._own) < max(1, self._limit // 4):
            self._own.append(now)
            return 0.0
        return self._own[0] + window - now
