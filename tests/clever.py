"""The sandbox Clever as tests use it: a running server, and a hand on its controls."""

from dataclasses import dataclass
from typing import Any

import requests

from roster_dash.sandbox.server import Server
from roster_dash.sandbox.state import CLIENT_ID, CLIENT_SECRET


@dataclass(frozen=True, slots=True)
class Shared:
    """A district or a school: its id in Clever and its name."""

    id: str
    name: str
    token: str = ""


class Clever:
    def __init__(self, server: Server) -> None:
        self._server = server
        self.url = server.url
        self.smtp_port = server.smtp_port

    @property
    def environment(self) -> dict[str, str]:
        """What an installation needs to use this sandbox and its inbox."""
        return {
            "CLEVER_API_URL": self.url,
            "CLEVER_AUTH_URL": self.url,
            "CLEVER_CLIENT_ID": CLIENT_ID,
            "CLEVER_CLIENT_SECRET": CLIENT_SECRET,
            "MAIL_SERVER": "127.0.0.1",
            "MAIL_PORT": str(self.smtp_port),
        }

    @property
    def district(self) -> Shared:
        about = self._state()
        return Shared(about["id"], about["name"], about["token"])

    @property
    def schools(self) -> list[Shared]:
        return [Shared(school["id"], school["name"]) for school in self._state()["schools"]]

    @property
    def today(self) -> str:
        return str(self._state()["today"])

    def reset(self, seed: int = 1, schools: int = 2, size: int | None = 30) -> None:
        self._post("reset", {"seed": seed, "schools": schools, "size": size, "districts": 1})

    def raw(self, district: str = "") -> Any:
        """Every shared object of a district (the first) as v3.1 has it, by collection."""
        return self._ask("GET", f"raw?district={district}")

    @property
    def districts(self) -> list[tuple[Shared, list[Shared]]]:
        """Each district with its schools."""
        return [
            (
                Shared(about["id"], about["name"], about["token"]),
                [Shared(school["id"], school["name"]) for school in about["schools"]],
            )
            for about in self._ask("GET", "state")["districts"]
        ]

    def live(self, on: bool) -> None:
        """From now on its districts go by the clock; or they stay as they are."""
        self._post("time", {"lives": on})

    def advance(self, days: int) -> None:
        self._post("time", {"days": days})

    def next_year(self) -> None:
        self._post("time", {"next_year": True})

    def act(self, name: str, **values: Any) -> dict[str, Any]:
        happened: dict[str, Any] = self._post("time", {"act": name, **values})["happened"][0]
        return happened

    def change(self, object_id: str, values: dict[str, Any]) -> None:
        """Sets values by dotted path."""
        self._ask("PUT", f"objects/{object_id}", {"set": values})

    def remove(self, object_id: str) -> None:
        self._ask("DELETE", f"objects/{object_id}")

    def share(self, **values: Any) -> None:
        self._post("sharing", values)

    def fault(self, name: str, **values: Any) -> None:
        self._post("faults", {"name": name, **values})

    def mend(self) -> None:
        self._ask("DELETE", "faults")

    def revoke_token(self) -> None:
        self._post("tokens", {"revoke": ""})

    def rotate_token(self) -> None:
        self._post("tokens", {"rotate": ""})

    def limit_rate(self, limit: int, seconds: int) -> None:
        self._post("rate", {"limit": limit, "seconds": seconds})

    def requested(self) -> list[str]:
        """The addresses that the Data API was asked for."""
        return [entry["path"] for entry in self._ask("GET", "requests")]

    def forget_requests(self) -> None:
        self._ask("DELETE", "requests")

    def inbox(self) -> list[dict[str, Any]]:
        """The mails that came, newest first."""
        mails: list[dict[str, Any]] = requests.get(f"{self.url}/inbox.json", timeout=10).json()
        return mails

    def raw_mail(self, mail_id: int) -> str:
        return requests.get(f"{self.url}/inbox/{mail_id}/raw", timeout=10).text

    def _state(self) -> dict[str, Any]:
        about: dict[str, Any] = self._ask("GET", "state")["districts"][0]
        return about

    def _post(self, path: str, sent: dict[str, Any]) -> Any:
        return self._ask("POST", path, sent)

    def _ask(self, method: str, path: str, sent: dict[str, Any] | None = None) -> Any:
        answer = requests.request(method, f"{self.url}/_sandbox/{path}", json=sent, timeout=30)
        assert answer.ok, answer.text
        return answer.json()
