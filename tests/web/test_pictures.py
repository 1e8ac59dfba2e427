"""Pictures on their pages: what they show, what they say in words, where their marks lead."""

import re
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from roster_dash import clock
from roster_dash.extensions import db
from roster_dash.store import glance, mails
from roster_dash.store.tables import District, MailRow, School
from roster_dash.store.transactions import commit
from tests.builders import Builder, a_snapshot, a_student, a_teacher
from tests.statements import statements
from tests.visitor import Visitor

VisitAs = Callable[..., Visitor]

NOW = datetime(2026, 11, 26, 18, tzinfo=UTC)
"""A Thursday, noon in Chicago."""


@pytest.fixture(autouse=True)
def _november(app: Flask) -> Iterator[None]:
    clock.use(clock.Clock(time.time(), NOW.timestamp()))
    yield
    clock.use(clock.MACHINE)


def ended(
    make: Builder, school: School, back: timedelta, status: str = "succeeded", **more: object
) -> int:
    run = make.run(school, status, finished_at=NOW - back, **more)
    glance.refresh(school.id)
    commit()
    return run.id


def words_of(html: str) -> str:
    return " ".join(re.sub("<[^>]+>", " ", html).split())


def picture(html: str, heading: str) -> str:
    """The part of a page from a heading to the end of its section."""
    return html.split(f">{heading}</h2>")[1].split("</section>")[0]


def queries(visitor: Visitor, path: str) -> int:
    with statements() as asked:
        assert visitor.get(path).status_code == 200
    return len(asked)


DAY = timedelta(days=1)


def test_a_day_of_the_calendar_says_what_happened_and_leads_there(
    make: Builder, visit_as: VisitAs
) -> None:
    school = make.school()
    run_id = ended(make, school, 3 * DAY, size=1234)
    ended(make, school, 2 * DAY, "failed")
    ended(make, school, 2 * DAY, size=5)
    page = visit_as(make.owner(school)).get(f"/schools/{school.id}/history").text
    drawn = picture(page, "The last weeks")
    assert (
        f'href="/runs/{run_id}" aria-label="Monday 23 November: Succeeded; 1 run, 1,234 changes"'
    ) in drawn
    assert (
        f'href="/schools/{school.id}/history?day=2026-11-24" '
        'aria-label="Tuesday 24 November: Failed; 2 runs, 5 changes"'
    ) in drawn
    assert ">1.2k</text>" in drawn
    assert "Days since 23 Nov: 1 went well, 1 failed (24 Nov), 1 without a sync (25 Nov)." in drawn
    assert drawn.count("<a href") == 2
    assert drawn.count('<rect class="none') == 7 * 6 + 4 - 2 + 1  # the legend has one, too
    assert drawn.count(" today") == 1


def test_a_day_leads_to_the_runs_that_ended_on_it_by_the_schools_clock(
    make: Builder, visit_as: VisitAs
) -> None:
    school = make.school()  # in Chicago
    late = datetime(2026, 11, 25, 5, 59, tzinfo=UTC)  # 23:59 on the 24th
    make.run(school, "succeeded", finished_at=late, message="Late on the 24th.")
    make.run(school, "failed", finished_at=late, message="Failed on the 24th.")
    make.run(school, finished_at=late + timedelta(minutes=1), message="The 25th has begun.")
    visitor = visit_as(make.owner(school))
    path = f"/schools/{school.id}/history?day=2026-11-24"
    page = visitor.get(path).text
    assert "Late on the 24th." in page
    assert "Failed on the 24th." in page
    assert "The 25th has begun." not in page
    assert "The runs that ended on Tuesday 24 November 2026" in page
    assert '<input type="hidden" name="day" value="2026-11-24">' in page
    failed = visitor.get(f"{path}&status=failed").text
    assert "Late on the 24th." not in failed
    assert "No run ended on that day." in visitor.get(path.replace("24", "01")).text
    assert "The 25th has begun." in visitor.get(path.replace("2026-11-24", "someday")).text


