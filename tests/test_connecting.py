"""A district that doesn’t use Clever: connected to a OneRoster provider, synced like any other."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from flask.testing import FlaskCliRunner
from sqlalchemy import select

from roster_dash import clock, following, sync
from roster_dash.connecting import connect_oneroster
from roster_dash.connection import open_source
from roster_dash.extensions import db
from roster_dash.roster.errors import BadInput, RosterDashError
from roster_dash.sandbox.oneroster.access import (
    CLIENT_ID,
    CLIENT_SECRET,
    CONSUMER_KEY,
    CONSUMER_SECRET,
    STATIC_TOKEN,
)
from roster_dash.sandbox.oneroster.server import V1P1, V1P2, Server
from roster_dash.store import runs, schools
from roster_dash.store.tables import AuditEntry, District, PersonRow, Run, School
from roster_dash.store.transactions import commit
from tests.builders import ALL, Builder
from tests.oneroster import EXPECTED, HILL
from tests.visitor import Visitor

VisitAs = Callable[..., Visitor]
WAYS = {
    "bearer": ("", STATIC_TOKEN),
    "oauth2": (CLIENT_ID, CLIENT_SECRET),
    "oauth1-sha1": (CONSUMER_KEY, CONSUMER_SECRET),
    "oauth1-sha256": (CONSUMER_KEY, CONSUMER_SECRET),
}


@pytest.fixture
def environment(environment: dict[str, str], look_alike: Server) -> dict[str, str]:
    """The look-alike is on this machine, which an installation doesn't ask unless it is told to."""
    return environment | {"OUTBOUND_ALLOW": look_alike.url.split("/")[2]}


@pytest.fixture
def provider(look_alike: Server, app: object, monkeypatch: pytest.MonkeyPatch) -> Server:
    """On a day on which its enrollments hold."""
    look_alike.provider.reset()
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 10, 1, 15, tzinfo=UTC))
    return look_alike


def typed(provider: Server, version: str = "1.2", auth: str = "bearer") -> dict[str, str]:
    base = {"1.1": V1P1, "1.2": V1P2}[version]
    return {
        "name": "Hill and Dale",
        "url": f"{provider.url}{base}",
        "version": version,
        "auth": auth,
        "key": WAYS[auth][0],
        "token_url": f"{provider.url}/oneroster/token" if auth == "oauth2" else "",
    }


def connected(provider: Server, version: str = "1.2", auth: str = "bearer") -> District:
    return connect_oneroster("Hill and Dale", typed(provider, version, auth), WAYS[auth][1])


def linked(district: District, make: Builder) -> School:
    """Hill School with everything on."""
    shared = next(each for each in open_source(district).schools() if each.name == "Hill School")
    commit()
    school = schools.link_school(district, shared, "UTC")
    make.settings(school, **(ALL | {"admins": "on"}))
    return school


def synced(school: School) -> Run:
    run = runs.request_run(school.id, runs.Trigger.MANUAL)
    commit()
    return sync.sync_run(run.id).run


def people_of(school: School) -> list[PersonRow]:
    rows = select(PersonRow).where(PersonRow.school_id == school.id).order_by(PersonRow.source_id)
    return list(db.session.scalars(rows))


@pytest.mark.parametrize("version", ["1.1", "1.2"])
@pytest.mark.parametrize("auth", WAYS)
def test_a_school_of_a_provider_is_synced_whichever_way_it_lets_us_in(
    provider: Server, make: Builder, version: str, auth: str
) -> None:
    district = connected(provider, version, auth)
    school = linked(district, make)
    assert synced(school).status == "succeeded"
    expected = EXPECTED[HILL]
    assert {row.sis_id for row in people_of(school)} == {each.sis_id for each in expected.people}
    assert all(row.source_id.startswith(f"{district.clever_id}.") for row in people_of(school))


def test_a_second_sync_finds_nothing_to_do(provider: Server, make: Builder) -> None:
    school = linked(connected(provider), make)
    synced(school)
    assert synced(school).size == 0


def test_an_answer_that_breaks_off_changes_nothing(provider: Server, make: Builder) -> None:
    school = linked(connected(provider), make)
    synced(school)
    before = [(row.source_id, row.status) for row in people_of(school)]
    provider.provider.switches.missing_collection = "enrollments"
    assert synced(school).status == "failed"
    assert [(row.source_id, row.status) for row in people_of(school)] == before


def test_nothing_is_kept_of_a_way_that_does_not_work(provider: Server) -> None:
    with pytest.raises(RosterDashError, match="refuses"):
        connect_oneroster("Hill and Dale", typed(provider, auth="oauth2"), "another secret")
    assert db.session.scalars(select(District)).all() == []


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"url": "http://10.0.0.8/ims/oneroster/v1p1"}, "https"),
        ({"url": "not an address"}, "no address"),
        ({"version": "2.0"}, "version"),
        ({"auth": "basic"}, "lets us in"),
        ({"auth": "oauth2", "key": ""}, "key"),
        ({"auth": "oauth2", "key": "k", "token_url": ""}, "tokens"),
        ({"url": "https://vendor.example/" + "x" * 600}, "longer"),
    ],
)
def test_a_way_that_cannot_be_right_is_refused_in_words(
    provider: Server, change: dict[str, str], says: str
) -> None:
    with pytest.raises(BadInput, match=says):
        connect_oneroster("Hill and Dale", typed(provider) | change, STATIC_TOKEN)


