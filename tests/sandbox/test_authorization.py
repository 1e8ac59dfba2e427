"""Who may ask the sandbox what, how often, and how somebody logs in."""

from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from roster_dash.sandbox import oauth, state
from tests.clever import Clever
from tests.sandbox.asking import APP, Json, ask, ids, page, users

HERE = "http://127.0.0.1/back"
RATE_HEADERS = ("Limit", "Remaining", "Reset", "Bucket")


def tokens(clever: Clever, query: str = "owner_type=district") -> list[Json]:
    answer = requests.get(f"{clever.url}/oauth/tokens?{query}", auth=APP, timeout=10)
    assert answer.status_code == 200
    entries: list[Json] = answer.json()["data"]
    return entries


# The district's token.


@pytest.mark.parametrize("sent", [None, "Bearer wrong", "Bearer ", "Basic eDp5", "wrong"])
def test_without_a_right_token_nothing_is_told(sent: str | None, clever: Clever) -> None:
    headers = {"Authorization": sent} if sent else {}
    for path in ("/v3.1/users", "/v3.0/districts", "/v3.1/classes", "/v3.1/me"):
        answer = requests.get(f"{clever.url}{path}", headers=headers, timeout=10)
        assert answer.status_code == 401
        assert list(answer.json()) == ["message"]


def test_the_app_finds_its_districts_token(clever: Clever) -> None:
    (entry,) = tokens(clever)
    assert entry["owner"] == {"type": "district", "id": clever.district.id}
    assert entry["access_token"] == clever.district.token
    assert len(entry["access_token"]) == 40
    assert "read:student_contacts" in entry["scopes"]
    assert tokens(clever, f"district={clever.district.id}") == [entry]
    assert tokens(clever, "district=someone-else") == []


@pytest.mark.parametrize("app", [None, (APP[0], "wrong"), ("wrong", APP[1])])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_another_app_gets_no_tokens(
    method: str, app: tuple[str, str] | None, clever: Clever
) -> None:
    answer = requests.request(method, f"{clever.url}/oauth/tokens", auth=app, timeout=10)
    assert answer.status_code == 401
    assert answer.json().keys() == {"error", "error_description"}


def test_after_a_rotation_only_the_new_token_is_good(clever: Clever) -> None:
    old = clever.district.token
    clever.rotate_token()
    (entry,) = tokens(clever)
    assert entry["access_token"] != old
    assert ask(clever, "/v3.1/users", old).status_code == 401
    assert ask(clever, "/v3.1/users", entry["access_token"]).status_code == 200


def test_a_revoked_token_is_refused_and_not_listed(clever: Clever) -> None:
    old = clever.district.token
    clever.revoke_token()
    assert ask(clever, "/v3.1/users", old).status_code == 401
    assert tokens(clever) == []


def test_tokeninfo_knows_good_tokens_only(clever: Clever) -> None:
    assert ask(clever, "/oauth/tokeninfo").json()["client_id"] == APP[0]
    assert ask(clever, "/oauth/tokeninfo", "wrong").status_code == 401


# The rate limit.


def test_every_answer_says_how_many_requests_are_left(clever: Clever) -> None:
    paths = ("/v3.1/users", "/v3.1/users/nobody", "/v3.1/classes", "/v3.1/users?limit=0")
    for used, path in enumerate(paths, 1):
        headers = ask(clever, path).headers
        assert [f"X-RateLimit-{name}" in headers for name in RATE_HEADERS] == [True] * 4
        assert headers["X-RateLimit-Limit"] == "1200"
        assert headers["X-RateLimit-Remaining"] == str(1200 - used)