def test_the_days_runs_are_paged_with_the_day(make: Builder, visit_as: VisitAs) -> None:
    school = make.school()
    for _ in range(26):
        make.run(school, finished_at=NOW)
    page = visit_as(make.owner(school)).get(f"/schools/{school.id}/history?day=2026-11-26").text
    assert re.search(r'rel="next" href="[^"]*day=2026-11-26', page)


def test_a_school_without_runs_has_no_calendar_and_one_run_is_enough(
    make: Builder, visit_as: VisitAs
) -> None:
    school = make.school()
    make.settings(school, students="on")
    visitor = visit_as(make.owner(school))
    assert "The last weeks" not in visitor.get(f"/schools/{school.id}/history").text
    ended(make, school, timedelta(0))
    page = visitor.get(f"/schools/{school.id}/history").text
    assert "Days since 26 Nov: 1 went well." in page
    assert "Thursday 26 November, today: Succeeded; 1 run, nothing changed" in page


def test_pictures_need_no_style_of_their_own(make: Builder, visit_as: VisitAs) -> None:
    """The policy for browsers allows none."""
    school = make.school()
    make.synced(school, a_snapshot([a_student(), a_teacher()]), NOW - DAY)
    visitor = visit_as(make.specialist())
    here, district = f"/schools/{school.id}", f"/districts/{school.district_id}"
    paths = (
        f"{here}/rostering",
        f"{here}/history",
        f"{here}/past",
        district,
        f"{district}/history",
    )
    for path in paths:
        page = visitor.get(path).text
        assert '<svg class="picture' in page, path
        assert " style=" not in page, path
        assert "<style" not in page, path


def test_a_districts_day_says_in_how_many_schools_and_leads_to_its_runs(
    make: Builder, visit_as: VisitAs
) -> None:
    district = make.district()
    schools = [make.school(district, f"School {number}") for number in range(3)]
    for school, status in zip(schools, ("succeeded", "failed", "failed"), strict=True):
        ended(make, school, DAY, status)
    path = f"/districts/{district.id}/history"
    visitor = visit_as(make.manager(district))
    drawn = picture(visitor.get(path).text, "The last weeks")
    where = f"{path}?since=2026-11-25&amp;until=2026-11-25"
    said = "Wednesday 25 November, 3 schools: 2 failed, 1 went well; nothing changed"
    assert f'href="{where}" aria-label="{said}"' in drawn
    assert ">2</text>" in drawn
    assert visitor.get(where.replace("&amp;", "&")).text.count('scope="row"') == 3
    part = visitor.get(path, htmx=True, target="runs").text
    assert "The last weeks" not in part


def test_the_runs_of_a_districts_day_are_those_that_ended_on_it(
    make: Builder, visit_as: VisitAs
) -> None:
    """A run that was asked for before midnight and ended after it is of the second day."""
    school = make.school()
    midnight = datetime(2026, 11, 25, 6, tzinfo=UTC)
    minute = timedelta(minutes=1)
    run = make.run(school, created_at=midnight - minute, finished_at=midnight + minute)
    visitor = visit_as(make.specialist())
    path = f"/districts/{school.district_id}/history"
    second = visitor.get(f"{path}?since=2026-11-25&until=2026-11-25").text
    first = visitor.get(f"{path}?since=2026-11-24&until=2026-11-24").text
    assert f'href="/runs/{run.id}"' in second
    assert f'href="/runs/{run.id}"' not in first


def test_each_school_of_a_district_has_its_last_days_beside_its_state(
    make: Builder, visit_as: VisitAs
) -> None:
    district = make.district()
    school = make.school(district, "Adams High")
    make.school(district, "Zola High")
    for back in range(1, 9):
        ended(make, school, back * DAY, "failed" if back == 2 else "succeeded")
    page = visit_as(make.manager(district)).get(f"/districts/{district.id}?sort=name").text
    adams, zola = page.split(">Adams High</a>")[1].split(">Zola High</a>")
    assert 'aria-label="Last 14 days: 7 went well, 1 failed (24 Nov), 5 without a sync"' in adams
    assert 'aria-label="Last 14 days: 13 without a sync"' in zola
    assert "today at the right" in page


