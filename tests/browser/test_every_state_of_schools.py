"""Every state of a school’s people, lists and settings: nobody, three, three thousand."""

import pytest

from tests.browser.staging import (
    Stage,
    State,
    choose,
    choose_csv,
    fill,
    one_after_another,
    open_all,
    press,
    search,
    switch,
    tick_first,
    unchecked,
)
from tests.browser.town import (
    OWNER,
    UNBROKEN,
    Town,
    add_people,
    add_policy,
)
from tests.builders import a_student

pytestmark = pytest.mark.browser


def test_people_and_lists(town: Town, stage: Stage) -> None:
    add_people(town)
    town.looked_at()
    part = {"who": OWNER, "within": "main"}
    crowd, empty = "/schools/{crowd}", "/schools/{empty}"
    nameless = fill({"First name": "", "Last name": ""}, "Save")
    stage.play(
        [
            State("nothing synced yet", f"{empty}/rostering", "Nothing is synced yet.", who=OWNER),
            *(
                State(f"nothing under {name}", f"{empty}/{name}", shows, **part)
                for name, shows in (
                    ("people", "Nobody here yet"),
                    ("lists", "No list yet"),
                    ("history", "No run yet"),
                    ("why", "Ask about one person"),
                    ("past", "Choose a day"),
                    ("past?at=2026-01-01", "Nobody then"),
                )
            ),
            State(
                "no drill without an answer",
                f"{empty}/drill",
                "Clever",
                press("Run the drill"),
                OWNER,
                422,
                "main",
            ),
            State("three people", "/schools/{three}/people", "3 people", who=OWNER),
            State("three thousand people", f"{crowd}/people", "2,989 people", who=OWNER),
            State("their second page", f"{crowd}/people", "First", press("More"), **part),
            State("found while typing", f"{crowd}/people", "8 people", search("odd-"), **part),
            State(
                "nobody found", f"{crowd}/people", "Nobody found", search(UNBROKEN + "?"), **part
            ),
            State(
                "an empty filter",
                f"{crowd}/people",
                "Nobody here fits",
                choose("Role", "staff"),
                **part,
            ),
            State("the second page of lists", f"{crowd}/lists", "First", press("More"), **part),
            State("no list found", f"{crowd}/lists", "No list found", search("nothing"), **part),
            State("a full list", "/lists/{crowd_list}?q=odd-", "Add as manager", **part),
            State(
                "nobody for a list",
                "/lists/{crowd_list}?q=nobody-at-all",
                "Nobody here fits",
                **part,
            ),
            State("set by hand", "/people/{crowd_person}", "Set here.", who=OWNER),
            State(
                "a person without a name",
                "/people/{crowd_person}",
                "A person needs a name",
                nameless,
                **part,
                status=422,
            ),
            State("one person’s data", "/people/{crowd_person}/privacy", "Not yet", **part),
            State(
                "not sure to erase",
                "/people/{crowd_person}/privacy",
                "Tick that you mean it",
                fill({}, "Erase this person"),
                **part,
                status=422,
            ),
            State(
                "the countdown of leavers",
                "/schools/{leaving}/people?status=leaving",
                "more healthy sync",
                **part,
            ),
            State("somebody leaving", "/people/{leaves}", "Leaving soon.", **part),
            State("somebody kept", "/people/{stays}", "Kept here.", **part),
            State("somebody left out", "/people/{left_out}", "Left out of the sync.", **part),
            State("somebody archived", "/people/{archived}", "Archived.", **part),
            State(
                "a snooze that is no day",
                "/people/{leaves}",
                "is no day from tomorrow",
                fill({"Let them stay until": "2001-01-01"}, "Snooze"),
                **part,
            ),
            State(
                "changed together",
                "/schools/{three}/people",
                "Left out of the sync: nothing",
                one_after_another(
                    tick_first, choose("With those chosen", "leave_out"), press("Do it")
                ),
                **part,
            ),
            State(
                "a person to add",
                f"{crowd}/people/new",
                "A person needs a name",
                press("Add", "Add"),
                **part,
                status=422,
            ),
            State(
                "a file that can’t be used",
                f"{crowd}/people/import",
                "Nothing can be added yet.",
                choose_csv(f"first_name,last_name,role\n{UNBROKEN},B,{UNBROKEN}\n"),
                **part,
            ),
            State(
                "a file that can",
                f"{crowd}/people/import",
                "would be added",
                choose_csv(f"first_name,last_name,role\nA,{UNBROKEN},student\n"),
                **part,
            ),
            State("why", f"{crowd}/why?q=odd-0", "Who can change it", open_all, **part),
            State("why, of somebody unknown", f"{crowd}/why?q=nobody-at-all", "nobody", **part),
            State("why, of nothing", f"{crowd}/why?q=x", "two characters", **part, status=422),
            State("people of a day", f"{crowd}/past?at={{today}}", "As of", **part),
            State(
                "lists of a day",
                f"{crowd}/past?at={{today}}&what=lists",
                "Managers",
                open_all,
                **part,
            ),
            State("two days", f"{crowd}/past?at=2026-01-01&compare={{today}}", "Joined", **part),
            State("no day", f"{crowd}/past?at=yesterweek", "yesterweek", **part, status=422),
        ]
    )


def test_settings(town: Town, stage: Stage) -> None:
    add_policy(town)
    town.synced("quiet", [a_student(first_name="A", last_name=UNBROKEN), *map(a_student, "bcdef")])
    part = {"who": OWNER, "within": "main"}
    page, strict = "/schools/{quiet}/rostering", "/schools/{strict}/rostering"
    wrong = {"Send to": "not an address", "School calendar": f"2027-06-12 {UNBROKEN}"}
    mistaken = one_after_another(fill(wrong), press("Save and sync"))
    stage.play(
        [
            State(
                "a preview with names",
                page,
                "stay as they are",
                one_after_another(switch("Students: sync"), switch("Students: sync"), open_all),
                **part,
            ),
            State("not saved yet", page, "Not saved yet", switch("Staff: sync"), **part),
            State("a mistake", page, "Nothing was saved.", mistaken, **part, status=422),
            State("locked by the district", strict, "Locked by the district", who=OWNER),
            State("unlike the district", strict, "The same as the district but for", **part),
            State(
                "a key that is no key",
                "/schools/{strict}/api",
                "may read",
                one_after_another(unchecked, press("Make a key")),
                **part,
                status=422,
            ),
            State(
                "a new key",
                "/schools/{strict}/api",
                "Copy it now",
                one_after_another(
                    fill({"Name": "Library"}),
                    lambda page: page.locator("[name=scope]").first.check(),
                    press("Make a key"),
                ),
                **part,
            ),
            State(
                "a webhook refused",
                "/schools/{strict}/api",
                "https",
                fill({"Address": "http://10.0.0.1/x"}, "Add the webhook"),
                **part,
                status=422,
            ),
            State("a test mail", page, "test mail", press("Send me a test mail"), **part),
            State(
                "saved",
                page,
                "Saved as version",
                one_after_another(switch("Students: auto update"), press("Save and sync")),
                **part,
            ),
        ]
    )
