"""Paging, authorisation, rate limit, log-in and the time machine of the sandbox."""

import json
from typing import Any

import pytest
import requests

from roster_dash.sandbox.faults import KINDS
from roster_dash.sandbox.generate import generate
from roster_dash.sandbox.timemachine import ACTS
from tests.clever import Clever

Json = dict[str, Any]
APP = ("sandbox-client", "sandbox-secret")


def ask(clever: Clever, path: str, token: str = "") -> requests.Response:
    headers = {"Authorization": f"Bearer {token or clever.district.token}"}
    return requests.get(f"{clever.url}{path}", headers=headers, timeout=10)


def link(body: Json, rel: str) -> str:
    return next((entry["uri"] for entry in body["links"] if entry["rel"] == rel), "")


def ids(body: Json) -> list[str]:
    return [item["data"]["id"] for item in body["data"]]


def test_walking_the_pages_gives_everything_once_in_order(clever: Clever) -> None:
    seen: list[str] = []
    path = "/v3.1/users?limit=7"
    while path:
        body = ask(clever, path).json()
        seen += ids(body)
        path = link(body, "next")
    assert seen == sorted(user["id"] for user in clever.raw()["users"])


def test_cursors_are_exclusive_and_links_keep_the_query(clever: Clever) -> None:
    first = ask(clever, "/v3.1/users?role=student&limit=5").json()
    second = ask(clever, link(first, "next")).json()
    assert link(first, "next").startswith("/v3.1/users?role=student&limit=5&starting_after=")
    assert not link(first, "prev")
    assert not set(ids(first)) & set(ids(second))
    assert ids(ask(clever, link(second, "prev")).json()) == ids(first)


def test_a_cursor_may_lead_to_an_empty_page(clever: Clever) -> None:
    before_all = ask(clever, "/v3.1/users?ending_before=000").json()
    assert before_all["data"] == []
    assert link(before_all, "next")
    after_all = ask(clever, "/v3.1/users?starting_after=fff").json()
    assert after_all["data"] == []
    assert link(after_all, "prev")


def test_pages_have_a_hundred_unless_asked_and_ten_thousand_at_most(clever: Clever) -> None:
    clever.reset(size=120)
    assert len(ids(ask(clever, "/v3.1/users").json())) == 100
    assert ask(clever, "/v3.1/users?limit=10000").status_code == 200
    assert ask(clever, "/v3.1/users?limit=10001").status_code == 413
    assert ask(clever, "/v3.1/users?limit=0").status_code == 400
    assert ask(clever, "/v3.1/users?role=pupil").status_code == 400


def test_somebody_with_several_roles_is_in_each_roles_list(clever: Clever) -> None:
    both = next(u["id"] for u in clever.raw()["users"] if {"teacher", "staff"} <= set(u["roles"]))
    for role in ("teacher", "staff"):
        assert both in ids(ask(clever, f"/v3.1/users?role={role}&limit=10000").json())


@pytest.mark.parametrize("token", ["wrong", ""])
def test_without_a_right_token_nothing_is_told(token: str, clever: Clever) -> None:
    answer = requests.get(
        f"{clever.url}/v3.1/users", headers={"Authorization": f"Bearer {token}"}, timeout=10
    )
    assert answer.status_code == 401
    assert set(answer.json()) == {"message"}


def test_the_app_finds_its_districts_token_and_a_wrong_secret_does_not(clever: Clever) -> None:
    url = f"{clever.url}/oauth/tokens?owner_type=district"
    (entry,) = requests.get(url, auth=APP, timeout=10).json()["data"]
    assert (entry["owner"]["id"], entry["access_token"]) == (
        clever.district.id,
        clever.district.token,
    )
    refused = requests.get(url, auth=(APP[0], "wrong"), timeout=10)
    assert refused.status_code == 401
    assert set(refused.json()) == {"error", "error_description"}
    clever.revoke_token()
    assert requests.get(url, auth=APP, timeout=10).json()["data"] == []


def test_the_rate_limit_counts_down_to_an_empty_429(clever: Clever) -> None:
    clever.limit_rate(2, seconds=60)
    answers = [ask(clever, "/v3.1/districts") for _ in range(3)]
    assert [answer.headers["X-RateLimit-Remaining"] for answer in answers] == ["1", "0", "0"]
    assert (answers[2].status_code, answers[2].content) == (429, b"")
    assert int(answers[2].headers["X-RateLimit-Reset"]) > 0
    clever.limit_rate(1200, seconds=60)


def test_what_is_not_shared_is_404_though_classes_name_it(clever: Clever) -> None:
    first, second = clever.schools
    stranger = ask(clever, f"/v3.1/schools/{second.id}/users?role=teacher&limit=1").json()
    clever.share(schools=[first.id])
    assert ids(ask(clever, "/v3.1/schools").json()) == [first.id]
    assert ask(clever, f"/v3.1/schools/{second.id}").status_code == 404
    assert ask(clever, f"/v3.1/users/{ids(stranger)[0]}").status_code == 404
    assert ask(clever, "/v3.1/classes").headers["Content-Type"].startswith("text/html")


