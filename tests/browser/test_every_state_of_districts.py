"""Every state of a district, of a specialist’s work, and of what goes wrong."""

from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page

from roster_dash.connecting import connect_files
from roster_dash.sources.oneroster.files import dump
from roster_dash.store import accepted, requests, switches
from roster_dash.store.requests import RequestState
from roster_dash.store.tables import User
from roster_dash.store.transactions import commit
from tests.browser.staging import (
    Stage,
    State,
    choose,
    choose_csv,
    choose_zip,
    fill,
    one_after_another,
    open_all,
    press,
    search,
    switch,
    unchecked,
)
from tests.browser.town import (
    CALM_MANAGER,
    LONG_MAIL,
    LONG_SCHOOL,
    MANAGER,
    OWNER,
    SPECIALIST,
    STRICT_MANAGER,
    UNBROKEN,
    Town,
    add_a_calm_district,
    add_policy,
    add_runs,
    add_troubles,
)
from tests.builders import a_snapshot, a_student
from tests.csv_zips import SCHOOL

pytestmark = pytest.mark.browser


def test_a_district(town: Town, stage: Stage) -> None:
    add_runs(town)
    add_troubles(town)
    add_policy(town)
    town.at["calm"] = add_a_calm_district(town.make)
    town.looked_at()
    bob, carla, dora = (
        {"who": who, "within": "main"} for who in (MANAGER, STRICT_MANAGER, CALM_MANAGER)
    )
    here, strict, calm = (
        "/districts/{district}",
        "/districts/{strict_district}",
        "/districts/{calm}",
    )
    away, sue = "/districts/{away_district}", {"who": SPECIALIST, "within": "main"}
    stage.play(
        [
            State("every health", here, "Not linked", who=MANAGER),
            State("one health", f"{here}?state=failing", "syncs in a row failed", **bob),
            State("no such school", here, "No such school", search("nowhere"), **bob),
            State(
                "nothing chosen", here, "Choose schools first", press("Sync now"), **bob, status=409
            ),
            State("runs of a district", f"{here}/history", "Older", **bob),
            State("its older runs", f"{here}/history?before=9", "Newest", **bob),
            State(
                "none of its runs", f"{here}/history", "No such run", choose("Size", "1000"), **bob
            ),
            State("approve what waits", f"{here}/together/approve", "Read what each school", **bob),
            State(
                "days refused",
                f"{here}/retention",
                "can be kept from",
                fill({"The audit log": "1", "Archived people": "many"}, "Save"),
                **bob,
                status=422,
            ),
            State(
                "what the district shares",
                f"{here}/connection",
                "that aren’t linked yet",
                open_all,
                **bob,
            ),
            State(
                "a fine connection",
                "/schools/{first}/connection",
                "Fine",
                press("Test connection"),
                **bob,
            ),
            State(
                "a broken connection",
                "/schools/{quiet}/connection",
                "Broken",
                press("Test connection"),
                **bob,
            ),
            State(
                "not linked any more",
                "/schools/{unlinked}/connection",
                "Link it again",
                who=MANAGER,
            ),
            State("stale", "/schools/{stale}/history", "No good sync for", who=MANAGER),
            State("nothing waits", f"{strict}/together/approve", "Nothing waits", **carla),
            State(
                "schools that differ",
                f"{strict}/policy",
                "differ from the policy",
                who=STRICT_MANAGER,
            ),
            State(
                "a policy seen in all schools",
                f"{strict}/policy",
                "Strict Elementary 11",
                one_after_another(switch("Staff: sync"), press("More schools")),
                **carla,
            ),
            State(
                "a policy refused",
                f"{strict}/policy",
                "Nothing was saved.",
                fill({"School calendar": "never"}, "Save for the district"),
                **carla,
                status=422,
            ),
            State(
                "a policy saved",
                f"{strict}/policy",
                "Saved as version",
                one_after_another(switch("Staff: sync"), press("Save for the district")),
                **carla,
            ),
            State("no policy", f"{calm}/policy", "Save for the district", **dora),
            State("many schools", calm, "52 schools", **dora),
            State("more of many", f"{calm}?page=2", "Back", **dora),
            State("no run yet", f"{calm}/history", "No run yet", **dora),
            State("a source that is away", away, "hasn’t answered", who=SPECIALIST),
            State(
                "a run that waits for it",
                "/schools/{away}/rostering",
                "Waiting for Clever",
                who=SPECIALIST,
                within=".school-head, #run-state",
            ),
            State("a district that is refused", f"{away}/connection", "Broken", **sue),
            State(
                "a disconnected district",
                "/districts/{gone_district}/connection",
                "Disconnected.",
                **sue,
            ),
            State(
                "its source", "/districts/{gone_district}/switch", "Connect it again first.", **sue
            ),
        ]
    )


