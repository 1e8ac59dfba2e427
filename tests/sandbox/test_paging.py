"""How the sandbox's lists are cut into pages, counted and filtered."""

from urllib.parse import parse_qs, urlsplit

import pytest

from tests.clever import Clever
from tests.sandbox.asking import Json, ask, ids, link, page, users


def walk(clever: Clever, path: str) -> list[str]:
    """The ids of all pages, by their next links."""
    seen: list[str] = []
    while path:
        body = page(clever, path)
        seen += ids(body)
        path = link(body, "next")
    return seen


def query(uri: str) -> dict[str, list[str]]:
    return parse_qs(urlsplit(uri).query, keep_blank_values=True)


def test_a_page_has_a_hundred_unless_asked_and_ten_thousand_at_most(clever: Clever) -> None:
    clever.reset(size=120)
    everybody = len(clever.raw()["users"])
    assert everybody > 200
    assert len(page(clever, "/v3.1/users")["data"]) == 100
    assert len(page(clever, "/v3.1/users?limit=7")["data"]) == 7
    assert len(page(clever, "/v3.1/users?limit=10000")["data"]) == everybody


@pytest.mark.parametrize(
    ("limit", "status"),
    [("10001", 413), ("0", 400), ("-1", 400), ("many", 400), ("1.5", 400), ("²", 400)],
)
def test_a_limit_that_cannot_be_is_refused(limit: str, status: int, clever: Clever) -> None:
    answer = ask(clever, f"/v3.1/users?limit={limit}")
    assert answer.status_code == status
    assert list(answer.json()) == ["message"]


@pytest.mark.parametrize("version", ["v3.0", "v3.1"])
@pytest.mark.parametrize("limit", [7, 1000])
@pytest.mark.parametrize("collection", ["schools", "users", "sections", "terms", "courses"])
def test_following_next_gives_everything_once_in_id_order(
    collection: str, limit: int, version: str, clever: Clever
) -> None:
    known = sorted(record["id"] for record in clever.raw()[collection])
    assert walk(clever, f"/{version}/{collection}?limit={limit}") == known


def test_events_and_nested_lists_are_walked_the_same_way(clever: Clever) -> None:
    clever.advance(3)
    events = walk(clever, "/v3.1/events?limit=4")
    assert events == sorted(set(events)) == ids(page(clever, "/v3.1/events?limit=1000"))
    path = f"/v3.1/schools/{clever.schools[0].id}/users"
    assert walk(clever, f"{path}?limit=5") == ids(page(clever, f"{path}?limit=1000"))


def test_cursors_are_exclusive_and_take_the_nearest(clever: Clever) -> None:
    known = sorted(user["id"] for user in clever.raw()["users"])
    after = page(clever, f"/v3.1/users?limit=3&starting_after={known[4]}")
    assert ids(after) == known[5:8]
    before = page(clever, f"/v3.1/users?limit=3&ending_before={known[4]}")
    assert ids(before) == known[1:4]


def test_a_cursor_may_be_the_id_of_somebody_who_has_left(clever: Clever) -> None:
    known = sorted(user["id"] for user in clever.raw()["users"])
    clever.remove(known[4])
    assert ids(page(clever, f"/v3.1/users?limit=2&starting_after={known[4]}")) == known[5:7]


def test_prev_leads_back_over_the_same_pages(clever: Clever) -> None:
    first = page(clever, "/v3.1/users?limit=5")
    second = page(clever, link(first, "next"))
    assert ids(page(clever, link(second, "prev"))) == ids(first)


@pytest.mark.parametrize("version", ["v3.0", "v3.1"])
def test_links_are_relative_with_the_same_version_and_query(version: str, clever: Clever) -> None:
    asked = f"/{version}/users?role=student&limit=5"
    first = page(clever, asked)
    assert link(first, "self") == asked
    assert link(first, "prev") == ""
    onward = link(first, "next")
    last = ids(first)[-1]
    assert onward.startswith(f"/{version}/users?")
    assert query(onward) == {"role": ["student"], "limit": ["5"], "starting_after": [last]}
    second = page(clever, onward)
    assert link(second, "self") == onward
    back = {"role": ["student"], "limit": ["5"], "ending_before": [ids(second)[0]]}
    assert query(link(second, "prev")) == back
    assert query(link(second, "next")).keys() == {"role", "limit", "starting_after"}


def test_repeated_and_empty_parameters_stay_in_the_links(clever: Clever) -> None:
    clever.advance(3)
    asked = "/v3.1/events?record_type=users&record_type=sections&limit=1"
    onward = query(link(page(clever, asked), "next"))
    assert onward["record_type"] == ["users", "sections"]
    school = clever.schools[0].id
    onward = query(link(page(clever, f"/v3.1/schools/{school}/users?primary=&limit=1"), "next"))
    assert onward["primary"] == [""]