def test_a_log_in_code_is_good_once_and_for_its_own_address(clever: Clever) -> None:
    user = clever.raw()["users"][0]["id"]
    here = "http://127.0.0.1/back"

    def code() -> str:
        url = f"{clever.url}/oauth/authorize?redirect_uri={here}&state=s1&user={user}"
        back = requests.get(url, allow_redirects=False, timeout=10).headers["Location"]
        assert back.startswith(f"{here}?code=")
        assert back.endswith("state=s1")
        return back.split("code=")[1].split("&")[0]

    def exchange(code: str, address: str) -> requests.Response:
        form = {"code": code, "grant_type": "authorization_code", "redirect_uri": address}
        return requests.post(f"{clever.url}/oauth/tokens", form, auth=APP, timeout=10)

    assert exchange(code(), "http://elsewhere/").status_code == 400
    good = code()
    token = exchange(good, here).json()["access_token"]
    again = exchange(good, here)
    assert (again.status_code, again.json()["error_description"]) == (
        400,
        "Invalid grant: invalid code",
    )
    assert ask(clever, "/v3.1/me", token).json()["data"]["id"] == user
    assert ask(clever, f"/v3.1/users/{user}", token).status_code == 200
    assert ask(clever, "/v3.1/users", token).status_code == 404


def test_the_same_seed_makes_the_same_district() -> None:
    first, second, other = (json.dumps(generate(seed, 2, 30).objects) for seed in (1, 1, 2))
    assert first == second
    assert first != other


def test_every_change_is_an_event_with_the_old_values_inside(clever: Clever) -> None:
    student = next(u for u in clever.raw()["users"] if "student" in u["roles"])
    clever.act("rename", id=student["id"], last="Newname")
    (event,) = [item["data"] for item in ask(clever, "/v3.1/events").json()["data"]]
    assert event["type"] == "users.updated"
    assert event["data"]["object"]["name"]["last"] == "Newname"
    assert event["data"]["previous_attributes"]["name"] == student["name"]


def test_events_are_forgotten_after_thirty_days(clever: Clever) -> None:
    student = next(u for u in clever.raw()["users"] if "student" in u["roles"])
    clever.act("rename", id=student["id"])
    before = ids(ask(clever, "/v3.1/events?limit=1").json())
    clever.advance(31)
    assert before[0] not in ids(ask(clever, "/v3.1/events?limit=10000").json())


@pytest.mark.parametrize(("days", "same"), [(10, True), (301, False)])
def test_who_comes_back_late_has_another_id(days: int, same: bool, clever: Clever) -> None:
    student = next(u["id"] for u in clever.raw()["users"] if "student" in u["roles"])
    clever.act("leave", id=student)
    clever.advance(days)
    back = clever.act("return", id=student)
    assert (back["id"] == student) == same


def test_every_act_can_be_done(clever: Clever) -> None:
    special = {"return", "share_school", "unshare_school"}
    for name in ACTS:
        if name not in special:
            assert clever.act(name)["act"] == name
    school = clever.schools[1].id
    clever.act("unshare_school", school=school)
    assert school not in {shared.id for shared in clever.schools}
    clever.act("share_school", school=school)
    assert school in {shared.id for shared in clever.schools}


def test_a_new_year_raises_grades_and_renews_all_classes_and_terms(clever: Clever) -> None:
    before = clever.raw()
    grades = {
        u["id"]: u["roles"]["student"]["grade"] for u in before["users"] if "student" in u["roles"]
    }
    clever.next_year()
    after = clever.raw()
    for user in after["users"]:
        if user["id"] in grades and grades[user["id"]].isdecimal():
            assert int(user["roles"]["student"]["grade"]) == int(grades[user["id"]]) + 1
    for kind in ("sections", "terms"):
        assert not {r["id"] for r in before[kind]} & {r["id"] for r in after[kind]}


def test_every_fault_says_what_it_does_and_an_unknown_one_is_refused(clever: Clever) -> None:
    assert all(
        kind.about and kind.stage in ("before", "body", "wire", "smtp") for kind in KINDS.values()
    )
    answer = requests.post(f"{clever.url}/_sandbox/faults", json={"name": "plague"}, timeout=10)
    assert answer.status_code == 400
    assert "next-loop" in answer.json()["message"]


def test_the_inbox_shows_a_mail_on_its_pages(clever: Clever) -> None:
    assert "No mail yet" in requests.get(f"{clever.url}/inbox", timeout=10).text
    assert requests.get(f"{clever.url}/inbox/7", timeout=10).status_code == 404
