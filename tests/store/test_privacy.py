"""One person's data, and how long data is kept: what goes goes everywhere, the rest stays."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import orjson
import pytest
from sqlalchemy import LargeBinary, func, select

from roster_dash import jobs
from roster_dash.extensions import db
from roster_dash.roster.errors import BadInput
from roster_dash.roster.records import Term
from roster_dash.roster.retention import KINDS, Data
from roster_dash.store import (
    audit,
    beats,
    export,
    past,
    people,
    privacy,
    retention,
    runs,
    sessions,
    snapshots,
)
from roster_dash.store.history import load_history
from roster_dash.store.tables import (
    District,
    HoldRow,
    LoginSession,
    MailRow,
    OperationRow,
    PersonRow,
    School,
    StoredSnapshot,
)
from roster_dash.store.transactions import commit
from tests.builders import Builder, a_contact, a_section, a_snapshot, a_student, some_settings
from tests.visitor import Visitor

VisitAs = Callable[..., Visitor]
NAMES = ("Zebulon", "Quixwood", "zeb@quix.example", "gone-1", "Pa Quixwood")
FALL = Term("term-1", "Fall")
GONE = {
    "first_name": "Zebulon",
    "last_name": "Quixwood",
    "email": "zeb@quix.example",
    "contact": a_contact(name="Pa Quixwood"),
}


def everything_stored() -> str:
    """All rows of all tables as text, compressed answers of Clever included."""
    found = []
    for table in db.metadata.tables.values():
        for row in db.session.execute(select(table)):
            values = [
                snapshots.zlib.decompress(value).decode("utf-8", "replace")
                if isinstance(column.type, LargeBinary) and value and value[:1] == b"x"
                else repr(value)
                for column, value in zip(table.columns, row, strict=True)
            ]
            found.append(" ".join(values))
    return "\n".join(found)


@pytest.fixture
def school(make: Builder) -> School:
    """Somebody came, was on a list and held, and has left; others stay."""
    school = make.school()
    stay = [a_student(f"stay-{number}") for number in range(7)]
    gone = a_student("gone-1", **GONE)
    ids = tuple(person.source_id for person in [*stay, gone])
    make.settings(school, students="on", students__archive="on", grace__students="0")
    make.synced(school, a_snapshot([*stay, gone], [a_section("bio", students=ids)], [FALL]))
    make.synced(
        school,
        a_snapshot(stay, [a_section("bio", students=ids[:-1])], [FALL]),
        students__archive="on",
    )
    run = make.run(school, message="Zebulon Quixwood was odd.", warnings=["Zebulon Quixwood?"])
    run.problems = [{"name": "Zebulon Quixwood", "source_id": "gone-1", "reason": "odd"}]
    commit()
    return school


def who_is_gone(school: School) -> PersonRow:
    [row] = people.find_people(school.id, people.Wanted(status="archived"))
    return row


def test_an_export_has_everything_that_is_kept_of_somebody(school: School) -> None:
    told = privacy.data_of(who_is_gone(school))
    text = orjson.dumps(told, default=str).decode()
    assert all(name in text for name in NAMES)
    assert [change["action"] for change in told["changes"]] == ["create", "archive"]
    assert len(told["answers_of_clever"]) == 1
    assert told["problems_of_runs"][0]["reason"] == "odd"


def test_somebody_erased_is_nowhere_any_more_and_nobody_else_is_touched(school: School) -> None:
    row = who_is_gone(school)
    row_id, before = row.id, list(export.export_people(school.id, archived=True))
    lists = list(export.export_lists(school.id, archived=True))
    commit()
    privacy.erase(school, [row])
    commit()
    text = everything_stored()
    assert [name for name in NAMES if name in text] == []
    after = list(export.export_people(school.id, archived=True))
    assert after == [person for person in before if person["source_id"] != "gone-1"]
    assert list(export.export_lists(school.id, archived=True)) == lists
    moment = datetime.now(UTC) - timedelta(days=1)
    assert past.school_at(school.id, moment).people == {}
    changed = db.session.scalars(select(OperationRow).where(OperationRow.entity == "members"))
    assert all(row_id not in ids for op in changed for ids in op.after.values())
    [entry] = audit.find_entries(db.session.merge(a_specialist()), audit.Wanted(kind="person"))
    assert entry.about == f"person {row_id}"


def a_specialist() -> object:
    return Builder().specialist()


def test_nobody_is_erased_while_here_or_still_shared(make: Builder, school: School) -> None:
    [here, *_] = people.find_people(school.id, people.Wanted())
    with pytest.raises(BadInput, match="archive them first"):
        privacy.erase(school, [here])
    row = who_is_gone(school)
    make.snapshot(school, a_snapshot([a_student("gone-1")]))
    with pytest.raises(BadInput, match="Clever still shares"):
        privacy.erase(school, [row])
    assert people.get_person(row.id) is not None


def test_erasing_asks_whether_it_is_meant(make: Builder, school: School, visit_as: VisitAs) -> None:
    row_id = who_is_gone(school).id
    visitor, page = visit_as(make.owner(school)), f"/people/{row_id}/privacy"
    refused = visitor.post(f"{page}/erase", page=page)
    assert refused.status_code == 422
    assert "can’t be taken back" in refused.text
    told = visitor.post(f"{page}/export", page=page)
    assert told.json["person"]["last_name"] == "Quixwood"
    assert visitor.post(f"{page}/erase", {"sure": "yes"}, page=page).status_code == 303
    assert visitor.get(page).status_code == 404


def aged(district: District, days: int, **kept: int) -> None:
    """A cleaning as it is after so many days."""
    retention.save_days(district, kept)
    commit()
    jobs._clean_district(district.id, datetime.now(UTC) + timedelta(days=days))


def test_old_changes_go_and_the_past_before_them_is_refused(school: School) -> None:
    lists = list(export.export_lists(school.id, archived=False))
    aged(school.district, 61, history=60)
    assert db.session.scalars(select(OperationRow)).all() == []
    assert "Zebulon Quixwood?" not in everything_stored()
    assert list(export.export_lists(school.id, archived=False)) == lists
    with pytest.raises(BadInput, match="has been deleted"):
        past.school_at(school.id, datetime.now(UTC) - timedelta(days=1))
    assert runs.list_runs([school.id])


def test_a_school_whose_old_changes_are_deleted_is_not_taken_for_a_new_one(
    school: School,
) -> None:
    aged(school.district, 61, history=60)
    history = load_history(school, some_settings(students="on"), datetime.now(UTC))
    assert not history.first_run


def test_a_long_log_is_deleted_bit_by_bit(school: School, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between two bits others may write; whatever is deleted last, the past is refused at once."""
    monkeypatch.setattr(retention, "DELETED_AT_ONCE", 4)
    left: list[int] = []
    real = retention.clean_log

    def counting(district: District, now: datetime) -> bool:
        db.session.rollback()  # only what has been committed counts
        left.append(db.session.scalar(select(func.count()).select_from(OperationRow)) or 0)
        assert retention.history_since(school.id) is not None
        return real(district, now)

    monkeypatch.setattr(retention, "clean_log", counting)
    aged(school.district, 400, history=60)
    assert len(left) > 3
    assert all(0 <= before - after <= 4 for before, after in pairwise(left))
    assert db.session.scalars(select(OperationRow.id)).all() == []


