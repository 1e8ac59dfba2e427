"""The People Manager and the user lists: finding, and edits that the next sync leaves alone."""

import csv
import io
import re
from collections.abc import Callable

import pytest
from sqlalchemy import select

from roster_dash.extensions import db
from roster_dash.roster.records import Person, Section, Term
from roster_dash.store import rosters
from roster_dash.store.tables import ListRow, PersonRow, School
from roster_dash.store.transactions import commit
from tests.builders import Builder, a_contact, a_section, a_snapshot, a_student, a_teacher
from tests.visitor import Visitor

VisitAs = Callable[..., Visitor]

ANA = a_student("ana", first_name="Ana", last_name="Ruiz", grade="9", contact=a_contact())
BO = a_teacher("bo", first_name="Bo", last_name="Lind")
TERMS = [Term("term-1", "Fall")]
BIOLOGY = a_section("bio", name="Biology", students=("ana",), teachers=("bo",))


def synced(make: Builder, *people: Person, sections: tuple[Section, ...] = (BIOLOGY,)) -> School:
    school = make.school()
    make.snapshot(school, a_snapshot(people or (ANA, BO), sections))
    make.synced(school, a_snapshot(people or (ANA, BO), sections))
    return school


def row(source_id: str | None) -> PersonRow:
    found = db.session.scalars(select(PersonRow).where(PersonRow.source_id == source_id)).one()
    commit()
    return found


def the_list() -> ListRow:
    found = db.session.scalars(select(ListRow)).one()
    commit()
    return found


def test_people_are_found_by_name_email_and_number(make: Builder, visit_as: VisitAs) -> None:
    school = synced(make)
    visitor = visit_as(make.owner(school))
    for text in ("ana ruiz", "RUIZ", ANA.email, ANA.sis_id, ANA.student_number, "ana"):
        page = visitor.get(
            f"/schools/{school.id}/people?q={text}", htmx=True, target="#people"
        ).text
        assert "Ana Ruiz" in page, text
        assert "Bo Lind" not in page
    assert "Nobody found" in visitor.get(f"/schools/{school.id}/people?q=%25").text


@pytest.mark.parametrize("text", ["zurich jose", "García", "garcia", "jose.g 77", "4711"])
def test_a_search_forgives_accents_order_and_halves_of_words(
    text: str, make: Builder, visit_as: VisitAs
) -> None:
    jose = a_student(
        "jose",
        first_name="José",
        last_name="García-Zürich",
        email="jose.g@school.example",
        student_number="4711-77",
    )
    school = synced(make, jose, BO, sections=())
    page = visit_as(make.owner(school)).get(f"/schools/{school.id}/people?q={text}").text
    assert "José García-Zürich" in page
    assert "Bo Lind" not in page
    assert re.search(r'id="found" role="status">1 person<', page)


def test_a_search_that_finds_nobody_says_so_and_leads_back(
    make: Builder, visit_as: VisitAs
) -> None:
    school = synced(make)
    visitor, path = visit_as(make.owner(school)), f"/schools/{school.id}/people"
    page = visitor.get(f"{path}?q=ana+lind&grade=9").text
    assert re.search(r'id="found" role="status">0 people<', page)
    assert f'href="{path}">Show everybody</a>' in page
    assert f'href="/schools/{school.id}/why?q=ana+lind"' in page
    page = visitor.get(f"/schools/{school.id}/lists?q=none").text
    assert f'href="/schools/{school.id}/lists">Show all active lists</a>' in page


@pytest.mark.parametrize("area", ["people", "lists"])
def test_htmx_gets_the_rows_and_puts_the_number_where_it_stays(
    area: str, make: Builder, visit_as: VisitAs
) -> None:
    school = synced(make)
    visitor = visit_as(make.owner(school))
    part = visitor.get(f"/schools/{school.id}/{area}?q=bio+teach", htmx=True, target=area).text
    assert "<html" not in part
    assert f'<div id="{area}">' in part
    assert 'id="found" role="status" hx-swap-oob="innerHTML">0 ' in part


def test_who_is_put_on_a_list_is_found_as_one_types(make: Builder, visit_as: VisitAs) -> None:
    many = [a_student(f"m{n}", first_name="Many", last_name=f"Pupil {n}") for n in range(11)]
    school = synced(make, ANA, BO, *many)
    visitor, path = visit_as(make.owner(school)), f"/lists/{the_list().id}"
    part = visitor.get(f"{path}?q=lind+bo", htmx=True, target="candidates").text
    assert "<html" not in part
    assert 'id="found" role="status" hx-swap-oob="innerHTML">1 person<' in part
    assert f'<input type="hidden" name="person" value="{row("bo").id}">' in part
    assert "Nobody here fits “x9”." in visitor.get(f"{path}?q=x9").text
    page = visitor.get(f"{path}?q=many").text
    assert "More than 10 people fit; these are the first." in page
    assert page.count("Add as member") == 10


