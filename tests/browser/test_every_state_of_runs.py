"""Every state of a run: on Rostering, on its page, in the history, decided and taken back."""

import pytest

from tests.browser.staging import (
    Stage,
    State,
    choose,
    fill,
    one_after_another,
    open_all,
    press,
)
from tests.browser.town import (
    FAILURES,
    OWNER,
    UNBROKEN,
    Town,
    add_runs,
)

pytestmark = pytest.mark.browser


def test_runs(town: Town, stage: Stage) -> None:
    add_runs(town)
    town.looked_at()
    state = {"who": OWNER, "within": "main"}
    rostering = [
        ("queued", "No worker is running"),
        ("reading", "28,412 records on 3 pages"),
        ("writing", "1,200 of 3,456 changes"),
        ("cancelling", "Being cancelled."),
        ("cancelled", "Cancelled"),
        ("failed", FAILURES["unforeseen"]),
        ("quiet", "nothing needs you"),
        ("many", "1 class has 0 students in the roster."),
        ("held", "Changes wait for your decision"),
    ]
    pages = [
        ("queued", "Waiting to begin"),
        ("reading", "Reading the roster from Clever"),
        ("writing", "Writing the changes"),
        ("cancelled", "nothing was changed"),
        ("failed", FAILURES["unforeseen"]),
        ("quiet", "Nothing changed"),
        ("odd", "settle by hand"),
        ("reverted", "Partly or wholly taken back"),
        ("revert", "Taken back"),
    ]
    first, whole = rostering[0], {"who": OWNER}
    stage.play(
        [
            State("a queued run", f"/schools/{{{first[0]}}}/rostering", first[1], **whole),
            *(
                State(
                    f"{key} on Rostering",
                    f"/schools/{{{key}}}/rostering",
                    shows,
                    who=OWNER,
                    within=".school-head, #run-state",
                )
                for key, shows in rostering[1:]
            ),
            *(
                State(f"{key}, its run", f"/runs/{{{key}_run}}", shows, **state)
                for key, shows in pages
            ),
            State("many changes, all open", "/runs/{many_run}", UNBROKEN, open_all, **state),
            State(
                "held by several guards",
                "/runs/{held_run}",
                "Many would be archived at once",
                open_all,
                **state,
            ),
            State(
                "partly decided", "/runs/{partly_run}", "exchange until spring", open_all, **state
            ),
            State("more of a run", "/runs/{many_run}/operations/person/update", "Updated", **state),
            State("all failures", "/schools/{failed}/history", FAILURES["not_shared"], **whole),
            State(
                "no run in a state",
                "/schools/{quiet}/history",
                "No such run",
                choose("Show", "held"),
                **state,
            ),
            State(
                "taking back", "/runs/{many_run}/revert", "What this would do", open_all, **state
            ),
            State(
                "taking back a part",
                "/runs/{many_run}/revert",
                "Only what I tick",
                one_after_another(
                    press("Only what I tick"),
                    open_all,
                    lambda page: page.get_by_label("All 3").check(),
                    press("Show what it would do"),
                    open_all,
                ),
                **state,
            ),
            State(
                "not to be taken back",
                "/runs/{failed_run}/revert",
                "Take back run",
                who=OWNER,
                status=422,
                within="main",
            ),
            State("a report", "/runs/{held_run}/report", "Report without names", **state),
            State(
                "approved",
                "/runs/{held_run}",
                "Approved and done.",
                press("Approve what is ticked"),
                **state,
            ),
            State(
                "rejected",
                "/runs/{taken_run}",
                "Rejected: it stays",
                one_after_another(
                    fill({"Reason, if you reject": "An exchange. " * 30}),
                    press("Reject what is ticked"),
                    open_all,
                ),
                **state,
            ),
        ]
    )