def test_what_waits_for_a_decision_is_never_too_old(make: Builder) -> None:
    school = make.school()
    archiving = {"students": "on", "students__archive": "on", "grace__students": "0"}
    make.settings(school, **archiving)
    here = [a_student() for _ in range(8)]
    make.synced(school, a_snapshot(here))
    run = make.synced(school, a_snapshot(here[:4]), **archiving)
    told = run.holds
    aged(school.district, 400, history=60)
    assert len(db.session.scalars(select(HoldRow)).all()) == 4
    assert runs.find_run(run.id).holds == told


def test_people_archived_long_ago_are_erased_if_the_district_says_so(school: School) -> None:
    aged(school.district, 100)
    assert who_is_gone(school).last_name == "Quixwood"
    aged(school.district, 29, archived=30)
    assert who_is_gone(school).last_name == "Quixwood"
    aged(school.district, 31, archived=30)
    assert people.find_people(school.id, people.Wanted(status="archived")) == []
    assert len(people.find_people(school.id, people.Wanted())) == 7


@pytest.fixture
def other(make: Builder, school: School) -> School:
    """Another school of the district that somebody has left."""
    other = make.school(school.district, "Hamilton High")
    make.synced(other, a_snapshot([a_student(), a_student("left")]))
    make.synced(other, a_snapshot([a_student()]), students__archive="on")
    return other