def test_the_strips_of_fifty_schools_keep_the_page_small(make: Builder, visit_as: VisitAs) -> None:
    district = make.district()
    states = ("succeeded", "failed", "succeeded", "held", "cancelled")
    for number in range(50):
        school = make.school(district, f"School {number}")
        for back in range(14):
            make.run(school, states[(number + back) % 5], finished_at=NOW - back * DAY)
        glance.refresh(school.id)
    commit()
    page = visit_as(make.manager(district)).get(f"/districts/{district.id}").text
    strips = re.findall(r'<svg class="picture strip.*?</svg>', page, re.DOTALL)
    assert len(strips) == 50
    assert sum(map(len, strips)) / (50 * 14) < 80  # bytes a cell, before they are compressed


def test_more_days_and_schools_cost_no_more_queries(make: Builder, visit_as: VisitAs) -> None:
    school, people = make.school(), [a_student() for _ in range(30)]
    here, district = f"/schools/{school.id}", f"/districts/{school.district_id}"
    make.settings(school, students="on")
    make.synced(school, a_snapshot(people[:1]), NOW - 20 * DAY)
    visitor = visit_as(make.specialist())
    paths = [f"{here}/rostering", f"{here}/history", f"{here}/past"]
    paths += [district, f"{district}/history"]
    few = [queries(visitor, path) for path in paths]
    for back in range(19, 1, -1):
        make.synced(school, a_snapshot(people[: 25 - back]), NOW - back * DAY)
        other = make.school(db.session.get_one(District, school.district_id), f"School {back}")
        ended(make, other, back * DAY)
    assert [queries(visitor, path) for path in paths] == few


def test_people_over_time_are_a_line_a_role_with_numbers_in_words(
    make: Builder, visit_as: VisitAs
) -> None:
    school, people = make.school(), [a_student(f"s{n}") for n in range(9)]
    teacher = a_teacher("bo")
    firm = {"students__archive": "on", "guard__removals__percent": "100"}
    firm["guard__removals_7_days__percent"] = "100"
    for back, number in ((30, 7), (20, 5), (10, 9), (1, 8)):
        snapshot = a_snapshot([*people[:number], teacher])
        make.synced(school, snapshot, NOW - back * DAY, **firm)
    page = visit_as(make.owner(school)).get(f"/schools/{school.id}/past").text
    drawn = picture(page, "People over time")
    said = "7 on 27 Oct, 8 now; lowest 5 on 6 Nov, highest 9 on 16 Nov"
    assert f'aria-label="Students: {said}"' in drawn
    assert 'aria-label="Teachers: 1 all the time since 27 Oct"' in drawn
    assert "7 on 27 Oct . Lowest 5 on 6 Nov , highest 9 on 16 Nov ." in words_of(drawn)
    assert f'href="/schools/{school.id}/past?at=2026-11-06"' in drawn
    assert "Staff" not in drawn


def test_a_line_of_one_day_and_none_at_all(make: Builder, visit_as: VisitAs) -> None:
    school = make.school()
    make.settings(school, students="on")
    visitor = visit_as(make.owner(school))
    assert "People over time" not in visitor.get(f"/schools/{school.id}/past").text
    make.synced(school, a_snapshot([a_student()]), NOW)
    page = visitor.get(f"/schools/{school.id}/past").text
    assert "The same since 26 Nov ." in words_of(picture(page, "People over time"))
    assert "People over time" not in visitor.get(f"/schools/{school.id}/past?at=2026-11-26").text


def chain(html: str) -> str:
    """The links of the chain, and what is said about them, as text."""
    return words_of(html.split('<div class="chain">')[1].split("</section>")[0])


def a_school(make: Builder, **settings: str) -> School:
    school = make.school()
    make.settings(school, students="on", **settings)
    people = a_snapshot([a_student() for _ in range(8)])
    make.synced(school, people, NOW - timedelta(hours=3), **settings)
    return school


