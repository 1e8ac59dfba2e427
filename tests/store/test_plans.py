"""What a school costs must not grow with the schools beside it."""

from datetime import timedelta

from roster_dash import clock
from roster_dash.store import retention
from roster_dash.store.past import people_at, school_at
from roster_dash.store.people import Wanted, count_people
from roster_dash.store.transactions import commit
from tests.builders import Builder, a_section, a_snapshot, a_student, a_teacher
from tests.plans import explained, of_all_schools


def test_a_sync_reads_nothing_of_other_schools(make: Builder) -> None:
    school = make.school()
    make.settings(school, students="on", teachers="on", students__archive="on")
    classes = [a_section("c", students=("a", "b"), teachers=("t",))]
    before = [a_student("a"), a_student("b"), a_teacher("t")]
    make.synced(school, a_snapshot(before, classes))
    with explained() as steps:
        make.synced(school, a_snapshot([a_student("a"), a_student("n"), a_teacher("t")], classes))
    assert len(steps) > 20
    assert of_all_schools(steps) == []


def test_cleaning_up_a_district_reads_nothing_of_others(make: Builder) -> None:
    school = make.school()
    make.settings(school, students="on", students__archive="on")
    make.synced(school, a_snapshot([a_student("a"), a_student("b")]))
    make.synced(school, a_snapshot([a_student("a")]), students__archive="on")
    retention.save_days(school.district, {"archived": 30, "history": 60})
    commit()
    later = clock.now() + timedelta(days=61)
    with explained() as steps:
        for _ in retention.clean(school.district, later):
            commit()
        while retention.clean_log(school.district, later):
            commit()
    assert count_people(school.id, Wanted(status="")) == 1
    assert of_all_schools(steps) == []


def test_a_day_of_a_school_reads_nothing_of_others(make: Builder) -> None:
    make.synced(school := make.school(), a_snapshot([a_student("a")]))
    with explained() as steps:
        people_at(school.id, clock.now())
        school_at(school.id, clock.now())
    assert len(steps) > 5
    assert of_all_schools(steps) == []
