"""Everything one running sandbox knows: its districts, faults, rate limit, requests and inbox."""

import secrets
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from datetime import date

from roster_dash import clock
from roster_dash.sandbox import timemachine
from roster_dash.sandbox.faults import Faults
from roster_dash.sandbox.generate import generate
from roster_dash.sandbox.inbox import Inbox
from roster_dash.sandbox.world import Json, World

CLIENT_ID, CLIENT_SECRET = "sandbox-client", "sandbox-secret"
LOGGED_REQUESTS = 10_000


@dataclass
class Window:
    """A token's present minute: requests left, and when the next one begins."""

    left: int
    resets_at: int


class RateLimit:
    """A fixed window per token, as Clever has it: 1,200 requests a minute."""

    def __init__(self, limit: int = 1200, seconds: int = 60) -> None:
        self.limit = limit
        self.seconds = seconds
        self._windows: dict[str, Window] = {}
        self._lock = threading.Lock()

    def forget(self) -> None:
        """Begins all windows anew."""
        with self._lock:
            self._windows.clear()

    def take(self, token: str) -> tuple[bool, dict[str, str]]:
        """(whether a request is allowed, the headers that say how many are left)."""
        with self._lock:
            now = time.time()
            window = self._windows.get(token)
            if window is None or now >= window.resets_at:
                window = Window(self.limit, int(now) + self.seconds)
                self._windows[token] = window
            allowed = window.left > 0
            window.left -= allowed
            return allowed, {
                "X-RateLimit-Limit": str(self.limit),
                "X-RateLimit-Remaining": str(window.left),
                "X-RateLimit-Reset": str(window.resets_at),
                "X-RateLimit-Bucket": "sandbox",
            }


@dataclass
class Launch:
    """An authorisation code: whose it is and where it may be used, once, for a minute."""

    world: World
    user_id: str
    redirect_uri: str
    expires: float


@dataclass
class Sandbox:
    """One sandbox. `closing` is set when it stops, so that held requests end.

    While it `lives`, what happens in its districts goes on by the clock; else days pass when asked.
    """

    seed: int = 1
    schools: int = 3
    size: int | None = None
    districts: int = 1
    today: date | None = None
    lives: bool = False
    lock: threading.RLock = field(default_factory=threading.RLock)
    worlds: list[World] = field(default_factory=list)
    faults: Faults = field(default_factory=Faults)
    rate: RateLimit = field(default_factory=RateLimit)
    requests: deque[Json] = field(default_factory=lambda: deque(maxlen=LOGGED_REQUESTS))
    inbox: Inbox = field(default_factory=Inbox)
    codes: dict[str, Launch] = field(default_factory=dict)
    sessions: dict[str, tuple[World, str]] = field(default_factory=dict)
    closing: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Makes the districts anew, and forgets faults, requests, mails and log-ins."""
        self.lives = False
        self.worlds = [
            generate(self.seed + number, self.schools, self.size, self.today)
            for number in range(self.districts)
        ]
        self.faults.switch_off()
        self.rate = RateLimit()
        self.requests.clear()
        self.inbox.clear()
        self.codes.clear()
        self.sessions.clear()

    def world(self, district_id: str = "") -> World:
        """A district by id, the first one without. Errors: ValueError."""
        for world in self.worlds:
            if district_id in ("", world.id):
                return world
        raise ValueError(f"no district {district_id} here")

    def live(self) -> None:
        """Catches up with the clock. To be called with `lock` held."""
        if self.lives:
            for world in self.worlds:
                timemachine.live_until(world, clock.now())

    def world_of_token(self, token: str) -> World | None:
        return next((world for world in self.worlds if token and world.token == token), None)

    def revoke_token(self, world: World) -> None:
        world.token = ""

    def rotate_token(self, world: World) -> str:
        """A new token, as after the district has authorised the app again."""
        world.token = secrets.token_hex(20)
        world.token_made = world.now()
        return world.token

    def summary(self) -> Json:
        """What a tester needs to begin with."""
        return {
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "districts": [
                {
                    "id": world.id,
                    "name": world.about["name"],
                    "token": world.token,
                    "today": f"{world.today}",
                    "schools": [
                        {
                            "id": school["id"],
                            "name": school["name"],
                            "users": len(world.view.users_of_school(school["id"])),
                        }
                        for school in world.view.lists["schools"]
                    ],
                }
                for world in self.worlds
            ],
        }