def test_a_chain_that_holds_is_told_link_by_link(make: Builder, visit_as: VisitAs) -> None:
    school = a_school(make, notify__emails="a@school.example, b@school.example")
    [run] = db.session.query(MailRow.run_id).distinct()
    for mail_id in mails.due_mail_ids(run[0]):
        mails.mark_sent(mail_id)
    commit()
    told = chain(visit_as(make.owner(school)).get(f"/schools/{school.id}/rostering").text)
    assert "Clever Answered today, 09:00" in told
    assert "Here Synced today, 09:00" in told
    assert re.search(r"Next sync Planned (today|tomorrow), \d\d:\d\d", told)
    assert "Mail Sent to 2 addresses today, 12:00" in told
    assert "Stuck" not in told


def test_a_chain_says_where_it_is_broken_and_whose_move_it_is(
    make: Builder, visit_as: VisitAs
) -> None:
    school = a_school(make)
    visitor = visit_as(make.owner(school))

    def told() -> str:
        return chain(visitor.get(f"/schools/{school.id}/rostering").text)

    assert "Mail Nobody is mailed" in told()
    ended(make, school, timedelta(hours=1), "failed", error="not_shared")
    assert "Clever Gave nothing today, 11:00" in told()
    assert "Here Still as of today, 09:00" in told()
    assert "Stuck at “Clever”. Whose move: The district’s Clever admin." in told()
    ended(make, school, timedelta(minutes=30), "failed", error="unforeseen")
    assert "Here Didn’t work today, 11:30 2 syncs in a row failed." in told()
    assert "Stuck at “Here”. Whose move: Whoever runs this server." in told()


def test_what_waits_for_a_person_is_the_owners_move(make: Builder, visit_as: VisitAs) -> None:
    school, people = make.school(), [a_student() for _ in range(8)]
    make.settings(school, students="on")
    make.synced(school, a_snapshot(people), NOW - timedelta(hours=3))
    more = {"students__archive": "on", "grace__students": "0"}
    make.synced(school, a_snapshot(people[:4]), NOW - timedelta(hours=1), **more)
    told = chain(visit_as(make.owner(school)).get(f"/schools/{school.id}/rostering").text)
    assert "Here Synced today, 11:00 4 changes wait for a decision." in told
    assert "Whose move: Owner or District Manager." in told


def test_a_source_that_is_down_and_mails_that_are_not_delivered_are_seen(
    make: Builder, visit_as: VisitAs
) -> None:
    school = a_school(make, notify__emails="a@school.example")
    visitor = visit_as(make.owner(school))
    [mail] = db.session.query(MailRow).all()
    mail.status = "failed"
    commit()
    told = chain(visitor.get(f"/schools/{school.id}/rostering").text)
    assert "Mail Not delivered 1 address of 1 couldn’t be reached." in told
    assert "Stuck at “Mail”. Whose move: Owner or District Manager." in told
    school.district.outage_since = NOW - timedelta(hours=2)
    commit()
    told = chain(visitor.get(f"/schools/{school.id}/rostering").text)
    assert "Clever No answer since today, 10:00" in told
    assert "Stuck at “Clever”. Whose move: nobody’s, it is tried again by itself." in told


def test_a_chain_of_a_school_that_has_not_begun_is_not_broken(
    make: Builder, visit_as: VisitAs
) -> None:
    school = make.school()
    visitor = visit_as(make.owner(school))
    told = chain(visitor.get(f"/schools/{school.id}/rostering").text)
    assert "Clever Not asked yet Here Nothing synced yet Next sync Not planned yet" in told
    assert "Stuck" not in told
    make.run(school, "running")
    told = chain(visitor.get(f"/schools/{school.id}/rostering/state").text)
    assert "Here A sync is at work" in told


def test_a_sync_that_is_late_and_a_school_that_is_not_linked(
    make: Builder, visit_as: VisitAs
) -> None:
    school = a_school(make)
    visitor = visit_as(make.owner(school))
    school.next_due_at = NOW - timedelta(minutes=90)
    commit()
    told = chain(visitor.get(f"/schools/{school.id}/rostering").text)
    assert "Next sync Late: was due today, 10:30" in told
    assert "Whose move: Whoever runs this server." in told
    school.unlinked_at, school.next_due_at = NOW, None
    commit()
    told = chain(visitor.get(f"/schools/{school.id}/rostering").text)
    assert "Clever Not linked" in told
    assert "Next sync None: not linked" in told
