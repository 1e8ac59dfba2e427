"""The OneRoster look-alike: what the two versions say, and that its switches switch something."""

from typing import Any

import pytest
import requests

from roster_dash.sandbox.oneroster.access import STATIC_TOKEN
from roster_dash.sandbox.oneroster.server import V1P1, V1P2, Server
from roster_dash.sandbox.oneroster.switches import Switches

COLLECTIONS = ("orgs", "academicSessions", "courses", "classes", "users", "enrollments")


@pytest.fixture
def server(look_alike: Server) -> Server:
    look_alike.provider.reset()
    return look_alike


def ask(server: Server, collection: str, base: str = V1P2, **query: int) -> requests.Response:
    headers = {"Authorization": f"Bearer {STATIC_TOKEN}"}
    address = f"{server.url}{base}/{collection}"
    return requests.get(address, params=query, headers=headers, timeout=10)


def told(server: Server) -> list[tuple[int, Any, dict[str, str]]]:
    """All that it answers to some questions, but for the moment at which it does."""
    questions = [
        *((name, base, {"limit": 3, "offset": 0}) for name in COLLECTIONS for base in (V1P1, V1P2)),
        *(("users", V1P2, {"limit": 3, "offset": offset}) for offset in (3, 99)),
        ("enrollments", V1P2, {"limit": 3, "offset": 3}),
    ]
    answers = [ask(server, name, base, **query) for name, base, query in questions]
    kept = ("X-Total-Count", "X-Count", "Link", "X-Perm-Rev", "Retry-After")
    return [
        (each.status_code, body_of(each), {name: each.headers.get(name, "") for name in kept})
        for each in answers
    ]


def body_of(answer: requests.Response) -> Any:
    is_json = answer.headers["Content-Type"] == "application/json"
    return answer.json() if is_json else answer.text


@pytest.mark.parametrize("base", [V1P1, V1P2])
@pytest.mark.parametrize("name", COLLECTIONS)
def test_a_collection_comes_in_its_envelope_with_its_total(
    base: str, name: str, server: Server
) -> None:
    answer = ask(server, name, base)
    assert list(answer.json()) == [name]
    assert answer.headers["X-Total-Count"] == str(len(answer.json()[name])) != "0"


def test_a_user_has_a_role_and_organizations_in_1_1_and_roles_in_1_2(server: Server) -> None:
    (old,) = ask(server, "users", V1P1, limit=1).json()["users"]
    (new,) = ask(server, "users", V1P2, limit=1).json()["users"]
    assert (old["role"], old["orgs"][0]["sourcedId"], "roles" in old) == (
        "student",
        "org-hill",
        False,
    )
    assert new["roles"][0]["org"] == old["orgs"][0]
    assert not {"role", "orgs"} & set(new)


def test_a_hundred_records_are_a_page_where_nobody_says_otherwise(server: Server) -> None:
    first = server.provider.world["users"][0]
    server.provider.world["users"] = [first | {"sourcedId": f"u{n:03}"} for n in range(150)]
    assert len(ask(server, "users").json()["users"]) == 100


def test_nobody_is_let_in_without_a_token(server: Server) -> None:
    answer = requests.get(f"{server.url}{V1P2}/users", timeout=10)
    assert (answer.status_code, answer.json()["imsx_codeMajor"]) == (401, "failure")


def test_former_records_are_shown_on_demand_only(server: Server) -> None:
    shown = {each["sourcedId"] for each in ask(server, "users").json()["users"]}
    server.provider.switches.shows_gone = True
    all_there_is = {each["sourcedId"] for each in ask(server, "users").json()["users"]}
    assert all_there_is - shown == {"user-left"}


VALUES: dict[str, Any] = {
    "clamp": 2,
    "largest_limit": 2,
    "total_header": "",
    "page_count_header": "X-Count",
    "total_off_by": 1,
    "total_falls": 3,
    "agents_at": "contact",
    "blanks": "null",
    "missing_envelope": "users",
    "null_envelope": "users",
    "fails_after": 2,
    "missing_collection": "users",
    "booleans_as_texts": "TRUE",
    "revisions": 2,
    "roleless": "*",
    "doubles": "users",
    "dangling": "users",
    "empties": "users",
    "cuts": "users",
    "empty_after": 1,
}
TOGETHER: dict[str, dict[str, Any]] = {
    "gone_status": {"gone_status": "inactive", "shows_gone": True},
    "link_host": {"link_host": "http://elsewhere.example", "links": True},
    "ignores_sort": {"ignores_sort": True, "reshuffles": True},
    "next_word": {"next_word": "Next", "links": True},
    "failures": {"failures": 2, "fails_after": 2},
    "failure_status": {"failure_status": 400, "fails_after": 2},
    "retry_after": {"retry_after": 3, "fails_after": 2, "failure_status": 429},
    "failure_body": {"failure_body": "page", "fails_after": 2},
}
OF_TOKENS = ("expires_tokens_after", "gives_tokens")


@pytest.mark.parametrize("name", [name for name in Switches.__slots__ if name not in OF_TOKENS])
def test_every_switch_makes_a_difference(name: str, server: Server) -> None:
    usual = told(server)
    server.provider.reset()
    for each, value in TOGETHER.get(name, {name: VALUES.get(name, True)}).items():
        setattr(server.provider.switches, each, value)
    assert told(server) != usual