def test_people_are_erased_a_school_at_a_time(
    school: School, other: School, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What went well at one school is done, whatever happens at the next."""
    real = privacy.erase

    def breaks_at_the_other(at: School, rows: Sequence[PersonRow]) -> None:
        assert at.id != other.id, "its disk is full, say"
        real(at, rows)

    monkeypatch.setattr(privacy, "erase", breaks_at_the_other)
    with pytest.raises(AssertionError, match="disk"):
        aged(school.district, 31, archived=30)
    db.session.rollback()
    archived = people.Wanted(status="archived")
    assert people.find_people(school.id, archived) == []
    assert len(people.find_people(other.id, archived)) >= 1


def test_a_district_that_keeps_people_after_all_is_heard_in_the_middle(
    school: School, other: School
) -> None:
    retention.save_days(school.district, {"archived": 30})
    commit()
    cleaning = retention.clean(school.district, datetime.now(UTC) + timedelta(days=31))
    next(cleaning)
    commit()
    retention.save_days(school.district, {"archived": 0})
    commit()
    for _ in cleaning:
        commit()
    archived = people.Wanted(status="archived")
    assert people.find_people(school.id, archived) == []
    assert len(people.find_people(other.id, archived)) >= 1


def test_whose_archiving_has_left_the_log_is_not_erased_before_their_time(school: School) -> None:
    aged(school.district, 61, history=60, archived=365)
    aged(school.district, 62, history=60, archived=365)
    assert who_is_gone(school).last_name == "Quixwood"
    aged(school.district, 400, history=0, archived=365)
    assert people.find_people(school.id, people.Wanted(status="archived")) == []


def test_the_newest_answer_of_clever_is_kept_however_old(school: School) -> None:
    aged(school.district, 50, answers=30)
    kept = select(StoredSnapshot).where(StoredSnapshot.payload.is_not(None))
    assert len(db.session.scalars(kept).all()) == 1
    assert snapshots.latest_snapshot(school.id) is not None


def test_mails_and_the_audit_log_age_too_and_what_is_due_stays(
    make: Builder, school: School
) -> None:
    run = runs.list_runs([school.id])[0]
    for status in ("due", "sent"):
        db.session.add(
            MailRow(
                run_id=run.id,
                kind="run_result",
                recipient=f"{status}@x.example",
                status=status,
                due_at=datetime.now(UTC),
            )
        )
    commit()
    aged(school.district, 100, mails=90, audit=90)
    assert [mail.status for mail in db.session.scalars(select(MailRow))] == ["due"]
    assert audit.find_entries(make.specialist(), audit.Wanted(kind="settings")) == []


def test_ended_log_ins_are_forgotten(make: Builder) -> None:
    user = make.specialist()
    for _ in range(2):
        sessions.open_session(user, "password", "", "")
    commit()
    ended, _open = db.session.scalars(select(LoginSession).order_by(LoginSession.id)).all()
    ended.ended_at = datetime.now(UTC) - timedelta(days=31)
    commit()
    retention.clean_accounts(datetime.now(UTC))
    assert len(db.session.scalars(select(LoginSession)).all()) == 1


def test_the_scheduler_cleans_once_a_day(make: Builder, school: School) -> None:
    retention.save_days(school.district, {Data.MAILS.value: 7})
    commit()
    now = datetime.now(UTC)
    jobs.delete_what_is_too_old(now)
    first = beats.last_beat("retention")
    jobs.delete_what_is_too_old(now + timedelta(hours=23))
    assert beats.last_beat("retention") == first


@pytest.mark.parametrize("days", ["59", "x", "-1", "3651", "٦٠", "1e3"])
def test_days_that_can_t_be_are_refused_by_name(
    days: str, make: Builder, visit_as: VisitAs
) -> None:
    district = make.district()
    visitor, page = visit_as(make.manager(district)), f"/districts/{district.id}/retention"
    answer = visitor.post(page, {"history": days}, page=page)
    assert answer.status_code == 422
    assert KINDS[Data.HISTORY].title in answer.text
    archived = visitor.post(page, {"history": "365", "archived": "366"}, page=page)
    assert archived.status_code == 422
    assert "can’t be kept for longer" in archived.text
    assert visitor.post(page, {"history": "365"}, page=page).status_code == 303
    assert 'value="365"' in visitor.get(page).text


def test_a_redacted_report_names_nobody(make: Builder, visit_as: VisitAs) -> None:
    school = make.school(name="Secret High", clever_id="5f5f5f")
    make.settings(
        school,
        students="on",
        class_lists="on",
        class_lists__terms="Secretterm",
        class_lists__grades="9",
        notify__emails="secret@school.example",
    )
    run = make.synced(school, a_snapshot([a_student("s-1", **GONE)]))
    run.problems = [{"name": "Zebulon", "source_id": "s-1", "reason": "Secret sentence."}]
    run.warnings = ["About Zebulon."]
    commit()
    visitor = visit_as(make.owner(school, email="owner@secret.example"))
    page = visitor.get(f"/runs/{run.id}/report").text.split("<textarea")[1].split("</textarea>")[0]
    assert "people: created 1" in page
    assert "setting class_lists.terms: 1 chosen" in page
    assert "problems other: 1" in page
    hidden = ("Secret", "secret", "Zebulon", "Quix", "s-1", "5f5f5f", "@")
    assert [word for word in hidden if word in page] == []