def test_a_specialists_work(town: Town, stage: Stage) -> None:
    make, me = town.make, town.specialist
    town.school("long", LONG_SCHOOL)
    for state in RequestState:
        request = requests.add_request(a_request(), town.owner)
        if state in ("linked", "done"):
            requests.link(request, town.owner.schools[0])
        requests.move(request, state)
        town.at[f"request_{state}"] = request.id
    _add_files(town, me)
    for number in range(55):
        make.settings(town.owner.schools[0], schedule__time=f"03:{number:02}")
    commit()
    sue = {"who": SPECIALIST, "within": "main"}
    clever = one_after_another(
        open_all,
        fill(
            {"Name": "Nowhere USD", "Id in Clever": "nowhere", "Token (optional)": "no"}, "Connect"
        ),
    )
    wrong = {"Address": "https://10.0.0.1/ims", "Secret": "x", "Key (client id)": "y"}
    provider = one_after_another(
        open_all,
        fill({**wrong, "What the district is called": UNBROKEN}, "Try it and keep it"),
    )
    to_clever = fill({"The district’s id in Clever": "nowhere"}, "Test Clever")
    stage.play(
        [
            *(
                State(f"a request: {state}", f"/requests/{{request_{state}}}", "Whose move", **sue)
                for state in RequestState
            ),
            State("requests", "/requests", LONG_SCHOOL, who=SPECIALIST),
            State("a token refused", "/districts", "Clever", clever, **sue, status=422),
            State("a provider refused", "/districts", "▲", provider, **sue, status=422),
            State(
                "another source refused",
                "/districts/{district}/switch",
                "Clever",
                to_clever,
                **sue,
                status=422,
            ),
            State(
                "schools to match", "/districts/{switching}/switch", "See what would happen", **sue
            ),
            State(
                "what a change would do",
                "/districts/{switching}/switch/preview",
                "Recognised",
                **sue,
            ),
            State(
                "no file yet",
                "/districts/{new_files}/files",
                "No file has been accepted yet",
                **sue,
            ),
            State(
                "a file waits", "/districts/{files}/files", "odd in it, but clear", open_all, **sue
            ),
            State(
                "no zip",
                "/districts/{files}/files",
                "Choose the zip",
                one_after_another(unchecked, press("Upload and read")),
                **sue,
                status=422,
            ),
            State(
                "a zip refused",
                "/districts/{files}/files",
                "zip",
                choose_zip(b"no zip at all"),
                **sue,
                status=422,
            ),
            State(
                "a source that no file comes from",
                "/districts/{district}/files",
                "doesn’t send files",
                **sue,
            ),
            State("more of the audit log", "/audit", "Newest", press("Older"), **sue),
            State(
                "nothing in the audit log",
                "/audit",
                "No such entry",
                fill({"Who": "nobody-at-all"}),
                **sue,
            ),
            State(
                "an invitation refused",
                "/accounts",
                "Choose the school",
                fill({"E-mail address": "a@b.example"}, "Invite"),
                **sue,
                status=422,
            ),
        ]
    )


def a_request() -> dict[str, str]:
    return {
        "district_name": f"Unified School District of {UNBROKEN}",
        "school_name": LONG_SCHOOL,
        "contact_name": f"Maximiliane {UNBROKEN}",
        "contact_email": LONG_MAIL,
        "sis": "PowerSchool",
    }


def _add_files(town: Town, by: User) -> None:
    sends, new, moment = connect_files("Files USD"), connect_files("New USD"), datetime.now(UTC)
    roster = accepted.NewRoster(accepted.new_digest(), dump(SCHOOL))
    notes = [f"users.csv, line {line}: “{UNBROKEN}” is no grade." for line in range(40)]
    accepted.lay_aside(sends, roster, notes, None, by.id, moment)
    town.at |= {"files": sends.id, "new_files": new.id}
    changing = town.make.district("Changing USD", "changing", "token")
    school = town.school("changing_school", f"{LONG_SCHOOL} (changing)", district=changing)
    town.make.snapshot(school, a_snapshot([a_student()]))
    way = {"source": "files", "clever_id": "or9", "token": None, "connection": {}}
    sent = accepted.NewRoster(accepted.new_digest(), dump(SCHOOL))
    there, matches = [("or9.school-1", LONG_SCHOOL)], {school.id: "or9.school-1"}
    switches.plan_switch(changing, way, sent, there, matches, by.id)
    town.at["switching"] = changing.id


def test_what_goes_wrong(town: Town, stage: Stage) -> None:
    add_troubles(town)
    stage.play(
        [
            State("nothing there, for nobody", "/nowhere", "There is nothing here", status=404),
            State("nothing there", "/runs/999999", "There is nothing here", who=OWNER, status=404),
            State("not in this way", "/logout", "That doesn’t work here", who=OWNER, status=405),
            State(
                "a stale form",
                "/requests/new",
                "Please try again",
                without_token,
                who=OWNER,
                status=400,
            ),
            State(
                "too much",
                "/schools/{first}/people/import",
                "That is too much at once",
                choose_csv("x" * 1_100_000),
                who=OWNER,
                status=413,
            ),
            State(
                "our fault",
                "/schools/{broken}/rostering",
                "Something went wrong on our side",
                who=SPECIALIST,
                status=500,
            ),
        ]
    )


def without_token(page: Page) -> None:
    """As if the session had ended since the form was opened."""
    page.eval_on_selector_all("[name=csrf_token]", "all => all.forEach(each => each.value = '')")
    unchecked(page)
    page.get_by_role("button", name="Send the request").click()
