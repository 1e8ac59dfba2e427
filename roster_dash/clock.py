"""What time it is. The one place that asks, so that a day can be lived through in minutes.

Only what happens to schools goes by it. Who says that they are alive (store/beats.py), and who
waits for somebody's answer, goes by the machine.
"""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


@dataclass(frozen=True, slots=True)
class Clock:
    """It showed `shown` when the machine's was `began` (both Unix seconds), and runs `speed` times
    as fast since. As text: began,shown,speed.
    """

    began: float = 0.0
    shown: float = 0.0
    speed: float = 1.0

    @classmethod
    def parse(cls, text: str) -> "Clock":
        """Errors: ValueError."""
        began, shown, speed = map(float, text.split(","))
        if not speed > 0:
            raise ValueError
        return cls(began, shown, speed)

    def now(self) -> datetime:
        seconds = self.shown + (time.time() - self.began) * self.speed
        return datetime.fromtimestamp(seconds, UTC)


MACHINE = Clock()
_clock = MACHINE


def use(clock: Clock) -> None:
    """From now on this process goes by another clock."""
    global _clock
    _clock = clock


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return _clock.now()


def lease(span: timedelta) -> datetime:
    """When somebody at work for so long, by the machine, has to be done."""
    return now() + span * _clock.speed