def test_people_are_filtered_by_role_grade_and_state(make: Builder, visit_as: VisitAs) -> None:
    school = synced(make)
    visitor = visit_as(make.owner(school))
    path = f"/schools/{school.id}/people"
    assert "Bo Lind" not in visitor.get(f"{path}?role=student").text
    assert "Ana Ruiz" not in visitor.get(f"{path}?role=teacher").text
    assert "Bo Lind" not in visitor.get(f"{path}?grade=9").text
    assert "Nobody found" in visitor.get(f"{path}?status=archived").text


def test_long_lists_of_people_are_paged_to_the_last(make: Builder, visit_as: VisitAs) -> None:
    students = [a_student(last_name=f"Person{n:03}.") for n in range(120)]
    school = synced(make, *students, sections=())
    visitor = visit_as(make.owner(school))
    path, seen = f"/schools/{school.id}/people", ""
    while path:
        page = visitor.get(path).text
        seen += page
        found = page.find('rel="next" href="')
        path = page[found + 17 :].split('"')[0].replace("&amp;", "&") if found > 0 else ""
    assert all(f"Person{n:03}." in seen for n in range(120))


@pytest.mark.parametrize("area", ["people", "lists"])
def test_pages_lead_on_and_back_and_say_where_they_are(
    area: str, make: Builder, visit_as: VisitAs
) -> None:
    """With a filter, that goes along; every second one fits it."""
    students = [a_student(last_name=f"{'Odd' if n % 2 else 'Even'} {n}") for n in range(230)]
    classes = [a_section(name=f"{'Odd' if n % 2 else 'Even'} {n}") for n in range(230)]
    school = synced(make, *students, sections=tuple(classes))
    visitor = visit_as(make.owner(school))
    first = f"/schools/{school.id}/{area}?q=odd"
    forth, path = [], first
    while path:
        page = visitor.get(path).text
        forth.append((place_on(page), names_on(page)))
        path = link_on(page, "next") or ""
    last = visitor.get(link_to(visitor, first, 2)).text
    word = area
    assert [place for place, _ in forth] == [
        f"1 to 50 of 115 {word}",
        f"51 to 100 of 115 {word}",
        f"101 to 115 of 115 {word}",
    ]
    back, page = [], last
    while True:
        back.append((place_on(page), names_on(page)))
        if not (path := link_on(page, "prev") or ""):
            break
        page = visitor.get(path).text
    assert back == forth[::-1]


def place_on(page: str) -> str:
    found = re.search(r'id="found" role="status">([^<]*)<', page)
    assert found is not None
    return found[1]


def names_on(page: str) -> list[str]:
    return re.findall(r'<th scope="row"><a href="[^"]*">([^<]*)</a>', page)


def link_on(page: str, rel: str) -> str | None:
    found = re.search(rf'rel="{rel}" href="([^"]*)"', page)
    return found and found[1].replace("&amp;", "&")


def link_to(visitor: Visitor, path: str, pages: int) -> str:
    """The address so many pages on."""
    for _ in range(pages):
        path = link_on(visitor.get(path).text, "next") or ""
    return path


def test_the_export_is_safe_to_open_in_a_spreadsheet(make: Builder, visit_as: VisitAs) -> None:
    school = synced(make, a_student(first_name="=HYPERLINK(1)", last_name="@x"), sections=())
    answer = visit_as(make.owner(school)).get(f"/schools/{school.id}/people.csv")
    assert answer.mimetype == "text/csv"
    (person,) = csv.DictReader(io.StringIO(answer.text))
    assert (person["first_name"], person["last_name"]) == ("'=HYPERLINK(1)", "'@x")


def test_an_edit_survives_the_next_sync_until_it_is_given_back(
    make: Builder, visit_as: VisitAs
) -> None:
    school = synced(make)
    visitor = visit_as(make.owner(school))
    path = f"/people/{row('ana').id}"
    form = {"preferred_name": "Annie", "email": "mine@x.example", "contact_phone": "555-9999"}
    visitor.post(path, form, page=path)
    make.synced(school, a_snapshot([ANA, BO], [BIOLOGY]))
    kept = row("ana")
    assert (kept.preferred_name, kept.email) == ("Annie", "mine@x.example")
    assert kept.contact_phone == "555-9999"
    assert kept.set_here == ["contact", "email", "preferred_name"]
    page = visitor.get(path).text
    assert f"Clever says {ANA.email}." in page
    visitor.post(f"{path}/give-back/email", page=path)
    assert row("ana").email == ANA.email
    assert "alice@school.example" in visitor.get(path).text