def test_another_way_to_the_same_provider_keeps_everybody(provider: Server, make: Builder) -> None:
    district = connected(provider, "1.1")
    school = linked(district, make)
    synced(school)
    before = [(row.id, row.source_id) for row in people_of(school)]
    schools.disconnect_district(district)
    commit()
    again = connect_oneroster("Hill", typed(provider, "1.2", "oauth2"), CLIENT_SECRET, district)
    assert again.id == district.id
    linked(again, make)
    assert synced(school).size == 0
    assert [(row.id, row.source_id) for row in people_of(school)] == before


def test_another_provider_is_known_also_when_the_schools_are_unlinked(
    provider: Server, make: Builder
) -> None:
    """Its sourcedIds may be the same as the other one's, and mean other people."""
    district = connected(provider)
    linked(district, make)
    schools.disconnect_district(district)
    commit()
    provider.provider.world["orgs"] = [
        each | {"sourcedId": f"other-{each['sourcedId']}"}
        for each in provider.provider.world["orgs"]
    ]
    with pytest.raises(BadInput, match="knows 0 of the 1 schools"):
        connect_oneroster("Hill", typed(provider), STATIC_TOKEN, district)


def test_a_secret_that_no_header_takes_is_refused_without_being_said(provider: Server) -> None:
    secret = "line\nbreak"
    with pytest.raises(BadInput, match="one word") as refused:
        connect_oneroster("Hill and Dale", typed(provider), secret)
    assert secret not in str(refused.value)


def test_another_provider_is_not_taken_for_the_one_that_is_connected(
    provider: Server, make: Builder
) -> None:
    district = connected(provider)
    linked(district, make)
    for org in provider.provider.world["orgs"]:
        org["sourcedId"] += "-of-another"
    with pytest.raises(BadInput, match="another one"):
        connect_oneroster("Hill", typed(provider), STATIC_TOKEN, district)


def test_a_provider_without_schools_is_not_connected(provider: Server) -> None:
    provider.provider.world["orgs"].clear()
    with pytest.raises(RosterDashError):
        connected(provider)


def test_there_are_no_events_to_follow(provider: Server, make: Builder) -> None:
    school = linked(connected(provider), make)
    synced(school)
    assert following.look(school.district_id) == ()


def test_a_specialist_connects_a_provider_in_the_browser(
    provider: Server, make: Builder, visit_as: VisitAs
) -> None:
    visitor = visit_as(make.specialist())
    form = typed(provider, auth="oauth2") | {"secret": CLIENT_SECRET}
    answer = visitor.post("/districts/oneroster", form, page="/districts")
    assert answer.status_code == 303
    district = db.session.scalars(select(District)).one()
    assert (district.source, district.connection["key"]) == ("oneroster", CLIENT_ID)
    page = visitor.get(f"/districts/{district.id}/connection").text
    assert "Hill School" in page
    assert CLIENT_SECRET not in page
    assert CLIENT_SECRET not in str(district.connection)
    entry = db.session.scalars(select(AuditEntry)).all()[-1]
    assert CLIENT_SECRET not in f"{entry.about}{entry.before}{entry.after}"


def test_what_was_typed_stays_but_for_the_secret_when_it_does_not_work(
    provider: Server, make: Builder, visit_as: VisitAs
) -> None:
    visitor = visit_as(make.specialist())
    form = typed(provider) | {"secret": "not-the-token"}
    answer = visitor.post("/districts/oneroster", form, page="/districts")
    assert answer.status_code == 422
    assert "refuses our access token" in answer.text
    assert form["url"] in answer.text
    assert "not the token" not in answer.text


def test_the_command_line_connects_and_renews_a_provider(
    provider: Server, runner: FlaskCliRunner
) -> None:
    form = typed(provider)
    command = ["roster", "connect-oneroster", "Hill", "--url", form["url"], "--auth", "bearer"]
    command += ["--secret-stdin", "--json"]
    first = runner.invoke(args=command, input=STATIC_TOKEN)
    assert first.exit_code == 0, first.output
    number = str(db.session.scalars(select(District)).one().id)
    commit()
    again = runner.invoke(args=[*command, "--district", number], input=STATIC_TOKEN)
    assert again.exit_code == 0
    assert len(db.session.scalars(select(District)).all()) == 1


def test_a_test_of_the_connection_speaks_of_the_provider(
    provider: Server, make: Builder, visit_as: VisitAs
) -> None:
    school = linked(connected(provider), make)
    page = f"/schools/{school.id}/connection"
    visitor = visit_as(make.owner(school))
    assert "Hill School is shared: 3 students" in visitor.post(f"{page}/test", page=page).text
    world = provider.provider.world
    world["orgs"] = [org for org in world["orgs"] if org["sourcedId"] != "org-hill"]
    found = visitor.post(f"{page}/test", page=page).text
    assert "Hill School is not shared with us" in found
    assert "whoever runs the provider for the district" in found
    assert "Clever" not in found


def test_a_school_without_events_isn_t_asked_about_them_and_keeps_the_setting(
    provider: Server, make: Builder, visit_as: VisitAs
) -> None:
    school = linked(connected(provider), make)
    page = visit_as(make.owner(school)).get(f"/schools/{school.id}/rostering").text
    assert "Follow changes during the day" not in page
    assert '<input type="hidden" name="schedule.events" value="on">' in page