def test_over_the_limit_is_an_empty_429_until_the_window_is_over(
    clever: Clever, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = 1_000_000.5
    monkeypatch.setattr(state, "time", SimpleNamespace(time=lambda: moment))
    clever.limit_rate(2, seconds=1)
    answers = [ask(clever, "/v3.1/districts") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    over = answers[2]
    assert over.content == b""
    assert [over.headers[f"X-RateLimit-{name}"] for name in RATE_HEADERS] == [
        "2",
        "0",
        "1000001",
        "sandbox",
    ]
    assert "Retry-After" not in over.headers
    moment = float(over.headers["X-RateLimit-Reset"])
    assert ask(clever, "/v3.1/districts").headers["X-RateLimit-Remaining"] == "1"


def test_each_token_has_a_window_of_its_own(clever: Clever) -> None:
    mine = log_in(clever, users(clever, "student")[0]["id"])
    clever.limit_rate(1, seconds=60)
    assert ask(clever, "/v3.1/districts").status_code == 200
    assert ask(clever, "/v3.1/districts").status_code == 429
    assert ask(clever, "/v3.1/me", mine).status_code == 200


# What isn't there or isn't shared.


def test_what_is_not_shared_is_404_though_others_still_name_it(clever: Clever) -> None:
    first, second = clever.schools
    guest = next(u for u in users(clever, "student") if len(u["roles"]["student"]["schools"]) > 1)
    before = clever.raw()
    clever.share(schools=[first.id])
    after = clever.raw()
    gone = next(s["id"] for s in before["sections"] if s["school"] == second.id)
    stranger = next(u for u in before["users"] if u not in after["users"])
    assert ids(page(clever, "/v3.1/schools")) == [first.id]
    for path in (f"/schools/{second.id}", f"/sections/{gone}", f"/users/{stranger['id']}"):
        answer = ask(clever, f"/v3.1{path}")
        assert (answer.status_code, list(answer.json())) == (404, ["message"])
    shown = page(clever, f"/v3.1/users/{guest['id']}")["data"]
    assert second.id in shown["roles"]["student"]["schools"]


def test_a_class_names_students_who_cannot_be_read(clever: Clever) -> None:
    readable = {user["id"] for user in clever.raw()["users"]}
    named = {key for section in clever.raw()["sections"] for key in section["students"]}
    assert named - readable
    for key in named - readable:
        assert ask(clever, f"/v3.1/users/{key}").status_code == 404


def test_sharing_sections_shares_their_people_only(clever: Clever) -> None:
    section = next(s for s in clever.raw()["sections"] if s["students"] and s["teacher"])
    clever.share(sections=[section["id"]])
    raw = clever.raw()
    assert [s["id"] for s in raw["sections"]] == [section["id"]]
    members = {u["id"] for u in raw["users"] if {"student", "teacher"} & u["roles"].keys()}
    assert members <= {*section["students"], *section["teachers"]} | {
        u["id"] for u in raw["users"] if {"staff", "district_admin"} & u["roles"].keys()
    }


@pytest.mark.parametrize(("switch", "role"), [("staff", "staff"), ("contacts", "contact")])
def test_staff_and_contacts_are_shared_only_if_ticked(
    switch: str, role: str, clever: Clever
) -> None:
    clever.share(**{switch: False})
    assert page(clever, f"/v3.1/users?role={role}")["data"] == []
    assert page(clever, "/v3.1/users?role=teacher")["data"]


def test_a_field_that_is_not_shared_is_absent_in_lists_and_events(clever: Clever) -> None:
    clever.share(hidden_fields=["email", "roles.student.student_number"])
    clever.act("rename", last="Newname")
    for user in clever.raw()["users"]:
        assert "email" not in user
        assert "student_number" not in user["roles"].get("student", {})
    event = page(clever, "/v3.1/events")["data"][-1]["data"]
    assert "email" not in event["data"]["object"]
    assert "student_number" not in event["data"]["object"]["roles"]["student"]


def test_events_tell_nothing_of_what_is_not_shared(clever: Clever) -> None:
    first, second = clever.schools
    theirs = next(
        u["id"] for u in users(clever, "student") if u["roles"]["student"]["schools"] == [second.id]
    )
    clever.share(schools=[first.id])
    clever.act("rename", id=theirs)
    clever.act("leave", id=theirs)
    assert page(clever, "/v3.1/events")["data"] == []


def test_who_moves_to_an_unshared_school_is_deleted_and_back_is_created(clever: Clever) -> None:
    first, second = clever.schools
    ours = next(
        u["id"] for u in users(clever, "student") if u["roles"]["student"]["schools"] == [first.id]
    )
    clever.share(schools=[first.id])
    for school in (second.id, first.id):
        clever.act("move", id=ours, school=school)
    events = [item["data"] for item in page(clever, "/v3.1/events?record_type=users")["data"]]
    about = [event["type"] for event in events if event["data"]["object"]["id"] == ours]
    assert about == ["users.deleted", "users.created"]


@pytest.mark.parametrize("path", ["/v3.1/classes", "/v3.1/users/x/y/z", "/v2.1/users", "/v3.1/"])
def test_an_unknown_endpoint_is_a_web_page(path: str, clever: Clever) -> None:
    answer = ask(clever, path)
    assert answer.status_code == 404
    assert answer.headers["Content-Type"].startswith("text/html")


# Logging in.


def launch(clever: Clever, path: str, **query: str) -> dict[str, str]:
    """What the browser brings back to the app."""
    answer = requests.get(
        f"{clever.url}{path}",
        {"redirect_uri": HERE, **query},
        allow_redirects=False,
        timeout=10,
    )
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith(f"{HERE}?")
    brought = parse_qs(urlsplit(answer.headers["Location"]).query)
    return {name: values[0] for name, values in brought.items()}


def exchange(clever: Clever, code: str, address: str = HERE) -> requests.Response:
    form = {"code": code, "grant_type": "authorization_code", "redirect_uri": address}
    return requests.post(f"{clever.url}/oauth/tokens", form, auth=APP, timeout=10)


def log_in(clever: Clever, user: str) -> str:
    code = launch(clever, "/oauth/authorize", user=user, state="s")["code"]
    return str(exchange(clever, code).json()["access_token"])


def test_somebody_who_logs_in_brings_a_code_and_our_state(clever: Clever) -> None:
    user = users(clever, "teacher")[0]["id"]
    brought = launch(clever, "/oauth/authorize", user=user, state="a state&more")
    assert brought.keys() == {"code", "state"}
    assert brought["state"] == "a state&more"
    token = exchange(clever, brought["code"]).json()["access_token"]
    assert token.startswith("il")


def test_a_code_may_be_sent_as_json(clever: Clever) -> None:
    code = launch(clever, "/oauth/authorize", user=users(clever, "staff")[0]["id"])["code"]
    sent = {"code": code, "grant_type": "authorization_code", "redirect_uri": HERE}
    answer = requests.post(f"{clever.url}/oauth/tokens", json=sent, auth=APP, timeout=10)
    assert answer.status_code == 200


@pytest.mark.parametrize("spoilt", ["used before", "another address", "too late", "made up"])
def test_a_code_is_good_once_soon_and_at_its_own_address(
    spoilt: str, clever: Clever, monkeypatch: pytest.MonkeyPatch
) -> None:
    if spoilt == "too late":
        monkeypatch.setattr(oauth, "CODE_SECONDS", -1)
    code = launch(clever, "/oauth/authorize", user=users(clever, "teacher")[0]["id"])["code"]
    if spoilt == "used before":
        assert exchange(clever, code).status_code == 200
    answer = exchange(
        clever,
        "made-up" if spoilt == "made up" else code,
        "http://127.0.0.1/elsewhere" if spoilt == "another address" else HERE,
    )
    assert answer.status_code == 400
    assert answer.json()["error_description"] == "Invalid grant: invalid code"


def test_without_a_chosen_user_there_is_a_page_to_choose(clever: Clever) -> None:
    answer = requests.get(
        f"{clever.url}/oauth/authorize", {"redirect_uri": HERE, "state": "s"}, timeout=10
    )
    assert answer.status_code == 200
    teacher = users(clever, "teacher")[0]
    assert teacher["id"] in answer.text
    assert teacher["name"]["last"] in answer.text


def test_a_launch_from_the_portal_has_a_code_without_state(clever: Clever) -> None:
    user = users(clever, "teacher")[0]["id"]
    brought = launch(clever, "/_sandbox/launch", user=user)
    assert brought.keys() == {"code"}
    assert exchange(clever, brought["code"]).status_code == 200


def test_somebody_unshared_brings_an_error_instead_of_a_code(clever: Clever) -> None:
    brought = launch(clever, "/oauth/authorize", user="nobody", state="s")
    assert brought == {"error": "unauthorized-user", "state": "s"}


@pytest.mark.parametrize("path", ["/me", "/v3.0/me", "/v3.1/me"])
def test_me_says_who_has_logged_in(path: str, clever: Clever) -> None:
    user = users(clever, "teacher")[0]["id"]
    body = ask(clever, path, log_in(clever, user)).json()
    assert body["type"] == "user"
    assert body["data"]["id"] == user
    assert body["data"]["district"] == clever.district.id


def test_userinfo_says_name_email_and_type(clever: Clever) -> None:
    user = next(u for u in users(clever, "teacher") if u.get("email"))
    told = ask(clever, "/userinfo", log_in(clever, user["id"])).json()
    assert told["sub"] == told["multi_role_user_id"] == user["id"]
    assert (told["user_type"], told["email"], told["name"]) == (
        "teacher",
        user["email"],
        user["name"],
    )
    assert ask(clever, "/userinfo").status_code == 401


def test_the_districts_token_is_nobody(clever: Clever) -> None:
    assert ask(clever, "/v3.1/me").status_code == 404


def test_the_token_of_a_user_reads_themselves_and_their_district_only(clever: Clever) -> None:
    mine, other = (user["id"] for user in users(clever, "teacher")[:2])
    token = log_in(clever, mine)
    for path in (f"/users/{mine}", f"/districts/{clever.district.id}"):
        assert ask(clever, f"/v3.1{path}", token).status_code == 200
    for path in ("/users", "/users?limit=5", "/schools", f"/users/{other}", "/events"):
        answer = ask(clever, f"/v3.1{path}", token)
        assert answer.status_code == 404
        assert answer.headers["Content-Type"].startswith("text/html")