def test_a_person_keeps_a_name(make: Builder, visit_as: VisitAs) -> None:
    visitor = visit_as(make.owner(synced(make)))
    path = f"/people/{row('ana').id}"
    answer = visitor.post(path, {"first_name": "", "last_name": " "}, page=path)
    assert answer.status_code == 422
    assert "needs a name" in answer.text
    assert row("ana").first_name == "Ana"


def test_someone_left_out_is_neither_updated_nor_archived(make: Builder, visit_as: VisitAs) -> None:
    school = synced(make)
    visitor = visit_as(make.owner(school))
    path = f"/people/{row('ana').id}"
    without_ana = a_snapshot([a_student("zoe"), BO], [BIOLOGY], TERMS)
    visitor.post(f"{path}/leave_out", page=path)
    make.synced(school, without_ana, students__archive="on")
    assert row("ana").status == "active"
    assert "Left out of the sync" in visitor.get(path).text
    visitor.post(f"{path}/include", page=path)
    make.synced(school, without_ana, students__archive="on")
    assert row("ana").status == "archived"


def test_someone_archived_by_hand_is_not_brought_back_by_the_sync(
    make: Builder, visit_as: VisitAs
) -> None:
    school = synced(make)
    visitor = visit_as(make.owner(school))
    path = f"/people/{row('ana').id}"
    visitor.post(f"{path}/archive", page=path)
    make.synced(school, a_snapshot([ANA, BO], [BIOLOGY]))
    assert row("ana").status == "archived"
    visitor.post(f"{path}/restore", page=path)
    assert (row("ana").status, row("ana").included_in_sync) == ("active", True)


def test_a_guest_added_by_hand_becomes_the_rosters_person_by_email(
    make: Builder, visit_as: VisitAs
) -> None:
    school = synced(make)
    visitor = visit_as(make.owner(school))
    path = f"/schools/{school.id}/people/new"
    form = {"first_name": "Zoë", "last_name": "Kim", "email": "zoe@x.example", "role": "student"}
    assert visitor.post(path, {"role": "student"}, page=path).status_code == 422
    assert visitor.post(path, form, page=path).status_code == 303
    guest = row(None)
    later = a_student("zoe", first_name="Zoë", last_name="Kim", email="Zoe@x.example")
    make.synced(school, a_snapshot([ANA, BO, later], [BIOLOGY]))
    assert row("zoe").id == guest.id


def test_a_list_keeps_its_title_and_its_added_people(make: Builder, visit_as: VisitAs) -> None:
    school = synced(make)
    visitor = visit_as(make.owner(school))
    path = f"/lists/{the_list().id}"
    form = {"title": "Period 1", "visibility": "public", "included_in_sync": "on"}
    visitor.post(path, form, page=path)
    visitor.post(
        f"/schools/{school.id}/people/new",
        {"first_name": "Guest", "last_name": "Reader", "role": "staff"},
        page=f"/schools/{school.id}/people/new",
    )
    guest = row(None)
    assert "Add as manager" in visitor.get(f"{path}?q=guest").text
    visitor.post(f"{path}/people", {"person": guest.id, "side": "managers"}, page=path)
    renamed = a_section("bio", name="Biology II", students=(), teachers=("bo",))
    make.synced(school, a_snapshot([ANA, BO], [renamed], TERMS))
    page = visitor.get(path).text
    assert "Period 1" in page
    assert "in Clever “Biology II”" in page
    assert "Guest Reader" in page
    assert "Ana Ruiz" not in page
    visitor.post(f"{path}/people/{guest.id}/managers/off", page=path)
    assert "Guest Reader" not in visitor.get(path).text


def test_somebody_of_the_class_is_not_taken_off_by_hand(make: Builder, visit_as: VisitAs) -> None:
    visitor = visit_as(make.owner(synced(make)))
    path = f"/lists/{the_list().id}"
    visitor.post(f"{path}/people/{row('ana').id}/members/off", page=path)
    page = visitor.get(path).text
    assert "the next sync would put them back" in page
    assert "Ana Ruiz" in page


def test_lists_are_found_and_retired_ones_shown_on_demand(make: Builder, visit_as: VisitAs) -> None:
    school = synced(make)
    make.synced(
        school,
        a_snapshot(
            [ANA, BO], [a_section("art", name="Art", course="Art", students=("bo",))], TERMS
        ),
    )
    visitor = visit_as(make.owner(school))
    path = f"/schools/{school.id}/lists"
    assert "Biology" not in visitor.get(path).text
    assert "Retired" in visitor.get(f"{path}?status=archived&q=bio").text
    assert "No list found" in visitor.get(f"{path}?q=chemistry").text


