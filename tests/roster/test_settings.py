"""Settings as text, there and back, and what can't be used."""

from dataclasses import replace

import pytest
from hypothesis import given

from roster_dash.roster.errors import BadInput
from roster_dash.roster.roles import Role
from roster_dash.roster.settings import KEYS, SyncSettings, from_flat
from tests import strategies
from tests.builders import some_settings


def test_nothing_is_synced_until_somebody_chooses() -> None:
    flat = SyncSettings().flat()
    switches = [key for key in flat if key.split(".")[0] in {role.setting for role in Role}]
    assert {flat[key] for key in switches} == {"off"}
    assert (flat["contacts"], flat["class_lists"], flat["notify.emails"]) == ("off", "off", "")
    assert not SyncSettings().syncs_anything


@given(settings=strategies.settings)
def test_settings_written_as_text_read_back_the_same(settings: SyncSettings) -> None:
    assert SyncSettings().changed(settings.flat()) == settings


def test_names_with_commas_and_quotes_survive() -> None:
    settings = some_settings(class_lists__terms='"Fall, 1st half", t2')
    assert settings.class_list_terms == ("Fall, 1st half", "t2")
    assert SyncSettings().changed(settings.flat()) == settings


@pytest.mark.parametrize(
    ("key", "text", "hint"),
    [
        ("students", "maybe", "say on or off"),
        ("contacts", "emergency", "say off or primary"),
        ("schedule.time", "25:00", "HH:MM"),
        ("notify.emails", "a@b.example,nobody", "“nobody” is not an e-mail address"),
        ("notify.when", "sometimes", "always or changes or problems or never"),
        ("grace.students", "91", "from 0 to 90"),
        ("guard.removals.percent", "101", "from 0 to 100"),
        ("calendar", "summer", "say periods as"),
    ],
)
def test_a_value_that_cannot_be_used_is_named_with_what_is_allowed(
    key: str, text: str, hint: str
) -> None:
    with pytest.raises(BadInput) as error:
        SyncSettings().changed({key: text})
    assert key in error.value.message
    assert hint in error.value.message


def test_an_unknown_setting_is_told_with_the_known_ones() -> None:
    with pytest.raises(BadInput) as error:
        SyncSettings().changed({"pupils": "on"})
    assert all(key in error.value.message for key in KEYS)


def test_stored_settings_of_another_version_are_read_as_far_as_they_are_known() -> None:
    settings = from_flat({"students": "on", "of.tomorrow": "yes"})
    assert settings.students.sync
    assert settings.schedule_time == "02:00"


def test_several_roles_follow_the_first_enabled_one() -> None:
    settings = some_settings(teachers="on", students="on")
    assert settings.deciding_role((Role.STAFF, Role.TEACHER)) is Role.TEACHER
    assert settings.deciding_role((Role.ADMIN,)) is None


@pytest.mark.parametrize("name", ['a "b", c', 'say "hi"', "plain", "O’Brien, 1st"])
def test_any_name_of_a_term_survives_being_written_and_read(name: str) -> None:
    settings = replace(SyncSettings(), class_list_terms=(name, "t2"))
    assert SyncSettings().changed(settings.flat()) == settings


@pytest.mark.parametrize("text", ["a@x.example\nb@x.example", "a@x.example\r\n b@x.example, "])
def test_addresses_may_come_one_to_a_line(text: str) -> None:
    assert some_settings(notify__emails=text).notify_emails == ("a@x.example", "b@x.example")


@pytest.mark.parametrize(
    "text", ["é@x.example", f"{'a' * 300}@x.example", '"a@x.example', "a\x00b"]
)
def test_an_address_that_no_mail_server_takes_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        some_settings(notify__emails=text)


def test_a_pause_is_a_date_or_nothing() -> None:
    assert some_settings(pause__until="2027-01-04").flat()["pause.until"] == "2027-01-04"
    assert some_settings(pause__until="").pause_until is None
    with pytest.raises(BadInput):
        some_settings(pause__until="Monday")
