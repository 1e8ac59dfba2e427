"""One record of a provider's JSON as ours, in all the forms in which they write them."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roster_dash.sources.oneroster import api_records as records
from roster_dash.sources.oneroster.records import RoleAt, UserRecord

READERS = (
    records.read_org,
    records.read_session,
    records.read_course,
    records.read_class,
    records.read_user,
    records.read_enrollment,
)


def ref(sourced_id: str) -> dict[str, str]:
    return {"href": "", "sourcedId": sourced_id, "type": "x"}


def test_text_is_trimmed_and_numbers_are_text() -> None:
    user = records.read_user("u", {"givenName": " Ana ", "identifier": 1001, "email": None})
    assert (user.given_name, user.identifier, user.email) == ("Ana", "1001", "")


def test_a_password_is_not_kept() -> None:
    assert "hush" not in repr(records.read_user("u", {"password": "hush"}))


@pytest.mark.parametrize("no", [False, "false", "False", "FALSE"])
def test_booleans_may_be_texts(no: Any) -> None:
    assert not records.read_user("u", {"enabledUser": no}).is_enabled
    assert not records.read_enrollment("e", {"primary": no}).is_primary


@pytest.mark.parametrize("yes", [True, "true", "True"])
def test_yes_may_be_a_text_too(yes: Any) -> None:
    assert records.read_user("u", {"enabledUser": yes}).is_enabled
    assert records.read_enrollment("e", {"primary": yes}).is_primary


@pytest.mark.parametrize("grades", [["09", " 10 ", "", None], "09, 10"])
def test_a_list_may_be_one_text_with_commas(grades: Any) -> None:
    assert records.read_class("c", {"grades": grades}).grades == ("09", "10")


@pytest.mark.parametrize("terms", [[ref("t1")], ["t1"], ref("t1"), "t1", [ref("t1"), {}, None]])
def test_a_reference_may_be_an_object_or_an_id_alone(terms: Any) -> None:
    assert records.read_class("c", {"terms": terms}).term_ids == ("t1",)


@pytest.mark.parametrize(
    ("said", "day"),
    [
        ("2026-09-01", date(2026, 9, 1)),
        ("2026-09-01T00:00:00.000Z", date(2026, 9, 1)),
        ("", None),
        (None, None),
        ("09/01/2026", None),
        ("2026-13-01", None),
        (20260901, date(2026, 9, 1)),
        ({"date": "2026-09-01"}, None),
    ],
)
def test_a_day_that_cannot_be_read_is_unknown(said: Any, day: date | None) -> None:
    assert records.read_enrollment("e", {"endDate": said}).end == day


def test_the_one_role_of_1_1_is_held_at_each_organization() -> None:
    user = {"role": "teacher", "orgs": [ref("a"), ref("b")]}
    assert records.read_user("u", user).roles == (RoleAt("teacher", "a"), RoleAt("teacher", "b"))
    assert records.read_user("u", {"role": "teacher"}).roles == (RoleAt("teacher", ""),)
    assert records.read_user("u", {"orgs": [ref("a")]}).roles == ()


def test_the_roles_of_1_2_have_their_own_organizations_and_days() -> None:
    stated = {
        "roleType": "primary",
        "role": "aide",
        "org": ref("a"),
        "beginDate": "2026-09-01",
        "endDate": "2027-06-01",
    }
    user = records.read_user("u", {"roles": [stated, {"role": "student"}, "nonsense"]})
    assert user.roles == (
        RoleAt("aide", "a", is_primary=True, start=date(2026, 9, 1), end=date(2027, 6, 1)),
        RoleAt("student", ""),
    )


def test_roles_are_taken_where_both_are_stated() -> None:
    """Some providers that move from 1.1 to 1.2 send the one beside the other."""
    both = {"role": "student", "orgs": [ref("a")], "roles": [{"role": "teacher", "org": ref("b")}]}
    assert records.read_user("u", both).roles == (RoleAt("teacher", "b"),)


@pytest.mark.parametrize("status", ["tobedeleted", "ToBeDeleted", "inactive", " inactive "])
def test_records_that_are_to_go_are_not_there(status: str) -> None:
    assert not records.is_there({"status": status})
    assert records.is_there({"status": "active"})
    assert records.is_there({})


NAMES = st.sampled_from(
    ["name", "grades", "terms", "roles", "role", "orgs", "agents", "user", "endDate", "primary"]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda each: st.lists(each, max_size=3) | st.dictionaries(NAMES | st.text(), each, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(NAMES, JSON))
def test_whatever_a_record_has_in_it_can_be_read(record: dict[str, Any]) -> None:
    for read in READERS:
        read("x", record)
    assert isinstance(records.read_user("x", record), UserRecord)


def test_what_no_database_takes_is_left_out_of_a_text() -> None:
    assert records.read_user("u", {"givenName": "A\0b "}).given_name == "Ab"