def test_people_and_lists_of_a_foreign_school_do_not_exist(
    make: Builder, visit_as: VisitAs
) -> None:
    foreign = synced(make)
    visitor = visit_as(make.owner(make.school()))
    person, user_list = row("ana").id, the_list().id
    for path in (
        f"/schools/{foreign.id}/people",
        f"/schools/{foreign.id}/people.csv",
        f"/schools/{foreign.id}/people/new",
        f"/schools/{foreign.id}/lists",
        f"/people/{person}",
        f"/lists/{user_list}",
    ):
        assert visitor.get(path).status_code == 404, path
    for path in (f"/people/{person}", f"/people/{person}/archive", f"/lists/{user_list}"):
        assert visitor.post(path, page="/schools").status_code == 404
    assert row("ana").status == "active"


def test_people_without_a_class_and_empty_lists_are_listed(
    make: Builder, visit_as: VisitAs
) -> None:
    empty = a_section("none", name="Empty class", students=(), teachers=("bo",))
    school = synced(make, ANA, a_student("zoe", last_name="Alone"), BO, sections=(BIOLOGY, empty))
    visitor = visit_as(make.owner(school))
    alone = visitor.get(f"/schools/{school.id}/people?without=class").text
    assert "Alone" in alone
    assert "Ana Ruiz" not in alone
    lists = visitor.get(f"/schools/{school.id}/lists?without=people").text
    assert "Empty class" in lists
    assert "Biology" not in lists.split("<tbody>")[1].split("Empty class")[0]


def test_those_who_are_ticked_are_changed_together(make: Builder, visit_as: VisitAs) -> None:
    foreign = make.school()
    make.synced(foreign, a_snapshot([a_student("far")]))
    school = synced(make)
    visitor = visit_as(make.owner(school))
    page = f"/schools/{school.id}/people"
    ids = [row("ana").id, row("bo").id, row("far").id]
    answer = visitor.post(f"{page}/bulk", {"what": "leave_out", "person": ids}, page=page)
    assert answer.status_code == 303
    assert "2 people: Left out of the sync" in visitor.get(page).text
    assert [row(key).included_in_sync for key in ("ana", "bo", "far")] == [False, False, True]
    visitor.post(f"{page}/bulk", {"what": "vanish", "person": ids}, page=page)
    assert row("ana").status == "active"


def test_people_of_a_file_are_previewed_added_and_matched_by_the_first_sync(
    make: Builder, visit_as: VisitAs
) -> None:
    school = make.school()
    visitor = visit_as(make.owner(school))
    path = f"/schools/{school.id}/people/import"
    text = (
        "\ufeffFirst_Name,last_name,role,email,student_number\n"
        f"Ana,Ruiz,Students,{ANA.email},\n"
        f'Zo\u00eb,"Kim, Jr.",student,,{ANA.student_number}9\n'
    )
    seen = visitor.post(path, {"text": text}, page=path).text
    assert "2 would be added, 0 are here already" in seen
    assert row_count(school) == 0
    visitor.post(path, {"text": text, "confirm": "yes"}, page=path)
    assert row_count(school) == 2
    again = visitor.post(path, {"text": text}, page=path).text
    assert "0 would be added, 2 are here already" in again
    run = make.synced(school, a_snapshot([ANA]))
    assert run.counts is not None
    assert run.counts["people"]["created"] == 0
    assert row_count(school) == 2


def test_a_file_with_mistakes_adds_nobody_and_names_the_lines(
    make: Builder, visit_as: VisitAs
) -> None:
    school = make.school()
    visitor = visit_as(make.owner(school))
    path = f"/schools/{school.id}/people/import"
    for text, says in (
        ("name,role\nAna,student", "must name the columns first_name, last_name"),
        ("first_name,last_name,role\nAna,Ruiz,pupil", "Line 2: the role “pupil” is none of"),
        ("first_name,last_name,role\nAna,Ruiz,student\n,,student", "Line 3: there is no name."),
        ('first_name,last_name,role\n"Ana,Ruiz,student', "is not CSV"),
        ("", "must name the columns"),
    ):
        answer = visitor.post(path, {"text": text, "confirm": "yes"}, page=path)
        assert says in answer.text, text
        assert row_count(school) == 0


def row_count(school: School) -> int:
    number = len(rosters.load_kept(school.id).people)
    commit()
    return number
