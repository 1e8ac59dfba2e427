"""Asking the sandbox's API as a client does."""

from typing import Any

import requests

from roster_dash.sandbox.state import CLIENT_ID, CLIENT_SECRET
from tests.clever import Clever

Json = dict[str, Any]
APP = (CLIENT_ID, CLIENT_SECRET)


def ask(clever: Clever, path: str, token: str | None = None) -> requests.Response:
    """With the district's token unless another one is given; "" sends none."""
    token = clever.district.token if token is None else token
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return requests.get(f"{clever.url}{path}", headers=headers, timeout=10)


def page(clever: Clever, path: str) -> Json:
    """The body of a 200."""
    answer = ask(clever, path)
    assert answer.status_code == 200, (path, answer.text)
    body: Json = answer.json()
    return body


def ids(body: Json) -> list[str]:
    return [item["data"]["id"] for item in body["data"]]


def link(body: Json, rel: str) -> str:
    """A link's address, "" where there is none."""
    return next((entry["uri"] for entry in body["links"] if entry["rel"] == rel), "")


def users(clever: Clever, role: str) -> list[Json]:
    return [user for user in clever.raw()["users"] if role in user["roles"]]
