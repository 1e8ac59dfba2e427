"""No setting is idle in silence."""

import pytest

from roster_dash.roster.idle import idle_settings
from tests.builders import some_settings

WORKING = {
    "students": "on",
    "students__auto_update": "on",
    "contacts": "primary",
    "class_lists": "on",
    "class_lists__terms": "all",
    "class_lists__grades": "all",
    "notify__emails": "a@x.example",
    "notify__digest": "on",
}


def test_settings_that_all_do_something_are_not_spoken_of() -> None:
    assert idle_settings(some_settings(**WORKING)) == []


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"students": "off"}, "Students: Auto update does nothing while Sync is off."),
        ({"students": "off"}, "Primary parent contact does nothing while Students is off."),
        ({"students": "off"}, "Class lists have no students on them while Students is off."),
        (
            {"staff__archive": "on", "staff__auto_update": "on"},
            "Staff: Auto update and Archive do nothing while Sync is off.",
        ),
        ({"auto_update__fields": ""}, "Auto update does nothing: choose what it may change."),
        ({"class_lists__terms": ""}, "Class lists make nothing until terms are chosen."),
        ({"class_lists__grades": ""}, "Class lists make nothing until grades are chosen."),
        ({"notify__emails": ""}, "The weekly digest goes to nobody"),
        ({"notify__digest": "off", "notify__when": "never"}, "get no mail while When is Never"),
        ({"schedule__enabled": "off"}, "Changes during the day are not followed"),
        ({"students": "off", "class_lists": "off"}, "No daily sync is planned"),
    ],
)
def test_an_idle_setting_is_told_with_what_would_make_it_work(
    change: dict[str, str], says: str
) -> None:
    told = idle_settings(some_settings(**(WORKING | change)))
    assert any(says in sentence for sentence in told), told