def test_there_is_a_prev_after_starting_after_though_nothing_is_there(clever: Clever) -> None:
    body = page(clever, "/v3.1/users?limit=5&starting_after=000000000000000000000000")
    assert ids(body)[0] == min(user["id"] for user in clever.raw()["users"])
    assert page(clever, link(body, "prev"))["data"] == []


def test_there_is_a_next_after_ending_before_though_nothing_is_there(clever: Clever) -> None:
    body = page(clever, "/v3.1/users?limit=5&ending_before=ffffffffffffffffffffffff")
    assert ids(body)[-1] == max(user["id"] for user in clever.raw()["users"])
    empty = page(clever, link(body, "next"))
    assert empty["data"] == []
    assert link(empty, "next") == ""


def test_the_last_page_has_no_next(clever: Clever) -> None:
    assert link(page(clever, "/v3.1/users?limit=10000"), "next") == ""
    schools = len(clever.schools)
    assert link(page(clever, f"/v3.1/schools?limit={schools}"), "next") == ""


def test_before_anything_is_shared_lists_are_empty_pages(clever: Clever) -> None:
    clever.share(schools=[])
    for collection in ("schools", "users", "sections", "terms", "courses", "resources"):
        assert page(clever, f"/v3.1/{collection}") == {
            "data": [],
            "links": [{"rel": "self", "uri": f"/v3.1/{collection}"}],
        }
    assert ids(page(clever, "/v3.1/districts")) == [clever.district.id]


@pytest.mark.parametrize("role", ["student", "teacher", "staff", "district_admin", "contact"])
def test_a_role_list_has_everybody_with_the_role(role: str, clever: Clever) -> None:
    holders = sorted(user["id"] for user in users(clever, role))
    assert holders
    assert ids(page(clever, f"/v3.1/users?role={role}&limit=10000")) == holders


def test_somebody_with_several_roles_is_in_each_of_their_lists(clever: Clever) -> None:
    several = [user for user in clever.raw()["users"] if len(user["roles"]) > 1]
    assert {"teacher", "staff", "district_admin"} == {r for user in several for r in user["roles"]}
    for user in several:
        for role in user["roles"]:
            assert user["id"] in ids(page(clever, f"/v3.1/users?role={role}&limit=10000"))


@pytest.mark.parametrize("path", ["/users", "/schools/{school}/users", "/sections/{section}/users"])
def test_an_unknown_role_is_refused(path: str, clever: Clever) -> None:
    section = clever.raw()["sections"][0]["id"]
    path = path.format(school=clever.schools[0].id, section=section)
    answer = ask(clever, f"/v3.1{path}?role=pupil")
    assert answer.status_code == 400
    assert "pupil" in answer.json()["message"]


def _guest(clever: Clever) -> Json:
    """The student of two schools."""
    return next(u for u in users(clever, "student") if len(u["roles"]["student"]["schools"]) > 1)


@pytest.mark.parametrize("primary", ["primary=true", "primary", "primary="])
def test_a_guest_is_at_both_schools_but_primary_at_one(primary: str, clever: Clever) -> None:
    guest = _guest(clever)
    home = guest["roles"]["student"]["school"]
    for school in guest["roles"]["student"]["schools"]:
        path = f"/v3.1/schools/{school}/users?role=student&limit=1000"
        assert guest["id"] in ids(page(clever, path))
        assert (guest["id"] in ids(page(clever, f"{path}&{primary}"))) == (school == home)
    own = f"/v3.1/users/{guest['id']}/schools"
    assert ids(page(clever, own)) == sorted(guest["roles"]["student"]["schools"])
    assert ids(page(clever, f"{own}?{primary}")) == [home]


def test_a_classs_users_are_its_students_and_teachers(clever: Clever) -> None:
    section = next(s for s in clever.raw()["sections"] if len(s["students"]) > 1 and s["teacher"])
    readable = {user["id"] for user in clever.raw()["users"]}
    path = f"/v3.1/sections/{section['id']}/users"
    students = sorted(readable & set(section["students"]))
    assert ids(page(clever, f"{path}?role=student")) == students
    assert ids(page(clever, f"{path}?role=teacher")) == sorted(section["teachers"])
    assert ids(page(clever, path)) == sorted([*students, *section["teachers"]])


@pytest.mark.parametrize(
    ("collection", "asked"),
    [("users", "count"), ("users", "count=true"), ("schools", "count="), ("terms", "count=true")],
)
def test_count_is_of_all_pages(collection: str, asked: str, clever: Clever) -> None:
    body = page(clever, f"/v3.1/{collection}?limit=1&{asked}")
    assert len(body["data"]) == 1
    assert body["count"] == len(clever.raw()[collection])


@pytest.mark.parametrize("asked", ["", "count=false", "count=undefined"])
def test_nothing_is_counted_unasked(asked: str, clever: Clever) -> None:
    assert "count" not in page(clever, f"/v3.1/users?{asked}")
